//! Who did what to whom, and how it ended.

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use proxycall_domain::{ActOutcome, Scope, TokenName, pool::life::Actor};
use proxycall_service::ports::ledger::{AuditEntry, AuditFilter};
use serde::Deserialize;

use super::{
    super::{
        Console, ConsoleState, encoded,
        format::{self, Moment},
        layout::{self, Place, Shell, Tone},
        session::Session,
        trouble::Trouble,
        wording,
    },
    Choice, Tab, TabLink, acts, tabs,
};
use crate::sentences::sentences;

pub(super) const PATH: &str = "/console/settings/audit";
const PAGE: u32 = 50;

sentences! { Words, alike [action];
    lead: "Chaque action est écrite ici avant d’être faite.", "Each act is written here before it is carried out.";
    when: "Quand", "When";
    actor: "Qui", "Who";
    action: "Action", "Action";
    subject: "Sur quoi", "To what";
    outcome: "Résultat", "Outcome";
    all: "tous", "all";
    every: "toutes", "all";
    filter: "Filtrer", "Filter";
    done: "fait", "done";
    begun: "commencé, fin inconnue", "begun, end not known";
    refused: "refusé", "refused";
    failed: "échec", "failed";
    none_title: "Aucune action", "No acts";
    none: "Rien ne correspond à ce filtre.", "Nothing fits this filter.";
}

struct Row {
    when: Moment,
    actor: String,
    /// In words, and as the API calls it.
    action: String,
    word: String,
    subject: String,
    tone: Tone,
    outcome: &'static str,
}

#[derive(Template)]
#[template(path = "console/settings/audit.html")]
struct Page {
    shell: Shell,
    w: &'static Words,
    tabs: Vec<TabLink>,
    actors: Vec<Choice>,
    actions: Vec<Choice>,
    asked: Asked,
    rows: Vec<Row>,
    more: String,
}

/// Which acts.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    actor: String,
    action: String,
    subject: String,
    after: String,
}

pub(super) fn router() -> Router<Arc<Console>> {
    Router::new().route(PATH, get(page))
}

async fn page(State(console): ConsoleState, session: Session, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    session.needs(Scope::Admin)?;
    let w = Words::of(session.language);
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let after = given(&asked.after).map(|after| after.parse()).transpose().map_err(|_| Trouble::NotFound)?;
    let filter = AuditFilter {
        actor: given(&asked.actor),
        action: given(&asked.action),
        subject: given(&asked.subject),
        after,
        limit: PAGE,
    };
    let acts = console.app.service.ledger.acts(filter).await?;
    let more = acts.next.map(|next| {
        let [actor, action, subject] = [&asked.actor, &asked.action, &asked.subject].map(|text| encoded(text));
        format!("{PATH}?actor={actor}&action={action}&subject={subject}&after={}", encoded(&next))
    });
    let language = session.language;
    let tokens = console.app.service.ledger.tokens().await?;
    let tokens = tokens.iter().map(|token| Actor::Token(token.name));
    let known = [Actor::Token(TokenName::environment()), Actor::Api, Actor::Cli, Actor::Sheet, Actor::System];
    let actors = known.into_iter().chain(tokens);
    let actors = actors.map(|actor| (actor.as_str().to_owned(), wording::actor(actor, language)));
    let actions = acts::all(language).into_iter().map(|(word, name)| (word.to_owned(), name.to_owned()));
    let page = Page {
        actors: choices(actors, &asked.actor),
        actions: choices(actions, &asked.action),
        shell: Shell::new(&session, Some(Place::Settings)),
        w,
        tabs: tabs(Tab::Audit, &session),
        rows: acts.items.iter().map(|act| row(act, w, &session)).collect(),
        more: more.unwrap_or_default(),
        asked,
    };
    layout::shown(&page)
}

/// A list to choose from. What an address asks for stays to be seen, whatever it is.
fn choices(known: impl Iterator<Item = (String, String)>, asked: &str) -> Vec<Choice> {
    let choice = |(value, name): (String, String)| Choice { chosen: value == asked, value, name };
    let mut choices: Vec<Choice> = known.map(choice).collect();
    if !asked.is_empty() && !choices.iter().any(|choice| choice.chosen) {
        choices.push(choice((asked.to_owned(), asked.to_owned())));
    }
    choices
}

fn row(act: &AuditEntry, w: &'static Words, session: &Session) -> Row {
    let (tone, outcome) = match act.outcome {
        ActOutcome::Done => (Tone::Good, w.done),
        ActOutcome::Begun => (Tone::Warn, w.begun),
        ActOutcome::Refused => (Tone::Plain, w.refused),
        ActOutcome::Failed => (Tone::Bad, w.failed),
    };
    Row {
        when: format::moment(act.at, session),
        actor: wording::actor(act.actor, session.language),
        action: acts::name(&act.action, session.language).to_owned(),
        word: act.action.clone(),
        subject: act.subject.clone(),
        tone,
        outcome,
    }
}
