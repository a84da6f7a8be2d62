//! Policies of any size for the bench of decisions, and requests to them.
//!
//! More rows come from more return types, agencies and areas, as in real partnerships: the rows that speak of
//! one act and one return type stay some 5 to 20 at every size. Roles, purposes and profiles are the built-in
//! ones, and so are the rows that deny for every return type.

use std::collections::HashMap;
use std::fmt::Write as _;

use concordat_broker::bundle;
use concordat_core::agency::{Agency, Kind};
use concordat_core::decision::{Act, Asker, DecisionRequest, Fact};
use concordat_core::ids::{AreaCode, PrincipalId};
use concordat_policy::Known;

use super::Outcome;

const PART: &str = "bench";
const DATES: &str = "2022-04-01,2027-03-31";
const ASSURANCE: &str = "P4-partnership-assurance";
/// How many rows speak of one return type.
const PER_TYPE: usize = 40;
const KINDS: [Kind; 4] = [Kind::LocalAuthority, Kind::Police, Kind::Health, Kind::Education];

/// A partnership with so many rows.
#[derive(Debug)]
pub struct Rules {
    /// What stands outside of its policy files.
    pub known: Known,
    /// Its policy files.
    pub files: Vec<(String, Vec<u8>)>,
    /// The cells of its rows.
    pub rows: Vec<Vec<String>>,
}

/// A request, with the sets of words by which the model of the engine is asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The request.
    pub request: DecisionRequest,
    /// The same in words, in the order of the model's request definition.
    pub words: Vec<String>,
    /// How many rows speak of its act and its return type.
    pub candidates: usize,
}

impl Rules {
    /// Makes a partnership.
    ///
    /// # Errors
    /// When the built-in policies have changed so that they can no longer be used.
    pub fn new(rows: usize) -> Outcome<Self> {
        let sample = bundle::sample();
        let (_, built_in) =
            sample.iter().find(|(path, _)| path == "rules.csv").ok_or("there are no rules")?;
        let mut lines = std::str::from_utf8(built_in)?.lines();
        let header = lines.next().ok_or("there are no rules")?;
        // the rows that deny for every return type
        let denies = lines.filter(|line| line.ends_with(",deny") && line.contains(",*,read,"));
        let mut bodies: Vec<String> = denies
            .filter_map(|line| line.split_once(','))
            .map(|(_, body)| body.replace(bundle::SAMPLE, PART))
            .collect();
        let types = rows / PER_TYPE + 1;
        let known = known(types)?;
        for number in 0..types {
            bodies.extend(of_type(number, &known.agencies)?);
        }
        bodies.truncate(rows);
        let rows: Vec<Vec<String>> = bodies
            .iter()
            .enumerate()
            .map(|(at, body)| {
                [format!("R-{at}")].into_iter().chain(body.split(',').map(str::to_owned)).collect()
            })
            .collect();
        let text: String = std::iter::once(header.to_owned())
            .chain(rows.iter().map(|row| row.join(",")))
            .map(|l| l + "\n")
            .collect();
        let agreement = agreement(&rows, &known);
        let files = sample.into_iter().filter_map(|(path, bytes)| match path.as_str() {
            "rules.csv" | "by-hand.csv" => Some((path, text.clone().into_bytes())),
            "agreements.toml" => Some((path, agreement.clone().into_bytes())),
            "roles.csv" | "purposes.toml" => Some((path, bytes)),
            _ => (path.starts_with("profiles/") || path.starts_with("suppression/")).then_some((path, bytes)),
        });
        Ok(Self { known, files: files.collect(), rows })
    }

    /// So many requests, no two alike: of every ten six are allowed, the others fail in one thing each.
    ///
    /// # Errors
    /// Never, as long as the names are names.
    pub fn requests(&self, count: usize) -> Outcome<Vec<Asked>> {
        let mut speak: HashMap<(&str, &str), usize> = HashMap::new();
        for row in &self.rows {
            if let (Some(rtype), Some(act)) = (row.get(5), row.get(6)) {
                *speak.entry((rtype, act)).or_default() += 1;
            }
        }
        // the rows of the last type may have been cut off
        let whole = (self.rows.len().saturating_sub(10) / PER_TYPE).max(1);
        (0..count)
            .map(|number| {
                let (request, words) = self.asked(number, number.wrapping_mul(7919) % whole)?;
                let (rtype, act) = (request.return_type.as_ref().ok_or("no type")?, request.act.as_str());
                let of = |rtype: &str| speak.get(&(rtype, act)).copied().unwrap_or(0);
                let candidates = of(&format!("rt:{rtype}")) + of("fam:all") + of("*");
                Ok(Asked { request, words, candidates })
            })
            .collect()
    }

