//! Who operates: the name that stands in the entries of administrative acts.

use std::fs;

/// The operating user of a numeric id: `root (uid 0)`, or `uid 0` where the system has no name for it.
#[must_use]
pub fn of_uid(uid: u32) -> String {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    match name_in(&users, uid) {
        Some(name) => format!("{name} (uid {uid})"),
        None => format!("uid {uid}"),
    }
}

/// The operating user of this process.
///
/// # Errors
/// What the system says when it cannot tell.
pub fn of_this_process() -> std::io::Result<String> {
    own_uid().map(of_uid)
}

/// This process's effective user id, as the other end of a socket pair sees it.
///
/// # Errors
/// What the system says when it cannot tell.
pub fn own_uid() -> std::io::Result<u32> {
    let (one, _other) = tokio::net::UnixStream::pair()?;
    Ok(one.peer_cred()?.uid())
}

fn name_in(users: &str, uid: u32) -> Option<&str> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid) && !name.is_empty()).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_the_third_field() {
        let users = "root:x:0:0:root:/root:/bin/bash\nbroken\ndaemon:x:1:7:daemon:/:/bin/false\nann:x:1000:1:Ann:/:/\n";
        assert_eq!(name_in(users, 0), Some("root"));
        assert_eq!(name_in(users, 1000), Some("ann"));
        assert_eq!(name_in(users, 7), None);
    }
}
