//! Promises: no more is carried out at once than the store keeps up with; whoever comes beyond is told so at once, and
//! nothing waits in between. A caller hears a sentence, everybody else is asked to come back.

use std::sync::Arc;

use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{Problem, observe};

/// How many webhooks are carried out at once. Four commits of SQLite's writer are full with them, and the connections to
/// PostgreSQL 32 times over: a store that keeps up is through with them in a fifth of a second, and one that does not
/// would only answer later, not more. A caller waits 3 s at most, Twilio 15 s.
const WEBHOOKS: usize = 512;
/// How many other requests. Apart from the webhooks, so that pages and API cannot take a call's place. Each may hold a body
/// of 256 KiB: 64 MiB in all.
const OTHERS: usize = 256;

/// What requests are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Surface {
    /// What the carrier signed.
    Webhooks,
    /// API and pages.
    Others,
}

impl Surface {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Webhooks => "webhooks",
            Self::Others => "others",
        }
    }
}

/// How much is carried out at once.
pub struct Capacity {
    webhooks: Places,
    others: Places,
}

struct Places {
    all: usize,
    free: Arc<Semaphore>,
}

/// A place among what is carried out; given back when it is dropped.
pub(crate) type Place = OwnedSemaphorePermit;

impl Default for Capacity {
    fn default() -> Self {
        Self::new(WEBHOOKS, OTHERS)
    }
}

impl Capacity {
    /// So many webhooks and so many other requests.
    #[must_use]
    pub fn new(webhooks: usize, others: usize) -> Self {
        let places = |all| Places { all, free: Arc::new(Semaphore::new(all)) };
        Self { webhooks: places(webhooks), others: places(others) }
    }

    fn places(&self, surface: Surface) -> &Places {
        match surface {
            Surface::Webhooks => &self.webhooks,
            Surface::Others => &self.others,
        }
    }

    /// A place, if one is free now.
    pub(crate) fn admit(&self, surface: Surface) -> Option<Place> {
        let place = Arc::clone(&self.places(surface).free).try_acquire_owned().ok();
        if place.is_none() {
            observe::shed(surface);
        }
        place
    }

    /// Tells how many places are taken, and that there is a count of who found none.
    pub(crate) fn observe(&self) {
        for surface in [Surface::Webhooks, Surface::Others] {
            let places = self.places(surface);
            observe::shed_so_far(surface);
            observe::in_flight(surface, places.all.saturating_sub(places.free.available_permits()));
        }
    }
}

/// What is counted before anything of it is read; none: a webhook is counted once its signature is verified, and whether the
/// process lives, and how it is, can be asked whatever else is asked.
pub(crate) fn counted_first(route: Option<&str>) -> Option<Surface> {
    let apart =
        route.is_some_and(|route| ["/health/live", "/metrics"].contains(&route) || route.starts_with("/twilio/"));
    (!apart).then_some(Surface::Others)
}

/// What everybody but a caller is told.
pub(crate) fn come_back() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "Too much is asked at once; try again in a few seconds")
}
