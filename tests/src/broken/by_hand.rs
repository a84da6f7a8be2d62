//! Edits of the rows by hand, and of the agreements that answer for them.

use super::{AGREEMENTS, BY_HAND, Broken, Edit, Said, error, key, row_of};

const fn cell(row: u32, column: &'static str, words: &'static str) -> Said {
    error(BY_HAND, row, column, words)
}

/// Rows by hand that are refused. The first is `DENY-01,*,city-and-hackney,*,*,*,read,none,*,0000-01-01,9999-12-31,none,deny`.
pub const REFUSED: &[Broken] = &[
    // unknown words, a column each
    (BY_HAND, "DENY-01,*,", "DENY-01,role:submiter,", cell(2, "sub", "`submiter` is no role of roles.csv")),
    (BY_HAND, "DENY-01,*,", "DENY-01,submitter,", cell(2, "sub", "`submitter` is no subject; write role:X")),
    (BY_HAND, "DENY-01,*,", "DENY-01,kind:polce,", cell(2, "sub", "`polce` is no kind")),
    (BY_HAND, "DENY-01,*,", "DENY-01,agency:atlantis,", cell(2, "sub", "`atlantis` is no agency of")),
    (BY_HAND, ",city-and-hackney,", ",*,", cell(2, "part", "`*` is not this partnership")),
    (BY_HAND, ",*,*,*,read,none", ",mine,*,*,read,none", cell(2, "owner", "`mine` is no owner")),
    (BY_HAND, ",*,*,*,read,none", ",*,Hackney,*,read,none", cell(2, "area", "`Hackney` is not an area")),
    (BY_HAND, ",*,*,*,read,none", ",*,E09000099,*,read,none", cell(2, "area", "is no area of any agency")),
    (BY_HAND, ",*,*,*,read,none", ",*,*,.*,read,none", cell(2, "rtype", "`.*` is no return type")),
    (
        BY_HAND,
        ",*,*,*,read,none",
        ",*,*,rt:core-data,read,none",
        cell(2, "rtype", "is no return type of the"),
    ),
    (BY_HAND, ",*,*,*,read,none", ",*,*,fam:persons,read,none", cell(2, "rtype", "is no return type")),
    (BY_HAND, ",read,none", ",regexMatch(r.act),none", cell(2, "act", "is no act")),
    (BY_HAND, ",read,none", ",read,P9", cell(2, "purpose", "`P9` is no purpose of purposes.toml")),
    (BY_HAND, ",person_level,", ",person_levl,", cell(3, "fact", "`person_levl` is no fact")),
    (BY_HAND, "0000-01-01", "0000-1-1", cell(2, "from", "`0000-1-1` is not a date")),
    (BY_HAND, "9999-12-31", "9999-02-30", cell(2, "until", "`9999-02-30` is not a date")),
    (BY_HAND, ",none,deny", ",full,deny", cell(2, "profile", "a deny has no profile: write `none`")),
    (BY_HAND, ",none,deny", ",none,Deny", cell(2, "eft", "`Deny` is neither `allow` nor `deny`")),
    (BY_HAND, ",none,deny", ",none,", cell(2, "eft", "is empty; write `*` for any")),
    // rows that would mean more or less than they look
    (BY_HAND, ",*,*,*,read,none", ",*,own,*,read,none", cell(2, "area", "`own` would deny too little")),
    (BY_HAND, ",none,deny", ",full,allow", cell(2, "sub", "an allow must say whom it allows")),
    (BY_HAND, "DENY-02,", "DENY-01,", cell(3, "id", "`DENY-01` stands in line 2 too")),
    (BY_HAND, "DENY-01,*,", "DENY 01,*,", cell(2, "id", "`DENY 01` is not a rule's id")),
    (
        BY_HAND,
        "DENY-01,*,",
        "DENY-01,role:lado+kind:police,",
        cell(2, "sub", "no agency of that kind may hold"),
    ),
    // what editors and spreadsheets do to a file
    (BY_HAND, ",none,deny", ",none", row_of(BY_HAND, 2, "has 12 cells, not 13")),
    (BY_HAND, ",none,deny", ",none,deny,deny", row_of(BY_HAND, 2, "has 14 cells, not 13")),
    (BY_HAND, "id,sub,", "\u{feff}id,sub,", row_of(BY_HAND, 1, "starts with a byte order mark")),
    (BY_HAND, ",eft\n", ",eft\r\n", row_of(BY_HAND, 1, "ends in a carriage return")),
    (BY_HAND, "id,sub,", "id,subject,", row_of(BY_HAND, 1, "the first line must be exactly `id,sub,part,")),
    (BY_HAND, "DENY-01,*,", "DENY-01,\"*\",", row_of(BY_HAND, 2, "holds a quotation mark")),
    (BY_HAND, ",read,none", ",read ,none", cell(2, "act", "has a space at an end")),
    (BY_HAND, ",read,none", ",re\u{430}d,none", row_of(BY_HAND, 2, "is not ASCII; it may be a lookalike")),
    (BY_HAND, "DENY-01,*,", "#DENY-01,*,", row_of(BY_HAND, 2, "there are no comments here")),
    (BY_HAND, "DENY-01,*,", "\nDENY-01,*,", row_of(BY_HAND, 2, "is empty; remove the line")),
    (BY_HAND, ",read,none", ",\tread,none", row_of(BY_HAND, 2, "holds a tab or another control character")),
    // an allow that no agreement answers for
    (BY_HAND, DENY, POLICE, cell(2, "id", "`HAND-01` allows and no agreement of agreements.toml names it")),
    // what an agreement says of them
    (
        AGREEMENTS,
        REVIEW,
        NAMES_NONE,
        key(AGREEMENTS, "ISA-CDS.by_hand", "`HAND-99` is no row of by-hand.csv"),
    ),
    (AGREEMENTS, REVIEW, NAMES_A_DENY, key(AGREEMENTS, "ISA-CDS.by_hand", "`DENY-01` denies")),
];

