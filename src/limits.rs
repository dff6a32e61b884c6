//! What slows people down: rates, permits and delays. All of it is told the time and bounded in
//! memory; nothing here closes a connection or drops a line.

pub mod bans;
pub mod listing;
pub mod origins;
pub mod permits;
pub mod rate;
pub mod takeovers;
