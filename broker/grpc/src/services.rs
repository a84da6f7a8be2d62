//! The services: each call is identified first, and only then reaches a handler.

use std::convert::Infallible;
use std::sync::Arc;

use concordat_core::refusal::Refusal;
use concordat_flow::{Caller, Flow, Store, Unheard};
use concordat_proto::v1 as wire;
use http::{Request, Response};
use hyper::body::Incoming;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::HealthService;
use wire::audit_service_server::{self as audit_server, AuditServiceServer};
use wire::catalogue_service_server::{self as catalogue_server, CatalogueServiceServer};
use wire::directory_service_server::{self as directory_server, DirectoryServiceServer};
use wire::inbox_service_server::{self as inbox_server, InboxServiceServer};
use wire::obligation_service_server::{self as obligation_server, ObligationServiceServer};
use wire::policy_service_server::{self as policy_server, PolicyServiceServer};
use wire::submission_service_server::{self as submission_server, SubmissionServiceServer};

use crate::layers::Rooms;
use crate::load::Counted;
use crate::peer::Peer;
use crate::status;

pub mod audit;
pub mod catalogue;
pub mod directory;
pub mod enrolment;
pub mod inbox;
pub mod obligation;
pub mod policy;
pub mod submission;

/// The names of the services that need a certificate, for health.
pub(crate) const NAMES: [&str; 7] = [
    submission_server::SERVICE_NAME,
    inbox_server::SERVICE_NAME,
    obligation_server::SERVICE_NAME,
    audit_server::SERVICE_NAME,
    catalogue_server::SERVICE_NAME,
    directory_server::SERVICE_NAME,
    policy_server::SERVICE_NAME,
];

const HEALTH: &str = "grpc.health.v1.Health";

/// Where one call is handled: the flow, and the caller as identified for this call. No handler exists without.
pub struct Desk<S: Store> {
    flow: Arc<Flow<S>>,
    caller: Caller,
}

impl<S: Store> std::fmt::Debug for Desk<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Desk({})", self.caller.principal())
    }
}

impl<S: Store> Desk<S> {
    // a message of a known caller that is not well formed: counted, and answered
    fn malformed(&self, refusal: &Refusal) -> Status {
        self.flow.unheard(Unheard::Malformed, self.caller.principal().to_string());
        status::refused(refusal)
    }
}

/// The services that need a certificate.
pub(crate) struct ServiceRooms<S: Store> {
    pub(crate) flow: Arc<Flow<S>>,
    pub(crate) health: HealthServer<HealthService>,
    /// The size of a submission's message in bytes.
    pub(crate) submission: usize,
    /// The size of every other message in bytes.
    pub(crate) message: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Called {
    Submit,
    Upload,
    Submission,
    Inbox,
    Obligation,
    Audit,
    Catalogue,
    Directory,
    Policy,
    Propose,
    Health,
    Unknown,
}

fn called(path: &str) -> Called {
    let Some((service, method)) = path.strip_prefix('/').and_then(|path| path.split_once('/')) else {
        return Called::Unknown;
    };
    match service {
        submission_server::SERVICE_NAME if method == "Submit" => Called::Submit,
        submission_server::SERVICE_NAME if matches!(method, "BeginUpload" | "Upload") => Called::Upload,
        submission_server::SERVICE_NAME => Called::Submission,
        inbox_server::SERVICE_NAME => Called::Inbox,
        obligation_server::SERVICE_NAME => Called::Obligation,
        audit_server::SERVICE_NAME => Called::Audit,
        catalogue_server::SERVICE_NAME => Called::Catalogue,
        directory_server::SERVICE_NAME => Called::Directory,
        policy_server::SERVICE_NAME if method == "Propose" => Called::Propose,
        policy_server::SERVICE_NAME => Called::Policy,
        HEALTH => Called::Health,
        _ => Called::Unknown,
    }
}

impl<S: Store> Rooms for ServiceRooms<S> {
    async fn answer(&self, peer: &Arc<Peer>, request: Request<Counted<Incoming>>) -> Response<Body> {
        let called = called(request.uri().path());
        if called == Called::Health {
            return run(self.health.clone(), request).await;
        }
        let caller = match self.identify(peer) {
            Ok(caller) => caller,
            Err(refused) => return refused.into_http(),
        };
        let desk = Arc::new(Desk { flow: Arc::clone(&self.flow), caller });
        let size = self.message;
        match called {
            Called::Submit => submission::submit(desk, request, self.submission).await,
            Called::Upload => {
                let mut request = request;
                let ticket = request.body().ticket();
                request.extensions_mut().insert(ticket);
                let size = self.submission;
                run(SubmissionServiceServer::from_arc(desk).max_decoding_message_size(size), request).await
            }
            Called::Submission => {
                run(SubmissionServiceServer::from_arc(desk).max_decoding_message_size(size), request).await
            }
            Called::Inbox => {
                run(InboxServiceServer::from_arc(desk).max_decoding_message_size(size), request).await
            }
            Called::Obligation => {
                run(ObligationServiceServer::from_arc(desk).max_decoding_message_size(size), request).await
            }
            Called::Audit => {
                run(AuditServiceServer::from_arc(desk).max_decoding_message_size(size), request).await
            }
            Called::Catalogue => {
                run(CatalogueServiceServer::from_arc(desk).max_decoding_message_size(size), request).await
            }
            Called::Directory => {
                run(DirectoryServiceServer::from_arc(desk).max_decoding_message_size(size), request).await
            }
            Called::Policy => {
                run(PolicyServiceServer::from_arc(desk).max_decoding_message_size(size), request).await
            }
            // a proposal brings a whole policies folder
            Called::Propose => {
                let size = self.submission;
                run(PolicyServiceServer::from_arc(desk).max_decoding_message_size(size), request).await
            }
            Called::Health | Called::Unknown => no_such_service(),
        }
    }

