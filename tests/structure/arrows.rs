//! A crate uses only what the architecture lets it use. Mirrors the table of `broker/ARCHITECTURE.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Each crate and the crates of the workspace it may use.
const ARROWS: &[(&str, &[&str])] = &[
    ("core", &[]),
    ("proto", &[]),
    ("catalogue", &["core"]),
    ("policy", &["core"]),
    ("seal", &["core"]),
    ("ledger", &["core"]),
    ("store", &["core", "seal", "ledger"]),
    ("flow", &["core", "catalogue", "policy", "seal", "ledger", "store"]),
    ("grpc", &["core", "flow", "proto"]),
    (
        "broker",
        // the client's library for the demo alone, so that the demo runs the very commands a user would type
        &["core", "catalogue", "policy", "seal", "ledger", "store", "flow", "grpc", "proto", "cli"],
    ),
    // policy for the commands that judge a policies folder on a machine without a broker
    ("cli", &["core", "catalogue", "ledger", "policy", "proto"]),
];

/// Crates from outside that have one room each.
const WALLS: &[(&str, &[&str])] = &[
    ("tonic", &["proto", "grpc", "broker", "cli", "tests"]),
    // grpc walks a submission before it is decoded, with a codec of its own
    ("tonic-prost", &["proto", "grpc", "tests"]),
    ("prost", &["proto", "grpc", "broker", "cli", "tests"]),
    ("casbin", &["policy"]),
    ("sled", &["store"]),
    ("hpke", &["seal"]),
    ("aes-gcm", &["seal"]),
    ("rust_xlsxwriter", &["cli"]),
];

/// Crates that must not be anywhere in the graph: a second TLS or crypto provider makes rustls panic at first use.
const BANNED: &[&str] = &["ring", "openssl-sys", "native-tls", "chrono"];

fn metadata() -> serde_json::Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--locked", "--no-deps"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo prints JSON")
}

fn short(name: &str) -> Option<&str> {
    name.strip_prefix("concordat-")
}

fn uses() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata();
    let mut uses = BTreeMap::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let of = short(package["name"].as_str().expect("a name")).expect("our own crates").to_owned();
        let on = package["dependencies"]
            .as_array()
            .expect("dependencies")
            .iter()
            .filter(|dependency| dependency["kind"].as_str() != Some("dev"))
            .map(|dependency| dependency["name"].as_str().expect("a name").to_owned())
            .collect();
        uses.insert(of, on);
    }
    uses
}

#[test]
fn every_crate_uses_only_what_the_architecture_allows() {
    let uses = uses();
    let mut wrong = Vec::new();
    for (of, on) in &uses {
        if of == "tests" {
            continue;
        }
        let allowed = ARROWS.iter().find(|(name, _)| name == of).map(|(_, allowed)| *allowed);
        let allowed = allowed.unwrap_or_else(|| panic!("the crate `{of}` is not in the table of arrows"));
        wrong.extend(
            on.iter()
                .filter_map(|name| short(name))
                .filter(|name| !allowed.contains(name))
                .map(|name| format!("{of} must not use {name}")),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    for (name, _) in ARROWS {
        assert!(uses.contains_key(*name), "the table of arrows names `{name}`, which is no crate");
    }
}

#[test]
fn the_wire_the_engine_and_the_database_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    for (of, on) in uses() {
        for (outside, rooms) in WALLS {
            if on.contains(*outside) && !rooms.contains(&of.as_str()) {
                wrong.push(format!("{of} must not use {outside}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn there_is_one_crypto_provider() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--workspace", "--edges", "normal,build,dev", "--prefix", "none", "--format", "{p}"])
        .args(["--offline", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let built: BTreeSet<&str> = text.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(built.contains("aws-lc-rs"), "the graph was read");
    for name in BANNED {
        assert!(!built.contains(name), "`{name}` has come into the graph; see `cargo tree -i {name}`");
    }
}

#[test]
fn the_aead_is_named_only_where_things_are_sealed() {
    let mut named = Vec::new();
    super::sizes::each_source(&mut |path, text| {
        if text.contains("aws_lc_rs::aead") || text.contains("aead::{") || text.contains(", aead") {
            named.push(path.to_owned());
        }
    });
    assert!(!named.is_empty(), "the sources were read");
    let outside: Vec<_> = named
        .iter()
        .filter(|path| !path.contains("broker/seal/") && !path.ends_with("structure/arrows.rs"))
        .collect();
    assert!(outside.is_empty(), "{outside:?}");
}
