//! Returns that go to different readers, each with what is theirs: in parts, by name, and for several purposes.

use concordat_tests::{Person, Scene};

const P4: &str = "P4-partnership-assurance";

fn send(scene: &Scene, person: &Person, args: &[&str], name: &str, text: &str) -> (u8, String) {
    let file = scene.file(name, text);
    let said = person.run(&[&["submit"], args, &[&file, "-o", "json"]].concat());
    (said.code, format!("{}{}", said.out, said.err))
}

fn id_of(said: &str) -> String {
    let at = said.find("\"submission\":").unwrap_or_else(|| panic!("{said}"));
    said[at..].split('"').nth(3).unwrap().to_owned()
}

fn fetch(person: &Person, id: &str, purpose: &str) -> (u8, String) {
    let said = person.run(&["inbox", "fetch", id, "--purpose", purpose]);
    (said.code, format!("{}{}", said.out, said.err))
}

fn outcome(employer: &str) -> String {
    format!(
        "notification_id,area,notifying_agency,employer_agency,notified_at,lado_action\n\
         2f1c9d0e-5a34-4d2b-9c55-0e6a7b1c2d3e,E09000012,metropolitan-police,{employer},2023-04-03T08:00,consultation\n"
    )
}

#[test]
fn an_outcome_reaches_the_agencies_it_names_and_a_stranger_among_them_is_refused() {
    let mut scene = super::scene();
    let officer = scene.person("hackney-lado/officer", &["lado"]);
    let notifier = scene.person("metropolitan-police/contact", &["allegations-contact"]);
    let at_large = scene.person("metropolitan-police/desk", &["reader"]);
    let employer = scene.person("homerton/contact", &["allegations-contact"]);
    let other = scene.person("elft/contact", &["allegations-contact"]);
    let args = ["--type", "lado-outcome"];
    let (code, said) = send(&scene, &officer, &args, "stranger.csv", &outcome("st-nowhere"));
    assert_ne!(code, 0, "{said}");
    assert!(said.contains("not_routable") || said.contains("cannot be routed"), "{said}");
    assert!(!said.contains("st-nowhere"), "{said}");
    let (code, said) = send(&scene, &officer, &args, "team.csv", &outcome("chscp"));
    assert!(code != 0 && said.contains("may not receive"), "named and never told: {said}");
    let (code, said) = send(&scene, &officer, &args, "outcome.csv", &outcome("homerton"));
    assert_eq!(code, 0, "{said}");
    let id = id_of(&said);
    for person in [&notifier, &employer] {
        let (code, seen) = fetch(person, &id, "P2-manage-allegation");
        assert!(code == 0 && seen.contains("consultation"), "{seen}");
    }
    for person in [&at_large, &other] {
        assert_eq!(fetch(person, &id, "P2-manage-allegation").0, 5);
    }
}

#[test]
fn a_part_is_owed_and_sent_by_its_own_kind() {
    let mut scene = super::scene();
    let police = scene.person("metropolitan-police/desk", &["submitter"]);
    let council = scene.person("hackney-council/desk", &["reader", "submitter"]);
    let manager = scene.person("chscp/manager", &["partnership-manager"]);
    let args = ["--type", "mace-quarterly", "--period", "2024-25/Q1"];
    let head = "area,period,cse_flagged,mace_discussed,mace_new,mace_repeat\nE09000012,2024-25/Q1";
    let (code, said) = send(&scene, &police, &args, "theirs.csv", &format!("{head},,9,4,5\n"));
    assert!(code == 3 && said.contains("header-part"), "not the part of police: {code} {said}");
    let (code, said) = send(&scene, &police, &args, "two.csv", &format!("{head},7,9,4,5\n"));
    assert!(code == 3 && said.contains("header-part"), "two parts at once: {code} {said}");
    let (code, said) = send(&scene, &police, &args, "own.csv", &format!("{head},7,,,\n"));
    assert_eq!(code, 0, "{said}");
    let (code, seen) = fetch(&council, &id_of(&said), P4);
    assert!(code == 0 && seen.contains("cse_flagged"), "{seen}");
    let clock = scene.operate(&["clock", &scene.dir.to_string_lossy(), "--to", "2024-06-30T10:00:00Z"]);
    assert!(clock.status.success(), "{}", String::from_utf8_lossy(&clock.stderr));
    let rows = manager.run(&["missing", "--all", "-o", "json"]).ended(0).data();
    let rows = rows.get("rows").unwrap_or(&rows).as_array().cloned().unwrap();
    let mut parts: Vec<String> = rows
        .iter()
        .filter(|row| row["return_type"] == "mace-quarterly" && row["period"] == "2024-25/Q1")
        .map(|row| format!("{} {} {}", row["agency"], row["part"], row["state"]).replace('"', ""))
        .collect();
    parts.sort_unstable();
    assert_eq!(parts.len(), 7, "{parts:#?}");
    assert!(parts.contains(&"metropolitan-police police accepted".to_owned()), "{parts:#?}");
    assert!(parts.contains(&"hackney-council local_authority not_due".to_owned()), "{parts:#?}");
    assert!(parts.contains(&"nhs-nel-icb health not_due".to_owned()), "{parts:#?}");
}

