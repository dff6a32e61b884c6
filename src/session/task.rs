//! The session's task: it owns the game's socket, waits, and does what the core says. It decides
//! nothing.
//!
//! One poll makes one read from the game at most, then lets the clients have their turn: they are
//! on the same thread, and the history is bounded.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

use crate::clock;
use crate::events::{About, What};
use crate::gate::{Gate, Trial};
use crate::ids::{SessionId, User, UserKey};
use crate::registry::TooManyUsers;
use crate::scratch;
use crate::session::core::{Action, Check, CheckOutcome, Claim, Core, Event, GameEnd};
use crate::session::journal;
use crate::session::link::SessionHandle;
use crate::session::message::EndReason;
use crate::session::past::{Fate, Trace};

/// How long after a game's goodbye its port is tried: a game that has just died may still take a
/// connection or two from its backlog.
const PROBE_AFTER: Duration = Duration::from_millis(100);

/// How much is read at once from a game whose output nobody takes.
const UNREAD_BYTES_MAX: usize = 8 * 1024;

type Job = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// What a wait has brought.
pub(crate) enum Answer {
    /// A password field was checked.
    Checked(Option<Trial>, CheckOutcome),
    /// The game's port was tried.
    Probed(bool),
    /// The game's port answers again.
    GameIsBack,
    /// The other session is gone; what it had not delivered.
    OtherReplaced(Vec<u8>),
}

/// Whether the game has sent more than one read took.
enum More {
    /// It has: the clients have their turn first.
    Now,
    /// It has not; the kernel will say when.
    Later,
}

/// What the core wants of its task besides actions.
struct Wants {
    /// Something waits for the game.
    writes: bool,
    /// When it is to be ticked.
    due: Option<Instant>,
    /// Some client takes what the game says.
    followed: bool,
    /// What the store is to know.
    trace: Option<Trace>,
}

/// The core's next action, or what else it wants.
fn look(core: &mut Core) -> Result<Action, Wants> {
    core.poll_action().ok_or_else(|| Wants {
        writes: core.game_output().is_some(),
        due: core.arm(),
        followed: core.is_followed(),
        trace: core.take_trace(),
    })
}

/// The game's connection.
enum Game {
    None,
    Dialing(Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send>>),
    Up(TcpStream),
}

/// The task of one session.
pub(crate) struct SessionTask {
    handle: SessionHandle,
    gate: Arc<Gate>,
    id: SessionId,
    game: Game,
    jobs: Vec<Job>,
    timer: Option<Pin<Box<Sleep>>>,
    /// The user whose login waits for the game's answer, as the registry knows it.
    naming: Option<UserKey>,
    /// The login that the game has and has not answered.
    trial: Option<Trial>,
    ended: bool,
    /// The store has something of it.
    stored: bool,
}

impl SessionTask {
    /// The task of this session.
    pub(crate) fn new(handle: SessionHandle, gate: Arc<Gate>) -> SessionTask {
        let id = handle.with(|core| core.id());
        SessionTask {
            handle,
            gate,
            id,
            game: Game::None,
            jobs: Vec::new(),
            timer: None,
            naming: None,
            trial: None,
            ended: false,
            stored: false,
        }
    }

