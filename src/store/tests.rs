//! A store that is opened again and again.

use std::cell::Cell;
use std::path::PathBuf;

use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::session::token::Secret;

fn id(number: u128) -> SessionId {
    SessionId(Uuid::from_u128(number))
}

fn token(number: u64) -> SecretHash {
    Secret::parse(format!("{number:032}").as_bytes()).unwrap().hash()
}

fn trace(number: u64) -> Trace {
    Trace { user: Some("Alice".into()), tokens: vec![token(number)] }
}

fn lost() -> Refusal {
    Refusal::SessionLost { user: Some("Alice".into()) }
}

fn ban(who: &str, until: Option<Duration>) -> Ban {
    kind(who, until, BanKind::All)
}

fn kind(who: &str, until: Option<Duration>, kind: BanKind) -> Ban {
    Ban::new(who.parse().unwrap(), kind, until, "spam")
}

fn is_banned(store: &Store, user: &str) -> bool {
    store.banned_user(&UserKey(user.into()), BanKind::All).is_some()
}

const HOUR: Duration = Duration::from_secs(3600);
const YEARS: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

thread_local! {
    static SET_TO: Cell<Duration> = const { Cell::new(Duration::from_secs(2_000_000_000)) };
}

/// A clock that a test sets.
fn set_clock() -> Duration {
    SET_TO.get()
}

struct Fixture {
    _folder: TempDir,
    config: StoreConfig,
}

impl Fixture {
    fn new() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let path = Some(folder.path().join("mudkeep.redb"));
        Fixture { _folder: folder, config: StoreConfig { path, ..StoreConfig::default() } }
    }

    fn path(&self) -> &PathBuf {
        self.config.path.as_ref().unwrap()
    }

    fn open(&self) -> Store {
        Store::open(&self.config).unwrap()
    }

    fn open_by_set_clock(&self) -> Store {
        Store::open_by(&self.config, set_clock).unwrap()
    }

    fn error(&self) -> String {
        Store::open(&self.config).err().expect("it is not opened").to_string()
    }
}

#[test]
fn without_a_file_what_has_ended_is_known_until_mudkeep_ends() {
    let store = in_memory();
    store.live(id(1), &trace(1));
    assert_eq!(store.judge(id(1), &token(1)), Refusal::TokenInvalid, "it may be there");
    store.gone(id(1), trace(1), Fate::Over);
    assert_eq!(store.judge(id(1), &token(1)), Refusal::Ended);
    assert_eq!(store.judge(id(1), &token(2)), Refusal::TokenInvalid);
    assert!(store.is_written(u64::MAX));
}

#[test]
fn sessions_that_were_played_are_lost_with_mudkeep_and_those_that_were_over_stay_over() {
    let fixture = Fixture::new();
    let store = fixture.open();
    store.live(id(1), &trace(1));
    store.live(id(1), &trace(11));
    store.live(id(2), &trace(2));
    store.gone(id(2), trace(2), Fate::Over);
    store.live(id(3), &trace(3));
    store.forget(id(3));
    store.live(id(4), &Trace { tokens: Vec::new(), ..trace(4) });
    drop(store);
    for _ in 0..3 {
        let store = fixture.open();
        assert_eq!(store.judge(id(1), &token(11)), lost());
        assert_eq!(store.judge(id(1), &token(1)), Refusal::TokenInvalid, "it was replaced");
        assert_eq!(store.judge(id(2), &token(2)), Refusal::Ended);
        assert_eq!(store.judge(id(3), &token(3)), Refusal::TokenInvalid, "it was forgotten");
        assert_eq!(store.judge(id(4), &token(4)), Refusal::TokenInvalid, "it was revoked");
    }
}

#[test]
fn what_is_written_is_there_though_nobody_closes_the_file() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let number = store.live(id(1), &trace(1));
    while !store.is_written(number) {
        std::thread::yield_now();
    }
    // As after a kill: what is on the disk then.
    let copy = Fixture::new();
    std::fs::copy(fixture.path(), copy.path()).unwrap();
    assert_eq!(copy.open().judge(id(1), &token(1)), lost());
}