    fn unheard(&self, sort: Unheard, from: String) {
        self.flow.unheard(sort, from);
    }
}

impl<S: Store> ServiceRooms<S> {
    fn identify(&self, peer: &Peer) -> Result<Caller, Status> {
        let refusal = match &peer.facts {
            Some(facts) => match self.flow.identify(facts) {
                Ok(caller) => return Ok(caller),
                Err(refusal) => refusal,
            },
            None => Refusal::Unauthenticated("no certificate was shown"),
        };
        self.flow.unheard(sort_of(&refusal), peer.from.clone());
        Err(status::refused(&refusal))
    }
}

// the flow says in words why a certificate does not count
fn sort_of(refusal: &Refusal) -> Unheard {
    match refusal {
        Refusal::Unauthenticated(why) if why.contains("revoked") => Unheard::Revoked,
        Refusal::Unauthenticated(why) if why.contains("not valid now") => Unheard::Expired,
        _ => Unheard::UnknownKey,
    }
}

pub(crate) fn no_such_service() -> Response<Body> {
    Status::unimplemented("this listener has no such service").into_http()
}

pub(crate) async fn run<T>(mut service: T, request: Request<Counted<Incoming>>) -> Response<Body>
where
    T: Service<Request<Counted<Incoming>>, Response = Response<Body>, Error = Infallible>,
{
    match service.call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_is_found_by_its_path_and_nothing_else_is() {
        let found: Vec<Called> = NAMES.iter().map(|name| called(&format!("/{name}/Any"))).collect();
        assert_eq!(
            found,
            [
                Called::Submission,
                Called::Inbox,
                Called::Obligation,
                Called::Audit,
                Called::Catalogue,
                Called::Directory,
                Called::Policy
            ]
        );
        assert_eq!(called("/concordat.v1.SubmissionService/Submit"), Called::Submit);
        assert_eq!(called("/grpc.health.v1.Health/Check"), Called::Health);
        // enrolment has a listener of its own
        for path in
            ["/concordat.v1.EnrolmentService/Enrol", "/", "", "concordat.v1.AuditService/Search", "//x"]
        {
            assert_eq!(called(path), Called::Unknown, "{path}");
        }
    }

    #[test]
    fn a_certificate_that_does_not_count_is_counted_by_its_reason() {
        let sort = |why| sort_of(&Refusal::Unauthenticated(why));
        assert_eq!(sort("this certificate's key was revoked"), Unheard::Revoked);
        assert_eq!(sort("this certificate is not valid now"), Unheard::Expired);
        assert_eq!(sort("this certificate's key is not registered here"), Unheard::UnknownKey);
    }
}
