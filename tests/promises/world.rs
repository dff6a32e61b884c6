//! A game, a proxy before it, and how players of each family come in.

#![allow(unreachable_pub, reason = "a module of tests has no outside")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

use mudkeep::gate::Reloaded;
use mudkeep::texts::Texts;

use crate::support::client::{Client, Dial, Style};
use crate::support::proxy::Proxy;
use crate::support::scripted::{Family, Game, Settings};

/// Everybody's password.
pub const PASSWORD: &str = "sekrit";

/// A game with Alice and Bob in its files, and a proxy before it.
pub struct World {
    pub family: Family,
    pub game: Game,
    pub proxy: Proxy,
}

impl World {
    /// With the preset that the family has, and tokens told as text.
    pub async fn new(family: Family, settings: &str) -> World {
        World::with(family, Settings::default(), settings).await
    }

    pub async fn with(family: Family, rules: Settings, settings: &str) -> World {
        let game = Game::with(family, rules).await;
        for name in ["Alice", "Bob"] {
            game.account(name, PASSWORD);
        }
        let proxy = Proxy::before(&game, &with_usual(family, settings)).await;
        World { family, game, proxy }
    }

    /// Has the proxy go by other settings from now on.
    pub fn reload(&self, settings: &str) -> Reloaded {
        self.proxy.reload(&with_usual(self.family, settings))
    }

    /// A client at the door.
    pub async fn client(&self) -> Client {
        Client::connect(self.proxy.address()).await
    }

    /// A client at the door, from another address or with manners.
    pub async fn dial(&self, dial: Dial) -> Client {
        dial.connect(self.proxy.address()).await
    }

    /// A client that negotiates like this one.
    pub async fn like(&self, style: Style) -> Client {
        self.dial(Dial::like(style)).await
    }

    /// A silent client, logged in and in play.
    pub async fn player(&self, name: &str) -> Client {
        let client = self.client().await;
        enter(self.family, &client, name).await;
        client
    }

    /// The same, and the token it was told.
    pub async fn player_with_token(&self, name: &str) -> (Client, String) {
        let client = self.player(name).await;
        let token = token(&client).await;
        (client, token)
    }

    /// A client that came back with a token and was welcomed.
    pub async fn back(&self, token: &str) -> Client {
        let client = self.client().await;
        client.expect(door(self.family)).await;
        client.line(&format!("resume {token}")).await;
        client.expect(&texts().resumed().unwrap()).await;
        client
    }
}

/// These settings, with the preset that the family has and tokens told as text.
fn with_usual(family: Family, settings: &str) -> String {
    let preset = format!("login.preset = \"{}\"", preset(family));
    let usual = [("login.preset", &*preset), ("token.tell", "token.tell = \"text\"")];
    let unset = usual.iter().filter(|(key, _)| !settings.contains(key));
    let unset: String = unset.map(|(_, line)| format!("{line}\n")).collect();
    unset + settings
}

/// What mudkeep says unless it was told to say something else.
pub fn texts() -> Texts {
    Texts::default()
}

/// The preset of a family.
pub fn preset(family: Family) -> &'static str {
    match family {
        Family::Circle => "circle",
        Family::Tbamud => "tbamud",
        Family::Diku => "diku",
        Family::Merc => "merc",
        Family::Envy => "envy",
        Family::Rom => "rom",
        Family::Smaug => "smaug",
        Family::Lp => "lp",
        Family::DeadSouls => "deadsouls",
        Family::Discworld => "discworld",
        Family::Penn => "penn",
        Family::Moo => "moo",
        Family::Evennia => "evennia",
        Family::Fuzzball => "fuzzball",
        Family::Edited => "none",
    }
}

/// Whether one line holds the whole login.
fn one_line(family: Family) -> bool {
    matches!(family, Family::Penn | Family::Moo | Family::Evennia | Family::Fuzzball)
}

/// The last thing that the game says before it takes a name.
pub fn door(family: Family) -> &'static str {
    match family {
        Family::Circle | Family::Tbamud | Family::Diku | Family::Merc => "be known? ",
        Family::Envy => "thy name: ",
        // Twice, in two segments.
        Family::Lp => "name: What is your name: ",
        Family::Rom => "(Y/n) ",
        Family::Smaug => "type new: ",
        Family::DeadSouls => "do you wish? ",
        Family::Discworld => "Your choice: ",
        Family::Penn => "to logout.\r\n",
        Family::Moo => "to log in.\r\n",
        Family::Evennia => "re-show this screen.\r\n",
        Family::Fuzzball => "your character.\r\n",
        Family::Edited => "wanderer? --> ",
    }
}

