//! How a telnet player is told the token, and when: not before the store has it, or a mudkeep that
//! was killed a moment later could not say what became of its session; but no store is waited for
//! long.

use std::time::Instant;

use serde_json::json;
use zeroize::Zeroizing;

use super::TelnetConnection;
use crate::clock;
use crate::config::Tell;
use crate::gate::{STORE_LOOK_TIME, STORE_MAX};
use crate::session::token::Grant;
use crate::telnet::option;

/// A token that the client could not be told yet.
pub(super) struct Untold {
    grant: Grant,
    /// The player asked for it.
    asked: bool,
    /// How long the store is waited for; none: it has it, and the client has not agreed to GMCP.
    store_until: Option<Instant>,
}

impl TelnetConnection {
    pub(super) fn tell_token(&mut self, grant: &Grant, asked: bool, wire: &mut Vec<u8>) {
        if self.is_stored() {
            return self.tell_stored_token(grant, asked, wire);
        }
        let store_until = Some(clock::now() + STORE_MAX);
        self.untold = Some(Untold { grant: grant.clone(), asked, store_until });
    }

    /// Whether the store has the token, if there is one.
    fn is_stored(&self) -> bool {
        self.attachment.as_ref().is_none_or(|attachment| self.gate.has_stored(attachment.session()))
    }

    /// The token, once the store has it and the client has agreed to hear it.
    pub(super) fn tell_untold(&mut self, now: Instant, wire: &mut Vec<u8>) {
        let Some(untold) = self.untold.take() else { return };
        let ready = match untold.store_until {
            Some(until) => now >= until || self.is_stored(),
            None => self.engine.accepts(option::GMCP),
        };
        if ready {
            self.tell_stored_token(&untold.grant, untold.asked, wire);
        } else {
            self.untold = Some(untold);
        }
    }

    /// When the store is to be looked at again.
    pub(super) fn store_deadline(&self) -> Option<Instant> {
        let until = self.untold.as_ref().and_then(|untold| untold.store_until)?;
        Some(until.min(clock::now() + STORE_LOOK_TIME))
    }

    /// The token, as the admin has chosen to tell it: as text that can be typed, or to programs by
    /// GMCP (`Char.Login.Token`). A player who asked for it gets it as text.
    fn tell_stored_token(&mut self, grant: &Grant, asked: bool, wire: &mut Vec<u8>) {
        let tell = self.gate.config().token.tell;
        if asked || tell == Tell::Text {
            let text = self.gate.config().texts.token(&*grant.short()).map(Zeroizing::new);
            if let Some(text) = text {
                self.engine.notice(&text, wire);
            }
        }
        if tell == Tell::Gmcp {
            self.offers_gmcp = true;
            self.offer(wire);
            if !self.engine.accepts(option::GMCP) {
                let grant = grant.clone();
                self.untold = Some(Untold { grant, asked: false, store_until: None });
                return;
            }
            self.tell_by_gmcp(grant, wire);
        }
    }

    fn tell_by_gmcp(&mut self, grant: &Grant, wire: &mut Vec<u8>) {
        let expires = clock::shown() + grant.ttl;
        let account = json!(self.account.as_deref().unwrap_or_default()).to_string();
        let token = grant.token(expires);
        // A token is base64: nothing in it needs escaping.
        let room = account.len() + token.len() + 64;
        let mut message = Zeroizing::new(String::with_capacity(room));
        for part in ["Char.Login.Token {\"account\":", &account, ",\"token\":\"", &token, "\"}"] {
            message.push_str(part);
        }
        self.engine.out_of_band(option::GMCP, message.as_bytes(), wire);
    }
}
