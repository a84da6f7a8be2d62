//! The record cannot be altered unnoticed: flipped bytes are named, an older copy is refused.

use std::path::{Path, PathBuf};

use concordat_tests::Scene;

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

fn verify(scene: &Scene, dir: &Path) -> (Option<i32>, String) {
    let out = scene.operate(&["verify", &dir.to_string_lossy()]);
    (
        out.status.code(),
        format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr)),
    )
}

#[test]
fn an_auditor_verifies_from_outside_and_an_operator_offline() {
    let mut scene = super::scene();
    let police = scene.person("metropolitan-police/desk", &["submitter"]);
    let auditor = scene.person("chscp/auditor", &["auditor"]);
    let _ = super::attest(&scene, &police, "2023-03", 1);
    let _ = auditor.run(&["audit", "verify"]).ended(0);
    let _ = super::attest(&scene, &police, "2023-02", 1);
    let _ = auditor.run(&["audit", "verify"]).ended(0);
    scene.stop();
    let (code, words) = verify(&scene, &scene.dir);
    assert_eq!(code, Some(0), "{words}");
}

#[test]
fn a_flipped_byte_of_the_journal_is_found_and_its_entry_named() {
    let mut scene = super::scene();
    let police = scene.person("metropolitan-police/desk", &["submitter"]);
    for month in ["2022-10", "2022-11", "2022-12", "2023-01"] {
        let _ = super::attest(&scene, &police, month, 1);
    }
    scene.stop();
    let segment = files(&scene.dir)
        .into_iter()
        .find(|path| {
            path.to_string_lossy().contains("journal") && path.extension().is_some_and(|e| e == "seg")
        })
        .expect("a journal segment");
    let within = segment.strip_prefix(&scene.dir).unwrap().to_owned();
    let length = std::fs::metadata(&segment).unwrap().len();
    for (round, at) in [length / 3, length / 2, length * 9 / 10].into_iter().enumerate() {
        let altered = scene.folder("altered").join(round.to_string());
        copy(&scene.dir, &altered);
        let path = altered.join(&within);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[usize::try_from(at).unwrap()] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let (code, words) = verify(&scene, &altered);
        assert_eq!(code, Some(8), "{words}");
        assert!(words.contains("entry"), "{words}");
    }
}

#[test]
fn an_older_copy_under_the_guard_of_today_is_refused_as_rolled_back() {
    let mut scene = super::scene();
    let police = scene.person("metropolitan-police/desk", &["submitter"]);
    let _ = super::attest(&scene, &police, "2023-01", 1);
    scene.stop();
    let older = scene.folder("older");
    copy(&scene.dir, &older);
    scene.start();
    let _ = super::attest(&scene, &police, "2023-02", 1);
    scene.stop();
    std::fs::copy(scene.dir.join("guard"), older.join("guard")).unwrap();
    let (code, words) = verify(&scene, &older);
    assert_eq!(code, Some(9), "{words}");
    let served = scene.operate(&["serve", "--config", &older.join("concordat.toml").to_string_lossy()]);
    assert_eq!(served.status.code(), Some(9), "{served:?}");
}

#[test]
fn deleted_projections_are_remade_with_the_same_answers() {
    let mut scene = super::scene();
    let police = scene.person("metropolitan-police/desk", &["submitter"]);
    let manager = scene.person("chscp/manager", &["partnership-manager"]);
    let id = super::attest(&scene, &police, "2023-03", 1);
    let answers = |scene: &Scene| {
        let _ = scene;
        (
            manager.run(&["inbox", "list", "-o", "json"]).ended(0).out,
            manager.run(&["missing", "--all", "-o", "json"]).ended(0).out,
            police.run(&["status", &id, "-o", "json"]).ended(0).out,
        )
    };
    let before = answers(&scene);
    scene.stop();
    let projections = files(&scene.dir)
        .into_iter()
        .filter_map(|path| {
            path.ancestors().find(|a| a.file_name().is_some_and(|n| n == "projections")).map(Path::to_owned)
        })
        .next()
        .expect("projections");
    std::fs::remove_dir_all(projections).unwrap();
    scene.start();
    assert_eq!(answers(&scene), before);
    scene.kill();
    scene.start();
    assert_eq!(answers(&scene), before, "after a kill too");
}
