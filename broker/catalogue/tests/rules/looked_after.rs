//! The looked-after children's return: for every rule a folder that breaks it and one that keeps it, told as what
//! differs from a folder without a fault.

use std::collections::BTreeMap;

/// A table, a row, and what its cells say; a row beyond the last is the first again.
pub type Edit = (&'static str, usize, &'static [(&'static str, &'static str)]);

pub struct Fixture {
    pub rule: &'static str,
    pub breaks: &'static [Edit],
    pub passes: &'static [Edit],
    /// The same child's return of the year before; a rule that does not look back has one of a stranger.
    pub before: Option<&'static [Edit]>,
    /// What cannot but be broken as well.
    pub also: &'static [&'static str],
}

/// A decision to place the child of some day, in both tables that name it.
macro_rules! placed {
    ($day:literal) => {
        &[("placed_for_adoption", 0, &[("DATE_PLACED", $day)]), ("ad1", 0, &[("DATE_INT", $day)])]
    };
}

const fn fixture(rule: &'static str, breaks: &'static [Edit], passes: &'static [Edit]) -> Fixture {
    Fixture { rule, breaks, passes, before: None, also: &[] }
}

const fn after(
    before: &'static [Edit],
    rule: &'static str,
    breaks: &'static [Edit],
    passes: &'static [Edit],
) -> Fixture {
    Fixture { rule, breaks, passes, before: Some(before), also: &[] }
}

