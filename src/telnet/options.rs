//! Option negotiation.
