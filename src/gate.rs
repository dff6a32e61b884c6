//! The one door for transports: a new session, or the way back into one. Here is also what a
//! session's task needs from outside: the game's address, the tables, the checking of passwords.

mod banning;
mod beside;
mod crowding;
pub mod drain;
mod logins;
mod relief;
mod reloading;
mod room;
pub mod staff;
mod turns;

use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use arc_swap::Guard;
use rand::{Rng, RngExt};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, Notify, watch};
use tokio_util::task::TaskTracker;

use crate::clock;
use crate::config::{Config, Current};
use crate::events::{About, Events, What};
use crate::ids::{SessionId, UserKey};
use crate::limits::permits::NoPermit;
use crate::limits::rate::Bucket;
use crate::login::Preset;
use crate::mint::OsMint;
use crate::registry::{Denied, Registry, Running, TooManyUsers};
use crate::session::core::{Check, CheckOutcome, Core, Match};
use crate::session::game::Dialer;
use crate::session::link::{Attachment, SessionHandle};
use crate::session::memory::Budget;
use crate::session::message::{AttachRequest, EndReason, Refusal};
use crate::session::task::SessionTask;
use crate::session::token::{Mint, ResumeToken, Secret};
use crate::session::verifier::{ProcessKey, Salt, Verifier};
use crate::settings;
use crate::store::Store;
use crate::threads::Threads;

pub(crate) use logins::Trial;
pub use reloading::Reloaded;

use drain::Drain;
use logins::Logins;
use turns::Turns;

/// How often the game's port is tried at most, and how often while somebody waits for it.
const PROBE_TIME: Duration = Duration::from_secs(1);

/// Over how much time those who waited for the game are spread when it is back.
const RETURN_SPREAD_MS: u64 = 2000;

/// How long the store is waited for before a token is told.
pub(crate) const STORE_MAX: Duration = Duration::from_secs(1);

/// How often it is looked at meanwhile.
pub(crate) const STORE_LOOK_TIME: Duration = Duration::from_millis(2);

/// The door.
pub struct Gate {
    config: Current,
    /// One reload at a time.
    reloading: std::sync::Mutex<()>,
    registry: Arc<Registry>,
    events: Arc<Events>,
    dialer: Dialer,
    dials: Turns,
    logins: Arc<Logins>,
    checks: Turns,
    /// Password checks that wait for their turn.
    checks_waiting: AtomicUsize,
    key: ProcessKey,
    memory: Arc<Budget>,
    store: Store,
    tracker: TaskTracker,
    threads: Threads,
    /// The game's preset, since a session of `auto` has found it and somebody has asked.
    found: OnceLock<Arc<Preset>>,
    /// How many of those who are refused are told of, one by one.
    refusals: std::sync::Mutex<Bucket>,
    /// The restart that is near.
    draining: watch::Sender<Option<Drain>>,
    /// Until when some connection may stay has changed.
    expiry: Notify,
    /// When the game's port was last tried, and whether it answered.
    probe: Mutex<Option<(Instant, bool)>>,
}

impl Gate {
    /// A door to the game of `dialer`.
    #[must_use]
    pub fn new(
        config: Arc<Config>,
        dialer: Dialer,
        store: Store,
        tracker: TaskTracker,
        threads: Threads,
    ) -> Gate {
        let mut key = [0; 32];
        rand::rng().fill_bytes(&mut key);
        let limits = config.limits.clone();
        let config = Current::new(config);
        let events = Arc::new(Events::new(limits.events_max));
        Gate {
            registry: Arc::new(Registry::new(config.clone(), events.clone())),
            events,
            dials: Turns::new(limits.dials_parallel_max),
            logins: Arc::new(Logins::new(config.clone())),
            checks: Turns::new(limits.password_checks_parallel_max),
            checks_waiting: AtomicUsize::new(0),
            key: ProcessKey::new(key),
            memory: Budget::new(limits.history_bytes_total),
            refusals: std::sync::Mutex::default(),
            draining: watch::Sender::new(None),
            expiry: Notify::new(),
            found: OnceLock::new(),
            probe: Mutex::new(None),
            reloading: std::sync::Mutex::new(()),
            dialer,
            store,
            tracker,
            threads,
            config,
        }
    }

