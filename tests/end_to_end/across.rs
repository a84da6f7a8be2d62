//! What two agencies say of the same thing is held against each other inside the broker, and neither learns the
//! other's figures from it.

use concordat_tests::{Person, Scene};
use serde_json::Value;

const CSC: &str = "cds-csc-quarterly";
const POLICE: &str = "cds-police-quarterly";
const HACKNEY: &str = "E09000012";
const CITY: &str = "E09000001";

/// The figures that one sends and the other must not see.
const CONTACTS: &str = "8317";
const SHARED: &str = "5923";

fn csc(area: &str, period: &str, contacts: &str) -> String {
    format!("area,period,contacts_police,rereferrals_12m\n{area},{period},{contacts},\n")
}

fn police(area: &str, period: &str, shared: &str) -> String {
    let head =
        "area,scope,period,notifications_total,conduct_matters_meeting_lado_criteria,lado_notifications_made";
    format!("{head}\n{area},area,{period},{shared},0,0\n")
}

/// Submits and gives all that was said, and the submission's id.
fn send(
    scene: &Scene,
    person: &Person,
    rtype: &str,
    period: &str,
    text: &str,
    extra: &[&str],
) -> (String, Value) {
    let name = format!("{rtype}-{}-{}.csv", period.replace('/', "-"), text.len() + extra.len());
    let file = scene.file(&name, text);
    let args = [&["submit", "--type", rtype, "--period", period, &file, "-o", "json"], extra].concat();
    let said = person.run(&args).ended(0);
    (format!("{}{}", said.out, said.err), said.data())
}

/// The severity and text of a rule's finding; empty when there is none.
fn found(data: &Value, rule: &str) -> (String, String) {
    let findings = data["findings"].as_array().cloned().unwrap_or_default();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut of_rule = findings.iter().filter(|finding| finding["rule"] == rule);
    let first = of_rule.next().map(|finding| (word(&finding["severity"]), word(&finding["text"])));
    assert!(of_rule.next().is_none(), "told once: {data}");
    first.unwrap_or_default()
}

fn across(person: &Person, submission: &str) -> (Vec<String>, String) {
    let said = person.run(&["status", submission, "-o", "json"]).ended(0);
    let list = said.data()["across"].as_array().cloned().unwrap_or_default();
    (list.iter().map(|line| line.as_str().unwrap().to_owned()).collect(), said.out)
}

fn disagreements(manager: &Person, agency: &str, rtype: &str) -> Value {
    let data = manager.run(&["missing", "--all", "-o", "json"]).ended(0).data();
    let rows = data["rows"].as_array().cloned().unwrap();
    let row = rows
        .iter()
        .find(|row| row["agency"] == agency && row["return_type"] == rtype && row["period"] == "2022-23/Q4");
    row.unwrap_or_else(|| panic!("{data}"))["disagreements"].clone()
}

/// Whether a figure stands in a text as a word of its own, and not within an id or a digest.
fn says(text: &str, figure: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == figure)
}

fn move_clock(scene: &Scene, to: &str) {
    let moved = scene.operate(&["clock", &scene.dir.to_string_lossy(), "--to", to]);
    assert!(moved.status.success(), "{}", String::from_utf8_lossy(&moved.stderr));
}

