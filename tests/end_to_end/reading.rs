//! Recipients get what policy lets them: small counts suppressed, commentary dropped, and a purpose named.

const FIGURES: &str = "area,period,contacts,contacts_police,contacts_health,contacts_education,contacts_to_referral,referrals,commentary\n\
    E09000012,2022-23/Q4,400,120,90,80,3,250,A quiet quarter.\n";

#[test]
fn a_recipient_reads_through_its_profile_and_the_owner_reads_all() {
    let mut scene = super::scene();
    let council = scene.person("hackney-council/returns", &["submitter"]);
    let manager = scene.person("chscp/manager", &["partnership-manager"]);
    let operator = scene.person("chscp/operator", &["operator"]);
    let auditor = scene.person("chscp/auditor", &["auditor"]);
    let file = scene.file("figures.csv", FIGURES);
    let args = ["submit", "--type", "cds-csc-quarterly", "--period", "2022-23/Q4", &file, "-o", "json"];
    let id = super::submission_of(&council.run(&args).ended(0).data());
    let purpose = "P4-partnership-assurance";

    let no_purpose = manager.run(&["inbox", "fetch", &id, "--purpose", "P1-safeguard-child"]);
    assert_eq!(no_purpose.code, 5, "{no_purpose:?}");
    let seen = manager.run(&["inbox", "fetch", &id, "--purpose", purpose]).ended(0);
    assert!(!seen.out.contains("quiet quarter"), "commentary is not for the manager: {seen:?}");
    assert!(!seen.out.contains(",3,"), "a count of three is suppressed: {seen:?}");
    assert!(seen.err.contains("dfe"), "the profile is named: {seen:?}");
    let own = council.run(&["inbox", "fetch", &id, "--purpose", purpose]).ended(0);
    assert!(own.out.contains("quiet quarter") && own.out.contains(",3,"), "{own:?}");
    for person in [&operator, &auditor] {
        let _ = person.run(&["inbox", "fetch", &id, "--purpose", purpose]).ended(5);
        let _ = person.run(&["missing"]).ended(5);
    }
    for person in [&operator, &manager, &council] {
        let _ = person.run(&["audit", "search"]).ended(5);
    }
    assert_eq!(super::entries(&auditor, "released").len(), 2);
    let answered = council.run(&["status", &id, "-o", "json"]).ended(0).out;
    assert!(answered.contains("collected"), "{answered}");
    let _ = manager.run(&["inbox", "reject", &id, "--reason", "the period is wrong"]).ended(0);
    let _ = manager.run(&["inbox", "ack", &id]).ended(3);
    assert!(council.run(&["status", &id, "-o", "json"]).ended(0).out.contains("rejected"));
}
