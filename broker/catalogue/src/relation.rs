//! What the rules of a type say of sums of figures: whoever reads a return knows that they hold, and can reckon with it.

use std::collections::BTreeSet;

use concordat_core::finding::Severity;

use crate::definition::ReturnType;
use crate::rule::{Cmp, Compiled, Logic, Num, When};

/// Figures of one row, or of one area and period, that are together no more than others together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// Those that are no more: fields, or indicators with their unit.
    pub parts: Vec<String>,
    /// Those that are no less.
    pub totals: Vec<String>,
    /// Whether they are equal.
    pub exact: bool,
}

impl ReturnType {
    /// What its rules say of sums of figures, its additive groups excepted. A rule that says it under a condition, or of
    /// another period, or with a factor, is none of these.
    #[must_use]
    pub fn relations(&self) -> Vec<Relation> {
        let rules = self.rules.iter().filter(|rule| !rule.additive && rule.severity != Severity::Info);
        rules.flat_map(|rule| self.relations_of(&rule.compiled)).collect()
    }

    fn relations_of(&self, compiled: &Compiled) -> Vec<Relation> {
        let mut relations = Vec::new();
        let mut all = vec![&compiled.logic];
        while let Some(logic) = all.pop() {
            match logic {
                Logic::And(several) => all.extend(several.iter().rev()),
                Logic::Numbers(cmp, sides) => {
                    relations.extend(self.relation(*cmp, &sides.0, &sides.1, compiled));
                }
                _ => {}
            }
        }
        relations
    }

    fn relation(&self, cmp: Cmp, left: &Num, right: &Num, compiled: &Compiled) -> Option<Relation> {
        let (small, great, exact) = match cmp {
            Cmp::Less | Cmp::LessEqual => (left, right, false),
            Cmp::Equal => (left, right, true),
            Cmp::Greater | Cmp::GreaterEqual => (right, left, false),
            Cmp::NotEqual => return None,
        };
        let (mut parts, mut totals) = (Vec::new(), Vec::new());
        self.terms(small, compiled, &mut parts, &mut totals)?;
        self.terms(great, compiled, &mut totals, &mut parts)?;
        let names: BTreeSet<&String> = parts.iter().chain(&totals).collect();
        let is_simple = !parts.is_empty() && !totals.is_empty() && names.len() == parts.len() + totals.len();
        is_simple.then_some(Relation { parts, totals, exact })
    }

    /// The figures that a number adds up, and those that it takes away.
    fn terms(
        &self,
        of: &Num,
        compiled: &Compiled,
        plus: &mut Vec<String>,
        minus: &mut Vec<String>,
    ) -> Option<()> {
        match of {
            Num::Field(at) => plus.push(self.fields.get(usize::from(*at))?.name.clone()),
            Num::Cell(at) => {
                let cell = compiled.cells.get(usize::from(*at)).filter(|cell| cell.when == When::Here)?;
                let long = self.tables.first()?.long.as_ref()?;
                let code = |field: usize, at: u16| {
                    let list = self.fields.get(field)?.codes.as_ref()?;
                    Some(list.codes().get(usize::from(at))?.code.clone())
                };
                plus.push(format!(
                    "{} {}",
                    code(long.indicator, cell.indicator)?,
                    code(long.unit, cell.unit)?
                ));
            }
            Num::Sum(several) => {
                for one in several {
                    self.terms(one, compiled, plus, minus)?;
                }
            }
            Num::Negate(one) => self.terms(one, compiled, minus, plus)?,
            Num::Constant(0) => {}
            _ => return None,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use crate::Catalogue;

    fn told(rtype: &str) -> Vec<String> {
        let catalogue = Catalogue::built_in();
        let rtype = catalogue.types().iter().find(|of| of.id.as_str() == rtype).unwrap();
        let said = rtype.relations().into_iter().map(|relation| {
            let sign = if relation.exact { "==" } else { "<=" };
            format!("{} {sign} {}", relation.parts.join(" + "), relation.totals.join(" + "))
        });
        said.collect()
    }

    #[test]
    fn rules_over_columns_tell_which_counts_are_no_more_than_others() {
        let told = told("cds-csc-quarterly");
        for said in [
            "contacts_police + contacts_health + contacts_education <= contacts",
            "lac_foster_end + lac_residential_end <= lac_open_end",
            "icpc_held <= s47_started",
        ] {
            assert!(told.contains(&said.to_owned()), "{said}: {told:#?}");
        }
        assert!(!told.iter().any(|said| said.contains("cpp_open_end")), "that looks at another period");
    }

    #[test]
    fn a_rule_of_two_halves_says_two_things_and_one_turned_round_the_same() {
        assert_eq!(
            told("lado-quarterly")[..2],
            ["closed_1m <= closed_3m", "closed_3m <= closed_12m"].map(str::to_owned)
        );
        assert!(told("marac-quarterly").contains(&"cases_with_children <= children_in_household".to_owned()));
    }

    #[test]
    fn rules_over_rows_name_indicators_with_their_units() {
        let told = told("core-data-set-annual");
        assert!(told.contains(&"TRN-SEC-GRANDTOT count == TRN-ATT count".to_owned()), "{told:#?}");
        assert!(
            told.iter().any(|said| said.ends_with("<= COM-VISITORS count") && said.matches('+').count() == 3)
        );
        assert!(!told.iter().any(|said| said.contains("percent")), "{told:#?}");
    }
}
