//! A mudkeep that is scraped, and what a scrape says.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mudkeep::config::Config;
use mudkeep::server::Server;
use mudkeep::session::message::Refusal;
use mudkeep::threads::Threads;
use tempfile::TempDir;
use tokio::time::timeout;

use crate::support::PATIENCE;
use crate::support::scripted::Game;
use crate::support::web::http::{Answer, Request};
use crate::support::web::{Dial, Via};

/// How often the tables are looked at: they tell nobody that they have changed.
const LOOK_TIME: Duration = Duration::from_millis(2);

/// A mudkeep with an admin's listener. It ends with the test's runtime.
pub(crate) struct Scraped {
    server: Server,
    token: String,
    game: Option<Game>,
    _folder: TempDir,
}

impl Scraped {
    pub(crate) async fn before(game: Game) -> Scraped {
        Scraped::with(game, "").await
    }

    /// The same with more lines of proxy.toml.
    pub(crate) async fn with(game: Game, more: &str) -> Scraped {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("admin.token");
        let listeners = ["telnet", "http", "admin"].map(|protocol| {
            format!("[[listen]]\nprotocol = \"{protocol}\"\naddress = \"127.0.0.1:0\"\n")
        });
        let text = format!(
            "{}\n[game]\naddress = \"{}\"\n[login]\npreset = \"circle\"\n\
             [admin]\ntoken_file = \"{}\"\n{more}",
            listeners.concat(),
            game.address(),
            file.display(),
        );
        let config = Config::parse("proxy.toml", &text).unwrap_or_else(|wrong| panic!("{wrong}"));
        let server = Server::start(Arc::new(config), Threads::only_this()).await;
        let token = std::fs::read_to_string(file).expect("a token").trim().to_owned();
        Scraped { server: server.expect("it starts"), token, game: Some(game), _folder: folder }
    }

    /// The game is gone.
    pub(crate) fn lose_game(&mut self) {
        self.game = None;
    }

    pub(crate) fn telnet(&self) -> SocketAddr {
        self.server.addresses()[0]
    }

    pub(crate) fn http(&self) -> SocketAddr {
        self.server.addresses()[1]
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Presents a token that is none; whether it was looked at.
    pub(crate) fn presents_no_token(&self) -> bool {
        let request = |_| panic!("it names no session");
        let address = [127, 0, 0, 1].into();
        let refused = self.server.gate().resume(mudkeep::clock::now(), address, b"none", request);
        !matches!(refused.err(), Some(Refusal::TooManyTokens { .. }))
    }

    /// Waits until no client is connected.
    pub(crate) async fn until_alone(&self) {
        let alone = async {
            while self.server.registry().counts().connections > 0 {
                tokio::time::sleep(LOOK_TIME).await;
            }
        };
        timeout(PATIENCE, alone).await.expect("everybody goes");
    }

    pub(crate) async fn ask(&self, token: &str, accept: &str) -> Answer {
        self.ask_for(Request::new("GET", "/metrics").bearer(token).header("Accept", accept)).await
    }

    pub(crate) async fn ask_for(&self, request: Request) -> Answer {
        Dial::new(Via::WebSocket, self.server.addresses()[2]).ask(request).await
    }

    pub(crate) async fn scrape(&self) -> Scrape {
        let answer = self.ask(&self.token, "text/plain").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        Scrape { text: answer.body }
    }
}

/// What a scrape says.
pub(crate) struct Scrape {
    pub(crate) text: String,
}

impl Scrape {
    fn values(&self) -> BTreeMap<&str, f64> {
        let lines = self.text.lines().filter(|line| !line.starts_with('#'));
        let values = lines.filter_map(|line| line.rsplit_once(' '));
        values.map(|(series, value)| (series, value.parse().expect("a number"))).collect()
    }

    /// One value.
    pub(crate) fn value(&self, series: &str) -> f64 {
        let values = self.values();
        *values.get(series).unwrap_or_else(|| panic!("no {series} in\n{}", self.text))
    }

    /// All series, without their values.
    pub(crate) fn series(&self) -> Vec<&str> {
        self.values().into_keys().collect()
    }

    /// The names of all metrics.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        let types = self.text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        types.filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
    }

    /// The names of all labels.
    pub(crate) fn labels(&self) -> BTreeSet<String> {
        let series = self.values();
        let labels = series.keys().filter_map(|series| series.split_once('{'));
        let labels = labels.flat_map(|(_, labels)| labels.split(','));
        labels.filter_map(|label| label.split('=').next()).map(str::to_owned).collect()
    }

    /// Nothing that only grows is smaller than it was.
    pub(crate) fn has_not_gone_back_from(&self, before: &Scrape) {
        let now = self.values();
        let growing = |series: &str| {
            let name = series.split('{').next().unwrap_or_default();
            ["_total", "_bucket", "_sum", "_count"].iter().any(|end| name.ends_with(end))
        };
        let before = before.values();
        assert!(before.len() > 100, "{before:?}");
        for (series, value) in before.into_iter().filter(|(series, _)| growing(series)) {
            assert!(now[series] >= value, "{series} was {value} and is {}", now[series]);
        }
    }
}
