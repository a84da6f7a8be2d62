//! One entry in an auditor's words.

use concordat_core::across::ComparedAcross;
use concordat_core::decision::{DecisionRequest, Grant};
use concordat_core::entry::{Accepted, Body, Judged, PolicyLoaded};
use concordat_core::governance::{Subject, Way};
use concordat_core::ids::AgencyId;
use concordat_core::submission::Identity;
use concordat_store::Recorded;

use super::{AuditLine, AuditQuery};

/// The entry as a line.
pub(super) fn of(entry: &Recorded) -> AuditLine {
    let mut line = AuditLine {
        index: entry.index,
        id: entry.id,
        class: entry.class,
        recorded_at: entry.recorded_at,
        who: None,
        agency: None,
        return_type: None,
        period: None,
        purpose: None,
        allowed: None,
        rules: Vec::new(),
        agreements: Vec::new(),
        policy: None,
        summary: String::new(),
        submission: None,
        also: Vec::new(),
    };
    say(&mut line, &entry.body);
    line
}

fn say(line: &mut AuditLine, body: &Body) {
    match body {
        Body::Opened(opened) => {
            line.who = Some(opened.by.clone());
            line.summary = format!("the log of {} was opened", opened.partnership);
        }
        Body::PolicyLoaded(loaded) => {
            line.who = Some(loaded.by.clone());
            line.policy = Some(loaded.policy);
            line.summary = came_into_force(loaded);
        }
        Body::Invited(invited) => {
            line.who = Some(invited.by.clone());
            line.agency = Some(invited.principal.agency.clone());
            line.summary = format!("{} was invited as {}", invited.principal, words(&invited.roles));
        }
        Body::Enrolled(enrolled) => {
            line.who = Some(enrolled.principal.to_string());
            line.agency = Some(enrolled.principal.agency.clone());
            line.summary = format!("enrolled a key as {}", words(&enrolled.roles));
        }
        Body::Revoked(revoked) => {
            line.who = Some(revoked.by.clone());
            line.agency = Some(revoked.principal.agency.clone());
            let what = if revoked.key.is_some() { "one key of" } else { "" };
            line.summary =
                format!("revoked {what} {}: {}", revoked.principal, revoked.reason).replace("  ", " ");
        }
        Body::Accepted(accepted) => accepted_line(line, accepted),
        Body::Refused(refused) => {
            line.who = Some(refused.by.to_string());
            line.agency = Some(refused.by.agency.clone());
            about(line, refused.identity.as_ref());
            line.summary = format!(
                "refused: {}, {} errors, {} queries",
                refused.code, refused.counts.errors, refused.counts.queries
            );
        }
        Body::Denied(denied) => {
            line.who = Some(denied.by.to_string());
            line.agency = Some(denied.by.agency.clone());
            line.allowed = Some(false);
            line.submission = denied.asked_for;
            if let Some(request) = &denied.request {
                asked(line, request);
            }
            if let Some(denial) = &denied.denial {
                line.rules = denial.nearest.iter().cloned().collect();
                line.policy = Some(denial.policy);
            }
            let without = match denied.code.as_str() {
                "not_there" => "no such record, or not the asker's to know of",
                code => code,
            };
            let why = denied.denial.as_ref().map_or(without, |d| d.reason.as_str());
            line.summary = format!("denied: {why}");
        }
        Body::RefusedUnheard(unheard) => {
            line.summary =
                format!("{} refusals of sort {} from {}", unheard.count, unheard.sort, unheard.from);
        }
        Body::Released(released) => {
            line.who = Some(released.to.to_string());
            line.submission = Some(released.submission);
            judged(line, &released.judged);
            line.summary = format!(
                "released entry {} through {}",
                released.index,
                words(&released.judged.grant.profiles)
            );
        }
        Body::Answered(answered) => {
            line.who = Some(answered.by.to_string());
            line.submission = Some(answered.submission);
            judged(line, &answered.judged);
            line.summary = match &answered.rejected {
                Some(reason) => format!("rejected the delivery of entry {}: {reason}", answered.index),
                None => format!("confirmed the delivery of entry {}", answered.index),
            };
        }
        Body::NotCollected(uncollected) => {
            line.agency = Some(uncollected.recipient.clone());
            line.submission = Some(uncollected.submission);
            line.summary = format!("entry {} was not collected in time", uncollected.index);
        }
        Body::OverdueRaised(overdue) => {
            about(line, Some(&overdue.identity));
            line.summary = format!("overdue since {}", overdue.due.date);
        }
        Body::OverdueCleared(cleared) => {
            about(line, Some(&cleared.identity));
            line.submission = Some(cleared.by);
            line.summary = "no longer overdue".to_owned();
        }
        Body::ComparedAcross(compared) => compared_line(line, compared),
        Body::AuditRead(read) => {
            line.who = Some(read.by.to_string());
            judged(line, &read.judged);
            line.summary = format!("read the log: {}", read.query);
        }
        Body::ClockMoved(moved) => {
            line.who = Some(moved.by.clone());
            line.summary = "the demonstration's clock was moved forward".to_owned();
        }
        Body::Administered(act) => {
            line.who = Some(act.by.clone());
            line.summary = format!("{}: {}", act.act, act.reason);
        }
        Body::Withdrawn(withdrawn) => {
            line.who = Some(withdrawn.by.to_string());
            line.submission = withdrawn.submissions.first().map(|recalled| recalled.submission);
            judged(line, &withdrawn.judged);
            about(line, Some(&withdrawn.identity));
            let erased = withdrawn.submissions.iter().filter(|recalled| recalled.erases).count();
            line.summary = format!(
                "withdrew version {} and {} before it: {}{}",
                withdrawn.version,
                withdrawn.submissions.len().saturating_sub(1),
                withdrawn.reason.as_str(),
                if erased > 0 { format!("; the keys of {erased} are destroyed") } else { String::new() }
            );
        }
        Body::PolicyProposed(proposed) => {
            judged(line, &proposed.judged);
            line.who = Some(proposed.by.to_string());
            line.policy = Some(proposed.policy);
            line.summary =
                format!("proposed policies of {} files: {}", proposed.files.len(), proposed.reason);
        }
        Body::PolicyAnswered(answered) => {
            if let Some(decision) = &answered.judged {
                judged(line, decision);
            }
            line.who = Some(answered.by.clone());
            line.summary = format!(
                "proposal of entry {} {}: {}",
                answered.proposal,
                answered.answer.as_str().replace('_', " "),
                answered.reason
            );
        }
        Body::PolicyScheduled(scheduled) => {
            judged(line, &scheduled.judged);
            line.who = Some(scheduled.by.to_string());
            line.summary =
                format!("proposal of entry {} is to come into force at {}", scheduled.proposal, scheduled.at);
        }
        Body::Suspended(suspended) => {
            judged(line, &suspended.judged);
            line.who = Some(suspended.by.to_string());
            line.agency = match &suspended.subject {
                Subject::Agency(id) => Some(id.clone()),
                Subject::Principal(id) => Some(id.agency.clone()),
                Subject::ReturnType(_) => None,
            };
            line.summary = format!("suspended {}: {}", suspended.subject, suspended.reason);
        }
        Body::Reviewed(reviewed) => {
            if let Some(decision) = &reviewed.judged {
                judged(line, decision);
            }
            line.who = Some(reviewed.by.clone());
            let outcome = if reviewed.stands { "stands" } else { "does not stand" };
            line.summary = format!("reviewed entry {}, which {outcome}: {}", reviewed.of, reviewed.reason);
        }
        Body::TailCut(cut) => {
            line.summary = format!("{} bytes that were never acknowledged were cut at start", cut.bytes);
        }
    }
}

