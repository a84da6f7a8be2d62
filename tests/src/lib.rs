//! The harness: a partnership in a temporary directory, a real broker in a process of its own, and the people who
//! use it by the commands they would type.

pub mod bench;
pub mod broken;
pub mod person;
pub mod policies;
pub mod scene;
pub mod sender;
pub mod stranger;
pub mod tokens;
pub mod wire;

pub use person::{Person, Said};
pub use scene::Scene;
pub use wire::Wire;
