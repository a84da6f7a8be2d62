//! A broker that serves: listeners, administration socket, watch, until it is told to stop.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use concordat_core::clock::Clock;
use concordat_core::ids::PrincipalId;
use concordat_flow::{Flow, IssueFault, Issued, Issuer, Store, Watched};
use concordat_grpc::{
    ClientTrust, EnrolmentDoor, Limits, Listeners, ServerIdentity, ServicesDoor, TlsConfig, TlsError,
};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::time::MissedTickBehavior;

use crate::addresses::Addresses;
use crate::admin::server;
use crate::ca::{Authority, CaFault};
use crate::compose::{Broker, of_stop};
use crate::config::Config;
use crate::operator;
use crate::outcome::Failure;
use crate::private;
use crate::shutdown::Stopping;

/// How often the broker looks at what has become overdue or was not collected.
const WATCH_EVERY: Duration = Duration::from_secs(2);

/// Opens the directory of these settings and serves it until the broker is to stop; then finishes what is
/// under way, at most for the drain time, and closes the store.
///
/// # Errors
/// [`Failure`] when the directory cannot be opened (see [`Broker::open`]), the policies folder was changed and
/// is wrong, an address is taken, or the log fails.
pub async fn run_broker(config: Config, stopping: Stopping) -> Result<(), Failure> {
    let broker = Broker::open(&config).await?;
    let ended = match broker.load_changed(&config).await {
        Ok(()) => serve(&config, &broker, stopping).await,
        Err(failure) => Err(failure),
    };
    let closed = broker.close().await;
    ended.and(closed)
}

async fn serve(config: &Config, broker: &Broker, stopping: Stopping) -> Result<(), Failure> {
    let by = operator::of_this_process().map_err(|e| Failure::of("asking who operates", &e))?;
    private::make_dir(&config.run).map_err(|e| Failure::of("making the run directory", &e))?;
    // a broker that did not stop cleanly left its own
    forget(&config.addresses()).map_err(|e| Failure::of("removing old addresses", &e))?;
    let services = bind(config.services, "services").await?;
    let enrolment = bind(config.enrolment, "enrolment").await?;
    let socket = server::bind(&config.socket()).map_err(|e| {
        Failure::of(&format!("making the administration socket `{}`", config.socket().display()), &e)
    })?;
    let authority = authority(config)?;
    let served = Addresses {
        services: address(&services)?,
        enrolment: address(&enrolment)?,
        fingerprint: authority.fingerprint().to_string(),
        process: std::process::id(),
    };
    let listeners = listeners(config, broker, authority, (services, &served), enrolment)?;
    record(broker, "start", "the broker begins to serve", &by).await?;
    served.write(&config.addresses()).map_err(|e| Failure::of("writing the addresses", &e))?;
    tracing::info!(services = %served.services, enrolment = %served.enrolment, partnership = %config.partnership, "serving");

    let flow = broker.flow();
    let watching = tokio::spawn(watch(Arc::clone(flow), stopping.clone()));
    let administering =
        tokio::spawn(server::serve(socket, Arc::clone(flow), config.policies.clone(), stopping.clone()));
    let mut asked = stopping;
    let ended =
        concordat_grpc::serve(Arc::clone(flow), listeners, limits(config), async move { asked.wait().await })
            .await;
    tracing::info!(cut = ended.cut, "stopped serving");

    // both hear the same call to stop; an act under way is finished first
    let _ = tokio::join!(watching, administering);
    for left in [config.addresses(), config.socket()] {
        if let Err(e) = forget(&left) {
            tracing::warn!(path = %left.display(), error = %e, "could not be removed");
        }
    }
    flow.write_unheard(true).await.map_err(|stop| of_stop("summing up refusals", &stop))?;
    record(broker, "stop", "the broker was told to stop", &by).await
}

