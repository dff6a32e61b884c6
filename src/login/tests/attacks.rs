//! Whoever types what, and however the game stalls: a name is bound to a connection only if the game
//! let that user in on it. A small game that knows the truth is played by an attacker who knows all
//! its texts, has an account of his own (whose password is his victim's name) and types ahead.

use proptest::prelude::*;

use super::*;

/// Random numbers for one run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % bound
    }

    fn of<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }

    fn millis(&mut self, choices: &[u64]) -> Duration {
        Duration::from_millis(choices[self.below(choices.len())])
    }
}

/// What a game says, each text as it comes or as an administrator has edited it.
#[derive(Clone, Copy)]
struct Texts {
    preset: &'static str,
    greeting: &'static str,
    name: &'static str,
    bad_name: &'static str,
    password: &'static str,
    wrong: &'static str,
    ok: &'static str,
}

const ASKING: [Texts; 4] = [
    Texts {
        preset: "circle",
        greeting: "CircleMUD\r\n\r\nBy what name do you wish to be known? ",
        name: "Name: ",
        bad_name: "Invalid name, please try another.\r\n",
        password: "Password: ",
        wrong: "\r\nWrong password.\r\n",
        ok: "\r\nReconnecting.\r\n",
    },
    Texts {
        preset: "merc",
        greeting: "Merc 2.1\n\rBy what name do you wish to be known? ",
        name: "Name: ",
        bad_name: "Illegal name, try another.\n\r",
        password: "Password: ",
        wrong: "\n\rWrong password.\n\r",
        ok: "\n\rMotd\n\rWelcome to Merc Diku Mud.  May your visit here be ... Mercenary.\n\r",
    },
    Texts {
        preset: "lp",
        greeting: "LPmud\r\nWhat is your name: What is your name: ",
        name: "What is your name: ",
        bad_name: "Invalid name\r\n",
        password: "Password: ",
        wrong: "\r\nWrong password!\r\n",
        ok: "\r\nVillage church\r\n> ",
    },
    Texts {
        preset: "diku3",
        greeting: "By what name do they call you? ",
        name: "Name: ",
        bad_name: "Illegal name, please try another.\r\n",
        password: "Welcome back YOU, please enter your password: ",
        wrong: "\r\nWrong password.\r\n",
        ok: "\r\nWelcome back YOU, you last visited us on Monday\r\n",
    },
];

const COMMANDED: [Texts; 3] = [
    Texts {
        preset: "mux",
        greeting: "Use connect <name> <password>.\r\n",
        name: "",
        bad_name: "Use connect <name> <password>.\r\n",
        password: "",
        wrong: "Either that player does not exist, or has a different password.\r\n",
        ok: "Last connect was from x on y.\r\n",
    },
    Texts {
        preset: "moo",
        greeting: "Welcome to the LambdaCore database.\r\n",
        name: "",
        bad_name: "I don't understand that.\r\n",
        password: "Password: ",
        wrong: "Either that player does not exist, or has a different password.\r\n",
        ok: "*** Connected ***\r\n",
    },
    Texts {
        preset: "evennia",
        greeting: "Welcome to Evennia.\r\n",
        name: "",
        bad_name: "Command 'x' is not available.\r\n",
        password: "",
        wrong: "Username and/or password is incorrect.\r\n",
        ok: "\r\nYou become YOU.\r\n",
    },
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Name,
    Password,
    Playing,
}

/// The game, which knows who is in.
struct Game {
    texts: Texts,
    asks: bool,
    state: State,
    name: String,
    user: Option<String>,
}

const PASSWORDS: [(&str, &str); 2] = [("mallory", "bob"), ("bob", "secret")];

impl Game {
    fn say(&self, text: &str) -> String {
        let mut name = self.name.clone();
        name.get_mut(..1).unwrap_or_default().make_ascii_uppercase();
        text.replace("YOU", &name)
    }

    fn answer(&mut self, line: &str) -> String {
        match self.state {
            State::Playing => match line.strip_prefix('!') {
                Some(text) => format!("{text}\r\n"),
                None => "Huh?!\r\n> ".to_owned(),
            },
            State::Password => self.check(line),
            State::Name if self.asks => self.take_name(line),
            State::Name => self.command(line),
        }
    }

