//! A clause as rows, each word read against the vocabulary of its column.

use std::collections::BTreeSet;

use crate::agreement::{Agreement, Clause};
use crate::complaint::Complaint;
use crate::csv::Line;
use crate::reach::{askers, covers, types};
use crate::row::{self, Owner, Purpose, Row, Types};
use crate::vocabulary::Vocabulary;

/// A clause and the rows it would give if everybody it speaks of had signed.
pub(super) struct Draft<'a> {
    pub agreement: &'a Agreement,
    pub clause: &'a Clause,
    pub rows: Vec<Row>,
}

/// The clauses of an agreement as rows.
pub(super) fn drafts<'a>(
    agreement: &'a Agreement,
    vocabulary: &Vocabulary<'_>,
    complaints: &mut Vec<Complaint>,
) -> Vec<Draft<'a>> {
    let mut all = Vec::with_capacity(agreement.clauses.len());
    for clause in &agreement.clauses {
        let mut wrong = Vec::new();
        let rows = rows(clause, vocabulary, &mut wrong);
        // one wrong word is wrong in every row it gives
        let told: BTreeSet<(String, String)> = wrong
            .into_iter()
            .map(|complaint| (key(complaint.column.as_deref()).to_owned(), complaint.text))
            .collect();
        complaints.extend(told.into_iter().map(|(key, text)| agreement.of_clause(clause, &key, text)));
        for row in &rows {
            party(agreement, clause, row, vocabulary, complaints);
            law(agreement, clause, row, vocabulary, complaints);
        }
        all.push(Draft { agreement, clause, rows });
    }
    all
}

fn rows(clause: &Clause, vocabulary: &Vocabulary<'_>, wrong: &mut Vec<Complaint>) -> Vec<Row> {
    let mut rows = Vec::new();
    for who in &clause.who {
        for act in &clause.acts {
            for rtype in &clause.returns {
                let (from, until) = (clause.from.to_string(), clause.until.to_string());
                let cells = [
                    clause.id.as_str(),
                    who,
                    vocabulary.known.partnership.as_str(),
                    &clause.whose,
                    &clause.areas,
                    rtype,
                    act,
                    &clause.purpose,
                    &clause.fact,
                    &from,
                    &until,
                    &clause.profile,
                    "allow",
                ];
                let line = Line { number: 0, cells: cells.map(str::to_owned).into() };
                rows.extend(row::parse("", &line, vocabulary, wrong));
            }
        }
    }
    rows
}

/// The key of a clause that a column is made from.
fn key(column: Option<&str>) -> &str {
    match column.unwrap_or("id") {
        "sub" => "who",
        "owner" => "whose",
        "area" => "areas",
        "rtype" => "returns",
        "act" => "acts",
        same => same,
    }
}

/// A word that speaks of agencies of which none is a party says nothing.
fn party(
    agreement: &Agreement,
    clause: &Clause,
    row: &Row,
    vocabulary: &Vocabulary<'_>,
    complaints: &mut Vec<Complaint>,
) {
    let asking = askers(row, vocabulary);
    if !asking.is_empty() && !asking.iter().any(|agency| agreement.parties.contains(&agency.id)) {
        let word = row.cells.get(1).map_or("", String::as_str);
        let text = format!("`{word}` speaks of no party; add the agency to `parties` or take the word away");
        let complaint = agreement.of_clause(clause, "who", text);
        if !complaints.contains(&complaint) {
            complaints.push(complaint);
        }
    }
}

/// A purpose that the agreement allows; and where a return is about persons, whose data is not the asker's own,
/// a purpose with a condition of Article 9.
fn law(
    agreement: &Agreement,
    clause: &Clause,
    row: &Row,
    vocabulary: &Vocabulary<'_>,
    complaints: &mut Vec<Complaint>,
) {
    let mut complain = |text: String| {
        let complaint = agreement.of_clause(clause, "purpose", text);
        if !complaints.contains(&complaint) {
            complaints.push(complaint);
        }
    };
    let has_condition = |id| vocabulary.purposes.get(id).is_some_and(|purpose| purpose.article9.is_some());
    let about_persons = row.rtype != Types::Any
        && types(vocabulary).into_iter().any(|(id, person)| person && covers(&row.rtype, id, person));
    match &row.purpose {
        Purpose::One(id) if !agreement.purposes.contains(id) => {
            complain(format!("`{id}` is no purpose of the agreement"));
        }
        Purpose::One(id) if about_persons && !has_condition(id) => {
            complain(format!("`{id}` has no condition of Article 9, and the clause is about persons"));
        }
        Purpose::One(_) => {}
        Purpose::Any | Purpose::None => {
            if about_persons && row.owner != Owner::Own && !agreement.purposes.iter().any(has_condition) {
                let text = "the clause is about persons, and no purpose of the agreement has a condition of \
                            Article 9";
                complain(text.to_owned());
            }
        }
    }
}