#[test]
fn one_return_of_health_assessments_serves_four_readers_each_with_its_own_profile() {
    let mut scene = super::scene();
    let provider = scene.person("homerton/desk", &["submitter"]);
    let national = scene.person("nhs-england/desk", &["reader"]);
    let board = scene.person("nhs-nel-icb/desk", &["reader"]);
    let council = scene.person("hackney-council/desk", &["reader"]);
    let manager = scene.person("chscp/manager", &["partnership-manager"]);
    let rival = scene.person("elft/desk", &["reader"]);
    let text = "provider_ods,responsible_la,placed,period,iha_due,iha_20wd,lac_cohort\n\
        RQX,E09000012,in_area,2024-25/Q1,23,,391\nRQX,E09000001,in_area,2024-25/Q1,3,,11\n";
    let args = ["--type", "lac-health-assessments-quarterly", "--period", "2024-25/Q1"];
    let (code, said) = send(&scene, &provider, &args, "assessments.csv", text);
    assert_eq!(code, 0, "{said}");
    let id = id_of(&said);
    let due = |person: &Person| {
        let said = person.run(&["inbox", "fetch", &id, "--purpose", "P6-national-return"]).ended(0);
        let lines: Vec<&str> = said.out.lines().filter(|line| line.contains("E09000001")).collect();
        assert_eq!(lines.len(), 1, "{said:?}");
        lines[0].split([',', ' ']).filter(|cell| !cell.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    for person in [&national, &board] {
        assert!(due(person).contains(&"3".to_owned()), "the figure as it was sent");
    }
    for person in [&council, &manager] {
        let cells = due(person);
        assert!(cells.contains(&"c".to_owned()) && !cells.contains(&"3".to_owned()), "{cells:?}");
    }
    assert_eq!(fetch(&rival, &id, "P6-national-return").0, 5, "another provider is no recipient");
}

#[test]
fn a_notice_about_a_child_reaches_the_nurse_without_the_postcode() {
    let mut scene = super::scene();
    let council = scene.person("hackney-council/desk", &["submitter"]);
    let nurse = scene.person("homerton/nurse", &["designated-nurse"]);
    let reader = scene.person("homerton/desk", &["reader"]);
    let text = "notice_id,child_ref,upn,name,dob,event,event_date,placement_postcode,placement_area,address_confidential,\
        placing_authority,consent_to_assessment\n\
        2f1c9d0e-5a34-4d2b-9c55-0e6a7b1c2d3e,C1,B801200005001,Quincy Invented,2015-02-03,enters_care,2023-03-30,\
        ZE2 9QQ,E09000001,no,E09000012,given\n";
    let (code, said) = send(&scene, &council, &["--type", "lac-entry-notification"], "notice.csv", text);
    assert_eq!(code, 0, "{said}");
    let id = id_of(&said);
    let (code, seen) = fetch(&nurse, &id, "P3-health-of-child-in-care");
    assert!(code == 0 && seen.contains("Quincy Invented"), "{seen}");
    assert!(!seen.contains("ZE2 9QQ"), "{seen}");
    assert_eq!(fetch(&reader, &id, "P3-health-of-child-in-care").0, 5);
}