    fn take_name(&mut self, line: &str) -> String {
        self.name = line.trim().to_ascii_lowercase();
        if !PASSWORDS.iter().any(|(name, _)| *name == self.name) {
            return format!("{}{}", self.texts.bad_name, self.texts.name);
        }
        self.state = State::Password;
        self.say(self.texts.password)
    }

    fn command(&mut self, line: &str) -> String {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["connect", name, password] => {
                name.clone_into(&mut self.name);
                self.check(password)
            }
            ["connect", name] if self.texts.preset == "moo" => {
                name.clone_into(&mut self.name);
                self.state = State::Password;
                self.texts.password.to_owned()
            }
            _ => self.texts.bad_name.to_owned(),
        }
    }

    fn check(&mut self, password: &str) -> String {
        if !PASSWORDS.contains(&(self.name.as_str(), password)) {
            self.state = State::Name;
            return format!("{}{}", self.texts.wrong, self.texts.name);
        }
        self.state = State::Playing;
        self.user = Some(self.name.clone());
        self.say(self.texts.ok)
    }
}

const TYPED: &[&str] = &[
    "mallory",
    "mallory",
    "bob",
    "bob",
    "bob",
    "wrong",
    "",
    "x1",
    "look",
    "y",
    "#$#x",
    "connect mallory bob",
    "connect mallory bob",
    "connect mallory",
    "connect bob wrong",
    "connect bob wrong",
    "connect bob",
    "WHO",
    "!Name: ",
    "!By what name do you wish to be known? ",
    "!Password: ",
    "!Reconnecting.",
    "!You become bob.",
    "!Welcome back Bob, you last visited us on Monday",
    "!*** Connected ***",
];

/// One run: the game's and the attacker's timing at random; some texts edited.
struct Run {
    random: Random,
    play: Play,
    game: Game,
    /// When and what the game will say.
    coming: VecDeque<(Instant, String)>,
    stalls: &'static [u64],
}

impl Run {
    fn new(mut texts: Texts, asks: bool, seed: u64, edited: bool) -> Run {
        let mut random = Random(seed | 1);
        for text in [
            &mut texts.bad_name,
            &mut texts.name,
            &mut texts.wrong,
            &mut texts.ok,
            &mut texts.greeting,
            &mut texts.password,
        ] {
            if edited && random.below(3) == 0 {
                *text = "Edited, and then? ";
            }
        }
        let game = Game { texts, asks, state: State::Name, name: String::new(), user: None };
        let play = Play::new(texts.preset);
        Run { random, play, game, coming: VecDeque::new(), stalls: &[0, 20, 170, 400, 900, 1900] }
    }

    /// The game says a text in two parts, when it has time; it never pauses for two seconds.
    fn speak(&mut self, text: &str) {
        let (head, tail) = text.split_at(self.random.below(text.len() + 1));
        let parts = if head.trim().is_empty() || tail.trim().is_empty() {
            vec![text]
        } else {
            vec![head, tail]
        };
        for part in parts {
            let busy = self.coming.back().map_or(self.play.now, |(when, _)| *when);
            let when = busy.max(self.play.now) + self.random.millis(self.stalls);
            self.coming.push_back((when, part.to_owned()));
        }
    }

    /// Lets time pass, and the game hear and speak meanwhile.
    fn wait(&mut self, time: Duration) {
        let until = self.play.now + time;
        loop {
            while let Some(line) = self.play.gone.pop_front() {
                let answer = self.game.answer(&line);
                self.speak(&answer);
            }
            let speaks = self.coming.front().map(|(when, _)| *when);
            let wakes = self.play.dialogue.deadline();
            let Some(next) = speaks.into_iter().chain(wakes).min().filter(|next| *next <= until)
            else {
                break;
            };
            self.play.waits(next.saturating_duration_since(self.play.now));
            if speaks == Some(next)
                && let Some((_, text)) = self.coming.pop_front()
            {
                self.play.says(&text);
            }
        }
        self.play.waits(until.saturating_duration_since(self.play.now));
    }

