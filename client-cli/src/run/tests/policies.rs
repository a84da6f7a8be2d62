//! A policies folder judged by the commands: the sample, copied, with one file edited.

use super::*;

mod broken;

/// The machine's time in these tests: the agreements of the sample are in force and not near their end.
const TODAY: &str = "2026-11-22T10:00:00Z";

/// A desk, and a copy of the sample folder that can be edited.
struct Lead {
    office: Office,
    folder: PathBuf,
}

impl Lead {
    fn new() -> Self {
        let mut office = Office::unenrolled();
        office.desk.clock = Arc::new(TestClock::at(TODAY.parse().unwrap()));
        let folder = office.dir.path().join("policies");
        copy(&sample(), &folder);
        Self { office, folder }
    }

    async fn run(&mut self, command: &str) -> (u8, String, String) {
        let folder = self.folder.clone();
        self.office.run(command, Some(&folder)).await
    }

    /// Edits one file of the folder. `from` must be there; nothing for `from` makes `to` the whole of a file.
    fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.folder.join(file);
        if from.is_empty() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            return std::fs::write(path, to).unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file}: {from}");
        std::fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    /// Takes one file back to the sample's, or away where the sample has none.
    fn take_back(&self, file: &str) {
        let (ours, theirs) = (self.folder.join(file), sample().join(file));
        if theirs.is_file() {
            std::fs::copy(theirs, ours).unwrap();
        } else {
            std::fs::remove_file(ours).unwrap();
        }
    }
}

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies")
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, &to).unwrap();
        }
    }
}

#[tokio::test]
async fn the_sample_lints_clean_and_an_outdated_matrix_is_warned_of_and_written_anew() {
    let mut lead = Lead::new();
    let (code, stdout, stderr) = lead.run("policy lint --fail-on warning").await;
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert!(stdout.contains("\n0 errors, 0 warnings, "), "{stdout}");
    let agreed = std::fs::read_to_string(lead.folder.join("matrix.txt")).unwrap();
    let (code, stdout, _) = lead.run("policy matrix").await;
    assert_eq!((code, stdout.as_str()), (0, agreed.as_str()));

    std::fs::write(lead.folder.join("matrix.txt"), "old\n").unwrap();
    let (code, stdout, _) = lead.run("policy lint").await;
    assert_eq!(code, 0);
    assert!(stdout.starts_with("warning: matrix.txt:1: is not the matrix of these rules"), "{stdout}");
    let (code, _, stderr) = lead.run("policy lint --fail-on warning").await;
    assert!(code == 6 && stderr.contains("there are warnings"), "{stderr}");
    assert_eq!(lead.run("policy matrix --write").await.0, 0);
    assert_eq!(std::fs::read_to_string(lead.folder.join("matrix.txt")).unwrap(), agreed);
    let (_, stdout, _) = lead.run("policy matrix -o json").await;
    let value: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(value["schema"], "concordat.policy-matrix/1");
    assert!(value["data"]["lines"].as_array().unwrap().iter().any(|line| line["act"] == "deliver"));
}

#[tokio::test]
async fn golden_decisions_pass_and_one_that_is_answered_otherwise_is_shown_with_both_answers() {
    let mut lead = Lead::new();
    let (code, stdout, stderr) = lead.run("policy test").await;
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert!(stdout.contains("rules without") && stdout.ends_with("nothing\n"), "{stdout}");
    lead.edit("cases/submit.csv", ",allow,SUB-01,", ",deny,no_rule,");
    let (code, stdout, _) = lead.run("policy test --quick -o json").await;
    assert_eq!(code, 3);
    let value: Value = serde_json::from_str(&stdout).unwrap();
    let difference = &value["data"]["differences"][0];
    assert_eq!((&value["data"]["rules_without"], &difference["row"]), (&Value::Null, &json!(2)));
    assert_eq!(
        (&difference["expected"], &difference["answer"]),
        (&json!("deny no_rule"), &json!("allow SUB-01"))
    );
}

