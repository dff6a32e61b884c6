//! The tokens of a session: who may come in, who gets a new one, and what is done when somebody has
//! a copy of one.

use std::net::IpAddr;
use std::time::Instant;

use super::Core;
use super::action::{Action, Event};
use super::words::OfToken;
use crate::config::OnTokenReuse;
use crate::ids::{AttachGeneration, FamilyId, TokenGeneration};
use crate::session::message::{AttachRequest, Closing, DetachReason, Note, Proof, Refusal};
use crate::session::past::Trace;
use crate::session::token::Presented;
use crate::settings;

/// What the store has been given of a session.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Traced {
    /// Which version of its tokens.
    version: u64,
    /// With which number the store took it; none yet.
    stamp: Option<u64>,
}

impl Core {
    /// Whose token it is, or a new one.
    pub(super) fn prove(
        &mut self,
        now: Instant,
        request: &AttachRequest,
    ) -> Result<FamilyId, Refusal> {
        match &request.proof {
            Proof::Opened => {
                Ok(self.tokens.issue(&settings::token_limits(&self.config), now, &mut *self.mint).0)
            }
            Proof::Again(place) => self.again(*place),
            Proof::Password | Proof::Led(_) if self.output.is_secret() => Err(Refusal::Ended),
            Proof::Password | Proof::Led(_) => {
                // Somebody has a copy of a token: the password proves who may come in.
                if self.tokens.reuse_seen() {
                    self.tokens.revoke_all();
                }
                Ok(self.tokens.issue(&settings::token_limits(&self.config), now, &mut *self.mint).0)
            }
            Proof::TokenIfFree(secret) if self.is_taken(now, secret) => Err(Refusal::Taken),
            Proof::Token(secret) | Proof::TokenIfFree(secret) => {
                let known = self.tokens.reuse_seen();
                match self.tokens.present(
                    &settings::token_limits(&self.config),
                    now,
                    secret,
                    &mut *self.mint,
                ) {
                    Presented::Attached { family, .. } => Ok(family),
                    Presented::Expired => self.refuse(Refusal::TokenExpired),
                    Presented::Invalid => self.refuse(Refusal::TokenInvalid),
                    Presented::Reused { .. } => {
                        self.token_reused(now, request.peer.address, known);
                        Err(Refusal::TokenReused)
                    }
                }
            }
        }
    }

    fn refuse<T>(&mut self, refusal: Refusal) -> Result<T, Refusal> {
        self.log(Event::TokenRefused);
        Err(refusal)
    }

    /// Somebody has a copy: it cannot be told who. Whoever is attached is told once until the next
    /// login, or must log in.
    pub(super) fn token_reused(&mut self, now: Instant, address: IpAddr, known: bool) {
        self.log(Event::TokenReused(address));
        match self.config.token.on_token_reuse {
            OnTokenReuse::Refuse if known => {}
            OnTokenReuse::Refuse => self.tell_all(self.config.texts.token_reused()),
            OnTokenReuse::Revoke => {
                self.tell_all(self.config.texts.tokens_revoked());
                self.end_tokens();
                self.put_all_out(now);
            }
        }
    }

    fn tell_all(&mut self, text: Option<String>) {
        if let Some(text) = text {
            self.clients.post_all(None, &Note::Notice(text.into()));
        }
    }

    /// Nobody is attached any more; the session is held for whoever logs in.
    fn put_all_out(&mut self, now: Instant) {
        let anybody = self.clients.anybody();
        self.arrivals.take();
        self.clients.leave_all(Closing::Refused, Some(self.output.head()));
        if anybody {
            self.nobody_attached(now, DetachReason::Told(Closing::Refused));
        }
    }

    /// No token opens this session any more, nor does a password without the game. Clients that are
    /// attached stay.
    pub fn revoke_tokens(&mut self) {
        self.end_tokens();
        self.actions.push_back(Action::DropVerifier);
    }

    fn end_tokens(&mut self) {
        self.tokens.revoke_all();
        self.log(Event::TokensRevoked);
    }

    /// A program speaks of its token.
    pub(super) fn said_of_token(
        &mut self,
        now: Instant,
        from: AttachGeneration,
        said: Option<OfToken>,
    ) {
        let family = self.clients.find(from).and_then(|client| client.family);
        match said {
            Some(OfToken::Refresh) => self.refresh(now, from, family),
            Some(OfToken::Ack(generation)) => self.acknowledge(now, family, generation),
            None => {}
        }
    }

    /// A client has the token of this generation.
    pub(super) fn acknowledge(
        &mut self,
        now: Instant,
        family: Option<FamilyId>,
        generation: TokenGeneration,
    ) {
        if let Some(family) = family {
            self.tokens.prove(now, family, generation);
        }
    }

    /// A client asks for a new token.
    pub(super) fn refresh(&mut self, now: Instant, to: AttachGeneration, family: Option<FamilyId>) {
        let grant = family.and_then(|family| {
            self.tokens.refresh(&settings::token_limits(&self.config), now, family, &mut *self.mint)
        });
        if let (Some(grant), Some(client)) = (grant, self.clients.find_mut(to)) {
            client.post(None, Note::Token(Box::new(grant)));
        }
    }

    /// Whether the store has not been given the tokens as they are. A session is stored once the
    /// game has accepted its player.
    pub(super) fn is_untraced(&self) -> bool {
        self.config.store.path.is_some()
            && self.traced.version != self.tokens.version()
            && self.has_been_accepted()
    }

    /// What the store is to know, if it does not.
    pub fn take_trace(&mut self) -> Option<Trace> {
        if !self.is_untraced() {
            return None;
        }
        self.traced = Traced { version: self.tokens.version(), stamp: None };
        Some(self.trace())
    }

    /// The store took the trace with this number.
    pub fn set_traced(&mut self, stamp: u64) {
        self.traced.stamp = Some(stamp);
    }

    /// The number with which the store has taken the tokens as they are; none: it has not yet.
    #[must_use]
    pub fn traced(&self) -> Option<u64> {
        self.traced.stamp.filter(|_| !self.is_untraced())
    }

    /// What is left of the session when it is over.
    #[must_use]
    pub fn trace(&self) -> Trace {
        let user = self.user.as_ref().map(|user| user.name.clone());
        Trace { user, tokens: self.tokens.good() }
    }

    /// Whether the game has let its player in, and not out again.
    #[must_use]
    pub fn has_been_accepted(&self) -> bool {
        !self.output.is_secret()
    }
}
