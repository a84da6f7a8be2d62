//! What a partnership owes, held against the return types that there are.

use concordat_core::partnership::{FILE, Owed, Partnership};
use jiff::civil::Date;

use crate::catalogue::Catalogue;
use crate::complaint::Complaint;
use crate::definition::ReturnType;

/// Obligations for return types that do not exist, come round otherwise, or are not owed by such an agency.
#[must_use]
pub fn unowed(partnership: &Partnership, catalogue: &Catalogue) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for owed in &partnership.obligations {
        let Some(agency) = partnership.agency(&owed.agency) else { continue };
        let mut say = |text: String| {
            complaints.push(Complaint { file: FILE.to_owned(), line: None, key: None, text });
        };
        match catalogue.in_force(&owed.return_type, owed.from.last_day()) {
            None => say(format!(
                "`{}` owes `{}`, which is no return type in force for {}",
                owed.agency, owed.return_type, owed.from
            )),
            Some(rtype) => {
                if let Some(end) = ends_before(owed, &rtype, catalogue) {
                    say(format!(
                        "`{}` owes `{}` beyond {end}, the last day on which the type is in force; give the obligation an `until`",
                        owed.agency, owed.return_type
                    ));
                }
                if Some(rtype.frequency) != owed.from.frequency() {
                    say(format!(
                        "`{}` owes `{}` from {}, which is not a period of its frequency",
                        owed.agency, owed.return_type, owed.from
                    ));
                }
                if rtype.due.is_none() {
                    say(format!("`{}` owes `{}`, which has no due rule", owed.agency, owed.return_type));
                }
                let part =
                    rtype.parts().iter().map(|part| part.as_str()).find(|part| *part == agency.kind.as_str());
                if owed.part.as_deref() != part {
                    say(format!(
                        "`{}` owes `{}` with the wrong `part`: a return in parts is owed by part, named after the agency's kind, and no other has one",
                        owed.agency, owed.return_type
                    ));
                }
                if !rtype.owners.contains(&agency.kind) {
                    say(format!(
                        "`{}` owes `{}`, which agencies of kind {} do not own",
                        owed.agency, owed.return_type, agency.kind
                    ));
                }
            }
        }
    }
    complaints
}

/// The last day of a type's last version, where an obligation goes on beyond it.
fn ends_before(owed: &Owed, rtype: &ReturnType, catalogue: &Catalogue) -> Option<Date> {
    let versions = catalogue.types().iter().filter(|version| version.id == rtype.id);
    let ends: Option<Vec<_>> = versions.map(|version| version.until).collect();
    let end = ends?.into_iter().max()?;
    owed.until.is_none_or(|until| until.last_day() > end).then_some(end)
}