#[test]
fn bans_hold_over_restarts_until_they_are_lifted_or_over() {
    let fixture = Fixture::new();
    let store = fixture.open();
    store.ban(ban("user:alice", None)).unwrap();
    store.ban(ban("user:bob", Some(time::system() + HOUR))).unwrap();
    store.ban(ban("user:carol", Some(time::system()))).unwrap();
    store.ban(ban("user:dave", None)).unwrap();
    store.ban(ban("network:192.0.2.0/24", None)).unwrap();
    assert!(store.unban(&"user:dave".parse().unwrap(), BanKind::All));
    drop(store);
    for _ in 0..2 {
        let store = fixture.open();
        let user = |name: &str| is_banned(&store, name);
        assert_eq!(["alice", "bob", "carol", "dave"].map(user), [true, true, false, false]);
        let address = |host| store.banned_address([192, 0, host, 9].into(), BanKind::All);
        assert_eq!((address(2).as_deref(), address(3)), (Some("spam"), None));
    }
}

#[test]
fn bans_of_each_kind_hold_over_restarts_and_are_lifted_one_by_one() {
    let fixture = Fixture::new();
    let network = "network:192.0.2.0/24";
    let kinds = [BanKind::All, BanKind::New, BanKind::Guest];
    let of = |store: &Store| {
        kinds.map(|kind| store.banned_address([192, 0, 2, 9].into(), kind).is_some())
    };
    let store = fixture.open();
    for one in kinds {
        store.ban(kind(network, None, one)).unwrap();
    }
    drop(store);
    let store = fixture.open();
    assert_eq!(of(&store), [true; 3]);
    assert!(store.unban(&network.parse().unwrap(), BanKind::All));
    assert!(!store.unban(&network.parse().unwrap(), BanKind::All));
    drop(store);
    let store = fixture.open();
    assert_eq!(of(&store), [false, true, true]);
    let mut listed: Vec<_> =
        store.bans().iter().map(|ban| format!("{} {}", ban.kind, ban.who)).collect();
    listed.sort();
    assert_eq!(listed, ["guest", "new"].map(|kind| format!("{kind} {network}")));
}

#[test]
fn a_ban_is_listed_as_it_was_given_since_it_was_made() {
    let fixture = Fixture::new();
    let start = SET_TO.get();
    let store = fixture.open_by_set_clock();
    let until = Some(start + HOUR);
    let made = store.ban(ban("user:alice", until)).unwrap();
    assert_eq!((made.created_at, made.until), (start, until));
    SET_TO.set(start + YEARS);
    assert_eq!(store.bans(), std::slice::from_ref(&made), "a clock that is set changes nothing");
    drop(store);
    SET_TO.set(start + HOUR / 2);
    assert_eq!(fixture.open_by_set_clock().bans(), [made]);
    SET_TO.set(start);
}

/// Written by hand, as mudkeep did before there were kinds.
#[test]
fn a_ban_of_before_there_were_kinds_is_one_of_all_play() {
    let fixture = Fixture::new();
    drop(fixture.open());
    let table = redb::TableDefinition::<&str, &[u8]>::new("bans");
    let database = redb::Database::open(fixture.path()).unwrap();
    let writing = database.begin_write().unwrap();
    let row: &[u8] = br#"{"until":2000003600,"reason":"spam"}"#;
    writing.open_table(table).unwrap().insert("user:alice", row).unwrap();
    writing.commit().unwrap();
    drop(database);
    let start = SET_TO.get();
    let expected = Ban { created_at: start, ..ban("user:alice", Some(start + HOUR)) };
    let store = fixture.open_by_set_clock();
    assert_eq!((store.bans(), is_banned(&store, "alice")), (vec![expected.clone()], true));
    drop(store);
    SET_TO.set(start + HOUR / 2);
    assert_eq!(fixture.open_by_set_clock().bans(), [expected], "it is older from day to day");
    SET_TO.set(start);
}

