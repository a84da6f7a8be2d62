//! How numbers are shown: which of a workbook's styles show a day, a percentage or zeros in front.

use std::collections::BTreeMap;

use concordat_catalogue::read::sheet::Shown;

use super::Fault;
use super::xml::{Piece, Xml, attribute};

/// How each style of the workbook shows a number.
pub(super) fn read(text: &str) -> Result<Vec<Shown>, Fault> {
    let (mut own, mut shown, mut in_cells) = (BTreeMap::<u32, Shown>::new(), Vec::new(), false);
    let mut xml = Xml::of(text);
    loop {
        match xml.next()? {
            Piece::Open(start) => match start.local_name().as_ref() {
                "numFmt" => {
                    let id = attribute(&start, "numFmtId")?.and_then(|id| id.parse().ok());
                    if let (Some(id), Some(code)) = (id, attribute(&start, "formatCode")?) {
                        own.insert(id, of_code(&code));
                    }
                }
                "cellXfs" => in_cells = true,
                "xf" if in_cells => {
                    let id = attribute(&start, "numFmtId")?.and_then(|id| id.parse().ok()).unwrap_or(0);
                    shown.push(own.get(&id).copied().unwrap_or_else(|| built_in(id)));
                }
                _ => {}
            },
            Piece::Close(name) if name == "cellXfs" => in_cells = false,
            Piece::End => return Ok(shown),
            Piece::Close(_) | Piece::Text(_) => {}
        }
    }
}

/// The formats that every workbook has without naming them, ECMA-376 part 1, 18.8.30.
fn built_in(id: u32) -> Shown {
    match id {
        9 | 10 => Shown::Percent,
        14..=17 | 27..=31 | 34..=36 | 50..=58 => Shown::Date { day: true, time: false },
        18..=21 | 32 | 33 | 45..=47 => Shown::Date { day: false, time: true },
        22 => Shown::Date { day: true, time: true },
        _ => Shown::Plain,
    }
}

/// What a format code shows.
fn of_code(code: &str) -> Shown {
    let bare = bare(code);
    let has = |letters: &[char]| bare.contains(letters);
    if bare.eq_ignore_ascii_case("general") || bare.eq_ignore_ascii_case("standard") {
        return Shown::Plain;
    }
    let (day, time) = (has(&['y', 'd']), has(&['h', 's']));
    if day || time || has(&['m']) {
        // months and minutes share a letter: beside hours or seconds it is minutes
        return Shown::Date { day: day || !time, time };
    }
    if has(&['%']) {
        return Shown::Percent;
    }
    let zeros = bare.chars().filter(|c| *c == '0').count();
    let only_zeros = bare.chars().all(|c| matches!(c, '0' | ' ' | '-'));
    match u8::try_from(zeros) {
        Ok(zeros) if only_zeros && zeros > 1 => Shown::Digits(zeros),
        _ => Shown::Plain,
    }
}

/// The first part of a code, for positive numbers, in lower case and without what is shown as it stands.
fn bare(code: &str) -> String {
    let mut bare = String::new();
    let mut chars = code.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                chars.by_ref().find(|c| *c == '"');
            }
            '\\' | '_' | '*' => {
                chars.next();
            }
            '[' => {
                let inner: String = chars.by_ref().take_while(|c| *c != ']').collect();
                // `[h]` counts hours; a colour, a currency or a condition shows nothing
                if matches!(inner.to_ascii_lowercase().as_str(), "h" | "hh" | "m" | "mm" | "s" | "ss") {
                    bare.push('h');
                }
            }
            ';' => break,
            c => bare.extend(c.to_lowercase()),
        }
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_code_says_whether_a_day_a_time_a_share_or_zeros_are_shown() {
        let date = |day, time| Shown::Date { day, time };
        for (code, shown) in [
            ("General", Shown::Plain),
            ("0", Shown::Plain),
            ("0.00", Shown::Plain),
            ("#,##0", Shown::Plain),
            ("[$£-809]#,##0.00;[Red]-[$£-809]#,##0.00", Shown::Plain),
            ("0\" days\"", Shown::Plain),
            ("0.00E+00", Shown::Plain),
            ("0.0%", Shown::Percent),
            ("0000000000", Shown::Digits(10)),
            ("000 000 0000", Shown::Digits(10)),
            ("dd/mm/yyyy", date(true, false)),
            ("[$-809]d mmmm yyyy;@", date(true, false)),
            ("mmm-yy", date(true, false)),
            ("mmmm", date(true, false)),
            ("yyyy\\-mm\\-dd\\Thh:mm", date(true, true)),
            ("hh:mm", date(false, true)),
            ("[h]:mm:ss", date(false, true)),
        ] {
            assert_eq!(of_code(code), shown, "{code}");
        }
    }
}
