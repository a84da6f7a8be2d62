//! How a file is bent, from a seed.

use std::io::{Cursor, Read as _, Write as _};

use crate::samples::Sample;

/// SplitMix64.
pub struct Random(u64);

impl Random {
    pub fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { usize::try_from(self.next() % end as u64).unwrap() }
    }
}

/// A file, bent in one way or in two.
pub fn bend(sample: &Sample, others: &[Sample], random: &mut Random) -> Vec<u8> {
    let inside = sample.bytes.starts_with(b"PK") && random.below(4) > 0;
    if inside { rezipped(&sample.bytes, others, random) } else { bent(&sample.bytes, others, random) }
}

fn bent(bytes: &[u8], others: &[Sample], random: &mut Random) -> Vec<u8> {
    let once = once(bytes, others, random);
    if random.below(3) == 0 { self::once(&once, others, random) } else { once }
}

fn once(bytes: &[u8], others: &[Sample], random: &mut Random) -> Vec<u8> {
    let mut out = bytes.to_vec();
    match random.below(9) {
        0 => out.truncate(random.below(out.len() + 1)),
        1 => drop(out.drain(..random.below(bytes.len() + 1))),
        2 | 3 => {
            for _ in 0..=random.below(12) {
                let at = random.below(out.len());
                if let Some(byte) = out.get_mut(at) {
                    *byte = if random.below(2) == 0 {
                        *byte ^ (1 << random.below(8))
                    } else {
                        random.next() as u8
                    };
                }
            }
        }
        4 | 5 => out = swapped(bytes, random),
        6 => out = encoded(bytes, random),
        7 => {
            let other = &others[random.below(others.len())].bytes;
            let (from, at) = (random.below(other.len()), random.below(out.len() + 1));
            let piece = other[from..].iter().take(random.below(2_000)).copied().collect::<Vec<_>>();
            out.splice(at..at, piece);
        }
        _ => {
            // a piece of it many times over
            let from = random.below(out.len());
            let piece: Vec<u8> = out[from..].iter().take(1 + random.below(200)).copied().collect();
            let at = random.below(out.len() + 1);
            out.splice(at..at, piece.repeat(1 + random.below(300)));
        }
    }
    out
}

/// Two columns change places, in all lines or in one.
fn swapped(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let separator = *[b',', b';', b'\t', b'"', b'<'].get(random.below(8)).unwrap_or(&b',');
    let mut lines: Vec<Vec<&[u8]>> =
        bytes.split(|b| *b == b'\n').map(|line| line.split(|b| *b == separator).collect()).collect();
    let width = lines[0].len();
    let (a, b) = (random.below(width), random.below(width));
    let only = (random.below(2) == 0).then(|| random.below(lines.len()));
    for (at, line) in lines.iter_mut().enumerate() {
        if only.is_none_or(|only| only == at) && a < line.len() && b < line.len() {
            line.swap(a, b);
        }
    }
    lines.iter().map(|line| line.join(&separator)).collect::<Vec<_>>().join(&b'\n')
}

/// The text in another encoding, with a mark or without.
fn encoded(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let mark = if random.below(2) == 0 { "\u{feff}" } else { "" };
    let units = mark.encode_utf16().chain(text.encode_utf16());
    match random.below(4) {
        0 => units.flat_map(u16::to_le_bytes).collect(),
        1 => units.flat_map(u16::to_be_bytes).collect(),
        2 => text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(0x92)).collect(),
        _ => format!("{mark}{text}").into_bytes(),
    }
}

/// A workbook with one of its parts bent, zipped again, so that what is bent is reached.
fn rezipped(bytes: &[u8], others: &[Sample], random: &mut Random) -> Vec<u8> {
    let Ok(mut from) = zip::ZipArchive::new(Cursor::new(bytes)) else { return bytes.to_vec() };
    let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let which = random.below(from.len());
    for at in 0..from.len() {
        let mut part = from.by_index(at).unwrap();
        let name = part.name().unwrap().into_owned();
        // the parts that are never read are left out, and those that say most are bent most
        if name.contains("docProps") || name.contains("theme") || name.contains("drawing") {
            continue;
        }
        let telling = name.contains("sheet1.xml") || name.contains("sharedStrings");
        let mut inner = Vec::new();
        part.read_to_end(&mut inner).unwrap();
        if at == which || (telling && random.below(2) == 0) {
            inner = bent(&inner, others, random);
        }
        to.start_file(name, stored).unwrap();
        to.write_all(&inner).unwrap();
    }
    to.finish().unwrap().into_inner()
}
