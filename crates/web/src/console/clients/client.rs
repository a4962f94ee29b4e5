//! One client: who it is, with which number, what happened, and what can be done. Numbers are masked until somebody asks to
//! see them, which stands in the audit log.

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use proxycall_domain::{Block, ClientId, PhoneNumber, client::Client};
use proxycall_service::ports::ledger::{
    Activity, BlockFilter, BoardEntry, ClientFile, ClientView, ErasedClient, HeldNumber,
};
use serde::Deserialize;

use super::{
    super::{
        Console, ConsoleState,
        activity::Row as Happened,
        confirmations,
        format::{self, Moment},
        layout::{self, Notice, Place, Shell, Tone},
        numbers,
        session::{Acting, Session},
        trouble::Trouble,
        wording,
    },
    Words, id_of, path_of, state,
};

/// How many of each list the page shows.
const SHOWN: u32 = 20;
/// Of how many blocks of all clients, the newest, the page knows whom they keep away.
const BLOCKS: u32 = 200;

pub(super) fn router() -> Router<Arc<Console>> {
    Router::new().route("/console/clients/{id}", get(page)).route("/console/clients/{id}/reveal", post(reveal))
}

struct Blocked {
    id: String,
    phone: String,
    reason: String,
    since: Moment,
}

struct Ordered {
    id: String,
    at: Moment,
}

struct Confirmed {
    href: String,
    at: Moment,
    tone: Tone,
    state: &'static str,
}

struct Held {
    href: String,
    number: String,
    from: Moment,
    until: Option<Moment>,
}

/// What of a client is shown whole, because somebody asked for it.
struct Revealed {
    phone: String,
    last_caller: String,
}

#[derive(Template)]
#[template(path = "console/client.html")]
struct Page {
    shell: Shell,
    t: &'static Words,
    id: ClientId,
    href: String,
    name: String,
    mail: String,
    phone: String,
    last_caller: String,
    revealed: bool,
    tone: Tone,
    state: &'static str,
    proxy: Option<(String, String)>,
    country: String,
    in_shop: Option<&'static str>,
    since: Moment,
    paused_until: Option<Moment>,
    is_paused: bool,
    closed_at: Option<Moment>,
    happened: Vec<Happened>,
    blocked: Vec<Blocked>,
    orders: Vec<Ordered>,
    confirmations: Vec<Confirmed>,
    numbers: Vec<Held>,
    /// What becomes of it where no number is free for the client.
    none_free: &'static str,
}

#[derive(Template)]
#[template(path = "console/client_erased.html")]
struct ErasedPage {
    shell: Shell,
    t: &'static Words,
    id: ClientId,
    record_done: bool,
    sheet_done: bool,
    at_carrier: u64,
    given_up: u64,
    happened: Vec<Happened>,
}

/// What was just done, as the address says it.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    done: String,
    block: String,
    number: String,
}

async fn page(
    State(console): ConsoleState,
    Path(id): Path<String>,
    session: Session,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let id = id_of(&id)?;
    let notice = notice(id, &asked, Words::of(session.language));
    shown(&console, &session, id, notice, None).await
}

async fn reveal(State(console): ConsoleState, Path(id): Path<String>, acting: Acting) -> Result<Response, Trouble> {
    let id = id_of(&id)?;
    let client = console.app.service.reveal_client(acting.session.operator(), id).await?;
    let revealed = Revealed {
        phone: wording::grouped(&client.phone.expose()),
        last_caller: client.last_caller.map(|phone| wording::grouped(&phone.expose())).unwrap_or_default(),
    };
    let notice = Notice::done(Words::of(acting.session.language).shown);
    shown(&console, &acting.session, id, Some(notice), Some(revealed)).await
}

fn notice(id: ClientId, asked: &Asked, t: &'static Words) -> Option<Notice> {
    let undo = |step: &str| format!("{}/{step}", path_of(id));
    Some(match asked.done.as_str() {
        "created" => Notice::done(t.created),
        "edited" => Notice::done(t.edited),
        "paused" => Notice::done(t.pause_done).with_undo(undo("resume"), Vec::new()),
        "resumed" => Notice::done(t.resume_done),
        "changed" if asked.number.is_empty() => Notice::done(t.change_number_done),
        "changed" => Notice::done(t.change_number_done)
            .with_undo(undo("give-back-number"), vec![("number", asked.number.clone())]),
        "taken_back" => Notice::done(t.taken_back_done),
        "given" => Notice::done(t.give_number_done),
        "closed" => Notice::done(t.close_done).with_undo(undo("restore"), Vec::new()),
        "restored" => Notice::done(t.restore_done),
        "erased" => Notice::done(t.erase_done),
        "blocked" => Notice::done(t.block_done).with_undo(undo("unblock"), vec![("block", asked.block.clone())]),
        "unblocked" => Notice::done(t.unblock_done),
        _ => return None,
    })
}

