use std::sync::{Arc, LazyLock};

use concordat_core::finding::Severity;
use concordat_core::table::Table;
use proptest::prelude::*;

use super::*;
use crate::Catalogue;

static BUILT_IN: LazyLock<Catalogue> = LazyLock::new(Catalogue::built_in);

const HACKNEY: &str = "E09000012";
const CITY: &str = "E09000001";

fn now() -> Timestamp {
    "2024-08-01T09:00:00Z".parse().unwrap()
}

fn area(code: &str) -> AreaCode {
    code.parse().unwrap()
}

fn of(id: &str) -> Arc<ReturnType> {
    let day = "2024-06-30".parse().unwrap();
    BUILT_IN.in_force(&id.parse().unwrap(), day).unwrap()
}

fn rule(id: &str) -> AcrossRule {
    BUILT_IN.across().into_iter().find(|rule| rule.id.as_str() == id).unwrap().clone()
}

fn table(csv: &str) -> Table {
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let columns = lines.next().unwrap().into_iter().map(str::to_owned).collect();
    Table { name: "main".into(), columns, cells: lines.flatten().collect() }
}

/// The outcome of a rule over Hackney for returns given as part, type and rows.
fn outcome(id: &str, returns: &[(usize, &str, String)], events: Option<u64>) -> Outcome {
    let held: Vec<_> = returns.iter().map(|(part, id, csv)| (*part, of(id), [table(csv)])).collect();
    let sides: Vec<Side<'_>> =
        held.iter().map(|(part, of, tables)| Side { part: *part, of, period: q1(), tables }).collect();
    rule(id).outcome(&area(HACKNEY), &sides, events, now()).unwrap().outcome
}

fn q1() -> Period {
    "2024-25/Q1".parse().unwrap()
}

fn csc(police: &str, health: &str) -> (usize, &'static str, String) {
    (
        0,
        "cds-csc-quarterly",
        format!("area,contacts_police,strategy_health_present\n{HACKNEY},{police},{health}"),
    )
}

fn police(rows: &[[&str; 3]]) -> (usize, &'static str, String) {
    let rows: Vec<String> = rows.iter().map(|row| row.join(",")).collect();
    (1, "cds-police-quarterly", format!("area,scope,notifications_total\n{}", rows.join("\n")))
}

fn provider(ods: &str, attended: &str) -> (usize, &'static str, String) {
    (1, "cds-health-quarterly", format!("provider_ods,area,strategy_attended\n{ods},{HACKNEY},{attended}"))
}

#[test]
fn contacts_from_police_are_at_most_what_police_shared_in_that_area() {
    let told = |contacts, rows: &[[&str; 3]]| outcome("X6", &[csc(contacts, ""), police(rows)], None);
    assert_eq!(told("40", &[[HACKNEY, "area", "40"]]), Outcome::Holds);
    assert_eq!(told("41", &[[HACKNEY, "area", "40"]]), Outcome::DoesNotHold);
    // a force-wide figure says nothing of the area, and neither does another area's
    assert_eq!(told("41", &[[HACKNEY, "area", "40"], [HACKNEY, "force", "900"]]), Outcome::DoesNotHold);
    assert_eq!(told("41", &[[HACKNEY, "area", "40"], [CITY, "area", "900"]]), Outcome::DoesNotHold);
    assert_eq!(told("41", &[[HACKNEY, "force", "900"]]), Outcome::NotChecked);
}

#[test]
fn what_is_blank_or_marked_or_gone_is_not_checked_and_never_zero() {
    for blank in ["", "x", "z", "u", "p", "12 [u]", "no number"] {
        assert_eq!(
            outcome("X6", &[csc(blank, ""), police(&[[HACKNEY, "area", "1"]])], None),
            Outcome::NotChecked
        );
        assert_eq!(
            outcome("X6", &[csc("1", ""), police(&[[HACKNEY, "area", blank]])], None),
            Outcome::NotChecked
        );
    }
    let csc = of("cds-csc-quarterly");
    let sides = [Side { part: 0, of: &csc, period: q1(), tables: &[] }];
    let told = rule("X6").outcome(&area(HACKNEY), &sides, None, now());
    assert_eq!(told, Some(Told::plainly(Outcome::NotChecked)));
}

