//! An allegation reaches the right designated officer and nobody else; nothing a manager sees changes by a byte.

use concordat_tests::Person;
use concordat_tests::sender::holds;

/// Invented from end to end.
pub const NOTIFICATION: &str = "notification_id,area_of_work,source_agency,aware_at,criteria,category,occupation,\
    subject_name,subject_employer,police_informed,csc_informed,account\n\
    2f1c9d0e-5a34-4d2b-9c55-0e6a7b1c2d3e,E09000012,police_met,2023-04-03T08:00,may_pose_risk,conduct,youth_worker,\
    Xavier Quillfeather-Test,Imaginary Youth Club,yes,no,An invented account for a test of the broker.\n";

const INVENTED: &str = "00000000000000000000000000000001";

fn outputs(manager: &Person) -> Vec<(u8, String)> {
    [
        &["missing", "--all", "-o", "json"][..],
        &["missing", "--all"],
        &["inbox", "list", "-o", "json"],
        &["inbox", "list"],
    ]
    .into_iter()
    .map(|args| manager.run(args))
    .map(|said| (said.code, format!("{}{}", said.out, said.err)))
    .collect()
}

#[test]
fn the_right_officer_has_it_and_no_output_of_the_managers_changes() {
    let mut scene = super::scene();
    let police = scene.person("metropolitan-police/desk", &["submitter"]);
    let right = scene.person("hackney-lado/officer", &["lado"]);
    let other = scene.person("city-lado/officer", &["lado"]);
    let manager = scene.person("chscp/manager", &["partnership-manager"]);
    let auditor = scene.person("chscp/auditor", &["auditor"]);
    let before = outputs(&manager);
    let file = scene.file("notification.csv", NOTIFICATION);
    let sent = police.run(&["submit", "--type", "lado-notification", &file, "-o", "json"]).ended(0);
    let id = super::submission_of(&sent.data());
    assert_eq!(outputs(&manager), before);
    assert!(right.run(&["inbox", "list", "-o", "json"]).ended(0).out.contains(&id));
    assert!(!other.run(&["inbox", "list", "-o", "json"]).ended(0).out.contains(&id));

    let fetch = |person: &Person, id: &str| {
        let said = person.run(&["inbox", "fetch", id, "--purpose", "P2-manage-allegation"]);
        (said.code, said.out.replace(id, "ID"), said.err_unnumbered().replace(id, "ID"))
    };
    for person in [&manager, &auditor, &other] {
        let (real, invented) = (fetch(person, &id), fetch(person, INVENTED));
        assert_eq!(real.0, 5, "{real:?}");
        assert_eq!(real, invented, "a denial and an id that does not exist answer alike");
        assert!(!real.1.contains("Quillfeather") && !real.2.contains("Quillfeather"));
    }
    assert_eq!(super::entries(&auditor, "denied").len(), 6, "all of them are recorded");

    let without = right.run(&["inbox", "fetch", &id, "--purpose", "P4-partnership-assurance"]);
    assert_eq!(without.code, 5, "the right reader with the wrong purpose: {without:?}");
    let seen = fetch(&right, &id);
    assert_eq!(seen.0, 0, "{seen:?}");
    assert!(seen.1.contains("Quillfeather"), "{seen:?}");
    assert_eq!(super::entries(&auditor, "released").len(), 1);
    let _ = right.run(&["inbox", "ack", &id]).ended(0);
    assert_eq!(super::entries(&auditor, "acknowledged").len(), 1);
    assert_eq!(outputs(&manager), before, "neither collecting nor confirming shows");

    let search = auditor.run(&["audit", "search", "--limit", "1000", "-o", "json"]).ended(0).out;
    assert!(
        !search.contains("Quillfeather") && !search.contains("Imaginary"),
        "no child and no subject in a log"
    );
    scene.stop();
    assert!(!scene.service_log().contains("Quillfeather"));
    for needle in [&b"Quillfeather"[..], b"Imaginary Youth", b"2f1c9d0e-5a34"] {
        assert!(!holds(&scene.dir, needle), "the directory holds it in the clear");
    }
}
