//! `concordat types`: what is owed, by whom, when, to whom, and why that is lawful.

use std::fmt::Write as _;
use std::sync::Arc;

use concordat_catalogue::{Acceptance, AreaMatch, ReturnType, TypeKind};
use concordat_core::agency::Kind;
use concordat_core::calendar::{DueRule, DueUnit};
use concordat_core::ids::ReturnTypeId;
use concordat_core::period::Frequency;
use serde_json::{Value, json};

use crate::answer::{Answer, Sheet, texts};
use crate::definitions::{self, InUse};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::file::example;
use crate::session::Session;

use fields::{about_person, codes, columns, fields};

mod fields;

/// Arguments of `types`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Everything about this one
    #[arg(value_name = "TYPE")]
    return_type: Option<ReturnTypeId>,
    /// The type, after the word `show` that other commands have
    #[arg(hide = true)]
    shown: Option<ReturnTypeId>,
}

impl Args {
    /// The type to be told of: `types TYPE`, and `types show TYPE` too.
    ///
    /// # Errors
    /// A usage [`Failure`] when two are named.
    fn wanted(&self) -> Result<Option<&ReturnTypeId>, Failure> {
        match (&self.return_type, &self.shown) {
            (word, None) => Ok(word.as_ref()),
            (Some(word), shown) if word.as_str() == "show" => Ok(shown.as_ref()),
            _ => Err(Failure::usage("two types are named").hint("name one: `concordat types TYPE`")),
        }
    }
}

/// Lists the return types, or tells everything about one.
///
/// # Errors
/// A [`Failure`] when there is no such type, or the kept catalogue is damaged and the broker is not reached.
pub async fn run(args: &Args, session: &mut Session<'_>) -> Result<Exit, Failure> {
    let wanted = args.wanted()?;
    let in_use = current(session).await?;
    session.printer.say(&format!("from {}", in_use.whence));
    let digest = in_use.catalogue.digest().to_string();
    let answer = match wanted {
        None => list(in_use.catalogue.types(), &digest),
        Some(id) => {
            let versions: Vec<_> = in_use.catalogue.types().iter().filter(|of| of.id == *id).collect();
            let newest = versions.last().ok_or_else(|| {
                Failure::usage(format!("there is no return type `{id}`")).hint("`concordat types` lists them")
            })?;
            if versions.len() > 1 {
                session.printer.say(&format!("there are {} versions; this is the newest", versions.len()));
            }
            one(newest, &digest)
        }
    };
    session.printer.answer(&answer)?;
    Ok(Exit::Ok)
}

/// The broker's catalogue when it is reached, else what is at hand.
async fn current(session: &mut Session<'_>) -> Result<InUse, Failure> {
    let Some(context) = session.context_if_any()? else { return definitions::offline(None) };
    match definitions::fetch(&context).await {
        Ok(in_use) => Ok(in_use),
        Err(failure) => {
            session.printer.warn(&format!("not fetched: {}", failure.what));
            definitions::offline(Some(&context))
        }
    }
}

fn list(types: &[Arc<ReturnType>], digest: &str) -> Answer {
    let mut sheet = Sheet::new(&[
        "type",
        "title",
        "kind",
        "owed_by",
        "how_often",
        "due",
        "goes_to",
        "nil",
        "from",
        "until",
    ]);
    for of in types {
        sheet.row([
            Value::from(of.id.as_str()),
            Value::from(of.title.as_str()),
            Value::from(of.kind.as_str()),
            Value::from(owners(of)),
            Value::from(often(of.frequency)),
            Value::from(due(of)),
            Value::from(recipients(of)),
            Value::from(of.nil),
            Value::from(of.from.to_string()),
            json!(of.until.map(|until| until.to_string())),
        ]);
    }
    Answer::new("types").fact("catalogue", digest).list("types", sheet)
}

