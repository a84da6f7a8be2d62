//! Every limit of the wire in one place.

use std::time::Duration;

/// Limits of one listener. The defaults suit one partnership on one machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How long a handshake may take, from the TCP connection on.
    pub handshake_time: Duration,
    /// How many handshakes may go on at once.
    pub handshakes: usize,
    /// How many of them from one address, so that one slow host cannot take them all.
    pub handshakes_per_address: usize,
    /// How many connections may be open at once.
    pub connections: usize,
    /// How old a connection may grow before it is asked to end.
    pub connection_age: Duration,
    /// How long it may take to end after that.
    pub connection_grace: Duration,
    /// How many calls one connection may have in flight.
    pub streams_per_connection: u32,
    /// After how long without a sign of life a connection is asked for one.
    pub keep_alive: Duration,
    /// How long the answer to that may take.
    pub keep_alive_answer: Duration,
    /// How many calls may be in flight at once, over all connections.
    pub requests: usize,
    /// How many bytes of request messages may be in memory at once, over all connections.
    pub bytes: usize,
    /// The size of a submission's message in bytes.
    pub submission: usize,
    /// The size of every other message in bytes.
    pub message: usize,
    /// How long a call may take; a client's own shorter deadline counts too.
    pub request_time: Duration,
    /// How long calls in flight are waited for when the broker stops.
    pub drain: Duration,
    /// How many enrolments may be tried in a minute, over all addresses.
    pub enrolments: u32,
    /// How many of them from one address.
    pub enrolments_per_address: u32,
    /// How many connections the enrolment listener has open at once, handshakes included.
    pub enrolment_connections: usize,
    /// How many of them from one address.
    pub enrolment_connections_per_address: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake_time: Duration::from_secs(10),
            handshakes: 256,
            handshakes_per_address: 64,
            connections: 1024,
            connection_age: Duration::from_secs(30 * 60),
            connection_grace: Duration::from_secs(60),
            streams_per_connection: 128,
            keep_alive: Duration::from_secs(30),
            keep_alive_answer: Duration::from_secs(20),
            requests: 1024,
            bytes: 64 << 20,
            submission: 4 << 20,
            message: 64 << 10,
            request_time: Duration::from_secs(30),
            drain: Duration::from_secs(10),
            enrolments: 120,
            enrolments_per_address: 30,
            enrolment_connections: 64,
            enrolment_connections_per_address: 8,
        }
    }
}

impl Limits {
    /// The same limits, tightened for the listener that asks for no certificate: few and short connections.
    #[must_use]
    pub fn for_enrolment(&self) -> Self {
        Self {
            // a place is kept as long as the connection there
            handshakes: self.enrolment_connections,
            handshakes_per_address: self.enrolment_connections_per_address,
            connections: self.enrolment_connections,
            connection_age: self.connection_age.min(Duration::from_secs(30)),
            connection_grace: self.connection_grace.min(Duration::from_secs(10)),
            streams_per_connection: self.streams_per_connection.min(4),
            bytes: self.bytes.min(4 << 20),
            message: self.message.min(16 << 10),
            ..self.clone()
        }
    }
}
