//! The name that a misspelt one probably means.

/// The known name that a text differs least from: by one character in four, and three at most. None where two are as
/// near.
pub(crate) fn nearest<'n>(text: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let most = (text.len() / 4).min(3);
    let near = known.filter(|name| name.len().abs_diff(text.len()) <= most);
    let mut near: Vec<(usize, &str)> =
        near.map(|name| (distance(text, name), name)).filter(|(apart, _)| *apart <= most).collect();
    near.sort_by_key(|(apart, _)| *apart);
    match near.as_slice() {
        [(one, _), (other, _), ..] if one == other => None,
        [(_, name), ..] => Some(name),
        [] => None,
    }
}

/// How many bytes are to be put in, taken out or replaced to make one text the other.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, a) in one.bytes().enumerate() {
        let mut left = at + 1;
        let mut next = vec![left];
        for (pair, b) in row.windows(2).zip(other.bytes()) {
            let [corner, above] = pair else { continue };
            left = (corner + usize::from(a != b)).min(above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_finds_the_one_it_means_and_another_word_finds_none() {
        let known = || ["area", "notifications_amber", "notifications_green", "q1", "q2"].into_iter();
        for (text, meant) in [
            ("notifications_ambr", Some("notifications_amber")),
            ("notification_ambre", Some("notifications_amber")),
            ("aera", None),
            ("arae", None),
            ("areas", Some("area")),
            ("notifications", None),
            ("q3", None),
            ("", None),
        ] {
            assert_eq!(nearest(text, known()), meant, "{text}");
        }
    }

    #[test]
    fn two_names_as_near_are_none() {
        assert_eq!(nearest("contacts_x", ["contacts_a", "contacts_b"].into_iter()), None);
    }

    #[test]
    fn a_distance_counts_what_is_put_in_taken_out_and_replaced() {
        for (one, other, apart) in
            [("abc", "abc", 0), ("abc", "ac", 1), ("ac", "abc", 1), ("abc", "xbd", 2), ("", "ab", 2)]
        {
            assert_eq!(distance(one, other), apart, "{one} {other}");
        }
    }
}
