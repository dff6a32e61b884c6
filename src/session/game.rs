//! The game's socket: dialling it, its options, and whether its port answers.

use std::io;
use std::net::{IpAddr, SocketAddr};

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpSocket, TcpStream, lookup_host};

use crate::config::{Config, Limits};

/// How to reach the game.
#[derive(Clone, Debug)]
pub struct Dialer {
    /// `host:port`, resolved anew for each dial.
    pub address: String,
}

impl Dialer {
    /// Connects to the game.
    ///
    /// # Errors
    /// The last address's error, or that it took too long.
    pub async fn dial(&self, config: &Config) -> io::Result<TcpStream> {
        let dialled =
            tokio::time::timeout(config.game.connect_timeout, self.dial_any(config)).await;
        let stream = dialled.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        set_options(&stream, &config.limits)?;
        Ok(stream)
    }

    async fn dial_any(&self, config: &Config) -> io::Result<TcpStream> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the game's name has no address");
        for address in lookup_host(&self.address).await? {
            match dial_one(address, config.game.bind).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Whether the game's port takes connections.
    pub async fn answers(&self, config: &Config) -> bool {
        let dialled = tokio::time::timeout(config.game.connect_timeout, self.dial_any(config));
        dialled.await.is_ok_and(|dialled| dialled.is_ok())
    }
}

/// Connects to this address, from `local` if it matters.
async fn dial_one(address: SocketAddr, local: Option<IpAddr>) -> io::Result<TcpStream> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    if let Some(local) = local {
        socket.bind(SocketAddr::new(local, 0))?;
    }
    socket.connect(address).await
}

/// What every telnet socket needs, ours to the game and the players' to us: no delay, urgent bytes
/// in line (else a data mark vanishes and the byte after it is eaten), and a dead peer noticed.
///
/// # Errors
/// The kernel's, where it refuses one.
pub fn set_options(stream: &TcpStream, limits: &Limits) -> io::Result<()> {
    let socket = SockRef::from(stream);
    socket.set_tcp_nodelay(true)?;
    socket.set_out_of_band_inline(true)?;
    let keepalive = TcpKeepalive::new()
        .with_time(limits.keepalive_idle)
        .with_interval(limits.keepalive_interval)
        .with_retries(limits.keepalive_probes);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(limits.user_timeout))?;
    Ok(())
}
