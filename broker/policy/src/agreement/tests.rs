use crate::sample;

/// What is wrong with the agreements after an edit.
fn complaints(from: &str, to: &str) -> String {
    let files = sample::with("agreements.toml", |text| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    });
    sample::complaints(files).join("\n")
}

#[test]
fn everything_an_agreement_says_is_held_against_what_there_is() {
    let city = "    \"hackney-council\", \"city-of-london-corporation\", \"metropolitan-police\"";
    for (from, to, said) in [
        ("parties = [", "parties = [\"hackney-counsel\",", "ISA-CDS.parties: `hackney-counsel` is no agency"),
        ("parties = [", "parties = [\"chscp\",", "ISA-CDS.parties: `chscp` is there twice"),
        (
            city,
            "    \"city-of-london-corporation\", \"metropolitan-police\"",
            "ISA-CDS.signed: `hackney-council` is no party",
        ),
        ("party = \"elft\"", "party = \"homerton\"", "ISA-CDS.signed: `homerton` is there twice"),
        ("office = \"Chief Nurse\"", "office = \" \"", "which office signed for `homerton`?"),
        ("on = \"2022-03-14\"", "on = \"2027-04-01\"", "signed after the last day"),
        ("on = \"2022-03-14\"", "on = \"14/03/2022\"", "`14/03/2022` is not a date"),
        (
            "[\"P4-partnership-assurance\"]",
            "[\"P4-assurance\"]",
            "ISA-CDS.purposes: `P4-assurance` is no purpose",
        ),
        ("[\"P4-partnership-assurance\"]", "[]", "ISA-CDS.purposes: an agreement names the purposes"),
        (
            "basis = [\"UK GDPR Article 6(1)(e)\", ",
            "basis = [\"\", ",
            "ISA-CDS.basis: an agreement names its lawful",
        ),
        ("\nfrom = ", "\ngateway = []\nfrom = ", "ISA-CDS.gateway: neither the agreement nor a purpose"),
        ("until = \"2027-03-31\"", "until = \"2022-03-31\"", "ISA-CDS.until: the last day lies before"),
        ("id = \"ISA-LADO\"", "id = \"ISA-CDS\"", "ISA-CDS.id: is there twice"),
        ("review = ", "reviewed = ", "unknown field"),
        ("office = ", "by = ", "unknown field"),
    ] {
        let complaints = complaints(from, to);
        assert!(complaints.contains(said), "{said}\nnot in\n{complaints}");
    }
}

#[test]
fn every_word_of_a_clause_is_read_against_its_own_vocabulary() {
    let first = "who = [\"role:submitter\"]\nacts = [\"submit\"]\nwhose = \"own\"\nareas = \"own\"\n\
                 returns = [\"rt:core-data-set-annual\"]\npurpose = \"*\"\nprofile = \"no-content\"\n";
    for (from, to, said) in [
        ("role:submitter", "role:submiter", "SUB-01.who: `submiter` is no role of roles.csv"),
        ("role:submitter", "*", "SUB-01.who: an allow must say whom it allows"),
        (
            "role:submitter",
            "role:submitter+agency:nhs-england",
            "SUB-01.who: by roles.csv no agency of that kind",
        ),
        (
            "role:submitter",
            "role:reader+agency:nhs-england",
            "`role:reader+agency:nhs-england` speaks of no party",
        ),
        ("who = [\"role:submitter\"]", "who = []", "SUB-01.who: is empty"),
        ("[\"submit\"]", "[\"send\"]", "SUB-01.acts: `send` is no act"),
        ("[\"submit\"]", "[\"submit\", \"submit\"]", "SUB-01.acts: names something twice"),
        ("[\"submit\"]", "[\"*\"]", "SUB-01.acts: an allow must say what it allows"),
        ("whose = \"own\"", "whose = \"mine\"", "SUB-01.whose: `mine` is no owner"),
        ("areas = \"own\"", "areas = \"E09000099\"", "SUB-01.areas: `E09000099` is no area"),
        ("rt:core-data-set-annual", "rt:core", "SUB-01.returns: `core` is no return type"),
        ("purpose = \"*\"", "purpose = \"P0\"", "SUB-01.purpose: `P0` is no purpose"),
        (
            "purpose = \"*\"",
            "purpose = \"P5-scrutiny\"",
            "SUB-01.purpose: `P5-scrutiny` is no purpose of the agreement",
        ),
        ("purpose = \"*\"", "purpose = \"*\"\nfact = \"!own\"", "SUB-01.fact: `!own` is no fact"),
        ("\"no-content\"", "\"nothing\"", "SUB-01.profile: there is no profile"),
        ("\"no-content\"", "\"no-content\"\nfrom = \"2022-03-31\"", "SUB-01.from: lies before the first day"),
        ("\"no-content\"", "\"no-content\"\nuntil = \"2027-04-01\"", "SUB-01.until: lies after the last day"),
    ] {
        let complaints = complaints(first, &first.replacen(from, to, 1));
        assert!(complaints.contains(said), "{said}\nnot in\n{complaints}");
    }
    let twice = complaints("id = \"SUB-02\"", "id = \"SUB-01\"");
    assert!(twice.contains("ISA-CDS.SUB-01.id: is there twice"), "{twice}");
    let wordless = complaints("text = \"Every agency sends", "text = \"\" # \"Every agency sends");
    assert!(wordless.contains("SUB-01.text: say in words"), "{wordless}");
}

