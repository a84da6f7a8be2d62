//! Reading what the client printed as JSON. What is not there reads as empty, and the claims then break.

use serde_json::Value;

/// The rows of a list.
#[must_use]
pub fn rows(data: &Value, list: &str) -> Vec<Value> {
    data.get(list).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// A cell as text: a list spaced, nothing as the empty text.
#[must_use]
pub fn text(row: &Value, name: &str) -> String {
    row.get(name).map(plain).unwrap_or_default()
}

/// A cell as a whole number; 0 when it is none.
#[must_use]
pub fn number(row: &Value, name: &str) -> u64 {
    row.get(name).and_then(Value::as_u64).unwrap_or_default()
}

/// Whether a cell says yes.
#[must_use]
pub fn yes(row: &Value, name: &str) -> bool {
    row.get(name).and_then(Value::as_bool).unwrap_or_default()
}

/// Some cells of every row, as texts for a table.
#[must_use]
pub fn columns(rows: &[Value], names: &[&str]) -> Vec<Vec<String>> {
    rows.iter().map(|row| names.iter().map(|name| text(row, name)).collect()).collect()
}

/// The first characters of an id: enough for a person to tell it from others.
#[must_use]
pub fn short(id: &str) -> String {
    let start: String = id.chars().take(8).collect();
    if start.len() < id.len() { format!("{start}…") } else { start }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_there_reads_as_empty() {
        let data = json!({"rows": [{"a": "x", "b": 3, "c": true, "d": ["p", "q"], "e": null}]});
        let rows = rows(&data, "rows");
        assert_eq!(columns(&rows, &["a", "b", "c", "d", "e", "f"]), [["x", "3", "yes", "p q", "", ""]]);
        assert_eq!((number(&rows[0], "b"), yes(&rows[0], "c"), number(&rows[0], "a")), (3, true, 0));
        assert!(super::rows(&data, "other").is_empty());
    }

    #[test]
    fn a_long_id_is_cut_and_a_short_one_is_whole() {
        assert_eq!(short("0123456789"), "01234567…");
        assert_eq!(short("0123"), "0123");
    }
}