#[test]
fn discussions_with_health_lie_between_the_busiest_provider_and_all_of_them() {
    let told = |present, one, other| {
        outcome("X7", &[csc("", present), provider("RQX", one), provider("RWK", other)], None)
    };
    assert_eq!(told("7", "7", "0"), Outcome::Holds);
    assert_eq!(told("9", "7", "5"), Outcome::Holds, "three were attended by both");
    assert_eq!(told("12", "7", "5"), Outcome::Holds);
    assert_eq!(told("13", "7", "5"), Outcome::DoesNotHold);
    assert_eq!(told("6", "7", "5"), Outcome::DoesNotHold);
    assert_eq!(told("9", "7", "x"), Outcome::NotChecked, "one provider's figure is not there");
}

#[test]
fn contacts_from_police_are_the_notifications_that_police_made() {
    let lado = |met: &str, city: &str| {
        let head = "area,contacts,by_source_police_met,by_source_police_city,by_source_police_other";
        (0, "lado-quarterly", format!("{head}\n{HACKNEY},90,{met},{city},0"))
    };
    let police = |made: &str| {
        (1, "cds-police-quarterly", format!("area,scope,lado_notifications_made\n{HACKNEY},area,{made}"))
    };
    assert_eq!(outcome("X3", &[lado("3", "1"), police("4")], None), Outcome::Holds);
    assert_eq!(outcome("X3", &[lado("3", "1"), police("5")], None), Outcome::DoesNotHold);
    assert_eq!(outcome("X3", &[lado("3", ""), police("3")], None), Outcome::NotChecked);
}

#[test]
fn flagged_and_open_may_differ_by_half_or_by_five() {
    let told = |flagged: &str, open: &str| {
        let police = (0, "mace-quarterly", format!("area,cse_flagged\n{HACKNEY},{flagged}"));
        let social_care = (1, "mace-quarterly", format!("area,cse_open\n{HACKNEY},{open}"));
        outcome("MACE-R3", &[police, social_care], None)
    };
    for (flagged, open, told_of) in
        [("40", "20", false), ("40", "19", true), ("19", "40", true), ("6", "1", false), ("7", "1", true)]
    {
        assert_eq!(told(flagged, open) == Outcome::DoesNotHold, told_of, "{flagged} {open}");
    }
}

#[test]
fn notifications_that_reached_the_officer_are_contacts() {
    let lado = |contacts: u32| [(0, "lado-quarterly", format!("area,contacts\n{HACKNEY},{contacts}"))];
    assert_eq!(outcome("X2", &lado(3), Some(3)), Outcome::Holds);
    assert_eq!(outcome("X2", &lado(2), Some(3)), Outcome::DoesNotHold);
    assert_eq!(outcome("X2", &lado(2), None), Outcome::NotChecked, "they could not be counted");
}

#[test]
fn episodes_that_police_sent_are_missing_incidents() {
    let police = |n: &str| {
        [(0, "cds-police-quarterly", format!("area,scope,missing_incidents_child\n{HACKNEY},area,{n}"))]
    };
    assert_eq!(outcome("X1", &police("3"), Some(3)), Outcome::Holds);
    assert_eq!(outcome("X1", &police("9"), Some(3)), Outcome::Holds, "others come by another way");
    assert_eq!(outcome("X1", &police("2"), Some(3)), Outcome::DoesNotHold);
    assert_eq!(outcome("X1", &police("x"), Some(3)), Outcome::NotChecked);
    assert_eq!(outcome("X1", &police("2"), None), Outcome::NotChecked, "they could not be counted");
}

#[test]
fn a_finding_points_at_its_own_return_and_says_with_what_it_was_compared() {
    let csc = of("cds-csc-quarterly");
    let tables = [table(&format!("area,contacts_police\n{CITY},1\n{HACKNEY},2"))];
    let own = Side { part: 0, of: &csc, period: q1(), tables: &tables };
    let with = ["`cds-police-quarterly` of metropolitan-police".to_owned()];
    let told = |outcome| rule("X6").finding(Told::plainly(outcome), &own, &area(HACKNEY), &with, now());
    assert!(told(Outcome::Holds).is_none());
    let query = told(Outcome::DoesNotHold).unwrap();
    assert_eq!(
        (query.severity, query.row, query.column.as_deref()),
        (Severity::Query, Some(2), Some("contacts_police"))
    );
    assert!(
        query.text.ends_with("(compared with `cds-police-quarterly` of metropolitan-police)"),
        "{}",
        query.text
    );
    assert_eq!(told(Outcome::NotChecked).unwrap().severity, Severity::NotChecked);
    let overdue = rule("X6").overdue(&own, &area(HACKNEY), &with, now());
    assert_eq!(overdue.severity, Severity::NotChecked);
    assert!(
        overdue.text.contains("overdue is `cds-police-quarterly` of metropolitan-police"),
        "{}",
        overdue.text
    );
}