#[tokio::test(start_paused = true)]
async fn bans_that_are_over_can_be_forgotten_and_do_not_come_back() {
    let fixture = Fixture::new();
    let start = SET_TO.get();
    let store = fixture.open_by_set_clock();
    store.ban(ban("user:alice", Some(start + HOUR))).unwrap();
    store.ban(kind("user:alice", Some(start + HOUR), BanKind::New)).unwrap();
    store.ban(ban("user:bob", None)).unwrap();
    assert_eq!(store.forget_expired_bans(), 0);
    tokio::time::advance(HOUR).await;
    assert_eq!((store.bans().len(), store.forget_expired_bans()), (1, 2));
    assert_eq!(store.forget_expired_bans(), 0);
    drop(store);
    // By a clock that is wrong they would hold.
    let store = fixture.open_by_set_clock();
    assert_eq!((store.bans().len(), is_banned(&store, "alice")), (1, false));
}

#[test]
fn a_ban_that_is_over_makes_room_in_the_file_too() {
    let mut fixture = Fixture::new();
    fixture.config.bans_max = 1;
    let start = SET_TO.get();
    let store = fixture.open_by_set_clock();
    store.ban(ban("user:alice", Some(start))).unwrap();
    store.ban(ban("user:bob", None)).unwrap();
    assert_eq!(store.ban(ban("user:carol", None)), Err(NotBanned::TooMany));
    drop(store);
    SET_TO.set(start - HOUR);
    let store = fixture.open_by_set_clock();
    let banned = ["alice", "bob", "carol"].map(|user| is_banned(&store, user));
    assert_eq!(banned, [false, true, false]);
    SET_TO.set(start);
}

