//! The key ring and sealed sections: the one place where the broker encrypts and decrypts.
//!
//! - [`section`] seals one section of an entry and opens it again. Only this crate makes a
//!   [`Sealed`], so whoever holds one holds bytes that were sealed for the place it names.
//! - [`ring`] keeps every data key, wrapped, in one file that is neither log nor projection and is
//!   synced before a key is used for the first time.
//! - [`projection`] seals the values of the projections and makes the keyed digests and blind index
//!   tokens they are found by.
//! - [`kek`] is the key-encryption key that wraps the ring: a file first, a token later.
//! - [`port`] is the little file access the ring needs, so that tests can break it.
//! - [`fault`] says what can go wrong. No fault carries a key or a byte of plaintext.

pub mod fault;
pub mod kek;
pub mod key;
pub mod port;
pub mod projection;
pub mod ring;
pub mod section;

pub use fault::SealFault;
pub use kek::{FileKek, KekFault, KekProvider};
pub use key::{KeyId, RetentionClass};
pub use port::{DirPort, RingPort};
pub use projection::Projection;
pub use ring::KeyRing;
pub use section::chunks::{Opening, SealedChunks, Sealing, is_chunked};
pub use section::{Place, Sealed, SectionClass};