proptest! {
    // whatever the figures are, a finding is one of a few texts: it holds no digit of either return
    #[test]
    fn no_finding_holds_digits_of_a_cell(mine in 100_000u32..9_999_999, theirs in 100_000u32..9_999_999) {
        let (rule, csc, police) = (rule("X6"), of("cds-csc-quarterly"), of("cds-police-quarterly"));
        let own = [table(&format!("area,contacts_police\n{HACKNEY},{mine}"))];
        let other = [table(&format!("area,scope,notifications_total\n{HACKNEY},area,{theirs}"))];
        let own = Side { part: 0, of: &csc, period: q1(), tables: &own };
        let sides = [own, Side { part: 1, of: &police, period: q1(), tables: &other }];
        let told = rule.outcome(&area(HACKNEY), &sides, None, now()).unwrap();
        prop_assert_eq!(told.outcome == Outcome::Holds, mine <= theirs);
        if let Some(finding) = rule.finding(told, &own, &area(HACKNEY), &[], now()) {
            prop_assert!(finding.figures.is_none());
            prop_assert!(!finding.text.contains(|c: char| c.is_ascii_digit()), "{}", finding.text);
        }
    }
}

/// A return of a part: its type, its period and its rows.
type Sent = (usize, &'static str, &'static str, String);

/// What comes of a rule over a year for an area; nothing where a figure that it needs was sent by nobody.
fn of_year(id: &str, over: &str, returns: &[Sent]) -> Option<Told> {
    let held: Vec<_> = returns
        .iter()
        .map(|(part, id, period, csv)| (*part, of(id), period.parse::<Period>().unwrap(), [table(csv)]))
        .collect();
    let sides: Vec<Side<'_>> = held
        .iter()
        .map(|(part, of, period, tables)| Side { part: *part, of, period: *period, tables })
        .collect();
    rule(id).outcome(&area(over), &sides, None, now())
}

fn annual(figures: &[(&str, &str, &str, &str)]) -> Sent {
    let rows = figures.iter().map(|(area, code, period, n)| format!("{area},{code},{period},{n},count"));
    let rows: Vec<String> = rows.collect();
    (0, "core-data-set-annual", "2022-23", format!("area,indicator,period,value,unit\n{}", rows.join("\n")))
}

fn quarters(field: &str, figures: [&str; 4]) -> Vec<Sent> {
    let periods = ["2022-23/Q1", "2022-23/Q2", "2022-23/Q3", "2022-23/Q4"];
    let each = periods.iter().zip(figures);
    let row = |(period, n): (&&'static str, &str)| {
        (1, "cds-csc-quarterly", *period, format!("area,period,{field}\n{HACKNEY},{period},{n}"))
    };
    each.map(row).collect()
}

fn published(indicator: &str, figure: &str) -> Sent {
    let rows = format!(
        "{HACKNEY},2022-23,{indicator},{figure}\n{CITY},2022-23,{indicator},77\n{HACKNEY},2022-23,CIN-REREFERRALS,88"
    );
    (0, "published-figures", "2022-23", format!("area,period,indicator,value\n{rows}"))
}

fn plain(outcome: Outcome) -> Option<Told> {
    Some(Told::plainly(outcome))
}