#[test]
fn two_returns_that_disagree_are_told_to_both_senders_and_the_manager_in_either_order() {
    let mut scene = super::scene();
    let council = scene.person("hackney-council/returns", &["submitter"]);
    let met = scene.person("metropolitan-police/desk", &["submitter"]);
    let corporation = scene.person("city-of-london-corporation/returns", &["submitter"]);
    let city = scene.person("city-of-london-police/desk", &["submitter"]);
    let manager = scene.person("chscp/manager", &["partnership-manager"]);
    let auditor = scene.person("chscp/auditor", &["auditor"]);
    let q4 = "2022-23/Q4";

    // social care first: nothing to compare with, and an answer to what may be asked later is taken
    let early = ["--explain", "X6=known_issue:a contact is counted once for each child"];
    let (_, first) = send(&scene, &council, CSC, q4, &csc(HACKNEY, q4, CONTACTS), &early);
    let first_id = super::submission_of(&first);
    assert_eq!(found(&first, "X6"), Default::default(), "police have sent nothing yet: {first}");
    assert_eq!(across(&council, &first_id).0, Vec::<String>::new());
    let (said, second) = send(&scene, &met, POLICE, q4, &police(HACKNEY, q4, SHARED), &[]);
    let second_id = super::submission_of(&second);
    let (severity, text) = found(&second, "X6");
    assert_eq!(severity, "query", "{second}");
    assert!(text.ends_with("(compared with `cds-csc-quarterly` of hackney-council)"), "{text}");
    assert!(!says(&said, CONTACTS), "{said}");

    // the other order, in another area
    let (_, earlier) = send(&scene, &city, POLICE, q4, &police(CITY, q4, SHARED), &[]);
    assert_eq!(found(&earlier, "X6"), Default::default());
    let (said, later) = send(&scene, &corporation, CSC, q4, &csc(CITY, q4, CONTACTS), &[]);
    assert_eq!(found(&later, "X6").0, "query", "{later}");
    assert!(!says(&said, SHARED), "{said}");

    let (lines, shown) = across(&council, &first_id);
    assert_eq!(
        lines,
        ["X6 does not hold for E09000012: compared with `cds-police-quarterly` of metropolitan-police"]
    );
    assert!(!says(&shown, SHARED), "{shown}");
    let (lines, shown) = across(&met, &second_id);
    assert_eq!(
        lines,
        ["X6 does not hold for E09000012: compared with `cds-csc-quarterly` of hackney-council"]
    );
    assert!(!says(&shown, CONTACTS), "{shown}");
    for (agency, rtype) in
        [("hackney-council", CSC), ("metropolitan-police", POLICE), ("city-of-london-police", POLICE)]
    {
        assert_eq!(disagreements(&manager, agency, rtype), 1, "{agency}");
    }
    let entries = super::entries(&auditor, "compared_across");
    assert_eq!(entries.len(), 2, "{entries:#?}");
    let named = entries[0]["summary"].as_str().unwrap();
    assert!(
        named.contains(&first_id) && named.contains("X6 does not hold"),
        "what was opened is named: {named}"
    );
    let of_council = auditor.run(&["audit", "search", "--agency", "hackney-council", "-o", "json"]).ended(0);
    assert!(of_council.out.contains("compared_across"), "found by the agency whose return was opened");

    // a resend finds its receipt and opens nothing; a correction is compared anew
    let _ = send(&scene, &met, POLICE, q4, &police(HACKNEY, q4, SHARED), &[]);
    assert_eq!(super::entries(&auditor, "compared_across").len(), 2);
    let replaces = ["--replaces", &second_id, "--reason", "correction"];
    let (_, mended) = send(&scene, &met, POLICE, q4, &police(HACKNEY, q4, "8400"), &replaces);
    assert_eq!(found(&mended, "X6"), Default::default());
    let (lines, _) = across(&council, &first_id);
    assert_eq!(
        lines,
        ["X6 holds for E09000012: compared with `cds-police-quarterly` of metropolitan-police"]
    );
    assert_eq!(disagreements(&manager, "hackney-council", CSC), 0);
    let all = auditor.run(&["audit", "search", "--limit", "1000", "-o", "json"]).ended(0).out;
    assert!(!says(&all, CONTACTS) && !says(&all, SHARED), "no figure in the log's words");

    // rows that entries made are made again by a rebuild
    scene.stop();
    let rebuilt = scene.operate(&["rebuild", &scene.dir.to_string_lossy()]);
    assert!(rebuilt.status.success(), "{}", String::from_utf8_lossy(&rebuilt.stderr));
    scene.start();
    assert_eq!(across(&council, &first_id).0, lines);
}

