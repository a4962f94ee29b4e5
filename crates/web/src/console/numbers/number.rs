//! One number: how it stands, its life, what passed through it, and what an operator may do with it.

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::{Path, RawQuery, State},
    response::Response,
    routing::{get, post},
};
use proxycall_domain::{
    ClientId, Interaction, NumberStatus, PhoneNumber, Scope,
    pool::{NumberPast, ProxyNumber, life::KeepReason},
};
use proxycall_service::{
    Service,
    pool::{Freed, NumberFailure},
    ports::{LedgerError, ledger::Moved},
};

use super::{PATH, Whose, Words, asked, country_name, path_of, whose, words::reason};
use crate::{
    carrier_work::to_its_end,
    console::{
        Console, ConsoleState,
        format::{Moment, moment, span},
        layout::{self, Notice, Place, Shell, Tone},
        session::{Acting, Session},
        trouble::Trouble,
        wording,
    },
};

/// How many calls and texts a number's page shows.
const LAST: u32 = 10;

pub(super) fn router() -> Router<Arc<Console>> {
    let act = |name: &str| format!("{PATH}/{{number}}/{name}");
    Router::new()
        .route(&format!("{PATH}/{{number}}"), get(page))
        .route(&act("assign"), post(assign))
        .route(&act("quarantine"), post(quarantine))
        .route(&act("aside"), post(set_aside))
        .route(&act("free"), post(end_rest))
        .route(&act("adopt"), post(adopt))
        .route(&act("release"), post(release))
}

/// The number in an address.
pub(super) fn number_of(text: &str) -> Result<PhoneNumber, Trouble> {
    PhoneNumber::parse(text).map_err(|_| Trouble::NotFound)
}

/// How a number is called in the audit log.
pub(super) fn subject(phone: PhoneNumber) -> String {
    format!("number {phone}")
}

/// What may be done with a number in its state.
#[derive(Default)]
struct Acts {
    assign: bool,
    /// To the client who had it before it rested.
    give_back: Option<ClientId>,
    quarantine: bool,
    aside: bool,
    end_rest: bool,
    adopt: bool,
    release: bool,
}

impl Acts {
    fn of(number: &ProxyNumber, former: Option<ClientId>) -> Self {
        use NumberStatus::{Assigned, Available, Error, Missing, Quarantined, Released, Reserved};
        let none = Self::default();
        match number.status {
            Available => Self { assign: true, quarantine: true, aside: true, release: true, ..none },
            Assigned => Self { quarantine: true, aside: true, release: true, ..none },
            Quarantined => Self { give_back: former, end_rest: true, aside: true, release: true, ..none },
            Error => Self { adopt: true, quarantine: number.client.is_none(), release: true, ..none },
            Missing => Self { adopt: true, release: true, ..none },
            Reserved | Released => none,
        }
    }
}

/// A state that it was in.
struct Past {
    since: Moment,
    tone: Tone,
    status: &'static str,
    client: Option<Whose>,
    actor: String,
    reason: String,
}

/// Something that passed through it.
struct Passed {
    at: Moment,
    what: String,
    party: String,
    tone: Tone,
    outcome: &'static str,
    lasted: Option<String>,
}

#[derive(Template)]
#[template(path = "console/number.html")]
struct Page {
    shell: Shell,
    t: &'static Words,
    path: String,
    number: String,
    tone: Tone,
    status: &'static str,
    since: Moment,
    until: Option<Moment>,
    reason: String,
    actor: String,
    whose: Option<Whose>,
    /// The confirmation that it is held for.
    holder: Option<Whose>,
    country: String,
    number_type: &'static str,
    calls: &'static str,
    texts: &'static str,
    called: String,
    added: Moment,
    note: Option<&'static str>,
    acts: Acts,
    /// Whether a client has it.
    theirs: bool,
    /// When it would be free again, put to rest now.
    rested: Moment,
    history: Vec<Past>,
    passed: Vec<Passed>,
    activity: String,
}