#[test]
fn four_quarters_add_up_to_the_annual_figure_of_that_area_year_and_unit() {
    let told = |annual: Sent, figures| {
        let mut all = quarters("referrals", figures);
        all.push(annual);
        of_year("X10-REF", HACKNEY, &all)
    };
    let right = || annual(&[("Hackney", "CSC-FD-REF", "2022/23", "100")]);
    assert_eq!(told(right(), ["10", "20", "30", "40"]), plain(Outcome::Holds));
    assert_eq!(told(right(), ["10", "20", "30", "41"]), plain(Outcome::DoesNotHold));
    for blank in ["", "x", "z", "u", "p"] {
        assert_eq!(told(right(), ["10", blank, "30", "40"]), plain(Outcome::NotChecked), "{blank}: no zero");
    }
    let marked = annual(&[("Hackney", "CSC-FD-REF", "2022/23", "x")]);
    assert_eq!(told(marked, ["10", "20", "30", "40"]), plain(Outcome::NotChecked));
    let beside = annual(&[
        ("Hackney", "CSC-FD-REF", "2022/23", "100"),
        ("Hackney", "CSC-FD-REF", "2021/22", "999"),
        ("City of London", "CSC-FD-REF", "2022/23", "999"),
        ("Hackney", "CSC-FD-CON", "2022/23", "999"),
    ]);
    assert_eq!(told(beside, ["10", "20", "30", "40"]), plain(Outcome::Holds));
    let mut share = right();
    share.3.push_str("\nHackney,CSC-FD-REF,2022/23,50,percent");
    assert_eq!(told(share, ["10", "20", "30", "40"]), plain(Outcome::Holds), "the unit is another");
    let elsewhere = annual(&[
        ("Hackney", "CSC-FD-REF", "2021/22", "100"),
        ("City of London", "CSC-FD-REF", "2022/23", "100"),
    ]);
    assert_eq!(
        told(elsewhere, ["10", "20", "30", "40"]),
        None,
        "a figure that is not there is not spoken of"
    );
}

#[test]
fn what_stands_at_the_end_of_a_year_is_that_of_the_last_quarter() {
    let told = |figure, quarters: Vec<Sent>| {
        let mut all = quarters;
        all.push(published("CPP-31-MARCH", figure));
        of_year("X11-CPP-Q", HACKNEY, &all)
    };
    let four = || quarters("cpp_open_end", ["170", "175", "190", "181"]);
    assert_eq!(told("181", four()), plain(Outcome::Holds));
    assert_eq!(told("190", four()), plain(Outcome::DoesNotHold));
    let mut turned = four();
    turned.reverse();
    assert_eq!(told("181", turned), plain(Outcome::Holds), "whatever order they come in");
    let blank_before = quarters("cpp_open_end", ["", "x", "", "181"]);
    assert_eq!(told("181", blank_before), plain(Outcome::Holds), "the earlier ones are not asked");
}

#[test]
fn a_published_figure_agrees_differs_is_suppressed_or_is_not_available() {
    let told = |figure| {
        let mut all = quarters("referrals", ["10", "20", "30", "40"]);
        all.push(published("CIN-REFERRALS", figure));
        of_year("X11-REF-Q", HACKNEY, &all)
    };
    assert_eq!(told("100"), plain(Outcome::Holds));
    assert_eq!(told("0"), plain(Outcome::DoesNotHold));
    for hidden in ["c", "[c]", "k", "low"] {
        assert_eq!(told(hidden), Some(Told { outcome: Outcome::NotChecked, suppressed: true }), "{hidden}");
    }
    for missing in ["x", "z", "u", "p"] {
        assert_eq!(told(missing), plain(Outcome::NotChecked), "{missing}");
    }
    let mut all = quarters("referrals", ["0", "0", "0", "0"]);
    all.push(published("CIN-REFERRALS", "c"));
    assert_ne!(of_year("X11-REF-Q", HACKNEY, &all), plain(Outcome::Holds), "no symbol is zero");
    all.pop();
    all.push(published("CPP-31-MARCH", "100"));
    assert_eq!(of_year("X11-REF-Q", HACKNEY, &all), None, "that file was not brought in");
}

#[test]
fn a_finding_over_a_year_points_at_the_annual_figure_and_says_no_other() {
    let (of, own) = (of("core-data-set-annual"), rule("X11-LAC-Y"));
    let (_, _, period, csv) = annual(&[
        ("Hackney", "CSC-LAC-NUM", "2022-03-31", "405"),
        ("Hackney", "CSC-LAC-NUM", "2023-03-31", "392"),
    ]);
    let tables = [table(&csv)];
    let side = Side { part: 1, of: &of, period: period.parse().unwrap(), tables: &tables };
    let with = ["`published-figures` of chscp".to_owned()];
    let found = |told| own.finding(told, &side, &area(HACKNEY), &with, now()).unwrap();
    let info = found(Told::plainly(Outcome::DoesNotHold));
    assert_eq!((info.severity, info.row, info.column.as_deref()), (Severity::Info, Some(2), Some("value")));
    assert!(!info.text.contains("392") && info.figures.is_none(), "{}", info.text);
    let hidden = found(Told { outcome: Outcome::NotChecked, suppressed: true });
    assert_eq!(
        (hidden.severity, hidden.text.as_str()),
        (
            Severity::NotChecked,
            "not checked: the published figure is suppressed (compared with `published-figures` of chscp)"
        )
    );
}
