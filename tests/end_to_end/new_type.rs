//! A return type is added by hand: a TOML file, an obligation, and a clause of the agreement that covers it, from
//! which its rows are generated. No Rust.

const TYPE: &str = r#"
id = "fire-safety-annual"
version = 1
title = "Home fire safety visits"
why = "Shows whether families known to agencies were offered a visit."
lawful = "UK GDPR 6(1)(e); Children Act 2004 s.16E"
source = "a test of the partnership's own"
kind = "aggregate"
person_level = false
owners = ["community_safety"]
frequency = "year"
purpose = "P4-partnership-assurance"
nil = true
in_force = { from = 2022-04-01 }
due = { anchor = "period_end", add = 20, unit = "working_days" }
collect_within = { add = 10, unit = "working_days" }
recipients = [{ kind = "partnership", areas = "any" }]
area_fields = ["area"]

[[field]]
name = "area"
title = "Area"
kind = "gss"
class = "operational"
required = true

[[field]]
name = "visits"
title = "Visits made"
kind = "count"
class = "aggregate"
required = true

[[field]]
name = "visits_with_children"
title = "Of these, with children present"
kind = "count"
class = "aggregate"

[[rule]]
id = "FIRE-R1"
severity = "error"
scope = "row"
check = "visits_with_children <= visits"
words = "visits with children cannot be more than all visits; check both"
column = "visits_with_children"
"#;

const OWED: &str = r#"
[[obligation]]
agency = "hackney-community-safety"
return_type = "fire-safety-annual"
areas = ["E09000012"]
from = "2022-23"
owner = "Head of community safety"
deputy = "Performance officer"
"#;

const CLAUSE: &str = r#"
[[agreement.clause]]
id = "SUB-FIRE"
text = "The community safety partnership sends the visits of its area, or says that there were none."
who = ["role:submitter+kind:community_safety"]
acts = ["submit", "declare-nil"]
whose = "own"
areas = "own"
returns = ["rt:fire-safety-annual"]
purpose = "*"
profile = "no-content"

"#;

fn append(path: &std::path::Path, text: &str) {
    let old = std::fs::read_to_string(path).unwrap();
    std::fs::write(path, format!("{old}{text}")).unwrap();
}

#[test]
fn a_type_written_by_hand_is_owed_sent_checked_and_delivered() {
    let mut scene = concordat_tests::Scene::at_rest(env!("CARGO_BIN_EXE_broker-under-test"));
    let policies = scene.dir.join("policies");
    std::fs::write(policies.join("returns").join("fire-safety-annual.toml"), TYPE).unwrap();
    append(&policies.join("partnership.toml"), OWED);
    concordat_tests::policies::change_agreements(&policies, |text| {
        let end = text.find("[[agreement]]\nid = \"ISA-SCRUTINY\"").unwrap();
        format!("{}{CLAUSE}{}", &text[..end], &text[end..])
    });
    let dir = scene.dir.to_string_lossy().into_owned();
    let checked = scene.operate(&["check", &dir]);
    assert!(
        checked.status.success(),
        "{}{}",
        String::from_utf8_lossy(&checked.stdout),
        String::from_utf8_lossy(&checked.stderr)
    );
    scene.start();
    let person = scene.person("hackney-community-safety/desk", &["submitter"]);
    let manager = scene.person("chscp/manager", &["partnership-manager"]);
    let wrong = scene.file("wrong.csv", "area,visits,visits_with_children\nE09000012,10,11\n");
    let args = ["submit", "--type", "fire-safety-annual", "--period", "2022-23", &wrong, "-o", "json"];
    // the client fetches the new catalogue by itself
    let refused = person.run(&args).ended(3);
    assert!(format!("{}{}", refused.out, refused.err).contains("FIRE-R1"), "{refused:?}");
    let right = scene.file("right.csv", "area,visits,visits_with_children\nE09000012,40,11\n");
    let args = ["submit", "--type", "fire-safety-annual", "--period", "2022-23", &right, "-o", "json"];
    let id = super::submission_of(&person.run(&args).ended(0).data());
    assert!(manager.run(&["inbox", "list", "-o", "json"]).ended(0).out.contains(&id));
    let missing =
        manager.run(&["missing", "--all", "--type", "fire-safety-annual", "-o", "json"]).ended(0).out;
    assert!(missing.contains("accepted"), "{missing}");
}
