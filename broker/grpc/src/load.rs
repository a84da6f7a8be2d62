//! What is in flight over all connections of a listener: calls, and bytes of their messages.

use std::collections::HashMap;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tonic::Status;

use crate::peer::counted_by;

/// Counts what is in flight.
#[derive(Debug)]
pub struct Load {
    requests: AtomicUsize,
    bytes: AtomicUsize,
    most_requests: usize,
    most_bytes: usize,
}

impl Load {
    /// Nothing in flight, and room for so many calls and bytes.
    #[must_use]
    pub fn new(most_requests: usize, most_bytes: usize) -> Arc<Self> {
        Arc::new(Self {
            requests: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            most_requests,
            most_bytes,
        })
    }

    /// Room for one call; `None` when there is none.
    #[must_use]
    pub fn enter(self: &Arc<Self>) -> Option<Arc<Ticket>> {
        if self.requests.fetch_add(1, Ordering::Relaxed) >= self.most_requests {
            self.requests.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some(Arc::new(Ticket {
            load: Arc::clone(self),
            bytes: AtomicUsize::new(0),
            overflowed: AtomicBool::new(false),
        }))
    }

    /// How many calls are in flight.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// How many bytes of their messages are.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}

/// One call's part of the load; given back when the call ends, however it ends.
#[derive(Debug)]
pub struct Ticket {
    load: Arc<Load>,
    bytes: AtomicUsize,
    overflowed: AtomicBool,
}

impl Ticket {
    /// Whether the call's message was cut off for want of room.
    #[must_use]
    pub fn overflowed(&self) -> bool {
        self.overflowed.load(Ordering::Relaxed)
    }

    /// So many bytes that were taken are not in memory any more.
    pub fn give_back(&self, bytes: usize) {
        let mine = |held: usize| Some(held.saturating_sub(bytes));
        let held = self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, mine).unwrap_or(0);
        self.load.bytes.fetch_sub(bytes.min(held), Ordering::Relaxed);
    }

    fn take(&self, bytes: usize) -> bool {
        if self.load.bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) > self.load.most_bytes {
            self.load.bytes.fetch_sub(bytes, Ordering::Relaxed);
            self.overflowed.store(true, Ordering::Relaxed);
            return false;
        }
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        true
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.load.bytes.fetch_sub(*self.bytes.get_mut(), Ordering::Relaxed);
        self.load.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A request's body whose bytes are counted as they arrive.
#[derive(Debug)]
pub struct Counted<B> {
    inner: B,
    ticket: Arc<Ticket>,
    refused: fn() -> Status,
}

impl<B> Counted<B> {
    /// Counts a body on a ticket; when there is no room for more bytes the body ends with `refused`.
    pub fn new(inner: B, ticket: Arc<Ticket>, refused: fn() -> Status) -> Self {
        Self { inner, ticket, refused }
    }

    /// The ticket on which it is counted.
    #[must_use]
    pub fn ticket(&self) -> Arc<Ticket> {
        Arc::clone(&self.ticket)
    }
}

impl<B> Body for Counted<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match Pin::new(&mut self.inner).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                let length = frame.data_ref().map_or(0, Bytes::len);
                if self.ticket.take(length) {
                    Poll::Ready(Some(Ok(frame)))
                } else {
                    Poll::Ready(Some(Err((self.refused)())))
                }
            }
            Poll::Ready(Some(Err(fault))) => Poll::Ready(Some(Err(Status::from_error(fault.into())))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// How many places are taken, in all and by one address.
#[derive(Debug)]
pub(crate) struct Places {
    taken: Mutex<Taken>,
    most: usize,
    most_by_address: usize,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A place; given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Places>,
    address: IpAddr,
}

impl Places {
    pub(crate) fn new(most: usize, most_by_address: usize) -> Arc<Self> {
        Arc::new(Self { taken: Mutex::new(Taken::default()), most, most_by_address })
    }

    pub(crate) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let address = counted_by(address);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.all >= self.most {
            return None;
        }
        let by_address = taken.by_address.entry(address).or_default();
        if *by_address >= self.most_by_address {
            return None;
        }
        *by_address += 1;
        taken.all += 1;
        Some(Place { places: Arc::clone(self), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all = taken.all.saturating_sub(1);
        if let Some(by_address) = taken.by_address.get_mut(&self.address) {
            *by_address = by_address.saturating_sub(1);
            if *by_address == 0 {
                taken.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_gives_back_its_call_and_its_bytes() {
        let load = Load::new(2, 10);
        let first = load.enter().unwrap();
        let second = load.enter().unwrap();
        assert!(load.enter().is_none());
        assert!(first.take(6));
        assert!(!second.take(5), "eleven of ten");
        assert!(second.overflowed() && !first.overflowed());
        assert!(second.take(4));
        assert_eq!((load.requests(), load.bytes()), (2, 10));
        drop(first);
        assert_eq!((load.requests(), load.bytes()), (1, 4));
        assert!(second.take(6));
        second.give_back(7);
        assert_eq!(load.bytes(), 3);
        second.give_back(100);
        assert_eq!(load.bytes(), 0, "no more than was taken");
        assert!(second.take(2));
        drop(second);
        assert_eq!((load.requests(), load.bytes()), (0, 0));
    }

    #[test]
    fn one_address_cannot_take_every_place() {
        let places = Places::new(3, 2);
        let [one, two]: [IpAddr; 2] = ["192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap()];
        let held = [places.take(one).unwrap(), places.take(one).unwrap()];
        assert!(places.take(one).is_none());
        let other = places.take(two).unwrap();
        assert!(places.take(two).is_none(), "three in all");
        drop(held);
        assert!(places.take(one).is_some());
        drop(other);
        assert!(places.taken.lock().unwrap().by_address.is_empty(), "no address is remembered");
    }
}
