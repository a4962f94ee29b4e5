//! The page about the Google Sheet: how far behind it is, what was put back and why, and a push where one will not wait.

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::{get, post},
};
use proxycall_domain::{Scope, sheet::Tab};
use proxycall_service::{
    ports::{
        LedgerError,
        ledger::{ProblemAt, SheetProblem},
    },
    sheet::SheetFailure,
};

use super::{
    Console, ConsoleState, Done, encoded,
    format::{self, Moment},
    layout::{self, Notice, Place, Shell, Tone},
    session::{Acting, Session},
    trouble::Trouble,
};
use crate::sentences::sentences;

const PATH: &str = "/console/sheet";
/// How many problems a page shows.
const SHOWN: u32 = 200;

sentences! { Words, alike [];
    title: "Feuille Google", "Google Sheet";
    lead: "La feuille suit l’application en quelques secondes, et ce que vous y corrigez revient ici.", "The sheet follows the record within seconds, and what you correct there comes back here.";
    none_title: "Aucune feuille n’est reliée", "No sheet is set up";
    none: "Indiquez GOOGLE_SHEET_NAME ou GOOGLE_SHEET_ID et la clé du compte de service, puis redémarrez. Le guide d’installation l’explique.", "Set GOOGLE_SHEET_NAME or GOOGLE_SHEET_ID and the service account’s key, then start again. The guide explains it.";
    well: "La feuille est à jour", "The sheet is up to date";
    waits: "Des lignes attendent d’être écrites", "Rows wait to be written";
    silent: "La feuille n’a pas encore été lue", "The sheet has not been read yet";
    failed: "Le dernier échange avec Google a échoué", "The last exchange with Google failed";
    read_at: "Dernière lecture", "Last read";
    written_at: "Dernière écriture", "Last written";
    waiting: "Lignes en attente", "Rows waiting";
    oldest: "la plus ancienne depuis", "the oldest for";
    rows: "Lignes suivies", "Rows followed";
    never: "jamais", "never";
    read_now: "Relire maintenant", "Read now";
    push: "Tout réécrire", "Write everything";
    push_why: "Chaque ligne de la feuille est comparée à l’application et réécrite si elle diffère. Les lignes supprimées d’un client ou d’un numéro actif reviennent.", "Every row of the sheet is compared with the record and written where it differs. Deleted rows of live clients and numbers come back.";
    read_done: "La feuille vient d’être relue.", "The sheet has just been read.";
    read_not: "La feuille a été lue il y a un instant ; elle le sera de nouveau dans quelques secondes.", "The sheet was read a moment ago and will be again within seconds.";
    pushed: "Toutes les lignes sont en cours de comparaison ; ce qui diffère est écrit dans les secondes qui viennent.", "All rows are being compared; what differs is written within seconds.";
    problems: "Ce qui a été refusé ou remis en place", "What was refused or put back";
    no_problems: "Aucune modification n’a été refusée.", "No edit was refused.";
    standing: "à corriger", "to be corrected";
    put_back: "remis en place", "put back";
    whole_tab: "tout l’onglet", "the whole tab";
    tab: "Onglet", "Tab";
    row: "Identifiant ou numéro", "Id or number";
    reason: "Raison", "Reason";
    since: "Depuis", "Since";
    state: "État", "State";
}

struct Line {
    tab: &'static str,
    key: String,
    /// Where that record is seen; empty: nowhere.
    href: String,
    reason: String,
    tone: Tone,
    state: &'static str,
    since: Moment,
}

struct Mirror {
    tone: Tone,
    verdict: &'static str,
    failure: String,
    read_at: Option<Moment>,
    written_at: Option<Moment>,
    waiting: String,
    /// How long the oldest has waited.
    oldest: String,
    rows: String,
}

#[derive(Template)]
#[template(path = "console/sheet.html")]
struct Page {
    shell: Shell,
    t: &'static Words,
    mirror: Option<Mirror>,
    lines: Vec<Line>,
    /// How many there are in all.
    total: String,
    /// Where the older ones stand.
    more: Option<String>,
    /// Whether this is where the newest stand.
    is_newest: bool,
}

