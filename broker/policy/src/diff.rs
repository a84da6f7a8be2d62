//! stub
use crate::bundle::Bundle;
use jiff::civil::Date;
/// stub
#[derive(Debug, Clone)]
pub struct Diff;
impl Diff {
    /// stub
    #[must_use]
    pub fn widens(&self) -> bool {
        false
    }
}
impl std::fmt::Display for Diff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("")
    }
}
/// stub
#[must_use]
pub fn diff(_old: &Bundle, _new: &Bundle, _on: Date) -> Diff {
    Diff
}
