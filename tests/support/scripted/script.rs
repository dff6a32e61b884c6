//! What a family's login looks like, as data: rules of "in this state, on such a line, do that".
//! The first rule that fits is taken; a family's own rules come before those that all share.

use super::input::Filter;

/// Where a connection is in the dialogue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Connected, the game still asks what the client can do.
    Wait,
    /// "Do you want ANSI?"
    Colour,
    Name,
    /// A name for a new player, where the game asks for it apart.
    NewName,
    Confirm,
    Age,
    NewPassword,
    NewAgain,
    Sex,
    Class,
    Password,
    /// The question about the other copy.
    Ask,
    /// Press return, and once more.
    Screen,
    Screen2,
    Menu,
    ChangeOld,
    ChangeNew,
    ChangeAgain,
    /// Logged out, in games that log in with a command.
    Door,
    Play,
}

/// What a line must be for a rule to fit.
#[derive(Clone, Copy, Debug)]
pub enum When {
    Any,
    Empty,
    /// Exactly this, whatever the case.
    Is(&'static str),
    /// Begins with this, whatever the case.
    Starts(&'static str),
    /// Fewer characters than this.
    Shorter(usize),
    /// Not what was remembered.
    Differs,
    /// The line is a name; it becomes the candidate.
    Name(Who),
    /// The line is the candidate's password, which is right unless wrong is asked for.
    Password(Who),
    /// A command whose first word begins with this and is followed by a name and maybe a password.
    Command(&'static str, Who),
    /// The same without a password.
    Bare(&'static str, Who),
    /// "old=new" after this word, with the right or the wrong old password.
    Change(&'static str, bool),
}

/// What holds for the candidate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
    Anybody,
    /// A name that the family's rule refuses.
    Bad,
    /// No such account.
    New,
    /// An account.
    Known,
    /// The word for guests.
    Guest,
    /// The same, and another connection plays the guest.
    GuestPlays,
    /// The password is wrong, for the n-th time on this connection, or again.
    WrongTimes(u32),
    Wrong,
    /// Another connection plays it.
    Plays,
    /// Another connection has logged in as it and is not in play yet.
    Waits,
    /// Another connection has named it and is not in play, logged in or not.
    Named,
    /// It is in play and has lost its connection.
    LinkDead,
}

/// What a rule does.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// Text, with {name}, {line}, {password} and {host} filled in.
    Say(&'static str),
    Bytes(&'static [u8]),
    /// The end of one write: what follows is a segment of its own.
    Cut,
    EchoOff,
    EchoOn,
    /// A GA in a segment of its own, if the client has answered any telnet.
    GaIfAnswered,
    /// A GMCP message, if the client has agreed to GMCP.
    Gmcp(&'static str),
    /// MSDP CHARACTER_NAME, if the client has asked for its reports.
    MsdpName,
    Go(State),
    /// The rest comes after the family's wait.
    Pause,
    /// Keeps the line for [`When::Differs`] and [`Act::SetPassword`].
    Remember,
    /// The remembered line becomes the candidate's password; makes the account.
    SetPassword,
    /// A free guest name becomes the candidate.
    TakeGuest,
    /// The connection has logged in as the candidate.
    Accept,
    /// The connection is in play.
    Enter,
    /// It is back out of play, still logged in.
    Leave,
    /// Text to the other connections of the candidate.
    Old(&'static str),
    CloseOld,
    /// Text to every other player in play.
    Room(&'static str),
    Close,
}

/// One line of a script.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    pub state: State,
    pub when: When,
    pub acts: &'static [Act],
}

/// Short for a [`Rule`].
pub const fn on(state: State, when: When, acts: &'static [Act]) -> Rule {
    Rule { state, when, acts }
}

/// How a family writes and checks names.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    pub min: usize,
    pub max: usize,
    /// Removed before anything else (Dead Souls: "Al-ice" is alice).
    pub strip: &'static str,
    /// Removed from the end ("alice_rescue").
    pub suffix: &'static str,
    /// Removed from the front ("*alice").
    pub prefix: &'static str,
    /// How the accepted name is written.
    pub spelling: Spelling,
    /// ROM: "ALICE" is refused.
    pub adjacent_capitals: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spelling {
    /// First letter upper, the rest as typed.
    FirstUpper,
    /// As the account was made.
    AsMade,
    Lower,
}

/// When ECHO is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Echo {
    /// Whenever the script says so.
    Always,
    /// As RFC 1143 has it: a client that has not answered gets no more.
    WhenAnswered,
}

/// A family's whole behaviour.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    pub hello: &'static [Act],
    pub start: State,
    pub rules: &'static [&'static [Rule]],
    pub names: Names,
    pub filter: Filter,
    pub echo: Echo,
    /// Whether lines are read while the game waits ([`Act::Pause`]): read and answered by the
    /// rules of the state, or left in the socket.
    pub deaf_while_waiting: bool,
    /// Whether a player whose connection is lost stays in play.
    pub link_death: bool,
    /// How guests are called: `{}` is a number; the same name for all without it.
    pub guests: &'static str,
    /// Sent once, when the client first says WILL TTYPE.
    pub after_ttype: &'static [u8],
    /// Sent once, when the client first answers any telnet.
    pub after_answer: &'static [u8],
    /// GMCP requests that are answered while in play: package and reply.
    pub gmcp: &'static [(&'static str, &'static str)],
    /// What ends an answer in play.
    pub prompt: &'static [u8],
    pub line_end: &'static str,
}
