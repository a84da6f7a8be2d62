//! `concordat types`: what is owed, by whom, when, to whom, and why that is lawful.

use std::fmt::Write as _;
use std::sync::Arc;

use concordat_catalogue::{AreaMatch, Field, ReturnType};
use concordat_core::calendar::{DueRule, DueUnit};
use concordat_core::ids::ReturnTypeId;
use concordat_core::period::Frequency;
use serde_json::{Value, json};

use crate::answer::{Answer, Sheet, texts};
use crate::definitions::{self, InUse};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

/// Arguments of `types`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Everything about this one
    #[arg(value_name = "TYPE")]
    return_type: Option<ReturnTypeId>,
}

/// Lists the return types, or tells everything about one.
///
/// # Errors
/// A [`Failure`] when there is no such type, or the kept catalogue is damaged and the broker is not reached.
pub async fn run(args: &Args, session: &mut Session<'_>) -> Result<Exit, Failure> {
    let in_use = current(session).await?;
    session.printer.say(&format!("from {}", in_use.whence));
    let digest = in_use.catalogue.digest().to_string();
    let answer = match &args.return_type {
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
    let mut sheet = Sheet::new(&["field", "kind", "required", "class", "title", "must_be", "codes", "note"]);
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
        ]);
    }
    let rules: Vec<Value> = of
        .rules
        .iter()
        .map(|rule| json!({"rule": rule.id.as_str(), "severity": rule.severity.as_str(), "holds": rule.check, "words": rule.words}))
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
        .fact("from", of.from.to_string())
        .fact("until", of.until.map(|until| until.to_string()))
        .fact("never_sent", texts(&of.ignored_columns))
        .fact("rules", rules)
        .list("fields", sheet)
        .human(human(of))
}

/// The fields by name; where there are several tables, by table and name.
fn columns(of: &ReturnType) -> Vec<(String, &Field)> {
    let several = of.has_several_tables();
    let name = |table: &str, field: &Field| {
        if several { format!("{table}.{}", field.name) } else { field.name.clone() }
    };
    let each = of.tables.iter().flat_map(|table| of.columns(table).iter().map(|f| (name(&table.name, f), f)));
    each.collect()
}

fn human(of: &ReturnType) -> String {
    let mut out = String::new();
    let list = |items: Vec<String>| if items.is_empty() { "none".to_owned() } else { items.join(", ") };
    // writing to a string cannot fail
    let _ = writeln!(out, "{}  {}  (version {}, {})\n", of.id, of.title, of.version, of.kind.as_str());
    for (name, value) in [
        ("owed by", owners(of)),
        ("how often", often(of.frequency).to_owned()),
        ("due", due(of)),
        ("goes to", recipients(of)),
        ("collected", format!("within {}", words(of.collect_within))),
        ("purpose", of.purpose.to_string()),
        ("why", of.why.clone()),
        ("lawful", of.lawful.clone()),
        ("source", of.source.clone()),
        ("about persons", if of.person_level { "yes" } else { "no" }.to_owned()),
        ("nil allowed", if of.nil { "yes" } else { "no" }.to_owned()),
        (
            "in force",
            format!("from {}{}", of.from, of.until.map_or(String::new(), |until| format!(" to {until}"))),
        ),
        ("never sent", list(of.ignored_columns.clone())),
    ] {
        let _ = writeln!(out, "  {name:13}  {value}");
    }
    let _ = writeln!(out, "\nFIELDS (* must not be blank)");
    let columns = columns(of);
    let wide = columns.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, field) in columns {
        let star = if field.required { "*" } else { " " };
        let _ = writeln!(out, "{star} {name:wide$}  {}", field.title);
        let _ = writeln!(out, "  {:wide$}    {}", "", field.kind.says());
        if let Some(codes) = codes(field) {
            let _ = writeln!(out, "  {:wide$}    {codes}", "");
        }
        if let Some(note) = &field.note {
            let _ = writeln!(out, "  {:wide$}    {note}", "");
        }
    }
    let _ = writeln!(out, "\nRULES");
    for rule in &of.rules {
        let _ = writeln!(out, "  {}  {}\n      {}", rule.id, rule.severity.as_str(), rule.words);
    }
    out
}

/// The first codes of a field, and how many more there are.
fn codes(field: &Field) -> Option<String> {
    const SHOWN: usize = 12;
    let all = field.codes.as_ref()?.codes();
    let shown: Vec<&str> = all.iter().take(SHOWN).map(|code| code.code.as_str()).collect();
    let more = all.len().saturating_sub(SHOWN);
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!("one of {}{tail}", shown.join(", ")))
}

fn owners(of: &ReturnType) -> String {
    of.owners.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn recipients(of: &ReturnType) -> String {
    let one = |rule: &concordat_catalogue::RecipientRule| match rule.areas {
        AreaMatch::Any => rule.kind.to_string(),
        AreaMatch::Shared => format!("{} of its areas", rule.kind),
    };
    of.recipients.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn due(of: &ReturnType) -> String {
    match (of.due, &of.event_due) {
        (Some(rule), _) => format!("{} after the period ends", words(rule)),
        (None, Some(event)) => format!("{} after {}", words(event.rule), event.field),
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
    use super::*;

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
