//! `/console/clients`: looking for a client, and enrolling one.
//!
//! Promises: what is looked for is sent in a form's body, never in an address; numbers are masked.

mod acts;
mod client;
mod edit;
mod words;

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    http::StatusCode,
    response::Response,
    routing::get,
};
use proxycall_domain::{ClientId, FieldError, PhoneNumber, Scope, client::Client};
use proxycall_service::{
    Service,
    audit::client_subject,
    clients::{ClientFields, RequestError},
    ports::ledger::ClientFilter,
};

use self::words::Words;
use super::{
    Console, ConsoleState, Done, encoded,
    layout::{self, Place, Shell, Tone},
    numbers, refusals,
    session::{Acting, Session},
    trouble::Trouble,
    wording,
};

const PATH: &str = "/console/clients";
/// How many clients a page has.
const PAGE: u32 = 50;

pub(super) fn router() -> Router<Arc<Console>> {
    Router::new()
        .route(PATH, get(list).post(search))
        .route("/console/clients/new", get(new).post(create))
        .merge(client::router())
        .merge(edit::router())
        .merge(acts::router())
}

/// The page of a client.
pub(super) fn path_of(id: ClientId) -> String {
    format!("{PATH}/{id}")
}

/// Whose page was asked for.
fn id_of(text: &str) -> Result<ClientId, Trouble> {
    text.parse().ok().and_then(ClientId::new).ok_or(Trouble::NotFound)
}

struct Row {
    href: String,
    id: ClientId,
    name: String,
    mail: String,
    phone: String,
    proxy: String,
    country: String,
    state: Option<(Tone, &'static str)>,
}

impl Row {
    fn of(client: &Client, session: &Session, t: &'static Words) -> Self {
        Self {
            href: path_of(client.id),
            id: client.id,
            name: client.name.expose().to_owned(),
            mail: client.mail.expose().to_owned(),
            phone: client.phone.to_string(),
            proxy: client.proxy.map(wording::proxy).unwrap_or_default(),
            country: client.country.to_string(),
            state: state(client, session, t),
        }
    }
}

/// How a client stands, unless everything is as usual.
fn state(client: &Client, session: &Session, t: &'static Words) -> Option<(Tone, &'static str)> {
    if client.closed_at.is_some() {
        Some((Tone::Plain, t.closed))
    } else if client.pause.is_some_and(|pause| pause.lasts(session.now)) {
        Some((Tone::Busy, t.paused))
    } else if client.proxy.is_none() {
        Some((Tone::Warn, t.without_number))
    } else {
        None
    }
}

#[derive(Template)]
#[template(path = "console/clients.html")]
struct Page {
    shell: Shell,
    t: &'static Words,
    /// What was looked for; empty: nothing, and all are listed.
    text: String,
    /// What is wrong with it.
    wrong: String,
    rows: Vec<Row>,
    /// The key behind which the list goes on.
    next: Option<String>,
    /// Whether this is not the first page of a list.
    goes_on: bool,
}

impl Page {
    /// Where the list goes on.
    fn more(&self, after: &str) -> String {
        format!("{PATH}?after={}", encoded(after))
    }
}

/// All clients, the newest first.
async fn list(State(console): ConsoleState, session: Session, Query(asked): Query<Done>) -> Result<Response, Trouble> {
    let after = asked.after().map(id_of).transpose()?;
    let filter = ClientFilter { newest_first: true, after, limit: PAGE, ..ClientFilter::default() };
    let page = console.app.service.ledger.clients(filter).await?;
    let t = Words::of(session.language);
    layout::shown(&Page {
        shell: Shell::new(&session, Some(Place::Clients)),
        t,
        text: String::new(),
        wrong: String::new(),
        rows: page.items.iter().map(|client| Row::of(client, &session, t)).collect(),
        next: page.next,
        goes_on: after.is_some(),
    })
}

/// Those whom the form looks for. It changes nothing; a form only so that no number stands in an address.
async fn search(State(console): ConsoleState, acting: Acting) -> Result<Response, Trouble> {
    let session = &acting.session;
    let t = Words::of(session.language);
    let text = acting.field("text").to_owned();
    if text.is_empty() {
        return list(State(console), acting.session, Query(Done::default())).await;
    }
    let after = acting.given("after").map(id_of).transpose()?;
    let found = console.app.service.search_clients(&text, after, PAGE).await;
    let (rows, next, wrong) = match found {
        Ok(page) => (page.items.iter().map(|client| Row::of(client, session, t)).collect(), page.next, String::new()),
        Err(RequestError::Field(error)) => (Vec::new(), None, refusals::of_field(&error, session.language)),
        Err(error) => return Err(error.into()),
    };
    let shell = Shell { path: PATH.to_owned(), ..Shell::new(session, Some(Place::Clients)) };
    let status = if wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page { shell, t, text, wrong, rows, next, goes_on: after.is_some() };
    Ok(layout::page(status, &page))
}

/// A field of a form: what stands in it, and what is wrong with it.
#[derive(Default)]
pub(super) struct Field {
    pub(super) value: String,
    pub(super) wrong: String,
}

impl Field {
    pub(super) fn of(value: impl Into<String>) -> Self {
        Self { value: value.into(), wrong: String::new() }
    }
}

#[derive(Template)]
#[template(path = "console/client_new.html")]
struct NewPage {
    shell: Shell,
    t: &'static Words,
    id: Field,
    name: Field,
    mail: Field,
    phone: Field,
    country: Field,
    countries: Vec<numbers::Choice>,
}

impl NewPage {
    fn empty(console: &Console, session: &Session, chosen: &str) -> Self {
        let shell = Shell::new(session, Some(Place::Clients));
        let [id, name, mail, phone, country] = <[Field; 5]>::default();
        let policy = console.app.service.policy.current();
        let chosen = chosen.parse().ok();
        let countries = numbers::countries(policy.countries(), chosen, session.language);
        Self { shell, t: Words::of(session.language), id, name, mail, phone, country, countries }
    }

