//! One decision of the log, made again and compared.

use concordat_core::decision::{DecisionRequest, Denial, Grant};
use concordat_core::entry::{Body, Judged};
use concordat_core::fault::Fault;
use concordat_core::refusal::DenyReason;
use concordat_core::submission::Recipient;
use concordat_store::Recorded;

use crate::generation::Generation;
use crate::route::deliver;

/// An answer as the log holds it.
pub(super) enum Answer {
    Yes(Grant),
    No(Denial),
}

pub(super) fn decide(generation: &Generation, request: &DecisionRequest) -> Answer {
    match generation.policy.decide(request, ()) {
        Ok(permitted) => Answer::Yes(permitted.grant().clone()),
        Err((denial, ())) => Answer::No(denial),
    }
}

/// Whether what stands in the log is what comes out.
pub(super) fn follows(
    entry: &Recorded,
    was: &Answer,
    now: &Answer,
    routed: impl FnOnce() -> Result<Vec<Recipient>, Fault>,
) -> Result<bool, Fault> {
    Ok(match (was, now) {
        (Answer::Yes(was), Answer::Yes(now)) => {
            was.rules == now.rules
                && was.policy == now.policy
                && (was.agreements == now.agreements || was.agreements.is_empty())
                && now.profiles.iter().all(|profile| was.profiles.contains(profile))
                && match &entry.body {
                    Body::Released(released) => {
                        let routed = routed()?;
                        let own = routed.iter().find(|recipient| recipient.agency == released.to.agency);
                        let fixed = own.map(|recipient| recipient.profiles.as_slice()).unwrap_or_default();
                        was.profiles.iter().all(|one| now.profiles.contains(one) || fixed.contains(one))
                    }
                    _ => was.profiles == now.profiles,
                }
        }
        (Answer::No(was), Answer::No(now)) => {
            (was.reason == now.reason && was.nearest == now.nearest && was.policy == now.policy)
                || is_stricter_than_policy(&Answer::No(was.clone()))
        }
        (was, Answer::Yes(_)) => is_stricter_than_policy(was),
        _ => false,
    })
}

/// A return is sent for the purpose it was agreed for and for no other: that is denied before policy is asked.
pub(super) fn is_stricter_than_policy(answer: &Answer) -> bool {
    matches!(answer, Answer::No(denial) if denial.reason == DenyReason::WrongPurpose && denial.nearest.is_none())
}

pub(super) fn outcome(answer: &Answer) -> String {
    match answer {
        Answer::Yes(grant) => {
            let profiles: Vec<&str> = grant.profiles.iter().map(|profile| profile.as_str()).collect();
            format!("allowed through {}", profiles.join(" "))
        }
        Answer::No(denial) => format!("denied ({})", denial.reason.as_str()),
    }
}

pub(super) fn said(answer: &Answer) -> String {
    match answer {
        Answer::Yes(grant) => {
            let rules: Vec<&str> = grant.rules.iter().map(|rule| rule.as_str()).collect();
            format!("{} by {}", outcome(answer), rules.join(" "))
        }
        Answer::No(Denial { nearest: Some(rule), .. }) => format!("{} by {rule}", outcome(answer)),
        Answer::No(_) => outcome(answer),
    }
}

/// Every question that an entry answers, with its answer.
pub(super) fn answers(entry: &Recorded, generation: &Generation) -> Vec<(DecisionRequest, Answer)> {
    let mut found = Vec::new();
    match &entry.body {
        Body::Denied(denied) => {
            if let (Some(request), Some(denial)) = (&denied.request, &denied.denial) {
                found.push((request.clone(), Answer::No(denial.clone())));
            }
        }
        body => {
            if let Some(Judged { request, grant, .. }) = body.judged() {
                found.push((request.clone(), Answer::Yes(grant.clone())));
            }
        }
    }
    if let Body::Accepted(accepted) = &entry.body {
        let rtype = generation.catalogue.types().iter().find(|rtype| rtype.digest == accepted.type_digest);
        for recipient in &accepted.recipients {
            let agency = generation.partnership.agency(&recipient.agency);
            if let (Some(rtype), Some(agency)) = (rtype, agency) {
                let day = accepted.judged.request.day;
                let request = deliver(generation, rtype, &accepted.identity, agency, day);
                let grant = Grant {
                    rules: recipient.rules.clone(),
                    // routing keeps the rules, from which the agreements follow
                    agreements: Vec::new(),
                    profiles: recipient.profiles.clone(),
                    policy: generation.policy.digest(),
                };
                found.push((request, Answer::Yes(grant)));
            }
        }
    }
    found
}
