//! `[game]`: the game, and how to talk to it.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use encoding_rs::Encoding;

use super::address::{HostPort, OWN_ADDRESS};
use super::raw::Section;
use super::section::section;
use super::value::{Choice, KIB, Kind, MINUTE, Or, SECOND, Size, Time, Written, quoted};

/// Where the game is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GameAddress {
    /// The built-in game.
    Demo,
    /// A game that is reached over TCP.
    At(HostPort),
}

impl fmt::Display for GameAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GameAddress::Demo => f.write_str("demo"),
            GameAddress::At(address) => address.fmt(f),
        }
    }
}

/// What becomes of a player whose game is gone and cannot be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDown {
    /// Stays connected, is told, and is led to the game when it is back.
    Stay,
    /// Is told and disconnected.
    Close,
}

/// How much telnet the game can bear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TelnetProfile {
    /// Options are negotiated as the game asks; out-of-band messages pass.
    Full,
    /// Only answers to what the game itself asks.
    Replies,
    /// No telnet command ever goes to the game.
    None,
}

/// What the byte 255 means on the game's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IacMode {
    /// It starts a telnet command; as a letter it is doubled.
    Telnet,
    /// It is a letter like any other; there are no telnet commands.
    Raw8,
}

section! {
    /// `[game]`: the game, and how to talk to it.
    pub struct GameConfig {
        /// Where the game is: `"demo"`, or host and port. The one key that a file must have.
        pub address: GameAddress = GameAddress::Demo, GAME_ADDRESS;
        /// How long a connection to the game may take to come about.
        pub connect_timeout: Duration = 10 * SECOND, Time(SECOND / 10..=5 * MINUTE);
        /// What becomes of players when the game is gone; `None` (`"transport"`): telnet
        /// closes, so that the client's own reconnecting and login work; the web waits.
        pub on_down: Option<OnDown> = None,
            Or("transport", Choice(&[("stay", OnDown::Stay), ("close", OnDown::Close)]));
        /// How the game writes letters that are not ASCII; always a superset of ASCII.
        pub charset: &'static Encoding = encoding_rs::UTF_8, CHARSET;
        /// How much telnet the game can bear.
        pub telnet: TelnetProfile = TelnetProfile::Full, Choice(&[
            ("full", TelnetProfile::Full),
            ("replies", TelnetProfile::Replies),
            ("none", TelnetProfile::None),
        ]);
        /// What the byte 255 means to the game.
        pub iac: IacMode = IacMode::Telnet,
            Choice(&[("telnet", IacMode::Telnet), ("raw8", IacMode::Raw8)]);
        /// Longest line that the game takes, in bytes of its own charset, without the line end;
        /// longer ones are cut. `None` (`"preset"`): as the preset says.
        pub line_bytes_max: Option<usize> = None, Or("preset", Size(64..=64 * KIB));
        /// The address of this machine from which the game is dialled; `None` (`"any"`): the system
        /// picks it.
        pub bind: Option<IpAddr> = None, Or("any", OWN_ADDRESS);
    }
}

impl GameConfig {
    /// Whether the byte 255 starts a telnet command.
    pub(crate) fn telnet_is_spoken(&self) -> bool {
        self.iac == IacMode::Telnet
    }

    /// Reads the section, in which the address must be.
    pub(super) fn read_with_address(section: &mut Section<'_, '_>) -> GameConfig {
        let game = GameConfig::read(section);
        if !section.has("address") {
            section.report_missing("address", GAME_ADDRESS.allowed());
        }
        game
    }
}

const GAME_ADDRESS: Written<GameAddress> = Written {
    allowed: "\"demo\" (the built-in game), or a host and a port such as \"127.0.0.1:4201\", \
              \"mud.example.org:4000\" or \"[::1]:4000\"",
    read: |text| match text {
        "demo" => Ok(GameAddress::Demo),
        _ => {
            text.parse().map(GameAddress::At).map_err(|reason| format!("{} {reason}", quoted(text)))
        }
    },
};

const CHARSET: Written<&'static Encoding> = Written {
    allowed: "the name of a charset, such as \"utf-8\", \"ascii\", \"iso-8859-1\", \"iso-8859-2\", \
              \"windows-1251\", \"koi8-r\", \"cp866\", \"gbk\", \"gb18030\", \"big5\", \"euc-kr\"",
    read: |text| {
        charset(text).ok_or_else(|| format!("{} is not a charset that is known here", quoted(text)))
    },
};

/// The charset of that name; only those whose bytes below 128 are ASCII wherever a character begins,
/// because telnet and the ends of lines need that.
fn charset(name: &str) -> Option<&'static Encoding> {
    let name = name.trim().to_ascii_lowercase().replace(' ', "-");
    let label = match name.as_str() {
        "cp949" | "uhc" => "euc-kr",
        "cp936" => "gbk",
        "cp950" => "big5",
        "cp932" => "shift_jis",
        "big-5" => "big5",
        other => other,
    };
    let found = Encoding::for_label_no_replacement(label.as_bytes())?;
    let fits = found.is_ascii_compatible() && found != encoding_rs::X_USER_DEFINED;
    fits.then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charsets_go_by_every_name_that_players_and_games_use() {
        for (name, expected) in [
            ("utf-8", "UTF-8"),
            ("UTF8", "UTF-8"),
            ("US-ASCII", "windows-1252"),
            ("ISO 8859-1", "windows-1252"),
            ("latin1", "windows-1252"),
            ("CP1251", "windows-1251"),
            ("KOI8-R", "KOI8-R"),
            ("cp866", "IBM866"),
            ("CP949", "EUC-KR"),
            ("uhc", "EUC-KR"),
            ("cp936", "GBK"),
            ("GB18030", "gb18030"),
            ("cp950", "Big5"),
            ("BIG-5", "Big5"),
        ] {
            assert_eq!(charset(name).map(Encoding::name), Some(expected), "{name}");
        }
    }

    #[test]
    fn charsets_that_telnet_cannot_carry_are_refused() {
        for name in
            ["utf-16", "utf-16le", "iso-2022-jp", "replacement", "x-user-defined", "cp437", ""]
        {
            assert_eq!(charset(name), None, "{name}");
        }
    }
}
