//! The file of rules across returns: what is accepted, and what is complained of.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod common;

use common::{catalogue, now, table};
use concordat_catalogue::{Catalogue, Side, Told, lint_across};
use concordat_core::across::Outcome;
use concordat_core::finding::Severity;

const TYPES: [&str; 5] = [
    "cds-csc-quarterly",
    "cds-police-quarterly",
    "lado-quarterly",
    "lado-attestation-monthly",
    "mace-quarterly",
];

/// Loads some of the shipped types with one rule of these parts, check and severity.
fn load(parts: &str, check: &str, severity: &str) -> Result<Catalogue, String> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies/returns");
    let mut lists =
        ["areas", "indicators", "units"].map(|name| format!("codes/core-data-set-{name}")).to_vec();
    lists.extend(["published-figures".to_owned(), "codes/published-indicators".to_owned()]);
    let shipped = TYPES.into_iter().chain(["lado-notification", "core-data-set-annual"]);
    let shipped = shipped.chain(lists.iter().map(String::as_str));
    let mut files: Vec<(String, Vec<u8>)> = shipped
        .map(|id| (format!("returns/{id}.toml"), std::fs::read(format!("{root}/{id}.toml")).unwrap()))
        .collect();
    let text = format!(
        "area_names = [[\"E09000012\", \"Hackney\"]]\n[[across]]\nid = \"T1\"\nseverity = \"{severity}\"\nparts = [{parts}]\ncheck = '{check}'\nwords = \"agree\"\n"
    );
    files.push(("returns/across.toml".to_owned(), text.into_bytes()));
    Catalogue::from_files(files)
        .map_err(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

const CSC: &str = "{ name = \"csc\", type = \"cds-csc-quarterly\" }";
const POLICE: &str = "{ name = \"police\", type = \"cds-police-quarterly\" }";
const LADO: &str = "{ name = \"lado\", type = \"lado-quarterly\" }";
const NOTIFIED: &str = "{ name = \"notified\", type = \"lado-notification\", events = true }";

#[test]
fn the_shipped_rules_speak_of_the_types_of_their_parts_and_can_be_kept_and_broken() {
    let rules = catalogue().across();
    let ids: Vec<&str> = rules.iter().filter(|rule| !rule.yearly).map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, ["MACE-R3", "X1", "X2", "X3", "X6", "X7"]);
    let of = |id: &str| -> Vec<String> {
        let rules = catalogue().across_of(&id.parse().unwrap()).iter().filter(|rule| !rule.yearly);
        rules.map(|rule| rule.id.to_string()).collect()
    };
    assert_eq!(of("cds-csc-quarterly"), ["X6", "X7"]);
    assert_eq!(of("cds-police-quarterly"), ["X3", "X6", "X1"]);
    assert_eq!(of("lado-quarterly"), ["X3", "X2"]);
    assert_eq!(of("mace-quarterly"), ["MACE-R3"]);
    // the busiest type takes no turn, and an event that arrives makes no comparison
    for none in ["lado-notification", "core-data-set-annual", "published-figures"] {
        assert!(of(none).is_empty(), "{none}");
    }
    for rule in rules.iter().filter(|rule| rule.yearly) {
        let sum = rule.id.as_str().starts_with("X10-");
        assert_eq!((rule.own, rule.severity == Severity::Query), (sum, sum), "{}", rule.id);
    }
    for rule in catalogue().across() {
        assert_eq!(lint_across(rule, now()), None);
    }
}

#[test]
fn a_rule_across_returns_changes_the_digest_of_the_catalogue() {
    let parts = format!("{CSC}, {POLICE}");
    let one = load(&parts, "csc.contacts <= police.child_arrests", "query").unwrap();
    let two = load(&parts, "csc.contacts >= police.child_arrests", "query").unwrap();
    assert_ne!(one.digest(), two.digest());
}

