//! Profiles held against the return types: a field that does not exist stays as open as its class, and a transform that
//! never fits shows nothing; neither is what its author meant.

use concordat_core::table::NamedField;

use crate::bundle::Bundle;
use crate::complaint::Complaint;

/// Fields that profiles name and no return has, and what is done with a field that can never be done with its kind.
#[must_use]
pub fn misfits(bundle: &Bundle, fields: &[NamedField<'_>]) -> Vec<Complaint> {
    let called = |name: &str| -> Vec<NamedField<'_>> {
        fields.iter().filter(|field| field.name == name).copied().collect()
    };
    let mut complaints = Vec::new();
    for profile in bundle.profiles() {
        let mut say = |field: &str, text: String| {
            complaints.push(Complaint {
                file: format!("profiles/{}.toml", profile.id),
                row: None,
                column: Some(field.to_owned()),
                text,
            });
        };
        let unknown = "no return has a field of this name: correct it, or take it out";
        for (field, treatment) in profile.named() {
            let called = called(field);
            let Some(first) = called.first() else {
                say(field, unknown.to_owned());
                continue;
            };
            if !called.iter().any(|of| treatment.fits(of.sort)) {
                let (word, kind) = (treatment.as_str(), first.kind);
                say(field, format!("`{word}` would show nothing of a field of kind `{kind}`: say `drop`"));
            }
        }
        for field in profile.mentioned().filter(|field| called(field).is_empty()) {
            say(field, unknown.to_owned());
        }
    }
    complaints
}
