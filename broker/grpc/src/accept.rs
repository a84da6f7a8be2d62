//! Connections: accepted, shaken hands with, served, and ended. One slow client never holds up another.

use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use concordat_flow::Unheard;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::CertificateError;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::layers::{self, Rooms};
use crate::limits::Limits;
use crate::load::{Load, Place, Places};
use crate::peer::{Peer, facts_of};
use crate::tls::{ALPN, TlsConfig};

/// The shortest and longest pause after the system could not accept a connection.
const PAUSE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// A listener with what it serves.
pub(crate) struct Door<R> {
    tls: Arc<TlsConfig>,
    rooms: Arc<R>,
    limits: Limits,
    load: Arc<Load>,
    places: Arc<Places>,
    connections: Arc<Semaphore>,
    http: http2::Builder<TokioExecutor>,
    // whether clients must show a certificate
    asks: bool,
}

impl<R: Rooms> Door<R> {
    pub(crate) fn new(tls: Arc<TlsConfig>, rooms: Arc<R>, limits: Limits, asks: bool) -> Arc<Self> {
        let mut http = http2::Builder::new(TokioExecutor::new());
        http.timer(TokioTimer::new())
            .max_concurrent_streams(limits.streams_per_connection)
            .keep_alive_interval(limits.keep_alive)
            .keep_alive_timeout(limits.keep_alive_answer)
            .max_pending_accept_reset_streams(20)
            .max_local_error_reset_streams(256)
            .max_header_list_size(16 << 10)
            .auto_date_header(false);
        Arc::new(Self {
            load: Load::new(limits.requests, limits.bytes),
            places: Places::new(limits.handshakes, limits.handshakes_per_address),
            connections: Arc::new(Semaphore::new(limits.connections)),
            tls,
            rooms,
            limits,
            http,
            asks,
        })
    }

    /// Accepts until `stop` changes, then waits for connections to end, at most the drain time; cuts the rest
    /// and says how many.
    pub(crate) async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        mut stop: watch::Receiver<bool>,
    ) -> usize {
        let mut open = JoinSet::new();
        let mut pause = PAUSE.0;
        loop {
            tokio::select! {
                biased;
                () = stopped(&mut stop) => break,
                Some(_) = open.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, address)) => {
                        pause = PAUSE.0;
                        self.welcome(stream, address.ip(), &stop, &mut open);
                    }
                    Err(fault) if is_the_peers(&fault) => {}
                    Err(fault) => {
                        tracing::warn!(%fault, "cannot accept connections; trying again soon");
                        // out of descriptors, most likely: connections that end meanwhile give some back
                        let _ = tokio::time::timeout(pause, stopped(&mut stop)).await;
                        pause = (pause * 2).min(PAUSE.1);
                    }
                },
            }
        }
        drop(listener);
        let drained = async { while open.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(self.limits.drain, drained).await;
        let cut = open.len();
        open.shutdown().await;
        cut
    }

    fn welcome(
        self: &Arc<Self>,
        stream: TcpStream,
        address: IpAddr,
        stop: &watch::Receiver<bool>,
        open: &mut JoinSet<()>,
    ) {
        let Some(place) = self.places.take(address) else {
            return self.rooms.unheard(Unheard::Overload, Peer::new(address, None).from);
        };
        open.spawn(Arc::clone(self).connection(stream, address, place, stop.clone()));
    }

    async fn connection(
        self: Arc<Self>,
        stream: TcpStream,
        address: IpAddr,
        place: Place,
        mut stop: watch::Receiver<bool>,
    ) {
        let met = tokio::select! {
            met = tokio::time::timeout(self.limits.handshake_time, self.meet(stream, address)) => met,
            () = stopped(&mut stop) => return,
        };
        let (stream, peer) = match met {
            Ok(Ok(met)) => met,
            Ok(Err(None)) => return,
            Ok(Err(Some(sort))) => return self.rooms.unheard(sort, Peer::new(address, None).from),
            Err(_) => return self.rooms.unheard(Unheard::Handshake, Peer::new(address, None).from),
        };
        let Ok(_permit) = self.connections.try_acquire() else {
            return self.rooms.unheard(Unheard::Overload, peer.from);
        };
        // who shows no certificate keeps its address's place while it stays
        let _place = (!self.asks).then_some(place);
        self.converse(stream, Arc::new(peer), stop).await;
    }

    // the refusal is `None` where the client left of its own accord
    async fn meet(
        &self,
        stream: TcpStream,
        address: IpAddr,
    ) -> Result<(TlsStream<TcpStream>, Peer), Option<Unheard>> {
        stream.set_nodelay(true).map_err(|_| None)?;
        let stream =
            TlsAcceptor::from(self.tls.current()).accept(stream).await.map_err(|fault| sort_of(&fault))?;
        let (_, session) = stream.get_ref();
        if session.alpn_protocol() != Some(ALPN) {
            return Err(Some(Unheard::Handshake));
        }
        if !self.asks {
            return Ok((stream, Peer::new(address, None)));
        }
        let shown = session.peer_certificates().and_then(<[_]>::first).ok_or(Some(Unheard::Handshake))?;
        let facts = facts_of(shown).map_err(|_| Some(Unheard::Handshake))?;
        Ok((stream, Peer::new(address, Some(facts))))
    }

    async fn converse(
        self: &Arc<Self>,
        stream: TlsStream<TcpStream>,
        peer: Arc<Peer>,
        mut stop: watch::Receiver<bool>,
    ) {
        let service = service_fn(|request| {
            let door = Arc::clone(self);
            let peer = Arc::clone(&peer);
            async move {
                let answer = layers::answer(&*door.rooms, &door.load, &door.limits, &peer, request).await;
                Ok::<_, Infallible>(answer)
            }
        });
        let mut connection = pin!(self.http.serve_connection(TokioIo::new(stream), service));
        tokio::select! {
            _ = &mut connection => return,
            () = tokio::time::sleep(self.limits.connection_age) => {}
            () = stopped(&mut stop) => {}
        }
        connection.as_mut().graceful_shutdown();
        // the drain of the whole door ends this one too, if it is shorter
        let _ = tokio::time::timeout(self.limits.connection_grace, connection).await;
    }
}

// until the broker stops, or nobody is left who could say so
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

// a connection that its peer gave up before we took it
fn is_the_peers(fault: &io::Error) -> bool {
    matches!(
        fault.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    )
}

// what a handshake failed of; a client that only hung up was refused nothing
fn sort_of(fault: &io::Error) -> Option<Unheard> {
    let fault = fault.get_ref().and_then(|fault| fault.downcast_ref::<rustls::Error>())?;
    tracing::debug!(%fault, "a handshake failed");
    Some(match fault {
        rustls::Error::InvalidCertificate(why) => match why {
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => Unheard::Expired,
            CertificateError::Revoked => Unheard::Revoked,
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Unheard::UnknownKey,
            _ => Unheard::Handshake,
        },
        _ => Unheard::Handshake,
    })
}

#[cfg(test)]
mod tests;
