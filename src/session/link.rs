//! The two ends between a session and the connections that are attached to it.
//!
//! A session is its [`Core`] behind a plain mutex, shared by the session's task and its clients'
//! connections; all of them live on one thread as a rule, so the mutex is free when it is asked
//! for. No lock is held over an await, and nobody waits for a client: a client reads the history
//! at its own pace through its [`Attachment`], and whoever changed something wakes those whom it
//! concerns, after the lock is gone.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use crate::few::Few;
use crate::ids::{AttachGeneration, ConnectionId, Position};
use crate::secret::Line;
use crate::session::core::{Core, State};
use crate::session::memory::{Budget, Share};
use crate::session::message::{
    AttachRequest, ClientEvent, Closing, DetachReason, Reading, Refusal,
};
use crate::session::turn::Turn;
use crate::threads::{self, ThreadIndex};

/// A session, as everybody but its own task knows it.
#[derive(Clone)]
pub struct SessionHandle {
    inner: Arc<Mutex<Inner>>,
    home: ThreadIndex,
}

struct Inner {
    core: Core,
    /// The session's task, when it waits.
    session: Option<Waker>,
    /// The connections, once they have waited or lent their work.
    clients: Vec<Connection>,
    /// Those that wait for what is to be seen to change; rarely anybody.
    watched: Option<Box<Watched>>,
    /// What its history takes of what all may take.
    memory: Share,
}

/// A connection, as its session knows it.
struct Connection {
    generation: AttachGeneration,
    /// While it waits.
    waits: Option<Waker>,
    awaited: Awaited,
    /// Its work, if it lends it.
    turn: Weak<Turn>,
}

/// What a connection waits for. One that takes nothing has output all the time, and is not to be woken
/// for that.
#[derive(Clone, Copy, Default)]
struct Awaited {
    news: bool,
    room: bool,
    urgent: bool,
}

impl Awaited {
    const NEWS: Awaited = Awaited { news: true, room: false, urgent: false };
    const ROOM: Awaited = Awaited { news: false, room: true, urgent: false };
    const URGENT: Awaited = Awaited { news: false, room: false, urgent: true };

    fn and(self, more: Awaited) -> Awaited {
        Awaited {
            news: self.news || more.news,
            room: self.room || more.room,
            urgent: self.urgent || more.urgent,
        }
    }

    fn is_there(self, core: &Core, generation: AttachGeneration) -> bool {
        (self.news && core.wants_client(generation))
            || (self.room && core.feeds(generation))
            || (self.urgent && core.urgent(generation).is_some())
    }
}

/// What is to be seen of a session from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Seen {
    /// Its state.
    pub(crate) state: State,
    /// The connection that came last of those that play.
    pub(crate) connection: Option<ConnectionId>,
}

impl Seen {
    fn of(core: &Core) -> Seen {
        let last = core.clients().attached().last();
        Seen { state: core.state(), connection: last.map(|client| client.peer.connection) }
    }
}

/// Who waits for it to change.
struct Watched {
    seen: Seen,
    /// Each once, until it looks no more.
    by: Vec<(Watcher, Waker)>,
}

/// One who waits for something to be seen to change.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Watcher(u64);

impl Watcher {
    fn new() -> Watcher {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Watcher(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// A look at a session that may take long. Whoever stops looking is forgotten.
struct Look<'a> {
    at: &'a SessionHandle,
    watcher: Watcher,
}

impl Drop for Look<'_> {
    fn drop(&mut self) {
        let mut inner = self.at.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.forget_watcher(self.watcher);
    }
}

/// On whose behalf a session is changed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// Its own task's, which needs no waking.
    Task,
    /// The same, which has something for a client and gives it its turn.
    TaskForClient,
    /// Anybody else's.
    Other,
}

impl SessionHandle {
    /// A handle on a new session, which lives on this thread. What its output takes counts in `memory`.
    #[must_use]
    pub fn new(core: Core, memory: &Arc<Budget>) -> SessionHandle {
        let inner = Arc::new(Mutex::new(Inner {
            core,
            session: None,
            clients: Vec::new(),
            watched: None,
            memory: Share::of(memory),
        }));
        SessionHandle { inner, home: threads::here() }
    }

    /// Whether both are handles on one session.
    #[must_use]
    pub fn is(&self, other: &SessionHandle) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// The thread it lives on.
    #[must_use]
    pub fn home(&self) -> ThreadIndex {
        self.home
    }

