//! Two ports that stay the same when the broker starts again.
//!
//! With port 0 the system would hand out another port at every start, and the clients, who were told one when
//! they enrolled, would call nobody. The ports are drawn below the range from which Linux takes the local ports
//! of outgoing connections, so that none of them takes the place while the broker is down.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use aws_lc_rs::rand;

use super::claim::{Broken, Held};

const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// Two loopback addresses on which nothing listens.
///
/// # Errors
/// [`Broken::Failed`] when none is found.
pub fn free_pair() -> Held<(SocketAddr, SocketAddr)> {
    let services = free(None)?;
    Ok((services, free(Some(services))?))
}

fn free(but: Option<SocketAddr>) -> Held<SocketAddr> {
    for _ in 0..200 {
        let mut bytes = [0; 2];
        rand::fill(&mut bytes).map_err(|_| Broken::failed("drawing a port", "no randomness is at hand"))?;
        let port = FIRST + u16::from_le_bytes(bytes) % COUNT;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if Some(address) != but && TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    Err(Broken::failed("drawing a port", "no free one was found"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_free_ports_differ_and_lie_below_those_of_outgoing_connections() {
        let (one, other) = free_pair().unwrap();
        assert_ne!(one, other);
        assert!(one.port() >= FIRST && one.port() < 32_768 && TcpListener::bind(one).is_ok());
    }
}
