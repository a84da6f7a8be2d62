//! A strict reader of small comma-separated files. Whatever a spreadsheet, an editor or a careless hand may
//! do to such a file that could change its meaning is refused rather than mended.

use crate::complaint::Complaint;

/// One line of a file: its number and its cells, as many as the header has.
pub(crate) struct Line {
    pub number: u32,
    pub cells: Vec<String>,
}

/// Reads a file whose first line must be exactly `header`. Lines with anything wrong are left out of the
/// answer and stand in `complaints`.
pub(crate) fn read(file: &str, bytes: &[u8], header: &[&str], complaints: &mut Vec<Complaint>) -> Vec<Line> {
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        complaints.push(Complaint::of_row(
            file,
            1,
            "starts with a byte order mark; save it as plain ASCII, not as \"CSV UTF-8\"",
        ));
        return Vec::new();
    }
    let Some(body) = bytes.strip_suffix(b"\n") else {
        complaints
            .push(Complaint::of_file(file, "is empty or does not end with a line break; it may be cut"));
        return Vec::new();
    };
    let mut lines = Vec::new();
    for (number, raw) in (1_u32..).zip(body.split(|&byte| byte == b'\n')) {
        if let Some(cells) = cells(file, number, raw, header, complaints) {
            lines.push(Line { number, cells });
        }
    }
    match lines.first() {
        Some(first) if first.number == 1 && first.cells == header => {
            lines.remove(0);
            lines
        }
        _ => {
            complaints.push(Complaint::of_row(
                file,
                1,
                format!("the first line must be exactly `{}`", header.join(",")),
            ));
            Vec::new()
        }
    }
}

fn cells(
    file: &str,
    number: u32,
    raw: &[u8],
    header: &[&str],
    complaints: &mut Vec<Complaint>,
) -> Option<Vec<String>> {
    let before = complaints.len();
    let mut complain = |text: &str| complaints.push(Complaint::of_row(file, number, text));
    let Some(text) = std::str::from_utf8(raw).ok().filter(|text| text.is_ascii()) else {
        complain("holds a character that is not ASCII; it may be a lookalike; type it again");
        return None;
    };
    if text.is_empty() {
        complain("is empty; remove the line");
        return None;
    }
    if text.contains('\r') {
        complain("ends in a carriage return; save the file with Unix line ends");
    }
    if text.contains('"') {
        complain("holds a quotation mark; cells are never quoted here");
    }
    if text.contains('#') {
        complain("holds `#`; there are no comments here, the line would be read as it stands");
    }
    if text.bytes().any(|byte| byte != b'\r' && byte.is_ascii_control()) {
        complain("holds a tab or another control character");
    }
    let cells: Vec<String> = text.split(',').map(str::to_owned).collect();
    if cells.len() != header.len() {
        complain(&format!("has {} cells, not {}", cells.len(), header.len()));
    } else {
        for (cell, column) in cells.iter().zip(header) {
            if cell.is_empty() {
                let text = "is empty; write `*` for any and `none` for none";
                complaints.push(Complaint::of_cell(file, number, column, text));
            } else if cell.trim() != cell {
                complaints.push(Complaint::of_cell(file, number, column, "has a space at an end"));
            }
        }
    }
    (complaints.len() == before).then_some(cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(bytes: &[u8]) -> Vec<String> {
        let mut complaints = Vec::new();
        read("f.csv", bytes, &["a", "b"], &mut complaints);
        complaints.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_plain_file_reads_back_cell_for_cell() {
        let mut complaints = Vec::new();
        let lines = read("f.csv", b"a,b\n1,2\nx y,*\n", &["a", "b"], &mut complaints);
        assert!(complaints.is_empty());
        assert_eq!(
            lines.iter().map(|l| (l.number, l.cells.join("/"))).collect::<Vec<_>>(),
            [(2, "1/2".to_owned()), (3, "x y/*".to_owned())]
        );
    }

    #[test]
    fn everything_that_could_change_the_meaning_of_a_line_is_refused_with_its_place() {
        for (bytes, said) in [
            (&b"\xEF\xBB\xBFa,b\n1,2\n"[..], "f.csv:1: starts with a byte order mark"),
            (b"a,b\r\n1,2\r\n", "f.csv:1: ends in a carriage return"),
            (b"a,b\n1,2", "f.csv: is empty or does not end"),
            (b"", "f.csv: is empty or does not end"),
            (b"a,c\n1,2\n", "f.csv:1: the first line must be exactly `a,b`"),
            (b"A,b\n1,2\n", "f.csv:1: the first line must be exactly `a,b`"),
            (b"1,2\n", "f.csv:1: the first line must be exactly `a,b`"),
            (b"a,b\n1\n", "f.csv:2: has 1 cells, not 2"),
            (b"a,b\n1,2,3\n", "f.csv:2: has 3 cells, not 2"),
            (b"a,b\n1,\n", "f.csv:2: b: is empty"),
            (b"a,b\n1, 2\n", "f.csv:2: b: has a space"),
            (b"a,b\n1,\"2\"\n", "f.csv:2: holds a quotation mark"),
            (b"a,b\n1,2 # note\n", "f.csv:2: holds `#`"),
            (b"a,b\n# 1,2\n", "f.csv:2: holds `#`"),
            (b"a,b\n\n1,2\n", "f.csv:2: is empty; remove"),
            (b"a,b\n1,\t2\n", "f.csv:2: holds a tab"),
            ("a,b\n1,\u{430}\n".as_bytes(), "f.csv:2: holds a character that is not ASCII"),
            (b"a,b\n1,\xff\n", "f.csv:2: holds a character that is not ASCII"),
        ] {
            let said_all = complaints(bytes);
            assert!(said_all.iter().any(|text| text.starts_with(said)), "{said}: {said_all:?}");
        }
    }

    #[test]
    fn every_bad_line_is_reported_at_once() {
        assert_eq!(complaints(b"a,b\n1\n2\n3,4\n").len(), 2);
    }
}
