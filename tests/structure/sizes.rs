//! Rooms stay small: a file of more than 500 lines is two rooms.

use std::path::Path;

const LIMIT: usize = 500;

/// Rooms that only tests enter, though they do not stand under `tests/`.
const FOR_TESTS: [&str; 3] = ["store/src/conformance/", "client-cli/src/run/paper.rs", "/tests/"];

pub fn each_source(look: &mut dyn FnMut(&str, &str)) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    for room in ["proto/src", "broker", "client-cli", "tests"] {
        walk(&root.join(room), look);
    }
}

fn walk(dir: &Path, look: &mut dyn FnMut(&str, &str)) {
    for entry in std::fs::read_dir(dir).expect("a folder that can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                walk(&path, look);
            }
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(&path).expect("text");
            look(&path.to_string_lossy(), &text);
        }
    }
}

/// Lines before the trailing `mod tests`; a file that holds nothing but tests has none.
fn lines_of_code(path: &str, text: &str) -> usize {
    if path.contains("tests.rs") || FOR_TESTS.iter().any(|room| path.contains(room)) {
        return 0;
    }
    text.lines().take_while(|line| *line != "#[cfg(test)]").count()
}

#[test]
fn no_file_is_longer_than_500_lines() {
    let (mut seen, mut long) = (0, Vec::new());
    each_source(&mut |path, text| {
        seen += 1;
        let lines = lines_of_code(path, text);
        if lines > LIMIT {
            long.push(format!("{lines} {path}"));
        }
    });
    assert!(seen > 50, "the sources were read");
    assert!(long.is_empty(), "{long:#?}");
}