#[test]
fn a_rule_whose_other_part_is_overdue_is_not_checked_and_says_so() {
    let mut scene = super::scene();
    let met = scene.person("metropolitan-police/desk", &["submitter"]);
    let q4 = "2022-23/Q4";
    let (_, first) = send(&scene, &met, POLICE, q4, &police(HACKNEY, q4, SHARED), &[]);
    let id = super::submission_of(&first);
    assert_eq!(across(&met, &id).0, Vec::<String>::new(), "not in yet: nothing is said");
    // the twentieth working day after 31 March 2023 is 3 May, until 17:00
    move_clock(&scene, "2023-05-03T16:00:01Z");
    let (lines, _) = across(&met, &id);
    assert_eq!(lines, ["X6 not checked for E09000012: overdue is `cds-csc-quarterly` of hackney-council"]);
    let replaces = ["--replaces", &id, "--reason", "correction"];
    let (_, again) = send(&scene, &met, POLICE, q4, &police(HACKNEY, q4, "6000"), &replaces);
    let (severity, text) = found(&again, "X6");
    assert_eq!(severity, "not_checked", "{again}");
    assert!(text.contains("overdue is `cds-csc-quarterly` of hackney-council"), "{text}");
}

#[test]
fn a_rule_over_several_providers_waits_for_the_last_of_them_and_names_them_all() {
    let mut scene = super::scene();
    let council = scene.person("hackney-council/returns", &["submitter"]);
    let homerton = scene.person("homerton/desk", &["submitter"]);
    let elft = scene.person("elft/desk", &["submitter"]);
    let (health, q1) = ("cds-health-quarterly", "2024-25/Q1");
    let provider = |ods: &str, attended: &str| {
        let row = |area: &str| format!("{ods},{area},{q1},{attended}\n");
        format!("provider_ods,area,period,strategy_attended\n{}{}", row(CITY), row(HACKNEY))
    };
    let (_, first) = send(&scene, &homerton, health, q1, &provider("RQX", "7"), &[]);
    assert_eq!(found(&first, "X7"), Default::default());
    let present = format!("area,period,strategy_health_present\n{HACKNEY},{q1},13\n");
    let (_, second) = send(&scene, &council, CSC, q1, &present, &[]);
    assert_eq!(found(&second, "X7"), Default::default(), "one provider is not in yet: {second}");
    let (_, last) = send(&scene, &elft, health, q1, &provider("RWK", "5"), &[]);
    let (severity, text) = found(&last, "X7");
    assert_eq!(
        severity, "query",
        "13 discussions, 12 attendances; in the other area nobody is compared: {last}"
    );
    assert!(
        text.contains("`cds-csc-quarterly` of hackney-council, `cds-health-quarterly` of homerton"),
        "{text}"
    );
    let finding =
        last["findings"].as_array().unwrap().iter().find(|finding| finding["rule"] == "X7").cloned();
    assert_eq!(finding.unwrap()["row"], 2, "the row of the area");
    let with = "compared with `cds-health-quarterly` of elft and `cds-csc-quarterly` of hackney-council";
    assert_eq!(
        across(&homerton, &super::submission_of(&first)).0,
        [format!("X7 does not hold for E09000012: {with}")]
    );
}

#[test]
fn two_parts_that_come_at_once_are_compared_once() {
    let mut scene = super::scene();
    let council = scene.person("hackney-council/returns", &["submitter"]);
    let met = scene.person("metropolitan-police/desk", &["submitter"]);
    let auditor = scene.person("chscp/auditor", &["auditor"]);
    let periods = ["2022-23/Q4", "2023-24/Q1", "2023-24/Q2", "2023-24/Q3", "2023-24/Q4", "2024-25/Q1"];
    for period in periods {
        std::thread::scope(|at_once| {
            at_once.spawn(|| send(&scene, &council, CSC, period, &csc(HACKNEY, period, CONTACTS), &[]));
            at_once.spawn(|| send(&scene, &met, POLICE, period, &police(HACKNEY, period, SHARED), &[]));
        });
    }
    assert_eq!(super::entries(&auditor, "compared_across").len(), periods.len());
}

