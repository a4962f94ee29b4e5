//! Promises: every page of the console has the same frame, runs no code but our own and stands in no other page.

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use proxycall_domain::{Language, Scope};

use super::{session::Session, trouble::Trouble};
use crate::{
    pages::{assets, language},
    sentences::sentences,
};

/// What a page of the console may load and who may show it, and in what frames on it.
macro_rules! security {
    ($frames:literal) => {
        HeaderValue::from_static(concat!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'; frame-src ",
            $frames
        ))
    };
}
const SECURITY: HeaderValue = security!("'none'");
const SECURITY_WITH_FRAMES: HeaderValue = security!("'self'");

sentences! { Words, alike [clients, confirmations];
    product: "ProxyCall — console", "ProxyCall console";
    skip: "Aller au contenu", "Skip to content";
    menu: "Menu", "Navigation";
    today: "Aujourd’hui", "Today";
    clients: "Clients", "Clients";
    numbers: "Numéros", "Numbers";
    confirmations: "Confirmations", "Confirmations";
    activity: "Activité", "Activity";
    sheet: "Feuille Google", "Google Sheet";
    health: "Santé", "Health";
    reports: "Rapports", "Reports";
    settings: "Réglages", "Settings";
    signed_in_as: "Connecté avec", "Signed in with";
    no_login: "Sans connexion (bac à sable)", "No login needed (sandbox)";
    logout: "Se déconnecter", "Sign out";
    logout_everywhere: "Se déconnecter partout", "Sign out everywhere";
    other_language: "English", "Français";
    back: "Retour", "Back";
    undo: "Annuler", "Undo";
    confirm: "Confirmer", "Confirm";
    cancel: "Non, revenir", "No, go back";
    save: "Enregistrer", "Save";
    more: "Afficher la suite", "Show more";
    failed_to_load: "La page n’a pas pu être mise à jour. Nouvel essai en cours.", "The page could not be updated. Trying again.";
    nothing: "Rien pour l’instant", "Nothing yet";
}

/// A page that stands in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// How the day goes.
    Today,
    /// Who has a proxy number.
    Clients,
    /// Calls and texts as they come.
    Activity,
    /// The weekly report.
    Reports,
    /// The pool of proxy numbers.
    Numbers,
    /// Clients who are being confirmed.
    Confirmations,
    /// The Google Sheet.
    Sheet,
    /// How the service is.
    Health,
    /// What the operator may change.
    Settings,
}

impl Place {
    /// In the order in which the navigation shows them.
    const ALL: [Self; 9] = [
        Self::Today,
        Self::Clients,
        Self::Numbers,
        Self::Confirmations,
        Self::Activity,
        Self::Sheet,
        Self::Health,
        Self::Reports,
        Self::Settings,
    ];

    fn path(self) -> &'static str {
        match self {
            Self::Today => "/console/today",
            Self::Clients => "/console/clients",
            Self::Activity => "/console/activity",
            Self::Reports => "/console/reports",
            Self::Numbers => "/console/numbers",
            Self::Confirmations => "/console/confirmations",
            Self::Sheet => "/console/sheet",
            Self::Health => "/console/health",
            Self::Settings => "/console/settings",
        }
    }

    fn name(self, w: &Words) -> &'static str {
        match self {
            Self::Today => w.today,
            Self::Clients => w.clients,
            Self::Activity => w.activity,
            Self::Reports => w.reports,
            Self::Numbers => w.numbers,
            Self::Confirmations => w.confirmations,
            Self::Sheet => w.sheet,
            Self::Health => w.health,
            Self::Settings => w.settings,
        }
    }

    /// What a symbol for it draws: the `d` of a path in a square of 24.
    fn symbol(self) -> &'static str {
        match self {
            Self::Today => {
                "M12 3v2m0 14v2m9-9h-2M5 12H3m15.4-6.4-1.5 1.5M7 16.9l-1.4 1.5m12.8 0L16.9 17M7 7.1 5.6 5.6M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8z"
            }
            Self::Clients => {
                "M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM2 21a7 7 0 0 1 14 0M16 3.500a4 4 0 0 1 0 7.500M18 14.500a7 7 0 0 1 4 6.500"
            }
            Self::Activity => "M4 6h2m4 0h10M4 12h2m4 0h10M4 18h2m4 0h10",
            Self::Reports => "M5 20V10m5 10V4m5 16v-7m5 7V8",
            Self::Numbers => "M9 3L7 21M17 3l-2 18M4 9h17M3 15h17",
            Self::Confirmations => "M12 3l8 3v6c0 5-3.500 8-8 9c-4.500-1-8-4-8-9V6zM8.500 12l2.500 2.500l4.500-5",
            Self::Sheet => "M4 4h16v16H4zM4 10h16M4 15h16M10 4v16",
            Self::Health => "M3 12h4l3-7 4 14 3-7h4",
            Self::Settings => "M4 7h10M18 7h2M4 17h2M10 17h10M14 5v4M6 15v4",
        }
    }
}

/// A line of the navigation.
pub(crate) struct Entry {
    pub(crate) href: &'static str,
    pub(crate) name: &'static str,
    pub(crate) symbol: &'static str,
    pub(crate) current: bool,
}

