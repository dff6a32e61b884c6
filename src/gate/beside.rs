//! What comes beside a connection, with a token: lines for a session that nobody is attached to,
//! messages for a client whose stream goes the other way only, and those who only watch. Tokens that
//! open nothing are limited as in [`Gate::resume`].

use std::net::IpAddr;
use std::time::Instant;

use super::Gate;
use crate::ids::{AttachGeneration, InputSeq, SessionId};
use crate::mint::OsMint;
use crate::secret::Line;
use crate::session::core::queueing::NotQueued;
use crate::session::link::SessionHandle;
use crate::session::message::{EndReason, Refusal};
use crate::session::token::{Mint, ResumeToken, Secret};

impl Gate {
    /// Has a line wait for the player of a session that nobody is attached to.
    ///
    /// # Errors
    /// Why it does not wait.
    pub fn queue_line(
        &self,
        now: Instant,
        address: IpAddr,
        token: &[u8],
        seq: InputSeq,
        line: Line,
    ) -> Result<InputSeq, NotQueued> {
        self.with_token(now, address, token, |session, _, secret| {
            session.with(|core| core.queue_line(now, address, &secret, seq, line))
        })
    }

    /// Whether a token is that of the client which is attached to its session by `generation`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn may_say(
        &self,
        now: Instant,
        address: IpAddr,
        token: &[u8],
        of: (&SessionHandle, AttachGeneration),
    ) -> Result<(), NotQueued> {
        self.with_token(now, address, token, |session, _, secret| {
            if !session.is(of.0) {
                return Err(NotQueued::Token(Refusal::TokenInvalid));
            }
            session.with(|core| core.may_say(now, address, &secret, of.1))
        })
    }

    /// The session of a token, to be looked at only: the token is neither used up nor renewed.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn watch(
        &self,
        now: Instant,
        address: IpAddr,
        token: &[u8],
        id: SessionId,
    ) -> Result<SessionHandle, Refusal> {
        let watched = self.with_token(now, address, token, |session, of, secret| {
            let same = of == id || self.registry.find(id).is_some_and(|other| other.is(&session));
            match same && session.quietly(|core| core.is_opened_by(now, &secret)) {
                true => Ok(session),
                false => Err(NotQueued::Token(Refusal::TokenInvalid)),
            }
        });
        watched.map_err(|not| match not {
            NotQueued::Token(refusal) => refusal,
            _ => Refusal::TokenInvalid,
        })
    }

    /// Ends the session of a token because its player asked for it.
    ///
    /// # Errors
    /// What is wrong with the token.
    pub(crate) fn log_out(
        &self,
        now: Instant,
        address: IpAddr,
        token: &[u8],
    ) -> Result<(), NotQueued> {
        self.with_token(now, address, token, |session, _, secret| {
            session.with(|core| {
                core.carried(now, address, &secret)?;
                core.end(EndReason::LoggedOut);
                Ok(())
            })
        })
    }

    fn with_token<R>(
        &self,
        now: Instant,
        address: IpAddr,
        token: &[u8],
        act: impl FnOnce(SessionHandle, SessionId, Secret) -> Result<R, NotQueued>,
    ) -> Result<R, NotQueued> {
        let text = std::str::from_utf8(token).ok();
        let token: Option<ResumeToken> = text.and_then(|text| text.trim().parse().ok());
        let session = token.as_ref().map(|token| token.session_id);
        if let Err(until) = self.registry.may_present(now, address, session) {
            return Err(NotQueued::Token(Refusal::TooManyTokens { until }));
        }
        let done = match token {
            Some(ResumeToken { session_id, secret }) => match self.registry.find(session_id) {
                Some(handle) => act(handle, session_id, secret),
                None => Err(NotQueued::Token(self.store.judge(session_id, &secret.hash()))),
            },
            None => {
                // As much work as the comparison that a well-formed one costs.
                let _ = OsMint.secret().hash();
                Err(NotQueued::Token(Refusal::TokenInvalid))
            }
        };
        if let Err(NotQueued::Token(
            Refusal::TokenInvalid | Refusal::TokenExpired | Refusal::TokenReused,
        )) = done
        {
            self.registry.note_refused(now, address, session);
        }
        done
    }
}