    /// The configuration that holds now, to be looked at for a moment and not over an await.
    #[must_use]
    pub fn config(&self) -> Guard<Arc<Config>> {
        self.config.now()
    }

    /// The configuration that holds now, to be kept.
    #[must_use]
    pub fn shared_config(&self) -> Arc<Config> {
        self.config.shared()
    }

    /// What happens.
    #[must_use]
    pub fn events(&self) -> &Arc<Events> {
        &self.events
    }

    /// The threads that serve players.
    #[must_use]
    pub fn threads(&self) -> &Threads {
        &self.threads
    }

    /// The tasks: all that was begun here.
    #[must_use]
    pub fn tracker(&self) -> &TaskTracker {
        &self.tracker
    }

    /// What outlives sessions.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Whether the tokens of a session are in the store as they are, if there is one.
    #[must_use]
    pub fn has_stored(&self, session: &SessionHandle) -> bool {
        if !self.store.outlives() {
            return true;
        }
        let traced = session.quietly(|core| core.has_been_accepted().then(|| core.traced()));
        traced.is_none_or(|number| number.is_some_and(|number| self.store.is_written(number)))
    }

    /// What all histories take together.
    #[must_use]
    pub fn memory(&self) -> &Arc<Budget> {
        &self.memory
    }

    /// The tables.
    #[must_use]
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Makes a session, attaches its first client, and has the game dialled.
    ///
    /// # Errors
    /// A limit is reached.
    pub fn open(
        self: &Arc<Gate>,
        now: Instant,
        request: AttachRequest,
    ) -> Result<Attachment, Denied> {
        if self.memory.excess() > 0 {
            return Err(self.denied(&request, Denied::Memory));
        }
        let config = self.config.shared();
        let preset = settings::preset_choice(&config);
        let core = Core::new(config, &preset, Box::new(OsMint), now);
        let id = core.id();
        let handle = SessionHandle::new(core, &self.memory);
        let added = self.registry.add_session(id, handle.clone());
        added.map_err(|denied| self.denied(&request, denied))?;
        self.bring_up_to_date(&handle);
        let peer = request.peer.clone();
        let about = About { session_id: Some(id), ..room::who_asks(&request) };
        self.events.emit(about, What::SessionStarted);
        let attachment = handle.attach(now, request).map_err(|_| Denied::Sessions)?;
        self.look_again(&handle, &peer);
        self.tracker.spawn(SessionTask::new(handle, self.clone()).run());
        Ok(attachment)
    }

    /// A reload that found this session not yet in the tables has left it with what held before.
    fn bring_up_to_date(&self, session: &SessionHandle) {
        session.quietly(|core| {
            if !self.config.is(core.config()) {
                core.set_config(self.config.shared());
            }
        });
    }

    /// Attaches a client to a session that it has proved to be its user's.
    ///
    /// # Errors
    /// The session is gone, or refuses.
    pub fn attach(
        &self,
        now: Instant,
        id: SessionId,
        request: AttachRequest,
    ) -> Result<Attachment, Refusal> {
        let handle = self.registry.find(id).ok_or(Refusal::Ended)?;
        self.come_into(now, &handle, request)
    }

    /// Nobody comes into a session whose player is banned, nor from where they are.
    fn come_into(
        &self,
        now: Instant,
        session: &SessionHandle,
        request: AttachRequest,
    ) -> Result<Attachment, Refusal> {
        let peer = request.peer.clone();
        if self.end_if_banned(session, false) || self.is_barred_there(session, &peer) {
            return Err(Refusal::Ended);
        }
        let attachment = session.attach(now, request)?;
        self.look_again(session, &peer);
        Ok(attachment)
    }

