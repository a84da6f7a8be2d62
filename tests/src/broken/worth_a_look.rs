//! Edits after which the folder is read, once its rules are generated anew, and something of it is worth a look.

use super::{AGREEMENTS, BY_HAND, Broken, RULES, Said};

const fn warned(file: &'static str, row: u32, column: &'static str, words: &'static str) -> Said {
    ("warning", file, Some(row), Some(column), words)
}

const fn of_key(column: &'static str, words: &'static str) -> Said {
    ("warning", AGREEMENTS, None, Some(column), words)
}

const fn unsaid(words: &'static str) -> Said {
    ("warning", RULES, None, Some("rtype"), words)
}

const fn told(file: &'static str, row: u32, column: &'static str, words: &'static str) -> Said {
    ("info", file, Some(row), Some(column), words)
}

/// Clauses and rows by hand that say something else than they look.
pub const OF_RULES: &[Broken] = &[
    // rows that never match, or that others leave nothing of
    (AGREEMENTS, FIGURES_SENT, FIGURES_OF_OTHERS, warned(RULES, 130, "fact", "no request can be so")),
    (
        AGREEMENTS,
        "[\"rt:core-data-set-annual\"]",
        "[\"none\"]\nfact = \"person_level\"",
        warned(RULES, 2, "fact", "no request can be so"),
    ),
    (
        BY_HAND,
        "DENY-01,*,",
        "DENY-99,*,city-and-hackney,*,*,rt:core-data-set-annual,submit,*,*,0000-01-01,9999-12-31,none,deny\nDENY-01,*,",
        warned(RULES, 2, "eft", "whatever it allows is denied by DENY-99"),
    ),
    (
        BY_HAND,
        "DENY-01,*,",
        "DENY-99,*,city-and-hackney,*,*,rt:lado-notification,declare-nil,*,*,0000-01-01,9999-12-31,none,deny\nDENY-01,*,",
        warned(RULES, 153, "eft", "denies nothing that any row allows"),
    ),
    // return types that have no rule any more
    (
        AGREEMENTS,
        "[\"rt:cds-police-quarterly\"]",
        "[\"rt:core-data-set-annual\"]",
        unsaid("no row lets anybody send `cds-police-q"),
    ),
    (
        AGREEMENTS,
        "[\"rt:lado-outcome\"]",
        "[\"rt:lado-notification\"]",
        unsaid("no row lets anybody send `lado-outcome`"),
    ),
    // rows that say more than was meant
    (
        AGREEMENTS,
        "fact = \"break_glass\"\n",
        "",
        warned(RULES, 120, "area", "area is open: it shows every return of others"),
    ),
    (
        AGREEMENTS,
        "\"role:submitter+kind:police\"",
        "\"role:submitter+kind:voluntary\"",
        told(RULES, 3, "sub", "speaks of voluntary agencies"),
    ),
    (
        AGREEMENTS,
        SENT,
        SENT_SUPPRESSED,
        told(RULES, 129, "profile", "meets READ-12 of line 130, which says `full`"),
    ),
];

/// Agreements that nobody carries out any more, or not all whom they name.
pub const OF_AGREEMENTS: &[Broken] = &[
    (
        AGREEMENTS,
        "review = \"2026-12-31\"",
        "review = \"2026-01-31\"",
        of_key("ISA-CDS.review", "was to be reviewed by 2026-01-31"),
    ),
    (AGREEMENTS, "[[agreement]]", EMPTY, of_key("ISA-NEW.rules", "no row carries it out")),
    (AGREEMENTS, "[[agreement]]", EMPTY, of_key("ISA-NEW.until", "ends on 2026-12-31, in 39 days")),
    (
        AGREEMENTS,
        "[[agreement]]",
        EMPTY,
        of_key("ISA-NEW.purposes", "no clause is for `P4-partnership-assurance`"),
    ),
    (
        AGREEMENTS,
        "until = \"2027-03-31\"",
        "until = \"2026-03-31\"",
        of_key("ISA-CDS.until", "ended on 2026-03-31; its rows allow nothing any more"),
    ),
    (
        AGREEMENTS,
        "    { party = \"elft\", office = \"Chief Nurse\", on = \"2022-03-14\" },\n",
        "",
        of_key("ISA-CDS.signed", "`elft` has not signed; no row reaches it, nor its data"),
    ),
    (
        "partnership.toml",
        "[[agency]]",
        "[[agency]]\nid = \"youth-club\"\nname = \"Youth Club\"\nkind = \"police\"\nareas = [\"E09000012\"]\n\n[[agency]]",
        ("warning", AGREEMENTS, None, None, "`youth-club` is party to no agreement"),
    ),
];

/// Other files.
pub const OF_OTHERS: &[Broken] = &[
    (
        "roles.csv",
        "lado,lado,",
        "spare,*,x\nlado,lado,",
        warned("roles.csv", 5, "role", "no row speaks of the"),
    ),
    (
        "roles.csv",
        "designated-nurse,health,",
        "designated-nurse,voluntary,",
        warned("roles.csv", 7, "kinds", "nobody can hold"),
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
    ("matrix.txt", "", "x", ("warning", "matrix.txt", Some(1), None, "is not the matrix of these rules")),
];

const FIGURES_SENT: &str = "text = \"A reader reads the figures it sent.\"\nwho = [\"role:reader\"]\n\
    acts = [\"read\"]\nwhose = \"own\"";
const FIGURES_OF_OTHERS: &str = "text = \"A reader reads the figures it sent.\"\nwho = [\"role:reader\"]\n\
    acts = [\"read\"]\nwhose = \"other\"";

const SENT: &str = "returns = [\"fam:all\"]\npurpose = \"*\"\nfact = \"own\"\nprofile = \"full\"";
const SENT_SUPPRESSED: &str = "returns = [\"fam:all\"]\npurpose = \"*\"\nfact = \"own\"\nprofile = \"dfe\"";

const SPARE: &str = "title = \"x\"\n[classes]\nidentifier = \"drop\"\ncontact = \"drop\"\ndemographic = \"drop\"\n\
    special_category = \"drop\"\ncriminal = \"drop\"\noperational = \"drop\"\naggregate = \"drop\"\n\
    free_text = \"drop\"\n";

const METHOD: &str = "title = \"x\"\nfrom = 1\nto = 9\nsymbol = \"c\"\n";

const EMPTY: &str = "[[agreement]]\nid = \"ISA-NEW\"\ntitle = \"x\"\nparties = [\"elft\", \"homerton\"]\nsigned = []\n\
    purposes = [\"P4-partnership-assurance\"]\nbasis = [\"x\"]\nfrom = \"2026-01-01\"\nuntil = \"2026-12-31\"\n\
    review = \"2026-12-31\"\n\n[[agreement]]";
