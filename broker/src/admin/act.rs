//! Carrying an administrative act out, whoever brought it.

use std::path::Path;

use concordat_core::fault::{Fault, FaultKind};
use concordat_core::ids::Digest;
use concordat_flow::{Flow, Invite, Stop, Store};

use super::protocol::{Reply, Request, Secret};
use crate::bundle;

/// Carries an act out and says what came of it. `by` is the operating user.
pub async fn carry_out<S: Store>(flow: &Flow<S>, policies: &Path, request: Request, by: &str) -> Reply {
    let done = match request {
        Request::Invite { principal, roles, areas, until } => {
            let invited = flow.invite(Invite { principal, roles, areas, until }, by).await;
            invited.map(|invited| Reply::Invited {
                token: Secret::new(invited.token.expose().to_owned()),
                until: invited.until,
                index: invited.index,
            })
        }
        Request::Revoke { principal, key, reason } => {
            match key.map(|key| key.parse::<Digest>()).transpose() {
                Ok(key) => flow.revoke(principal, key, reason, by).await.map(done),
                Err(bad) => return Reply::Refused { text: bad.to_string() },
            }
        }
        Request::MoveClock { to } => watched(flow, flow.move_clock(to, by).await).await,
        Request::Review { of, stands, reason } => flow.review_on_host(of, stands, reason, by).await.map(done),
        Request::LoadPolicies { emergency } => match bundle::read(policies) {
            Ok(files) => watched(flow, flow.load_policies(files, emergency, by).await).await,
            Err(fault) => return Reply::Refused { text: fault.to_string() },
        },
    };
    done.unwrap_or_else(stopped)
}

fn done(index: u64) -> Reply {
    Reply::Done { index }
}

/// After what moves deadlines, the broker looks at once at what has become overdue.
async fn watched<S: Store>(flow: &Flow<S>, acted: Result<u64, Stop>) -> Result<Reply, Stop> {
    let index = acted?;
    // the act is recorded: a round that fails now comes again by itself
    if let Err(stop) = flow.watch().await {
        tracing::warn!(?stop, "the round after the act failed");
    }
    Ok(done(index))
}

fn stopped(stop: Stop) -> Reply {
    match stop {
        Stop::Refused(refusal) | Stop::Denied { refusal, .. } => Reply::Refused { text: refusal.text() },
        Stop::Failed(fault) => failed(&fault),
    }
}

fn failed(fault: &Fault) -> Reply {
    Reply::Failed { text: fault.operator().to_owned(), tampered: fault.kind() == FaultKind::Tampered }
}
