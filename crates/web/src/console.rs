//! `/console`: the operator's pages. Made on the server; they work without JavaScript, except that nothing then comes by
//! itself.
//!
//! Promises: nobody sees a page who did not show a token; nothing changes without a form of ours; each act stands in the
//! audit log; no real number stands in an address, and none on a page until somebody asks to see it, which is recorded.
//!
//! To add a page: a file here with its handlers and, in `words.rs` beside or below it, its sentences; a template in
//! `templates/console/` that extends `console/base.html` and uses its `parts.html`; a line in [`router`] and a
//! [`layout::Place`] if it stands in the navigation.

mod activity;
mod clients;
mod confirmations;
mod format;
mod health;
mod layout;
mod login;
mod numbers;
mod refusals;
mod reports;
mod session;
mod settings;
mod sheet;
mod today;
mod trouble;
mod wording;

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    middleware,
    response::Redirect,
    routing::{any, get, post},
};
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::{Shared, pages};

/// Where the console begins.
pub(crate) const ROOT: &str = "/console";
const LOGIN: &str = "/console/login";

/// What the console's pages stand on.
pub(crate) struct Console {
    pub(crate) app: Shared,
    /// Made up at the start: what forms send back where there are no sessions.
    chance: [u8; 32],
    /// The figures of weeks, counted lately.
    counted: reports::Counted,
    /// What settings were before they were changed lately.
    before: settings::Before,
}

/// The state of the console's handlers.
pub(crate) type ConsoleState = State<Arc<Console>>;

impl Console {
    /// Where the operator's clock stands.
    fn zone(&self) -> TimeZone {
        TimeZone::get(self.app.service.policy.current().operators.zone.name()).unwrap_or(TimeZone::UTC)
    }
}

pub(crate) fn router(app: &Shared) -> Router<Shared> {
    let mut chance = [0; 32];
    app.service.chance.fill(&mut chance);
    let console = Arc::new(Console {
        app: Arc::clone(app),
        chance,
        counted: reports::Counted::default(),
        before: settings::Before::default(),
    });
    let looked = middleware::from_fn_with_state(Arc::clone(app), pages::looked);
    let inside = Router::new()
        .route(ROOT, get(async || Redirect::to("/console/today")))
        .route("/console/health", get(health::page))
        .route("/console/logout", post(login::logout))
        .route("/console/logout-everywhere", post(login::logout_everywhere))
        .merge(today::router())
        .merge(reports::router())
        .merge(activity::router())
        .merge(clients::router())
        .merge(numbers::router())
        .merge(confirmations::router())
        .merge(sheet::router())
        .merge(settings::router())
        .route("/console/{*rest}", any(async || trouble::Trouble::NotFound))
        .layer(middleware::from_fn_with_state(Arc::clone(&console), session::inside));
    Router::new().route(LOGIN, get(login::form).post(login::sign_in)).layer(looked).merge(inside).with_state(console)
}

/// A text as one step of a path: a space is no plus there, and a slash no step.
fn encoded_step(text: &str) -> String {
    encoded(text).replace('+', "%20")
}

/// What an address of ours may say: what was just done, and where a list goes on.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Done {
    done: String,
    after: String,
}

impl Done {
    /// The word for what was done; empty: nothing was.
    fn word(&self) -> &str {
        &self.done
    }

    /// The key behind which a list goes on.
    fn after(&self) -> Option<&str> {
        Some(self.after.as_str()).filter(|after| !after.is_empty())
    }
}

/// A text as it may stand in an address.
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