async fn shown(
    console: &Console,
    session: &Session,
    id: ClientId,
    notice: Option<Notice>,
    revealed: Option<Revealed>,
) -> Result<Response, Trouble> {
    let view = console.app.service.ledger.client_view(id, SHOWN).await?.ok_or(Trouble::NotFound)?;
    let everybodys = BlockFilter { client: None, after: None, limit: BLOCKS };
    let everybodys = console.app.service.ledger.blocks(everybodys).await?;
    let shell = Shell { path: path_of(id), ..Shell::new(session, Some(Place::Clients)) }.with_notice(notice);
    match view {
        ClientView::Known(file) => {
            Ok(layout::page(StatusCode::OK, &known(console, session, shell, *file, revealed, &everybodys.items)))
        }
        ClientView::Erased(erased) => Ok(layout::page(StatusCode::OK, &gone(session, shell, *erased))),
    }
}

/// `recent`: the newest blocks of all, of which those for every client count here too.
fn known(
    console: &Console,
    session: &Session,
    shell: Shell,
    file: ClientFile,
    revealed: Option<Revealed>,
    recent: &[Block],
) -> Page {
    let t = Words::of(session.language);
    let client: &Client = &file.client;
    let moment = |at| format::moment(at, session);
    let (tone, standing) = state(client, session, t).unwrap_or((Tone::Good, t.active));
    let masked = |phone: Option<PhoneNumber>| phone.map(|phone| phone.to_string()).unwrap_or_default();
    let is_revealed = revealed.is_some();
    let shown = revealed
        .unwrap_or_else(|| Revealed { phone: client.phone.to_string(), last_caller: masked(client.last_caller) });
    let policy = console.app.service.policy.current();
    let blocks: Vec<Block> =
        file.blocks.items.iter().chain(recent.iter().filter(|block| block.client.is_none())).cloned().collect();
    Page {
        t,
        none_free: if console.app.service.pool.buy_on_demand { t.bought_if_none } else { "" },
        id: client.id,
        href: path_of(client.id),
        name: client.name.expose().to_owned(),
        mail: client.mail.expose().to_owned(),
        phone: shown.phone,
        last_caller: shown.last_caller,
        revealed: is_revealed,
        tone,
        state: standing,
        proxy: client.proxy.map(|number| (numbers::path_of(number), wording::proxy(number))),
        country: numbers::country_name(policy.countries(), client.country, session.language),
        in_shop: file.in_shop.map(|is_in| if is_in { t.yes } else { t.no }),
        since: moment(client.created_at),
        paused_until: client.pause.and_then(|pause| pause.until).map(moment),
        is_paused: client.pause.is_some_and(|pause| pause.lasts(session.now)),
        closed_at: client.closed_at.map(moment),
        blocked: file
            .blocks
            .items
            .iter()
            .map(|block| Blocked {
                id: block.id.to_string(),
                phone: block.phone.to_string(),
                reason: block.reason.expose().to_owned(),
                since: moment(block.created_at),
            })
            .collect(),
        orders: file
            .orders
            .items
            .iter()
            .map(|order| Ordered { id: order.id.as_str().to_owned(), at: moment(order.created_at) })
            .collect(),
        confirmations: file.confirmations.iter().map(|entry| confirmed(entry, session)).collect(),
        numbers: file.numbers.iter().map(|number| held(number, session)).collect(),
        happened: file.activity.items.into_iter().map(|it| happened(it, &blocks, session)).collect(),
        shell,
    }
}

/// A call or text; of a caller who is blocked, with the block instead of the way to it.
fn happened(it: Activity, blocks: &[Block], session: &Session) -> Happened {
    let block = blocks.iter().find(|block| Some(block.phone) == it.it.party);
    Happened { blocked: block.map(|block| block.id.to_string()), ..Happened::of(it, session) }
}

fn confirmed(entry: &BoardEntry, session: &Session) -> Confirmed {
    let (state, tone) = confirmations::standing(&entry.it, session.now, session.language);
    Confirmed {
        href: confirmations::path_of(&entry.it.id),
        at: format::moment(entry.ended_at.unwrap_or(entry.it.created_at), session),
        tone,
        state,
    }
}

fn held(number: &HeldNumber, session: &Session) -> Held {
    Held {
        href: numbers::path_of(number.number),
        number: wording::proxy(number.number),
        from: format::moment(number.held.since, session),
        until: number.held.until.map(|at| format::moment(at, session)),
    }
}

fn gone(session: &Session, shell: Shell, erased: ErasedClient) -> ErasedPage {
    let erasure = erased.erasure.as_ref();
    ErasedPage {
        shell,
        t: Words::of(session.language),
        id: erased.id,
        record_done: erasure.is_none_or(|erasure| erasure.record_done),
        sheet_done: erasure.is_none_or(|erasure| erasure.sheet_done),
        at_carrier: erasure.map_or(0, |erasure| erasure.at_carrier),
        given_up: erasure.map_or(0, |erasure| erasure.given_up),
        happened: erased.activity.items.into_iter().map(|it| Happened::of(it, session)).collect(),
    }
}
