//! Profiles held against the return types: a field that does not exist stays as open as its class, and a transform that
//! never fits shows nothing; neither is what its author meant.

use concordat_catalogue::{Catalogue, FieldKind};
use concordat_policy::Bundle;

use super::sort;
use crate::generation::Complaint;

/// Fields that profiles name and no return has, and what is done with a field that can never be done with its kind.
pub(crate) fn misfits(bundle: &Bundle, catalogue: &Catalogue) -> Vec<Complaint> {
    let kinds = |name: &str| -> Vec<FieldKind> {
        let fields = catalogue.types().iter().flat_map(|rtype| &rtype.fields);
        fields.filter(|field| field.name == name).map(|field| field.kind).collect()
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
            let kinds = kinds(field);
            let Some(first) = kinds.first() else {
                say(field, unknown.to_owned());
                continue;
            };
            if !kinds.iter().any(|kind| treatment.fits(sort(*kind))) {
                let (word, kind) = (treatment.as_str(), first.as_str());
                say(field, format!("`{word}` would show nothing of a field of kind `{kind}`: say `drop`"));
            }
        }
        for field in profile.mentioned().filter(|field| kinds(field).is_empty()) {
            say(field, unknown.to_owned());
        }
    }
    complaints
}
