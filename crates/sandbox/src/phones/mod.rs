//! Promises: two people try a proxy number in a browser: `GET /sandbox` shows a courier's and a client's handset, and
//! between them what the carrier asked, what the service answered, and what came of it, while it happens.
//!
//! | request | body | answer |
//! | --- | --- | --- |
//! | `GET /sandbox`, `phones.js`, `phones.css`, `tokens.css` | | the page, in French or English (`?lang=`) |
//! | `GET /sandbox/phones/events?hold=…` | | server-sent events: `history`, then `happened` and `phones` |
//! | `GET /sandbox/phones/service` | | what the service knows: [`ServiceView`] |
//! | `POST /sandbox/phones/call` | [`Dialled`] | |
//! | `POST /sandbox/phones/act` | [`Pressed`] | |
//! | `POST /sandbox/phones/text` | [`Written`] | |
//!
//! Whatever reaches the page as data is put there as text, never as HTML. A body must be declared `application/json`,
//! so that no other web page open on this machine can send one unasked.

mod events;
mod page;

use axum::{
    Json, Router,
    extract::{FromRef, State, rejection::JsonRejection},
    http::StatusCode,
    routing::{get, post},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::{
    geography::is_e164,
    lines::{Act, NotNow},
    refusal::Refusal,
    text::TextScript,
    world::World,
};

/// How many of the service's interactions the page is told.
const MOST_INTERACTIONS: usize = 40;
/// How many of its clients.
const MOST_CLIENTS: usize = 100;

/// What the routes share.
#[derive(Clone)]
struct Phones {
    world: World,
    /// Ends the streams of events, which would end by themselves never.
    stop: CancellationToken,
}

impl FromRef<Phones> for World {
    fn from_ref(phones: &Phones) -> Self {
        phones.world.clone()
    }
}

pub(crate) fn router(world: World, stop: CancellationToken) -> Router {
    page::router()
        .route("/phones/events", get(events::events))
        .route("/phones/service", get(service))
        .route("/phones/call", post(call))
        .route("/phones/act", post(act))
        .route("/phones/text", post(text))
        .with_state(Phones { world, stop })
}

/// A handset dials.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Dialled {
    /// Whose handset, in E.164.
    phone: String,
    /// The number dialled.
    to: String,
    /// Whether it hides its number.
    #[serde(default)]
    withheld: bool,
}

/// A handset's holder does something.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pressed {
    /// Whose handset, in E.164.
    phone: String,
    /// What.
    act: Act,
}

/// A handset sends a text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// Whose handset, in E.164.
    phone: String,
    /// The number texted.
    to: String,
    /// What it says.
    body: String,
}

/// What the service knows of what happened; empty where the world belongs to no service or it does not answer.
#[derive(Debug, Default, Serialize)]
struct ServiceView {
    /// As `GET /interactions` gives them, newest first.
    interactions: Vec<Value>,
    /// As `GET /clients` gives them.
    clients: Vec<Value>,
}

impl From<NotNow> for Refusal {
    fn from(error: NotNow) -> Self {
        Self(StatusCode::CONFLICT, error.to_string())
    }
}

/// Whoever calls or texts has a handset from then on, to be called back.
fn pick_up(world: &World, phone: &str, to: &str) -> Result<(), Refusal> {
    let unusable = |detail: &str| Refusal(StatusCode::UNPROCESSABLE_ENTITY, detail.to_owned());
    if !is_e164(phone) || world.ask(|state| state.numbers.contains_key(phone)) {
        return Err(unusable("phone is no handset's number"));
    }
    if !world.ask(|state| state.numbers.contains_key(to)) {
        return Err(unusable("to is no number of this sandbox"));
    }
    world.change(|state| state.handset(phone).is_some());
    Ok(())
}

async fn call(
    State(world): State<World>,
    request: Result<Json<Dialled>, JsonRejection>,
) -> Result<(StatusCode, Json<()>), Refusal> {
    let Json(Dialled { phone, to, withheld }) = request?;
    pick_up(&world, &phone, &to)?;
    drop(world.call_by_hand(&phone, &to, withheld)?);
    Ok((StatusCode::ACCEPTED, Json(())))
}

async fn act(
    State(world): State<World>,
    request: Result<Json<Pressed>, JsonRejection>,
) -> Result<(StatusCode, Json<()>), Refusal> {
    let Json(Pressed { phone, act }) = request?;
    world.act(&phone, act)?;
    Ok((StatusCode::ACCEPTED, Json(())))
}

async fn text(
    State(world): State<World>,
    request: Result<Json<Written>, JsonRejection>,
) -> Result<(StatusCode, Json<()>), Refusal> {
    let Json(Written { phone, to, body }) = request?;
    pick_up(&world, &phone, &to)?;
    tokio::spawn(async move { world.text(TextScript::new(phone, to, body)).await });
    Ok((StatusCode::ACCEPTED, Json(())))
}

async fn service(State(world): State<World>) -> Json<ServiceView> {
    let Some((base_url, token)) = world.ask(|state| state.service.clone()) else { return Json(ServiceView::default()) };
    let list = async |path: &str, name: &str| -> Option<Vec<Value>> {
        let request = world.http().get(format!("{base_url}{path}"));
        let request = if let Some(token) = &token { request.bearer_auth(token) } else { request };
        let body = request.send().await.ok()?.bytes().await.ok()?;
        let mut page: Value = serde_json::from_slice(&body).ok()?;
        page.get_mut(name).map(Value::take).and_then(|list| serde_json::from_value(list).ok())
    };
    let interactions = format!("/interactions?limit={MOST_INTERACTIONS}");
    let clients = format!("/clients?limit={MOST_CLIENTS}");
    let (interactions, clients) = tokio::join!(list(&interactions, "interactions"), list(&clients, "clients"));
    Json(ServiceView { interactions: interactions.unwrap_or_default(), clients: clients.unwrap_or_default() })
}

#[cfg(test)]
mod tests;
