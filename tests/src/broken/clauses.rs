//! Edits of the agreements: the first is ISA-CDS, whose first clause SUB-01 lets every submitter send the yearly set.

use super::{AGREEMENTS, Broken, RULES, Said, key, row_of};

const fn clause(column: &'static str, words: &'static str) -> Said {
    key(AGREEMENTS, column, words)
}

/// Agreements and clauses that are refused.
pub const REFUSED: &[Broken] = &[
    // unknown words of a clause, a key each
    (AGREEMENTS, WHO, "who = [\"role:submiter\"]", clause("ISA-CDS.SUB-01.who", "`submiter` is no role of")),
    (
        AGREEMENTS,
        WHO,
        "who = [\"submitter\"]",
        clause("ISA-CDS.SUB-01.who", "`submitter` is no subject; write"),
    ),
    (AGREEMENTS, WHO, "who = [\"kind:polce\"]", clause("ISA-CDS.SUB-01.who", "`polce` is no kind")),
    (
        AGREEMENTS,
        WHO,
        "who = [\"agency:atlantis\"]",
        clause("ISA-CDS.SUB-01.who", "`atlantis` is no agency of"),
    ),
    (AGREEMENTS, WHO, "who = [\"r.sub == p.sub\"]", clause("ISA-CDS.SUB-01.who", "is no subject")),
    (AGREEMENTS, WHOSE, "whose = \"mine\"", clause("ISA-CDS.SUB-01.whose", "`mine` is no owner")),
    (AGREEMENTS, AREAS, "areas = \"Hackney\"", clause("ISA-CDS.SUB-01.areas", "`Hackney` is not an area")),
    (AGREEMENTS, AREAS, "areas = \"E09000099\"", clause("ISA-CDS.SUB-01.areas", "is no area of any agency")),
    (
        AGREEMENTS,
        TYPE,
        "[\"core-data-set-annual\"]",
        clause("ISA-CDS.SUB-01.returns", "is no return type; write"),
    ),
    (
        AGREEMENTS,
        TYPE,
        "[\"rt:core-data\"]",
        clause("ISA-CDS.SUB-01.returns", "is no return type of the cat"),
    ),
    (
        AGREEMENTS,
        TYPE,
        "[\"fam:persons\"]",
        clause("ISA-CDS.SUB-01.returns", "`fam:persons` is no return type"),
    ),
    (AGREEMENTS, "[\"submit\"]", "[\"Submit\"]", clause("ISA-CDS.SUB-01.acts", "`Submit` is no act; write")),
    (
        AGREEMENTS,
        ANY,
        "purpose = \"P9\"",
        clause("ISA-CDS.SUB-01.purpose", "`P9` is no purpose of purposes.toml"),
    ),
    (AGREEMENTS, ANY, "fact = \"!own\"\npurpose = \"*\"", clause("ISA-CDS.SUB-01.fact", "`!own` is no fact")),
    (
        AGREEMENTS,
        "\"no-content\"",
        "\"no-contents\"",
        clause("ISA-CDS.SUB-01.profile", "there is no profile"),
    ),
    (
        AGREEMENTS,
        "\"no-content\"",
        "\"none\"",
        clause("ISA-CDS.SUB-01.profile", "an allow must name its profile"),
    ),
    // clauses that would mean more than they look, or nothing
    (AGREEMENTS, WHO, "who = [\"*\"]", clause("ISA-CDS.SUB-01.who", "an allow must say whom it allows")),
    (
        AGREEMENTS,
        "[\"submit\"]",
        "[\"*\"]",
        clause("ISA-CDS.SUB-01.acts", "an allow must say what it allows"),
    ),
    (
        AGREEMENTS,
        WHO,
        "who = []",
        clause("ISA-CDS.SUB-01.who", "is empty: the clause would let nothing happen"),
    ),
    (AGREEMENTS, "[\"submit\"]", "[]", clause("ISA-CDS.SUB-01.acts", "is empty")),
    (AGREEMENTS, TYPE, "[]", clause("ISA-CDS.SUB-01.returns", "is empty")),
    (
        AGREEMENTS,
        "[\"submit\"]",
        "[\"submit\", \"submit\"]",
        clause("ISA-CDS.SUB-01.acts", "names something twice"),
    ),
    (AGREEMENTS, WHO, "who = [\"agency:nhs-england\"]", clause("ISA-CDS.SUB-01.who", "speaks of no party")),
    (
        AGREEMENTS,
        WHO,
        "who = [\"role:submitter+kind:national\"]",
        clause("ISA-CDS.SUB-01.who", "no agency of that kind may hold this role"),
    ),
    (
        AGREEMENTS,
        ANY,
        "from = \"2022-03-31\"\npurpose = \"*\"",
        clause("ISA-CDS.SUB-01.from", "before the first day"),
    ),
    (
        AGREEMENTS,
        ANY,
        "until = \"2027-04-01\"\npurpose = \"*\"",
        clause("ISA-CDS.SUB-01.until", "after the last day"),
    ),
    (AGREEMENTS, "id = \"SUB-02\"", "id = \"SUB-01\"", clause("ISA-CDS.SUB-01.id", "is there twice")),
    (AGREEMENTS, TEXT, "text = \" \"", clause("ISA-CDS.SUB-01.text", "say in words what the clause allows")),
    // what the law asks for
    (
        AGREEMENTS,
        ANY,
        "purpose = \"P1-safeguard-child\"",
        clause("ISA-CDS.SUB-01.purpose", "`P1-safeguard-child` is no purpose of the agreement"),
    ),
    (
        AGREEMENTS,
        "[\"fam:aggregate\"]",
        "[\"fam:person\"]",
        clause("ISA-CDS.DEL-01.purpose", "`P4-partnership-assurance` has no condition of Article 9"),
    ),
    (AGREEMENTS, PURPOSES, "purposes = []", clause("ISA-CDS.purposes", "names the purposes it is made for")),
    (
        AGREEMENTS,
        PURPOSES,
        "purposes = [\"P99\"]",
        clause("ISA-CDS.purposes", "`P99` is no purpose of purposes"),
    ),
    (
        AGREEMENTS,
        "basis = [\"UK GDPR Article 6(1)(e)\", ",
        "basis = [\"\", ",
        clause("ISA-CDS.basis", "lawful basis"),
    ),
    (AGREEMENTS, BASIS, "gateway = []\nbasis = [", clause("ISA-CDS.gateway", "names a statutory gateway")),
    // parties and signatures
    (
        AGREEMENTS,
        "\"hackney-council\"",
        "\"hackney\"",
        clause("ISA-CDS.parties", "`hackney` is no agency of"),
    ),
    (AGREEMENTS, "\"elft\", ", "\"elft\", \"elft\", ", clause("ISA-CDS.parties", "`elft` is there twice")),
    (
        AGREEMENTS,
        "{ party = \"elft\"",
        "{ party = \"nhs-england\"",
        clause("ISA-CDS.signed", "is no party; add"),
    ),
    (
        AGREEMENTS,
        "{ party = \"elft\"",
        "{ party = \"homerton\"",
        clause("ISA-CDS.signed", "`homerton` is there twice"),
    ),
    (AGREEMENTS, "office = \"Commissioner\"", "office = \"\"", clause("ISA-CDS.signed", "`office` is empty")),
    (
        AGREEMENTS,
        "on = \"2022-03-14\"",
        "on = \"2027-04-01\"",
        clause("ISA-CDS.signed", "signed after the last day"),
    ),
    (AGREEMENTS, "id = \"ISA-LADO\"", "id = \"ISA-CDS\"", clause("ISA-CDS.id", "is there twice")),
    (
        AGREEMENTS,
        "from = \"2022-04-01\"",
        "from = \"2027-04-01\"",
        clause("ISA-CDS.until", "lies before the first"),
    ),
    // keys and dates that do not read
    (AGREEMENTS, "review = ", "reviewed = ", row_of(AGREEMENTS, 0, "unknown field `reviewed`")),
    (AGREEMENTS, WHOSE, "whos = \"own\"", row_of(AGREEMENTS, 0, "unknown field `whos`")),
    (AGREEMENTS, "review = \"2026-12-31\"", "review = \"2026-2-30\"", row_of(AGREEMENTS, 0, "is not a date")),
    // rules that were not generated anew
    (
        AGREEMENTS,
        AREAS,
        "areas = \"*\"",
        row_of(RULES, 2, "should read `SUB-01,role:submitter,city-and-hackney,own,*,"),
    ),
    (
        AGREEMENTS,
        "    { party = \"metropolitan-police\", office = \"Commander, Central East BCU\", on = \"2022-03-14\" },\n",
        "",
        row_of(RULES, 2, "should read `SUB-01."),
    ),
    (
        AGREEMENTS,
        "until = \"2027-03-31\"",
        "until = \"2026-03-31\"",
        row_of(RULES, 2, ",2022-04-01,2026-03-31,"),
    ),
    ("by-hand.csv", "DENY-02,", "DENY-99,", row_of(RULES, 154, "should read `DENY-99,")),
];

const WHO: &str = "who = [\"role:submitter\"]";
const WHOSE: &str = "whose = \"own\"";
const AREAS: &str = "areas = \"own\"";
const TYPE: &str = "[\"rt:core-data-set-annual\"]";
const ANY: &str = "purpose = \"*\"";
const TEXT: &str = "text = \"Every agency sends its part of the yearly core data set.\"";
const PURPOSES: &str = "purposes = [\"P4-partnership-assurance\"]";
const BASIS: &str = "basis = [";