#[test]
fn a_count_of_notifications_is_told_to_the_officer_who_received_them_and_to_nobody_else() {
    let mut scene = super::scene();
    let met = scene.person("metropolitan-police/desk", &["submitter"]);
    let officer = scene.person("hackney-lado/officer", &["lado"]);
    let elsewhere = scene.person("city-lado/officer", &["lado"]);
    let manager = scene.person("chscp/manager", &["partnership-manager"]);
    let auditor = scene.person("chscp/auditor", &["auditor"]);
    let file = scene.file("notification.csv", super::allegation::NOTIFICATION);
    let _ = met.run(&["submit", "--type", "lado-notification", &file, "-o", "json"]).ended(0);
    let quarter =
        |area: &str, contacts: &str| format!("area,period,contacts\n{area},2023-24/Q1,{contacts}\n");
    let shown = || {
        let said = manager.run(&["missing", "--all"]);
        format!("{}{}", said.out, said.err)
    };
    let before = shown();
    let q1 = "2023-24/Q1";
    let (_, none) = send(&scene, &elsewhere, "lado-quarterly", q1, &quarter(CITY, "0"), &[]);
    assert_eq!(found(&none, "X2"), Default::default(), "none reached this officer");
    let (said, few) = send(&scene, &officer, "lado-quarterly", q1, &quarter(HACKNEY, "0"), &[]);
    let id = super::submission_of(&few);
    assert_eq!(found(&few, "X2").0, "info", "{few}");
    let status = |id: &str| officer.run(&["status", id, "-o", "json"]).ended(0).data();
    assert_eq!(status(&id)["queries"], 0, "an info is counted nowhere that others see: {said}");
    assert_eq!(shown(), before, "nothing of it reaches the manager");
    assert!(super::entries(&auditor, "compared_across").is_empty());
    let replaces = ["--replaces", &id, "--reason", "correction"];
    let (_, mended) = send(&scene, &officer, "lado-quarterly", q1, &quarter(HACKNEY, "1"), &replaces);
    assert_eq!(found(&mended, "X2"), Default::default(), "{mended}");
}

#[test]
fn a_measure_of_twelve_months_over_a_quarter_that_did_not_come_is_marked() {
    let mut scene = super::scene();
    let council = scene.person("hackney-council/returns", &["submitter"]);
    let quarter = |period: &str, repeats: &str| {
        format!("area,period,referrals,rereferrals_12m\n{HACKNEY},{period},30,{repeats}\n")
    };
    move_clock(&scene, "2023-07-05T10:00:00Z");
    let (_, without) = send(&scene, &council, CSC, "2023-24/Q1", &quarter("2023-24/Q1", "x"), &[]);
    assert_eq!(found(&without, "tainted"), Default::default(), "there is no such measure: {without}");
    let replaces = ["--replaces", &super::submission_of(&without), "--reason", "late_data"];
    let (_, never) = send(&scene, &council, CSC, "2023-24/Q1", &quarter("2023-24/Q1", "4"), &replaces);
    let (severity, text) = found(&never, "tainted");
    assert_eq!(
        (severity.as_str(), text.as_str()),
        ("info", "spans 2022-23/Q4, which never came: read it as unreliable (u)")
    );
    let _ = send(&scene, &council, CSC, "2022-23/Q4", &quarter("2022-23/Q4", "5"), &[]);
    let replaces = ["--replaces", &super::submission_of(&never), "--reason", "correction"];
    let (_, late) = send(&scene, &council, CSC, "2023-24/Q1", &quarter("2023-24/Q1", "6"), &replaces);
    assert_eq!(found(&late, "tainted").1, "spans 2022-23/Q4, which came late: read it as unreliable (u)");
}

