//! The way in for commands: the socket when a broker runs, the store under its lock when none does.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use zeroize::Zeroizing;

use super::act;
use super::protocol::{MAX_LINE, Reply, Request};
use crate::compose::Broker;
use crate::config::Config;
use crate::operator;
use crate::outcome::{Exit, Failure};

/// Has an act carried out: by the broker that runs, or right here when none does.
///
/// # Errors
/// [`Failure`] when neither can, or the act is refused or fails.
pub async fn ask(config: &Config, request: Request) -> Result<Reply, Failure> {
    let reply = match UnixStream::connect(config.socket()).await {
        Ok(stream) => {
            over(stream, &request).await.map_err(|e| Failure::of("asking the running broker", &e))?
        }
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            here(config, request).await?
        }
        Err(e) => return Err(Failure::of("reaching the running broker", &e)),
    };
    match reply {
        Reply::Refused { text } => Err(Failure::new(text)),
        Reply::Failed { text, tampered } => {
            let exit = if tampered { Exit::Tampered } else { Exit::Failure };
            Err(Failure { exit, text })
        }
        done => Ok(done),
    }
}

async fn over(mut stream: UnixStream, request: &Request) -> io::Result<Reply> {
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    let mut answer = Zeroizing::new(String::new());
    BufReader::new(stream.take(MAX_LINE)).read_line(&mut answer).await?;
    if answer.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "it hung up without an answer; whether it acted is unknown, see its log",
        ));
    }
    Ok(serde_json::from_str(&answer)?)
}

async fn here(config: &Config, request: Request) -> Result<Reply, Failure> {
    let by = operator::of_this_process().map_err(|e| Failure::of("asking who operates", &e))?;
    let broker = Broker::open(config).await?;
    let reply = act::carry_out(broker.flow(), &config.policies, request, &by).await;
    broker.close().await?;
    Ok(reply)
}
