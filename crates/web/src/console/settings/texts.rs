//! The sentences that callers hear and read, to be changed, seen in both languages and heard.

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use proxycall_domain::{Language, Phrase, Scope, setting::phrase_key};

use super::{
    super::{
        Console, ConsoleState,
        layout::{self, Notice, Place, Shell},
        session::Session,
        trouble::Trouble,
    },
    Asked, Refused, Tab, TabLink, notice, tabs,
};
use crate::{pages::language, sentences::sentences};

pub(super) const PATH: &str = "/console/settings/texts";

sentences! { Words, alike [];
    lead: "Ce que les appelants entendent et lisent. Ce qui est entre accolades est remplacé, par exemple par le code.", "What callers hear and read. What stands in braces is replaced, by the code for instance.";
    said: "Dit au téléphone", "Said on the phone";
    written: "Écrit par SMS", "Written by text";
    in_french: "En français", "In French";
    in_english: "En anglais", "In English";
    say: "Écouter", "Listen";
    edit: "Modifier", "Change";
}

struct Sentence {
    key: String,
    id: String,
    lang: &'static str,
    language: &'static str,
    value: String,
    otherwise: String,
    own: bool,
    /// Whether its form is open.
    edited: bool,
    wrong: String,
    notice: Option<Notice>,
}

struct Entry {
    name: &'static str,
    versions: [Sentence; 2],
}

struct Group {
    name: &'static str,
    entries: Vec<Entry>,
}

#[derive(Template)]
#[template(path = "console/settings/texts.html")]
pub(super) struct Page {
    shell: Shell,
    t: &'static super::Words,
    w: &'static Words,
    tabs: Vec<TabLink>,
    groups: [Group; 2],
}

pub(super) fn router() -> Router<Arc<Console>> {
    Router::new().route(PATH, get(page))
}

async fn page(State(console): ConsoleState, session: Session, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    layout::shown(&sentences_of(&console, &session, &asked, None)?)
}

/// Where a sentence stands on the page.
pub(super) fn place_of(key: &str) -> String {
    key.replace('.', "-")
}

pub(super) fn sentences_of(
    console: &Console,
    session: &Session,
    asked: &Asked,
    refused: Option<&Refused>,
) -> Result<Page, Trouble> {
    let (t, w) = (super::Words::of(session.language), Words::of(session.language));
    let policy = &console.app.service.policy;
    let sentence = |phrase: Phrase, of: Language| {
        let key = phrase_key(phrase, of);
        let now = policy.setting(&key).ok_or(Trouble::Broken)?;
        let refused = refused.filter(|of| of.key == key);
        Ok::<_, Trouble>(Sentence {
            id: place_of(&key),
            notice: notice(console, session, asked, &key, when(phrase, session.language), &now),
            wrong: refused.map(|of| of.why.clone()).unwrap_or_default(),
            edited: asked.edit == key && session.may(Scope::Admin),
            key,
            lang: language::code(of),
            language: if of == Language::Fr { w.in_french } else { w.in_english },
            value: refused.map_or(now.value, |of| of.typed.clone()),
            otherwise: now.otherwise,
            own: now.own,
        })
    };
    let entry = |phrase: &Phrase| {
        let versions = [sentence(*phrase, Language::Fr)?, sentence(*phrase, Language::En)?];
        Ok::<_, Trouble>(Entry { name: when(*phrase, session.language), versions })
    };
    let entries = |said: bool| -> Result<Vec<Entry>, Trouble> {
        Phrase::ALL.iter().filter(|phrase| phrase.as_str().starts_with("call.") == said).map(entry).collect()
    };
    let groups = [Group { name: w.said, entries: entries(true)? }, Group { name: w.written, entries: entries(false)? }];
    let shell = Shell::new(session, Some(Place::Settings));
    Ok(Page { shell, t, w, tabs: tabs(Tab::Texts, session), groups })
}

/// When a sentence is said or written.
fn when(phrase: Phrase, language: Language) -> &'static str {
    let (fr, en) = match phrase {
        Phrase::CallUnknownNumber | Phrase::TextUnknownNumber => ("Numéro qui n’est à personne", "Nobody’s number"),
        Phrase::CallRegion | Phrase::TextRegion => ("Pays non autorisé", "Country not allowed"),
        Phrase::CallWithheld => ("Numéro masqué", "Hidden number"),
        Phrase::CallNoRecentCaller | Phrase::TextNoRecentCaller => {
            ("Client sans personne à rappeler", "Client with nobody to reach back")
        }
        Phrase::CallDestination | Phrase::TextDestination => ("Numéro interdit", "Forbidden number"),
        Phrase::CallLoop => ("Un numéro proxy en appelle un autre", "A proxy number calls another"),
        Phrase::CallBlocked => ("Appelant bloqué", "Blocked caller"),
        Phrase::CallPaused | Phrase::TextPaused => ("Client en pause", "Client paused"),
        Phrase::CallBusy => ("Ligne occupée", "Line busy"),
        Phrase::CallNoAnswer => ("Sans réponse", "No answer"),
        Phrase::CallFailed => ("Appel impossible", "Call could not be carried"),
        Phrase::CallUnavailable | Phrase::TextUnavailable => ("Service indisponible", "Service not available"),
        Phrase::CallTooMany | Phrase::TextTooMany => ("Trop souvent", "Too often"),
        Phrase::CallRequestOver => ("Code ou lien périmé", "Code or link that is over"),
        Phrase::TextOneImage => ("Une image non transmise", "One image not relayed"),
        Phrase::TextManyImages => ("Plusieurs images non transmises", "Several images not relayed"),
        Phrase::CodeSms => ("Le code, à renvoyer", "The code, to be sent back"),
        Phrase::CodeSmsLink => ("Le lien, là où l’on ne peut répondre", "The link, where nobody can answer"),
        Phrase::CodeLink => ("Le lien, après SMS et appel", "The link, after text and call"),
        Phrase::CodeThanks => ("Confirmation réussie", "Confirmed"),
        Phrase::CodeConsent => ("Demande d’accord au téléphone connu", "Asking the phone on record"),
        Phrase::TextCodeWrong | Phrase::CallCodeWrong => ("Mauvais code", "Wrong code"),
        Phrase::TextCodeLocked | Phrase::CallCodeLocked => ("Trop d’essais", "Tried too often"),
        Phrase::TextCodeShape => ("Un code a six chiffres", "A code has six digits"),
        Phrase::CallCodeHello => ("Début de l’appel du code", "Start of the call with the code"),
        Phrase::CallCodeIs => ("Le code, chiffre par chiffre", "The code, digit by digit"),
        Phrase::CallCodeRepeat => ("Le code, encore une fois", "The code once more"),
        Phrase::CallCodeType => ("À taper au clavier", "To be typed"),
        Phrase::CallCodeRight => ("Code juste", "Right code"),
        Phrase::CallCodeWaits => ("Code juste, accord attendu", "Right code, consent awaited"),
        Phrase::CallCodeNone => ("Rien n’a été tapé", "Nothing was typed"),
    };
    match language {
        Language::Fr => fr,
        Language::En => en,
    }
}
