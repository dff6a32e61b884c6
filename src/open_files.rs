//! How many files the system lets mudkeep have open: each session takes one for the game, each
//! connection one for its client.

use crate::config::Limits;

/// Files besides sockets: listeners, the log, the store, the runtime's own.
const OTHERS: u64 = 64;

/// How many files are open when all limits are reached.
#[must_use]
pub fn wanted(limits: &Limits) -> u64 {
    limits.connections_max as u64 + limits.sessions_max as u64 + OTHERS
}

/// How many files may be open when the limit is raised as far as it may be, if the system says so.
#[cfg(target_os = "linux")]
#[must_use]
pub fn allowed() -> Option<u64> {
    let limit = uapi::getrlimit(uapi::c::RLIMIT_NOFILE.try_into().ok()?).ok()?;
    Some(limit.rlim_max)
}

/// Elsewhere it is not asked.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn allowed() -> Option<u64> {
    None
}

/// Raises the process's limit as far as it may be raised and is of use. Says in the log what to do
/// where that is not enough.
pub fn raise(limits: &Limits) {
    let wanted = wanted(limits);
    if let Some(allowed) = raise_to(wanted)
        && allowed < wanted
    {
        tracing::warn!(
            allowed,
            wanted,
            "fewer files can be open than limits.connections_max and limits.sessions_max need: \
             raise the limit (LimitNOFILE= in a systemd unit, or ulimit -n)"
        );
    }
}

/// Returns how many files may be open now, if the system says so.
#[cfg(target_os = "linux")]
fn raise_to(wanted: u64) -> Option<u64> {
    use uapi::c::{RLIMIT_NOFILE, rlimit};
    let is = uapi::getrlimit(RLIMIT_NOFILE.try_into().ok()?).ok()?;
    if is.rlim_cur >= wanted {
        return Some(is.rlim_cur);
    }
    let raised = rlimit { rlim_cur: wanted.min(is.rlim_max), rlim_max: is.rlim_max };
    match uapi::setrlimit(RLIMIT_NOFILE.try_into().ok()?, &raised) {
        Ok(()) => Some(raised.rlim_cur),
        Err(_) => Some(is.rlim_cur),
    }
}

/// Elsewhere the system's own limit stays.
#[cfg(not(target_os = "linux"))]
fn raise_to(_wanted: u64) -> Option<u64> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_as_far_as_it_may_be_and_never_lowered() {
        let limit = || uapi::getrlimit(uapi::c::RLIMIT_NOFILE as _).expect("it is known");
        let before = limit();
        assert_eq!(raise_to(1), Some(before.rlim_cur));
        let all = raise_to(u64::MAX).expect("it is known");
        assert_eq!((all, allowed()), (before.rlim_max, Some(before.rlim_max)));
        assert_eq!((limit().rlim_cur, limit().rlim_max), (all, before.rlim_max));
    }

    #[test]
    fn each_session_and_each_connection_takes_one() {
        let limits = Limits { connections_max: 100, sessions_max: 1_000, ..Limits::default() };
        assert_eq!(wanted(&limits), 1_164);
    }
}