    fn asked(&self, number: usize, rtype: usize) -> Outcome<(DecisionRequest, Vec<String>)> {
        let sort = number % 10;
        let kind = KINDS.get(number / 10 % 4).copied().ok_or("no kind")?;
        let of_kind: Vec<&Agency> = self.known.agencies.iter().filter(|agency| agency.kind == kind).collect();
        let asker = *of_kind.get(number / 40 % of_kind.len()).ok_or("no agency")?;
        let owner =
            self.known.agencies.iter().filter(|owner| owner.id != asker.id && owner.areas == asker.areas);
        let owner = owner.clone().nth(number % owner.count().max(1)).ok_or("nobody else of that area")?;
        let elsewhere =
            self.known.agencies.iter().find(|agency| agency.areas != asker.areas).ok_or("one area")?;
        let (act, role, own) = match sort {
            0 | 1 => (Act::Submit, "submitter", true),
            2 => (Act::Deliver, "", false),
            3 => (Act::List, "reader", false),
            _ => (Act::Read, if sort == 5 { "submitter" } else { "reader" }, sort == 9),
        };
        let (rtype, person_level) = self.known.types.get(rtype).ok_or("no type")?;
        let areas = if sort == 6 { &elsewhere.areas } else { &asker.areas };
        let purpose = match sort {
            4 | 5 | 6 | 8 | 2 => Some(ASSURANCE),
            7 => None,
            _ => Some("P6-national-return"),
        };
        let day = if sort == 8 { "2027-04-01" } else { "2023-06-01" };
        let roles = if role.is_empty() { vec![] } else { vec![role.parse()?] };
        let principal: PrincipalId = format!("{}/p{number}", asker.id).parse()?;
        let request = DecisionRequest {
            asker: Asker {
                principal: Some(principal),
                agency: asker.id.clone(),
                kind,
                roles,
                areas: asker.areas.clone(),
            },
            partnership: PART.parse()?,
            owner: Some(if own { asker.id.clone() } else { owner.id.clone() }),
            return_type: Some(rtype.clone()),
            areas: areas.clone(),
            act,
            purpose: purpose.map(str::parse).transpose()?,
            facts: if *person_level { vec![Fact::PersonLevel] } else { vec![] },
            day: day.parse()?,
        };
        let words =
            words(&request, if own { kind } else { owner.kind }, areas == &asker.areas, *person_level);
        Ok((request, words))
    }
}

/// The sets of words of a request whose areas are all the asker's or all not.
fn words(request: &DecisionRequest, owner: Kind, inside: bool, person_level: bool) -> Vec<String> {
    let set = |words: Vec<String>| {
        format!("|*|{}", words.iter().map(|word| format!("{word}|")).collect::<String>())
    };
    let asker = &request.asker;
    let mut subs = vec![format!("kind:{}", asker.kind), format!("agency:{}", asker.agency)];
    for role in &asker.roles {
        subs.push(format!("role:{role}"));
        subs.push(format!("role:{role}+kind:{}", asker.kind));
        subs.push(format!("role:{role}+agency:{}", asker.agency));
    }
    let own = request.owner.as_ref() == Some(&asker.agency);
    let mut owners = vec![if own { "own" } else { "other" }.to_owned(), format!("kind:{owner}")];
    owners.extend(request.owner.iter().map(|owner| format!("agency:{owner}")));
    let touched: Vec<String> = request.areas.iter().map(ToString::to_string).collect();
    let mut areas = if inside { vec!["own".to_owned(), "shared".to_owned()] } else { vec![] };
    areas.extend(touched.iter().take(1).filter(|_| touched.len() == 1).cloned());
    let mut rtypes: Vec<String> = request.return_type.iter().map(|rtype| format!("rt:{rtype}")).collect();
    rtypes.extend(["fam:all", if person_level { "fam:person" } else { "fam:aggregate" }].map(str::to_owned));
    let purpose = request.purpose.as_ref().map_or("none".to_owned(), ToString::to_string);
    let facts = [(own, "own"), (person_level, "person_level")];
    let facts = facts.into_iter().filter(|(is, _)| *is).map(|(_, word)| word.to_owned()).collect();
    vec![
        set(subs),
        request.partnership.to_string(),
        set(owners),
        set(areas),
        set(touched),
        set(rtypes),
        request.act.as_str().to_owned(),
        set(vec![purpose]),
        set(facts),
        request.day.to_string(),
    ]
}

