//! Step 1: a partnership's directory, a running broker, and principals with certificates of their own.

use serde_json::Value;

use crate::demo::claim::{Broken, Held, same, there};
use crate::demo::person::{Person, Said};
use crate::demo::stage::{APPROVER, AUDITOR, LEAD, MANAGER, Stage};
use crate::demo::telling::Telling;
use crate::demo::{figures::Figures, json, ports};
use concordat_core::agency::Kind;
use concordat_core::ids::PrincipalId;

/// Runs the step.
///
/// # Errors
/// The claim that does not hold.
pub fn run(stage: &mut Stage, telling: &mut Telling) -> Held<()> {
    init(stage, telling)?;
    let addresses = stage.start("first_start")?;
    telling.say(&format!(
        "The broker runs in a process of its own ({}), serves on {} and lets principals enrol on {}.",
        addresses.process, addresses.services, addresses.enrolment
    ));
    telling.fact("process", addresses.process);
    let cast = cast(stage)?;
    let mut rows = Vec::new();
    for (at, (id, roles)) in cast.iter().enumerate() {
        let (invited, enrolled, said) =
            enrol(stage, id, roles, &addresses.fingerprint, &addresses.enrolment.to_string())?;
        if at == 0 {
            telling.say("The operator invites each principal; each makes its key on its own machine and trades the token for a certificate:");
            telling.typed(&invited);
            telling.typed(&said);
        }
        rows.push(vec![
            id.to_string(),
            json::text(&enrolled, "roles"),
            json::text(&enrolled, "areas"),
            json::text(&enrolled, "certificate_until").chars().take(10).collect(),
        ]);
    }
    // the sample's clock stands in 2023: from the first reply that says so, every table does
    stage.person(MANAGER)?.runs(&["missing"])?.ended(0)?;
    telling.table("Enrolled principals", &["principal", "roles", "areas", "certificate until"], &rows);
    claims(stage, telling, &cast)
}

fn init(stage: &Stage, telling: &mut Telling) -> Held<()> {
    let (services, enrolment) = ports::free_pair()?;
    let init = stage.operator.runs(&[
        "init",
        &stage.broker_word(),
        "--sample",
        "city-and-hackney",
        "--services",
        &services.to_string(),
        "--enrolment",
        &enrolment.to_string(),
    ])?;
    let init = init.ended(0)?;
    telling.say(&format!(
        "The operator makes a directory for the {}: settings, certificate authority, keys, log, policies.",
        stage.partnership.name
    ));
    telling.typed(&init);
    Ok(())
}

/// Who takes part: a desk for returns in every agency, the designated officers, the manager, the auditor, and two who
/// look after the sharing arrangement.
fn cast(stage: &Stage) -> Held<Vec<(PrincipalId, Vec<&'static str>)>> {
    let named = |id: String| id.parse().map_err(|e| Broken::failed("naming a principal", e));
    let mut cast = Vec::new();
    for agency in &stage.partnership.agencies {
        // a national body reads what it is sent, and sends nothing here
        let roles = if agency.kind == Kind::National { vec!["reader"] } else { vec!["submitter", "reader"] };
        cast.push((named(format!("{}/returns", agency.id))?, roles));
    }
    for agency in stage.partnership.agencies.iter().filter(|agency| agency.kind == Kind::Lado) {
        cast.push((named(format!("{}/designated-officer", agency.id))?, vec!["lado"]));
    }
    cast.push((named(MANAGER.to_owned())?, vec!["partnership-manager"]));
    cast.push((named(AUDITOR.to_owned())?, vec!["auditor"]));
    cast.push((named(LEAD.to_owned())?, vec!["governance-lead"]));
    cast.push((named(APPROVER.to_owned())?, vec!["governance-approver"]));
    Ok(cast)
}

fn enrol(
    stage: &mut Stage,
    id: &PrincipalId,
    roles: &[&str],
    fingerprint: &str,
    enrolment: &str,
) -> Held<(Said, Value, Said)> {
    let token = stage.folder("tokens")?.join(format!("{}-{}.token", id.agency, id.name));
    let (principal, broker, file) = (id.to_string(), stage.broker_word(), token.display().to_string());
    let mut words = vec!["invite", &broker, &principal];
    for role in roles {
        words.extend(["--role", role]);
    }
    words.extend(["--token-file", &file]);
    let invited = stage.operator.runs(&words)?.ended(0)?;
    let person: Person = stage.enter(id);
    let words = ["enrol", "--broker", enrolment, "--fingerprint", fingerprint, "--token-file", &file];
    let (said, enrolled) = person.asks(&words, 0)?;
    same("the principal that was enrolled", id.name.as_str(), &json::text(&enrolled, "principal"))?;
    same("the agency that was enrolled", id.agency.as_str(), &json::text(&enrolled, "agency"))?;
    Ok((invited, enrolled, said))
}

fn claims(stage: &Stage, telling: &mut Telling, cast: &[(PrincipalId, Vec<&str>)]) -> Held<()> {
    let kinds = Figures::published()?.kinds();
    for kind in &kinds {
        let agency =
            stage.partnership.sources.iter().find(|source| source.kind == *kind).map(|source| &source.agency);
        let agency = there(&format!("an agency for the kind {kind}"), agency)?;
        stage.returns_desk(agency)?;
    }
    let words = format!("every kind in the printed figures has a principal: {}", kinds.join(", "));
    telling.found("kinds", &words, kinds);
    let spent = spent_token(stage, cast)?;
    let words = "a token serves once: used again, from another machine, it is refused";
    telling.claim("spent_token_exit_code", words, spent.code, same(words, 4, spent.code))?;
    telling.fact("principals", cast.len());
    Ok(())
}

/// The first principal's token again, from a machine that never enrolled.
fn spent_token(stage: &Stage, cast: &[(PrincipalId, Vec<&str>)]) -> Held<Said> {
    let (id, _) = there("a principal", cast.first())?;
    let addresses = stage.process.addresses()?;
    let token = stage.root.join("tokens").join(format!("{}-{}.token", id.agency, id.name));
    let stranger = stage.stranger();
    stranger.runs(&[
        "enrol",
        "--broker",
        &addresses.enrolment.to_string(),
        "--fingerprint",
        &addresses.fingerprint,
        "--token-file",
        &token.display().to_string(),
    ])
}