    /// Does something to the core and wakes whom it concerns. Never called from within itself.
    pub fn with<R>(&self, act: impl FnOnce(&mut Core) -> R) -> R {
        self.locked(By::Other, |inner| act(&mut inner.core))
    }

    /// The same on behalf of the session's task, which sees to its own work itself and is woken by
    /// what others do from now on.
    pub(crate) fn by_task<R>(&self, cx: &Context<'_>, act: impl FnOnce(&mut Core) -> R) -> R {
        self.locked(By::Task, |inner| {
            store(&mut inner.session, cx);
            act(&mut inner.core)
        })
    }

    /// The same; and the first client whom it concerns has its turn at once, in place of its task,
    /// once `act` is over and what it held is free: for output that has just come.
    pub(crate) fn by_task_for_client<R>(
        &self,
        cx: &Context<'_>,
        act: impl FnOnce(&mut Core) -> R,
    ) -> (R, Concerned) {
        self.locked_for_others(By::TaskForClient, |inner| {
            store(&mut inner.session, cx);
            act(&mut inner.core)
        })
    }

    /// Looks at the core, or changes what concerns nobody else.
    pub(crate) fn quietly<R>(&self, act: impl FnOnce(&mut Core) -> R) -> R {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        act(&mut inner.core)
    }

    /// Resolves when the session is over.
    pub(crate) async fn ended(&self) {
        let mut seen = None;
        while seen.is_none_or(|Seen { state, .. }| !matches!(state, State::Ended(_))) {
            seen = Some(self.changed(seen).await);
        }
    }

    /// What is to be seen of the session, once it is something else than what was.
    pub(crate) async fn changed(&self, since: Option<Seen>) -> Seen {
        let look = Look { at: self, watcher: Watcher::new() };
        std::future::poll_fn(|cx| {
            self.locked(By::Other, |inner| {
                let seen = Seen::of(&inner.core);
                if Some(seen) != since {
                    return Poll::Ready(seen);
                }
                inner.watch(seen, look.watcher, cx);
                Poll::Pending
            })
        })
        .await
    }

    fn locked<R>(&self, by: By, act: impl FnOnce(&mut Inner) -> R) -> R {
        let (result, concerned) = self.locked_for_others(by, act);
        concerned.wake();
        result
    }

    fn locked_for_others<R>(&self, by: By, act: impl FnOnce(&mut Inner) -> R) -> (R, Concerned) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let result = act(&mut inner);
        inner.count_memory();
        let task = if by == By::Other { inner.take_task() } else { None };
        let (client, turn, others) = inner.take_ready(by);
        (result, Concerned { task, client, turn, others })
    }

    /// Attaches a client.
    ///
    /// # Errors
    /// The session's reason not to.
    pub fn attach(&self, now: Instant, request: AttachRequest) -> Result<Attachment, Refusal> {
        let generation = self.with(|core| core.attach(now, request))?;
        Ok(Attachment { session: self.clone(), generation, attached: true })
    }
}

fn store(slot: &mut Option<Waker>, cx: &Context<'_>) {
    match slot {
        Some(waker) => waker.clone_from(cx.waker()),
        None => *slot = Some(cx.waker().clone()),
    }
}

impl Inner {
    fn count_memory(&mut self) {
        self.memory.set(self.core.output().bytes());
    }

    fn take_task(&mut self) -> Option<Waker> {
        if self.core.wants_task() { self.session.take() } else { None }
    }

    /// The first connection that waits and has something to do, with its work if the session's task
    /// does that, and the wakers of all others. One client is the rule, so the list of others is not
    /// allocated as a rule.
    fn take_ready(&mut self, by: By) -> (Option<Waker>, Option<Arc<Turn>>, Vec<Waker>) {
        let core = &self.core;
        let mut all_ready = self.clients.iter_mut().filter_map(|client| {
            let (awaited, generation) = (client.awaited, client.generation);
            let waits = client.waits.take_if(|_| awaited.is_there(core, generation))?;
            client.awaited = Awaited::default();
            Some((waits, &client.turn))
        });
        let first = all_ready.next();
        let mut others: Vec<_> = all_ready.map(|(waker, _)| waker).collect();
        let (client, turn) = first.unzip();
        let turn = turn.filter(|_| by == By::TaskForClient).and_then(Weak::upgrade);
        let changed = |watched: &mut Box<Watched>| watched.seen != Seen::of(&self.core);
        if let Some(watched) = self.watched.take_if(changed) {
            others.extend(watched.by.into_iter().map(|(_, waker)| waker));
        }
        (client, turn, others)
    }