#[test]
fn a_figure_that_was_not_available_marks_the_measure_that_counts_back_over_it_for_all_who_read_it() {
    let mut scene = super::scene();
    let council = scene.person("hackney-council/returns", &["submitter"]);
    let met = scene.person("metropolitan-police/desk", &["reader"]);
    let quarter = |period: &str, referrals: &str, repeats: &str| {
        format!("area,period,referrals,rereferrals_12m\n{HACKNEY},{period},{referrals},{repeats}\n")
    };
    let (_, first) = send(&scene, &council, CSC, "2022-23/Q4", &quarter("2022-23/Q4", "x", ""), &[]);
    let text = quarter("2023-24/Q1", "3047", "613");
    let (_, second) = send(&scene, &council, CSC, "2023-24/Q1", &text, &[]);
    let id = super::submission_of(&second);
    let (severity, text) = found(&second, "tainted");
    assert_eq!(
        (severity.as_str(), text.as_str()),
        ("info", "spans 2022-23/Q4, in which `referrals` is not available (x): read it as unreliable (u)")
    );
    let read = |id: &str| {
        let fetched = met.run(&["inbox", "fetch", id, "--purpose", "P4-partnership-assurance", "-o", "csv"]);
        fetched.ended(0).out
    };
    let fetched = read(&id);
    assert!(fetched.contains("3047,613 [u]"), "{fetched}");

    let replaces = ["--replaces", &super::submission_of(&first), "--reason", "late_data"];
    let _ = send(&scene, &council, CSC, "2022-23/Q4", &quarter("2022-23/Q4", "2999", ""), &replaces);
    let replaces = ["--replaces", &id, "--reason", "correction"];
    let text = quarter("2023-24/Q1", "3048", "613");
    let (_, mended) = send(&scene, &council, CSC, "2023-24/Q1", &text, &replaces);
    assert_eq!(found(&mended, "tainted"), Default::default(), "{mended}");
    let fetched = read(&super::submission_of(&mended));
    assert!(fetched.contains("3048,613") && !fetched.contains("[u]"), "{fetched}");
}

const YEAR: &str = "2023-24";
const ANNUAL: &str = "core-data-set-annual";
const QUARTERS: [(&str, &str); 4] =
    [("2023-24/Q1", "1061"), ("2023-24/Q2", "1117"), ("2023-24/Q3", "1223"), ("2023-24/Q4", "1409")];

fn referrals(period: &str, figure: &str) -> String {
    format!("area,period,referrals\n{HACKNEY},{period},{figure}\n")
}

fn annual(figure: &str) -> String {
    format!("area,indicator,period,value,unit\nHackney,CSC-FD-REF,2023/24,{figure},count\n")
}

fn lines_of(person: &Person, submission: &str, rule: &str) -> Vec<String> {
    let (lines, _) = across(person, submission);
    lines.into_iter().filter(|line| line.starts_with(&format!("{rule} "))).collect()
}

#[test]
fn four_quarters_that_do_not_add_up_to_the_year_are_told_to_their_sender_whichever_comes_last() {
    let mut scene = super::scene();
    let council = scene.person("hackney-council/returns", &["submitter"]);
    let met = scene.person("metropolitan-police/desk", &["submitter"]);
    let auditor = scene.person("chscp/auditor", &["auditor"]);
    let mut quarters = Vec::new();
    for (period, figure) in QUARTERS.into_iter().take(3) {
        let (_, sent) = send(&scene, &council, CSC, period, &referrals(period, figure), &[]);
        quarters.push(super::submission_of(&sent));
    }
    let early = ["--explain", "X10-REF=known_issue:the year was revised in May"];
    let (_, year) = send(&scene, &council, ANNUAL, YEAR, &annual("4810"), &early);
    let year_id = super::submission_of(&year);
    assert_eq!(found(&year, "X10-REF"), Default::default(), "the last quarter is not in yet: {year}");
    // another agency's annual return is none of these parts, and says nothing
    let (_, other) = send(&scene, &met, ANNUAL, YEAR, &annual("1"), &[]);
    assert_eq!(found(&other, "X10-REF"), Default::default());
    let (period, figure) = QUARTERS[3];
    let (_, last) = send(&scene, &council, CSC, period, &referrals(period, figure), &[]);
    assert_eq!(found(&last, "X10-REF"), Default::default(), "4,810 are the four: {last}");
    let with =
        "compared with `core-data-set-annual` of hackney-council and `cds-csc-quarterly` of hackney-council";
    assert_eq!(
        lines_of(&council, &super::submission_of(&last), "X10-REF"),
        [format!("X10-REF holds for E09000012: {with}")]
    );
    assert_eq!(super::entries(&auditor, "compared_across").len(), 1, "looked into once all were in");

    let replaces = ["--replaces", &quarters[1], "--reason", "correction"];
    let (_, mended) = send(&scene, &council, CSC, "2023-24/Q2", &referrals("2023-24/Q2", "1118"), &replaces);
    assert_eq!(found(&mended, "X10-REF").0, "query", "{mended}");
    assert!(lines_of(&council, &year_id, "X10-REF")[0].starts_with("X10-REF does not hold"));
    let replaces = ["--replaces", &year_id, "--reason", "correction"];
    let (said, year) = send(&scene, &council, ANNUAL, YEAR, &annual("4811"), &replaces);
    assert_eq!(found(&year, "X10-REF"), Default::default(), "{said}");
    assert!(lines_of(&council, &quarters[0], "X10-REF")[0].starts_with("X10-REF holds"));
    // a resend opens nothing
    let before = super::entries(&auditor, "compared_across").len();
    let _ = send(&scene, &council, ANNUAL, YEAR, &annual("4811"), &[]);
    assert_eq!(super::entries(&auditor, "compared_across").len(), before);
    let all = auditor.run(&["audit", "search", "--limit", "1000", "-o", "json"]).ended(0).out;
    assert!(!says(&all, "4811") && !says(&all, "1409"), "no figure in the log's words");
}

