//! What stands before the services: too many, too large, too late. Lean, because every call passes here.

use std::sync::Arc;
use std::time::Duration;

use concordat_flow::Unheard;
use http::{HeaderMap, Request, Response};
use hyper::body::Incoming;
use tonic::Code;
use tonic::body::Body;

use crate::limits::Limits;
use crate::load::{Counted, Load};
use crate::peer::Peer;
use crate::status;

/// What answers the calls of a listener.
pub trait Rooms: Send + Sync + 'static {
    /// Answers one call. It may be dropped before it ends: when its time is up or its caller has gone.
    fn answer(
        &self,
        peer: &Arc<Peer>,
        request: Request<Counted<Incoming>>,
    ) -> impl Future<Output = Response<Body>> + Send;

    /// Counts a refusal made before a caller was known.
    fn unheard(&self, sort: Unheard, from: String);
}

const STATUS: &str = "grpc-status";
const DETAILS: &str = "grpc-status-details-bin";
const TIMEOUT: &str = "grpc-timeout";

/// Answers one call within the limits.
pub async fn answer<R: Rooms>(
    rooms: &R,
    load: &Arc<Load>,
    limits: &Limits,
    peer: &Arc<Peer>,
    request: Request<Incoming>,
) -> Response<Body> {
    let Some(ticket) = load.enter() else {
        rooms.unheard(Unheard::Overload, peer.from.clone());
        return status::too_busy().into_http();
    };
    let time = time_for(request.headers(), limits.request_time);
    let counted = request.map(|body| Counted::new(body, Arc::clone(&ticket), status::too_busy));
    let Ok(response) = tokio::time::timeout(time, rooms.answer(peer, counted)).await else {
        return status::too_late().into_http();
    };
    if ticket.overflowed() {
        rooms.unheard(Unheard::Overload, peer.from.clone());
        return response;
    }
    tidy(rooms, peer, response)
}

// an answer that carries a status in its headers is an error; one without our details was made below us, where
// the message was taken apart
fn tidy<R: Rooms>(rooms: &R, peer: &Peer, response: Response<Body>) -> Response<Body> {
    let headers = response.headers();
    let Some(code) = headers.get(STATUS).filter(|_| !headers.contains_key(DETAILS)) else {
        return response;
    };
    match Code::from_bytes(code.as_bytes()) {
        Code::OutOfRange => {
            rooms.unheard(Unheard::Malformed, peer.from.clone());
            status::too_large().into_http()
        }
        Code::Internal => {
            rooms.unheard(Unheard::Malformed, peer.from.clone());
            status::garbled().into_http()
        }
        Code::Unimplemented => {
            rooms.unheard(Unheard::Malformed, peer.from.clone());
            response
        }
        _ => response,
    }
}

fn time_for(headers: &HeaderMap, most: Duration) -> Duration {
    match headers.get(TIMEOUT) {
        None => most,
        // one that cannot be read is as good as none
        Some(value) => value.to_str().ok().and_then(asked_time).map_or(most, |asked| asked.min(most)),
    }
}

// up to eight digits and a unit, as gRPC writes a deadline
fn asked_time(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(number * 3600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callers_shorter_deadline_counts_and_a_longer_one_does_not() {
        let time = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(TIMEOUT, text.parse().unwrap());
            time_for(&headers, Duration::from_secs(30))
        };
        assert_eq!(time("5S"), Duration::from_secs(5));
        assert_eq!(time("250m"), Duration::from_millis(250));
        assert_eq!(time("99999999u"), Duration::from_secs(30));
        assert_eq!(time("99999999H"), Duration::from_secs(30));
        for nonsense in ["", "S", "5", "-1S", "+1S", "123456789S", "5x", "5é"] {
            let value = http::HeaderValue::from_bytes(nonsense.as_bytes()).unwrap();
            let mut headers = HeaderMap::new();
            headers.insert(TIMEOUT, value);
            assert_eq!(time_for(&headers, Duration::from_secs(30)), Duration::from_secs(30), "{nonsense}");
        }
        assert_eq!(time_for(&HeaderMap::new(), Duration::from_secs(30)), Duration::from_secs(30));
    }
}
