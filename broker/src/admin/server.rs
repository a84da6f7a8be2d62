//! The running broker's administration socket.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use concordat_flow::{Flow, Store};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use zeroize::Zeroizing;

use super::act;
use super::protocol::{MAX_LINE, Reply, Request};
use crate::operator;
use crate::shutdown::Stopping;

// a caller that says nothing must not hold the socket, which serves one caller at a time
const PATIENCE: Duration = Duration::from_secs(5);

/// Makes the socket, with mode 0600. Whoever calls this holds the directory's lock, so that a socket that
/// is there was left by a broker that did not stop cleanly.
///
/// # Errors
/// What the system says, such as that the path is too long for a socket (about 100 bytes).
pub fn bind(path: &Path) -> io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Answers administrative acts, one after the other, until the broker stops.
pub async fn serve<S: Store>(
    listener: UnixListener,
    flow: Arc<Flow<S>>,
    policies: PathBuf,
    mut stopping: Stopping,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopping.wait() => return,
        };
        match accepted {
            Ok((stream, _)) => {
                if let Err(e) = converse(stream, &flow, &policies).await {
                    tracing::warn!(error = %e, "an administrator's connection failed");
                }
            }
            Err(e) => {
                tracing::warn!(error = %e, "the administration socket refused a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn converse<S: Store>(mut stream: UnixStream, flow: &Flow<S>, policies: &Path) -> io::Result<()> {
    let uid = stream.peer_cred()?.uid();
    let reply = if uid == 0 || uid == operator::own_uid()? {
        match tokio::time::timeout(PATIENCE, read_request(&mut stream)).await {
            Ok(Ok(request)) => act::carry_out(flow, policies, request, &operator::of_uid(uid)).await,
            Ok(Err(e)) => Reply::Refused { text: format!("the request is not understood: {e}") },
            Err(_) => Reply::Refused { text: "no request came within 5 seconds".to_owned() },
        }
    } else {
        Reply::Refused { text: "only the user that runs the broker may administer it".to_owned() }
    };
    let mut line = Zeroizing::new(serde_json::to_vec(&reply)?);
    line.push(b'\n');
    tokio::time::timeout(PATIENCE, stream.write_all(&line)).await??;
    stream.shutdown().await
}

async fn read_request(stream: &mut UnixStream) -> io::Result<Request> {
    let mut line = String::new();
    BufReader::new(stream.take(MAX_LINE)).read_line(&mut line).await?;
    Ok(serde_json::from_str(&line)?)
}
