//! The access tokens: made, replaced, revoked. A new one is shown once, on the answer to the form that made it.

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use proxycall_domain::Scope;
use proxycall_service::{
    access::{MadeToken, TokenFields},
    clients::RequestError,
    ports::ledger::ApiToken,
};
use secrecy::ExposeSecret as _;

use super::{
    super::{
        Console, ConsoleState, Done,
        format::{self, Moment},
        layout::{self, Notice, Place, Shell, Tone},
        session::{Acting, Session},
        trouble::Trouble,
        wording,
    },
    Tab, TabLink, tabs,
};
use crate::sentences::sentences;

pub(super) const PATH: &str = "/console/settings/tokens";

sentences! { Words, alike [];
    lead: "Chaque programme et chaque collègue a le sien : le journal d’audit dit ainsi qui a fait quoi.", "Each program and each colleague has one of their own: so the audit log says who did what.";
    add: "Créer un jeton", "Make a token";
    name: "Nom", "Name";
    name_hint: "Petites lettres, chiffres, - et _ ; une lettre d’abord. Ne sert qu’une fois.", "Small letters, digits, - and _; a letter first. Never given twice.";
    scope: "Peut", "May";
    days: "Valable (jours)", "Valid for (days)";
    days_hint: "Vide : sans fin.", "Empty: without end.";
    made: "Voici le jeton. Copiez-le maintenant : il ne sera plus montré.", "This is the token. Copy it now: it is not shown again.";
    state: "État", "State";
    active: "actif", "active";
    expired: "expiré", "expired";
    revoked: "révoqué", "revoked";
    last_used: "Dernier usage", "Last used";
    never: "jamais", "never";
    until: "Jusqu’au", "Until";
    endless: "sans fin", "no end";
    acts: "Actions", "Acts";
    rotate: "Remplacer", "Replace";
    rotate_why: "Un nouveau jeton du même nom est créé. L’ancien n’ouvre plus rien dans les cinq secondes.", "A new token of the same name is made. The old one opens nothing within five seconds.";
    revoke: "Révoquer", "Revoke";
    revoke_why: "Ce jeton n’ouvrira plus jamais rien. Qui s’en sert est déconnecté.", "This token will never open anything again. Whoever uses it is signed out.";
    revoke_done: "Jeton révoqué.", "The token is revoked.";
    none_title: "Aucun jeton nommé", "No named token";
    none: "Seul celui de l’environnement (PROXYCALL_API_TOKEN) ouvre l’API et la console.", "Only that of the environment (PROXYCALL_API_TOKEN) opens API and console.";
}

struct Row {
    name: String,
    scope: &'static str,
    tone: Tone,
    state: &'static str,
    is_active: bool,
    last_used: Option<Moment>,
    until: Option<Moment>,
}

#[derive(Template)]
#[template(path = "console/settings/tokens.html")]
struct Page {
    shell: Shell,
    w: &'static Words,
    tabs: Vec<TabLink>,
    /// The token that was just made, and its name.
    made: Option<(String, String)>,
    rows: Vec<Row>,
    scopes: [(&'static str, &'static str); 3],
}

pub(super) fn router() -> Router<Arc<Console>> {
    Router::new()
        .route(PATH, get(page).post(add))
        .route("/console/settings/tokens/{name}/rotate", post(rotate))
        .route("/console/settings/tokens/{name}/revoke", post(revoke))
}

async fn page(State(console): ConsoleState, session: Session, Query(done): Query<Done>) -> Result<Response, Trouble> {
    session.needs(Scope::Admin)?;
    let w = Words::of(session.language);
    let notice = (done.word() == "revoked").then(|| Notice::done(w.revoke_done));
    shown(&console, &session, notice, None).await
}

async fn shown(
    console: &Console,
    session: &Session,
    notice: Option<Notice>,
    made: Option<MadeToken>,
) -> Result<Response, Trouble> {
    let w = Words::of(session.language);
    let tokens = console.app.service.ledger.tokens().await?;
    let scopes = Scope::ALL.map(|scope| (scope.as_str(), wording::scope(scope, session.language)));
    let page = Page {
        shell: Shell { path: PATH.to_owned(), ..Shell::new(session, Some(Place::Settings)).with_notice(notice) },
        w,
        tabs: tabs(Tab::Tokens, session),
        made: made.map(|made| (made.token.name.to_string(), made.secret.expose_secret().to_owned())),
        rows: tokens.iter().map(|token| row(token, w, session)).collect(),
        scopes,
    };
    Ok(layout::page(StatusCode::OK, &page))
}

fn row(token: &ApiToken, w: &'static Words, session: &Session) -> Row {
    let (tone, state) = match token.status(session.now) {
        "active" => (Tone::Good, w.active),
        "expired" => (Tone::Warn, w.expired),
        _ => (Tone::Plain, w.revoked),
    };
    Row {
        name: token.name.to_string(),
        scope: wording::scope(token.scope, session.language),
        tone,
        state,
        is_active: token.is_valid(session.now),
        last_used: token.last_used_at.map(|at| format::moment(at, session)),
        until: token.expires_at.map(|at| format::moment(at, session)),
    }
}

fn subject(name: &str) -> String {
    crate::audit::subject("name", name)
}

async fn add(State(console): ConsoleState, acting: Acting) -> Result<Response, Trouble> {
    acting.needs(Scope::Admin)?;
    let days = acting.given("days").map(|days| days.parse().unwrap_or(0));
    let fields = TokenFields { name: acting.field("name"), scope: acting.field("scope"), expires_in_days: days };
    let add = console.app.service.add_token(fields);
    let made = acting.carry_out::<_, RequestError>(&console.app, "add_token", &subject(fields.name), add).await?;
    shown(&console, &acting.session, None, Some(made)).await
}

async fn rotate(State(console): ConsoleState, Path(name): Path<String>, acting: Acting) -> Result<Response, Trouble> {
    acting.needs(Scope::Admin)?;
    let rotate = console.app.service.rotate_token(&name);
    let made = acting.carry_out::<_, RequestError>(&console.app, "rotate_token", &subject(&name), rotate).await?;
    shown(&console, &acting.session, None, Some(made)).await
}

async fn revoke(State(console): ConsoleState, Path(name): Path<String>, acting: Acting) -> Result<Response, Trouble> {
    acting.needs(Scope::Admin)?;
    let revoke = console.app.service.revoke_token(&name);
    acting.carry_out::<_, RequestError>(&console.app, "revoke_token", &subject(&name), revoke).await?;
    Ok(layout::back_to(PATH, "revoked"))
}