fn one(of: &ReturnType, digest: &str) -> Answer {
    let names = ["field", "kind", "required", "class", "title", "must_be", "codes", "note", "part"];
    let mut sheet = Sheet::new(&names);
    for (name, field) in columns(of) {
        sheet.row([
            Value::from(name),
            Value::from(field.kind.as_str()),
            Value::from(field.required),
            serde_json::to_value(field.class).unwrap_or_default(),
            Value::from(field.title.as_str()),
            Value::from(field.kind.says()),
            json!(codes(field)),
            json!(field.note),
            json!(field.part.map(|part| part.as_str())),
        ]);
    }
    let rules: Vec<Value> = of
        .rules
        .iter()
        .map(|rule| json!({
            "rule": rule.id.as_str(), "severity": rule.severity.as_str(), "holds": rule.check, "words": rule.words,
            "checked_offline": !rule.needs_broker(),
        }))
        .collect();
    Answer::new("type")
        .fact("catalogue", digest)
        .fact("type", of.id.as_str())
        .fact("version", of.version)
        .fact("digest", of.digest.to_string())
        .fact("title", of.title.as_str())
        .fact("kind", of.kind.as_str())
        .fact("person_level", of.person_level)
        .fact("owed_by", texts(&of.owners))
        .fact("how_often", often(of.frequency))
        .fact("due", due(of))
        .fact("goes_to", recipients(of))
        .fact("collect_within", words(of.collect_within))
        .fact("purpose", of.purpose.as_str())
        .fact("why", of.why.as_str())
        .fact("lawful", of.lawful.as_str())
        .fact("source", of.source.as_str())
        .fact("nil_allowed", of.nil)
        .fact("accepted_per", accepted_per(of))
        .fact("from", of.from.to_string())
        .fact("until", of.until.map(|until| until.to_string()))
        .fact("never_sent", texts(&of.ignored_columns))
        .fact("parts", texts(&of.parts()))
        .fact("one_row_per", row_key(of))
        .fact("rules", rules)
        .list("fields", sheet)
        .human(human(of))
}

/// What of a return is accepted or refused as one.
fn accepted_per(of: &ReturnType) -> &'static str {
    match of.acceptance {
        Acceptance::Whole => "return",
        Acceptance::Record { .. } => "record",
        Acceptance::Event => "event",
    }
}

fn accepted_words(of: &ReturnType) -> String {
    let named = |table: usize, field: usize| {
        let (table, field) = (of.tables.get(table), of.fields.get(field));
        table.zip(field).map(|(table, field)| format!("{}.{}", table.name, field.name)).unwrap_or_default()
    };
    match of.acceptance {
        Acceptance::Whole => "whole or not at all".to_owned(),
        Acceptance::Record { table, field } => {
            format!(
                "each record by itself ({} names it): one with errors is refused with all its rows, the others are recorded",
                named(table, field)
            )
        }
        Acceptance::Event => "one by one: a file may hold several".to_owned(),
    }
}

fn human(of: &ReturnType) -> String {
    let mut out = String::new();
    let list = |items: Vec<String>| if items.is_empty() { "none".to_owned() } else { items.join(", ") };
    let parts = of.parts();
    let file = match (of.has_several_tables(), of.is_xml()) {
        (_, true) => "FILE.xml",
        (true, false) => "FOLDER-OR-ZIP",
        (false, false) => "FILE.csv",
    };
    let sent = match of.frequency {
        Frequency::Event => format!("concordat submit --type {} {file}", of.id),
        _ => format!("concordat submit --type {} --period {} {file}", of.id, example(of.frequency)),
    };
    // writing to a string cannot fail
    let _ = writeln!(out, "{}  {}  (version {}, {})\n", of.id, of.title, of.version, of.kind.as_str());
    for (name, value) in [
        ("why", of.why.clone()),
        ("owed by", owners(of)),
        ("in parts", part_words(&parts)),
        ("how often", often(of.frequency).to_owned()),
        ("due", due(of)),
        ("goes to", recipients(of)),
        ("collected", format!("within {}, or you are told", words(of.collect_within))),
        ("purpose", of.purpose.to_string()),
        ("lawful", of.lawful.clone()),
        ("source", of.source.clone()),
        ("about persons", if of.person_level { "yes" } else { "no, figures only" }.to_owned()),
        ("readers see", readers_see(of).to_owned()),
        ("accepted", accepted_words(of)),
        ("nil allowed", if of.nil { "yes: --nil says that there was nothing" } else { "no" }.to_owned()),
        (
            "in force",
            format!("from {}{}", of.from, of.until.map_or(String::new(), |until| format!(" to {until}"))),
        ),
        ("never sent", list(of.ignored_columns.clone())),
        ("one row", row_key(of)),
        ("to send it", sent),
    ] {
        if !value.is_empty() {
            let _ = writeln!(out, "  {name:13}  {value}");
        }
    }
    fields(of, &mut out);
    rules(of, &mut out);
    out
}