pub const FIXTURES: &[Fixture] = &[
    fixture("101", &[("header", 0, &[("SEX", "3")])], &[("header", 0, &[("SEX", "1")])]),
    fixture("102", &[("header", 0, &[("DOB", "31/02/2010")])], &[("header", 0, &[("DOB", "28/02/2010")])]),
    fixture("103", &[("header", 0, &[("ETHNIC", "")])], &[("header", 0, &[("ETHNIC", "NOBT")])]),
    fixture(
        "141",
        &[("episodes", 0, &[("DECOM", "2023-04-01")])],
        &[("episodes", 0, &[("DECOM", "01/04/2023")])],
    ),
    fixture(
        "142",
        &[("episodes", 1, &[("DECOM", "01/06/2023")])],
        &[
            ("episodes", 0, &[("DEC", "01/06/2023"), ("REC", "X1")]),
            ("episodes", 1, &[("DECOM", "01/06/2023")]),
        ],
    ),
    fixture("143", &[("episodes", 0, &[("RNE", "s")])], &[("episodes", 0, &[("RNE", "")])]),
    fixture("144", &[("episodes", 0, &[("LS", "section 20")])], &[("episodes", 0, &[("LS", "V2")])]),
    fixture("145", &[("episodes", 0, &[("CIN", "N9")])], &[("episodes", 0, &[("CIN", "N8")])]),
    fixture("146", &[("episodes", 0, &[("PLACE", "P0")])], &[("episodes", 0, &[("PLACE", "H5")])]),
    fixture(
        "147",
        &[("episodes", 0, &[("DEC", "soon"), ("REC", "X1")])],
        &[("episodes", 0, &[("DEC", "29/02/2024"), ("REC", "X1")])],
    ),
    fixture("148", &[("episodes", 0, &[("REC", "X1")])], &[("episodes", 0, &[("DEC", ""), ("REC", "")])]),
    fixture(
        "149",
        &[("episodes", 0, &[("DEC", "01/06/2023"), ("REC", "E1")])],
        &[("episodes", 0, &[("DEC", "01/06/2023"), ("REC", "E11")])],
    ),
    fixture("182", &[("oc2", 0, &[("TEETH_CHECK", "")])], &[("oc2", 0, OC2_BLANK)]),
    fixture(
        "501",
        &[
            ("episodes", 0, &[("DEC", "01/06/2023"), ("REC", "X1")]),
            ("episodes", 1, &[("DECOM", "31/05/2023"), ("DEC", ""), ("REC", "")]),
        ],
        &[
            ("episodes", 0, &[("DEC", "01/06/2023"), ("REC", "X1")]),
            ("episodes", 1, &[("DECOM", "01/06/2023"), ("DEC", ""), ("REC", "")]),
        ],
    ),
    fixture(
        "522",
        &[("placed_for_adoption", 0, &[("DATE_PLACED_CEASED", "30/04/2023")])],
        &[("placed_for_adoption", 0, &[("DATE_PLACED_CEASED", "01/05/2023")])],
    ),
    fixture(
        "523",
        &[("ad1", 0, &[("DATE_INT", "02/05/2023")])],
        &[("ad1", 0, &[("DATE_INT", "01/05/2023")])],
    ),
    fixture(
        "526",
        &[("episodes", 0, &[("PLACE_PROVIDER", "")])],
        &[("episodes", 0, &[("PLACE_PROVIDER", ""), ("PLACE", "T0")])],
    ),
    fixture("527", &[("episodes", 0, &[("PLACE", "R5")])], &[("episodes", 0, &[("PLACE", "R3")])]),
    fixture(
        "528",
        &[("episodes", 0, &[("PLACE", "R2"), ("PLACE_PROVIDER", "PR2")])],
        &[("episodes", 0, &[("PLACE", "R1"), ("PLACE_PROVIDER", "PR2")])],
    ),
    fixture(
        "529",
        &[("episodes", 0, &[("PLACE", "U3"), ("PLACE_PROVIDER", "PR3")])],
        &[("episodes", 0, &[("PLACE", "R2"), ("PLACE_PROVIDER", "PR3")])],
    ),
    fixture(
        "530",
        &[("episodes", 0, &[("PLACE", "P1"), ("PLACE_PROVIDER", "PR4")])],
        &[("episodes", 0, &[("PLACE", "P2"), ("PLACE_PROVIDER", "PR4")])],
    ),
    fixture(
        "550",
        &[("episodes", 0, &[("PLACE", "U1"), ("PLACE_PROVIDER", "PR0")])],
        &[("episodes", 0, &[("PLACE", "P1"), ("PLACE_PROVIDER", "PR0")])],
    ),
    fixture(
        "574",
        &[
            ("missing", 0, &[("MIS_END", "")]),
            ("missing", 1, &[("MIS_START", "01/07/2023"), ("MIS_END", "02/07/2023")]),
        ],
        &[("missing", 1, &[("MIS_START", "03/06/2023"), ("MIS_END", "")])],
    ),
    after(&[("header", 0, &[("SEX", "1")])], "202", &[], &[("header", 0, &[("SEX", "1")])]),
    after(&[("header", 0, &[("DOB", "02/02/2010")])], "203", &[], &[("header", 0, &[("DOB", "02/02/2010")])]),
    after(&[("header", 0, &[("ETHNIC", "WIRI")])], "204", &[], &[("header", 0, &[("ETHNIC", "WIRI")])]),
    after(&[("header", 0, &[("MOTHER", "1")])], "207", &[], &[("header", 0, &[("MOTHER", "1")])]),
    after(
        &[("header", 0, &[("UPN", "A000000000002")])],
        "208",
        &[],
        &[("header", 0, &[("UPN", "A000000000002")])],
    ),
    after(
        &[("header", 0, &[("MC_DOB", "01/01/2023")])],
        "624",
        &[],
        &[("header", 0, &[("MC_DOB", "01/01/2023")])],
    ),
    after(
        &[("header", 0, &[("MOTHER", "0")])],
        "626",
        &[("header", 0, &[("MOTHER", "1"), ("MC_DOB", "31/03/2023")])],
        &[("header", 0, &[("MOTHER", "1"), ("MC_DOB", "01/04/2023")])],
    ),
    after(
        &[("missing", 0, &[("MIS_END", "")])],
        "576",
        &[("missing", 0, &[("MIS_START", "02/06/2023")])],
        &[("missing", 1, &[("MIS_START", "03/06/2023"), ("MIS_END", "")])],
    ),
    after(&[], "502", &[("episodes", 0, &[("DECOM", "02/04/2023")])], &[]),
    after(&[], "503A", &[("episodes", 0, &[("RNE", "L")])], &[]),
    after(&[], "503B", &[("episodes", 0, &[("LS", "V2")])], &[]),
    after(&[], "503C", &[("episodes", 0, &[("CIN", "N2")])], &[]),
    after(&[], "503D", &[("episodes", 0, &[("PLACE", "U2")])], &[]),
    after(&[], "503E", &[("episodes", 0, &[("PLACE_PROVIDER", "PR2")])], &[]),
    after(&[], "503F", &[("episodes", 0, &[("URN", "SC000002")])], &[("episodes", 0, &[("URN", "")])]),
    after(
        &[("episodes", 0, &[("DECOM", "01/03/2022"), ("DEC", "01/02/2023"), ("REC", "X1")])],
        "562",
        &[("episodes", 0, &[("DECOM", "01/03/2023")])],
        &[("episodes", 0, &[("DECOM", "01/03/2022")])],
    ),
    fixture(
        "NoE",
        &[("episodes", 0, &[("DECOM", "31/03/2023")])],
        &[("episodes", 0, &[("DECOM", "01/04/2023")])],
    ),
    fixture("559", placed!("31/03/2023"), placed!("01/04/2023")),
    after(&[], "560", placed!("02/05/2023"), &[]),
    after(CEASED, "561", &[], placed!("02/06/2023")),
    after(CEASED, "584", placed!("30/04/2023"), placed!("02/05/2023")),
    Fixture { also: &["open-last-year"], ..after(&[], "1010", &[("episodes", 0, &[("CHILD", "2")])], &[]) },
    after(
        &[("episodes", 1, &[("CHILD", "3")])],
        "open-last-year",
        &[],
        &[("episodes", 1, &[("CHILD", "3")])],
    ),
];