    /// Runs until the session has ended. Not an async fn, which would keep room for the task twice.
    pub(crate) fn run(self) -> impl Future<Output = ()> + Send {
        let mut running = Some(self);
        poll_fn(move |cx| {
            let Some(task) = &mut running else { return Poll::Ready(()) };
            ready!(task.poll(cx));
            task.name(None);
            task.gate.registry().remove_session(task.id);
            running = None;
            Poll::Ready(())
        })
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut more = More::Later;
        loop {
            let wants = self.act(cx);
            if self.ended {
                return Poll::Ready(());
            }
            if wants.writes && self.write(cx) {
                // Clients may have waited for the room, and are woken as the core is looked at.
                continue;
            }
            if let More::Now = more {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            if self.poll_dial(cx) | self.poll_jobs(cx) | self.poll_timer(cx, wants.due) {
                continue;
            }
            more = ready!(self.poll_game(cx, wants.followed));
        }
    }

    /// Tells the core something.
    fn tell<R>(&self, cx: &Context<'_>, act: impl FnOnce(&mut Core, Instant) -> R) -> R {
        let now = clock::now();
        self.handle.by_task(cx, |core| act(core, now))
    }

    /// Does everything that the core has asked for, and says what else it wants.
    fn act(&mut self, cx: &Context<'_>) -> Wants {
        loop {
            match self.handle.by_task(cx, look) {
                Ok(action) => self.perform(cx, action),
                Err(mut wants) => {
                    if let Some(trace) = wants.trace.take() {
                        let stamp = self.gate.store().live(self.id, &trace);
                        self.handle.quietly(|core| core.set_traced(stamp));
                        self.stored = true;
                    }
                    return wants;
                }
            }
        }
    }

    fn perform(&mut self, cx: &Context<'_>, action: Action) {
        let gate = &self.gate;
        match action {
            Action::Dial => self.dial(),
            Action::HalfCloseGame => self.half_close(),
            Action::CloseGame => self.game = Game::None,
            Action::Probe => {
                let gate = gate.clone();
                self.job(async move {
                    tokio::time::sleep(PROBE_AFTER).await;
                    Answer::Probed(gate.game_answers().await)
                });
            }
            Action::AwaitGame => {
                let gate = gate.clone();
                self.job(async move {
                    gate.await_game().await;
                    Answer::GameIsBack
                });
            }
            Action::Find(login) => {
                let running = gate.registry().running(&login).is_some();
                self.tell(cx, |core, now| core.found(now, running));
            }
            Action::Check(check) => self.check(*check),
            Action::LoginTried { accepted } => self.tried(accepted),
            Action::Naming { user, waiting } => self.name(waiting.then_some(user)),
            Action::AskNaming => {
                let newcomer = gate.registry().is_named_by_other(self.id);
                self.tell(cx, |core, now| core.decide_end(now, newcomer));
            }
            Action::Vet(vetting) => {
                let barred = gate.vet(&self.handle, &vetting);
                match barred {
                    Some(barred) if !vetting.of_line => {
                        self.tell(cx, |core, _| core.end_banned(barred));
                    }
                    barred => self.tell(cx, |core, now| core.vetted(now, barred)),
                }
            }
            Action::Claim(claim) => self.claim(*claim),
            Action::Unclaim => {
                gate.registry().unclaim(self.id);
                if std::mem::take(&mut self.stored) {
                    gate.store().forget(self.id);
                }
            }
            Action::DropVerifier => gate.registry().drop_verifier(self.id),
            Action::NoteLoser(address) => gate.registry().note_loser(clock::now(), address),
            Action::Replace(other) => self.replace(other),
            Action::Release(other) => gate.release(other),
            Action::Log(Event::Transparent(_)) if gate.is_draining().is_some() => {
                self.handle.with(Core::end_draining);
            }
            // Who was let in by the game and put out at once has not logged in.
            Action::Log(Event::Accepted(_)) if self.handle.quietly(|core| core.is_ended()) => {}
            Action::Log(event) => {
                if let Event::Attached { address, .. } = &event {
                    gate.registry().seen_at(self.id, *address);
                    self.keep_connections();
                }
                journal::log(self.id, self.user().as_ref(), &event);
                journal::tell(gate.events(), self.about(), &event);
            }
            Action::End(reason) => {
                journal::log_end(self.id, self.user().as_ref(), reason);
                let what = What::SessionEnded { reason: reason.name() };
                gate.events().emit(self.about(), what);
                self.leave_trace(reason);
                self.ended = true;
            }
        }
    }

    fn claim(&mut self, claim: Claim) {
        let made = claim.made;
        // The game has let in whom mudkeep does not: the tables do not know of it.
        if self.gate.end_if_banned(&self.handle, made) {
            return;
        }
        let (old, new) = (claim.old, claim.new);
        if old != new && self.gate.is_draining().is_some() {
            return self.handle.with(Core::end_draining);
        }
        match self.gate.registry().claim(claim, &self.handle) {
            Ok(losers) => {
                if old != new && std::mem::take(&mut self.stored) {
                    self.gate.store().forget(old);
                }
                self.id = new;
                losers.iter().for_each(|loser| loser.with(Core::replaced));
                // A ban that came meanwhile did not find it in the tables.
                self.gate.end_if_banned(&self.handle, made);
                self.keep_connections();
            }
            // Two have logged in at the same time, or by a name that says nothing.
            Err(TooManyUsers(most)) => self.handle.with(|core| core.end_crowded(most)),
        }
    }

    /// Its user may have a connection too many now.
    fn keep_connections(&self) {
        if let Some(user) = self.user() {
            self.gate.keep_connections(&user.key);
        }
    }

    /// The session is over: a token of it gets a clear answer from now on.
    fn leave_trace(&self, reason: EndReason) {
        let fate = match reason {
            EndReason::Shutdown => Fate::Lost,
            _ => Fate::Over,
        };
        let trace = |core: &mut Core| core.has_been_accepted().then(|| core.trace());
        if let Some(trace) = self.handle.quietly(trace) {
            self.gate.store().gone(self.id, trace, fate);
        }
    }

    fn about(&self) -> About {
        self.handle.quietly(|core| journal::about(self.id, core))
    }

    fn user(&self) -> Option<User> {
        self.handle.quietly(|core| core.user().cloned())
    }

    fn job(&mut self, job: impl Future<Output = Answer> + Send + 'static) {
        self.jobs.push(Box::pin(job));
    }

    fn dial(&mut self) {
        let gate = self.gate.clone();
        let (id, began) = (self.id, clock::now());
        self.game = Game::Dialing(Box::pin(async move {
            let dialled = gate.dial().await;
            let time = clock::now().saturating_duration_since(began);
            let what = What::GameDialled { ok: dialled.is_ok(), seconds: time.as_secs_f64() };
            gate.events().emit(About { session_id: Some(id), ..About::default() }, what);
            dialled
        }));
    }

    fn half_close(&mut self) {
        if let Game::Up(stream) = &self.game {
            // An error means that it is closed already.
            let _ = SockRef::from(stream).shutdown(std::net::Shutdown::Write);
        }
    }

    /// Whoever types another password has failed with the one before.
    fn check(&mut self, check: Check) {
        self.trial = None;
        let gate = self.gate.clone();
        self.job(async move {
            let (trial, outcome) = gate.check(check).await;
            Answer::Checked(trial, outcome)
        });
    }

    fn tried(&mut self, accepted: bool) {
        match self.trial.take() {
            Some(trial) if accepted => trial.accepted(),
            Some(_) | None => {}
        }
    }

    fn replace(&mut self, other: SessionId) {
        let gate = self.gate.clone();
        self.job(async move { Answer::OtherReplaced(gate.replace(other).await) });
    }

    fn name(&mut self, user: Option<UserKey>) {
        if let Some(old) = self.naming.take() {
            self.gate.registry().stop_naming(&old, self.id);
        }
        if let Some(user) = &user {
            self.gate.registry().start_naming(user.clone(), self.id);
        }
        self.naming = user;
    }

    fn poll_dial(&mut self, cx: &mut Context<'_>) -> bool {
        let Game::Dialing(dial) = &mut self.game else { return false };
        let Poll::Ready(dialled) = dial.as_mut().poll(cx) else { return false };
        match dialled {
            Ok(stream) => {
                self.game = Game::Up(stream);
                self.tell(cx, |core, now| core.game_connected(now));
            }
            Err(error) => {
                self.game = Game::None;
                tracing::warn!(session = %self.id, %error, "the game cannot be reached");
                self.tell(cx, |core, now| core.game_closed(now, GameEnd::Unreachable));
            }
        }
        true
    }

    /// Writes what waits for the game, each unit a write of its own. Whether anything was.
    fn write(&mut self, cx: &mut Context<'_>) -> bool {
        let Game::Up(stream) = &mut self.game else { return false };
        self.handle.quietly(|core| {
            let mut wrote = false;
            while let Some(unit) = core.game_output() {
                match Pin::new(&mut *stream).poll_write(cx, unit) {
                    Poll::Ready(Ok(bytes)) => core.game_wrote(bytes),
                    // A write that fails says nothing that the read will not say better: there
                    // may be last words to be read before it.
                    Poll::Ready(Err(_)) => core.forget_game_output(),
                    Poll::Pending => break,
                }
                wrote = true;
            }
            wrote
        })
    }

    /// Reads once; a little only of what nobody waits for, so that those who play have their turn soon.
    fn poll_game(&mut self, cx: &mut Context<'_>, followed: bool) -> Poll<More> {
        let Game::Up(stream) = &mut self.game else { return Poll::Pending };
        let handle = &self.handle;
        let bytes_max = if followed { scratch::READ_BYTES } else { UNREAD_BYTES_MAX };
        let mut more = More::Later;
        let mut concerned = None;
        let end = scratch::with_read(|buffer| {
            let mut buffer = ReadBuf::new(&mut buffer[..bytes_max]);
            let end = match ready!(Pin::new(stream).poll_read(cx, &mut buffer)) {
                Ok(()) if buffer.filled().is_empty() => Some(GameEnd::Closed),
                Ok(()) => None,
                Err(_) => Some(GameEnd::Lost),
            };
            let now = clock::now();
            if end.is_none() {
                if buffer.remaining() == 0 {
                    more = More::Now;
                }
                let told =
                    handle.by_task_for_client(cx, |core| core.game_bytes(now, buffer.filled()));
                concerned = Some(told.1);
            }
            Poll::Ready(end)
        });
        // The client's turn takes the thread's buffers, which are free again here.
        if let Some(concerned) = concerned {
            concerned.take_turn();
        }
        if let Some(end) = ready!(end) {
            self.game = Game::None;
            self.tell(cx, |core, now| core.game_closed(now, end));
        }
        Poll::Ready(more)
    }

    fn poll_jobs(&mut self, cx: &mut Context<'_>) -> bool {
        for at in 0..self.jobs.len() {
            if let Poll::Ready(answer) = self.jobs[at].as_mut().poll(cx) {
                drop(self.jobs.swap_remove(at));
                self.answer(cx, answer);
                return true;
            }
        }
        false
    }

    fn answer(&mut self, cx: &Context<'_>, answer: Answer) {
        match answer {
            Answer::Checked(trial, outcome) => {
                self.trial = trial;
                self.tell(cx, |core, now| core.checked(now, outcome));
            }
            Answer::Probed(answers) => self.tell(cx, |core, _| core.probed(answers)),
            Answer::GameIsBack => self.tell(cx, |core, _| core.game_is_back()),
            Answer::OtherReplaced(undelivered) => {
                self.tell(cx, |core, now| core.other_replaced(now, undelivered));
            }
        }
    }

    /// Arms the timer for the core's next deadline; ticks the core when it is due.
    fn poll_timer(&mut self, cx: &mut Context<'_>, due: Option<Instant>) -> bool {
        let Some(due) = due else {
            self.timer = None;
            return false;
        };
        let due = tokio::time::Instant::from_std(due);
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
        if timer.deadline() != due {
            timer.as_mut().reset(due);
        }
        if timer.as_mut().poll(cx).is_pending() {
            return false;
        }
        self.tell(cx, |core, now| core.tick(now));
        true
    }
}
