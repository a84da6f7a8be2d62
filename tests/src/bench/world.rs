//! The partnership of the bench: the built-in policies, with 64 agencies that submit and 500 policy rows.
//!
//! Eight boroughs of sixteen areas; in each a council and six school services, in every other one a police
//! force, in the others a health body, both for two boroughs. A return goes to council, police and the
//! partnership's own team: to about three.

use std::fmt::Write as _;

use concordat_broker::bundle;
use concordat_core::ids::AreaCode;
use concordat_flow::Generation;

use super::Outcome;

/// How many agencies submit.
pub const SUBMITTERS: usize = 64;

/// The return type that is sent.
pub const RETURN_TYPE: &str = "core-data-set-annual";

/// In how many areas a submitter may act whose decisions are to be known.
pub const NARROW: usize = 4;

/// In how many areas a submitter may act of whose decisions none is to be known.
pub const WIDE: usize = 16;

/// How many policy rows there are.
const ROWS: usize = 500;

const TEAM: &str = "partnership-team";
const BOROUGHS: usize = 8;
const SEATS: usize = SUBMITTERS / BOROUGHS;

/// The clause that is left out, so that a return goes to about three.
const LEFT_OUT: &str = "DEL-04";

/// The id of a submitter.
#[must_use]
pub fn agency_name(submitter: usize) -> String {
    let (borough, seat) = (submitter / SEATS, submitter % SEATS);
    match seat {
        0 => format!("council-{borough}"),
        1 if borough % 2 == 0 => format!("police-{borough}"),
        1 => format!("health-{borough}"),
        _ => format!("schools-{borough}-{seat}"),
    }
}

fn kind(submitter: usize) -> &'static str {
    match (submitter % SEATS, (submitter / SEATS) % 2) {
        (0, _) => "local_authority",
        (1, 0) => "police",
        (1, _) => "health",
        _ => "education",
    }
}

fn codes(borough: usize) -> impl Iterator<Item = String> {
    (0..WIDE).map(move |at| format!("E05{borough:02}{at:04}"))
}

/// The areas for which a submitter may send returns.
///
/// # Errors
/// Never, as long as the codes are GSS codes.
pub fn areas_of(submitter: usize) -> Outcome<Vec<AreaCode>> {
    codes(submitter / SEATS).map(|code| Ok(code.parse()?)).collect()
}

/// The whole policies folder.
///
/// # Errors
/// When the built-in policies have changed so that they can no longer be extended.
pub fn policies() -> Outcome<Vec<(String, Vec<u8>)>> {
    let files = bundle::sample().into_iter().filter(|(path, _)| !path.starts_with("cases/"));
    let mut files: Vec<(String, Vec<u8>)> = files
        .map(|(path, bytes)| {
            let bytes = match path.as_str() {
                "partnership.toml" => partnership()?.into_bytes(),
                "agreements.toml" => agreements(&String::from_utf8(bytes)?)?.into_bytes(),
                _ if path == format!("returns/{RETURN_TYPE}.toml") => {
                    for_all_years(&String::from_utf8(bytes)?)?
                }
                _ => bytes,
            };
            Ok((path, bytes))
        })
        .collect::<Outcome<_>>()?;
    let built_in = rules(&files)?.lines().count() - 1;
    let wanted = ROWS.checked_sub(built_in).ok_or("there are more rules than the bench wants")?;
    add_by_hand(&mut files, wanted)?;
    let rules = rules(&files)?;
    *file(&mut files, "rules.csv")? = rules.into_bytes();
    Ok(files)
}

fn rules(files: &[(String, Vec<u8>)]) -> Outcome<String> {
    Generation::rules(files).map_err(|complaints| format!("{complaints:#?}").into())
}

fn file<'a>(files: &'a mut [(String, Vec<u8>)], name: &str) -> Outcome<&'a mut Vec<u8>> {
    let found = files.iter_mut().find(|(path, _)| path == name);
    Ok(found.map(|(_, bytes)| bytes).ok_or_else(|| format!("there is no {name}"))?)
}

/// Adds rows by hand, and an agreement that answers for them.
fn add_by_hand(files: &mut [(String, Vec<u8>)], wanted: usize) -> Outcome<()> {
    let (ids, rows): (Vec<String>, Vec<String>) = bodies()
        .take(wanted)
        .zip(1..)
        .map(|(body, at)| (format!("BENCH-{at:03}"), body))
        .map(|(id, body)| (id.clone(), format!("{id},{body}\n")))
        .unzip();
    file(files, "by-hand.csv")?.extend_from_slice(rows.concat().as_bytes());
    let bytes = file(files, "agreements.toml")?;
    let mut all: toml::Table = toml::from_str(std::str::from_utf8(bytes)?)?;
    let list = agreements_of(&mut all)?;
    let mut more = list.first().and_then(toml::Value::as_table).ok_or("there are no agreements")?.clone();
    more.insert("id".to_owned(), "ISA-BENCH".into());
    more.remove("clause");
    more.insert("by_hand".to_owned(), ids.into_iter().map(toml::Value::String).collect::<Vec<_>>().into());
    list.push(more.into());
    *bytes = toml::to_string(&all)?.into_bytes();
    Ok(())
}

// the returns of the bench are told from one another by their years
fn for_all_years(text: &str) -> Outcome<Vec<u8>> {
    let line =
        text.lines().find(|line| line.starts_with("in_force")).ok_or("the return type says no in_force")?;
    Ok(text.replace(line, "in_force = { from = 1900-04-01 }").into_bytes())
}

