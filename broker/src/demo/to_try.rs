//! What `--serve` prints: commands to paste, each as one of the principals of the story.

use std::path::Path;

use super::person::quoted;
use super::stage::{ANNUAL, AUDITOR, MANAGER, YEAR};

/// Commands for a demonstration's folder; `client` is how the client's program is called.
#[must_use]
pub fn words(root: &Path, client: &str) -> String {
    let council = "hackney-council/returns";
    let share = quoted(&root.join(format!("files/hackney-council-{YEAR}.csv")).display().to_string());
    let as_whom = [
        (MANAGER, "missing --all".to_owned()),
        (MANAGER, "inbox list".to_owned()),
        (council, "whoami".to_owned()),
        (council, format!("types {ANNUAL}")),
        (council, format!("validate --type {ANNUAL} --period {YEAR} {share}")),
        ("hackney-lado/designated-officer", "inbox list".to_owned()),
        (AUDITOR, "audit search --class released,denied".to_owned()),
        (AUDITOR, "audit verify".to_owned()),
    ];
    let mut out = String::from("\nThe broker serves on. Try, in another terminal:\n\n");
    for (principal, words) in as_whom {
        let home = quoted(&root.join("homes").join(principal).display().to_string());
        out.push_str(&format!("  CONCORDAT_HOME={home} {client} {words}\n"));
    }
    out.push_str(&format!("\nEverything lies in {}. Stop with ctrl-c.", root.display()));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_names_the_folder_of_its_principal() {
        let words = words(Path::new("/tmp/a b"), "concordat");
        let commands: Vec<&str> = words.lines().filter(|line| line.contains("CONCORDAT_HOME=")).collect();
        assert!(commands.len() >= 5);
        assert!(commands.iter().all(|line| line.contains("CONCORDAT_HOME='/tmp/a b/homes/")), "{words}");
    }
}
