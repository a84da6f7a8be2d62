//! Reading the cells of a row, each against its vocabulary.

use std::str::FromStr;

use concordat_core::agency::Kind;
use concordat_core::decision::{Act, Fact};
use concordat_core::ids::{AgencyId, AreaCode, ProfileId, PurposeId, ReturnTypeId, RoleId, RuleId};
use jiff::civil::Date;

use super::{Area, COLUMNS, Owner, Purpose, Row, Types, Who};
use crate::complaint::Complaint;
use crate::csv::Line;
use crate::vocabulary::Vocabulary;

/// Reads one line of a file of rows. `None` when any cell is wrong; every wrong cell is in `complaints`.
pub(crate) fn parse(
    file: &str,
    line: &Line,
    vocabulary: &Vocabulary<'_>,
    complaints: &mut Vec<Complaint>,
) -> Option<Row> {
    let mut cells = Cells { file, line, vocabulary, complaints, at: 0, bad: false };
    let id = cells.next(|text, _| name::<RuleId>(text));
    let sub = cells.next(subject);
    cells.next(|text, v| {
        if text == v.known.partnership.as_str() {
            Ok(())
        } else {
            Err(format!("`{}` is not this partnership, `{}`", cut(text), v.known.partnership))
        }
    });
    let owner = cells.next(owner);
    let area = cells.next(area);
    let rtype = cells.next(types);
    let act = cells.next(act);
    let purpose = cells.next(purpose);
    let fact = cells.next(fact);
    let from = cells.next(|text, _| iso_date(text));
    let until = cells.next(|text, _| iso_date(text));
    let profile = cells.next(profile);
    let allow = cells.next(|text, _| match text {
        "allow" => Ok(true),
        "deny" => Ok(false),
        _ => Err(format!("`{}` is neither `allow` nor `deny`", cut(text))),
    });
    let bad = cells.bad;
    let (role, who) = sub?;
    let row = Row {
        id: id?,
        line: line.number,
        role,
        who,
        owner: owner?,
        area: area?,
        rtype: rtype?,
        act: act?,
        purpose: purpose?,
        fact: fact?,
        from: from?.to_string(),
        until: until?.to_string(),
        profile: profile?,
        allow: allow?,
        cells: line.cells.clone(),
    };
    let before = complaints.len();
    check_whole(file, &row, vocabulary, complaints);
    (!bad && complaints.len() == before).then_some(row)
}

/// What no cell can tell alone.
fn check_whole(file: &str, row: &Row, vocabulary: &Vocabulary<'_>, complaints: &mut Vec<Complaint>) {
    let mut complain = |column: &str, text: &str| {
        complaints.push(Complaint::of_cell(file, row.line, column, text));
    };
    if row.from > row.until {
        complain("until", "the last day lies before the first");
    }
    if row.allow {
        if row.role.is_none() && row.who == Who::Anyone {
            complain("sub", "an allow must say whom it allows; only a deny may say `*`");
        }
        if row.act.is_none() {
            complain("act", "an allow must say what it allows; only a deny may say `*`");
        }
        if row.profile.is_none() {
            complain("profile", "an allow must name its profile; `full` keeps every field");
        }
    } else {
        if row.profile.is_some() {
            complain("profile", "a deny has no profile: write `none`");
        }
        if row.area == Area::Own {
            complain("area", "`own` would deny too little: a deny says `*`, `shared` or an area");
        }
    }
    let kind = match &row.who {
        Who::Anyone => None,
        Who::Kind(kind) => Some(*kind),
        Who::Agency(agency) => vocabulary.kind_of(agency),
    };
    if let (Some(role), Some(kind)) = (&row.role, kind)
        && !vocabulary.role_allowed(role, kind)
    {
        complain("sub", "by roles.csv no agency of that kind may hold this role, so the row can never match");
    }
}

/// Walks the cells in the order of the columns.
struct Cells<'a, 'v> {
    file: &'a str,
    line: &'a Line,
    vocabulary: &'a Vocabulary<'v>,
    complaints: &'a mut Vec<Complaint>,
    at: usize,
    bad: bool,
}

impl Cells<'_, '_> {
    fn next<T>(&mut self, read: impl FnOnce(&str, &Vocabulary<'_>) -> Result<T, String>) -> Option<T> {
        let text = self.line.cells.get(self.at).map_or("", String::as_str);
        let column = COLUMNS.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        match read(text, self.vocabulary) {
            Ok(value) => Some(value),
            Err(text) => {
                self.bad = true;
                self.complaints.push(Complaint::of_cell(self.file, self.line.number, column, text));
                None
            }
        }
    }
}

fn cut(text: &str) -> String {
    text.chars().take(64).collect()
}

fn name<T: FromStr<Err = concordat_core::ids::BadName>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|bad: concordat_core::ids::BadName| bad.to_string())
}

fn kind(text: &str) -> Result<Kind, String> {
    text.parse().map_err(|bad: concordat_core::agency::UnknownKind| bad.to_string())
}

fn agency(text: &str, vocabulary: &Vocabulary<'_>) -> Result<AgencyId, String> {
    let id: AgencyId = name(text)?;
    if vocabulary.kind_of(&id).is_none() {
        return Err(format!("`{id}` is no agency of partnership.toml"));
    }
    Ok(id)
}