#[test]
fn a_year_and_its_last_quarter_that_come_at_once_are_compared_all_the_same() {
    let mut scene = super::scene();
    let council = scene.person("hackney-council/returns", &["submitter"]);
    let auditor = scene.person("chscp/auditor", &["auditor"]);
    let years = ["2023-24", "2024-25", "2025-26", "2026-27"];
    // who finds that the other part came meanwhile is told that the outcome is unknown, and sends again
    let until_recorded = |rtype: &str, period: &str, file: &str| {
        let args = ["submit", "--type", rtype, "--period", period, file, "-o", "json"];
        let said = (0..5).map(|_| council.run(&args)).find(|said| said.code == 0);
        assert!(said.is_some(), "{rtype} {period}");
    };
    for year in years {
        for quarter in ["Q1", "Q2", "Q3"] {
            let period = format!("{year}/{quarter}");
            let _ = send(&scene, &council, CSC, &period, &referrals(&period, "10"), &[]);
        }
        let (last, notation) = (format!("{year}/Q4"), year.replace('-', "/"));
        let quarter = scene.file(&format!("last-{year}.csv"), &referrals(&last, "10"));
        let text = annual("40").replace("2023/24", &notation);
        let whole = scene.file(&format!("whole-{year}.csv"), &text);
        std::thread::scope(|at_once| {
            at_once.spawn(|| until_recorded(CSC, &last, &quarter));
            at_once.spawn(|| until_recorded(ANNUAL, year, &whole));
        });
    }
    assert_eq!(super::entries(&auditor, "compared_across").len(), years.len());
}

