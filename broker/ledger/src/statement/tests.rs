use proptest::prelude::*;

use super::*;
use crate::hash::sha256;

/// A whole statement about nobody.
pub(crate) fn example() -> Statement {
    Statement {
        log: "concordat/northshire/log".into(),
        submission: "0190c2f4a1b27c3d8e4f5a6b7c8d9e0f".into(),
        agency: "northshire-council".into(),
        principal: "csc-returns".into(),
        return_type: "cin-census".into(),
        areas: vec!["E10000006".into(), "E07000026".into()],
        period: "2022-23/Q1".into(),
        part: Some("early help".into()),
        version: 2,
        replaces: Some("0190c2f4a1b27c3d8e4f5a6b7c8d9e0e".into()),
        content: sha256(&[b"content"]),
        outcome: "accepted with queries".into(),
        decision: "csc-submit-own".into(),
        agreement: Some("isa-2022-04".into()),
        policy: sha256(&[b"policy"]),
    }
}

fn text(statement: &Statement) -> String {
    String::from_utf8(statement.encode().unwrap()).unwrap()
}

#[test]
fn text_reads_as_documented() {
    let expected = format!(
        "concordat statement v1\n\
         log: concordat/northshire/log\n\
         submission: 0190c2f4a1b27c3d8e4f5a6b7c8d9e0f\n\
         agency: northshire-council\n\
         principal: csc-returns\n\
         return: cin-census\n\
         areas: E10000006 E07000026\n\
         period: 2022-23/Q1\n\
         part: early help\n\
         version: 2\n\
         replaces: 0190c2f4a1b27c3d8e4f5a6b7c8d9e0e\n\
         content: {}\n\
         outcome: accepted with queries\n\
         decision: csc-submit-own\n\
         agreement: isa-2022-04\n\
         policy: {}\n",
        sha256(&[b"content"]),
        sha256(&[b"policy"])
    );
    assert_eq!(text(&example()), expected);
    assert_eq!(Statement::parse(expected.as_bytes()), Ok(example()));
}

#[test]
fn absent_values_have_no_line() {
    let short = Statement { areas: vec![], part: None, replaces: None, agreement: None, ..example() };
    let text = text(&short);
    assert_eq!(text.lines().count(), 12);
    assert_eq!(Statement::parse(text.as_bytes()), Ok(short));
}

#[test]
fn values_that_could_pass_for_other_lines_are_refused() {
    let long = "x".repeat(MAX_VALUE_LEN + 1);
    for value in
        ["", " ", "a ", " a", "a\nversion: 9", "a\r", "a\u{85}b", "a\u{2028}b", "a\u{202E}b", "a\0", &long]
    {
        let fault = Statement { agency: value.into(), ..example() }.encode();
        assert_eq!(fault, Err(StatementFault::Value { key: "agency" }), "{value:?}");
        let fault = Statement { part: Some(value.into()), ..example() }.encode();
        assert_eq!(fault, Err(StatementFault::Value { key: "part" }), "{value:?}");
        let fault = Statement { areas: vec!["E1".into(), value.into()], ..example() }.encode();
        assert_eq!(fault, Err(StatementFault::Value { key: "areas" }), "{value:?}");
    }
    let fault = Statement { areas: vec!["two words".into()], ..example() }.encode();
    assert_eq!(fault, Err(StatementFault::Value { key: "areas" }));
}

#[test]
fn names_in_any_script_are_accepted() {
    let welsh = Statement { agency: "cyngor-môn".into(), ..example() };
    assert_eq!(Statement::parse(&welsh.encode().unwrap()), Ok(welsh));
}

#[test]
fn whole_must_stay_below_its_limit() {
    let many = Statement { areas: vec!["E10000006".into(); 900], ..example() };
    assert_eq!(many.encode(), Err(StatementFault::NotText));
    assert_eq!(Statement::parse(&vec![b'a'; MAX_STATEMENT_LEN + 1]), Err(StatementFault::NotText));
}

#[test]
fn other_spellings_are_refused() {
    let good = text(&example());
    let fault = |text: String| Statement::parse(text.as_bytes()).unwrap_err();
    assert_eq!(fault(good.replace("v1", "v2")), StatementFault::UnknownFormat);
    assert_eq!(fault(good.replace("version: 2", "version: 02")), StatementFault::Line { key: "version" });
    assert_eq!(
        fault(good.replace("version: 2", "version: 4294967296")),
        StatementFault::Line { key: "version" }
    );
    assert_eq!(fault(good.replace("period:", "Period:")), StatementFault::Line { key: "period" });
    assert_eq!(fault(good.replace("agency: ", "agency:")), StatementFault::Line { key: "agency" });
    assert_eq!(fault(good.replace("agency: ", "agency:  ")), StatementFault::Value { key: "agency" });
    assert_eq!(fault(good.replace("E10000006 ", "E10000006  ")), StatementFault::Value { key: "areas" });
    assert_eq!(fault(format!("{good}policy: again\n")), StatementFault::TrailingText);
    assert_eq!(fault(good.trim_end().to_owned()), StatementFault::Line { key: "policy" });
    assert_eq!(fault(good.replace('\n', "\r\n")), StatementFault::UnknownFormat);
    let content = sha256(&[b"content"]).to_string();
    assert_eq!(
        fault(good.replace(&content, &content.to_uppercase())),
        StatementFault::Line { key: "content" }
    );
}

#[test]
fn swapped_or_repeated_lines_are_refused() {
    let good = text(&example());
    let lines: Vec<&str> = good.lines().collect();
    for at in 1..lines.len() {
        let mut swapped = lines.clone();
        swapped.swap(at, at - 1);
        assert!(Statement::parse(format!("{}\n", swapped.join("\n")).as_bytes()).is_err());
        let mut repeated = lines.clone();
        repeated.insert(at, lines[at]);
        assert!(Statement::parse(format!("{}\n", repeated.join("\n")).as_bytes()).is_err());
    }
}

proptest! {
    #[test]
    fn bytes_that_parse_are_the_encoding(at in 0_usize..600, byte in any::<u8>()) {
        let mut bytes = example().encode().unwrap();
        let len = bytes.len();
        bytes[at % len] = byte;
        if let Ok(read) = Statement::parse(&bytes) {
            prop_assert_eq!(read.encode().unwrap(), bytes);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let titled = [b"concordat statement v1\n".as_slice(), &bytes].concat();
        prop_assert!(Statement::parse(&bytes).is_err());
        prop_assert!(Statement::parse(&titled).is_err());
    }

    #[test]
    fn any_statement_that_encodes_comes_back(
        agency in "\\PC{1,20}", part in prop::option::of("\\PC{1,20}"), areas in prop::collection::vec("[^ \\pC]{1,9}", 0..4),
        version in any::<u32>(),
    ) {
        let statement = Statement { agency, part, areas, version, ..example() };
        if let Ok(bytes) = statement.encode() {
            prop_assert_eq!(Statement::parse(&bytes), Ok(statement));
        }
    }
}
