//! `mudkeep watch`: a running mudkeep on a full screen, live.
//!
//! What is on the screen and what a key does is the view's (`view`, pure, drawn by `draw`). Here is
//! the loop that asks the API each second, reads keys, and gives the terminal back however it ends.

mod draw;
mod graphs;
mod input;
mod look;
mod poll;
mod popup;
mod rows;
mod view;

#[cfg(test)]
mod tests;

use std::future::{Future, pending};
use std::io::{self, IsTerminal};
use std::pin::Pin;
use std::time::Duration;

use crossterm::event::{Event, EventStream};
use futures_util::{Stream, StreamExt};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

use crate::cli::{Api, Trouble};
use poll::Snapshot;
use view::{Act, Told, View, Wish};

/// How often mudkeep is asked.
const PACE: Duration = Duration::from_secs(1);

/// How long an answer is waited for. Keys are heard meanwhile.
const PATIENCE: Duration = Duration::from_secs(4);

type Asking<'a> = Pin<Box<dyn Future<Output = Result<Snapshot, Trouble>> + 'a>>;
type Acting<'a> = Pin<Box<dyn Future<Output = Result<String, Trouble>> + 'a>>;

/// Shows it until its user has seen enough.
///
/// # Errors
/// There is no terminal, or no mudkeep at the beginning. One that goes later is waited for.
pub fn run(api: Api) -> io::Result<()> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        let words = "watch needs a terminal; for programs there are `stats --json` and `events`";
        return Err(io::Error::other(words));
    }
    let colour = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let api = api.with_patience(PATIENCE);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // Before the screen is taken: what is wrong from the start is told as by any command.
        let first = poll::snapshot(&api).await.map_err(io::Error::other)?;
        let mut view = View::new(api.place(), colour);
        view.see(first);
        let over = told_to_stop()?;
        let mut terminal = ratatui::try_init()?;
        let show = |view: &mut View| terminal.draw(|frame| draw::draw(frame, view)).map(drop);
        let done = watch(show, &api, &mut view, EventStream::new(), over).await;
        ratatui::try_restore()?;
        done
    })
}

/// How many columns the terminal has that standard output is.
#[must_use]
pub fn terminal_width() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    crossterm::terminal::size().ok().map(|(columns, _)| usize::from(columns)).filter(|w| *w > 0)
}

/// Ends when a signal says so.
fn told_to_stop() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Draws, and waits for what comes first: a key, an answer, the end.
async fn watch(
    mut show: impl FnMut(&mut View) -> io::Result<()>,
    api: &Api,
    view: &mut View,
    mut events: impl Stream<Item = io::Result<Event>> + Unpin,
    over: impl Future<Output = ()>,
) -> io::Result<()> {
    let mut over = std::pin::pin!(over);
    let mut asking: Asking<'_> = Box::pin(look_again(api));
    let mut acting: Option<Acting<'_>> = None;
    loop {
        show(view)?;
        tokio::select! {
            () = &mut over => return Ok(()),
            event = events.next() => match event {
                None => return Ok(()),
                Some(event) => match hear(view, event?) {
                    Wish::Quit => return Ok(()),
                    Wish::Nothing => {}
                    Wish::Act(_) if acting.is_some() => view.tell(Told::Busy),
                    Wish::Act(act) => acting = Some(Box::pin(do_act(api, act))),
                },
            },
            seen = &mut asking => {
                match seen {
                    Ok(snapshot) => view.see(snapshot),
                    Err(trouble) => view.lose(trouble.to_string()),
                }
                asking = Box::pin(look_again(api));
            }
            done = either(&mut acting) => {
                acting = None;
                view.tell(done.map_or_else(|trouble| Told::Failed(trouble.to_string()), Told::Done));
            }
        }
    }
}

fn hear(view: &mut View, event: Event) -> Wish {
    match event {
        Event::Key(key) => view.key(key),
        // The screen is drawn again in any case.
        _ => Wish::Nothing,
    }
}

async fn look_again(api: &Api) -> Result<Snapshot, Trouble> {
    sleep(PACE).await;
    poll::snapshot(api).await
}

async fn do_act(api: &Api, act: Act) -> Result<String, Trouble> {
    poll::act(api, &act).await
}

/// What is being done, or nothing for ever.
async fn either(acting: &mut Option<Acting<'_>>) -> Result<String, Trouble> {
    match acting {
        Some(acting) => acting.await,
        None => pending().await,
    }
}
