//! The log's mathematics: leaves, Merkle tree, checkpoints, proofs, receipts. Pure: no I/O, no clock.
//!
//! The broker appends with it; a submitter or an auditor verifies with it, trusting nothing but the log's
//! public key. Each part of the chain is a module, from the entry to the signature:
//!
//! - [`hash`]: SHA-256 with RFC 6962's prefixes;
//! - [`statement`]: what was recorded, as readable text;
//! - [`leaf`]: the clear record of an entry, which commits to the statement and the sealed sections;
//! - [`tree`]: every complete subtree in memory, roots and proofs at any size;
//! - [`frontier`]: the few hashes needed to append or to go on verifying;
//! - [`proof`]: checking inclusion and consistency;
//! - [`key`], [`note`], [`checkpoint`]: the log's signature over size and root (C2SP formats);
//! - [`receipt`]: all of it in one file (C2SP tlog-proof within);
//! - [`verify`]: the whole log, entry by entry.

mod canonical;
pub mod checkpoint;
pub mod frontier;
pub mod hash;
pub mod key;
pub mod leaf;
pub mod note;
pub mod proof;
pub mod receipt;
pub mod statement;
pub mod tree;
pub mod verify;

pub use checkpoint::{Checkpoint, CheckpointFault, SignedCheckpoint};
pub use frontier::Frontier;
pub use hash::{Hash, HashFault, empty_root, leaf_hash, node_hash, sha256};
pub use key::{KeyFault, LogKey, Verifier};
pub use leaf::{Leaf, LeafFault, SectionDigest, commit_statement, log_id};
pub use note::NoteFault;
pub use proof::{ProofFault, verify_consistency, verify_inclusion};
pub use receipt::{Receipt, ReceiptFault, Verified};
pub use statement::{Statement, StatementFault};
pub use tree::{Tree, TreeAt, TreeFault};
pub use verify::{Audited, LogFault, LogVerifier, SectionBody};
