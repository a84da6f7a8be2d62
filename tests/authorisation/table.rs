//! Every call, and what comes of it in each situation.
//!
//! A new call needs a line here. Its cells stand in the order of [`crate::cells::ALL`]: allowed, denied, no purpose,
//! other agency, other area, expired, revoked.

use crate::cells::Cell::{NamesNone, TakesNone};
use crate::cells::{
    Ask, Cell, DENIED, Line, NOT_ON_ITS_WAY, NOT_THERE, Situation, UNKNOWN, WRONG_STATE, hides, ok, open,
};
use crate::world::World;
use crate::{enrolment, inbox, looking, policy, submission};

const fn line(method: &'static str, ask: fn(&mut World, Situation) -> Ask, cells: [Cell; 7]) -> Line {
    Line { method, ask, cells }
}

const OWN_READ: Cell = open(&[], "READ-11: an agency's own returns are read whatever their area");
const ROLELESS: Cell = open(&[], "whoever has a certificate may ask: no role is needed");

const fn whole(entries: &'static [&'static str]) -> Cell {
    open(entries, "AUD-01 names no area: an auditor of one reads the log as a whole")
}

const fn ours(entries: &'static [&'static str]) -> Cell {
    open(entries, "policy is the partnership's: whoever has the role may, of whatever agency and area")
}

pub fn lines() -> Vec<Line> {
    [submissions(), reads(), policies()].into_iter().flatten().collect()
}

fn submissions() -> Vec<Line> {
    use submission as s;
    vec![
        line(
            "SubmissionService/Submit",
            s::submit,
            [ok(&["accepted"]), DENIED, DENIED, DENIED, DENIED, DENIED, UNKNOWN],
        ),
        line(
            "SubmissionService/BeginUpload",
            s::begin,
            [ok(&[]), DENIED, DENIED, DENIED, DENIED, DENIED, UNKNOWN],
        ),
        line(
            "SubmissionService/Upload",
            s::upload,
            [ok(&[]), NOT_ON_ITS_WAY, TakesNone, NOT_ON_ITS_WAY, NOT_ON_ITS_WAY, DENIED, UNKNOWN],
        ),
        line(
            "SubmissionService/FinishUpload",
            s::finish,
            [ok(&["accepted"]), NOT_ON_ITS_WAY, TakesNone, NOT_ON_ITS_WAY, NOT_ON_ITS_WAY, DENIED, UNKNOWN],
        ),
        line(
            "SubmissionService/Status",
            s::status,
            [ok(&[]), NOT_THERE, TakesNone, NOT_THERE, OWN_READ, NOT_THERE, UNKNOWN],
        ),
        line(
            "SubmissionService/Receipt",
            s::receipt,
            [ok(&[]), NOT_THERE, TakesNone, NOT_THERE, OWN_READ, NOT_THERE, UNKNOWN],
        ),
        line(
            "SubmissionService/Withdraw",
            s::withdraw,
            [ok(&["withdrawn"]), NOT_THERE, TakesNone, NOT_THERE, DENIED, NOT_THERE, UNKNOWN],
        ),
        line(
            "EnrolmentService/Enrol",
            enrolment::enrol,
            [
                ok(&["enrolled"]),
                UNKNOWN,
                TakesNone,
                open(&["enrolled"], "the token alone says who: names in the request are ignored"),
                NamesNone("the areas come with the invitation"),
                UNKNOWN,
                UNKNOWN,
            ],
        ),
    ]
}