fn who(text: &str, vocabulary: &Vocabulary<'_>) -> Result<Who, String> {
    match text.split_once(':') {
        Some(("kind", word)) => kind(word).map(Who::Kind),
        Some(("agency", word)) => agency(word, vocabulary).map(Who::Agency),
        _ => Err(format!(
            "`{}` is no subject; write role:X, kind:X, agency:X, role:X+kind:Y or role:X+agency:Y",
            cut(text)
        )),
    }
}

fn subject(text: &str, vocabulary: &Vocabulary<'_>) -> Result<(Option<RoleId>, Who), String> {
    if text == "*" {
        return Ok((None, Who::Anyone));
    }
    let Some(rest) = text.strip_prefix("role:") else {
        return Ok((None, who(text, vocabulary)?));
    };
    let (word, holder) = match rest.split_once('+') {
        None => (rest, Who::Anyone),
        Some((word, holder)) => (word, who(holder, vocabulary)?),
    };
    let role: RoleId = name(word)?;
    if !vocabulary.roles.contains_key(&role) {
        return Err(format!("`{role}` is no role of roles.csv"));
    }
    Ok((Some(role), holder))
}

fn owner(text: &str, vocabulary: &Vocabulary<'_>) -> Result<Owner, String> {
    match text {
        "*" => Ok(Owner::Anyone),
        "own" => Ok(Owner::Own),
        "other" => Ok(Owner::Other),
        _ => match who(text, vocabulary) {
            Ok(Who::Kind(kind)) => Ok(Owner::Kind(kind)),
            Ok(Who::Agency(agency)) => Ok(Owner::Agency(agency)),
            _ => Err(format!("`{}` is no owner; write `*`, own, other, kind:X or agency:X", cut(text))),
        },
    }
}

fn area(text: &str, vocabulary: &Vocabulary<'_>) -> Result<Area, String> {
    match text {
        "*" => Ok(Area::Any),
        "own" => Ok(Area::Own),
        "shared" => Ok(Area::Shared),
        _ => {
            let code: AreaCode = name(text)?;
            if vocabulary.known.agencies.iter().any(|agency| agency.areas.contains(&code)) {
                Ok(Area::Code(code))
            } else {
                Err(format!("`{code}` is no area of any agency of partnership.toml"))
            }
        }
    }
}

fn types(text: &str, vocabulary: &Vocabulary<'_>) -> Result<Types, String> {
    match text {
        "*" => Ok(Types::Any),
        "none" => Ok(Types::None),
        "fam:all" => Ok(Types::All),
        "fam:aggregate" => Ok(Types::Aggregate),
        "fam:person" => Ok(Types::Person),
        _ => match text.strip_prefix("rt:") {
            Some(word) => {
                let id: ReturnTypeId = name(word)?;
                if vocabulary.known.types.iter().any(|(known, _)| *known == id) {
                    Ok(Types::One(id))
                } else {
                    Err(format!("`{id}` is no return type of the catalogue"))
                }
            }
            None => Err(format!(
                "`{}` is no return type; write `*`, none, rt:X, fam:aggregate, fam:person or fam:all",
                cut(text)
            )),
        },
    }
}

fn act(text: &str, _: &Vocabulary<'_>) -> Result<Option<Act>, String> {
    if text == "*" {
        return Ok(None);
    }
    Act::ALL.into_iter().find(|act| act.as_str() == text).map(Some).ok_or_else(|| {
        format!("`{}` is no act; write one of {}", cut(text), Act::ALL.map(Act::as_str).join(", "))
    })
}

fn purpose(text: &str, vocabulary: &Vocabulary<'_>) -> Result<Purpose, String> {
    match text {
        "*" => Ok(Purpose::Any),
        "none" => Ok(Purpose::None),
        _ => {
            let id: PurposeId = name(text)?;
            if vocabulary.purposes.contains_key(&id) {
                Ok(Purpose::One(id))
            } else {
                Err(format!("`{id}` is no purpose of purposes.toml"))
            }
        }
    }
}

fn fact(text: &str, _: &Vocabulary<'_>) -> Result<Option<Fact>, String> {
    if text == "*" {
        return Ok(None);
    }
    // what is suspended is denied before any row is asked: a row for it would only look as if it did something
    let known = || Fact::ALL.into_iter().filter(|fact| *fact != Fact::Suspended);
    known().find(|fact| fact.as_str() == text).map(Some).ok_or_else(|| {
        let words: Vec<&str> = known().map(Fact::as_str).collect();
        format!("`{}` is no fact; write `*` or one of {}", cut(text), words.join(", "))
    })
}

fn profile(text: &str, vocabulary: &Vocabulary<'_>) -> Result<Option<ProfileId>, String> {
    if text == "none" {
        return Ok(None);
    }
    let id: ProfileId = name(text)?;
    if vocabulary.profiles.contains(&id) {
        Ok(Some(id))
    } else {
        Err(format!("there is no profile `profiles/{id}.toml`"))
    }
}

/// Reads a date in the one form that compares as text: `2022-04-01`.
pub(crate) fn iso_date(text: &str) -> Result<Date, String> {
    text.parse::<Date>()
        .ok()
        .filter(|date| date.year() >= 0 && date.to_string() == text)
        .ok_or_else(|| format!("`{}` is not a date; write it as 2022-04-01", cut(text)))
}
