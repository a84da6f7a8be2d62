//! Edits of the generated rules: what is wrong with a cell is said beside that the file is not what generation gives.

use super::{Broken, RULES, Said, error, row_of, whole};

const fn cell(row: u32, column: &'static str, words: &'static str) -> Said {
    error(RULES, row, column, words)
}

/// Rules that are refused: most are let in by the engine alone, and then allow or deny what nobody meant.
pub const REFUSED: &[Broken] = &[
    // unknown words
    (RULES, "role:submitter,", "role:submiter,", cell(2, "sub", "`submiter` is no role of roles.csv")),
    (RULES, "role:submitter,", "submitter,", cell(2, "sub", "`submitter` is no subject; write role:X")),
    (RULES, "+kind:police", "+kind:polce", cell(3, "sub", "`polce` is no kind")),
    (
        RULES,
        "+kind:police",
        "+agency:atlantis",
        cell(3, "sub", "`atlantis` is no agency of partnership.toml"),
    ),
    (RULES, ",city-and-hackney,", ",*,", cell(2, "part", "`*` is not this partnership")),
    (RULES, ",own,own,", ",mine,own,", cell(2, "owner", "`mine` is no owner; write `*`, own, other")),
    (RULES, ",own,own,", ",own,Hackney,", cell(2, "area", "`Hackney` is not an area")),
    (RULES, ",own,own,", ",own,E09000099,", cell(2, "area", "`E09000099` is no area of any agency")),
    (RULES, "rt:core-data-set-annual", "core-data-set-annual", cell(2, "rtype", "is no return type; write")),
    (
        RULES,
        "rt:core-data-set-annual",
        "rt:core-data",
        cell(2, "rtype", "is no return type of the catalogue"),
    ),
    (RULES, "rt:core-data-set-annual", "fam:persons", cell(2, "rtype", "`fam:persons` is no return type")),
    (RULES, ",submit,", ",Submit,", cell(2, "act", "`Submit` is no act; write one of ")),
    (RULES, ",submit,*,", ",submit,P9,", cell(2, "purpose", "`P9` is no purpose of purposes.toml")),
    (RULES, ",submit,*,*,", ",submit,*,!own,", cell(2, "fact", "`!own` is no fact")),
    (RULES, ",submit,*,*,", ",submit,*,suspended,", cell(2, "fact", "`suspended` is no fact")),
    // expressions, regular expressions and functions are words like any other, and unknown
    (RULES, "role:submitter,", "r.sub == p.sub || true,", cell(2, "sub", "is no subject")),
    (RULES, "rt:core-data-set-annual", ".*", cell(2, "rtype", "`.*` is no return type")),
    (RULES, ",submit,", ",regexMatch(r.act),", cell(2, "act", "is no act")),
    (
        RULES,
        ",no-content,allow",
        ",no-content,Allow",
        cell(2, "eft", "`Allow` is neither `allow` nor `deny`"),
    ),
    (RULES, ",no-content,allow", ",no-content,", cell(2, "eft", "is empty; write `*` for any")),
    (RULES, ",no-content,allow", ",no-content", row_of(RULES, 2, "has 12 cells, not 13")),
    (RULES, ",no-content,allow", ",no-content,allow,deny", row_of(RULES, 2, "has 14 cells, not 13")),
    (
        RULES,
        ",no-content,allow",
        ",no-contents,allow",
        cell(2, "profile", "there is no profile `profiles/no-con"),
    ),
    (RULES, ",no-content,allow", ",none,allow", cell(2, "profile", "an allow must name its profile")),
    (RULES, ",none,deny", ",full,deny", cell(153, "profile", "a deny has no profile: write `none`")),
    // rows that would mean more or less than they look
    (RULES, "role:submitter,", "*,", cell(2, "sub", "an allow must say whom it allows")),
    (RULES, ",submit,", ",*,", cell(2, "act", "an allow must say what it allows")),
    (
        RULES,
        "role:lado,",
        "role:lado+kind:police,",
        cell(0, "sub", "no agency of that kind may hold this role"),
    ),
    (RULES, "*,*,*,read,none", "*,own,*,read,none", cell(153, "area", "`own` would deny too little")),
    (RULES, "2022-04-01", "2022-4-1", cell(2, "from", "`2022-4-1` is not a date; write it as 2022-04-01")),
    (RULES, "2022-04-01", "2022-02-30", cell(2, "from", "`2022-02-30` is not a date")),
    (RULES, "2027-03-31", "2022-03-31", cell(2, "until", "the last day lies before the first")),
    (RULES, "SUB-02,", "SUB-01,", cell(3, "id", "`SUB-01` stands in line 2 too")),
    (RULES, "SUB-01,role", "SUB 01,role", cell(2, "id", "`SUB 01` is not a rule's id")),
    // what editors and spreadsheets do to a file
    (RULES, "id,sub,", "\u{feff}id,sub,", row_of(RULES, 1, "starts with a byte order mark")),
    (RULES, ",eft\n", ",eft\r\n", row_of(RULES, 1, "ends in a carriage return")),
    (RULES, "id,sub,", "id,subject,", row_of(RULES, 1, "the first line must be exactly `id,sub,part,")),
    (RULES, "role:submitter,", "\"role:submitter\",", row_of(RULES, 2, "holds a quotation mark")),
    (RULES, "role:submitter,", "role:submitter ,", cell(2, "sub", "has a space at an end")),
    (
        RULES,
        "role:submitter,",
        "role:submi\u{442}ter,",
        row_of(RULES, 2, "is not ASCII; it may be a lookalike"),
    ),
    (RULES, "SUB-01,role", "#SUB-01,role", row_of(RULES, 2, "there are no comments here")),
    (RULES, "SUB-01,role", "\nSUB-01,role", row_of(RULES, 2, "is empty; remove the line")),
    (RULES, ",own,own,", ",\town,own,", row_of(RULES, 2, "holds a tab or another control character")),
    // rules that are not what the agreements give, though every cell of them reads well
    (
        RULES,
        ",own,own,",
        ",own,*,",
        row_of(RULES, 2, "should read `SUB-01,role:submitter,city-and-hackney,own,own,"),
    ),
    (RULES, ",full,allow", ",dfe,allow", row_of(RULES, 0, "concordat policy generate")),
    (
        RULES,
        "DENY-01,",
        "HAND-01,role:reader,city-and-hackney,other,*,rt:cin-census,read,*,*,2022-04-01,2027-03-31,full,allow\nDENY-01,",
        row_of(RULES, 153, "should read `DENY-01,"),
    ),
    (
        RULES,
        "DENY-14,role:independent-scrutineer,city-and-hackney,*,*,*,list,*,person_level,0000-01-01,9999-12-31,none,deny\n",
        "",
        row_of(RULES, 166, "ends too early: here should stand `DENY-14,"),
    ),
    ("Rules.csv", "", "x", whole("Rules.csv", "is no file of policy; remove it")),
];
