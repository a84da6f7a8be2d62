//! The wire of Concordat: modules generated from the `.proto` files beside this one, and nothing written by hand.

/// Package `concordat.v1`.
#[allow(missing_docs, clippy::all, clippy::pedantic, clippy::indexing_slicing, reason = "generated code")]
pub mod v1 {
    tonic::include_proto!("concordat.v1");
}

/// The descriptors of all services, as a serialised `FileDescriptorSet`.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/concordat.bin"));
