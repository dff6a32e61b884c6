//! Real games played with real clients through mudkeep: TinyMUX and Evennia, TinTin++, TinyFugue
//! and telnet in real terminals.
//!
//! They need programs that scripts/set-up installs, so a bare `cargo test` leaves them out;
//! scripts/test runs them all. With `MUDKEEP_TEST_DIRECT=1` those that need no mudkeep run against
//! the games themselves, which tells whether game, client and script are sound.

#[cfg(test)]
mod real;

#[cfg(test)]
#[path = "real_games/play.rs"]
mod play;

#[cfg(test)]
#[path = "real_games/come_back.rs"]
mod come_back;

#[cfg(test)]
#[path = "real_games/twice.rs"]
mod twice;

#[cfg(test)]
#[path = "real_games/doctor.rs"]
mod doctor;
