//! How often something may be tried: token buckets, in all and by address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::peer::counted_by;

/// How many addresses are remembered at once; beyond that only those who are known may try.
const MOST_ADDRESSES: usize = 4096;

/// So many tries a minute in all, so many by one address; as many at once after a quiet minute.
#[derive(Debug)]
pub struct Rates {
    state: Mutex<State>,
    in_all: u32,
    by_address: u32,
}

#[derive(Debug)]
struct State {
    all: Bucket,
    addresses: HashMap<IpAddr, Bucket>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tries: f64,
    at: Instant,
}

impl Bucket {
    fn refill(&mut self, a_minute: u32, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.tries = (self.tries + passed * f64::from(a_minute) / 60.0).min(f64::from(a_minute));
        self.at = now;
    }
}

impl Rates {
    /// So many tries a minute in all and by one address.
    #[must_use]
    pub fn new(in_all: u32, by_address: u32) -> Self {
        let all = Bucket { tries: f64::from(in_all), at: Instant::now() };
        Self { state: Mutex::new(State { all, addresses: HashMap::new() }), in_all, by_address }
    }

    /// Whether one more try from an address is allowed now. A try that is not allowed costs nothing.
    #[must_use]
    pub fn allow(&self, address: IpAddr) -> bool {
        let now = Instant::now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let address = counted_by(address);
        if state.addresses.len() >= MOST_ADDRESSES && !state.addresses.contains_key(&address) {
            let minute = Duration::from_secs(60);
            state.addresses.retain(|_, bucket| now.saturating_duration_since(bucket.at) < minute);
            if state.addresses.len() >= MOST_ADDRESSES {
                return false;
            }
        }
        state.all.refill(self.in_all, now);
        let most = self.by_address;
        let fresh = Bucket { tries: f64::from(most), at: now };
        let State { all, addresses } = &mut *state;
        let bucket = addresses.entry(address).or_insert(fresh);
        bucket.refill(most, now);
        if bucket.tries < 1.0 || all.tries < 1.0 {
            return false;
        }
        bucket.tries -= 1.0;
        all.tries -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_tried_too_often_waits_and_others_do_not() {
        let rates = Rates::new(100, 3);
        assert!((0..3).all(|_| rates.allow(address(1))));
        assert!(!rates.allow(address(1)));
        assert!(rates.allow(address(2)));
        tokio::time::advance(Duration::from_secs(21)).await;
        assert!(rates.allow(address(1)));
        assert!(!rates.allow(address(1)));
    }

    #[tokio::test(start_paused = true)]
    async fn many_addresses_together_have_a_limit_too() {
        let rates = Rates::new(5, 3);
        let allowed = (0..20).filter(|last| rates.allow(address(*last))).count();
        assert_eq!(allowed, 5);
        tokio::time::advance(Duration::from_secs(3600)).await;
        let allowed = (0..20).filter(|last| rates.allow(address(*last))).count();
        assert_eq!(allowed, 5, "a quiet hour earns no more than a minute's worth");
    }
}
