//! The game's socket: dialling it, its options, and whether its port answers.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpSocket, TcpStream, lookup_host};

use crate::config::Limits;

/// How to reach the game.
#[derive(Clone, Debug)]
pub struct Dialer {
    /// `host:port`, resolved anew for each dial.
    pub address: String,
    /// The local address to dial from, if it matters.
    pub bind: Option<IpAddr>,
    /// How long all of it may take.
    pub connect_timeout: Duration,
}

impl Dialer {
    /// Connects to the game.
    ///
    /// # Errors
    /// The last address's error, or that it took too long.
    pub async fn dial(&self, limits: &Limits) -> io::Result<TcpStream> {
        let dialled = tokio::time::timeout(self.connect_timeout, self.dial_any()).await;
        let stream = dialled.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        set_options(&stream, limits)?;
        Ok(stream)
    }

    async fn dial_any(&self) -> io::Result<TcpStream> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the game's name has no address");
        for address in lookup_host(&self.address).await? {
            match self.dial_one(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    async fn dial_one(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        if let Some(local) = self.bind {
            socket.bind(SocketAddr::new(local, 0))?;
        }
        socket.connect(address).await
    }

    /// Whether the game's port takes connections.
    pub async fn answers(&self) -> bool {
        tokio::time::timeout(self.connect_timeout, self.dial_any()).await.is_ok_and(|r| r.is_ok())
    }
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