/// What of a return about persons reaches its readers, so far as the catalogue alone can say it.
fn readers_see(of: &ReturnType) -> &'static str {
    if of.fields.iter().any(|field| about_person(field.class).is_some()) {
        "what the partnership's profile for each recipient lets through: what names or describes a person may be dropped or withheld"
    } else {
        ""
    }
}

fn rules(of: &ReturnType, out: &mut String) {
    if of.rules.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "\nRULES (error: the return is refused; query: it is accepted and you are asked to explain; info: for you to know)"
    );
    for rule in &of.rules {
        let broker = if rule.needs_broker() { ", checked by the broker alone" } else { "" };
        let _ = writeln!(out, "  {}  {}{broker}\n      {}", rule.id, rule.severity.as_str(), rule.words);
    }
}

fn part_words(parts: &[Kind]) -> String {
    if parts.is_empty() {
        return String::new();
    }
    let parts: Vec<&str> = parts.iter().map(|part| part.as_str()).collect();
    format!("{}: fill in the columns of your own kind and leave the others blank", parts.join(", "))
}

/// The fields that together name a row: no two rows agree in all of them.
fn row_key(of: &ReturnType) -> String {
    if of.has_several_tables() {
        let tables: Vec<&str> = of.tables.iter().map(|table| table.name.as_str()).collect();
        return format!("of several tables: {}", tables.join(", "));
    }
    let names = of.tables.iter().flat_map(|table| &table.key).filter_map(|at| of.fields.get(*at));
    let names: Vec<&str> = names.map(|field| field.name.as_str()).collect();
    match (of.kind, names.is_empty()) {
        (TypeKind::Event, _) => "one row a file: the event".to_owned(),
        (_, true) => String::new(),
        (_, false) => format!("for each {}", names.join(" and ")),
    }
}

fn owners(of: &ReturnType) -> String {
    of.owners.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn recipients(of: &ReturnType) -> String {
    let those = |areas: AreaMatch| {
        let kinds = of.recipients.iter().filter(|rule| rule.areas == areas).map(|rule| rule.kind.as_str());
        kinds.collect::<Vec<_>>().join(", ")
    };
    let told = [
        (those(AreaMatch::Any), String::new()),
        (those(AreaMatch::Shared), " of its areas".to_owned()),
        (those(AreaMatch::Named), format!(", where {} names them", of.agency_fields.join(" or "))),
    ];
    let told =
        told.into_iter().filter(|(kinds, _)| !kinds.is_empty()).map(|(kinds, which)| kinds + which.as_str());
    told.collect::<Vec<_>>().join("; ")
}

fn due(of: &ReturnType) -> String {
    match (of.due, &of.event_due) {
        (Some(rule), _) => format!("{} after the period ends", words(rule)),
        (None, Some(event)) => {
            let title =
                of.field(&event.field).and_then(|at| of.fields.get(at)).map_or("", |field| &field.title);
            format!("{} after {} ({title})", words(event.rule), event.field)
        }
        (None, None) => "no deadline".to_owned(),
    }
}

fn words(rule: DueRule) -> String {
    let unit = match rule.unit {
        DueUnit::WorkingDays => "working days",
        DueUnit::Days => "days",
        DueUnit::Months => "months",
        DueUnit::ClockHours => "hours",
    };
    let unit =
        if rule.add == 1 { unit.trim_end_matches('s').replace("days", "day") } else { unit.to_owned() };
    let cut_off = rule.cut_off.map_or(String::new(), |time| format!(" (before {})", time.strftime("%H:%M")));
    format!("{} {unit}{cut_off}", rule.add)
}

fn often(frequency: Frequency) -> &'static str {
    match frequency {
        Frequency::Year => "each financial year",
        Frequency::Quarter => "each quarter",
        Frequency::Month => "each month",
        Frequency::Event => "when it happens",
    }
}

