//! One confirmation: where it stands and why, what was sent for it, what an approval changes, and what may be done.

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::{Path, RawQuery, State},
    response::Response,
    routing::{get, post},
};
use proxycall_domain::{
    CodeChannel, Confirmation, PendingId, PhoneNumber, Scope,
    confirmation::{MAX_TRIES, Stage},
};
use proxycall_service::{Service, ports::ledger::BoardEntry};

use super::{
    Dispatch, PATH, dispatch, name, path_of, phone,
    words::{self, Words},
};
use crate::{
    audit,
    console::{
        Console, ConsoleState,
        format::{Moment, moment},
        layout::{self, Notice, Place, Shell, Tone},
        session::{Acting, Session},
        trouble::Trouble,
        wording,
    },
    pages::Fields,
};

pub(super) fn router() -> Router<Arc<Console>> {
    let act = |name: &str| format!("{PATH}/{{id}}/{name}");
    Router::new()
        .route(&format!("{PATH}/{{id}}"), get(page))
        .route(&act("resend"), post(resend))
        .route(&act("approve"), post(approve))
        .route(&act("cancel"), post(cancel))
        .route(&act("reveal"), post(reveal))
}

/// What an approval changes of one thing.
struct Change {
    what: &'static str,
    before: String,
    after: String,
}

#[derive(Template)]
#[template(path = "console/confirmation.html")]
struct Page {
    shell: Shell,
    t: &'static Words,
    path: String,
    id: String,
    name: String,
    tone: Tone,
    standing: &'static str,
    why: &'static str,
    remedy: &'static str,
    phone: String,
    /// Whether the phone stands there whole, because somebody asked for it.
    revealed: bool,
    mail: String,
    language: &'static str,
    proxy: (String, String),
    /// The number that codes come from, where it is another one.
    sender: Option<(String, String)>,
    began: Moment,
    until: Moment,
    proven: Option<Moment>,
    ended: Option<Moment>,
    client: Option<String>,
    tries: Option<String>,
    /// None: nothing waits for an approval. Empty: a new client.
    changes: Option<Vec<Change>>,
    sent: Vec<Dispatch>,
    may_resend: bool,
    is_over: bool,
}

fn link(phone: PhoneNumber) -> (String, String) {
    (crate::console::numbers::path_of(phone), wording::proxy(phone))
}