fn known(t: &Words, of: Option<bool>) -> &'static str {
    match of {
        Some(true) => t.yes,
        Some(false) => t.no,
        None => t.not_known,
    }
}

async fn page(
    State(console): ConsoleState,
    session: Session,
    Path(number): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Trouble> {
    let (t, service, language) = (Words::of(session.language), &console.app.service, session.language);
    let phone = number_of(&number)?;
    let file = service.ledger.number_file(phone, LAST).await?.ok_or(Trouble::NotFound)?;
    let number = &file.number;
    let policy = service.policy.current();
    let former = file.history.get(1).and_then(|before| before.client).filter(|_| number.client.is_none());
    let rested = session.now.checked_add(service.rest_of(number.country)).unwrap_or(session.now);
    let facts = number.carrier.as_ref();
    let holder = number
        .reservation
        .as_ref()
        .map(|id| Whose { href: format!("/console/confirmations/{}", crate::console::encoded(id)), name: id.clone() });
    let note = match number.status {
        NumberStatus::Reserved => Some(t.held_note),
        NumberStatus::Released if facts.is_some() => Some(t.releasing_note),
        NumberStatus::Released => Some(t.released_note),
        _ => None,
    };
    let done = done(asked(query).get("done"), t, phone, former, number.status);
    layout::shown(&Page {
        path: path_of(phone),
        number: wording::proxy(phone),
        tone: wording::status_tone(number.status),
        status: wording::status(number.status, language),
        since: moment(number.since, &session),
        until: number.held_until.map(|until| moment(until, &session)),
        reason: reason(&number.reason, language),
        actor: wording::actor(number.actor, language),
        whose: whose(number),
        holder,
        country: country_name(policy.countries(), number.country, language),
        number_type: wording::number_type(number.number_type, language),
        calls: known(t, facts.map(|facts| facts.voice)),
        texts: known(t, facts.map(|facts| facts.sms)),
        called: number.friendly_name.clone(),
        added: moment(number.added_at, &session),
        note,
        acts: Acts::of(number, former),
        theirs: number.client.is_some(),
        rested: moment(rested, &session),
        history: file.history.iter().map(|past| past_of(past, &session)).collect(),
        passed: file.activity.items.iter().map(|of| passed_of(&of.it, &session)).collect(),
        activity: format!("/console/activity?number={}", phone.expose().trim_start_matches('+')),
        shell: Shell::new(&session, Some(Place::Numbers)).with_notice(done),
        t,
    })
}

fn past_of(past: &NumberPast, session: &Session) -> Past {
    Past {
        since: moment(past.since, session),
        tone: wording::status_tone(past.status),
        status: wording::status(past.status, session.language),
        client: past.client.map(|id| Whose { href: format!("/console/clients/{id}"), name: format!("#{id}") }),
        actor: wording::actor(past.actor, session.language),
        reason: reason(&past.reason, session.language),
    }
}

fn passed_of(it: &Interaction, session: &Session) -> Passed {
    let language = session.language;
    Passed {
        at: moment(it.started_at, session),
        what: format!("{} {}", wording::channel(it.channel, language), wording::direction(it.direction, language)),
        party: it.party.map(|phone| phone.to_string()).unwrap_or_default(),
        tone: wording::tone(it.outcome),
        outcome: wording::outcome(it.outcome, language),
        lasted: it.duration_s.filter(|seconds| *seconds > 0).map(|seconds| span(seconds, language)),
    }
}

/// What was just done, and how it is taken back where a number's life allows that.
fn done(word: &str, t: &Words, phone: PhoneNumber, former: Option<ClientId>, status: NumberStatus) -> Option<Notice> {
    let to = |act: &str| format!("{}/{act}", path_of(phone));
    let (resting, aside) = (status == NumberStatus::Quarantined, status == NumberStatus::Error);
    let notice = match (word, former) {
        ("assigned", _) => Notice::done(t.done_assigned),
        ("abroad", _) => Notice { tone: Tone::Warn, ..Notice::done(t.done_abroad) },
        ("had", _) => Notice { tone: Tone::Warn, ..Notice::done(t.done_had) },
        ("resting", _) if resting => Notice::done(t.done_resting).with_undo(to("free"), Vec::new()),
        ("taken", Some(client)) if resting => {
            Notice::done(t.done_taken).with_undo(to("assign"), vec![("client_id", client.to_string())])
        }
        ("resting" | "taken", _) => Notice::done(t.done_resting),
        ("aside", _) if aside => Notice::done(t.done_aside).with_undo(to("adopt"), Vec::new()),
        ("freed", _) => Notice::done(t.done_freed).with_undo(to("quarantine"), Vec::new()),
        ("adopted", _) => Notice::done(t.done_adopted).with_undo(to("aside"), Vec::new()),
        ("released", _) => Notice::done(t.done_released),
        ("not_there", _) => Notice { tone: Tone::Warn, ..Notice::done(t.done_not_there) },
        ("wired", _) => Notice::done(t.done_wired),
        _ => return None,
    };
    Some(notice)
}

/// The first thing that was not done, as a reason of its own.
fn said(failed: Vec<NumberFailure>, t: &Words) -> Trouble {
    failed.into_iter().next().map_or(Trouble::Broken, |failure| Trouble::Because(format!("{} {}", t.said, failure.why)))
}

/// Why a number stays as it is.
fn kept(reason: KeepReason, t: &'static Words) -> Trouble {
    Trouble::Refused(match reason {
        KeepReason::Assigned => t.release_needs_force,
        KeepReason::Reserved => t.is_reserved,
        KeepReason::Released => t.is_released,
    })
}

/// A number of the pool.
async fn in_pool(service: &Service, phone: PhoneNumber) -> Result<ProxyNumber, Trouble> {
    Ok(service.ledger.number(phone).await?.ok_or(LedgerError::NumberUnknown)?)
}

async fn assign(State(console): ConsoleState, Path(number): Path<String>, acting: Acting) -> Result<Response, Trouble> {
    acting.needs(Scope::Operate)?;
    let (app, phone) = (&console.app, number_of(&number)?);
    let client = ClientId::parse("client_id", acting.field("client_id"))?;
    let work = app.service.assign_this_number(phone, client, acting.session.actor());
    let assigned = acting.carry_out(app, "assign_this_number", &format!("client {client}"), work).await?;
    let word = if assigned.before && assigned.phone != phone {
        "had"
    } else if lives_elsewhere(&app.service, client, phone).await? {
        "abroad"
    } else {
        "assigned"
    };
    Ok(layout::back_to(&path_of(phone), word))
}

/// Whether a client lives where a number is not from: it may be hidden on the way.
async fn lives_elsewhere(service: &Service, client: ClientId, phone: PhoneNumber) -> Result<bool, Trouble> {
    let (client, number) = (service.ledger.client(client).await?, service.ledger.number(phone).await?);
    Ok(client.zip(number).is_some_and(|(client, number)| client.country != number.country))
}

async fn quarantine(
    State(console): ConsoleState,
    Path(number): Path<String>,
    acting: Acting,
) -> Result<Response, Trouble> {
    acting.needs(Scope::Operate)?;
    let (app, phone, t) = (&console.app, number_of(&number)?, Words::of(acting.session.language));
    let before = in_pool(&app.service, phone).await?;
    if before.status == NumberStatus::Reserved {
        return Err(Trouble::Refused(t.is_reserved));
    }
    let numbers = [phone.expose()];
    // The button says that the client loses it.
    let force = acting.field("force") == "yes";
    let work = app.service.quarantine_numbers(&numbers, force, acting.session.actor());
    let report = acting.carry_out(app, "quarantine_numbers", &subject(phone), work).await?;
    if report.resting.is_empty() {
        return Err(if force { said(report.failed, t) } else { Trouble::Refused(t.release_needs_force) });
    }
    Ok(layout::back_to(&path_of(phone), if before.client.is_some() { "taken" } else { "resting" }))
}

async fn set_aside(
    State(console): ConsoleState,
    Path(number): Path<String>,
    acting: Acting,
) -> Result<Response, Trouble> {
    acting.needs(Scope::Operate)?;
    let (app, phone) = (&console.app, number_of(&number)?);
    let work = app.service.set_number_aside(phone, acting.session.actor());
    match acting.carry_out(app, "set_numbers_aside", &subject(phone), work).await? {
        Moved::Done { .. } | Moved::Already => Ok(layout::back_to(&path_of(phone), "aside")),
        Moved::Kept(reason) => Err(kept(reason, Words::of(acting.session.language))),
        Moved::Unknown => Err(Trouble::NotFound),
    }
}

async fn end_rest(
    State(console): ConsoleState,
    Path(number): Path<String>,
    acting: Acting,
) -> Result<Response, Trouble> {
    acting.needs(Scope::Operate)?;
    let (app, phone, t) = (&console.app, number_of(&number)?, Words::of(acting.session.language));
    let work = app.service.end_rest(phone, acting.session.actor());
    match acting.carry_out(app, "end_rests", &subject(phone), work).await? {
        Freed::Done => Ok(layout::back_to(&path_of(phone), "freed")),
        Freed::NotResting => Err(Trouble::Refused(t.not_resting)),
        Freed::TooSoon(until) => {
            Err(Trouble::Because(format!("{} {}.", t.too_soon, moment(until, &acting.session).text)))
        }
    }
}

async fn adopt(State(console): ConsoleState, Path(number): Path<String>, acting: Acting) -> Result<Response, Trouble> {
    acting.needs(Scope::Operate)?;
    let (app, phone, t) = (&console.app, number_of(&number)?, Words::of(acting.session.language));
    let (service, actor) = (Arc::clone(&app.service), acting.session.actor());
    let work = async move {
        Ok::<_, Trouble>(to_its_end(async move { service.adopt_numbers(&[phone.expose()], actor).await }).await??)
    };
    let report = acting.carry_out(app, "adopt_numbers", &subject(phone), work).await?;
    if !report.not_found.is_empty() {
        return Err(Trouble::Refused(t.not_in_account));
    }
    if report.adopted.is_empty() {
        Err(said(report.failed, t))
    } else {
        Ok(layout::back_to(&path_of(phone), "adopted"))
    }
}

async fn release(
    State(console): ConsoleState,
    Path(number): Path<String>,
    acting: Acting,
) -> Result<Response, Trouble> {
    acting.needs(Scope::Operate)?;
    let (app, phone, t) = (&console.app, number_of(&number)?, Words::of(acting.session.language));
    let before = in_pool(&app.service, phone).await?;
    let force = acting.field("force") == "yes";
    match before.status {
        NumberStatus::Reserved => return Err(Trouble::Refused(t.is_reserved)),
        NumberStatus::Released => return Err(Trouble::Refused(t.is_released)),
        // Also one that is missing or set aside is somebody's.
        _ if before.client.is_some() && !force => return Err(Trouble::Refused(t.release_needs_force)),
        _ => {}
    }
    let (service, actor) = (Arc::clone(&app.service), acting.session.actor());
    let work = async move {
        let numbers = [phone.expose()];
        Ok::<_, Trouble>(to_its_end(async move { service.release_numbers(&numbers, force, actor).await }).await??)
    };
    let report = acting.carry_out(app, "release_numbers", &subject(phone), work).await?;
    if !report.released.is_empty() {
        return Ok(layout::back_to(&path_of(phone), "released"));
    }
    if !report.not_found.is_empty() {
        return Ok(layout::back_to(&path_of(phone), "not_there"));
    }
    // It may have left the pool all the same: its page says so.
    Err(said(report.failed, t))
}