fn reads() -> Vec<Line> {
    const EMPTY: Cell = hides("the inbox is answered without what the caller may not know of");
    vec![
        line("InboxService/List", inbox::list, [ok(&[]), EMPTY, TakesNone, EMPTY, EMPTY, EMPTY, UNKNOWN]),
        line(
            "InboxService/Fetch",
            inbox::fetch,
            [ok(&["released"]), NOT_THERE, DENIED, NOT_THERE, NOT_THERE, NOT_THERE, UNKNOWN],
        ),
        line(
            "InboxService/Acknowledge",
            inbox::acknowledge,
            [ok(&["acknowledged"]), NOT_THERE, TakesNone, NOT_THERE, NOT_THERE, NOT_THERE, UNKNOWN],
        ),
        line(
            "InboxService/Reject",
            inbox::reject,
            [ok(&["rejected"]), NOT_THERE, TakesNone, NOT_THERE, NOT_THERE, NOT_THERE, UNKNOWN],
        ),
        line(
            "ObligationService/Missing",
            looking::missing,
            [
                ok(&[]),
                DENIED,
                TakesNone,
                DENIED,
                NamesNone(
                    "COMP-01: what an agency owes itself is told whatever the area, as states and counts",
                ),
                DENIED,
                UNKNOWN,
            ],
        ),
        line(
            "AuditService/Search",
            looking::search,
            [ok(&["audit_read"]), DENIED, TakesNone, DENIED, whole(&["audit_read"]), DENIED, UNKNOWN],
        ),
        line(
            "AuditService/Leaves",
            looking::leaves,
            [ok(&["audit_read"]), DENIED, TakesNone, DENIED, whole(&["audit_read"]), DENIED, UNKNOWN],
        ),
        line(
            "AuditService/Checkpoint",
            looking::checkpoint,
            [ok(&[]), DENIED, TakesNone, DENIED, whole(&[]), DENIED, UNKNOWN],
        ),
        line(
            "CatalogueService/Fetch",
            looking::catalogue,
            [ok(&[]), UNKNOWN, TakesNone, ROLELESS, ROLELESS, ROLELESS, UNKNOWN],
        ),
        line(
            "DirectoryService/WhoAmI",
            looking::who,
            [ok(&[]), UNKNOWN, TakesNone, ROLELESS, ROLELESS, ROLELESS, UNKNOWN],
        ),
    ]
}

fn policies() -> Vec<Line> {
    const CLOSED: Cell = hides("what is in force is everybody's to know, what is open is not");
    const TOLD_NO: Cell = hides("whoever has a certificate may ask, and is told no");
    vec![
        line(
            "PolicyService/Standing",
            policy::standing,
            [ok(&[]), CLOSED, TakesNone, ours(&[]), ours(&[]), CLOSED, UNKNOWN],
        ),
        line(
            "PolicyService/Files",
            policy::files,
            [ok(&[]), DENIED, TakesNone, ours(&[]), ours(&[]), DENIED, UNKNOWN],
        ),
        line(
            "PolicyService/Propose",
            policy::propose,
            [
                ok(&["policy_proposed"]),
                DENIED,
                TakesNone,
                ours(&["policy_proposed"]),
                ours(&["policy_proposed"]),
                DENIED,
                UNKNOWN,
            ],
        ),
        line(
            "PolicyService/Answer",
            policy::answer,
            [
                ok(&["policy_answered"]),
                DENIED,
                TakesNone,
                // a lead of another agency takes this one's proposal back
                WRONG_STATE,
                ours(&["policy_answered"]),
                DENIED,
                UNKNOWN,
            ],
        ),
        line(
            "PolicyService/Activate",
            policy::activate,
            [
                ok(&["policy_loaded"]),
                DENIED,
                TakesNone,
                ours(&["policy_loaded"]),
                ours(&["policy_loaded"]),
                DENIED,
                UNKNOWN,
            ],
        ),
        line(
            "PolicyService/RollBack",
            policy::roll_back,
            [
                ok(&["policy_loaded"]),
                DENIED,
                TakesNone,
                ours(&["policy_loaded"]),
                ours(&["policy_loaded"]),
                DENIED,
                UNKNOWN,
            ],
        ),
        line(
            "PolicyService/Suspend",
            policy::suspend,
            [
                ok(&["suspended"]),
                DENIED,
                TakesNone,
                open(
                    &["suspended"],
                    "POL-SUSPEND: an emergency is whoever's sees it; another person reviews it",
                ),
                ours(&["suspended"]),
                DENIED,
                UNKNOWN,
            ],
        ),
        line(
            "PolicyService/Review",
            policy::review,
            [ok(&["reviewed"]), DENIED, TakesNone, ours(&["reviewed"]), ours(&["reviewed"]), DENIED, UNKNOWN],
        ),
        line(
            "PolicyService/CanI",
            policy::can_i,
            [
                ok(&[]),
                TOLD_NO,
                open(&[], "none named means the type's own purpose; the answer gives nothing away"),
                TOLD_NO,
                TOLD_NO,
                TOLD_NO,
                UNKNOWN,
            ],
        ),
        line(
            "PolicyService/Explain",
            policy::explain,
            [ok(&[]), NOT_THERE, TakesNone, NOT_THERE, NOT_THERE, NOT_THERE, UNKNOWN],
        ),
    ]
}
