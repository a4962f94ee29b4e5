//! `/console/confirmations`: who is being confirmed, sorted by what an operator has to do about it. One confirmation, and
//! what may be done with it, is in [`one`].

mod one;
mod words;

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::{RawQuery, State},
    response::Response,
    routing::get,
};
use jiff::Timestamp;
use proxycall_domain::{Confirmation, Language, PendingId, PhoneNumber, confirmation::Stage};
use proxycall_service::ports::ledger::{BoardEntry, BoardFilter, BoardGroup, LastDispatch, Page as Items};

use super::{
    Console, ConsoleState,
    format::{Moment, moment, span},
    layout::{self, Place, Shell, Tone},
    session::Session,
    trouble::Trouble,
};
use crate::pages::Fields;
use words::Words;

/// Where the pages about confirmations begin.
const PATH: &str = "/console/confirmations";
/// How many stand in a column of the board.
const COLUMN: u32 = 12;
/// How many stand on a page of one group.
const PAGE: u32 = 50;

pub(super) fn router() -> Router<Arc<Console>> {
    Router::new().route(PATH, get(page)).merge(one::router())
}

/// Where a confirmation stands now, in two words.
pub(super) fn standing(it: &Confirmation, now: Timestamp, language: Language) -> (&'static str, Tone) {
    words::standing(it, it.stage(now), Words::of(language))
}

/// The page of a confirmation.
pub(super) fn path_of(id: &PendingId) -> String {
    format!("{PATH}/{}", super::encoded_step(id.as_str()))
}

/// A text, call or mail.
struct Dispatch {
    kind: &'static str,
    state: &'static str,
    tone: Tone,
    at: Moment,
    /// The carrier's code in words, where it failed.
    error: Option<String>,
}

fn dispatch(last: &LastDispatch, session: &Session, t: &Words) -> Dispatch {
    let (state, tone) = words::state(last.state, t);
    let error = last.error_code.map(|code| {
        let (meaning, remedy) = proxycall_twilio::explain_in(code, session.language);
        format!("{} {code} – {meaning} {remedy}", t.code)
    });
    let at = moment(last.sent_at.unwrap_or(last.queued_at), session);
    Dispatch { kind: words::kind(last.kind, t), state, tone, at, error }
}

/// Who is confirmed; what was emptied after its period has no name.
fn name(it: &Confirmation, t: &Words) -> String {
    if it.phone == PhoneNumber::ERASED { t.no_name.to_owned() } else { it.name.expose().to_owned() }
}

/// The phone, masked.
fn phone(it: &Confirmation) -> String {
    if it.phone == PhoneNumber::ERASED { String::new() } else { it.phone.to_string() }
}

/// A confirmation on the board.
struct Card {
    href: String,
    name: String,
    phone: String,
    tone: Tone,
    /// Empty where the column says it.
    standing: &'static str,
    began: Moment,
    ended: Option<Moment>,
    /// How long it still lives.
    left: Option<String>,
    why: &'static str,
    remedy: &'static str,
    dispatches: Vec<Dispatch>,
}

fn card(entry: &BoardEntry, session: &Session, t: &'static Words) -> Card {
    let it = &entry.it;
    let stage = it.stage(session.now);
    let (standing, tone) = words::standing(it, stage, t);
    let (why, remedy) = words::why(it, stage, t);
    let left = it.expires_at.duration_since(session.now).as_secs();
    let codes = entry.dispatches.iter().filter(|last| last.kind.channel().is_some());
    let says_nothing_new = stage == Stage::Open && !it.progress.is_locked();
    Card {
        href: path_of(&it.id),
        name: name(it, t),
        phone: phone(it),
        tone,
        standing: if says_nothing_new { "" } else { standing },
        began: moment(it.created_at, session),
        ended: entry.ended_at.map(|at| moment(at, session)),
        left: (!stage.is_over()).then(|| span(left, session.language)),
        why,
        remedy,
        dispatches: codes.map(|last| dispatch(last, session, t)).collect(),
    }
}

