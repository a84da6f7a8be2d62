//! The sample folder broken in one place at a time: what `concordat policy lint` says, with file, row, column and words.
//!
//! Edits of `rules.csv` stand apart from the others, and edits that are refused from those that are worth a look.

use super::*;

/// The file, what is replaced there by what, and what is said: severity, file, row, column, and words of the text.
type Broken = (&'static str, &'static str, &'static str, Said);
type Said = (&'static str, &'static str, Option<u32>, Option<&'static str>, &'static str);

const fn error(file: &'static str, row: u32, column: &'static str, words: &'static str) -> Said {
    ("error", file, Some(row), Some(column), words)
}

const fn cell(row: u32, column: &'static str, words: &'static str) -> Said {
    error(RULES, row, column, words)
}

const fn row_of(file: &'static str, row: u32, words: &'static str) -> Said {
    ("error", file, Some(row), None, words)
}

const fn key(file: &'static str, column: &'static str, words: &'static str) -> Said {
    ("error", file, None, Some(column), words)
}

const fn whole(file: &'static str, words: &'static str) -> Said {
    ("error", file, None, None, words)
}

const fn warned(file: &'static str, row: u32, column: &'static str, words: &'static str) -> Said {
    ("warning", file, Some(row), Some(column), words)
}

const fn unsaid(words: &'static str) -> Said {
    ("warning", RULES, None, Some("rtype"), words)
}

const fn told(file: &'static str, row: u32, column: &'static str, words: &'static str) -> Said {
    ("info", file, Some(row), Some(column), words)
}

const RULES: &str = "rules.csv";
const AGREEMENTS: &str = "agreements.toml";

/// Rules that are refused: most are let in by the engine alone, and then allow or deny what nobody meant.
const RULES_REFUSED: &[Broken] = &[
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
    (RULES, ",none,deny", ",full,deny", cell(120, "profile", "a deny has no profile: write `none`")),
    // rows that would mean more or less than they look
    (RULES, "role:submitter,", "*,", cell(2, "sub", "an allow must say whom it allows")),
    (RULES, ",submit,", ",*,", cell(2, "act", "an allow must say what it allows")),
    (
        RULES,
        "role:lado,",
        "role:lado+kind:police,",
        cell(0, "sub", "no agency of that kind may hold this role"),
    ),
    (RULES, "*,*,*,read,none", "*,own,*,read,none", cell(120, "area", "`own` would deny too little")),
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
    ("Rules.csv", "", "x", whole("Rules.csv", "is no file of policy; remove it")),
];

/// Other files that are refused.
const OTHERS_REFUSED: &[Broken] = &[
    ("roles.csv", "submitter,*,", "submitter,csc,", error("roles.csv", 2, "kinds", "`csc` is no kind")),
    ("roles.csv", "reader,*,", "submitter,*,", error("roles.csv", 3, "role", "`submitter` is there twice")),
    ("roles.csv", "lado,lado,", "lado,lado lado,", error("roles.csv", 4, "kinds", "`lado` is there twice")),
    ("roles.csv", "role,kinds", "Role,kinds", row_of("roles.csv", 1, "the first line must be exactly")),
    ("purposes.toml", "gateway", "gatway", row_of("purposes.toml", 0, "unknown field `gatway`")),
    ("purposes.toml", "P2-manage-allegation", "P1-safeguard-child", whole("purposes.toml", "is there twice")),
    ("purposes.toml", "named child", "named \u{441}hild", row_of("purposes.toml", 0, "is not ASCII")),
    (AGREEMENTS, "\"SUB-01\", ", "", cell(2, "id", "`SUB-01` allows and no agreement of agreements.toml")),
    (AGREEMENTS, "\"SUB-01\"", "\"SUB-99\"", key(AGREEMENTS, "ISA-CDS.rules", "`SUB-99` is no row of rules")),
    (AGREEMENTS, "\"SUB-01\"", "\"DENY-01\"", key(AGREEMENTS, "ISA-CDS.rules", "`DENY-01` denies")),
    (AGREEMENTS, "2027-03-31", "2026-03-31", key(AGREEMENTS, "ISA-CDS.rules", "beyond the days")),
    (
        AGREEMENTS,
        "\"hackney-council\"",
        "\"hackney\"",
        key(AGREEMENTS, "ISA-CDS.parties", "`hackney` is no ag"),
    ),
    (AGREEMENTS, "id = \"ISA-LADO\"", "id = \"ISA-CDS\"", key(AGREEMENTS, "ISA-CDS.id", "is there twice")),
    (AGREEMENTS, "review = ", "reviewed = ", row_of(AGREEMENTS, 0, "unknown field `reviewed`")),
    (
        "profiles/dfe.toml",
        "\"dfe\"",
        "\"ons\"",
        whole("profiles/dfe.toml", "there is no `suppression/ons.toml`"),
    ),
    (
        "profiles/dfe.toml",
        "criminal = \"drop\"\n",
        "",
        whole("profiles/dfe.toml", "nothing of the class `crim"),
    ),
    ("profiles/dfe.toml", "\"drop\"", "\"blur\"", row_of("profiles/dfe.toml", 0, "unknown variant `blur`")),
    ("profiles/full.TOML", "", "x", whole("profiles/full.TOML", "is no file of policy")),
    ("suppression/dfe.toml", "from = 1", "from = 9", whole("suppression/dfe.toml", "`from` is greater than")),
    ("suppression/dfe.toml", "\"c\"", "\"0\"", whole("suppression/dfe.toml", "is none of `c`, `[c]`, `*`")),
    ("partnership.toml", "kind = \"police\"", "kind = \"polce\"", row_of("partnership.toml", 0, "polce")),
    ("partnership.toml", "id = \"homerton\"", "id = \"elft\"", whole("partnership.toml", "declared twice")),
    (
        "returns/cds-police-quarterly.toml",
        "why =",
        "wy =",
        error("returns/cds-police-quarterly.toml", 0, "wy", "there is no key `wy`"),
    ),
    ("calendar.toml", "2012-01-02", "2012-01-32", whole("calendar.toml", "2012-01-32")),
];

/// Rules that are read, and worth a look.
const RULES_WORTH_A_LOOK: &[Broken] = &[
    // rows that never match, or that others leave nothing of
    (
        RULES,
        "own,*,fam:all,read,*,own",
        "other,*,fam:all,read,*,own",
        warned(RULES, 84, "fact", "no request can be so"),
    ),
    (
        RULES,
        "own,own,rt:core-data-set-annual,submit,*,*",
        "own,own,none,submit,*,person_level",
        warned(RULES, 2, "fact", "no request can be so"),
    ),
    (
        RULES,
        "DENY-01,*,",
        "DENY-99,*,city-and-hackney,*,*,rt:core-data-set-annual,submit,*,*,0000-01-01,9999-12-31,none,deny\nDENY-01,*,",
        warned(RULES, 2, "eft", "whatever it allows is denied by DENY-99"),
    ),
    (
        RULES,
        "DENY-01,*,",
        "DENY-99,*,city-and-hackney,*,*,rt:lado-notification,declare-nil,*,*,0000-01-01,9999-12-31,none,deny\nDENY-01,*,",
        warned(RULES, 120, "eft", "denies nothing that any row allows"),
    ),
    // return types that have no rule any more
    (
        RULES,
        "rt:cds-police-quarterly,submit",
        "rt:core-data-set-annual,submit",
        unsaid("no row lets anybody send `cds-police-q"),
    ),
    (
        RULES,
        "rt:lado-outcome,submit",
        "rt:lado-notification,submit",
        unsaid("no row lets anybody send `lado-outcome`"),
    ),
    // rows that say more than was meant
    (
        RULES,
        "own,*,fam:all,read,*,own",
        "other,*,fam:all,read,*,*",
        warned(RULES, 84, "area", "area, rtype, purpose is open: it shows every return of others"),
    ),
    (
        RULES,
        "role:submitter+kind:police",
        "role:submitter+kind:voluntary",
        told(RULES, 3, "sub", "speaks of voluntary agencies"),
    ),
    (
        RULES,
        "role:reader,city-and-hackney,own,*,fam:all,read,*,own,2022-04-01,2027-03-31,full",
        "role:reader,city-and-hackney,own,*,fam:all,read,*,own,2022-04-01,2027-03-31,dfe",
        told(RULES, 84, "profile", "meets READ-12 of line 85, which says `dfe`"),
    ),
];

/// Other files that are read, and worth a look.
const OTHERS_WORTH_A_LOOK: &[Broken] = &[
    (
        "roles.csv",
        "lado,lado,",
        "spare,*,x\nlado,lado,",
        warned("roles.csv", 4, "role", "no row speaks of the"),
    ),
    (
        "roles.csv",
        "designated-nurse,health,",
        "designated-nurse,voluntary,",
        warned("roles.csv", 6, "kinds", "nobody can hold"),
    ),
    (
        "profiles/spare.toml",
        "",
        SPARE,
        ("warning", "profiles/spare.toml", None, None, "no row uses this profile"),
    ),
    (
        "suppression/spare.toml",
        "",
        METHOD,
        ("info", "suppression/spare.toml", None, None, "no profile uses this"),
    ),
    (
        AGREEMENTS,
        "review = \"2026-12-31\"",
        "review = \"2026-01-31\"",
        ("warning", AGREEMENTS, None, Some("ISA-CDS.review"), "was to be reviewed by 2026-01-31"),
    ),
    (
        AGREEMENTS,
        "[[agreement]]",
        EMPTY,
        ("warning", AGREEMENTS, None, Some("ISA-NEW.rules"), "no row carries it out"),
    ),
    (
        AGREEMENTS,
        "[[agreement]]",
        EMPTY,
        ("warning", AGREEMENTS, None, Some("ISA-NEW.until"), "ends on 2026-12-31, in 39 days"),
    ),
    ("matrix.txt", "", "x", ("warning", "matrix.txt", Some(1), None, "is not the matrix of these rules")),
];

const SPARE: &str = "title = \"x\"\n[classes]\nidentifier = \"drop\"\ncontact = \"drop\"\ndemographic = \"drop\"\n\
    special_category = \"drop\"\ncriminal = \"drop\"\noperational = \"drop\"\naggregate = \"drop\"\n\
    free_text = \"drop\"\n";

const METHOD: &str = "title = \"x\"\nfrom = 1\nto = 9\nsymbol = \"c\"\n";

const EMPTY: &str = "[[agreement]]\nid = \"ISA-NEW\"\ntitle = \"x\"\nparties = [\"elft\", \"homerton\"]\npurposes = []\n\
    basis = [\"x\"]\nfrom = \"2026-01-01\"\nuntil = \"2026-12-31\"\nreview = \"2026-12-31\"\nrules = []\n\n[[agreement]]";

/// Where the row is not the matter, 0 stands for it.
fn is_said(finding: &Value, said: &Said) -> bool {
    let (severity, file, row, column, words) = *said;
    let at = |name: &str| finding[name].as_str();
    at("severity") == Some(severity)
        && at("file") == Some(file)
        && (row == Some(0) && finding["row"].is_u64() || finding["row"] == json!(row))
        && at("column") == column
        && at("text").is_some_and(|text| text.contains(words))
}

async fn each_is_said(all: &[Broken], code: u8) {
    let mut lead = Lead::new();
    let mut missed = Vec::new();
    for (file, from, to, said) in all {
        lead.edit(file, from, to);
        let (ended, stdout, _) = lead.run("policy lint -o json").await;
        let value: Value = serde_json::from_str(&stdout).unwrap();
        let findings = value["data"]["findings"].as_array().unwrap();
        if ended != code || !findings.iter().any(|finding| is_said(finding, said)) {
            missed.push(format!("{to:?} ended with {ended}, without {said:?}: {findings:#?}"));
        }
        lead.take_back(file);
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    assert_eq!(lead.run("policy lint --fail-on warning").await.0, 0, "the folder is the sample again");
}

#[tokio::test]
async fn every_broken_rule_is_refused_with_its_row_column_and_words() {
    each_is_said(RULES_REFUSED, 3).await;
}

#[tokio::test]
async fn every_other_broken_file_is_refused_with_its_place_and_words() {
    each_is_said(OTHERS_REFUSED, 3).await;
}

#[tokio::test]
async fn every_rule_that_is_not_what_it_looks_like_is_told_with_its_place_and_words() {
    each_is_said(RULES_WORTH_A_LOOK, 0).await;
}

#[tokio::test]
async fn every_other_file_that_is_worth_a_look_is_told_with_its_place_and_words() {
    each_is_said(OTHERS_WORTH_A_LOOK, 0).await;
}

#[test]
fn there_are_forty_and_more() {
    assert!(RULES_REFUSED.len() >= 40 && OTHERS_REFUSED.len() >= 20);
}