/// An hour or ten years forwards, an hour or ten years back, and to before 1970.
fn jumps() -> [Duration; 5] {
    let start = SET_TO.get();
    [start + HOUR, start + YEARS, start - HOUR, start - YEARS, Duration::ZERO]
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_while_mudkeep_runs_ends_nothing_early_or_late() {
    let start = SET_TO.get();
    for jump in jumps() {
        SET_TO.set(start);
        let fixture = Fixture::new();
        let store = fixture.open_by_set_clock();
        store.gone(id(1), trace(1), Fate::Over);
        store.ban(ban("user:alice", Some(start + HOUR))).unwrap();
        SET_TO.set(jump);
        store.gone(id(2), trace(2), Fate::Over);
        store.ban(ban("user:bob", Some(jump + 2 * HOUR))).unwrap();
        store.ban(ban("user:carol", Some(Duration::MAX))).unwrap();
        let known = || [1, 2].map(|n| store.judge(id(n.into()), &token(n)) == Refusal::Ended);
        let banned = || ["alice", "bob", "carol"].map(|user| is_banned(&store, user));
        assert_eq!((known(), banned()), ([true; 2], [true; 3]), "{jump:?}");
        tokio::time::advance(HOUR).await;
        assert_eq!((known(), banned()), ([true; 2], [false, true, true]), "{jump:?}");
        tokio::time::advance(HOUR).await;
        assert_eq!((known(), banned()), ([true; 2], [false, false, true]), "{jump:?}");
        tokio::time::advance(22 * HOUR + Duration::from_secs(1)).await;
        store.gone(id(3), trace(3), Fate::Over);
        assert_eq!(known(), [false; 2], "{jump:?}: a day is over");
    }
}

/// At a start there is nothing else to believe.
#[test]
fn a_clock_that_was_set_between_two_starts_is_believed_and_breaks_nothing() {
    let start = SET_TO.get();
    for jump in jumps() {
        SET_TO.set(start);
        let fixture = Fixture::new();
        let store = fixture.open_by_set_clock();
        store.live(id(1), &trace(1));
        store.gone(id(2), trace(2), Fate::Over);
        store.ban(ban("user:alice", Some(start + 2 * HOUR))).unwrap();
        store.ban(ban("user:bob", None)).unwrap();
        drop(store);
        SET_TO.set(jump);
        let store = fixture.open_by_set_clock();
        assert_eq!(store.judge(id(1), &token(1)), lost(), "{jump:?}");
        let over = jump == start + YEARS;
        let forgotten = store.judge(id(2), &token(2)) != Refusal::Ended;
        assert_eq!((is_banned(&store, "alice"), forgotten), (!over, over), "{jump:?}");
        assert!(is_banned(&store, "bob"), "{jump:?}");
        drop(store);
        SET_TO.set(start);
        let store = fixture.open_by_set_clock();
        assert!(is_banned(&store, "alice") && is_banned(&store, "bob"), "{jump:?}");
        // Found to be lost years ago, as far as anybody knows, it is remembered no longer.
        let known = store.judge(id(1), &token(1)) == lost();
        assert_eq!(known, jump + HOUR >= start, "{jump:?}");
    }
}

#[test]
fn so_many_are_remembered_over_restarts_too() {
    let mut fixture = Fixture::new();
    let store = fixture.open();
    for number in 1..=10 {
        store.gone(id(number.into()), trace(number), Fate::Over);
    }
    drop(store);
    fixture.config.ended_sessions_max = 4;
    for _ in 0..2 {
        let store = fixture.open();
        let known = (1..=10).filter(|&n| store.judge(id(n.into()), &token(n)) == Refusal::Ended);
        assert_eq!(known.count(), 4);
    }
}

#[test]
fn a_file_of_many_sessions_that_came_and_went_stays_small() {
    let mut fixture = Fixture::new();
    fixture.config.ended_sessions_max = 100;
    for _ in 0..3 {
        let store = fixture.open();
        for number in 0..5_000 {
            store.live(id(number.into()), &trace(number));
            store.gone(id(number.into()), trace(number), Fate::Over);
        }
    }
    drop(fixture.open());
    let bytes = std::fs::metadata(fixture.path()).unwrap().len();
    assert!(bytes < 512 * 1024, "{bytes}");
}

#[test]
fn a_file_that_is_in_use_is_an_error_that_says_so() {
    let fixture = Fixture::new();
    let _store = fixture.open();
    let error = fixture.error();
    assert!(error.contains("is in use") && error.contains("mudkeep.redb"), "{error}");
}

#[test]
fn a_folder_that_is_not_there_is_an_error_that_says_so() {
    let mut fixture = Fixture::new();
    fixture.config.path = Some(fixture.path().join("none/mudkeep.redb"));
    let error = fixture.error();
    assert!(error.contains("cannot be opened"), "{error}");
}

#[test]
fn a_damaged_file_is_an_error_that_says_what_to_do() {
    let fixture = Fixture::new();
    drop(fixture.open());
    let whole = std::fs::read(fixture.path()).unwrap();
    let mut garbled = whole.clone();
    garbled[..64].fill(0x55);
    let cases: [&[u8]; 4] = [b"no store", &[0; 100_000], &whole[..whole.len() / 2], &garbled];
    for (case, bytes) in cases.into_iter().enumerate() {
        std::fs::write(fixture.path(), bytes).unwrap();
        let error = fixture.error();
        assert!(error.contains("Move it away"), "{case}: {error}");
    }
}

/// Whatever byte is wrong: it is opened or refused in words, and no token opens anything.
#[test]
fn a_file_with_any_wrong_byte_does_no_harm() {
    let fixture = Fixture::new();
    let store = fixture.open();
    store.live(id(1), &trace(1));
    drop(store);
    let whole = std::fs::read(fixture.path()).unwrap();
    let silent = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    for at in (0..whole.len()).step_by(whole.len() / 150) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xFF;
        std::fs::write(fixture.path(), &bytes).unwrap();
        if let Ok(store) = Store::open(&fixture.config) {
            assert_eq!(store.judge(id(1), &token(2)), Refusal::TokenInvalid, "byte {at}");
        }
    }
    std::panic::set_hook(silent);
}