    fn poll_read(
        &mut self,
        generation: AttachGeneration,
        cx: &Context<'_>,
        bytes_max: usize,
        out: &mut Vec<u8>,
    ) -> Poll<Reading> {
        match self.core.read(generation, bytes_max, out) {
            Reading::Nothing => {
                self.wait(generation, Awaited::NEWS, cx);
                Poll::Pending
            }
            reading => Poll::Ready(reading),
        }
    }

    fn watch(&mut self, seen: Seen, watcher: Watcher, cx: &Context<'_>) {
        let watched =
            self.watched.get_or_insert_with(|| Box::new(Watched { seen, by: Vec::new() }));
        match watched.by.iter_mut().find(|(of, _)| *of == watcher) {
            Some((_, waker)) => waker.clone_from(cx.waker()),
            None => watched.by.push((watcher, cx.waker().clone())),
        }
    }

    fn forget_watcher(&mut self, watcher: Watcher) {
        if let Some(watched) = &mut self.watched {
            watched.by.retain(|(of, _)| *of != watcher);
            self.watched.take_if(|watched| watched.by.is_empty());
        }
    }

    fn wait(&mut self, generation: AttachGeneration, what: Awaited, cx: &Context<'_>) {
        let connection = self.connection(generation);
        connection.awaited = connection.awaited.and(what);
        store(&mut connection.waits, cx);
    }

    fn connection(&mut self, generation: AttachGeneration) -> &mut Connection {
        let known = self.clients.iter().position(|client| client.generation == generation);
        let at = known.unwrap_or_else(|| {
            let (waits, awaited, turn) = (None, Awaited::default(), Weak::new());
            self.clients.push_few(Connection { generation, waits, awaited, turn });
            self.clients.len() - 1
        });
        &mut self.clients[at]
    }
}

/// Those whom a change of a session concerns. They are told when no lock is held.
#[must_use]
pub(crate) struct Concerned {
    task: Option<Waker>,
    client: Option<Waker>,
    /// The work of that client.
    turn: Option<Arc<Turn>>,
    others: Vec<Waker>,
}

impl Concerned {
    fn wake(self) {
        if let Some(task) = self.task {
            task.wake();
        }
        if let Some(client) = self.client {
            client.wake();
        }
        self.others.into_iter().for_each(Waker::wake);
    }

    /// Wakes them, but the first client, who has its turn now.
    pub(crate) fn take_turn(mut self) {
        let Some(turn) = self.turn.take() else { return self.wake() };
        let client = self.client.take();
        self.wake();
        if let Some(client) = client {
            turn.take(client);
        }
    }
}

/// What [`Attachment::poll_next`] comes to.
#[derive(Debug)]
pub enum Next<R> {
    /// Output was taken where it lies.
    Taken(R),
    /// What a read gave.
    Reading(Reading),
}

/// A connection's hold on a session. Dropping it without a word counts as a lost connection.
pub struct Attachment {
    session: SessionHandle,
    generation: AttachGeneration,
    /// It has not detached yet.
    attached: bool,
}

impl Attachment {
    /// The session's task may do this connection's work in place of its own task.
    pub(crate) fn lend(&mut self, turn: Weak<Turn>) {
        let generation = self.generation;
        self.session.locked(By::Other, |inner| inner.connection(generation).turn = turn);
    }

    /// The next thing that the session has for this client. Output that can be taken where it lies is
    /// shown to `take`, as [`Core::read_in_place`] does; where that takes nothing (`None`), up to
    /// `bytes_max` (more only if one message is larger) are appended to `out`.
    pub fn poll_next<R>(
        &mut self,
        cx: &Context<'_>,
        bytes_max: usize,
        out: &mut Vec<u8>,
        take: impl FnOnce(Position, &mut dyn Iterator<Item = &[u8]>) -> (Position, Option<R>),
    ) -> Poll<Next<R>> {
        let generation = self.generation;
        self.session.locked(By::Other, |inner| {
            if let Some(taken) = inner.core.read_in_place(generation, bytes_max, take).flatten() {
                return Poll::Ready(Next::Taken(taken));
            }
            inner.poll_read(generation, cx, bytes_max, out).map(Next::Reading)
        })
    }

    /// Whether the session takes input; if not, the task is woken when it does.
    pub fn poll_room(&mut self, cx: &Context<'_>) -> Poll<()> {
        let generation = self.generation;
        self.session.locked(By::Other, |inner| {
            if inner.core.feeds(generation) {
                return Poll::Ready(());
            }
            inner.wait(generation, Awaited::ROOM, cx);
            Poll::Pending
        })
    }