/// An allow by hand that an agreement names, and that this agreement does not cover.
pub const NAMED_REFUSED: &[(&[Edit], Said)] = &[
    (
        &[(AGREEMENTS, REVIEW, NAMES), (BY_HAND, DENY, NATIONAL)],
        cell(2, "sub", "`HAND-01` would let `nhs-england` act, which is no party to ISA-CDS"),
    ),
    (
        &[(AGREEMENTS, REVIEW, NAMES), (AGREEMENTS, FORCE, ""), (BY_HAND, DENY, POLICE)],
        cell(2, "sub", "`HAND-01` would let `metropolitan-police` act, which has not signed ISA-CDS"),
    ),
    (
        &[(AGREEMENTS, REVIEW, NAMES), (AGREEMENTS, COUNCIL, ""), (BY_HAND, DENY, POLICE)],
        cell(
            2,
            "owner",
            "`HAND-01` reaches `cds-csc-quarterly` of `hackney-council`, which has not signed ISA-CDS",
        ),
    ),
    (
        &[
            (AGREEMENTS, REVIEW, NAMES),
            (BY_HAND, DENY, POLICE),
            (BY_HAND, "2022-04-01,2027-03-31", "2022-04-01,2027-04-01"),
        ],
        key(AGREEMENTS, "ISA-CDS.by_hand", "`HAND-01` reaches beyond the days of the agreement"),
    ),
    (
        &[
            (AGREEMENTS, REVIEW, NAMES),
            (BY_HAND, DENY, POLICE),
            (BY_HAND, "P4-partnership-assurance", "P5-scrutiny"),
        ],
        key(AGREEMENTS, "ISA-CDS.by_hand", "`HAND-01` has a purpose that the agreement does not allow"),
    ),
    (
        &[(AGREEMENTS, REVIEW, NAMES_TWICE), (BY_HAND, DENY, POLICE)],
        key(AGREEMENTS, "ISA-CDS.by_hand", "`HAND-01` is there twice"),
    ),
];

const DENY: &str = "DENY-01,";
const POLICE: &str = "HAND-01,role:reader+kind:police,city-and-hackney,other,shared,rt:cds-csc-quarterly,read,\
    P4-partnership-assurance,*,2022-04-01,2027-03-31,full,allow\nDENY-01,";
const NATIONAL: &str = "HAND-01,role:reader+agency:nhs-england,city-and-hackney,other,*,rt:cds-csc-quarterly,read,\
    P4-partnership-assurance,*,2022-04-01,2027-03-31,full,allow\nDENY-01,";
const REVIEW: &str = "review = \"2026-12-31\"\n";
const NAMES: &str = "review = \"2026-12-31\"\nby_hand = [\"HAND-01\"]\n";
const NAMES_TWICE: &str = "review = \"2026-12-31\"\nby_hand = [\"HAND-01\", \"HAND-01\"]\n";
const NAMES_NONE: &str = "review = \"2026-12-31\"\nby_hand = [\"HAND-99\"]\n";
const NAMES_A_DENY: &str = "review = \"2026-12-31\"\nby_hand = [\"DENY-01\"]\n";
const COUNCIL: &str = "    { party = \"hackney-council\", office = \"Group Director, Children and Education\", \
    on = \"2022-03-14\" },\n";
const FORCE: &str = "    { party = \"metropolitan-police\", office = \"Commander, Central East BCU\", \
    on = \"2022-03-14\" },\n";