#[tokio::test]
async fn a_rule_that_no_decision_would_miss_is_named() {
    let mut lead = Lead::new();
    for file in std::fs::read_dir(lead.folder.join("cases")).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let kept = text.lines().filter(|line| !line.contains("SUB-02"));
        std::fs::write(&path, kept.map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    }
    let (code, stdout, _) = lead.run("policy test").await;
    assert!(code == 3 && stdout.contains("no case changes when `SUB-02` is removed"), "{stdout}");
}

#[tokio::test]
async fn a_difference_between_two_folders_is_told_with_who_gains_and_may_be_failed_on() {
    let mut lead = Lead::new();
    let diff = format!("policy diff {}", sample().display());
    let (code, stdout, stderr) = lead.run(&format!("{diff} --fail-on gain")).await;
    assert_eq!((code, stdout.as_str()), (0, "no change\n"), "{stderr}");
    // the partnership's scrutiny is shown small numbers
    lead.edit("profiles/dfe.toml", "suppress = \"dfe\"\n", "");
    let (code, stdout, stderr) = lead.run(&format!("{diff} -o json")).await;
    assert_eq!(code, 0, "{stderr}");
    let value: Value = serde_json::from_str(&stdout).unwrap();
    let data = &value["data"];
    assert_eq!(
        (&data["widens"], &data["narrows"], &data["on"]),
        (&json!(true), &json!(false), &json!("2026-11-22"))
    );
    let changes = data["changes"].as_array().unwrap();
    assert!(changes.iter().any(|one| one["what"] == "profile" && one["id"] == "dfe"), "{changes:#?}");
    assert!(changes.iter().any(|one| one["change"] == "gain" && one["act"] == "read"), "{changes:#?}");
    let (code, _, stderr) = lead.run(&format!("{diff} --fail-on gain")).await;
    assert!(code == 6 && stderr.contains("somebody gains"), "{stderr}");
    // after the last day of every row nobody may do anything, so nobody gains
    let (code, _, stderr) = lead.run(&format!("{diff} --on 2027-04-01 --fail-on gain")).await;
    assert_eq!(code, 0, "{stderr}");
}

#[tokio::test]
async fn a_folder_that_is_refused_is_neither_tested_nor_compared_and_all_that_is_wrong_is_said() {
    let mut lead = Lead::new();
    lead.edit("purposes.toml", "[[purpose]]", "[[porpoise]]");
    lead.edit("roles.csv", "role,kinds", "roles,kinds");
    let sample = sample().display().to_string();
    for command in ["policy test", "policy matrix", &format!("policy diff {sample}")] {
        let (code, stdout, stderr) = lead.run(command).await;
        assert_eq!((code, stdout.as_str()), (3, ""), "{command}: {stderr}");
        for words in ["purposes.toml", "roles.csv:1: the first line must be", "hint: "] {
            assert!(stderr.contains(words), "{command}: {stderr}");
        }
    }
    let (code, _, stderr) = lead.office.run("policy lint", Some(Path::new("/nowhere/at-all"))).await;
    assert!(code == 2 && stderr.contains("`/nowhere/at-all` could not be read"), "{stderr}");
}

#[tokio::test]
async fn what_the_files_say_otherwise_is_told_part_by_part() {
    let mut lead = Lead::new();
    lead.edit("profiles/dfe.toml", "suppress = \"dfe\"\n", "");
    lead.edit("profiles/dfe.toml", "operational = \"keep\"", "operational = \"drop\"");
    lead.edit("purposes.toml", "of a named child", "of one named child");
    let (code, stdout, stderr) = lead.run(&format!("policy diff {}", sample().display())).await;
    assert_eq!(code, 0, "{stderr}");
    for words in [
        "changed profile dfe: operational keep -> drop; small counts dfe: 1 to 5 become c",
        " -> nothing\n",
        "changed purpose P1-safeguard-child: text safeguard or promote the welfare of a named child -> ",
        "\nwho gains, from 2026-11-22 on:\n  ",
        "\nwho loses, from 2026-11-22 on:\n  ",
    ] {
        assert!(stdout.contains(words), "{words}: {stdout}");
    }
}
