//! The partnership of the bench: the built-in policies, with 64 agencies that submit and 500 policy rows.
//!
//! Eight boroughs of sixteen areas; in each a council and six school services, in every other one a police
//! force, in the others a health body, both for two boroughs. A return goes to council, police and the
//! partnership's own team: to about three.

use std::fmt::Write as _;

use concordat_broker::bundle;
use concordat_core::ids::AreaCode;

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

/// The row that is left out, so that a return goes to about three.
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
    let (rules, added) = rules()?;
    let files = bundle::sample().into_iter().filter(|(path, _)| !path.starts_with("cases/"));
    files
        .map(|(path, bytes)| {
            let bytes = match path.as_str() {
                "partnership.toml" => partnership()?.into_bytes(),
                "rules.csv" => rules.clone().into_bytes(),
                "agreements.toml" => agreements(&String::from_utf8(bytes)?, &rules, &added)?.into_bytes(),
                _ if path == format!("returns/{RETURN_TYPE}.toml") => {
                    for_all_years(&String::from_utf8(bytes)?)?
                }
                _ => bytes,
            };
            Ok((path, bytes))
        })
        .collect()
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

/// The rows, and the ids of those that were added to the built-in ones.
fn rules() -> Outcome<(String, Vec<String>)> {
    let files = bundle::sample();
    let (_, bytes) = files.iter().find(|(path, _)| path == "rules.csv").ok_or("there are no rules")?;
    let kept: Vec<&str> = std::str::from_utf8(bytes)?
        .lines()
        // rows that speak of an agency speak of one of the sample's
        .filter(|line| !line.starts_with(&format!("{LEFT_OUT},")) && !line.contains("agency:"))
        .collect();
    let wanted = (ROWS + 1).checked_sub(kept.len()).ok_or("there are more rules than the bench wants")?;
    let mut added: Vec<(String, String)> = Vec::new();
    for body in bodies().take(wanted) {
        let id = format!("BENCH-{:03}", added.len() + 1);
        added.push((format!("{id},{body}"), id));
    }
    let (lines, ids): (Vec<String>, Vec<String>) = added.into_iter().unzip();
    let text: String = kept.into_iter().map(str::to_owned).chain(lines).map(|line| line + "\n").collect();
    Ok((text, ids))
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

// every agency is party to every agreement, and one agreement more names the rows that were added
fn agreements(text: &str, lines: &str, added: &[String]) -> Outcome<String> {
    let mut file: toml::Table = toml::from_str(text)?;
    let parties: toml::Value = (0..SUBMITTERS)
        .map(agency_name)
        .chain([TEAM.to_owned()])
        .map(toml::Value::String)
        .collect::<Vec<_>>()
        .into();
    let all =
        file.get_mut("agreement").and_then(toml::Value::as_array_mut).ok_or("there are no agreements")?;
    for agreement in all.iter_mut().filter_map(toml::Value::as_table_mut) {
        agreement.insert("parties".to_owned(), parties.clone());
        if let Some(rules) = agreement.get_mut("rules").and_then(toml::Value::as_array_mut) {
            let is_kept = |id: &str| lines.lines().any(|line| line.split(',').next() == Some(id));
            rules.retain(|rule| rule.as_str().is_some_and(is_kept));
        }
    }
    let mut more = all.first().and_then(toml::Value::as_table).ok_or("there are no agreements")?.clone();
    more.insert("id".to_owned(), "ISA-BENCH".into());
    more.insert(
        "rules".to_owned(),
        added.iter().cloned().map(toml::Value::String).collect::<Vec<_>>().into(),
    );
    all.push(more.into());
    Ok(toml::to_string(&file)?)
}

#[cfg(test)]
mod tests {
    use concordat_flow::Generation;

    use super::*;

    #[test]
    fn the_benchs_policies_are_right_and_as_large_as_said() {
        let generation = Generation::build(policies().unwrap()).unwrap();
        assert_eq!(generation.policy.bundle().rules().count(), ROWS);
        assert_eq!(generation.partnership.agencies.len(), SUBMITTERS + 1);
    }
}