fn came_into_force(loaded: &PolicyLoaded) -> String {
    let files = format!("policies came into force: {} files", loaded.files.len());
    let Some(change) = &loaded.change else { return files };
    let how = match &change.way {
        Way::Approved { proposal, proposed_by, approved_by } => {
            format!("entry {proposal}, proposed by {proposed_by}, approved by {approved_by}")
        }
        Way::RolledBack { to } => format!("those of entry {to} again"),
        Way::Emergency => "loaded on the host without a second person".to_owned(),
        Way::Founding => return format!("{files}; {}", change.reason),
    };
    format!("{files}; {how}: {}", change.reason)
}

fn accepted_line(line: &mut AuditLine, accepted: &Accepted) {
    line.who = Some(accepted.submitted_by.to_string());
    line.submission = Some(line.id);
    judged(line, &accepted.judged);
    about(line, Some(&accepted.identity));
    let what = if accepted.nil { "nil declared" } else { "accepted" };
    let part = accepted.left_out.as_ref().map_or_else(String::new, |left_out| {
        let all = left_out.accepted.saturating_add(left_out.refused);
        format!(" in part ({} of {all} records refused)", left_out.refused)
    });
    line.summary = format!(
        "{what}{part} as version {}, {} queries, {} explanations given, routed to {}",
        accepted.version,
        accepted.counts.queries,
        accepted.explanations.len(),
        words(
            &accepted.recipients.iter().map(|recipient| recipient.agency.clone()).collect::<Vec<AgencyId>>()
        )
    );
}

