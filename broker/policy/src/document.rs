//! Reading the TOML files: ASCII only, no unknown key, errors with their line.

use serde::de::DeserializeOwned;

use crate::complaint::Complaint;

pub(crate) fn read<T: DeserializeOwned>(
    file: &str,
    bytes: &[u8],
    complaints: &mut Vec<Complaint>,
) -> Option<T> {
    if let Some(number) =
        (1_u32..).zip(bytes.split(|&b| b == b'\n')).find(|(_, line)| !line.is_ascii()).map(|(n, _)| n)
    {
        complaints.push(Complaint::of_row(
            file,
            number,
            "holds a character that is not ASCII; it may be a lookalike; type it again",
        ));
        return None;
    }
    match toml::from_slice(bytes) {
        Ok(value) => Some(value),
        Err(error) => {
            let row = error.span().and_then(|span| bytes.get(..span.start)).map(|before| {
                let breaks = before.iter().filter(|&&byte| byte == b'\n').count();
                u32::try_from(breaks).unwrap_or(u32::MAX).saturating_add(1)
            });
            complaints.push(Complaint {
                file: file.to_owned(),
                row,
                column: None,
                text: error.message().to_owned(),
            });
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its reading is tested")]
    struct One {
        a: u32,
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let mut complaints = Vec::new();
        assert!(read::<One>("f.toml", b"a = 1\nb = 2\n", &mut complaints).is_none());
        assert_eq!(complaints[0].row, Some(2));
    }

    #[test]
    fn a_lookalike_letter_is_refused_with_its_line() {
        let mut complaints = Vec::new();
        assert!(read::<One>("f.toml", "a = 1\n# \u{430}\n".as_bytes(), &mut complaints).is_none());
        assert_eq!(complaints[0].row, Some(2));
    }
}
