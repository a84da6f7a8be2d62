//! A request as the engine is asked it: sets of words.

use concordat_core::decision::Fact;

use crate::question::Question;

/// The arguments of the model's request definition, in its order.
pub(crate) struct Words([String; 10]);

impl Words {
    pub fn of(question: &Question<'_>) -> Self {
        let request = question.request;
        let mut rtypes = Set::any();
        match &request.return_type {
            None => rtypes.word("none"),
            Some(id) => {
                rtypes.pair("rt:", id.as_str());
                rtypes.word("fam:all");
                rtypes.word(if question.person_level { "fam:person" } else { "fam:aggregate" });
            }
        }
        let mut owners = Set::any();
        owners.word(if question.own { "own" } else { "other" });
        if let Some(owner) = &request.owner {
            owners.pair("agency:", owner.as_str());
        }
        if let Some(kind) = question.owner_kind {
            owners.pair("kind:", kind.as_str());
        }
        let mut purposes = Set::any();
        purposes.word(request.purpose.as_ref().map_or("none", |purpose| purpose.as_str()));
        let mut facts = Set::any();
        for fact in Fact::ALL.into_iter().filter(|fact| question.is(*fact)) {
            facts.word(fact.as_str());
        }
        Self([
            subjects(question),
            request.partnership.to_string(),
            owners.0,
            areas(question),
            touched(question),
            rtypes.0,
            request.act.as_str().to_owned(),
            purposes.0,
            facts.0,
            question.day.clone(),
        ])
    }

    pub fn into_arguments(self) -> Vec<String> {
        self.0.into()
    }
}

fn subjects(question: &Question<'_>) -> String {
    let asker = &question.request.asker;
    let mut set = Set::any();
    set.pair("kind:", asker.kind.as_str());
    set.pair("agency:", asker.agency.as_str());
    for role in &question.roles {
        set.pair("role:", role.as_str());
        for (of, holder) in [("+kind:", asker.kind.as_str()), ("+agency:", asker.agency.as_str())] {
            for part in ["role:", role.as_str(), of] {
                set.0.push_str(part);
            }
            set.word(holder);
        }
    }
    set.0
}

fn areas(question: &Question<'_>) -> String {
    let mut set = Set::any();
    if question.within_own_areas() {
        set.word("own");
    }
    if question.shares_an_area() {
        set.word("shared");
    }
    if let Some(only) = question.only_area() {
        set.word(only.as_str());
    }
    set.0
}

fn touched(question: &Question<'_>) -> String {
    let mut set = Set::any();
    for area in &question.request.areas {
        set.word(area.as_str());
    }
    set.0
}

/// Words written `|a|b|`. None of the ids of which they are made can hold a `|`.
struct Set(String);

impl Set {
    /// A set that holds `*`, the word of a row for which anything will do.
    fn any() -> Self {
        let mut set = String::with_capacity(96);
        set.push_str("|*|");
        Self(set)
    }

    fn word(&mut self, word: &str) {
        self.0.push_str(word);
        self.0.push('|');
    }

    fn pair(&mut self, prefix: &str, word: &str) {
        self.0.push_str(prefix);
        self.word(word);
    }
}
