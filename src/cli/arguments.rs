//! What can be asked of a running mudkeep, as it is typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use time::UtcDateTime;
use time::format_description::well_known::Rfc3339;

use crate::config;

/// Longest ban that has an end, and longest time to a drain: as the API has them.
const BAN_MAX: Duration = Duration::from_secs(3_650 * 86_400);
const DRAIN_MAX: Duration = Duration::from_secs(86_400);

/// A command that talks to a running mudkeep.
#[derive(Debug, Clone, Subcommand)]
pub(super) enum AdminCommand {
    /// List the sessions: who plays, who is away
    Sessions(With<Sessions>),
    /// List the connections: who is here, from where, by which client
    Connections(With<Connections>),
    /// End the sessions of a user, or one session or connection by its id
    Kick(With<Kick>),
    /// Keep a user, an address or a network out
    Ban(With<Ban>),
    /// List the bans
    Bans(With<Nothing>),
    /// Lift a ban
    Unban(With<Unban>),
    /// What lets players come back without a password
    #[command(subcommand)]
    Tokens(Tokens),
    /// Show what has come and gone, and how fast
    Stats(With<Nothing>),
    /// Show whether all is well
    Health(With<Nothing>),
    /// Watch it live: sessions, connections, rates (full screen)
    Watch(With<Nothing>),
    /// Say something to all players, or to one
    Say(With<Say>),
    /// End mudkeep in a while: nobody new comes in, everybody is told
    Drain(With<Drain>),
    /// Show who has logged in: when, from where
    Last(With<Last>),
    /// Print what happens while it happens
    Events(With<Events>),
}

/// A command's own arguments, and how to reach mudkeep.
#[derive(Debug, Clone, Args)]
pub(super) struct With<T: Args> {
    #[command(flatten)]
    pub(super) what: T,
    #[command(flatten)]
    pub(super) reach: Reach,
}

/// Where mudkeep is, and what it is asked with.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Reaching mudkeep")]
pub(super) struct Reach {
    /// Print mudkeep's answer as JSON, for programs
    #[arg(long)]
    pub(super) json: bool,
    /// Where its admin listener is [default: as in the configuration]
    #[arg(long, value_name = "URL")]
    pub(super) api: Option<String>,
    /// The file with its token [default: as in the configuration]
    #[arg(long, value_name = "FILE")]
    pub(super) token_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Nothing {}

#[derive(Debug, Clone, Args)]
pub(super) struct Sessions {
    /// Only those of this user
    #[arg(long, value_name = "USER")]
    pub(super) user: Option<String>,
    /// Only those whose address another user has as well
    #[arg(long)]
    pub(super) same_address: bool,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Connections {
    /// Only those of this user
    #[arg(long, value_name = "USER")]
    pub(super) user: Option<String>,
    /// Only those from this address or network
    #[arg(long, value_name = "ADDRESS")]
    pub(super) address: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Kick {
    /// A user, or the id of a session or a connection
    #[arg(value_name = "USER|ID")]
    pub(super) who: String,
    /// What the player is told
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
    /// Cut the connections only: the session waits for its player
    #[arg(long)]
    pub(super) connection_only: bool,
}

/// Whom a ban concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum BanKind {
    /// Everybody whom it fits
    All,
    /// Only who makes a new character
    New,
    /// Only guests
    Guest,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Ban {
    /// A user, an address or a network (`user:NAME` and `network:ADDRESS` say which)
    #[arg(value_name = "USER|ADDRESS|NETWORK")]
    pub(super) who: String,
    /// Whom it concerns
    #[arg(long, value_enum)]
    pub(super) kind: Option<BanKind>,
    /// How long, such as 30m, 2h or 7d [default: for good]
    #[arg(long = "for", value_name = "TIME", conflicts_with = "until", value_parser = ban_time)]
    pub(super) length: Option<Duration>,
    /// Until when, such as 2030-01-31T18:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(super) until: Option<String>,
    /// Why, for the admins and for who is put out
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Unban {
    /// Who was banned, as `mudkeep bans` shows it
    #[arg(value_name = "USER|ADDRESS|NETWORK")]
    pub(super) who: String,
    /// Only the ban of this kind [default: all of them]
    #[arg(long, value_enum)]
    pub(super) kind: Option<BanKind>,
}

#[derive(Debug, Clone, Subcommand)]
pub(super) enum Tokens {
    /// Make every token of a user worthless
    Revoke(With<Revoke>),
}

#[derive(Debug, Clone, Args)]
pub(super) struct Revoke {
    /// Whose
    pub(super) user: String,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Say {
    /// What is said
    pub(super) text: String,
    /// Only to this user, or to the connection with this id
    #[arg(long, value_name = "USER|ID")]
    pub(super) to: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Drain {
    /// In how long, such as 10m; without it, say whether there is a drain
    #[arg(long = "in", value_name = "TIME", conflicts_with = "cancel", value_parser = drain_time)]
    pub(super) time: Option<Duration>,
    /// What the players are told
    #[arg(long, value_name = "TEXT", requires = "time")]
    pub(super) say: Option<String>,
    /// Do not wait until mudkeep is gone
    #[arg(long, requires = "time")]
    pub(super) no_wait: bool,
    /// Call it off
    #[arg(long)]
    pub(super) cancel: bool,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Last {
    /// Who, or from where (`user:NAME` if a name looks like an address)
    #[arg(value_name = "USER|ADDRESS|NETWORK")]
    pub(super) who: String,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(super) limit: u32,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Events {
    /// Only these types, such as login,banned
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    pub(super) types: Vec<String>,
}

impl AdminCommand {
    /// How this one reaches mudkeep.
    pub(super) fn reach(&self) -> &Reach {
        match self {
            AdminCommand::Sessions(with) => &with.reach,
            AdminCommand::Connections(with) => &with.reach,
            AdminCommand::Kick(with) => &with.reach,
            AdminCommand::Ban(with) => &with.reach,
            AdminCommand::Unban(with) => &with.reach,
            AdminCommand::Tokens(Tokens::Revoke(with)) => &with.reach,
            AdminCommand::Bans(with)
            | AdminCommand::Stats(with)
            | AdminCommand::Health(with)
            | AdminCommand::Watch(with) => &with.reach,
            AdminCommand::Say(with) => &with.reach,
            AdminCommand::Drain(with) => &with.reach,
            AdminCommand::Last(with) => &with.reach,
            AdminCommand::Events(with) => &with.reach,
        }
    }
}

impl BanKind {
    /// Its name in the API.
    pub(super) fn name(self) -> &'static str {
        match self {
            BanKind::All => "all",
            BanKind::New => "new",
            BanKind::Guest => "guest",
        }
    }
}

fn ban_time(text: &str) -> Result<Duration, String> {
    config::read_time(text, Duration::from_secs(1)..=BAN_MAX)
}

fn drain_time(text: &str) -> Result<Duration, String> {
    config::read_time(text, Duration::ZERO..=DRAIN_MAX)
}

/// A moment, as the API wants it.
fn moment(text: &str) -> Result<String, String> {
    match UtcDateTime::parse(text, &Rfc3339) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("expected a time such as 2030-01-31T18:00:00Z".to_owned()),
    }
}