    fn play(mut self) -> Run {
        let greeting = self.game.texts.greeting;
        self.speak(greeting);
        for _ in 0..2 + self.random.below(6) {
            let lines: &[&str] = match (self.random.below(3), self.game.asks) {
                (0, true) => &["mallory", "bob"],
                (0, false) => &["connect mallory bob"],
                _ => &[self.random.of(TYPED)],
            };
            for line in lines {
                let pause = self.random.millis(&[0, 0, 0, 10, 160, 700, 3000]);
                self.wait(pause);
                self.play.types(line);
            }
        }
        self.wait(Duration::from_secs(30));
        self
    }

    fn check(&self, seed: u64) {
        let Some(accepted) = self.play.accepted() else { return };
        let user = accepted.split(' ').next();
        let log = &self.play.log;
        assert_eq!(user, self.game.user.as_deref(), "seed {seed}: {log:#?}");
        let login = accepted.split(' ').nth(2);
        assert_eq!(login, self.game.user.as_deref(), "seed {seed}: {log:#?}");
    }
}

fn runs() -> u32 {
    std::env::var("MUDKEEP_ATTACKS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(300)
}

fn attack(texts: &[Texts], asks: bool, edited: bool) {
    for (nth, texts) in texts.iter().enumerate() {
        let mut bound = 0;
        for run in 0..runs() {
            let seed = (u64::from(run) << 8 | nth as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let run = Run::new(*texts, asks, seed, edited).play();
            run.check(seed);
            bound += u32::from(run.play.accepted().is_some());
        }
        assert!(bound > 0, "{}: nobody was ever bound, so this proves nothing", texts.preset);
    }
}

#[test]
fn nobody_is_bound_to_a_name_that_the_game_did_not_let_in() {
    attack(&ASKING, true, false);
    attack(&COMMANDED, false, false);
}

#[test]
fn not_even_where_texts_were_edited() {
    attack(&ASKING, true, true);
    attack(&COMMANDED, false, true);
}

/// `mallory`, her password and `bob` in one packet, against every preset that asks.
#[test]
fn three_lines_in_one_packet_bind_the_first_name_or_nobody() {
    for texts in ASKING {
        for pace in [Pace::Ahead, Pace::Blind] {
            let mut run = Run::new(texts, true, 7, false);
            run.stalls = &[0];
            if pace == Pace::Ahead {
                run.speak(texts.greeting);
                run.wait(Duration::from_millis(10));
            }
            for line in ["mallory", "bob", "bob"] {
                run.play.types(line);
            }
            if pace == Pace::Blind {
                run.speak(texts.greeting);
            }
            run.wait(Duration::from_secs(10));
            let user = run.play.accepted().and_then(|user| user.split(' ').next());
            assert_eq!(user, Some("mallory"), "{}: {:?}", texts.preset, run.play.log);
            assert_eq!(run.play.dialogue.take_pending(), [Line::from("bob")]);
        }
    }
}

#[test]
fn an_honest_player_on_a_quick_game_is_always_bound() {
    for (texts, lines) in ASKING
        .iter()
        .map(|texts| (texts, &["mallory", "bob", ""][..]))
        .chain(COMMANDED.iter().map(|texts| (texts, &["connect mallory bob"][..])))
    {
        for seed in 1..100 {
            let mut run = Run::new(*texts, lines.len() > 1, seed, false);
            run.stalls = &[0, 20, 90];
            run.speak(texts.greeting);
            let pause = run.random.millis(&[0, 100, 1000]);
            for line in lines {
                run.wait(pause);
                run.play.types(line);
            }
            run.wait(Duration::from_secs(10));
            assert!(run.play.accepted().is_some(), "{}: {:?}", texts.preset, run.play.log);
            run.check(seed);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_seed_is_safe(seed: u64, family in 0..7usize, edited: bool) {
        let (texts, asks) = match family {
            0..4 => (ASKING[family], true),
            _ => (COMMANDED[family - 4], false),
        };
        Run::new(texts, asks, seed, edited).play().check(seed);
    }
}