pub(super) fn router() -> Router<Arc<Console>> {
    Router::new()
        .route(PATH, get(page))
        .route("/console/sheet/read", post(read))
        .route("/console/sheet/push", post(push))
}

async fn page(State(console): ConsoleState, session: Session, Query(done): Query<Done>) -> Result<Response, Trouble> {
    let t = Words::of(session.language);
    let service = &console.app.service;
    let notice = match done.word() {
        "read" => Some(Notice::done(t.read_done)),
        "not-read" => Some(Notice::done(t.read_not)),
        "pushed" => Some(Notice::done(t.pushed)),
        _ => None,
    };
    let status = service.sheet_status().await?;
    let count = |number| format::count(number, session.language);
    let moment = |at| format::moment(at, &session);
    let state = &status.state;
    let mirror = (service.sheet.is_some() || state.begun_at.is_some()).then(|| {
        let (tone, verdict) = match (&state.failure, state.read_at, state.waiting) {
            (Some(_), ..) => (Tone::Bad, t.failed),
            (None, None, _) => (Tone::Warn, t.silent),
            (None, Some(_), 0) => (Tone::Good, t.well),
            (None, Some(_), _) => (Tone::Busy, t.waits),
        };
        Mirror {
            tone,
            verdict,
            failure: state.failure.as_ref().map(|(why, _)| why.of(session.language).to_owned()).unwrap_or_default(),
            read_at: state.read_at.map(moment),
            written_at: state.written_at.map(moment),
            waiting: count(state.waiting),
            oldest: status.waited.map(|time| format::span(time.as_secs(), session.language)).unwrap_or_default(),
            rows: count(state.rows),
        }
    });
    let after = done.after().map(|at| ProblemAt::parse(at).ok_or(Trouble::NotFound)).transpose()?;
    let is_newest = after.is_none();
    let problems = service.ledger.sheet_problems(after, SHOWN).await?;
    let is_full = problems.len() == SHOWN as usize;
    let more = problems.last().filter(|_| is_full);
    let more = more.map(|last| format!("{PATH}?after={}", encoded(&last.at().to_string())));
    let lines = problems.iter().map(|problem| line(problem, t, &session)).collect();
    let shell = Shell::new(&session, Some(Place::Sheet)).with_notice(notice);
    layout::shown(&Page { shell, t, mirror, lines, total: count(status.state.problems), more, is_newest })
}

fn line(problem: &SheetProblem, t: &'static Words, session: &Session) -> Line {
    let digits = problem.key.trim_start_matches('+');
    let is_number = !digits.is_empty() && digits.bytes().all(|sign| sign.is_ascii_digit());
    let href = match problem.tab {
        Tab::Clients if is_number => format!("/console/clients/{digits}"),
        Tab::Pool if is_number => format!("/console/numbers/{digits}"),
        _ => String::new(),
    };
    Line {
        tab: problem.tab.title(),
        key: if problem.key.is_empty() { t.whole_tab.to_owned() } else { problem.key.clone() },
        href,
        reason: problem.reason.of(session.language).to_owned(),
        tone: if problem.standing { Tone::Warn } else { Tone::Plain },
        state: if problem.standing { t.standing } else { t.put_back },
        since: format::moment(problem.since, session),
    }
}

async fn read(State(console): ConsoleState, acting: Acting) -> Result<Response, Trouble> {
    acting.needs(Scope::Operate)?;
    let look = async { Ok::<_, LedgerError>(console.app.service.look_in_sheet().await) };
    let looked = acting.carry_out(&console.app, "read_sheet", "sheet", look).await?;
    Ok(layout::back_to(PATH, if looked { "read" } else { "not-read" }))
}

async fn push(State(console): ConsoleState, acting: Acting) -> Result<Response, Trouble> {
    acting.needs(Scope::Operate)?;
    acting.carry_out::<_, SheetFailure>(&console.app, "push_sheet", "sheet", console.app.service.mark_sheet()).await?;
    Ok(layout::back_to(PATH, "pushed"))
}
