//! The main job with real sockets, certificates and a broker in a process of its own.
#![allow(clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

mod submission;

fn scene() -> concordat_tests::Scene {
    concordat_tests::Scene::new(env!("CARGO_BIN_EXE_broker-under-test"))
}
