//! A session: one game socket and all that is known about it. What is here decides and is pure;
//! the tasks that wait for sockets and deadlines ask it.

pub mod history;
pub mod input;
pub mod snapshot;
pub mod token;
pub mod undelivered;