    /// Attaches a client by its resume token. Whatever is wrong with one, the answer is the same
    /// and costs the same, unless its secret was right once.
    ///
    /// # Errors
    /// The token is not good, too many were not, or its session is over.
    pub fn resume(
        &self,
        now: Instant,
        address: IpAddr,
        token: &[u8],
        request: impl FnOnce(Secret) -> AttachRequest,
    ) -> Result<Attachment, Refusal> {
        let text = std::str::from_utf8(token).ok();
        let token: Option<ResumeToken> = text.and_then(|text| text.trim().parse().ok());
        let session = token.as_ref().map(|token| token.session_id);
        if let Err(until) = self.registry.may_present(now, address, session) {
            self.events.metrics().too_many_tokens();
            return Err(Refusal::TooManyTokens { until });
        }
        let presented = self.present(now, token, request);
        if let Err(refusal) = &presented {
            let about = About { session_id: session, address: Some(address), ..About::default() };
            self.events.emit(about, What::Resumed { outcome: refusal.name() });
        }
        match presented {
            Err(Refusal::TokenInvalid | Refusal::TokenExpired | Refusal::TokenReused) => {
                self.registry.note_refused(now, address, session);
            }
            Err(
                Refusal::TooManyTokens { .. }
                | Refusal::SessionLost { .. }
                | Refusal::Ended
                | Refusal::Taken,
            )
            | Ok(_) => {}
        }
        presented
    }

    fn present(
        &self,
        now: Instant,
        token: Option<ResumeToken>,
        request: impl FnOnce(Secret) -> AttachRequest,
    ) -> Result<Attachment, Refusal> {
        let Some(ResumeToken { session_id, secret }) = token else {
            // As much work as the comparison that a well-formed one costs.
            let _ = OsMint.secret().hash();
            return Err(Refusal::TokenInvalid);
        };
        match self.registry.find(session_id) {
            Some(handle) => self.come_into(now, &handle, request(secret)),
            None => Err(self.store.judge(session_id, &secret.hash())),
        }
    }

    /// Ends a session because its player asked for it.
    pub(crate) fn release(&self, id: SessionId) {
        if let Some(handle) = self.registry.find(id) {
            handle.with(|core| core.end(EndReason::LoggedOut));
        }
    }

    /// Makes all tokens of a user's sessions worthless, and the password without the game. Returns
    /// how many sessions that were.
    pub fn revoke_tokens(&self, user: &UserKey) -> usize {
        let sessions = self.registry.sessions_of(user);
        sessions.iter().for_each(|session| session.with(Core::revoke_tokens));
        sessions.len()
    }

    /// Has a session make room in the game; returns what it had not delivered.
    pub(crate) async fn replace(&self, id: SessionId) -> Vec<u8> {
        let Some(handle) = self.registry.find(id) else { return Vec::new() };
        handle.with(|core| core.make_room(clock::now()));
        handle.ended().await;
        handle.with(|core| core.undelivered())
    }

    /// Connects to the game, a bounded number of times at once.
    pub(crate) async fn dial(&self) -> io::Result<TcpStream> {
        let _turn = self.dials.take().await.map_err(io::Error::other)?;
        self.dialer.dial(&self.config.shared()).await
    }

    /// Whether the game's port answers. However many ask, it is tried once a second at most.
    pub(crate) async fn game_answers(&self) -> bool {
        let mut probe = self.probe.lock().await;
        if let Some((at, answered)) = *probe
            && clock::now().duration_since(at) < PROBE_TIME
        {
            return answered;
        }
        let answered = self.dialer.answers(&self.config.shared()).await;
        self.events.metrics().probed(answered);
        *probe = Some((clock::now(), answered));
        answered
    }

    /// Waits until the game's port answers, and then a moment of one's own, so that not everybody
    /// comes at once.
    pub(crate) async fn await_game(&self) {
        loop {
            tokio::time::sleep(PROBE_TIME).await;
            if self.game_answers().await {
                break;
            }
        }
        let spread = rand::rng().random_range(0..RETURN_SPREAD_MS);
        tokio::time::sleep(Duration::from_millis(spread)).await;
    }