fn compared_line(line: &mut AuditLine, compared: &ComparedAcross) {
    line.submission = Some(compared.submission);
    let parties = || compared.results.iter().flat_map(|result| &result.returns);
    if let Some(party) = parties().find(|party| party.submission == compared.submission) {
        line.agency = Some(party.agency.clone());
        line.return_type = Some(party.return_type.clone());
    }
    line.also = parties().map(|party| party.agency.clone()).collect();
    line.also.sort();
    line.also.dedup();
    let results = compared.results.iter().map(|result| {
        let others = result.returns.iter().filter(|party| party.submission != compared.submission);
        let others: Vec<String> = others
            .map(|party| format!("{} of {} ({})", party.return_type, party.agency, party.submission))
            .collect();
        let outcome = result.outcome.as_str().replace('_', " ");
        format!("{} {outcome} for {}, compared with {}", result.rule, result.area, others.join(" and "))
    });
    line.summary = results.collect::<Vec<_>>().join("; ");
}

fn about(line: &mut AuditLine, identity: Option<&Identity>) {
    if let Some(identity) = identity {
        line.agency = Some(identity.agency.clone());
        line.return_type = Some(identity.return_type.clone());
        line.period = Some(identity.covers.to_string());
    }
}

fn asked(line: &mut AuditLine, request: &DecisionRequest) {
    line.return_type = request.return_type.clone();
    line.purpose = request.purpose.clone();
}

fn judged(line: &mut AuditLine, judged: &Judged) {
    let Grant { rules, agreements, policy, .. } = &judged.grant;
    line.allowed = Some(true);
    line.rules = rules.clone();
    line.agreements = agreements.clone();
    line.policy = Some(*policy);
    line.agency = judged.request.owner.clone();
    asked(line, &judged.request);
}

fn words<T: std::fmt::Display>(items: &[T]) -> String {
    match items {
        [] => "nothing".to_owned(),
        items => items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// Whether a line answers a query. An agency is concerned when it acted, or when it was acted upon.
pub(super) fn answers(line: &AuditLine, query: &AuditQuery) -> bool {
    let acted = |agency: &AgencyId| {
        line.agency.as_ref() == Some(agency)
            || line.also.contains(agency)
            || line
                .who
                .as_deref()
                .and_then(|who| who.split_once('/'))
                .is_some_and(|(of, _)| of == agency.as_str())
    };
    (query.classes.is_empty() || query.classes.contains(&line.class))
        && query.since.is_none_or(|since| line.recorded_at >= since)
        && query.until.is_none_or(|until| line.recorded_at < until)
        && query.agency.as_ref().is_none_or(acted)
}