/// A column of the board.
struct Column {
    title: &'static str,
    none: &'static str,
    /// How many there are, as far as they are shown.
    count: String,
    cards: Vec<Card>,
    /// Whether cards say what to do: where everything went well they do not.
    explained: bool,
    /// Where all of a group stand, and its name.
    all: Vec<(String, &'static str)>,
}

#[derive(Template)]
#[template(path = "console/confirmations.html")]
struct Board {
    shell: Shell,
    t: &'static Words,
    columns: Vec<Column>,
}

#[derive(Template)]
#[template(path = "console/confirmations_group.html")]
struct Group {
    shell: Shell,
    t: &'static Words,
    title: &'static str,
    none: &'static str,
    cards: Vec<Card>,
    more: Option<String>,
}

fn title(group: BoardGroup, t: &Words) -> &'static str {
    match group {
        BoardGroup::UnderWay => t.under_way,
        BoardGroup::Waiting => t.group_waiting,
        BoardGroup::Locked => t.group_locked,
        BoardGroup::Done => t.done,
        BoardGroup::Failed => t.failed,
    }
}

fn none(group: BoardGroup, t: &Words) -> &'static str {
    match group {
        BoardGroup::UnderWay => t.none_under_way,
        BoardGroup::Waiting | BoardGroup::Locked => t.none_needs,
        BoardGroup::Done => t.none_done,
        BoardGroup::Failed => t.none_failed,
    }
}

async fn page(State(console): ConsoleState, session: Session, RawQuery(query): RawQuery) -> Result<Response, Trouble> {
    let fields = Fields::parse(query.unwrap_or_default().as_bytes());
    match BoardGroup::parse(fields.get("group")) {
        Some(group) => one_group(&console, &session, group, fields.get("after")).await,
        None => board(&console, &session).await,
    }
}

async fn some_of(
    console: &Console,
    session: &Session,
    group: BoardGroup,
    after: Option<String>,
    limit: u32,
) -> Result<Items<BoardEntry>, Trouble> {
    Ok(console.app.service.ledger.board(BoardFilter { group, after, limit }, session.now).await?)
}

async fn board(console: &Console, session: &Session) -> Result<Response, Trouble> {
    let t = Words::of(session.language);
    let wanted: [(&'static str, &[BoardGroup], bool); 4] = [
        (t.needs_you, &[BoardGroup::Waiting, BoardGroup::Locked], true),
        (t.under_way, &[BoardGroup::UnderWay], false),
        (t.failed, &[BoardGroup::Failed], true),
        (t.done, &[BoardGroup::Done], false),
    ];
    let mut columns = Vec::with_capacity(wanted.len());
    for (title, groups, explained) in wanted {
        let (mut cards, mut all) = (Vec::new(), Vec::new());
        let mut empty = "";
        for group in groups {
            empty = none(*group, t);
            let items = some_of(console, session, *group, None, COLUMN).await?;
            cards.extend(items.items.iter().map(|entry| card(entry, session, t)));
            if items.next.is_some() {
                all.push((format!("{PATH}?group={}", group.as_str()), self::title(*group, t)));
            }
        }
        let more = if all.is_empty() { "" } else { "+" };
        columns.push(Column { title, none: empty, count: format!("{}{more}", cards.len()), cards, explained, all });
    }
    layout::shown(&Board { shell: Shell::new(session, Some(Place::Confirmations)), t, columns })
}

async fn one_group(console: &Console, session: &Session, group: BoardGroup, after: &str) -> Result<Response, Trouble> {
    let t = Words::of(session.language);
    let after = Some(after.to_owned()).filter(|key| !key.is_empty());
    let items = some_of(console, session, group, after, PAGE).await?;
    let more = |key: String| format!("{PATH}?group={}&after={}", group.as_str(), super::encoded(&key));
    layout::shown(&Group {
        title: title(group, t),
        none: none(group, t),
        cards: items.items.iter().map(|entry| card(entry, session, t)).collect(),
        more: items.next.map(more),
        shell: Shell::new(session, Some(Place::Confirmations)),
        t,
    })
}