async fn record(broker: &Broker, act: &str, reason: &str, by: &str) -> Result<(), Failure> {
    let recorded = broker.flow().administered(act, reason, by).await;
    recorded.map(drop).map_err(|stop| of_stop("recording that the broker starts or stops", &stop))
}

async fn bind(address: SocketAddr, what: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|e| {
        Failure::of(&format!("listening on {address} for {what} (listen.{what} in concordat.toml)"), &e)
    })
}

fn address(listener: &TcpListener) -> Result<SocketAddr, Failure> {
    listener.local_addr().map_err(|e| Failure::of("asking which address is served", &e))
}

fn authority(config: &Config) -> Result<Authority, Failure> {
    Authority::open(&config.authority, &config.partnership)
        .map_err(|e| Failure::of("reading the authority", &e))
}

fn listeners(
    config: &Config,
    broker: &Broker,
    authority: Authority,
    (services, served): (TcpListener, &Addresses),
    enrolment: TcpListener,
) -> Result<Listeners, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(broker.clock().clone());
    let pair = authority
        .server(&config.names, clock.machine_now())
        .map_err(|e| Failure::of("reading the broker's certificate", &e))?;
    let unfit = |e: TlsError| Failure::of("setting TLS up", &e);
    let own = ServerIdentity::from_pem(pair.certificate.as_bytes(), pair.key.as_bytes()).map_err(unfit)?;
    // a client that enrols has nothing but a fingerprint: it is shown the authority too
    let chain = format!("{}{}", pair.certificate, authority.pem());
    let shown = ServerIdentity::from_pem(chain.as_bytes(), pair.key.as_bytes()).map_err(unfit)?;
    let trust = ClientTrust::from_pem(authority.pem().as_bytes()).map_err(unfit)?;
    Ok(Listeners {
        services: ServicesDoor {
            listener: services,
            tls: TlsConfig::new(own, Some(trust), Arc::clone(&clock)).map_err(unfit)?,
        },
        enrolment: Some(EnrolmentDoor {
            listener: enrolment,
            tls: TlsConfig::new(shown, None, clock).map_err(unfit)?,
            issuer: Arc::new(authority),
            services_at: config.announced(served.services.port()),
        }),
    })
}

fn limits(config: &Config) -> Limits {
    Limits {
        handshake_time: config.limits.handshake,
        connections: config.limits.connections,
        requests: config.limits.calls,
        drain: config.limits.drain,
        enrolments: config.limits.enrolments,
        enrolments_per_address: config.limits.enrolments_per_address,
        ..Limits::default()
    }
}

/// Looks every few seconds at what has become overdue, was not collected, or was refused unheard.
async fn watch<S: Store>(flow: Arc<Flow<S>>, mut stopping: Stopping) {
    let mut tick = tokio::time::interval(WATCH_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = stopping.wait() => return,
        }
        match flow.watch().await {
            Ok(watched) if watched == Watched::default() => {}
            Ok(watched) => tracing::info!(
                overdue_raised = watched.overdue_raised,
                overdue_cleared = watched.overdue_cleared,
                not_collected = watched.not_collected,
                unheard = watched.unheard,
                "watched"
            ),
            Err(stop) => {
                tracing::error!(error = %of_stop("watching", &stop), "the watch failed; it tries again")
            }
        }
    }
}

fn forget(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

impl Issuer for Authority {
    fn issue(
        &self,
        request_der: &[u8],
        principal: &PrincipalId,
        now: Timestamp,
    ) -> Result<Issued, IssueFault> {
        let certified = self.certify(request_der, principal, now).map_err(|fault| match fault {
            CaFault::Request(bad) => IssueFault::Request(bad.to_string()),
            other => IssueFault::Authority(other.to_string()),
        })?;
        Ok(Issued {
            chain_pem: certified.pem,
            authority_pem: self.pem().to_owned(),
            key: certified.key,
            not_after: certified.not_after,
        })
    }
}

#[cfg(test)]
mod tests;
