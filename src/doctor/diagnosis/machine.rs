//! Whether this machine has what mudkeep needs.

use std::net::SocketAddr;

use super::Findings;
use crate::doctor::facts::{Facts, Listener, Port, StoreFile};
use crate::doctor::report::Part::Machine;
use crate::printable::Printable;

pub(super) fn machine(facts: &Facts<'_>, game: Option<SocketAddr>, findings: &mut Findings) {
    let listeners = &facts.machine.listeners;
    let taken = |listener: &&Listener| listener.port == Port::Taken;
    let running = listeners.iter().all(|one| taken(&one) && !is_game(one, game));
    for one in listeners {
        listener(one, running, is_game(one, game), findings);
    }
    files(facts, findings);
    store(&facts.machine.store, findings);
    for (key, file) in &facts.machine.files {
        written(key, file, findings);
    }
}

/// Whether a listener of mudkeep is where the game is now.
fn is_game(listener: &Listener, game: Option<SocketAddr>) -> bool {
    game.is_some_and(|game| {
        let (own, other) = (listener.address, game);
        own.port() == other.port()
            && (own.ip() == other.ip() || own.ip().is_unspecified() && other.ip().is_loopback())
    })
}

/// `running`: all listeners are taken, as they are while mudkeep runs.
fn listener(listener: &Listener, running: bool, is_game: bool, findings: &mut Findings) {
    let (protocol, address) = (listener.protocol.name(), listener.address);
    let what = format!("{address}, where mudkeep is to listen for {protocol},");
    match &listener.port {
        Port::Free => findings.good(Machine, format!("{address} is free for {protocol}.")),
        Port::Taken if is_game => findings.fix(
            Machine,
            format!("{what} is where the game itself listens now."),
            "Give the game another port that only this machine reaches, say 4001 on 127.0.0.1, set \
             game.address to that, and leave this one to mudkeep. If it is mudkeep that listens \
             there already, name the game's own port to the doctor.",
        ),
        Port::Taken if running => findings.hint(
            Machine,
            format!("{what} is in use: mudkeep runs already, it seems."),
            format!("If it does not: `ss -ltnp 'sport = :{}'` shows who has it.", address.port()),
        ),
        Port::Taken => findings.fix(
            Machine,
            format!("{what} is in use: by mudkeep, if it runs, or by another program."),
            format!(
                "`ss -ltnp 'sport = :{}'` shows by which. If it is not mudkeep, end it, or set \
                 another address.",
                address.port()
            ),
        ),
        Port::Forbidden => findings.fix(
            Machine,
            format!("{what} may not be used by this user."),
            "Ports below 1024 need AmbientCapabilities=CAP_NET_BIND_SERVICE in a systemd unit, or \
             another port.",
        ),
        Port::NotHere => findings.fix(
            Machine,
            format!("{what} is no address of this machine."),
            "Set one that it has (`ip address` lists them), or 0.0.0.0 for all of IPv4.",
        ),
        Port::Other(error) => findings.fix(
            Machine,
            format!("{what} cannot be used: {}", Printable::new(error)),
            "Set another address.",
        ),
    }
}

fn files(facts: &Facts<'_>, findings: &mut Findings) {
    let (wanted, allowed) = (facts.machine.files_wanted, facts.machine.files_allowed);
    let limits = &facts.config.limits;
    let for_what = format!(
        "limits.connections_max ({}) and limits.sessions_max ({}) need {wanted}",
        limits.connections_max, limits.sessions_max
    );
    match allowed {
        None => {
            findings.note(Machine, format!("How many files may be open is not known; {for_what}."));
        }
        Some(allowed) if allowed >= wanted => {
            findings.good(Machine, format!("{allowed} files may be open; {for_what}."));
        }
        // It runs all the same, for as many as that.
        Some(allowed) => findings.hint(
            Machine,
            format!("Only {allowed} files may be open from here; {for_what}."),
            format!(
                "For so many players: LimitNOFILE={wanted} in mudkeep's systemd unit, or \
                 `ulimit -Hn {wanted}` where it is started. Or lower the two limits."
            ),
        ),
    }
}

fn store(store: &StoreFile, findings: &mut Findings) {
    match store {
        StoreFile::None => findings.note(
            Machine,
            "No store.path is set: bans and what became of sessions are forgotten at a restart.",
        ),
        StoreFile::Writable(path) => {
            let path = path.display().to_string();
            findings.good(Machine, format!("The store {} can be written.", Printable::new(&path)));
        }
        StoreFile::Not(path, error) => {
            let path = path.display().to_string();
            cannot_write("store.path", &path, error, findings);
        }
    }
}

fn written(key: &str, file: &StoreFile, findings: &mut Findings) {
    match file {
        StoreFile::None => {}
        StoreFile::Writable(path) => {
            let path = path.display().to_string();
            findings.good(Machine, format!("{key}: {} can be written.", Printable::new(&path)));
        }
        StoreFile::Not(path, error) => {
            cannot_write(key, &path.display().to_string(), error, findings);
        }
    }
}

fn cannot_write(key: &str, path: &str, error: &str, findings: &mut Findings) {
    let (path, error) = (Printable::new(path), Printable::new(error));
    findings.fix(
        Machine,
        format!("{key}: {path} cannot be written: {error}"),
        format!(
            "Make its folder and give it to the user that runs mudkeep (StateDirectory= in a systemd \
             unit does both), or correct {key}."
        ),
    );
}
