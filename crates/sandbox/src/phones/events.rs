//! Promises: whoever watches sees each change at once, and after a reload or a broken connection everything again.

use std::{collections::VecDeque, convert::Infallible};

use axum::{
    extract::{Query, State},
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, StreamExt as _, stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::Phones;
use crate::{
    geography::country,
    lines::{Held, Line},
    world::{Message, MessageDirection, MessageStatus, Person, State as Everything, World},
};

/// How many texts of one handset are shown.
const MOST_TEXTS: usize = 30;

/// Whose handsets the watcher holds: calls that the service places to them ring until that person decides.
#[derive(Debug, Deserialize)]
pub(super) struct Watching {
    /// In E.164, separated by commas.
    #[serde(default)]
    hold: String,
}

/// All handsets and numbers as they are now.
#[derive(Debug, Serialize)]
struct View {
    handsets: Vec<HandsetView>,
    numbers: Vec<NumberView>,
}

#[derive(Debug, Serialize)]
struct HandsetView {
    #[serde(flatten)]
    person: Person,
    line: Option<Line>,
    texts: Vec<TextView>,
}

#[derive(Debug, Serialize)]
struct TextView {
    sid: String,
    /// Whether the handset sent it.
    sent: bool,
    /// The number on the other side, as the handset shows it.
    other: String,
    body: String,
    at: Timestamp,
}

#[derive(Debug, Serialize)]
struct NumberView {
    phone: String,
    country: &'static str,
}

fn view(state: &Everything) -> View {
    let known = |phone: &str| state.people.iter().any(|person| person.phone == phone);
    let unknown = state.handsets.keys().filter(|phone| !known(phone));
    let unknown = unknown.map(|phone| Person { phone: phone.clone(), name: String::new(), proxy: None });
    let handset = |person: Person| HandsetView {
        line: state.lines.get(&person.phone).cloned(),
        texts: texts(state, &person.phone),
        person,
    };
    View {
        handsets: state.people.iter().cloned().chain(unknown).map(handset).collect(),
        numbers: state
            .numbers
            .keys()
            .map(|phone| NumberView { phone: phone.clone(), country: country(phone) })
            .collect(),
    }
}

/// The latest texts of a handset, oldest first: those that it sent, and those that arrived.
fn texts(state: &Everything, phone: &str) -> Vec<TextView> {
    let arrived = |message: &Message| !matches!(message.status, MessageStatus::Undelivered | MessageStatus::Canceled);
    let side = |message: &Message| {
        let sent = message.direction == MessageDirection::Inbound;
        let (own, other) = if sent { (&message.from, &message.to) } else { (&message.to, &message.from) };
        (own == phone && (sent || arrived(message))).then(|| TextView {
            sid: message.sid.clone(),
            sent,
            other: other.clone(),
            body: message.body.clone(),
            at: message.created_at,
        })
    };
    let mut texts: Vec<TextView> = state.messages.iter().rev().filter_map(side).take(MOST_TEXTS).collect();
    texts.reverse();
    texts
}

/// One who watches.
struct Watcher {
    world: World,
    _held: Held,
    changes: watch::Receiver<()>,
    /// The last entry that was told; none: nothing yet.
    told: Option<u64>,
    /// The handsets as they were told last.
    phones: String,
    due: VecDeque<Event>,
}

impl Watcher {
    fn look(&mut self) {
        let fresh = self.world.happened_after(self.told.unwrap_or_default());
        let name = if self.told.is_none() { "history" } else { "happened" };
        if self.told.is_none() || !fresh.is_empty() {
            self.due.extend(Event::default().event(name).json_data(&fresh).ok());
            self.told = Some(fresh.last().map_or(0, |entry| entry.id));
        }
        let phones = serde_json::to_string(&self.world.ask(view)).unwrap_or_default();
        if phones != self.phones {
            self.due.push_back(Event::default().event("phones").data(&phones));
            self.phones = phones;
        }
    }

    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            if let Some(event) = self.due.pop_front() {
                return Some((Ok(event), self));
            }
            self.changes.borrow_and_update();
            self.look();
            if self.due.is_empty() {
                self.changes.changed().await.ok()?;
            }
        }
    }
}

pub(super) async fn events(
    State(Phones { world, stop }): State<Phones>,
    Query(Watching { hold }): Query<Watching>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let hold = hold.split(',').filter(|phone| !phone.is_empty()).map(str::to_owned).collect();
    let watcher = Watcher {
        _held: world.hold(hold),
        changes: world.changes(),
        world,
        told: None,
        phones: String::new(),
        due: VecDeque::new(),
    };
    let events = stream::unfold(watcher, Watcher::next).take_until(stop.cancelled_owned());
    Sse::new(events).keep_alive(KeepAlive::default())
}