    /// Whether the session takes input.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.session.quietly(|core| core.feeds(self.generation))
    }

    /// Whether this client has lost its place and need not read what came before.
    pub fn poll_urgent(&mut self, cx: &Context<'_>) -> Poll<Closing> {
        let generation = self.generation;
        self.session.locked(By::Other, |inner| match inner.core.urgent(generation) {
            Some(closing) => Poll::Ready(closing),
            None => {
                inner.wait(generation, Awaited::URGENT, cx);
                Poll::Pending
            }
        })
    }

    /// Tells the session something.
    pub fn send(&mut self, now: Instant, event: ClientEvent) {
        self.session.with(|core| core.client(now, self.generation, event));
    }

    /// What the client typed that has not gone to the game: it goes with the client.
    pub fn take_typed_ahead(&mut self) -> Vec<Line> {
        self.session.with(Core::take_typed_ahead)
    }

    /// Leaves. `delivered` is how far the output is known to have reached the client.
    pub fn detach(mut self, now: Instant, reason: DetachReason, delivered: Option<Position>) {
        self.attached = false;
        self.leave(now, reason, delivered);
    }

    fn leave(&self, now: Instant, reason: DetachReason, delivered: Option<Position>) {
        self.session.locked(By::Other, |inner| {
            inner.clients.retain(|client| client.generation != self.generation);
            inner.core.detach(now, self.generation, reason, delivered);
        });
    }

    /// Which of the session's clients this is.
    #[must_use]
    pub fn generation(&self) -> AttachGeneration {
        self.generation
    }

    /// The session.
    #[must_use]
    pub fn session(&self) -> &SessionHandle {
        &self.session
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        if self.attached {
            self.leave(crate::clock::now(), DetachReason::ConnectionLost, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> SessionHandle {
        let config = crate::config::Config::parse("test", "game.address = \"demo\"").unwrap();
        let config = Arc::new(config);
        let memory = Budget::new(1 << 20);
        let preset = crate::settings::preset_choice(&config);
        let mint = Box::new(crate::mint::OsMint);
        let core = Core::new(config, &preset, mint, crate::test_clock::start());
        SessionHandle::new(core, &memory)
    }

    #[derive(Default)]
    struct Woken(AtomicU64);

    impl std::task::Wake for Woken {
        fn wake(self: Arc<Woken>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn newcomer(session: &SessionHandle) -> Attachment {
        use crate::session::message::{Peer, Proof, ReplayWish, Transport};
        let request = AttachRequest {
            peer: Peer {
                connection: ConnectionId(uuid::Uuid::nil()),
                transport: Transport::Telnet,
                address: [127, 0, 0, 1].into(),
            },
            info: crate::telnet::client_info::ClientInfo::default(),
            proof: Proof::Opened,
            position: None,
            replay: ReplayWish::Missed,
            tell_token: false,
        };
        session.attach(crate::test_clock::start(), request).unwrap()
    }

    #[test]
    fn who_takes_nothing_is_woken_only_for_what_is_urgent() {
        let session = session();
        let mut slow = newcomer(&session);
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(woken.clone());
        let cx = Context::from_waker(&waker);
        assert!(slow.poll_urgent(&cx).is_pending(), "its welcome is not");
        session.with(|_| ());
        assert_eq!(woken.0.load(Ordering::Relaxed), 0);
        let _newcomer = newcomer(&session);
        assert_eq!(woken.0.load(Ordering::Relaxed), 1, "it lost its place");
        assert_eq!(slow.poll_urgent(&cx), Poll::Ready(Closing::Replaced));
    }

    #[test]
    fn who_watches_no_more_leaves_nothing_behind() {
        let session = session();
        let seen = session.quietly(|core| Seen::of(core));
        let watching = || session.inner.lock().unwrap().watched.as_ref().map(|w| w.by.len());
        let mut cx = Context::from_waker(Waker::noop());
        let mut first = Box::pin(session.changed(Some(seen)));
        for _ in 0..100 {
            let mut look = Box::pin(session.changed(Some(seen)));
            assert!(first.as_mut().poll(&mut cx).is_pending());
            assert!(look.as_mut().poll(&mut cx).is_pending());
            assert_eq!(watching(), Some(2));
        }
        assert_eq!(watching(), Some(1));
        drop(first);
        assert_eq!(watching(), None);
    }
}
