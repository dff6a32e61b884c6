//! What waits to be sent (pure).

use std::collections::VecDeque;
use std::sync::Arc;

use serde::Serialize;
use uuid::Uuid;

use crate::events::Event;

/// Events in one request.
const EVENTS_MAX: usize = 100;

/// The queue.
#[derive(Default)]
pub(super) struct Outbox {
    events: VecDeque<Arc<Event>>,
    /// So many were lost since the last request.
    lost: u64,
}

/// What a request says.
#[derive(Serialize)]
struct Body<'a> {
    delivery: Uuid,
    lost: u64,
    events: &'a [Arc<Event>],
}

impl Outbox {
    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    /// Adds one. Over `max` the oldest are lost.
    pub(super) fn push(&mut self, event: Arc<Event>, max: usize) {
        while self.events.len() >= max.max(1) {
            self.events.pop_front();
            self.lose(1);
        }
        self.events.push_back(event);
    }

    /// So many are not there any more.
    pub(super) fn lose(&mut self, count: u64) {
        self.lost = self.lost.saturating_add(count);
    }

    /// Takes what goes into the next request: its body, and how many events are in it.
    pub(super) fn take_body(&mut self, delivery: Uuid) -> Option<(Vec<u8>, usize)> {
        if self.events.is_empty() && self.lost == 0 {
            return None;
        }
        let count = self.events.len().min(EVENTS_MAX);
        let events: Vec<Arc<Event>> = self.events.drain(..count).collect();
        let lost = std::mem::take(&mut self.lost);
        let body = Body { delivery, lost, events: &events };
        match serde_json::to_vec(&body) {
            Ok(body) => Some((body, count)),
            Err(error) => {
                tracing::error!(%error, "events cannot be written as JSON");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{About, Events, What};

    fn full(count: usize, max: usize) -> Outbox {
        let events = Events::new(count);
        (0..count).for_each(|_| events.emit(About::default(), What::TokenReused));
        let mut outbox = Outbox::default();
        events.all().into_iter().for_each(|event| outbox.push(event, max));
        outbox
    }

    fn next(outbox: &mut Outbox) -> Option<(u64, Vec<u64>)> {
        let (body, count) = outbox.take_body(Uuid::nil())?;
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let events = body["events"].as_array().unwrap();
        assert_eq!(
            (events.len(), body["delivery"].as_str()),
            (count, Some(&*Uuid::nil().to_string()))
        );
        let seqs = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
        Some((body["lost"].as_u64().unwrap(), seqs))
    }

    #[test]
    fn what_waits_goes_in_order_and_so_many_at_once() {
        let mut outbox = full(250, 1000);
        let (sizes, seqs): (Vec<_>, Vec<_>) = std::iter::from_fn(|| next(&mut outbox))
            .map(|(lost, seqs)| ((lost, seqs.len()), seqs))
            .unzip();
        assert_eq!(sizes, [(0, 100), (0, 100), (0, 50)]);
        assert_eq!(seqs.concat(), (1..=250).collect::<Vec<_>>());
    }

    #[test]
    fn over_its_bound_the_oldest_are_lost_and_counted_once() {
        let mut outbox = full(10, 4);
        assert_eq!(outbox.len(), 4);
        assert_eq!(next(&mut outbox), Some((6, vec![7, 8, 9, 10])));
        assert_eq!(next(&mut outbox), None);
        outbox.lose(2);
        assert_eq!(next(&mut outbox), Some((2, vec![])), "also where nothing follows");
    }
}
