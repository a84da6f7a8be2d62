//! Administration: acts of whoever operates the host, each an entry of the log naming the operating user.
//!
//! - [`protocol`]: one line of JSON each way
//! - [`act`]: carrying an act out, whoever brought it
//! - [`server`]: the running broker's socket, which only its own user (and root) may use
//! - [`client`]: the way in for commands: the socket when a broker runs, the store under its lock when none does

pub mod act;
pub mod client;
pub mod protocol;
pub mod server;
