use super::*;

#[test]
fn an_nhs_number_is_seen_only_with_its_check_digit() {
    // 943 476 5919 is the number that NHS documents use as their example
    for text in
        ["9434765919", "943 476 5919", "seen 943-476-5919.", "ref:9434765919;", "９４３４７６５９１９"]
    {
        assert_eq!(scan(text), [Detail::NhsNumber], "{text}");
    }
    for text in ["9434765918", "94347659191", "0000000000", "943 476", "12943476591912"] {
        assert!(!scan(text).contains(&Detail::NhsNumber), "{text}");
    }
    assert!(scan("12 943 476 5919").contains(&Detail::NhsNumber));
}

#[test]
fn each_other_detail_is_seen() {
    for (text, detail) in [
        ("pupil A123456789012 left", Detail::Upn),
        ("lives in E8 1EA now", Detail::Postcode),
        ("sw1a1aa", Detail::Postcode),
        ("EC2V 7HH", Detail::Postcode),
        ("call 020 7946 0018", Detail::Phone),
        ("mob 07700 900123", Detail::Phone),
        ("+44 7700 900123", Detail::Phone),
        ("(0114) 496 0123", Detail::Phone),
        ("write to a.b@example.org please", Detail::Email),
    ] {
        assert_eq!(scan(text), [detail], "{text}");
    }
}

#[test]
fn figures_dates_and_words_of_the_trade_stay_quiet() {
    for text in [
        "",
        "Referrals rose from 3,559 to 4,148 (16.5%).",
        "In Q4 1st time entrants fell; s47 2nd visits held.",
        "2022-04-01 to 2023-03-31, and 01/04/2022",
        "17 of 22 under S.47 in E8 and N16",
        "see page 12 @ the annex",
        "14248 contacts, 4148 referrals, 3998 assessments",
        "P4 purposes; A3 paper; 2022/23 Q1",
    ] {
        assert_eq!(scan(text), [], "{text}");
    }
}

#[test]
fn a_whole_cell_is_an_nhs_number_or_not() {
    assert!(is_nhs_number("943 476 5919"));
    for text in ["943 476 5918", "943-476-5919", "943476591", "", "94347659x9"] {
        assert!(!is_nhs_number(text), "{text}");
    }
}

#[test]
fn a_full_date_beside_a_word_for_birth_is_a_date_of_birth() {
    for text in [
        "DOB 12/03/2015",
        "dob: 12.3.15",
        "(d.o.b. 2015-03-12)",
        "a girl born on 12 March 2015",
        "born 12th of March 2015",
        "date of birth was 12th March 2015",
        "Date of Birth - March 12, 2015",
        "12/03/2015 (date of birth)",
        "her birthday is 12 March 2015",
        "date_of_birth=2015-03-12",
    ] {
        assert_eq!(scan(text), [Detail::BirthDate], "{text}");
    }
    for text in [
        "born in 2015",
        "The meeting of 12 March 2015 was held.",
        "Of children born since 2015, 311 were seen.",
        "A baby was born. The review of 12/03/2023 found more.",
        "By 31 March 2023 most of the children whose dates were missing had been given one: born or unborn",
        "date of the conference 12/03/2015",
        "DOB missing in 12 of 30 records",
        "stillborn 2022/23",
        "born 31/02/2015",
    ] {
        assert_eq!(scan(text), [], "{text}");
    }
}

#[test]
fn likely_names_are_seen_and_the_names_of_things_are_not() {
    for text in [
        "The plan for Jamie Okafor was reviewed.",
        "seen with Anna-Maria O'Neill on Tuesday",
        "according to Mr Brown",
        "Mrs Achebe said so.",
        "Referred by Priya Raman, who chairs the meeting",
        "contact: the social worker is Tom Ellison.",
    ] {
        assert!(has_name(text), "{text}");
    }
    for text in [
        "",
        "Referrals rose. Contacts fell.",
        "The Metropolitan Police and the City of London Corporation met in March.",
        "Working Together to Safeguard Children, Keeping Children Safe in Education",
        "Children in Tower Hamlets, Waltham Forest and North East Lincolnshire",
        "Child Q; Operation Encompass; Signs of Safety",
        "We ran the Lantern Project and Healthy Harbours training.",
        "Homerton University Hospital NHS Foundation Trust",
        "Data from Oak Lodge School and Elm Court Centre",
        "The ICB, CAMHS and MACE panel met on Monday 12 June.",
        "Jamie was seen",
        "S.47 enquiries; Section 17; Early Help Assessments",
    ] {
        assert!(!has_name(text), "{text}");
    }
}

#[test]
fn a_column_says_what_its_cells_hold_each_sort_once() {
    assert_eq!(column("id", ["943 476 5919", "", "9434765919"]), [Detail::NhsNumber]);
    assert_eq!(column("notes", ["a.b@example.org", "lives in E8 1EA"]), [Detail::Email, Detail::Postcode]);
    assert_eq!(column("Child DOB", ["2015-03-12", "12/03/2015"]), [Detail::BirthDate]);
    assert_eq!(column("date_of_birth", ["2015-03-12T00:00"]), [Detail::BirthDate]);
    assert_eq!(column("who", ["Jamie Okafor", "Priya Raman", ""]), [Detail::Name]);
    for (heading, cells) in [
        ("updated", ["2015-03-12", "12/03/2015"]),
        ("dob", ["n/a", "not held"]),
        ("team", ["Tower Hamlets", "Early Help"]),
        ("count", ["3,559", "4148"]),
        ("who", ["Jamie Okafor", "not known"]),
    ] {
        assert_eq!(column(heading, cells), [], "{heading}");
    }
}