#[test]
fn published_figures_are_brought_in_and_held_against_the_authoritys_own() {
    let mut scene = super::scene();
    let council = scene.person("hackney-council/returns", &["submitter", "reader"]);
    let analyst = scene.person("chscp/analyst", &["partnership-analyst"]);
    let manager = scene.person("chscp/manager", &["partnership-manager"]);
    let auditor = scene.person("chscp/auditor", &["auditor"]);
    for (period, figure) in QUARTERS {
        let _ = send(&scene, &council, CSC, period, &referrals(period, figure), &[]);
    }
    let (_, year) = send(&scene, &council, ANNUAL, YEAR, &annual("4809"), &[]);
    let year_id = super::submission_of(&year);
    assert_eq!(found(&year, "X11-REF-Y"), Default::default(), "nothing is published yet: {year}");

    // as the Department publishes it: other areas, years and columns are in the file, and stay behind
    let file = |figure: &str| {
        let row = |year: &str, code: &str, n: &str, again: &str| {
            format!("{year},Reporting year,Local authority,E92000001,England,{code},A name,{n},{again},9.9\n")
        };
        let head =
            "time_period,time_identifier,geographic_level,country_code,country_name,new_la_code,la_name";
        format!(
            "{head},referral_count,rereferral_count,rereferral_percent\n{}{}{}{}",
            row("2024", HACKNEY, figure, "c"),
            row("2024", CITY, "x", "c"),
            row("2023", HACKNEY, "7777", "7"),
            row("2024", "E09000030", "8888", "8"),
        )
    };
    let rtype = "published-figures";
    let (said, brought) = send(&scene, &analyst, rtype, YEAR, &file("4810"), &[]);
    let id = super::submission_of(&brought);
    assert!(said.contains("rereferral_percent"), "what stays behind is named: {said}");
    assert_eq!(found(&brought, "X11-REF-Y").0, "info", "{brought}");
    assert_eq!(found(&brought, "X11-REF-Q"), Default::default(), "the quarters agree: {brought}");
    let hidden = found(&brought, "X11-REREF-Q");
    assert_eq!(hidden.0, "not_checked", "{brought}");
    assert!(hidden.1.contains("the published figure is suppressed"), "{}", hidden.1);
    assert_eq!(found(&brought, "X11-CPP-Q"), Default::default(), "nothing of it is in this file");
    assert!(!says(&said, "4809"), "{said}");
    let with = "compared with `published-figures` of chscp";
    assert_eq!(
        lines_of(&council, &year_id, "X11-REF-Y"),
        [format!("X11-REF-Y does not hold for E09000012: {with}")]
    );
    assert_eq!(
        lines_of(&analyst, &id, "X11-REREF-Q"),
        [
            "X11-REREF-Q not checked for E09000012: the published figure is suppressed, compared with `cds-csc-quarterly` of hackney-council"
        ]
    );
    let rows = manager.run(&["missing", "--all", "-o", "json"]).ended(0).data();
    let of_year = rows["rows"].as_array().unwrap().iter().find(|row| {
        row["agency"] == "hackney-council" && row["return_type"] == ANNUAL && row["period"] == YEAR
    });
    assert_eq!(
        of_year.map(|row| row["disagreements"].clone()),
        Some(1.into()),
        "X10 is asked, an info is not"
    );

    // what was published reaches the authority as it was published
    let fetched = council.run(&["inbox", "fetch", &id, "--purpose", "P4-partnership-assurance", "-o", "csv"]);
    let fetched = fetched.ended(0).out;
    assert!(fetched.contains("CIN-REFERRALS,4810") && fetched.contains("CIN-REREFERRALS,c"), "{fetched}");
    assert!(!says(&fetched, "7777") && !says(&fetched, "8888"), "{fetched}");

    // figures come in several files: a folder of them is one return
    let folder = scene.folder("published");
    let care = "time_period,time_identifier,geographic_level,new_la_code,population_type,children_count\n\
        2024,Reporting year,Local authority,E09000012,Children starting to be looked after each year,151\n";
    std::fs::write(folder.join("referrals.csv"), file("4810")).unwrap();
    std::fs::write(folder.join("care.csv"), care).unwrap();
    std::fs::write(folder.join("notes.txt"), "where they were found").unwrap();
    let folder = folder.to_string_lossy().into_owned();
    let args = ["submit", "--type", rtype, "--period", YEAR, &folder, "-o", "json"];
    let more = [&args[..], &["--replaces", &id, "--reason", "late_data"]].concat();
    let id = super::submission_of(&analyst.run(&more).ended(0).data());
    let fetched = council.run(&["inbox", "fetch", &id, "--purpose", "P4-partnership-assurance", "-o", "csv"]);
    let fetched = fetched.ended(0).out;
    assert!(fetched.contains("CIN-REFERRALS,4810") && fetched.contains("CLA-STARTED,151"), "{fetched}");
    std::fs::write(scene.folder("published").join("care.csv"), care.replace("151", "many")).unwrap();
    let wrong = analyst.run(&["validate", "--type", rtype, "--period", YEAR, &folder]).ended(3);
    let wrong = format!("{}{}", wrong.out, wrong.err);
    assert!(wrong.contains("in `care.csv`") && !wrong.contains("many"), "{wrong}");

    let replaces = ["--replaces", &year_id, "--reason", "correction"];
    let (_, mended) = send(&scene, &council, ANNUAL, YEAR, &annual("4810"), &replaces);
    assert_eq!(found(&mended, "X11-REF-Y"), Default::default(), "{mended}");
    assert_eq!(
        lines_of(&analyst, &id, "X11-REF-Y"),
        ["X11-REF-Y holds for E09000012: compared with `core-data-set-annual` of hackney-council"]
    );
    // what was opened is named even where no rule had anything to say of it
    let corporation = scene.person("city-of-london-corporation/returns", &["submitter"]);
    let before = super::entries(&auditor, "compared_across").len();
    let other = "area,indicator,period,value,unit\nCity of London,CSC-AS-NUM,2023/24,41,count\n";
    let (_, nothing) = send(&scene, &corporation, ANNUAL, YEAR, other, &[]);
    assert_eq!(found(&nothing, "X11-REF-Y"), Default::default(), "{nothing}");
    let opened = super::entries(&auditor, "compared_across");
    assert_eq!(opened.len(), before + 1);
    assert!(opened.iter().any(|entry| entry["summary"].as_str().unwrap().contains(&id)
        && entry["agency"] == "city-of-london-corporation"));

    let all = auditor.run(&["audit", "search", "--limit", "1000", "-o", "json"]).ended(0).out;
    assert!(!says(&all, "4810") && !says(&all, "4809"), "no figure in the log's words");
    let log = scene.service_log();
    assert!(!says(&log, "4810") && !says(&log, "4809"), "nor in the service's own");
}