/// Types the name and the password as soon as each is asked for.
pub async fn log_in(family: Family, client: &Client, name: &str, password: &str) {
    client.expect(door(family)).await;
    if one_line(family) {
        return client.line(&format!("connect {name} {password}")).await;
    }
    if family == Family::Rom {
        client.line("y").await;
        client.expect("be known? ").await;
    }
    client.line(name).await;
    client.expect_any(&["assword:", "word? "]).await;
    client.line(password).await;
}

/// What stands between the password and play.
pub async fn pass_screens(family: Family, client: &Client) {
    let screens: &[(&str, &str)] = match family {
        Family::Circle | Family::Tbamud | Family::Diku => {
            &[("PRESS RETURN: ", ""), ("Make your choice: ", "1")]
        }
        Family::Merc | Family::Envy | Family::Rom => &[("message of the day.", "")],
        Family::Smaug => &[("[ENTER] ", ""), ("[ENTER] ", "")],
        _ => &[],
    };
    for (screen, answer) in screens {
        client.expect(screen).await;
        client.line(answer).await;
    }
}

/// From the door into play.
pub async fn enter(family: Family, client: &Client, name: &str) {
    log_in(family, client, name, PASSWORD).await;
    pass_screens(family, client).await;
    act(client).await;
}

/// Shows that the client is in play: the game hears it, and it hears the game.
pub async fn act(client: &Client) {
    static ACTS: AtomicU64 = AtomicU64::new(1);
    let act = ACTS.fetch_add(1, Ordering::Relaxed);
    client.line(&format!("act {act}")).await;
    client.expect(&format!("You do: act {act}")).await;
}

/// The token that the client was told last.
pub async fn token(client: &Client) -> String {
    let lead = texts().token("").unwrap();
    let find = |text: &str| {
        let (_, rest) = text.rsplit_once(&lead)?;
        let (token, _) = rest.split_once("\r\n")?;
        Some(token.to_owned())
    };
    client.until("a token is told", |text| find(text).is_some()).await;
    find(&client.text()).expect("just seen")
}

/// The same numbers every time.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    /// A number below `sides` (xorshift64*).
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % sides
    }
}

/// What the first fixed line says: seconds away, lines that follow, older lines that do not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Said {
    pub seconds: u64,
    pub lines: u64,
    pub more: u64,
}

/// A replay as the client saw it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    pub said: Said,
    /// What stood between the two fixed lines.
    pub block: String,
    /// What came behind them.
    pub after: String,
}

/// The replay in a client's text, as soon as it is over; without one where nothing was missed.
pub fn shown(text: &str) -> Option<Shown> {
    let (start, end) = ("[mudkeep] You were away ", texts().replay_end().unwrap() + "\r\n");
    let (_, rest) = text.split_once(start)?;
    let (line, rest) = rest.split_once("\r\n")?;
    let numbers: Vec<u64> = line
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|number| number.parse().ok())
        .collect();
    let (said, block, after) = match numbers[..] {
        [seconds, lines, more] => {
            let (block, after) = rest.split_once(&end)?;
            (Said { seconds, lines, more }, block, after)
        }
        [seconds] => (Said { seconds, lines: 0, more: 0 }, "", rest),
        _ => panic!("{line:?} is no first line of a replay"),
    };
    Some(Shown { said, block: block.to_owned(), after: after.to_owned() })
}

/// The numbers of the whole numbered lines in a text.
pub fn numbered(text: &str) -> Vec<u64> {
    let lines = text.split_inclusive('\n').filter_map(|line| line.strip_suffix("\r\n"));
    lines.filter_map(|line| line.rsplit_once("line ")?.1.parse().ok()).collect()
}

/// Does all of them at the same time.
pub async fn all(todo: impl IntoIterator<Item = impl Future<Output = ()>>) {
    let mut todo: Vec<_> = todo.into_iter().map(Box::pin).collect();
    std::future::poll_fn(|cx| {
        todo.retain_mut(|one| one.as_mut().poll(cx).is_pending());
        if todo.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// A name made of a number.
pub fn letters(number: usize) -> String {
    format!("{number:05}").bytes().map(|digit| char::from(digit - b'0' + b'a')).collect()
}
