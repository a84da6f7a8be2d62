use super::*;
use crate::sample;

fn complaint(file: &str, from: &str, to: &str) -> String {
    let files = sample::with(file, |text| {
        assert!(text.contains(from), "{file}: {from}");
        text.replacen(from, to, 1)
    });
    let complaints = sample::complaints(files);
    assert!(!complaints.is_empty(), "{file}: `{to}` was let in");
    complaints.join("\n")
}

fn file(path: &str) -> Vec<u8> {
    sample::files().into_iter().find(|(own, _)| own == path).unwrap().1
}

#[test]
fn the_sample_partnership_of_the_repository_is_the_one_of_these_tests() {
    #[derive(serde::Deserialize)]
    struct Partnership {
        id: concordat_core::ids::PartnershipId,
        agency: Vec<Agency>,
    }
    let declared: Partnership = toml::from_slice(&file("partnership.toml")).unwrap();
    let known = sample::known();
    assert_eq!(declared.id, known.partnership);
    let short = |agencies: &[Agency]| -> Vec<_> {
        agencies.iter().map(|a| (a.id.clone(), a.kind, a.areas.clone())).collect()
    };
    assert_eq!(short(&declared.agency), short(&known.agencies));
}

#[test]
fn every_cell_is_read_against_its_own_vocabulary() {
    for (from, to, said) in [
        ("SUB-01,role:submitter,", "SUB 01,role:submitter,", "rules.csv:2: id: `SUB 01` is not a rule's id"),
        ("role:submitter,", "role:submiter,", "rules.csv:2: sub: `submiter` is no role"),
        ("role:submitter,", "submitter,", "rules.csv:2: sub: `submitter` is no subject"),
        ("+kind:police", "+kind:polce", "rules.csv:3: sub: `polce` is no kind"),
        ("+kind:police", "+agency:atlantis", "rules.csv:3: sub: `atlantis` is no agency"),
        (
            "city-and-hackney",
            "city-and-hackny",
            "rules.csv:2: part: `city-and-hackny` is not this partnership",
        ),
        (",own,own,", ",mine,own,", "rules.csv:2: owner: `mine` is no owner"),
        (",own,own,", ",own,E09000099,", "rules.csv:2: area: `E09000099` is no area of any agency"),
        (",own,own,", ",own,Hackney,", "rules.csv:2: area: `Hackney` is not an area"),
        (
            "rt:core-data-set-annual",
            "rt:core-data-set",
            "rules.csv:2: rtype: `core-data-set` is no return type",
        ),
        (",submit,", ",Submit,", "rules.csv:2: act: `Submit` is no act"),
        (",submit,*,", ",submit,P9,", "rules.csv:2: purpose: `P9` is no purpose"),
        (",submit,*,*,", ",submit,*,!own,", "rules.csv:2: fact: `!own` is no fact"),
        ("2022-04-01", "2022-4-1", "rules.csv:2: from: `2022-4-1` is not a date"),
        ("2022-04-01", "2022-02-30", "rules.csv:2: from: `2022-02-30` is not a date"),
        ("2022-04-01", "20220401", "rules.csv:2: from: `20220401` is not a date"),
        ("2027-03-31", "2022-03-31", "rules.csv:2: until: the last day lies before the first"),
        (",no-content,", ",no-contents,", "rules.csv:2: profile: there is no profile"),
        (",no-content,allow", ",none,allow", "rules.csv:2: profile: an allow must name its profile"),
        (",none,deny", ",full,deny", "profile: a deny has no profile"),
        (",allow", ",permit", "rules.csv:2: eft: `permit` is neither"),
        ("role:submitter,", "*,", "rules.csv:2: sub: an allow must say whom"),
        (",submit,", ",*,", "rules.csv:2: act: an allow must say what"),
        ("role:lado,", "role:lado+kind:police,", "by roles.csv no agency of that kind may hold this role"),
        (
            "city-and-hackney,*,*,*,read,none",
            "city-and-hackney,*,own,*,read,none",
            "area: `own` would deny too",
        ),
    ] {
        let complaints = complaint("rules.csv", from, to);
        assert!(complaints.contains(said), "{said}\nnot in\n{complaints}");
    }
}