async fn page(
    State(console): ConsoleState,
    session: Session,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Trouble> {
    let id = PendingId::parse(&id).map_err(|_| Trouble::NotFound)?;
    let entry = console.app.service.ledger.board_entry(id).await?.ok_or(Trouble::NotFound)?;
    let done = done(Fields::parse(query.unwrap_or_default().as_bytes()).get("done"), Words::of(session.language));
    shown(&console, &session, &entry, done, None).await
}

/// Shows the phone whole: an act of its own. The board's cards lead here too, since the board renews itself.
async fn reveal(State(console): ConsoleState, Path(id): Path<String>, acting: Acting) -> Result<Response, Trouble> {
    let id = PendingId::parse(&id).map_err(|_| Trouble::NotFound)?;
    let (app, about) = (&console.app, subject(&id));
    let look = async {
        let entry = app.service.ledger.board_entry(id).await?;
        // What was emptied after its period has no phone to show.
        entry.filter(|entry| entry.it.phone != PhoneNumber::ERASED).ok_or(Trouble::NotFound)
    };
    let entry = acting.carry_out::<_, Trouble>(app, "reveal_confirmation", &about, look).await?;
    let phone = wording::grouped(&entry.it.phone.expose());
    let notice = Notice::done(Words::of(acting.session.language).shown);
    shown(&console, &acting.session, &entry, Some(notice), Some(phone)).await
}

/// The page. `revealed`: the phone, where it is to stand whole.
async fn shown(
    console: &Console,
    session: &Session,
    entry: &BoardEntry,
    notice: Option<Notice>,
    revealed: Option<String>,
) -> Result<Response, Trouble> {
    let t = Words::of(session.language);
    let it = &entry.it;
    let stage = it.stage(session.now);
    let (standing, tone) = words::standing(it, stage, t);
    let (why, remedy) = words::why(it, stage, t);
    let is_revealed = revealed.is_some();
    let phone = revealed.unwrap_or_else(|| phone(it));
    let changes = match stage {
        Stage::AwaitingConsent => Some(changes(&console.app.service, it, &phone, t).await?),
        _ => None,
    };
    layout::shown(&Page {
        path: path_of(&it.id),
        id: it.id.to_string(),
        name: name(it, t),
        tone,
        standing,
        why,
        remedy,
        phone,
        revealed: is_revealed,
        mail: it.mail.expose().to_owned(),
        language: words::language(it.language, t),
        proxy: link(it.proxy),
        sender: (it.sender != it.proxy).then(|| link(it.sender)),
        began: moment(it.created_at, session),
        until: moment(it.expires_at, session),
        proven: it.verified_at.map(|at| moment(at, session)),
        ended: entry.ended_at.map(|at| moment(at, session)),
        client: it.client.filter(|_| stage != Stage::Failed).map(|client| client.to_string()),
        tries: (it.progress.tries > 0).then(|| format!("{} {} {MAX_TRIES}", it.progress.tries, t.of_tries)),
        changes,
        sent: entry.dispatches.iter().map(|last| dispatch(last, session, t)).collect(),
        may_resend: stage == Stage::Open,
        is_over: stage.is_over(),
        shell: Shell { path: path_of(&it.id), ..Shell::new(session, Some(Place::Confirmations)) }.with_notice(notice),
        t,
    })
}

/// What of the client on record would change. The client's phone stays masked: its own page shows it. `phone`: the new one.
async fn changes(service: &Service, it: &Confirmation, phone: &str, t: &'static Words) -> Result<Vec<Change>, Trouble> {
    let client = match it.client {
        Some(id) => service.ledger.client(id).await?,
        None => None,
    };
    let Some(client) = client else { return Ok(Vec::new()) };
    let change = |what, before: String, after: String| {
        let after = if before == after { t.unchanged.to_owned() } else { after };
        Change { what, before, after }
    };
    // Two phones may end alike.
    let changes_phone = it.progress.change.is_some_and(|change| change.phone);
    let new_phone = if changes_phone { phone.to_owned() } else { t.unchanged.to_owned() };
    Ok(vec![
        change(t.name, client.name.expose().to_owned(), it.name.expose().to_owned()),
        Change { what: t.phone, before: client.phone.to_string(), after: new_phone },
        change(t.address, client.mail.expose().to_owned(), it.mail.expose().to_owned()),
    ])
}

fn done(word: &str, t: &Words) -> Option<Notice> {
    let warning = |text| Notice { tone: Tone::Warn, ..Notice::done(text) };
    match word {
        "resent" => Some(Notice::done(t.done_resent)),
        "not_again" => Some(warning(t.done_not_again)),
        "approved" => Some(Notice::done(t.done_approved)),
        "overtaken" => Some(warning(t.done_overtaken)),
        "cancelled" => Some(Notice::done(t.done_cancelled)),
        _ => None,
    }
}

async fn resend(State(console): ConsoleState, Path(id): Path<String>, acting: Acting) -> Result<Response, Trouble> {
    acting.needs(Scope::Operate)?;
    let id = PendingId::parse(&id)?;
    let channel = CodeChannel::parse(acting.field("channel")).ok_or(Trouble::NotFound)?;
    let work = console.app.service.resend_code(id.as_str(), channel);
    let goes_out = acting.carry_out(&console.app, "resend_code", &subject(&id), work).await?;
    Ok(layout::back_to(&path_of(&id), if goes_out { "resent" } else { "not_again" }))
}

async fn approve(State(console): ConsoleState, Path(id): Path<String>, acting: Acting) -> Result<Response, Trouble> {
    acting.needs(Scope::Operate)?;
    let id = PendingId::parse(&id)?;
    let work = console.app.service.approve_confirmation(id.as_str());
    let it = acting.carry_out(&console.app, "approve_confirmation", &subject(&id), work).await?;
    let failed = it.progress.stage == Stage::Failed;
    Ok(layout::back_to(&path_of(&id), if failed { "overtaken" } else { "approved" }))
}

async fn cancel(State(console): ConsoleState, Path(id): Path<String>, acting: Acting) -> Result<Response, Trouble> {
    acting.needs(Scope::Operate)?;
    let id = PendingId::parse(&id)?;
    let work = console.app.service.cancel_confirmation(id.as_str(), acting.session.actor());
    acting.carry_out(&console.app, "cancel_confirmation", &subject(&id), work).await?;
    Ok(layout::back_to(&path_of(&id), "cancelled"))
}

/// How a confirmation is called in the audit log: whoever made a phone its id must not have it kept.
fn subject(id: &PendingId) -> String {
    audit::subject("pending_id", id.as_str())
}
