//! Fields shown in part, pseudonyms and exceptions.

use super::*;

fn bundle_with(full: &str) -> Bundle {
    let files = sample::with("profiles/full.toml", |text| format!("{text}\n{full}"));
    Bundle::from_files(files, &sample::known()).unwrap()
}

fn identifiers(names: &[&str]) -> Vec<FieldInfo> {
    names.iter().map(|name| field(name, FieldClass::Identifier, false, false)).collect()
}

#[test]
fn fields_are_shown_in_the_form_that_the_profile_says_and_a_column_that_nobody_declared_is_dropped() {
    let bundle = bundle_with(
        "[fields]\ndob = \"month_of_birth\"\nhome = \"outward_postcode\"\nage = \"age_band\"\nchild = \"pseudonym\"\nname = \"mask\"\n",
    );
    let fields = identifiers(&["dob", "home", "age", "child", "name", "id"]);
    let tables = [table(
        &["dob", "home", "age", "child", "name", "id", "note"],
        &[
            "2010-01-02",
            "E8 1EA",
            "12",
            "77",
            "A",
            "7",
            "n",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            "soon",
            "there",
            "x",
            "78",
            "B",
            "8",
            "n",
        ],
    )];
    let out = project(&bundle, &ids(&["full"]), &fields, &[], &tables, across());
    let p = |number: &str| Pseudonyms::new(&[1; 32], "hackney-council").of("child", number);
    let (one, two) = (p("77"), p("78"));
    assert!(out.tables[0].cells.iter().eq([
        "2010-01-01",
        "E8",
        "10 to 15",
        &one,
        "masked",
        "7",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        &two,
        "masked",
        "8"
    ]));
    assert_eq!(out.dropped, ["note".to_owned()].into());
    let changed: Vec<(&str, &str)> = out.changed.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(
        changed,
        [
            ("age", "age_band"),
            ("child", "pseudonym"),
            ("dob", "month_of_birth"),
            ("home", "outward_postcode"),
            ("name", "mask")
        ]
    );
}

#[test]
fn a_pseudonym_without_a_key_and_one_that_two_profiles_make_of_two_things_is_dropped() {
    let text = "[fields]\nchild = \"pseudonym\"\n[identifiers]\nperson = [\"child\"]\n";
    let mut files = sample::with("profiles/full.toml", |full| format!("{full}\n{text}"));
    let full = files.iter().find(|(path, _)| path == "profiles/full.toml").unwrap().1.clone();
    let other = String::from_utf8(full).unwrap().replace("person", "somebody").into_bytes();
    files.push(("profiles/other.toml".to_owned(), other));
    let bundle = Bundle::from_files(files, &sample::known()).unwrap();
    let seen = |profiles: &[&str], pseudonyms| {
        let of = Reading { pseudonyms, ..reading(&identifiers(&["child"]), &[], across()) };
        let out = Projector::new(&[(&bundle, &ids(profiles))], of).project(vec![table(&["child"], &["77"])]);
        out.tables[0].columns.len()
    };
    let key = || Some(Pseudonyms::new(&[1; 32], "hackney-council"));
    assert_eq!(seen(&["full"], key()), 1);
    assert_eq!(seen(&["full", "other"], key()), 0);
    assert_eq!(seen(&["full"], None), 0);
}

#[test]
fn an_exception_holds_in_the_rows_that_say_so_and_where_nothing_is_said_the_stricter_of_the_two() {
    let mut fields = identifiers(&["postcode", "account"]);
    fields.extend(["confidential", "shared"].map(|name| field(name, FieldClass::Operational, false, false)));
    let bundle = bundle_with(
        "[fields]\npostcode = \"outward_postcode\"\naccount = \"drop\"\n\
         [[when]]\nfield = \"confidential\"\nis = \"yes\"\nfields = { postcode = \"drop\" }\n\
         [[when]]\nfield = \"shared\"\nis = \"yes\"\nfields = { account = \"keep\" }\n",
    );
    let columns = ["postcode", "account", "confidential", "shared"];
    let rows = [
        ["E8 1EA", "words", "no", "no"],
        ["E8 1EA", "words", "yes", "Yes"],
        ["E8 1EA", "words", "", ""],
        ["E8 1EA", "words", "no", "yes "],
    ];
    let out =
        project(&bundle, &ids(&["full"]), &fields, &[], &[table(&columns, rows.as_flattened())], across());
    assert!(
        out.tables[0].cells.iter().eq([
            "E8", "", "no", "no", "", "words", "yes", "Yes", "", "", "", "", "E8", "words", "no", "yes "
        ])
    );
    let said =
        |field: &str, words: &str| assert!(out.changed.contains(&(field.to_owned(), words.to_owned())));
    said("postcode", "outward_postcode; drop where confidential is yes");
    said("account", "drop; keep where shared is yes");
    let without = [table(&["postcode", "account"], &["E8 1EA", "words"])];
    let out = project(&bundle, &ids(&["full"]), &fields, &[], &without, across());
    assert!(out.tables[0].cells.iter().eq(["", ""]), "the column that would say so is not there");
    let both = project(&bundle, &ids(&["full", "no-content"]), &fields, &[], &without, across());
    assert!(both.tables[0].columns.is_empty());
}

#[test]
fn both_extracts_of_an_authority_have_one_pseudonym_for_one_child() {
    let bundle = sample::bundle();
    let out = project(
        &bundle,
        &ids(&["degraded"]),
        &identifiers(&["CHILD", "DOB", "UPN"]),
        &[],
        &[table(&["CHILD", "DOB", "UPN"], &["5", "14/05/2010", "A1"])],
        across(),
    );
    assert_eq!(out.tables[0].columns, ["CHILD", "DOB"]);
    assert_eq!(out.tables[0].cells.get(1), Some("01/05/2010"));
    let other = project(
        &bundle,
        &ids(&["degraded"]),
        &identifiers(&["LAchildID"]),
        &[],
        &[table(&["LAchildID"], &["5"])],
        across(),
    );
    assert_eq!(out.tables[0].cells.get(0), other.tables[0].cells.get(0), "one child, one pseudonym");
}
