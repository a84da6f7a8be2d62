//! The wire: from a TCP connection to a call of the flow, and back.
//!
//! The way of a request: [`accept`] (socket, handshake, certificate facts, once per connection) → [`layers`]
//! (room for one more, time, size) → [`services`] (caller identified, then one handler) → [`convert`] (protobuf
//! to the words of the core) → the flow → [`convert`] and [`status`] back again.
//!
//! - [`tls`]: what the broker shows and what it trusts; swapped without a restart
//! - [`peer`]: what is known of the other end: certificate facts, address class
//! - [`accept`]: connections and handshakes, with their caps; the end of a connection
//! - [`limits`]: every limit in one place; [`load`]: what is in flight; [`rate`]: how often one may try
//! - [`layers`]: too large, too many, too late
//! - [`codec`]: the shape of a submission is judged before memory is spent on it
//! - [`services`]: one file per service
//! - [`convert`]: between the wire's words and the core's
//! - [`status`]: the one place where a refusal or a fault becomes a gRPC status
//! - [`mod@serve`]: all of it, until told to stop

pub mod accept;
pub mod codec;
pub mod convert;
pub mod layers;
pub mod limits;
pub mod load;
pub mod peer;
pub mod rate;
pub mod serve;
pub mod services;
pub mod status;
pub mod tls;

pub use limits::Limits;
pub use serve::{EnrolmentDoor, Listeners, Served, ServicesDoor, serve};
pub use tls::{ClientTrust, ServerIdentity, TlsConfig, TlsError};

#[cfg(test)]
mod testing;
