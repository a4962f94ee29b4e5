//! The settings: rules, sentences, tokens, blocked callers, and who did what. Each is checked by the same use case as at
//! the command line, and every instance follows within five seconds.

mod acts;
mod audit;
mod blocks;
mod names;
mod texts;
mod tokens;
mod undo;

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use proxycall_domain::{
    Language, Scope,
    setting::{SETTINGS, SettingError},
};
use proxycall_service::{live_policy::SettingNow, settings::SetError};
use serde::Deserialize;

use super::{
    Console, ConsoleState, encoded,
    layout::{self, Notice, Place, Shell},
    session::{Acting, Session},
    trouble::Trouble,
};
use crate::sentences::sentences;

pub(super) use undo::Before;

const PATH: &str = "/console/settings";
/// Where forms about one setting go.
const SET: &str = "/console/settings/set";

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
    set_done: "« {name} » : enregistré.", "“{name}” is kept.";
    reset_done: "« {name} » : valeur par défaut rétablie.", "“{name}” has its default again.";
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

/// What an address says: what was just done to which setting, and which sentence is to be changed.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    done: String,
    key: String,
    edit: String,
}

/// A value that was refused: the setting, what was typed, and why.
struct Refused {
    key: String,
    typed: String,
    why: String,
}

/// One of the few words that a setting may be.
struct Choice {
    value: String,
    name: String,
    chosen: bool,
}

struct Row {
    key: &'static str,
    name: &'static str,
    meaning: &'static str,
    value: String,
    /// Empty: it is written, not chosen.
    choices: Vec<Choice>,
    otherwise: String,
    own: bool,
    wrong: String,
    notice: Option<Notice>,
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
        .route(SET, post(set))
        .merge(texts::router())
        .merge(tokens::router())
        .merge(blocks::router())
        .merge(audit::router())
}

async fn page(State(console): ConsoleState, session: Session, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    layout::shown(&rules(&console, &session, &asked, None))
}

fn rules(console: &Console, session: &Session, asked: &Asked, refused: Option<&Refused>) -> Page {
    let (t, language) = (Words::of(session.language), session.language);
    let policy = &console.app.service.policy;
    let mut groups: Vec<Group> = Vec::new();
    for setting in SETTINGS {
        let Some(now) = policy.setting(setting.key) else { continue };
        let words = names::of(setting, language);
        let notice = notice(console, session, asked, setting.key, words.name, &now);
        let refused = refused.filter(|of| of.key == setting.key);
        let value = refused.map_or(now.value, |of| of.typed.clone());
        let row = Row {
            key: setting.key,
            name: words.name,
            meaning: words.meaning,
            choices: choices(setting.key, &value, language),
            otherwise: names::choice(setting.key, &now.otherwise, language).map_or(now.otherwise, str::to_owned),
            value,
            own: now.own,
            wrong: refused.map(|of| of.why.clone()).unwrap_or_default(),
            notice,
        };
        let group = names::group(setting.key, language);
        match groups.iter_mut().find(|known| known.name == group) {
            Some(known) => known.rows.push(row),
            None => groups.push(Group { name: group, rows: vec![row] }),
        }
    }
    let shell = Shell::new(session, Some(Place::Settings));
    Page { shell, t, tabs: tabs(Tab::Rules, session), groups }
}

/// The words that a setting may be, in the reader's; none: it may be more than a few words.
fn choices(key: &str, value: &str, language: Language) -> Vec<Choice> {
    let known = names::choices(key).iter().map(|(word, ..)| *word);
    let choice = |word: &str| Choice {
        value: word.to_owned(),
        name: names::choice(key, word, language).unwrap_or(word).to_owned(),
        chosen: word == value,
    };
    let mut choices: Vec<Choice> = known.map(choice).collect();
    // What stands there stays to be seen, also when nobody could choose it.
    if !choices.is_empty() && !choices.iter().any(|choice| choice.chosen) {
        choices.push(choice(value));
    }
    choices
}

/// That this setting was just changed, with a way back.
fn notice(
    console: &Console,
    session: &Session,
    asked: &Asked,
    key: &str,
    name: &str,
    now: &SettingNow,
) -> Option<Notice> {
    let t = Words::of(session.language);
    let text = match asked.done.as_str() {
        "set" if asked.key == key => t.set_done,
        "reset" if asked.key == key => t.reset_done,
        _ => return None,
    };
    let notice = Notice::done(text.replace("{name}", name));
    let own = now.own.then_some(now.value.as_str());
    Some(match console.before.of(session, key, own) {
        Some(fields) => notice.with_undo(SET, fields),
        None => notice,
    })
}

/// Gives a setting or sentence the value of the form, or its default again; then back to where it stands on its page.
async fn set(State(console): ConsoleState, acting: Acting) -> Result<Response, Trouble> {
    acting.needs(Scope::Admin)?;
    let (key, session) = (acting.field("key"), &acting.session);
    let reset = !acting.field("reset").is_empty();
    let value = (!reset).then(|| acting.field("value").to_owned());
    // Only what is known goes into the log: a stranger's word may be anything.
    let policy = &console.app.service.policy;
    let before = policy.setting(key).ok_or(Trouble::NotFound)?;
    let action = if reset { "reset_setting" } else { "set_setting" };
    let change = console.app.service.set_setting(key, value);
    let changed = acting.carry_out::<_, SetError>(&console.app, action, &format!("setting {key}"), change).await;
    let is_phrase = key.starts_with("phrase.");
    match changed {
        Ok(()) => {}
        Err(Trouble::Setting(SettingError::Value { problem, .. })) => {
            let why = problem.of(session.language).to_owned();
            let refused = Refused { key: key.to_owned(), typed: acting.field("value").to_owned(), why };
            let asked = Asked { edit: key.to_owned(), ..Asked::default() };
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Ok(match is_phrase {
                true => layout::page(status, &texts::sentences_of(&console, session, &asked, Some(&refused))?),
                false => layout::page(status, &rules(&console, session, &asked, Some(&refused))),
            });
        }
        Err(trouble) => return Err(trouble),
    }
    let now = policy.setting(key).and_then(|now| now.own.then_some(now.value));
    console.before.remember(session, key, before.own.then_some(before.value), now);
    let (page, place) = if is_phrase { (texts::PATH, texts::place_of(key)) } else { (PATH, key.to_owned()) };
    let done = if reset { "reset" } else { "set" };
    Ok(Redirect::to(&format!("{page}?done={done}&key={}#{place}", encoded(key))).into_response())
}