fn partnership() -> Outcome<String> {
    let mut text = format!("id = \"{}\"\nname = \"Partnership of the bench\"\n", bundle::SAMPLE);
    let mut agency = |id: &str, kind: &str, areas: &[String]| {
        write!(text, "\n[[agency]]\nid = \"{id}\"\nname = \"{id}\"\nkind = \"{kind}\"\nareas = {areas:?}\n")
    };
    for submitter in 0..SUBMITTERS {
        let borough = submitter / SEATS;
        let areas: Vec<String> = match kind(submitter) {
            "police" | "health" => (borough & !1..=borough | 1).flat_map(codes).collect(),
            _ => codes(borough).collect(),
        };
        agency(&agency_name(submitter), kind(submitter), &areas)?;
    }
    agency(TEAM, "partnership", &(0..BOROUGHS).flat_map(codes).collect::<Vec<_>>())?;
    for submitter in 0..SUBMITTERS {
        let areas: Vec<String> = codes(submitter / SEATS).take(1).collect();
        write!(
            text,
            "\n[[obligation]]\nagency = \"{}\"\nreturn_type = \"{RETURN_TYPE}\"\nareas = {areas:?}\nfrom = \"2022-23\"\n\
             owner = \"Head of Performance\"\ndeputy = \"Data Manager\"\n",
            agency_name(submitter)
        )?;
    }
    Ok(text)
}

fn bodies() -> impl Iterator<Item = String> {
    let part = bundle::SAMPLE;
    let core = format!("rt:{RETURN_TYPE}");
    let dates = "2022-04-01,2027-03-31";
    let allowed = move |sub: String, what: &str, profile: &str| {
        format!("{sub},{part},{what},*,{dates},{profile},allow")
    };
    let purpose = "P4-partnership-assurance";
    // of each council, force and health body, and of two school services of each borough
    let submit = format!("own,own,{core},submit,{purpose}");
    let submits = (0..SUBMITTERS).filter(|submitter| submitter % SEATS < 4).map(move |submitter| {
        allowed(format!("role:submitter+agency:{}", agency_name(submitter)), &submit, "no-content")
    });
    let deliver = format!("kind:education,shared,{core},deliver,*");
    let delivers = (0..SUBMITTERS)
        .filter(|submitter| matches!(kind(*submitter), "local_authority" | "police"))
        .map(agency_name)
        .chain([TEAM.to_owned()])
        .map(move |agency| allowed(format!("agency:{agency}"), &deliver, "dfe"));
    let reads = [
        ("reader", format!("other,shared,{core},read,{purpose}"), "dfe"),
        ("reader", format!("other,shared,rt:cds-police-quarterly,read,{purpose}"), "dfe"),
        ("reader", format!("other,shared,rt:cds-csc-quarterly,read,{purpose}"), "dfe"),
        ("reader", "own,*,fam:all,read,*".to_owned(), "full"),
        ("submitter", "own,*,fam:all,read,*".to_owned(), "full"),
        ("reader", "*,*,*,list,*".to_owned(), "no-content"),
        ("submitter", "own,*,*,completeness,*".to_owned(), "no-content"),
    ];
    let others = reads.into_iter().flat_map(move |(role, what, profile)| {
        (0..SUBMITTERS)
            .map(move |at| allowed(format!("role:{role}+agency:{}", agency_name(at)), &what, profile))
    });
    submits.chain(delivers).chain(others)
}

fn agreements_of(file: &mut toml::Table) -> Outcome<&mut Vec<toml::Value>> {
    Ok(file.get_mut("agreement").and_then(toml::Value::as_array_mut).ok_or("there are no agreements")?)
}

// every agency has signed every agreement
fn agreements(text: &str) -> Outcome<String> {
    let mut file: toml::Table = toml::from_str(text)?;
    let parties: Vec<String> = (0..SUBMITTERS).map(agency_name).chain([TEAM.to_owned()]).collect();
    let signed: Vec<toml::Value> = parties
        .iter()
        .map(|party| {
            let keys = [("party", party.as_str()), ("office", "Head of Service"), ("on", "2022-03-14")];
            toml::Table::from_iter(keys.map(|(key, text)| (key.to_owned(), text.into()))).into()
        })
        .collect();
    let parties: toml::Value = parties.into_iter().map(toml::Value::String).collect::<Vec<_>>().into();
    for agreement in agreements_of(&mut file)?.iter_mut().filter_map(toml::Value::as_table_mut) {
        agreement.insert("parties".to_owned(), parties.clone());
        agreement.insert("signed".to_owned(), signed.clone().into());
        if let Some(clauses) = agreement.get_mut("clause").and_then(toml::Value::as_array_mut) {
            // a clause that speaks of an agency speaks of one of the sample's
            clauses.retain(|clause| {
                let is_left_out = clause.get("id").and_then(toml::Value::as_str) == Some(LEFT_OUT);
                !is_left_out && !clause.to_string().contains("agency:")
            });
        }
    }
    Ok(toml::to_string(&file)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_benchs_policies_are_right_and_as_large_as_said() {
        let generation = Generation::build(policies().unwrap()).unwrap();
        assert_eq!(generation.policy.bundle().rules().count(), ROWS);
        assert_eq!(generation.partnership.agencies.len(), SUBMITTERS + 1);
    }
}
