//! Reports as people and programs read them.

use super::*;

fn finding(rule: &str, severity: Severity, row: Option<u32>, column: Option<&str>) -> Finding {
    Finding {
        rule: rule.parse().unwrap(),
        severity,
        table: "main".into(),
        row,
        column: column.map(str::to_owned),
        text: format!("{rule} says what to do"),
        figures: None,
        record: None,
    }
}

#[test]
fn findings_stand_by_weight_then_by_table_and_row_and_what_is_alike_stands_together() {
    let mut findings = vec![finding("Q1", Severity::Query, None, None)];
    findings.extend((1..=10).map(|row| finding("E1", Severity::Error, Some(row), Some("contacts"))));
    findings.push(finding("E0", Severity::Error, None, None));
    findings.push(finding("E1", Severity::Error, Some(3), Some("referrals")));
    let unchecked = |rule| Finding {
        text: "a figure is blank".into(),
        ..finding(rule, Severity::NotChecked, None, None)
    };
    findings.extend([unchecked("N1"), Finding { row: Some(2), ..unchecked("N2") }, unchecked("N1")]);
    let text = human(false, &Found::of(findings).from(Some(RowOne::Line(2))));
    let expected = "ERRORS: put these right
  table main  [E0]
      E0 says what to do
  table main, rows 1, 2, 3, 4, 5, 6, 7, 8 and 2 more, column contacts  [E1]
      E1 says what to do
  table main, row 3, column referrals  [E1]
      E1 says what to do

QUERIES: accepted; be ready to explain
  table main  [Q1]
      Q1 says what to do

NOT CHECKED HERE
  table main  [N1]
      a figure is blank
  table main, row 2  [N2]
      a figure is blank

rows are counted below the headings: row 1 is line 2 of the file

rejected: 12 errors, 1 query, 0 for information, 3 not checked
";
    assert_eq!(text, expected);
}

#[test]
fn figures_are_shown_and_keep_findings_apart() {
    let one = Finding { figures: Some("12 and 13".into()), ..finding("E1", Severity::Error, Some(1), None) };
    let other = Finding { figures: Some("7 and 8".into()), row: Some(2), ..one.clone() };
    let text = human(false, &Found::of(vec![one, other]));
    assert!(text.contains("figures: 12 and 13\n") && text.contains("figures: 7 and 8\n"), "{text}");
}

#[test]
fn a_row_says_which_record_it_belongs_to_where_there_are_records() {
    let of = |row, record: &str| Finding {
        record: Some(RecordId::new(record)),
        ..finding("E1", Severity::Error, Some(row), Some("SEX"))
    };
    let text = human(false, &Found::of(vec![of(7, "c7"), of(2, "c2")]).from(Some(RowOne::Files)));
    assert!(text.contains("table main, rows 2 (record c2), 7 (record c7), column SEX  [E1]"), "{text}");
    assert!(text.contains("row 1 is line 2 of the table's file"), "{text}");
}

#[test]
fn what_the_broker_will_check_is_one_line_and_the_marks_are_explained_once() {
    let unchecked = |rule: &str, row, text: &str| Finding {
        text: text.to_owned(),
        ..finding(rule, Severity::NotChecked, row, None)
    };
    let later = "not checked offline: only the broker holds the earlier return to compare with";
    let marked =
        "not checked: something that this rule needs is blank, marked x, z, u or p, or not in this return";
    let whole = |rule: &str, column: &str| Finding {
        column: Some(column.to_owned()),
        ..unchecked(rule, None, "not checked: the table `oc2` is not in this return")
    };
    let found = vec![
        whole("W1", "SDQ"),
        whole("W2", "SDQ"),
        whole("W1", "DOB"),
        unchecked("B1", None, later),
        unchecked("N1", Some(4), marked),
        unchecked("B2", None, later),
        unchecked("N2", Some(5), marked),
    ];
    let text = sections(&Found::of(found.clone()));
    let expected = format!(
        "NOT CHECKED HERE\n  table main, columns SDQ, DOB  [W1, W2]\n      not checked: the table `oc2` is not in this \
         return\n  table main, row 4  [N1]\n      {marked}\n  table main, row 5  [N2]\n      {marked}\n  \
         x: not available, z: not applicable, u: unreliable, p: provisional\n  \
         2 checks against your earlier return are made when you submit: nothing to do now\n\n"
    );
    assert_eq!(text, expected);
    let value = serde_json::to_value(answer(Answer::new("validate"), true, &Found::of(found))).unwrap();
    assert_eq!(value["data"]["findings"][3]["rule"], "B1", "programs get the rules");
}

#[test]
fn a_program_gets_every_finding_with_its_place() {
    let findings = vec![
        finding("E1", Severity::Error, Some(2), Some("contacts")),
        finding("N1", Severity::NotChecked, None, None),
    ];
    let answer = answer(Answer::new("validate"), false, &Found::of(findings));
    let value = serde_json::to_value(answer).unwrap();
    assert_eq!(value["data"]["counts"], json!({"errors": 1, "queries": 0, "infos": 0, "not_checked": 1}));
    assert_eq!(
        value["data"]["findings"][0],
        json!({"rule": "E1", "severity": "error", "table": "main", "row": 2, "column": "contacts", "record": null,
               "text": "E1 says what to do", "figures": null})
    );
    assert_eq!(value["data"]["findings"][1]["row"], Value::Null);
}
