//! The exit codes: a fixed, documented set that scripts may rely on.

/// What a command ended as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exit {
    /// Done as asked.
    Ok,
    /// Something failed that no other code names.
    Failure,
    /// The command was not written as it must be, or names a file that cannot be read.
    Usage,
    /// The data was refused.
    Rejected,
    /// There is no enrolment, or it has expired or was revoked.
    NotEnrolled,
    /// Policy says no.
    Denied,
    /// Findings the caller asked to fail on, such as missing returns.
    Findings,
    /// Not reached, or queued: the outcome is unknown and the command may be run again.
    Queued,
    /// What was shown is not what the log signed.
    Tampered,
    /// The log shows less than it had signed before.
    RolledBack,
}

impl Exit {
    /// Every code, in order.
    pub const ALL: [Exit; 10] = [
        Exit::Ok,
        Exit::Failure,
        Exit::Usage,
        Exit::Rejected,
        Exit::NotEnrolled,
        Exit::Denied,
        Exit::Findings,
        Exit::Queued,
        Exit::Tampered,
        Exit::RolledBack,
    ];

    /// The number the process ends with: 0 to 9.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Exit::Ok => 0,
            Exit::Failure => 1,
            Exit::Usage => 2,
            Exit::Rejected => 3,
            Exit::NotEnrolled => 4,
            Exit::Denied => 5,
            Exit::Findings => 6,
            Exit::Queued => 7,
            Exit::Tampered => 8,
            Exit::RolledBack => 9,
        }
    }

    /// What the number means, as `--help` has it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Exit::Ok => "done",
            Exit::Failure => "failure",
            Exit::Usage => "usage: the command or a file it names",
            Exit::Rejected => "data rejected",
            Exit::NotEnrolled => "not enrolled, expired or revoked",
            Exit::Denied => "denied by policy",
            Exit::Findings => "findings, such as missing returns with --fail-on",
            Exit::Queued => "queued or unreachable: run the same command again",
            Exit::Tampered => "tampered: not what the log signed",
            Exit::RolledBack => "rolled back: the log shows less than it had signed",
        }
    }

    /// The table of codes, one line each, for `--help`.
    #[must_use]
    pub fn table() -> String {
        let mut out = String::from("Exit codes:\n");
        for exit in Exit::ALL {
            out.push_str(&format!("  {}  {}\n", exit.code(), exit.words()));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_fixed_ten_in_order() {
        let codes: Vec<u8> = Exit::ALL.into_iter().map(Exit::code).collect();
        assert_eq!(codes, (0..10).collect::<Vec<u8>>());
        assert_eq!((Exit::Tampered.code(), Exit::RolledBack.code()), (8, 9));
    }
}
