//! A wire between client and broker that counts what goes up it, and can be cut.
#![expect(clippy::expect_used, reason = "a test's way to stop")]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A wire; it lies until the process ends.
#[derive(Debug, Clone)]
pub struct Wire {
    /// Where it begins, `127.0.0.1:port`.
    pub address: String,
    sent: Arc<AtomicU64>,
    cuts: Arc<Mutex<Vec<u64>>>,
}

impl Wire {
    /// A wire to a broker. Its first connections are cut, each after so many bytes have gone up; later ones are not.
    ///
    /// # Panics
    /// When there is no free port.
    #[must_use]
    pub fn to(broker: &str, cuts: &[u64]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address").to_string();
        let mut cuts = cuts.to_vec();
        cuts.reverse();
        let wire = Self { address, sent: Arc::default(), cuts: Arc::new(Mutex::new(cuts)) };
        let (mine, broker) = (wire.clone(), broker.to_owned());
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (wire, broker) = (mine.clone(), broker.clone());
                thread::spawn(move || wire.carry(&client, &broker));
            }
        });
        wire
    }

    /// How many bytes have gone up, over all connections.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// No connection is cut from now on.
    pub fn mend(&self) {
        self.cuts.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn carry(&self, client: &TcpStream, broker: &str) {
        let Ok(server) = TcpStream::connect(broker) else { return };
        let mut left = self.cuts.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or(u64::MAX);
        let (Ok(mut up), Ok(mut down)) = (server.try_clone(), client.try_clone()) else { return };
        let (Ok(mut from_server), Ok(mut from_client)) = (server.try_clone(), client.try_clone()) else {
            return;
        };
        thread::spawn(move || {
            let _ = std::io::copy(&mut from_server, &mut down);
            let _ = down.shutdown(Shutdown::Both);
        });
        let mut buffer = [0; 16 << 10];
        while let Ok(read) = from_client.read(&mut buffer) {
            let piece = buffer.get(..read).unwrap_or_default();
            let goes = (read as u64).min(left);
            left -= goes;
            if piece.is_empty() || up.write_all(piece).is_err() {
                break;
            }
            self.sent.fetch_add(goes, Ordering::Relaxed);
            if left == 0 {
                break;
            }
        }
        let _ = client.shutdown(Shutdown::Both);
        let _ = server.shutdown(Shutdown::Both);
    }
}
