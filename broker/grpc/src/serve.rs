//! All of the wire, until told to stop.

use std::sync::Arc;

use concordat_flow::{Flow, Issuer, Store};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};

use crate::accept::Door;
use crate::limits::Limits;
use crate::rate::Rates;
use crate::services::enrolment::EnrolmentRooms;
use crate::services::{NAMES, ServiceRooms};
use crate::tls::TlsConfig;

/// The listener of the services: every client shows a certificate.
#[derive(Debug)]
pub struct ServicesDoor {
    /// The socket, bound.
    pub listener: TcpListener,
    /// Settings with client trust.
    pub tls: Arc<TlsConfig>,
}

/// The listener of enrolment: no client shows a certificate.
pub struct EnrolmentDoor {
    /// The socket, bound.
    pub listener: TcpListener,
    /// Settings without client trust.
    pub tls: Arc<TlsConfig>,
    /// What makes certificates.
    pub issuer: Arc<dyn Issuer>,
    /// Host and port of the services, as clients reach them.
    pub services_at: String,
}

impl std::fmt::Debug for EnrolmentDoor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnrolmentDoor").field("services_at", &self.services_at).finish_non_exhaustive()
    }
}

/// What is listened on.
#[derive(Debug)]
pub struct Listeners {
    /// The services.
    pub services: ServicesDoor,
    /// Enrolment, where it is offered.
    pub enrolment: Option<EnrolmentDoor>,
}

/// How serving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Served {
    /// Connections that did not end within the drain time and were cut.
    pub cut: usize,
}

/// Serves until `shutdown` ends: then says so in health, stops accepting, asks every connection to end, waits for
/// calls in flight at most the drain time, and cuts the rest. Dropping the future cuts everything at once.
pub async fn serve<S: Store>(
    flow: Arc<Flow<S>>,
    listeners: Listeners,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) -> Served {
    let (stop, stopped) = watch::channel(false);
    let reporter = HealthReporter::new();
    report(&reporter, ServingStatus::Serving).await;
    let services = {
        let rooms = ServiceRooms {
            flow: Arc::clone(&flow),
            health: HealthServer::new(HealthService::from_health_reporter(reporter.clone()))
                .max_decoding_message_size(limits.message),
            submission: limits.submission,
            message: limits.message,
        };
        let ServicesDoor { listener, tls } = listeners.services;
        Door::new(tls, Arc::new(rooms), limits.clone(), true).serve(listener, stopped.clone())
    };
    let enrolment = async {
        let Some(EnrolmentDoor { listener, tls, issuer, services_at }) = listeners.enrolment else {
            return 0;
        };
        let limits = limits.for_enrolment();
        let rates = Rates::new(limits.enrolments, limits.enrolments_per_address);
        let rooms = EnrolmentRooms::new(flow, issuer, services_at, rates, limits.message);
        Door::new(tls, Arc::new(rooms), limits, false).serve(listener, stopped).await
    };
    let ending = async {
        shutdown.await;
        report(&reporter, ServingStatus::NotServing).await;
        // the doors hold the receivers, so that this cannot fail while they stand
        let _ = stop.send(true);
    };
    let (services, enrolment, ()) = tokio::join!(services, enrolment, ending);
    let cut = services + enrolment;
    if cut > 0 {
        tracing::warn!(cut, "connections did not end in time and were cut");
    }
    Served { cut }
}

async fn report(reporter: &HealthReporter, status: ServingStatus) {
    for service in NAMES.into_iter().chain([""]) {
        reporter.set_service_status(service, status).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_send(_: &impl Send) {}

    // compiled, never called: the broker spawns it
    #[expect(dead_code, reason = "that it compiles is the test")]
    fn serving_can_be_spawned<S: Store>(flow: Arc<Flow<S>>, listeners: Listeners) {
        is_send(&serve(flow, listeners, Limits::default(), async {}));
    }

    #[test]
    fn the_enrolment_listener_keeps_few_and_short_connections() {
        let limits = Limits::default();
        let tight = limits.for_enrolment();
        assert_eq!((tight.handshakes, tight.connections, tight.handshakes_per_address), (64, 64, 8));
        assert!(tight.connection_age + tight.connection_grace < limits.connection_age);
        assert!(tight.message < limits.message);
        assert_eq!(tight.handshake_time, limits.handshake_time);
    }
}
