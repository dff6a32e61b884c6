//! The configuration: `proxy.toml` read into types that cannot hold nonsense.
//!
//! Each section of the file is a struct here, each key a field of the same name, declared once with
//! its default, its range and its meaning. Reading goes through the whole file and reports all that
//! is wrong with it, each with its place ([`Problems`]). What holds between keys is checked at the
//! end. A [`Config`] never changes; it is shared as an `Arc`, and another may take its place
//! ([`Current`]).

mod address;
mod admin;
mod check;
mod current;
mod exempt;
mod file_name;
mod game;
mod limits;
mod listen;
mod log;
mod login;
mod problem;
mod raw;
mod section;
mod session;
mod store;
mod summary;
mod value;
mod webhook;

use std::path::Path;

pub use address::{BadHostPort, HostPort};
pub use admin::AdminConfig;
pub use current::{Current, Keys};
pub use game::{GameAddress, GameConfig, IacMode, OnDown, TelnetProfile};
pub use limits::{Exempt, Limits};
pub use listen::{ListenConfig, ListenProtocol, Origin};
pub use log::{LogConfig, LogFormat};
pub use login::{LoginConfig, PresetChoice};
pub(crate) use problem::nearest;
pub use problem::{ConfigError, Place, Problem, Problems};
pub(crate) use raw::Section;
pub use session::{Hold, OnDuplicate, OnTokenReuse, SessionConfig, Tell, TokenConfig};
pub use value::read_time;
pub use value::{Amount, Unit, show_size, show_time};
pub(crate) use value::{Kind, Refusal, quoted};

pub use store::StoreConfig;
pub use webhook::WebhookConfig;

use crate::texts::Texts;
use raw::Source;

/// Largest file that is read.
const FILE_BYTES_MAX: usize = 1 << 20;

/// Everything that can be set, as it is set.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Config {
    /// `[game]`: the game, and how to talk to it.
    pub game: GameConfig,
    /// `[[listen]]`: where players come in.
    pub listen: Listeners,
    /// `[login]`: how a login is recognised.
    pub login: LoginConfig,
    /// `[session]`: what is kept for whom, and for how long.
    pub session: SessionConfig,
    /// `[token]`: how players come back without a password.
    pub token: TokenConfig,
    /// `[limits]`: every bound.
    pub limits: Limits,
    /// `[texts]`: every line that a player can see.
    pub texts: Texts,
    /// `[admin]`: who may use the admin's listener.
    pub admin: AdminConfig,
    /// `[store]`: what outlives mudkeep.
    pub store: StoreConfig,
    /// `[log]`: what is logged, and how.
    pub log: LogConfig,
    /// `[webhook]`: where events are sent.
    pub webhook: WebhookConfig,
}

/// The listeners in the file's order; never empty, no two on one address.
#[derive(Clone, Debug, PartialEq)]
pub struct Listeners(pub Vec<ListenConfig>);

impl Default for Listeners {
    fn default() -> Listeners {
        Listeners(vec![ListenConfig::default()])
    }
}

impl Config {
    /// What mudkeep runs with when nobody told it anything: the demo game with all defaults, a
    /// listener for browsers, one for the staff, and resume tokens shown as text, because whoever tries it out should
    /// see one.
    #[must_use]
    pub fn demo() -> Config {
        let token = TokenConfig { tell: Tell::Text, ..TokenConfig::default() };
        let all =
            [ListenConfig::default(), ListenConfig::for_browsers(), ListenConfig::for_staff()];
        let listen = Listeners(all.into());
        Config { token, listen, ..Config::default() }
    }

    /// What it would do, in a few lines.
    #[must_use]
    pub fn summary(&self) -> String {
        summary::Summary(self).to_string()
    }

    /// Reads the file at `path`.
    ///
    /// # Errors
    /// The file cannot be read, or something in it is wrong.
    pub fn load(path: &Path) -> Result<Config, ConfigError> {
        let file = path.display().to_string();
        let bytes = std::fs::read(path)
            .map_err(|source| ConfigError::Unreadable { file: file.clone(), source })?;
        Ok(Config::from_bytes(&file, &bytes)?)
    }

    /// Reads the content of a file that messages call `file`.
    ///
    /// # Errors
    /// It is not UTF-8, too long, or wrong as [`Config::parse`] says.
    pub fn from_bytes(file: &str, bytes: &[u8]) -> Result<Config, Problems> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Config::parse(file, text),
            Err(error) => {
                let text = String::from_utf8_lossy(bytes);
                let at = error.valid_up_to();
                Err(Source::new(file, &text).only(at, "found bytes that are not UTF-8"))
            }
        }
    }

    /// Reads `text`, the content of a file that messages call `file`.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the file's order.
    pub fn parse(file: &str, text: &str) -> Result<Config, Problems> {
        let source = Source::new(file, text);
        if text.len() > FILE_BYTES_MAX {
            return Err(source.only(FILE_BYTES_MAX, "the file is longer than 1MiB"));
        }
        let config = source.table().map(|table| read(&mut Section::root(&source, table)));
        let problems = source.into_problems();
        config.filter(|_| problems.is_empty()).ok_or(Problems(problems))
    }
}

/// Reads the sections and then checks what holds between them. What was refused stands at its
/// default meanwhile, so that one mistake is reported once.
fn read(root: &mut Section<'_, '_>) -> Config {
    let mut game = root.section("game");
    let listen = root.sections("listen");
    let mut login = root.section("login");
    let mut session = root.section("session");
    let mut token = root.section("token");
    let mut limits = root.section("limits");
    let mut texts = root.section("texts");
    let mut admin = root.section("admin");
    let mut store = root.section("store");
    let mut log = root.section("log");
    let mut webhook = root.section("webhook");
    let (listen, listen_sections) = listen::read_listeners(listen);
    let config = Config {
        game: GameConfig::read_with_address(&mut game),
        listen,
        login: LoginConfig::read_and_compile(&mut login),
        session: SessionConfig::read(&mut session),
        token: TokenConfig::read(&mut token),
        limits: Limits::read(&mut limits),
        texts: Texts::read(&mut texts),
        admin: AdminConfig::read(&mut admin),
        store: StoreConfig::read(&mut store),
        log: LogConfig::read(&mut log),
        webhook: WebhookConfig::read(&mut webhook),
    };
    let sections = check::Sections { game, listen: listen_sections, session, token, limits };
    check::check(&config, &sections);
    let others = [login, texts, admin, store, log, webhook];
    for mut section in sections.into_vec().into_iter().chain(others) {
        section.finish();
    }
    root.finish();
    config
}

#[cfg(test)]
mod tests;