#[cfg(test)]
mod tests {
    use concordat_catalogue::Catalogue;

    use super::*;

    fn explained(id: &str) -> String {
        human(Catalogue::built_in().types().iter().find(|of| of.id.as_str() == id).unwrap())
    }

    #[test]
    fn every_type_tells_what_who_when_to_whom_and_why_that_is_lawful() {
        for of in Catalogue::built_in().types() {
            let said = human(of);
            for line in
                ["why", "owed by", "how often", "due", "goes to", "purpose", "lawful", "source", "to send it"]
            {
                let line = said.lines().find_map(|told| told.strip_prefix("  ")?.strip_prefix(line));
                assert!(line.is_some_and(|told| told.trim().len() > 3), "{} {line:?}\n{said}", of.id);
            }
            assert!(of.fields.iter().all(|field| said.contains(&field.title)), "{}", of.id);
            assert!(of.rules.iter().all(|rule| said.contains(&rule.words)), "{}", of.id);
        }
    }

    #[test]
    fn parts_named_recipients_code_meanings_and_what_only_the_broker_checks_are_explained() {
        let mace = explained("mace-quarterly");
        assert!(
            mace.contains("police, local_authority, health, education: fill in the columns of your own kind")
        );
        assert!(mace.contains("only for the part `health`"));
        let outcome = explained("lado-outcome");
        assert!(
            outcome.contains("voluntary, where notifying_agency or employer_agency names them"),
            "{outcome}"
        );
        let entry = explained("lac-entry-notification");
        assert!(entry.contains("C1  Interim care order") && entry.contains("one of M, F, U"), "{entry}");
        assert!(entry.contains("LE-R5  query, checked by the broker alone"), "{entry}");
        assert!(entry.contains("5 working days after event_date (Day on which it happened)"), "{entry}");
        assert!(explained("marac-quarterly").contains("for each area and basis"));
    }

    #[test]
    fn what_names_or_describes_a_person_is_said_and_that_readers_may_not_see_it() {
        let entry = explained("lac-entry-notification");
        assert!(entry.contains("names or numbers a person") && entry.contains("  readers see "), "{entry}");
        let figures = explained("cds-csc-quarterly");
        assert!(!figures.contains("bes a person") && !figures.contains("readers see"), "{figures}");
        let extract = explained("ssda903-extract");
        assert!(extract.contains("each record by itself (header.CHILD names it)"), "{extract}");
    }

    #[test]
    fn show_before_the_type_is_no_matter_and_two_types_are_too_many() {
        let args = |word: &str, shown: Option<&str>| Args {
            return_type: Some(word.parse().unwrap()),
            shown: shown.map(|id| id.parse().unwrap()),
        };
        assert_eq!(
            args("show", Some("mace-quarterly")).wanted().unwrap().unwrap().as_str(),
            "mace-quarterly"
        );
        assert_eq!(args("mace-quarterly", None).wanted().unwrap().unwrap().as_str(), "mace-quarterly");
        assert!(args("mace-quarterly", Some("cin-census")).wanted().is_err());
    }

    #[test]
    fn deadlines_read_as_people_say_them() {
        let rule = |add, unit, cut_off: Option<&str>| {
            words(DueRule { add, unit, cut_off: cut_off.map(|time| time.parse().unwrap()) })
        };
        assert_eq!(rule(20, DueUnit::WorkingDays, Some("17:00")), "20 working days (before 17:00)");
        assert_eq!(rule(1, DueUnit::WorkingDays, None), "1 working day");
        assert_eq!(rule(72, DueUnit::ClockHours, None), "72 hours");
    }
}