    /// Checks a password field against the running session of its login name, and takes a permit to
    /// try it on the game. Every field is hashed once, whether there is such a session or not, so
    /// that the time tells nobody who is in.
    pub(crate) async fn check(&self, check: Check) -> (Option<Trial>, CheckOutcome) {
        if let Some(Err(TooManyUsers(most))) =
            check.login.as_ref().map(|login| self.registry.may_log_in(check.address, login))
        {
            let refused = Some(NoPermit::Users(most));
            return (None, CheckOutcome { refused, ..CheckOutcome::default() });
        }
        if check.new {
            let verifier = self.verifier(check, None).await;
            let outcome = CheckOutcome { verifier, ..CheckOutcome::default() };
            return (None, self.unless_draining(outcome));
        }
        if self.is_draining().is_some() && !self.is_in(&check) {
            // It costs as much as any, and is no failed login.
            let _ = self.verifier(check, None).await;
            let refused = Some(NoPermit::Draining);
            return (None, CheckOutcome { refused, ..CheckOutcome::default() });
        }
        match self.login_permit(&check).await {
            Ok(trial) => {
                let outcome = self.compare(check).await;
                (Some(trial), self.unless_draining(outcome))
            }
            Err(why) => (None, CheckOutcome { refused: Some(why), ..CheckOutcome::default() }),
        }
    }

    /// While a restart is near, only those come in who are in, to where they are.
    fn unless_draining(&self, outcome: CheckOutcome) -> CheckOutcome {
        match (self.is_draining(), outcome.matched) {
            (Some(_), None) => {
                CheckOutcome { refused: Some(NoPermit::Draining), ..CheckOutcome::default() }
            }
            (Some(_), Some(_)) => CheckOutcome { only_back: true, ..outcome },
            (None, _) => outcome,
        }
    }

    /// Whether a session of this login runs.
    fn is_in(&self, check: &Check) -> bool {
        check.login.as_ref().is_some_and(|login| self.registry.running(login).is_some())
    }

    async fn login_permit(&self, check: &Check) -> Result<Trial, NoPermit> {
        // A name that many share is limited by address only.
        let shared = || UserKey(check.address.to_string().into());
        let user = check.login.clone().unwrap_or_else(shared);
        self.logins.permit(check.address, &user).await
    }

    async fn compare(&self, check: Check) -> CheckOutcome {
        let running = check.login.as_ref().and_then(|login| self.registry.running(login));
        let address = check.address;
        let known = running.as_ref().and_then(|running| running.verifier.as_ref());
        let verifier = self.verifier(check, known.map(Verifier::salt)).await;
        let right = known.zip(verifier.as_ref()).is_some_and(|(known, given)| known.matches(given));
        let matched = running.as_ref().filter(|_| right);
        let matched = matched.map(|running| self.matched(running, address));
        CheckOutcome { matched, verifier, only_back: false, refused: None }
    }

    fn matched(&self, running: &Running, address: IpAddr) -> Match {
        Match {
            session: running.id,
            attached: running.handle.with(|core| core.clients().anybody()),
            bounced: self.registry.lost_lately(clock::now(), address),
            gone: running.handle.with(|core| core.has_lost_game()),
        }
    }

    /// Hashes a password field, off the threads that serve players. Where too many wait, it is not
    /// hashed: the game decides, as if mudkeep were not there.
    async fn verifier(&self, check: Check, salt: Option<Salt>) -> Option<Verifier> {
        let login: UserKey = check.login?;
        let (verifies, queue_max) = {
            let config = self.config.now();
            (config.session.verifier, config.limits.password_checks_queue_max)
        };
        if !verifies {
            return None;
        }
        let _waiting = Waiting::join(&self.checks_waiting, queue_max)?;
        let _turn = self.checks.take().await.ok()?;
        let salt = salt.unwrap_or_else(|| Salt(*OsMint.uuid().as_bytes()));
        let (key, field) = (self.key.clone(), check.field);
        let hash = move || Verifier::compute(&field, salt, &key, &login);
        self.tracker.spawn_blocking(hash).await.ok()?.ok()
    }
}

/// A place among those who wait, given back when dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl Waiting<'_> {
    fn join(count: &AtomicUsize, max: usize) -> Option<Waiting<'_>> {
        let waiting = Waiting(count);
        (count.fetch_add(1, Ordering::Relaxed) < max).then_some(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
