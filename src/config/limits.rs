//! `[limits]`: every bound, each by name. Nothing that a player or a game can make grow is without
//! one.

use std::time::Duration;

pub use super::exempt::Exempt;
use super::exempt::Exemptions;
use super::section::{Keyed, section};
use super::value::{Amount, Count, DAY, HOUR, KIB, MIB, MINUTE, Or, SECOND, Size, Time, Unit};

/// Addresses whose connections are not too many for one network.
const ADDRESSES_PER_NETWORK: usize = 20;

section! {
    /// `[limits]`: every bound. Sizes are in bytes. Rates delay a player's lines, they never drop
    /// them and never close a connection.
    pub struct Limits {
        /// Connections from clients, together.
        pub connections_max: usize = 10_000, Count(1..=1_000_000);
        /// Connections from one address; IPv6 by /64.
        pub connections_per_address_max: usize = 50, Count(1..=1_000_000);
        /// Connections from the network around an address; `None` (`"auto"`): as many as 20 addresses
        /// may have.
        pub connections_per_network_max: Option<usize> = None, Or("auto", Count(1..=1_000_000));
        /// How many bits of an IPv4 address that network has in common.
        pub network_ipv4_bits: u8 = 24, Count(8..=32);
        /// How many bits of an IPv6 address that network has in common.
        pub network_ipv6_bits: u8 = 48, Count(16..=64);
        /// Connections of one user, over all sessions; one more disconnects the oldest. `None`
        /// (`"none"`): no limit but those of `[session]`.
        pub connections_per_user_max: Option<usize> = None, Or("none", Count(1..=1_000));
        /// Different users that may have a session from one address at once; `None` (`"none"`): no
        /// limit.
        pub users_per_address_max: Option<usize> = None, Or("none", Count(1..=1_000_000));
        /// Networks that count as one address each, with numbers of their own: households, schools.
        pub exempt: Vec<Exempt> = Vec::new(), Exemptions;
        /// Sessions, whether anyone is attached or not.
        pub sessions_max: usize = 10_000, Count(1..=1_000_000);
        /// New connections that one address may open in a minute.
        pub connects_per_minute: u32 = 120, Count(1..=1_000_000);
        /// New connections that all addresses together may open in a minute.
        pub connects_per_minute_total: u32 = 60_000, Count(1..=10_000_000);
        /// Lines a minute that a player may go on typing for ever.
        pub lines_per_minute: u32 = 1_200, Count(1..=1_000_000);
        /// Lines that a player may have sent faster than that before they are delayed.
        pub lines_burst: u32 = 500, Count(1..=100_000);
        /// Bytes a second that a client may go on sending for ever.
        pub bytes_per_second: usize = 256 * KIB, Size(64..=1024 * MIB);
        /// Bytes that a client may have sent faster than that before they are delayed.
        pub bytes_burst: usize = 4 * MIB, Size(KIB..=1024 * MIB);
        /// Longest line from a client, without its line end; the rest of it is cut off.
        pub line_bytes_max: usize = 4 * KIB, Size(64..=64 * KIB);
        /// How long a player may take to log in, where logins are recognised.
        pub login_timeout: Duration = 10 * MINUTE, Time(10 * SECOND..=DAY);
        /// How long a client may type nothing in the game before it is disconnected, and its session
        /// held; `None` (`"never"`): for ever.
        pub idle_timeout: Option<Duration> = None, Or("never", Time(SECOND..=30 * DAY));
        /// How long a client is given to say what it can before the game is dialled.
        pub negotiation_timeout: Duration = SECOND, Time(SECOND / 10..=10 * SECOND);
        /// Output prepared for one client and not yet taken by its socket.
        pub client_output_bytes_max: usize = 64 * KIB, Size(4 * KIB..=16 * MIB);
        /// Input for the game that its socket has not taken yet.
        pub game_input_bytes_max: usize = 64 * KIB, Size(4 * KIB..=16 * MIB);
        /// Send buffer that the system keeps for a client's socket.
        pub send_buffer_bytes: usize = 128 * KIB, Size(4 * KIB..=16 * MIB);
        /// How long a client may take nothing at all while there is output for it.
        pub slow_timeout: Duration = 30 * SECOND, Time(SECOND..=HOUR);
        /// Longest telnet subnegotiation from a client; a longer one is dropped.
        pub subnegotiation_bytes_max: usize = 16 * KIB, Size(KIB..=MIB);
        /// Longest telnet subnegotiation from the game; a longer one is dropped.
        pub game_subnegotiation_bytes_max: usize = 64 * KIB, Size(KIB..=MIB);
        /// Output remembered of all sessions together. Over it those that nobody is attached to
        /// forget, oldest first, then end; then no new ones are taken.
        pub history_bytes_total: usize = 1024 * MIB, Size(MIB..=1024 * 1024 * MIB);
        /// Last values of out-of-band messages kept per session for whoever comes next.
        pub snapshot_bytes_max: usize = 64 * KIB, Size(4 * KIB..=MIB);
        /// Lines that may wait while the game answers the one before, during a login.
        pub type_ahead_lines_max: usize = 32, Count(1..=1_000);
        /// Bytes that may wait there; never less than `line_bytes_max`.
        pub type_ahead_bytes_max: usize = 16 * KIB, Size(KIB..=MIB);
        /// Failed logins in a window from one address; never more than the total.
        pub failed_logins_per_address: u32 = 5, Count(1..=1_000);
        /// Failed logins in a window as one user; never more than the total.
        pub failed_logins_per_user: u32 = 5, Count(1..=1_000);
        /// Failed logins in a window, all together: the game sees them come from one address.
        pub failed_logins_total: u32 = 50, Count(1..=100_000);
        /// The window in which failed logins are counted.
        pub failed_logins_window: Duration = 10 * MINUTE, Time(MINUTE..=DAY);
        /// Resume tokens from one address in a minute that open nothing; then no token is looked at.
        pub token_refusals_per_address: u32 = 20, Count(1..=100_000);
        /// Resume tokens in a minute that name a session and do not open it; then none is looked at.
        pub token_refusals_per_session: u32 = 60, Count(1..=100_000);
        /// Logins that wait while so many are under way that the game could come to those numbers.
        pub logins_queue_max: usize = 256, Count(0..=10_000);
        /// How long one waits there before it is turned away.
        pub logins_queue_timeout: Duration = 10 * SECOND, Time(SECOND / 10..=MINUTE);
        /// Passwords hashed at the same time.
        pub password_checks_parallel_max: usize = 2, Count(1..=64);
        /// Passwords waiting to be hashed.
        pub password_checks_queue_max: usize = 64, Count(1..=10_000);
        /// Connections to the game being opened at the same time.
        pub dials_parallel_max: usize = 64, Count(1..=10_000);
        /// Silence after which the system probes a TCP connection.
        pub keepalive_idle: Duration = 60 * SECOND, Time(10 * SECOND..=2 * HOUR);
        /// Time between two probes.
        pub keepalive_interval: Duration = 15 * SECOND, Time(SECOND..=10 * MINUTE);
        /// Probes without an answer after which the connection is dead.
        pub keepalive_probes: u32 = 4, Count(1..=20);
        /// How long sent bytes may stay unacknowledged before the connection is dead.
        pub user_timeout: Duration = 120 * SECOND, Time(10 * SECOND..=HOUR);
        /// Time between two pings to a WebSocket client.
        pub heartbeat_time: Duration = 20 * SECOND, Time(SECOND..=HOUR);
        /// How long a WebSocket client has to answer one.
        pub heartbeat_timeout: Duration = 10 * SECOND, Time(SECOND..=HOUR);
        /// Longest message from a web client: a WebSocket message, or the body of a POST.
        pub message_bytes_max: usize = 16 * KIB, Size(KIB..=MIB);
        /// Takeovers of one session in a minute before further ones are delayed.
        pub takeovers_per_minute: u32 = 5, Count(1..=60);
        /// How long a question to a player waits for its answer.
        pub question_timeout: Duration = 30 * SECOND, Time(5 * SECOND..=10 * MINUTE);
        /// How long a web client may take to say what it wants: the head of a request, its body, or
        /// the first message of a WebSocket.
        pub request_timeout: Duration = 15 * SECOND, Time(SECOND..=5 * MINUTE);
        /// How long a client whose event stream broke counts as attached.
        pub stream_grace: Duration = 30 * SECOND, Time(SECOND..=10 * MINUTE);
        /// Messages in one POST.
        pub post_messages_max: usize = 64, Count(1..=1_000);
        /// How long a shutdown waits for last words to be delivered.
        pub shutdown_grace: Duration = 10 * SECOND, Time(Duration::ZERO..=10 * MINUTE);
        /// Events that are kept for those who follow them: the audit log, a webhook, the admin's page.
        pub events_max: usize = 4096, Count(64..=1_000_000);
        /// Threads that carry sessions; `None` (`"cores"`): one per core.
        pub threads_max: Option<usize> = None, Or("cores", Count(1..=256));
    }
}

impl Limits {
    /// The keys that cannot be changed while mudkeep runs.
    pub const NEED_RESTART: [&str; 2] = ["events_max", "threads_max"];

    /// The keys that count something, each with what that is, and how much; none where there is no
    /// limit.
    #[must_use]
    pub fn amounts(&self) -> Vec<(&'static str, Unit, Option<Amount>)> {
        Keyed::amounts(self)
    }

    /// The number of connections from the network around an address.
    #[must_use]
    pub fn connections_per_network(&self) -> usize {
        let auto = self.connections_per_address_max.saturating_mul(ADDRESSES_PER_NETWORK);
        self.connections_per_network_max.unwrap_or(auto)
    }

    /// The number of threads that carry sessions.
    #[must_use]
    pub fn threads(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self.threads_max.unwrap_or_else(cores)
    }
}