#[test]
fn notices_that_police_sent_are_counted_for_police_alone() {
    let mut scene = super::scene();
    let met = scene.person("metropolitan-police/desk", &["submitter"]);
    let elsewhere = scene.person("city-of-london-police/desk", &["submitter"]);
    let manager = scene.person("chscp/manager", &["partnership-manager"]);
    let auditor = scene.person("chscp/auditor", &["auditor"]);
    let episode = |id: u32, placing: &str| {
        let head = "episode_id,child_ref,dob,missing_from,kind,reported_at,risk,responsible_la,placing_la";
        let text = format!(
            "{head}\n2f1c9d0e-5a34-4d2b-9c55-0e6a7b1c2d{id:02x},C{id},2010-05-01,home,missing,2023-04-03T08:00,medium,{HACKNEY},{placing}\n"
        );
        scene.file(&format!("episode-{id}.csv"), &text)
    };
    for (id, placing) in [(1, ""), (2, ""), (3, CITY)] {
        let _ =
            met.run(&["submit", "--type", "missing-episode", &episode(id, placing), "-o", "json"]).ended(0);
    }
    let quarter = |area: &str, incidents: u32| {
        let head = "area,scope,period,missing_incidents_child,conduct_matters_meeting_lado_criteria,lado_notifications_made";
        format!("{head}\n{area},area,2023-24/Q1,{incidents},0,0\n")
    };
    let q1 = "2023-24/Q1";
    let (_, other) = send(&scene, &elsewhere, POLICE, q1, &quarter(CITY, 0), &[]);
    assert_eq!(found(&other, "X1"), Default::default(), "this force sent none: {other}");
    let (_, few) = send(&scene, &met, POLICE, q1, &quarter(HACKNEY, 1), &[]);
    let id = super::submission_of(&few);
    assert_eq!(found(&few, "X1").0, "info", "two of the three name this area alone: {few}");
    let status = met.run(&["status", &id, "-o", "json"]).ended(0);
    assert_eq!(status.data()["queries"], 0, "{}", status.out);
    assert!(!says(&status.out, "X1"), "{}", status.out);
    let missing = manager.run(&["missing", "--all", "-o", "json"]).ended(0).data();
    let rows = missing["rows"].as_array().unwrap();
    let of_force =
        rows.iter().find(|row| row["agency"] == "metropolitan-police" && row["period"] == q1).unwrap();
    assert_eq!(
        (&of_force["disagreements"], &of_force["unexplained"]),
        (&0.into(), &0.into()),
        "nothing of it reaches the manager"
    );
    assert!(super::entries(&auditor, "compared_across").is_empty());
    let replaces = ["--replaces", &id, "--reason", "correction"];
    let (_, mended) = send(&scene, &met, POLICE, q1, &quarter(HACKNEY, 2), &replaces);
    assert_eq!(found(&mended, "X1"), Default::default(), "{mended}");
}