#[test]
fn what_cannot_be_compared_is_complained_of_with_file_and_line() {
    let both = format!("{CSC}, {POLICE}");
    let annual = "{ name = \"m\", type = \"lado-attestation-monthly\" }";
    let year = "{ name = \"y\", type = \"core-data-set-annual\" }";
    let quarters = "{ name = \"q\", type = \"cds-csc-quarterly\", of_year = true }";
    let parts = |other: &str| format!("{CSC}, {other}");
    let sum = "csc.contacts <= police.child_arrests";
    for (parts, check, severity, why) in [
        (
            parts("{ name = \"police\", type = \"cds-fire-quarterly\" }"),
            sum,
            "query",
            "there is no return type `cds-fire-quarterly`",
        ),
        (
            both.clone(),
            "csc.contacts <= police.child_arests",
            "query",
            "`cds-police-quarterly` has no field `child_arests` in version 1",
        ),
        (both.clone(), "csc.contacts <= health.x", "query", "`.x` is only known after"),
        (
            both.clone(),
            "csc.contacts <= police.commentary",
            "query",
            "`commentary` of `cds-police-quarterly` is not a number",
        ),
        (
            both.clone(),
            "csc.contacts <= csc.referrals",
            "query",
            "names the part `police` and reads nothing of it",
        ),
        (both.clone(), "csc.contacts", "query", "a number stands where a condition belongs"),
        (both.clone(), "csc.contacts <= count(police)", "query", "`police` is not a count of events"),
        (both.clone(), sum, "error", "`error` is not known here"),
        (CSC.to_owned(), "csc.contacts > 0", "query", "takes two parts or more"),
        (parts(CSC), "csc.contacts > 0", "query", "two parts have one name"),
        (
            parts("{ name = \"police\", type = \"cds-police-quarterly\", rows = 'scop == \"area\"' }"),
            sum,
            "query",
            "there is no field `scop`",
        ),
        (
            parts("{ name = \"police\", type = \"cds-police-quarterly\", row = \"x\" }"),
            sum,
            "query",
            "there is no key `row`",
        ),
        (
            parts("{ name = \"m\", type = \"mace-quarterly\" }"),
            "csc.contacts <= m.cse_open",
            "query",
            "comes in parts: say whose",
        ),
        (
            parts("{ name = \"m\", type = \"mace-quarterly\", part = \"lado\" }"),
            "csc.contacts <= m.cse_open",
            "query",
            "has no part `lado`",
        ),
        (
            format!("{year}, {quarters}"),
            "sum(q.contacts) == y.cell(\"CSC-FD-COM\")",
            "query",
            "no indicator `CSC-FD-COM`",
        ),
        (
            format!("{year}, {quarters}"),
            "q.contacts == y.cell(\"CSC-FD-CON\")",
            "query",
            "write sum(q.contacts)",
        ),
        (
            format!("{year}, {quarters}"),
            "sum(q.contacts) == y.in_year(\"CSC-FD-CON\")",
            "query",
            "no `in_year`",
        ),
        (
            format!("{year}, {quarters}"),
            "sum(q.contacts) == y.cell(\"CSC-PL-FOST\")",
            "query",
            "several units",
        ),
        (
            parts(quarters),
            "csc.contacts == sum(q.contacts)",
            "query",
            "two parts have one name, or are the same return",
        ),
        (
            format!("{POLICE}, {quarters}"),
            "police.child_arrests == sum(q.contacts)",
            "query",
            "one return of that year",
        ),
        (both.clone(), "csc.contacts <= last(police.child_arrests)", "query", "it has no last one"),
        (
            parts("{ name = \"p\", type = \"cds-police-quarterly\", sender = \"health\" }"),
            "csc.contacts <= p.child_arrests",
            "query",
            "not sent by agencies of that kind",
        ),
        (
            format!("{year}, {{ name = \"m\", type = \"lado-attestation-monthly\", of_year = true }}"),
            "y.cell(\"LADO-CON\") == sum(m.notified)",
            "query",
            "does not come each quarter",
        ),
        (parts(annual), "csc.contacts <= m.notified", "query", "do not come equally often"),
        (
            parts("{ name = \"n\", type = \"lado-notification\" }"),
            "csc.contacts <= n.x",
            "query",
            "cannot be compared",
        ),
        (
            parts("{ name = \"n\", type = \"cds-police-quarterly\", events = true }"),
            "csc.contacts <= count(n)",
            "info",
            "not a type of event",
        ),
        (
            format!("{LADO}, {NOTIFIED}"),
            "lado.contacts >= count(notified)",
            "query",
            "a count of events is held against one return",
        ),
        (
            format!("{LADO}, {NOTIFIED}"),
            "lado.contacts >= notified.child_count",
            "info",
            "write count(notified)",
        ),
    ] {
        let told = load(&parts, check, severity).map(|_| ()).unwrap_err();
        assert!(told.contains(why), "{why}: {told}");
        assert!(told.starts_with("returns/across.toml:"), "{told}");
    }
    assert!(load(&format!("{LADO}, {NOTIFIED}"), "lado.contacts >= count(notified)", "info").is_ok());
}

#[test]
fn a_figure_that_was_rounded_may_differ_by_half_of_what_it_was_rounded_to() {
    let parts = "{ name = \"published\", type = \"published-figures\", rows = 'indicator == \"CIN-REFERRALS\"' }, \
                 { name = \"annual\", type = \"core-data-set-annual\" }";
    let check = "abs(published.value - annual.cell(\"CSC-FD-REF\")) <= 5";
    let catalogue = load(parts, check, "info").unwrap();
    let rules = catalogue.across();
    let of = |id: &str| catalogue.in_force(&id.parse().unwrap(), "2023-03-31".parse().unwrap()).unwrap();
    let (published, annual) = (of("published-figures"), of("core-data-set-annual"));
    let own = [table(
        &["area", "indicator", "period", "value", "unit"],
        &[&["Hackney", "CSC-FD-REF", "2022/23", "104", "count"]],
    )];
    for (figure, outcome, suppressed) in [
        ("100", Outcome::Holds, false),
        ("109", Outcome::Holds, false),
        ("110", Outcome::DoesNotHold, false),
        ("98", Outcome::DoesNotHold, false),
        ("k", Outcome::NotChecked, true),
        ("u", Outcome::NotChecked, false),
    ] {
        let other = [table(
            &["area", "period", "indicator", "value"],
            &[&["E09000012", "2022-23", "CIN-REFERRALS", figure]],
        )];
        let period = "2022-23".parse().unwrap();
        let sides = [
            Side { part: 0, of: &published, period, tables: &other },
            Side { part: 1, of: &annual, period, tables: &own },
        ];
        let told = rules[0].outcome(&"E09000012".parse().unwrap(), &sides, None, now());
        assert_eq!(told, Some(Told { outcome, suppressed }), "{figure}");
    }
}