    /// What was typed, with what is wrong beside the field.
    fn refused(console: &Console, acting: &Acting, error: &FieldError) -> Self {
        let typed = |name| Field::of(acting.field(name));
        let mut page = Self {
            id: typed("id"),
            name: typed("name"),
            mail: typed("mail"),
            phone: typed("phone"),
            country: typed("country"),
            ..Self::empty(console, &acting.session, acting.field("country"))
        };
        let field = match error.field {
            "client_id" => &mut page.id,
            "client_mail" => &mut page.mail,
            "client_real_phone" => &mut page.phone,
            "client_iso_residency" => &mut page.country,
            _ => &mut page.name,
        };
        field.wrong = refusals::of_field(error, acting.session.language);
        page
    }
}

async fn new(State(console): ConsoleState, session: Session) -> Result<Response, Trouble> {
    session.needs(Scope::Operate)?;
    let next = console.app.service.ledger.next_client_id().await?;
    layout::shown(&NewPage { id: Field::of(next.to_string()), ..NewPage::empty(&console, &session, "") })
}

/// A phone as it was typed, with its country code where it was typed without: as the chosen country writes it, else as whoever
/// looks for it may write it.
fn whole(service: &Service, phone: &str, country: Option<&str>) -> String {
    let meant = match country.and_then(|country| country.parse().ok()) {
        Some(country) if PhoneNumber::parse(phone).is_err() => service.tables.national.read(country, phone).ok(),
        Some(_) => None,
        None => service.phones_meant(phone).first().copied(),
    };
    meant.map_or_else(|| phone.to_owned(), |phone| phone.expose())
}

async fn create(State(console): ConsoleState, acting: Acting) -> Result<Response, Trouble> {
    acting.needs(Scope::Operate)?;
    let service = &console.app.service;
    let phone = whole(service, acting.field("phone"), acting.given("country"));
    let fields = ClientFields {
        id: acting.field("id"),
        name: acting.field("name"),
        mail: acting.field("mail"),
        phone: &phone,
        residency: acting.given("country"),
    };
    let subject = ClientId::parse("client_id", fields.id).map_or_else(|_| "client".to_owned(), client_subject);
    let create = service.create_client(&fields, None, acting.session.actor());
    match acting.carry_out::<_, RequestError>(&console.app, "create_client", &subject, create).await {
        Ok(client) => Ok(layout::back_to(&path_of(client.id), "created")),
        Err(Trouble::Field(error)) => {
            Ok(layout::page(StatusCode::UNPROCESSABLE_ENTITY, &NewPage::refused(&console, &acting, &error)))
        }
        Err(trouble) => Err(trouble),
    }
}
