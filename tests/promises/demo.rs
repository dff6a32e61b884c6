//! The four policies before the built-in game, which is what anybody tries first: two logins of one
//! user, and logins that prove nothing.

use std::time::Duration;

use mudkeep::texts::Texts;
use tokio::time::{Instant, timeout_at};

use crate::support::client::{Client, Dial, End};
use crate::support::proxy::Proxy;
use crate::world::texts;

/// The older one of two is told and closed so soon after the password was typed.
const TAKEOVER_TIME_MAX: Duration = Duration::from_secs(1);

const PASSWORD: &str = "sekrit";

/// The coast with Alice on it, and Bob who looks on; `policy` may be left to the preset.
struct Coast {
    proxy: Proxy,
    alice: Client,
    bob: Client,
}

impl Coast {
    async fn new(policy: Option<&str>) -> Coast {
        let policy = policy.map(|name| format!("session.on_duplicate = \"{name}\""));
        let proxy = Proxy::start("demo", &policy.unwrap_or_default()).await;
        let alice = newcomer(&proxy, 1, "Alice").await;
        let bob = newcomer(&proxy, 3, "Bob").await;
        Coast { proxy, alice, bob }
    }

    /// Somebody from elsewhere who has typed Alice's name, and this.
    async fn second(&self, password: &str) -> Client {
        let client = Dial::default().from(2).connect(self.proxy.address()).await;
        client.expect("By what name are you known? ").await;
        client.line("alice").await;
        client.expect("Password: ").await;
        client.line(password).await;
        client
    }

    /// Alice is told so and closed, within a second from now.
    async fn first_is_out(&self, told: &str) {
        let told_and_closed = async {
            self.alice.expect(told).await;
            self.alice.expect_end().await.0
        };
        let end = timeout_at(Instant::now() + TAKEOVER_TIME_MAX, told_and_closed).await;
        assert_eq!(end.expect("within a second"), End::Eof);
    }

    /// Two players have a session each, and nobody else.
    async fn one_each(&self) {
        let two = |all: mudkeep::registry::Counts| {
            (all.connections, all.sessions, all.users, all.logins, all.naming) == (2, 2, 2, 2, 0)
        };
        self.proxy.until("each has one session", two).await;
    }

    /// This client is Alice, in the same game as Bob, and Bob hears her once.
    async fn is_alice(&self, client: &Client, says: &str) {
        client.line(&format!("say {says}")).await;
        client.expect(&format!("You say, \"{says}\"")).await;
        self.bob.expect(&format!("Alice says, \"{says}\"")).await;
        self.bob.line("who").await;
        let heard = self.bob.expect("2 people are on the coast.").await;
        assert!(!heard.contains(says), "twice: {heard}");
    }
}

async fn newcomer(proxy: &Proxy, host: u8, name: &str) -> Client {
    let client = Dial::default().from(host).connect(proxy.address()).await;
    for (question, answer) in [
        ("By what name are you known? ", name),
        (" be made known here? (y/n) ", "y"),
        ("Choose a password: ", PASSWORD),
        ("Type it again: ", PASSWORD),
    ] {
        client.expect(question).await;
        client.line(answer).await;
    }
    client.expect(&format!("Welcome, {name}.")).await;
    client.expect("> ").await;
    client
}

fn said(text: impl Fn(&Texts) -> Option<String>) -> String {
    text(&texts()).expect("it is said")
}

#[tokio::test]
async fn reattach_is_the_default_and_the_coast_notices_nothing() {
    for policy in [None, Some("reattach")] {
        let coast = Coast::new(policy).await;
        let second = coast.second(PASSWORD).await;
        coast.first_is_out(&said(Texts::taken_over)).await;
        second.expect(&said(Texts::taken_here)).await;
        coast.one_each().await;
        coast.is_alice(&second, "the same one").await;
        let (seen, noticed) = (second.text(), coast.bob.text());
        assert!(!seen.contains("is here already"), "the game was asked: {seen}");
        assert!(!noticed.contains("blinks") && !noticed.contains("link is lost"), "{noticed}");
    }
}

#[tokio::test]
async fn replace_ends_the_first_one_and_the_game_lets_the_second_in() {
    let coast = Coast::new(Some("replace")).await;
    let second = coast.second(PASSWORD).await;
    coast.first_is_out(&said(Texts::taken_over)).await;
    second.expect("Welcome, Alice.").await;
    coast.bob.expect("the link is lost.").await;
    coast.bob.expect("blinks, and is here again.").await;
    coast.one_each().await;
    coast.is_alice(&second, "another one").await;
}

#[tokio::test]
async fn refuse_turns_the_second_one_away_and_the_first_plays_on() {
    let coast = Coast::new(Some("refuse")).await;
    let second = coast.second(PASSWORD).await;
    second.expect(&said(Texts::refused_elsewhere)).await;
    assert_eq!(second.expect_end().await.0, End::Eof);
    coast.one_each().await;
    coast.is_alice(&coast.alice, "still here").await;
}

#[tokio::test]
async fn allow_leaves_it_to_the_game_which_puts_the_first_one_out() {
    let coast = Coast::new(Some("allow")).await;
    let second = coast.second(PASSWORD).await;
    coast.first_is_out("You are taken over from elsewhere.\r\n").await;
    second.expect("Alice is here already. Taking over.").await;
    coast.one_each().await;
    coast.is_alice(&second, "here now").await;
}

#[tokio::test]
async fn a_wrong_password_or_another_name_disturbs_nobody() {
    for policy in ["reattach", "replace", "refuse", "allow"] {
        let coast = Coast::new(Some(policy)).await;
        let wrong = coast.second("sesame").await;
        wrong.expect("That is not the password.").await;
        // Bob's password is not Alice's, and a new name is nobody's yet.
        wrong.line("bob").await;
        wrong.expect("That is not the password.").await;
        wrong.close().await;
        let other = Dial::default().from(4).connect(coast.proxy.address()).await;
        other.expect("By what name are you known? ").await;
        other.line("Alicia").await;
        other.expect("Shall Alicia be made known here? (y/n) ").await;
        other.close().await;
        coast.one_each().await;
        coast.is_alice(&coast.alice, "nothing happened").await;
        let seen = coast.alice.text() + &coast.bob.text();
        for sign in ["[mudkeep]", "Alicia", "blinks", "link is lost", "aken over"] {
            assert!(!seen.contains(sign), "{policy}: {seen}");
        }
    }
}