#[test]
fn two_rows_with_one_id_or_one_meaning_are_refused() {
    let twice = complaint("rules.csv", "SUB-02,", "SUB-01,");
    assert!(twice.contains("rules.csv:3: id: `SUB-01` stands in line 2 too"), "{twice}");
    let files = sample::with("rules.csv", |text| {
        let again = text.lines().nth(1).unwrap().replacen("SUB-01", "SUB-99", 1);
        format!("{text}{again}\n")
    });
    assert!(sample::complaints(files).join("\n").contains("says the same as line 2"));
}

#[test]
fn everything_wrong_is_said_at_once() {
    let files = sample::with("rules.csv", |text| {
        text.replacen(",submit,", ",send,", 2).replacen("2027-03-31", "soon", 1)
    });
    let complaints = sample::complaints(files);
    let said = |text: &str| complaints.iter().any(|complaint| complaint.starts_with(text));
    assert!(said("rules.csv:2: act:") && said("rules.csv:3: act:") && said("rules.csv:2: until:"));
}

#[test]
fn a_row_that_allows_by_hand_rests_on_an_agreement_and_reaches_beyond_neither_its_days_nor_its_purposes() {
    const ROW: &str = "H-1,role:reader+kind:police,city-and-hackney,other,*,rt:cds-police-quarterly,read,\
                       P4-partnership-assurance,*,2022-04-01,2027-03-31,dfe,allow\n";
    let said = |rows: &str, named: &str| {
        let mut files = sample::by_hand(ROW);
        for (path, bytes) in &mut files {
            let text = std::str::from_utf8(bytes).unwrap();
            match path.as_str() {
                "agreements.toml" => *bytes = text.replace("[\"H-1\"]", named).into_bytes(),
                "rules.csv" | "by-hand.csv" => *bytes = text.replace(ROW, rows).into_bytes(),
                _ => {}
            }
        }
        sample::complaints(files).join("\n")
    };
    assert_eq!(said(ROW, "[\"H-1\"]"), "");
    let changed = |from: &str, to: &str| said(&ROW.replace(from, to), "[\"H-1\"]");
    for (found, expected) in [
        (said(ROW, "[]"), "by-hand.csv:2: id: `H-1` allows and no agreement of agreements.toml names it"),
        (said(ROW, "[\"H-1\", \"H-2\"]"), "agreements.toml: A.by_hand: `H-2` is no row"),
        (said(ROW, "[\"H-1\", \"H-1\"]"), "A.by_hand: `H-1` is there twice"),
        (changed("dfe,allow", "none,deny"), "A.by_hand: `H-1` denies"),
        (changed("2022-04-01", "2022-03-31"), "A.by_hand: `H-1` reaches beyond the days"),
        (changed("2027-03-31", "2027-04-01"), "A.by_hand: `H-1` reaches beyond the days"),
        (
            changed("P4-partnership-assurance", "P5-scrutiny"),
            "A.by_hand: `H-1` has a purpose that the agreement",
        ),
    ] {
        assert!(found.contains(expected), "{expected}\nnot in\n{found}");
    }
}

#[test]
fn every_line_of_the_draft_that_the_policy_carries_out_has_its_cases() {
    let cases = String::from_utf8(file("cases/catalogue-lines.csv")).unwrap();
    let lines = (1..=4).map(|n| format!("D{n}")).chain((1..=14).map(|n| format!("A{n}")));
    let lines: Vec<String> = lines.chain(["B1".to_owned()]).collect();
    assert_eq!(lines.len(), 19);
    for line in &lines {
        let expects: Vec<&str> = cases
            .lines()
            .filter(|case| case.rsplit(',').next().unwrap().starts_with(&format!("{line}: ")))
            .map(|case| case.split(',').nth(10).unwrap())
            .collect();
        // a denial is shown by one; what is allowed, by one that is and by one just beside it that is not
        assert!(expects.contains(&"deny"), "{line} has no case that is denied");
        assert!(line.starts_with('D') || expects.contains(&"allow"), "{line} has no case that is allowed");
    }
    let known = |case: &str| {
        lines.iter().any(|line| case.rsplit(',').next().unwrap().starts_with(&format!("{line}: ")))
    };
    assert_eq!(cases.lines().skip(1).find(|case| !known(case)), None);
}

