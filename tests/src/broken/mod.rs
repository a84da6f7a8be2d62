//! The sample's policies folder broken in one place at a time, and what must be said of it: file, row, column and words.
//!
//! The client's `policy lint` and the broker's `check` are held to the same tables; the client's own tests take this file
//! by its path.

pub mod by_hand;
pub mod clauses;
pub mod rules;
pub mod worth_a_look;

/// An edit: the file, what is replaced there first, by what. Nothing to be replaced makes it the whole of the file.
pub type Edit = (&'static str, &'static str, &'static str);

/// One edit and what is said.
pub type Broken = (&'static str, &'static str, &'static str, Said);

/// What is said: severity, file, row, column, and words of the text. Where the row is not the matter, 0 stands for it.
pub type Said = (&'static str, &'static str, Option<u32>, Option<&'static str>, &'static str);

/// Everything that is refused, each as its edits and what is said.
#[must_use]
pub fn refused() -> Vec<(Vec<Edit>, Said)> {
    let one = |(file, from, to, said): &Broken| (vec![(*file, *from, *to)], *said);
    let tables = [rules::REFUSED, by_hand::REFUSED, clauses::REFUSED, OTHERS_REFUSED];
    let several = by_hand::NAMED_REFUSED.iter().map(|(edits, said)| (edits.to_vec(), *said));
    tables.into_iter().flatten().map(one).chain(several).collect()
}

/// An error in a cell.
pub const fn error(file: &'static str, row: u32, column: &'static str, words: &'static str) -> Said {
    ("error", file, Some(row), Some(column), words)
}

/// An error in a line.
pub const fn row_of(file: &'static str, row: u32, words: &'static str) -> Said {
    ("error", file, Some(row), None, words)
}

/// An error at a key.
pub const fn key(file: &'static str, column: &'static str, words: &'static str) -> Said {
    ("error", file, None, Some(column), words)
}

/// An error of a whole file.
pub const fn whole(file: &'static str, words: &'static str) -> Said {
    ("error", file, None, None, words)
}

/// The rules, generated.
pub const RULES: &str = "rules.csv";
/// What the rules are generated from.
pub const AGREEMENTS: &str = "agreements.toml";
/// The rows that people write themselves.
pub const BY_HAND: &str = "by-hand.csv";

/// Files that are refused and that no rows are made from.
pub const OTHERS_REFUSED: &[Broken] = &[
    (
        "roles.csv",
        "submitter,local_authority",
        "submitter,csc",
        error("roles.csv", 2, "kinds", "`csc` is no kind"),
    ),
    ("roles.csv", "reader,*,", "submitter,*,", error("roles.csv", 3, "role", "`submitter` is there twice")),
    ("roles.csv", "lado,lado,", "lado,lado lado,", error("roles.csv", 5, "kinds", "`lado` is there twice")),
    ("roles.csv", "role,kinds", "Role,kinds", row_of("roles.csv", 1, "the first line must be exactly")),
    ("purposes.toml", "gateway", "gatway", row_of("purposes.toml", 0, "unknown field `gatway`")),
    ("purposes.toml", "P2-manage-allegation", "P1-safeguard-child", whole("purposes.toml", "is there twice")),
    ("purposes.toml", "named child", "named \u{441}hild", row_of("purposes.toml", 0, "is not ASCII")),
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
    // what no cell of the field can be turned into, and fields that no return has
    (
        "profiles/child-in-care.toml",
        "\"outward_postcode\"",
        "\"age_band\"",
        key("profiles/child-in-care.toml", "placement_postcode", "`age_band` would show nothing of a field"),
    ),
    (
        "profiles/degraded.toml",
        "MC_DOB = \"month_of_birth\"",
        "MC_DOBB = \"month_of_birth\"",
        key("profiles/degraded.toml", "MC_DOBB", "no return has a field of this name"),
    ),
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
