//! Promises: what happened lately, in order and numbered, for whoever watches while it happens.
//!
//! It is bounded, so that a sandbox may run for days; what a test asks for is in the [`World`] whole.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    transcript::Event,
    webhook::{Answer, WebhookError},
    world::{Hook, HookMethod, World},
};

/// How many entries are kept.
const MOST_ENTRIES: usize = 200;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Grows by one from entry to entry.
    pub id: u64,
    /// When.
    pub at: Timestamp,
    /// The call (`CA…`) or message (`SM…`) that it belongs to.
    pub story: String,
    /// What.
    #[serde(flatten)]
    pub what: Happening,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Happening {
    /// People noticed it, or the carrier did.
    Noticed {
        /// What.
        event: Event,
    },
    /// The carrier asked the service.
    Asked(Exchange),
}

/// A webhook and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exchange {
    /// How it was requested.
    pub method: HookMethod,
    /// The public address asked.
    pub url: String,
    /// What it said, in order.
    pub params: Vec<(String, String)>,
    /// The `X-Twilio-Signature` that it carried.
    pub signature: String,
    /// The HTTP status answered; none when no answer came.
    pub status: Option<u16>,
    /// The body answered.
    pub answer: String,
}

/// The entries kept.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: VecDeque<Entry>,
    last: u64,
}

impl Journal {
    fn add(&mut self, at: Timestamp, story: &str, what: Happening) {
        self.last += 1;
        self.entries.push_back(Entry { id: self.last, at, story: story.to_owned(), what });
        if self.entries.len() > MOST_ENTRIES {
            self.entries.pop_front();
        }
    }
}

impl World {
    /// What happened after the entry with this id, oldest first, as far as it is kept. 0: all that is kept.
    #[must_use]
    pub fn happened_after(&self, id: u64) -> Vec<Entry> {
        self.ask(|state| state.journal.entries.iter().filter(|entry| entry.id > id).cloned().collect())
    }

    pub(crate) fn journal(&self, story: &str, what: Happening) {
        let at = self.moment();
        self.change(|state| state.journal.add(at, story, what));
    }

    /// Keeps a webhook under the call or message that it is about; a leg's under the call that dialled it.
    pub(crate) fn journal_webhook(
        &self,
        hook: &Hook,
        params: &[(String, String)],
        signature: String,
        sent: &Result<Answer, WebhookError>,
    ) {
        let value = |wanted: &str| params.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        let story = ["ParentCallSid", "CallSid", "MessageSid"].into_iter().find_map(value).unwrap_or_default();
        let (status, answer) = match sent {
            Ok(answer) => (Some(answer.status), answer.body.clone()),
            Err(_) => (None, String::new()),
        };
        let url = hook.url.split('#').next().unwrap_or_default().to_owned();
        let exchange = Exchange { method: hook.method, url, params: params.to_vec(), signature, status, answer };
        self.journal(story, Happening::Asked(exchange));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        CallScript,
        test_service::{TestService, wire, world},
    };

    #[test]
    fn only_the_latest_entries_are_kept_and_their_numbers_go_on() {
        let world = world();
        for _ in 0..=MOST_ENTRIES {
            world.journal("CA1", Happening::Noticed { event: Event::Silence { seconds: 1 } });
        }
        let ids: Vec<u64> = world.happened_after(0).iter().map(|entry| entry.id).collect();
        assert_eq!((ids.len(), ids.first(), ids.last()), (MOST_ENTRIES, Some(&2), Some(&201)));
        assert_eq!(world.happened_after(200).len(), 1);
    }

    #[tokio::test]
    async fn a_call_is_told_in_order_under_its_own_id_with_what_was_asked_and_answered() {
        let service = TestService::start(|_| TestService::twiml("<Say>Non</Say>")).await;
        let world = world();
        wire(&world, &service);
        let call = world.call(CallScript::new("anonymous", "+33199000001")).await;
        let entries = world.happened_after(0);
        assert!(entries.iter().all(|entry| entry.story == call.sid), "{entries:#?}");
        let kinds: Vec<&str> = entries
            .iter()
            .map(|entry| match &entry.what {
                Happening::Asked(exchange) => exchange.url.rsplit('/').next().unwrap(),
                Happening::Noticed { event: Event::Dials { .. } } => "dials",
                Happening::Noticed { event: Event::Heard { .. } } => "heard",
                Happening::Noticed { .. } => "over",
            })
            .collect();
        assert_eq!(kinds, ["dials", "voice", "heard", "over", "voice"]);
        let Happening::Asked(exchange) = &entries[1].what else { panic!("a webhook") };
        assert_eq!(exchange.signature, service.seen()[0].signature);
        assert_eq!((exchange.status, exchange.answer.contains("Non")), (Some(200), true));
    }
}