#[test]
fn what_is_about_persons_needs_a_purpose_with_a_condition_of_article_9() {
    let files = sample::with("purposes.toml", |text| {
        let condition = "article9 = \"9(2)(g) with Schedule 1 paragraph 18\"\ngateway = [\"Children Act 2004 section 16E\"";
        assert!(text.contains(condition));
        text.replacen(condition, condition.split_once('\n').unwrap().1, 1)
    });
    let said = sample::complaints(files).join("\n");
    for clause in ["DEL", "READ"] {
        let text = format!(
            "ISA-EXTRACTS.{clause}-EXTRACTS.purpose: `P9-child-level-analysis` has no condition of Article 9"
        );
        assert!(said.contains(&text), "{text}\nnot in\n{said}");
    }
    assert!(
        said.contains("ISA-EXTRACTS.LIST-EXTRACTS.purpose: the clause is about persons, and no purpose"),
        "{said}"
    );
    assert!(!said.contains("SUB-EXTRACTS"), "what is its own an agency may send: {said}");
}

/// The complaints of rows by hand, with the agreement changed.
fn of_rows(rows: &str, from: &str, to: &str) -> String {
    let mut files = sample::by_hand(rows);
    let (_, bytes) = files.iter_mut().find(|(path, _)| path == "agreements.toml").unwrap();
    let text = std::str::from_utf8(bytes).unwrap();
    assert!(text.contains(from), "{from}");
    *bytes = text.replacen(from, to, 1).into_bytes();
    sample::complaints(files).join("\n")
}

const SEND: &str = "S-1,role:submitter+kind:police,city-and-hackney,own,own,rt:cds-police-quarterly,submit,*,*,\
                    2022-04-01,2027-03-31,no-content,allow\n";
const READ: &str = "R-1,role:reader+kind:health,city-and-hackney,other,shared,rt:cds-police-quarterly,read,\
                    P4-partnership-assurance,*,2022-04-01,2027-03-31,dfe,allow\n";

#[test]
fn no_row_lets_an_agency_act_that_has_not_signed_or_is_no_party() {
    let rows = format!("{SEND}{READ}");
    let signature = "{ party = \"elft\", office = \"Chief\", on = \"2022-03-01\" }, ";
    assert_eq!(of_rows(&rows, "title", "title"), "");
    assert_eq!(
        of_rows(&rows, signature, ""),
        "by-hand.csv:3: sub: `R-1` would let `elft` act, which has not signed A"
    );
    assert_eq!(
        of_rows(&rows, signature, &signature.replace("2022-03-01", "2022-04-02")),
        "by-hand.csv:3: sub: `R-1` would let `elft` act, which signed A only on 2022-04-02"
    );
    let mut files = sample::by_hand(&rows);
    let (_, bytes) = files.iter_mut().find(|(path, _)| path == "agreements.toml").unwrap();
    let text = std::str::from_utf8(bytes).unwrap().replace(signature, "").replace("\"elft\", ", "");
    *bytes = text.into_bytes();
    let said = sample::complaints(files).join("\n");
    assert_eq!(said, "by-hand.csv:3: sub: `R-1` would let `elft` act, which is no party to A");
}

#[test]
fn no_row_reaches_data_of_an_agency_that_may_send_it_and_has_not_signed() {
    let other = "B-1,agency:city-of-london-police,city-and-hackney,own,own,rt:cds-police-quarterly,submit,*,*,\
                 2022-04-01,2027-03-31,no-content,allow\n";
    let narrow = SEND.replace("kind:police", "agency:metropolitan-police");
    let rows = format!("{narrow}{READ}{other}");
    let signature = "{ party = \"city-of-london-police\", office = \"Chief\", on = \"2022-03-01\" }, ";
    // the force may send under an agreement of its own with the council, and this one is not that
    let two = |text: &str| {
        let second = text.replacen("\"A\"", "\"B\"", 1);
        let mine = text.replacen(signature, "", 1).replacen(", \"B-1\"", "", 1);
        let theirs = second.split("by_hand").next().unwrap().to_owned() + "by_hand = [\"B-1\"]\n";
        format!("{mine}{theirs}")
    };
    let mut files = sample::by_hand(&rows);
    let (_, bytes) = files.iter_mut().find(|(path, _)| path == "agreements.toml").unwrap();
    *bytes = two(std::str::from_utf8(bytes).unwrap()).into_bytes();
    assert_eq!(
        sample::complaints(files).join("\n"),
        "by-hand.csv:3: owner: `R-1` reaches `cds-police-quarterly` of `city-of-london-police`, which has not signed A"
    );
    // a row about one owner reaches no other
    let mut files = sample::by_hand(&rows.replace(",other,", ",agency:metropolitan-police,"));
    let (_, bytes) = files.iter_mut().find(|(path, _)| path == "agreements.toml").unwrap();
    *bytes = two(std::str::from_utf8(bytes).unwrap()).into_bytes();
    assert_eq!(sample::complaints(files).join("\n"), "");
}
