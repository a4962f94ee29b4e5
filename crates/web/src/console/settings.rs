//! The settings: rules, sentences, tokens, blocked callers, and who did what. Each is checked by the same use case as at
//! the command line, and every instance follows within five seconds.

mod audit;
mod blocks;
mod names;
mod texts;
mod tokens;

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::{get, post},
};
use proxycall_domain::{Scope, setting::SETTINGS};
use proxycall_service::settings::SetError;

use super::{
    Console, ConsoleState, Done,
    layout::{self, Notice, Place, Shell},
    session::{Acting, Session},
    trouble::Trouble,
};
use crate::sentences::sentences;

const PATH: &str = "/console/settings";

sentences! { Words, alike [];
    title: "Réglages", "Settings";
    lead: "Chaque changement vaut aussitôt, sans redémarrer.", "Each change holds at once, without a restart.";
    tab_rules: "Règles", "Rules";
    tab_texts: "Messages", "Sentences";
    tab_tokens: "Jetons d’accès", "Access tokens";
    tab_blocks: "Appelants bloqués", "Blocked callers";
    tab_audit: "Journal d’audit", "Audit log";
    own: "modifié", "changed";
    otherwise: "Par défaut :", "Default:";
    nothing: "(vide)", "(empty)";
    reset: "Remettre la valeur par défaut", "Back to the default";
    set_done: "Réglage enregistré.", "The setting is kept.";
    reset_done: "Valeur par défaut rétablie.", "The default is back.";
    only_admin: "Seul un jeton d’administration peut modifier ces réglages.", "Only an administrator’s token can change these.";
}

/// One of the pages under the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Rules,
    Texts,
    Tokens,
    Blocks,
    Audit,
}

/// The way to one of them.
struct TabLink {
    href: &'static str,
    name: &'static str,
    current: bool,
}

fn tabs(current: Tab, session: &Session) -> Vec<TabLink> {
    let t = Words::of(session.language);
    let all = [
        (Tab::Rules, PATH, t.tab_rules, Scope::Read),
        (Tab::Texts, texts::PATH, t.tab_texts, Scope::Read),
        (Tab::Blocks, blocks::PATH, t.tab_blocks, Scope::Read),
        (Tab::Tokens, tokens::PATH, t.tab_tokens, Scope::Admin),
        (Tab::Audit, audit::PATH, t.tab_audit, Scope::Admin),
    ];
    let seen = all.into_iter().filter(|(.., needed)| session.may(*needed));
    seen.map(|(tab, href, name, _)| TabLink { href, name, current: tab == current }).collect()
}

struct Row {
    key: &'static str,
    name: &'static str,
    meaning: &'static str,
    value: String,
    otherwise: String,
    own: bool,
}

struct Group {
    name: &'static str,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "console/settings/rules.html")]
struct Page {
    shell: Shell,
    t: &'static Words,
    tabs: Vec<TabLink>,
    groups: Vec<Group>,
}

pub(super) fn router() -> Router<Arc<Console>> {
    Router::new()
        .route(PATH, get(page))
        .route("/console/settings/set", post(set))
        .merge(texts::router())
        .merge(tokens::router())
        .merge(blocks::router())
        .merge(audit::router())
}

async fn page(State(console): ConsoleState, session: Session, Query(done): Query<Done>) -> Result<Response, Trouble> {
    let t = Words::of(session.language);
    let policy = &console.app.service.policy;
    let mut groups: Vec<Group> = Vec::new();
    for setting in SETTINGS {
        let Some(now) = policy.setting(setting.key) else { continue };
        let words = names::of(setting, session.language);
        let row = Row {
            key: setting.key,
            name: words.name,
            meaning: words.meaning,
            value: now.value,
            otherwise: now.otherwise,
            own: now.own,
        };
        let group = names::group(setting.key, session.language);
        match groups.iter_mut().find(|known| known.name == group) {
            Some(known) => known.rows.push(row),
            None => groups.push(Group { name: group, rows: vec![row] }),
        }
    }
    let shell = Shell::new(&session, Some(Place::Settings)).with_notice(notice(done.word(), t));
    layout::shown(&Page { shell, t, tabs: tabs(Tab::Rules, &session), groups })
}

fn notice(done: &str, t: &'static Words) -> Option<Notice> {
    match done {
        "set" => Some(Notice::done(t.set_done)),
        "reset" => Some(Notice::done(t.reset_done)),
        _ => None,
    }
}

/// Gives a setting or sentence the value of the form, or its default again; then back to the page it stands on.
async fn set(State(console): ConsoleState, acting: Acting) -> Result<Response, Trouble> {
    acting.needs(Scope::Admin)?;
    let key = acting.field("key");
    let reset = !acting.field("reset").is_empty();
    let value = (!reset).then(|| acting.field("value").to_owned());
    // Only what is known goes into the log: a stranger's word may be anything.
    if console.app.service.policy.setting(key).is_none() {
        return Err(Trouble::NotFound);
    }
    let action = if reset { "reset_setting" } else { "set_setting" };
    let change = console.app.service.set_setting(key, value);
    acting.carry_out::<_, SetError>(&console.app, action, &format!("setting {key}"), change).await?;
    let page = if key.starts_with("phrase.") { texts::PATH } else { PATH };
    Ok(layout::back_to(page, if reset { "reset" } else { "set" }))
}
