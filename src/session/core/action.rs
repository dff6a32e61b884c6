//! What the core asks its task to do, and the answers it gets.

use std::net::IpAddr;

use crate::ids::{ConnectionId, SessionId, User, UserKey};
use crate::limits::bans::BanKind;
use crate::limits::permits::NoPermit;
use crate::login::Transparent;
use crate::secret::Line;
use crate::session::message::{DetachReason, EndReason, Transport, Via};
use crate::session::verifier::Verifier;

/// How the game's connection ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GameEnd {
    /// The game closed it in order (FIN).
    Closed,
    /// It broke: RST, or nothing came back for too long.
    Lost,
    /// It could not be made.
    Unreachable,
}

/// Something for the task to do.
#[derive(Debug)]
pub enum Action {
    /// Connect to the game; answer with `game_connected` or `game_closed(Unreachable)`.
    Dial,
    /// Close mudkeep's side of the game's connection and read on.
    HalfCloseGame,
    /// Close the game's connection.
    CloseGame,
    /// Try whether the game's port answers; answer with `probed`.
    Probe,
    /// Wait until the game's port answers; answer with `game_is_back`.
    AwaitGame,
    /// Whether a session of this login name is running; answer with `found`.
    Find(UserKey),
    /// Whether the player may do what only some may; answer with `vetted`, or end the session.
    Vet(Vetting),
    /// Check a password field before the game gets it; answer with `checked`.
    Check(Box<Check>),
    /// What came of the password that was checked last.
    LoginTried {
        /// It was no failure.
        accepted: bool,
    },
    /// This user's name is on its way to the game (or not any more).
    Naming {
        /// Who.
        user: UserKey,
        /// The answer is awaited.
        waiting: bool,
    },
    /// Whether another login of this session's user waits for the game's answer; answer with
    /// `decide_end`.
    AskNaming,
    /// The game accepted the player: enter the tables, and end whom it replaces.
    Claim(Box<Claim>),
    /// The player left: out of the tables, but the session stays.
    Unclaim,
    /// The verifier is not good any more.
    DropVerifier,
    /// A client at this address lost its place to another.
    NoteLoser(IpAddr),
    /// End another session in the way of `replace`; answer with `other_replaced`.
    Replace(SessionId),
    /// End another session because its player asked for it.
    Release(SessionId),
    /// Something worth a line in the log.
    Log(Event),
    /// The session is over.
    End(EndReason),
}

/// What happened, for the log: never text of the player or the game but a user that it accepted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A newcomer finds another in its place.
    Existing {
        /// Who comes.
        newcomer: ConnectionId,
        /// Who is there.
        existing: ConnectionId,
    },
    /// The one who was there is put out.
    Terminated {
        /// Who.
        existing: ConnectionId,
        /// From where.
        address: IpAddr,
        /// How it reached mudkeep.
        transport: Transport,
        /// By whom.
        by: ConnectionId,
    },
    /// A client was attached.
    Attached {
        /// Who.
        connection: ConnectionId,
        /// From where.
        address: IpAddr,
        /// How it reaches mudkeep.
        transport: Transport,
        /// How it came.
        via: Via,
    },
    /// A client left.
    Detached {
        /// Who.
        connection: ConnectionId,
        /// From where.
        address: IpAddr,
        /// How it reached mudkeep.
        transport: Transport,
        /// Why.
        reason: DetachReason,
    },
    /// The game accepted a player.
    Accepted(Option<User>),
    /// The game refused a login.
    LoginRefused,
    /// The game did not answer a line of the login in time.
    Suspect,
    /// The dialogue was not recognised; why.
    Transparent(Transparent),
    /// The player left the game and is at its login or menu again.
    Left,
    /// A retired token was presented, from this address.
    TokenReused(IpAddr),
    /// A token was presented that is none, or not any more.
    TokenRefused,
    /// No token of the session is good any more.
    TokensRevoked,
    /// The game's connection ended.
    GameEnded(GameEnd),
}

/// What a player is about to do, and may be banned from.
#[derive(Debug)]
pub struct Vetting {
    /// Make a character, or play as a guest.
    pub kind: BanKind,
    /// The folded name of what is made, where that is certain.
    pub user: Option<UserKey>,
    /// By a line that waits for the answer; otherwise the game has it done already.
    pub of_line: bool,
}

/// A password field to be checked against the running session of the same login name.
#[derive(Debug)]
pub struct Check {
    /// The login name, folded; none where the name binds nobody (guests).
    pub login: Option<UserKey>,
    /// What was typed.
    pub field: Line,
    /// Where the player is.
    pub address: IpAddr,
    /// It is being chosen, not tried: there is nothing to compare it with.
    pub new: bool,
}

/// A running session whose verifier matches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Match {
    /// Which.
    pub session: SessionId,
    /// A client is attached to it.
    pub attached: bool,
    /// A client at the newcomer's address lost its place less than a minute ago.
    pub bounced: bool,
    /// The game has ended it: only its last words are there to be read.
    pub gone: bool,
}

/// The answer to a [`Check`].
#[derive(Debug, Default)]
pub struct CheckOutcome {
    /// The running session whose password it is.
    pub matched: Option<Match>,
    /// What to know the password by, if the game accepts it.
    pub verifier: Option<Verifier>,
    /// It leads back to that session and nowhere else: a restart is near.
    pub only_back: bool,
    /// It is not to be tried on the game.
    pub refused: Option<NoPermit>,
}

/// The game accepted a player.
#[derive(Debug)]
pub struct Claim {
    /// The session's id until now.
    pub old: SessionId,
    /// Its id from now on.
    pub new: SessionId,
    /// Who it is; none for a nameless player.
    pub user: Option<User>,
    /// The name it was opened with, folded.
    pub login: Option<UserKey>,
    /// What to know the password by.
    pub verifier: Option<Verifier>,
    /// Where the player is.
    pub address: Option<IpAddr>,
    /// Other sessions of the user stay.
    pub beside_others: bool,
    /// The character or account was made in this login.
    pub made: bool,
}
