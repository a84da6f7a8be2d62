//! The journal's frames as the format's description has them, read without the writer's code.

/// One frame.
pub(super) enum Found<'a> {
    Entry { index: u64, leaf: &'a [u8], sections: Vec<(u8, &'a [u8])> },
    Checkpoint(&'a [u8]),
}

/// Bytes yet to be read.
#[derive(Clone, Copy)]
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn many(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self, width: usize) -> Option<u64> {
        Some(self.many(width)?.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }

    fn sized(&mut self, width: usize) -> Option<&'a [u8]> {
        let length = self.number(width)?;
        self.many(usize::try_from(length).ok()?)
    }
}

/// The frame at the beginning of the bytes and its length, or what is wrong with it.
pub(super) fn next(bytes: &[u8]) -> Result<(Found<'_>, usize), &'static str> {
    let mut rest = Bytes(bytes);
    let head = rest.many(5).ok_or("its frame is cut short")?;
    let crc = rest.number(4).ok_or("its frame is cut short")?;
    let length = Bytes(head).number(4).and_then(|length| usize::try_from(length).ok());
    let body = length.and_then(|length| rest.many(length)).ok_or("its frame is cut short")?;
    let covered = [head, body].concat();
    if u64::from(crc32c::crc32c(&covered)) != crc {
        return Err("its frame does not match its checksum");
    }
    let found = match head.last() {
        Some(1) => entry(Bytes(body)).ok_or("its frame has no known shape")?,
        Some(2) => Found::Checkpoint(body),
        _ => return Err("its frame is of no known kind"),
    };
    Ok((found, 9 + body.len()))
}

fn entry(mut body: Bytes<'_>) -> Option<Found<'_>> {
    let index = body.number(8)?;
    let leaf = body.sized(2)?;
    let count = body.number(1)?;
    let sections = (0..count).map(|_| {
        let number = u8::try_from(body.number(1)?).ok()?;
        Some((number, body.sized(4)?))
    });
    let sections = sections.collect::<Option<Vec<_>>>()?;
    body.0.is_empty().then_some(Found::Entry { index, leaf, sections })
}

/// The index of the first entry of a segment, if its head is right.
pub(super) fn head(bytes: &[u8], log: &[u8; 32], number: u64) -> Result<u64, &'static str> {
    const BAD: &str = "the head of its journal segment is damaged";
    let mut rest = Bytes(bytes.get(..64).ok_or(BAD)?);
    let covered = rest.0.get(..60).ok_or(BAD)?;
    let right = rest.many(8) == Some(b"CCDSEGMT")
        && rest.number(2) == Some(1)
        && rest.many(32) == Some(log)
        && rest.number(4) == Some(number);
    let first = rest.number(8).ok_or(BAD)?;
    let zeros = rest.many(6) == Some(&[0; 6]);
    let crc = rest.number(4) == Some(u64::from(crc32c::crc32c(covered)));
    if right && zeros && crc { Ok(first) } else { Err(BAD) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = next(&bytes);
            let _ = head(&bytes, &[0; 32], 1);
        }
    }
}
