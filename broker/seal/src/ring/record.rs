//! One key of the ring file: what it is for, its id, and its wrapped bytes.

use jiff::civil::Date;

use super::file::{FORMAT, corrupt};
use crate::fault::SealFault;
use crate::kek::{KekFault, KekProvider};
use crate::key::{KeyId, Purpose, RetentionClass, Secret};

const LIVE: u8 = 1;
const DESTROYED: u8 = 2;

/// One key of the file.
pub(super) struct Record {
    pub(super) purpose: Purpose,
    pub(super) id: KeyId,
    /// `None` once the key is destroyed.
    pub(super) wrapped: Option<Vec<u8>>,
}

impl Record {
    /// A live record with its key wrapped for this purpose and id.
    pub(super) fn wrap(
        purpose: Purpose,
        id: KeyId,
        secret: &Secret,
        kek: &dyn KekProvider,
    ) -> Result<Self, SealFault> {
        let wrapped = kek.wrap(&context(&purpose, id), secret.bytes())?;
        Ok(Self { purpose, id, wrapped: Some(wrapped) })
    }

    /// The key, or `None` once it is destroyed.
    pub(super) fn unwrap_key(
        &self,
        file: &str,
        record: u64,
        kek: &dyn KekProvider,
    ) -> Result<Option<Secret>, SealFault> {
        let Some(wrapped) = &self.wrapped else { return Ok(None) };
        match kek.open(&context(&self.purpose, self.id), wrapped) {
            Ok(bytes) => Ok(Some(Secret::new(bytes))),
            Err(KekFault::Refused) => Err(corrupt(file, record, "its key does not open")),
            Err(fault) => Err(fault.into()),
        }
    }

    /// The record's bytes, as the number given.
    pub(super) fn body(&self, number: u64) -> Vec<u8> {
        let (state, wrapped) = match &self.wrapped {
            Some(wrapped) => (LIVE, wrapped.as_slice()),
            None => (DESTROYED, [].as_slice()),
        };
        [&number.to_be_bytes(), purpose_bytes(&self.purpose).as_slice(), &self.id.0, &[state], wrapped]
            .concat()
    }

    /// Reads a record's bytes, if they are the number given.
    pub(super) fn of(body: &[u8], number: u64) -> Result<Self, &'static str> {
        const SHORT: &str = "its body is too short";
        let mut rest = Rest(body);
        if u64::from_be_bytes(*rest.take().ok_or(SHORT)?) != number {
            return Err("its number is not the next");
        }
        let purpose = purpose_of(&mut rest).ok_or("its purpose is unknown")?;
        let id = KeyId(*rest.take().ok_or(SHORT)?);
        if matches!(purpose, Purpose::Record { entry } if entry != id.0) {
            return Err("its key id is not the id of its entry");
        }
        let [state] = *rest.take::<1>().ok_or(SHORT)?;
        let erasable = matches!(purpose, Purpose::Data { .. } | Purpose::Record { .. });
        let wrapped = match state {
            LIVE => Some(rest.0.to_vec()),
            DESTROYED if erasable && rest.0.is_empty() => None,
            _ => return Err("its state does not fit"),
        };
        Ok(Self { purpose, id, wrapped })
    }
}

/// What a wrapped key is bound to: this use, its format, its purpose and its id.
fn context(purpose: &Purpose, id: KeyId) -> Vec<u8> {
    [b"concordat/ring", FORMAT.to_be_bytes().as_slice(), &purpose_bytes(purpose), &id.0].concat()
}

fn purpose_bytes(purpose: &Purpose) -> Vec<u8> {
    match purpose {
        Purpose::Chain => vec![1],
        Purpose::Data { class, day } => {
            let [high, low] = day.year().to_be_bytes();
            vec![2, *class as u8, high, low, day.month().cast_unsigned(), day.day().cast_unsigned()]
        }
        Purpose::Record { entry } => [&[3], entry.as_slice()].concat(),
        Purpose::Index { year, month } => {
            let [high, low] = year.to_be_bytes();
            vec![4, high, low, month.cast_unsigned()]
        }
        Purpose::Projection => vec![5],
        Purpose::Log => vec![6],
        Purpose::Pseudonym => vec![7],
    }
}

fn purpose_of(rest: &mut Rest<'_>) -> Option<Purpose> {
    let [kind] = *rest.take::<1>()?;
    Some(match kind {
        1 => Purpose::Chain,
        2 => {
            let [class, high, low, month, day] = *rest.take::<5>()?;
            let year = i16::from_be_bytes([high, low]);
            let class = [RetentionClass::Audit, RetentionClass::Aggregate, RetentionClass::Person]
                .into_iter()
                .find(|known| *known as u8 == class)?;
            Purpose::Data { class, day: Date::new(year, month.cast_signed(), day.cast_signed()).ok()? }
        }
        3 => Purpose::Record { entry: *rest.take()? },
        4 => {
            let [high, low, month] = *rest.take::<3>()?;
            let first = Date::new(i16::from_be_bytes([high, low]), month.cast_signed(), 1).ok()?;
            Purpose::Index { year: first.year(), month: first.month() }
        }
        5 => Purpose::Projection,
        6 => Purpose::Log,
        7 => Purpose::Pseudonym,
        _ => return None,
    })
}

/// Bytes yet to be read.
pub(super) struct Rest<'a>(pub(super) &'a [u8]);

impl<'a> Rest<'a> {
    /// The next `N` bytes, if there are as many.
    pub(super) fn take<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(taken)
    }
}