const CEASED: &[Edit] =
    &[("placed_for_adoption", 0, &[("DATE_PLACED_CEASED", "01/06/2023"), ("REASON_PLACED_CEASED", "RD1")])];

const OC2_BLANK: &[(&str, &str)] = &[
    ("CONVICTED", ""),
    ("HEALTH_CHECK", ""),
    ("IMMUNISATIONS", ""),
    ("TEETH_CHECK", ""),
    ("HEALTH_ASSESSMENT", ""),
    ("SUBSTANCE_MISUSE", ""),
    ("INTERVENTION_RECEIVED", ""),
    ("INTERVENTION_OFFERED", ""),
];

/// A folder without a fault: its tables, headings and one row each.
pub const SOUND: &[(&str, &str, &str)] = &[
    ("header", "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB", "1,2,01/02/2010,WBRI,A000000000001,,"),
    (
        "episodes",
        "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN",
        "1,01/04/2023,S,C2,N1,U1,PR1,,,,E8 1EA,E8 1EA,SC000001",
    ),
    ("reviews", "CHILD,DOB,REVIEW,REVIEW_CODE", "1,01/02/2010,01/05/2023,PN1"),
    ("uasc", "CHILD,SEX,DOB,DUC", "1,2,01/02/2010,"),
    (
        "oc2",
        "CHILD,DOB,SDQ_SCORE,SDQ_REASON,CONVICTED,HEALTH_CHECK,IMMUNISATIONS,TEETH_CHECK,HEALTH_ASSESSMENT,SUBSTANCE_MISUSE,INTERVENTION_RECEIVED,INTERVENTION_OFFERED",
        "1,01/02/2010,12,,0,1,1,1,1,0,0,0",
    ),
    ("oc3", "CHILD,DOB,IN_TOUCH,ACTIV,ACCOM", "1,01/02/2010,YES,F1,K1"),
    (
        "ad1",
        "CHILD,DOB,DATE_INT,DATE_MATCH,FOSTER_CARE,NB_ADOPTR,SEX_ADOPTR,LS_ADOPTR",
        "1,01/02/2010,01/05/2023,01/07/2023,0,2,MF,L0",
    ),
    (
        "placed_for_adoption",
        "CHILD,DOB,DATE_PLACED,DATE_PLACED_CEASED,REASON_PLACED_CEASED",
        "1,01/02/2010,01/05/2023,,",
    ),
    ("previous_permanence", "CHILD,DOB,PREV_PERM,LA_PERM,DATE_PERM", "1,01/02/2010,Z1,,"),
    ("missing", "CHILD,DOB,MISSING,MIS_START,MIS_END", "1,01/02/2010,M,01/06/2023,03/06/2023"),
];

/// The folder, changed: file names and what is in them.
pub fn folder(edits: &[Edit]) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for (table, heading, row) in SOUND {
        let columns: Vec<&str> = heading.split(',').collect();
        let mut rows: Vec<Vec<&str>> = vec![row.split(',').collect()];
        for (_, at, cells) in edits.iter().filter(|(name, ..)| name == table) {
            while rows.len() <= *at {
                rows.push(row.split(',').collect());
            }
            for (column, value) in *cells {
                rows[*at][columns.iter().position(|c| c == column).unwrap()] = value;
            }
        }
        let rows: Vec<String> = rows.iter().map(|row| row.join(",")).collect();
        files.insert(format!("{table}.csv"), format!("{heading}\n{}\n", rows.join("\n")));
    }
    files
}