/// What a notice or a badge is about, at a glance; never told by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// It went well.
    Good,
    /// Somebody should know.
    Warn,
    /// It did not go well.
    Bad,
    /// Neither.
    Plain,
    /// It goes on.
    Busy,
}

impl Tone {
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Plain => "plain",
            Self::Busy => "busy",
        }
    }
}

/// What was just done, and how to take it back.
pub(crate) struct Notice {
    pub(crate) tone: Tone,
    pub(crate) text: String,
    /// Where a form goes that takes it back, and its fields.
    pub(crate) undo: Option<(String, Vec<(&'static str, String)>)>,
}

impl Notice {
    /// It was done.
    pub(crate) fn done(text: impl Into<String>) -> Self {
        Self { tone: Tone::Good, text: text.into(), undo: None }
    }

    /// It was done, and a form to this address takes it back.
    pub(crate) fn with_undo(self, action: impl Into<String>, fields: Vec<(&'static str, String)>) -> Self {
        Self { undo: Some((action.into(), fields)), ..self }
    }
}

/// The frame of a page, as its template sees it.
pub(crate) struct Shell {
    pub(crate) w: &'static Words,
    pub(crate) lang: &'static str,
    pub(crate) other_lang: &'static str,
    /// The page itself, without its parameters.
    pub(crate) path: String,
    pub(crate) entries: Vec<Entry>,
    /// What forms send back.
    pub(crate) csrf: String,
    /// The token that opened the session; empty where none is needed.
    pub(crate) who: String,
    /// Whether acts are offered.
    pub(crate) may_operate: bool,
    /// Whether what is the administrator's is offered.
    pub(crate) may_admin: bool,
    pub(crate) notice: Option<Notice>,
    pub(crate) style: &'static str,
    pub(crate) script: &'static str,
    pub(crate) htmx: &'static str,
}

impl Shell {
    /// The frame around a page at a place; none: a page that the navigation does not show.
    pub(crate) fn new(session: &Session, place: Option<Place>) -> Self {
        let w = Words::of(session.language);
        let entry = |known: Place| Entry {
            href: known.path(),
            name: known.name(w),
            symbol: known.symbol(),
            current: place == Some(known),
        };
        Self {
            entries: Place::ALL.map(entry).into(),
            path: session.path.clone(),
            csrf: session.csrf().to_owned(),
            who: session.token.map(|name| name.to_string()).unwrap_or_default(),
            may_operate: session.may(Scope::Operate),
            may_admin: session.may(Scope::Admin),
            ..Self::bare(session.language)
        }
    }

    /// The frame of a page for somebody who is not signed in.
    pub(super) fn bare(language: Language) -> Self {
        let other = if language == Language::Fr { Language::En } else { Language::Fr };
        Self {
            w: Words::of(language),
            lang: language::code(language),
            other_lang: language::code(other),
            path: String::new(),
            entries: Vec::new(),
            csrf: String::new(),
            who: String::new(),
            may_operate: false,
            may_admin: false,
            notice: None,
            style: &assets::CONSOLE_STYLE.path,
            script: &assets::CONSOLE_SCRIPT.path,
            htmx: &assets::HTMX.path,
        }
    }

    pub(crate) fn with_notice(self, notice: Option<Notice>) -> Self {
        Self { notice, ..self }
    }
}

/// A page.
pub(crate) fn page(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => (status, [(header::CONTENT_SECURITY_POLICY, SECURITY)], Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A page that shows what was asked for.
pub(crate) fn shown(template: &impl Template) -> Result<Response, Trouble> {
    Ok(page(StatusCode::OK, template))
}

/// A page that shows others of ours in frames.
pub(crate) fn shown_with_frames(template: &impl Template) -> Result<Response, Trouble> {
    let mut response = shown(template)?;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, SECURITY_WITH_FRAMES);
    Ok(response)
}

/// After an act: to a page of ours that says that it was done. `done`: the word by which that page knows what to say.
pub(crate) fn back_to(path: &str, done: &str) -> Response {
    Redirect::to(&format!("{path}?done={done}")).into_response()
}

#[derive(Template)]
#[template(path = "console/trouble.html")]
struct TroublePage {
    shell: Shell,
    title: &'static str,
    text: String,
}

fn trouble_page(shell: Shell, language: Language, trouble: &Trouble) -> Response {
    let (title, text) = (trouble.title(language), trouble.text(language));
    let mut response = page(trouble.status(), &TroublePage { shell, title, text });
    if let Trouble::TooMany { retry_after_s } = trouble {
        response.headers_mut().insert(header::RETRY_AFTER, (*retry_after_s).into());
    }
    response
}

/// The page that says what went wrong, to somebody who is signed in.
pub(super) fn troubled(session: &Session, trouble: &Trouble) -> Response {
    trouble_page(Shell::new(session, None), session.language, trouble)
}

/// The same to somebody of whom that is not known.
pub(super) fn without_session(language: Language, trouble: &Trouble) -> Response {
    trouble_page(Shell::bare(language), language, trouble)
}