#[test]
fn a_file_that_looks_like_one_of_policys_and_is_none_is_refused_and_others_are_passed_over() {
    let and = |path: &str| {
        let mut files = sample::files();
        files.push((path.to_owned(), b"x".to_vec()));
        sample::complaints(files)
    };
    for path in ["Rules.csv", "rules2.csv", "profiles/dfe.toml.bak", "suppression/DfE.toml"] {
        let said = format!("{path}: is no file of policy; remove it, or give it the name it should have");
        assert_eq!(and(path), [said]);
    }
    assert!(and("rules.csv").contains(&"rules.csv: is there twice".to_owned()));
    for path in ["returns/new.toml", "returns/codes/x.csv", "calendar2.toml", "NOTES.md"] {
        assert!(and(path).is_empty(), "{path}");
    }
}

#[test]
fn a_missing_file_is_named() {
    let files = sample::files().into_iter().filter(|(path, _)| path != "roles.csv").collect();
    assert_eq!(sample::complaints(files), ["roles.csv: is missing"]);
}

#[test]
fn the_digest_covers_path_and_content_of_what_policy_reads_and_nothing_else() {
    let digest = |files| Bundle::from_files(files, &sample::known()).unwrap().digest();
    let before = digest(sample::files());
    let mut reversed = sample::files();
    reversed.reverse();
    assert_eq!(digest(reversed), before, "the order of the files does not count");
    let changed = sample::with("profiles/full.toml", |text| text.replacen("Every field", "All fields", 1));
    assert_ne!(digest(changed), before);
    let mut more = sample::files();
    more.push(("suppression/other.toml".to_owned(), file("suppression/dfe.toml")));
    assert_ne!(digest(more), before);
    let mut fewer = sample::files();
    fewer.retain(|(path, _)| !path.starts_with("cases/") && path != "calendar.toml");
    assert_eq!(digest(fewer), before);
}

#[test]
fn a_role_is_held_only_by_the_kinds_that_roles_csv_names() {
    let bundle = sample::bundle();
    let role = |id: &str| id.parse().unwrap();
    assert!(bundle.role_allowed(&role("auditor"), Kind::Partnership));
    assert!(!bundle.role_allowed(&role("auditor"), Kind::Police));
    assert!(!bundle.role_allowed(&role("lado"), Kind::LocalAuthority));
    assert!(!bundle.role_allowed(&role("king"), Kind::National));
    assert_eq!(bundle.roles().count(), 13);
}

#[test]
fn the_sample_gives_no_warning_until_its_agreements_near_their_end() {
    let bundle = sample::bundle();
    let warnings = |day: &str| -> Vec<String> {
        bundle.warnings(day.parse().unwrap()).iter().map(ToString::to_string).collect()
    };
    assert_eq!(warnings("2026-11-22"), Vec::<String>::new());
    let said = |day: &str, text: &str| {
        assert!(warnings(day).iter().any(|warning| warning == text), "{day}: {:?}", warnings(day));
    };
    said("2027-01-01", "agreements.toml: ISA-CDS.review: was to be reviewed by 2026-12-31");
    said("2027-02-01", "agreements.toml: ISA-CDS.until: ends on 2027-03-31, in 58 days");
    said(
        "2027-04-01",
        "agreements.toml: ISA-LADO.until: ended on 2027-03-31; its rows allow nothing any more",
    );
}

#[test]
fn a_profile_that_no_row_uses_is_warned_of() {
    let mut files = sample::files();
    files.push(("profiles/spare.toml".to_owned(), file("profiles/full.toml")));
    let bundle = Bundle::from_files(files, &sample::known()).unwrap();
    let warnings = bundle.warnings("2023-06-01".parse().unwrap());
    let warnings: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings, ["profiles/spare.toml: no row uses this profile"]);
}

#[test]
fn a_return_type_about_persons_in_one_version_is_so_in_all() {
    let mut known = sample::known();
    known.types.push(("lado-notification".parse().unwrap(), false));
    known.types.insert(0, ("lado-notification".parse().unwrap(), false));
    let bundle = Bundle::from_files(sample::files(), &known).unwrap();
    assert_eq!(bundle.person_level(&"lado-notification".parse().unwrap()), Some(true));
}
