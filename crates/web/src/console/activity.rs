//! `/console/activity`: calls and texts as they come, newest first, by whatever filter; and as a file for a spreadsheet.
//!
//! Promises: what failed is said in words, with what to do; real numbers are masked; a caller can be kept away from a client
//! without anybody seeing who it is.

mod block;
mod csv;
mod filter;
mod row;
mod words;

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::State,
    http::{StatusCode, Uri},
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use proxycall_domain::{Channel, Direction, traffic::OutcomeGroup};

pub(super) use self::row::Row;
use self::{
    filter::{Wanted, Wrong},
    words::Words,
};
use super::{
    Console, ConsoleState, format,
    layout::{self, Notice, Place, Shell},
    session::{Acting, Session},
    trouble::Trouble,
    wording,
};
use crate::pages::Fields;

/// Where the page is.
pub(super) const PATH: &str = "/console/activity";
/// How many rows a page has.
const PAGE: u32 = 40;

pub(super) fn router() -> Router<Arc<Console>> {
    Router::new()
        .route(PATH, get(page).post(choose))
        .route("/console/activity.csv", post(csv::export))
        .route("/console/activity/{id}/block", post(block::block))
        .route("/console/activity/unblock", post(block::unblock))
}

/// A value that can be chosen in a field of the form.
struct Choice {
    value: &'static str,
    name: &'static str,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "console/activity.html")]
struct Page {
    shell: Shell,
    t: &'static Words,
    channels: Vec<Choice>,
    directions: Vec<Choice>,
    results: Vec<Choice>,
    /// What the fields for text show: client, number, from, to.
    fields: TextFields,
    wrong: Vec<Wrong>,
    is_narrow: bool,
    /// The same page without its older rows; what the form of an act brings back.
    href: String,
    query: String,
    /// Whether new rows come by themselves.
    is_live: bool,
    /// Where that is ended or begun.
    live_href: String,
    /// Whether this is where the newest stand.
    is_newest: bool,
    rows: Vec<Row>,
    /// Where what is older stands.
    older: Option<String>,
    /// Up to when everything was looked through, where that is why the page ends.
    searched_to: Option<format::Moment>,
}

struct TextFields {
    client: String,
    number: String,
    from: String,
    to: String,
}

impl Page {
    fn wrong(&self, field: &str) -> Option<&'static str> {
        self.wrong.iter().find(|(name, _)| *name == field).map(|(_, what)| *what)
    }
}

async fn page(State(console): ConsoleState, session: Session, uri: Uri) -> Result<Response, Trouble> {
    let fields = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    let notice = block::notice(&fields, Words::of(session.language));
    match Wanted::read(&fields, Words::of(session.language)) {
        Ok(wanted) => shown(&console, &session, &wanted, notice).await,
        Err(wrong) => Ok(refused(&session, &fields, wrong)),
    }
}

/// What is chosen in the form stands in the address afterwards, once it is known to be fit for that.
async fn choose(State(console): ConsoleState, acting: Acting) -> Result<Response, Trouble> {
    let t = Words::of(acting.session.language);
    let wanted = match Wanted::read(&acting.fields, t) {
        Ok(wanted) => wanted,
        Err(wrong) => return Ok(refused(&acting.session, &acting.fields, wrong)),
    };
    if !wanted.asks_for_ours(&console.app.service).await? {
        return Ok(refused(&acting.session, &acting.fields, vec![("number", t.number_not_ours)]));
    }
    Ok(Redirect::to(&wanted.href()).into_response())
}

async fn shown(
    console: &Console,
    session: &Session,
    wanted: &Wanted,
    notice: Option<Notice>,
) -> Result<Response, Trouble> {
    let found = console.app.service.ledger.activity(wanted.filter(&session.zone, PAGE)).await?;
    let rows = found.items.into_iter().map(|activity| Row::of(activity, session)).collect();
    let page = Page {
        rows,
        older: found.next.map(|next| wanted.older(next)),
        searched_to: found.searched_to.map(|at| format::moment(at, session)),
        ..frame(session, wanted, notice)
    };
    layout::shown(&page)
}

/// The form again, with what is wrong.
fn refused(session: &Session, fields: &Fields, wrong: Vec<Wrong>) -> Response {
    let typed = |name| fields.get(name).trim().to_owned();
    let texts = TextFields { client: typed("client"), number: typed("number"), from: typed("from"), to: typed("to") };
    let chosen = Wanted {
        channel: Channel::parse(fields.get("channel")),
        direction: Direction::parse(fields.get("direction")),
        result: OutcomeGroup::parse(fields.get("result")),
        ..Wanted::default()
    };
    let page = Page { fields: texts, wrong, is_live: false, ..frame(session, &chosen, None) };
    layout::page(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

fn frame(session: &Session, wanted: &Wanted, notice: Option<Notice>) -> Page {
    let (t, language) = (Words::of(session.language), session.language);
    let is_newest = wanted.after.is_none();
    let other = Wanted { still: !wanted.still, ..wanted.clone() };
    Page {
        shell: Shell::new(session, Some(Place::Activity)).with_notice(notice),
        t,
        channels: choices(Channel::ALL, wanted.channel, Channel::as_str, |it| wording::channel(it, language)),
        directions: choices(Direction::ALL, wanted.direction, Direction::as_str, |it| {
            wording::direction(Some(it), language)
        }),
        results: choices(OutcomeGroup::ALL, wanted.result, OutcomeGroup::as_str, |it| row::group(it, t)),
        fields: TextFields {
            client: wanted.value("client"),
            number: wanted.value("number"),
            from: wanted.value("from"),
            to: wanted.value("to"),
        },
        wrong: Vec::new(),
        is_narrow: wanted.is_narrow(),
        href: wanted.href(),
        query: wanted.query(),
        is_live: is_newest && !wanted.still,
        live_href: other.href(),
        is_newest,
        rows: Vec::new(),
        older: None,
        searched_to: None,
    }
}

fn choices<T: Copy + PartialEq>(
    all: &[T],
    chosen: Option<T>,
    value: impl Fn(T) -> &'static str,
    name: impl Fn(T) -> &'static str,
) -> Vec<Choice> {
    all.iter().map(|it| Choice { value: value(*it), name: name(*it), chosen: chosen == Some(*it) }).collect()
}
