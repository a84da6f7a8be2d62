//! What is not wrong with a bundle and still worth a look.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::agreement;
use crate::bundle::Bundle;
use crate::complaint::Complaint;
use crate::roles;

/// How many days before its end an agreement is warned of.
const SOON: i64 = 60;

impl Bundle {
    /// Warnings, as things stand on a day: agreements that have ended or soon will, that a party has not signed
    /// or whose review is past its day, profiles and roles that no row uses, agencies that are party to no agreement.
    #[must_use]
    pub fn warnings(&self, day: Date) -> Vec<Complaint> {
        let mut warnings = Vec::new();
        self.warn_of_agreements(day, &mut warnings);
        let used: BTreeSet<_> = self.rows().iter().filter_map(|row| row.profile.as_ref()).collect();
        for profile in self.profiles().filter(|profile| !used.contains(&profile.id)) {
            let file = format!("profiles/{}.toml", profile.id);
            warnings.push(Complaint::of_file(&file, "no row uses this profile"));
        }
        let spoken_of: BTreeSet<_> = self.rows().iter().filter_map(|row| row.role.as_ref()).collect();
        for role in self.roles().filter(|role| !spoken_of.contains(&role.id)) {
            warnings
                .push(Complaint::of_file(roles::FILE, format!("no row speaks of the role `{}`", role.id)));
        }
        warnings
    }

    fn warn_of_agreements(&self, day: Date, warnings: &mut Vec<Complaint>) {
        for agreement in self.agreements() {
            let mut warn = |key: &str, text: String| {
                warnings.push(Complaint {
                    file: agreement::FILE.to_owned(),
                    row: None,
                    column: Some(format!("{}.{key}", agreement.id)),
                    text,
                });
            };
            let left = (agreement.until - day).get_days();
            if agreement.until < day {
                warn("until", format!("ended on {}; its rows allow nothing any more", agreement.until));
            } else if i64::from(left) < SOON {
                warn("until", format!("ends on {}, in {left} days", agreement.until));
            }
            if agreement.review < day {
                warn("review", format!("was to be reviewed by {}", agreement.review));
            }
            for party in agreement.unsigned() {
                warn("signed", format!("`{party}` has not signed; no row reaches it, nor its data"));
            }
            for purpose in agreement.idle_purposes() {
                warn("purposes", format!("no clause is for `{purpose}`"));
            }
            if agreement.rules.is_empty() {
                warn("rules", "no row carries it out".to_owned());
            }
        }
        for agency in &self.known.agencies {
            if !self.agreements().any(|agreement| agreement.parties.contains(&agency.id)) {
                let text = format!("`{}` is party to no agreement", agency.id);
                warnings.push(Complaint::of_file(agreement::FILE, text));
            }
        }
    }
}