/// Boroughs of one area with four agencies each, a fifth as many as there are return types and four at least.
fn known(types: usize) -> Outcome<Known> {
    let mut agencies = Vec::new();
    for borough in 0..(types / 2).max(4) {
        let areas: Vec<AreaCode> = vec![format!("E09{borough:06}").parse()?];
        for kind in KINDS {
            let id = format!("{}-{borough}", kind.as_str().replace('_', "-"));
            let codes = Default::default();
            agencies.push(Agency { name: id.clone(), id: id.parse()?, kind, areas: areas.clone(), codes });
        }
    }
    let types = (0..types).map(|number| Ok((format!("type-{number}").parse()?, number % 3 == 2)));
    Ok(Known { partnership: PART.parse()?, agencies, types: types.collect::<Outcome<_>>()? })
}

/// The rows that speak of one return type, without ids.
fn of_type(number: usize, agencies: &[Agency]) -> Outcome<Vec<String>> {
    let mut rows = Vec::new();
    let mut row =
        |sub: &str, owner: &str, area: &str, act: &str, purpose: &str, fact: &str, profile: &str| {
            let (dates, eft) =
                if profile == "none" { ("0000-01-01,9999-12-31", "deny") } else { (DATES, "allow") };
            rows.push(format!(
                "{sub},{PART},{owner},{area},rt:type-{number},{act},{purpose},{fact},{dates},{profile},{eft}"
            ));
        };
    for kind in KINDS {
        let [submitter, reader] = ["submitter", "reader"].map(|role| format!("role:{role}+kind:{kind}"));
        row(&submitter, "own", "own", "submit", "*", "*", "no-content");
        row(&submitter, "own", "own", "declare-nil", "*", "*", "no-content");
        row(&format!("kind:{kind}"), "other", "shared", "deliver", ASSURANCE, "*", "full");
        row(&reader, "other", "shared", "read", ASSURANCE, "*", "dfe");
        row(&reader, "other", "*", "list", "*", "*", "no-content");
    }
    for at in 0..4 {
        let agency = agencies.get((number * 4 + at) % agencies.len()).ok_or("no agency")?;
        let [submitter, reader] =
            ["submitter", "reader"].map(|role| format!("role:{role}+agency:{}", agency.id));
        let area = agency.areas.first().ok_or("no area")?.as_str();
        row(&reader, "kind:police", area, "read", "P1-safeguard-child", "*", "full");
        let act = if at == 3 { "list" } else { "read" };
        row(&reader, &format!("agency:{}", agency.id), "*", act, "*", "own", "full");
        row(&submitter, "own", area, "submit", ASSURANCE, "*", "no-content");
        row(&format!("agency:{}", agency.id), "other", area, "deliver", "*", "withheld", "none");
    }
    for (role, purpose) in [("submitter", "*"), ("reader", "P6-national-return")] {
        row(&format!("role:{role}"), "own", "*", "read", purpose, "own", "full");
    }
    for act in ["read", "list"] {
        row("kind:education", "kind:health", "*", act, "P5-scrutiny", "*", "none");
    }
    Ok(rows)
}

/// One agreement of everybody, for every row that allows.
fn agreement(rows: &[Vec<String>], known: &Known) -> String {
    let allows = rows.iter().filter(|row| row.last().is_some_and(|eft| eft == "allow"));
    let rules: Vec<&String> = allows.filter_map(|row| row.first()).collect();
    let parties: Vec<&str> = known.agencies.iter().map(|agency| agency.id.as_str()).collect();
    let mut text = "[[agreement]]\nid = \"BENCH\"\ntitle = \"Bench\"\nbasis = [\"none\"]\n".to_owned();
    let purposes = [ASSURANCE, "P6-national-return", "P1-safeguard-child", "P5-scrutiny"];
    let days = "from = \"2022-04-01\"\nuntil = \"2027-03-31\"\nreview = \"2027-03-31\"";
    // writing into a text cannot fail
    let _ = write!(
        text,
        "{days}\nparties = {parties:?}\npurposes = {purposes:?}\nby_hand = {rules:?}\nsigned = ["
    );
    for party in parties {
        let _ = write!(text, "{{ party = \"{party}\", office = \"Chief\", on = \"2022-03-01\" }}, ");
    }
    text.push_str("]\n");
    text
}
