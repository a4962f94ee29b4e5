//! Pool and carrier's account side by side: what differs, where numbers lead, each shown before anything changes.

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::{Path, RawQuery, State},
    response::Response,
    routing::get,
};
use proxycall_domain::{PhoneNumber, Scope};
use proxycall_service::pool::{WebhookFilter, WebhookReport};

use super::{
    PATH, Words, asked,
    number::{number_of, subject},
    path_of,
};
use crate::{
    carrier_work::to_its_end,
    console::{
        Console, ConsoleState,
        format::count,
        layout::{self, Notice, Place, Shell, Tone},
        session::{Acting, Session},
        trouble::Trouble,
        wording,
    },
};

const SYNC: &str = "/console/numbers/sync";
const WEBHOOKS: &str = "/console/numbers/webhooks";

pub(super) fn router() -> Router<Arc<Console>> {
    Router::new()
        .route(SYNC, get(compare).post(apply))
        .route(WEBHOOKS, get(look_at_all).post(repair_all))
        .route(&format!("{PATH}/{{number}}/webhooks"), get(look_at_one).post(repair_one))
}

/// A number as a link.
struct Link {
    href: String,
    number: String,
}

fn link(phone: PhoneNumber) -> Link {
    Link { href: path_of(phone), number: wording::proxy(phone) }
}

/// The same for what the service names in E.164; none for what is no number.
fn link_to(text: &str) -> Option<Link> {
    PhoneNumber::parse(text).ok().map(link)
}

/// Numbers that differ in one way. Those that the pool does not know have no page yet.
struct Difference {
    title: &'static str,
    text: &'static str,
    tone: Tone,
    count: String,
    links: Vec<Link>,
    known: bool,
}

#[derive(Template)]
#[template(path = "console/numbers_sync.html")]
struct SyncPage {
    shell: Shell,
    t: &'static Words,
    account: String,
    pool: String,
    differences: Vec<Difference>,
    /// Whether applying changes anything.
    to_apply: bool,
    webhooks: &'static str,
}

async fn compare(
    State(console): ConsoleState,
    session: Session,
    RawQuery(query): RawQuery,
) -> Result<Response, Trouble> {
    let (t, language) = (Words::of(session.language), session.language);
    let (service, actor) = (Arc::clone(&console.app.service), session.actor());
    let report = to_its_end(async move { service.sync_numbers(false, actor).await }).await??;
    let found = &report.differences;
    let lists = [
        (t.unknown_title, t.unknown, Tone::Good, &found.unknown, false),
        (t.back_title, t.back_text, Tone::Good, &found.back, true),
        (t.elsewhere_title, t.elsewhere, Tone::Warn, &found.elsewhere, false),
        (t.missing_title, t.missing, Tone::Bad, &found.missing, true),
        (t.miswired_title, t.miswired, Tone::Warn, &found.miswired, true),
    ];
    let differences = lists.into_iter().filter(|(.., list, _)| !list.is_empty());
    let to_apply = lists.iter().take(4).any(|(.., list, _)| !list.is_empty());
    let number = |n: usize| count(u64::try_from(n).unwrap_or_default(), language);
    let notice = (asked(query).get("done") == "applied").then(|| Notice::done(t.done_applied));
    layout::shown(&SyncPage {
        account: number(report.total_account),
        pool: number(report.total_pool),
        differences: differences
            .map(|(title, text, tone, list, known)| Difference {
                title,
                text,
                tone,
                count: number(list.len()),
                links: list.iter().copied().map(link).collect(),
                known,
            })
            .collect(),
        to_apply,
        webhooks: WEBHOOKS,
        shell: Shell::new(&session, Some(Place::Numbers)).with_notice(notice),
        t,
    })
}

async fn apply(State(console): ConsoleState, acting: Acting) -> Result<Response, Trouble> {
    acting.needs(Scope::Operate)?;
    let (service, actor) = (Arc::clone(&console.app.service), acting.session.actor());
    let work =
        async move { Ok::<_, Trouble>(to_its_end(async move { service.sync_numbers(true, actor).await }).await??) };
    acting.carry_out(&console.app, "sync_pool", "", work).await?;
    Ok(layout::back_to(SYNC, "applied"))
}

/// Where a number leads, where it should not.
struct Astray {
    link: Link,
    calls: Option<String>,
    texts: Option<String>,
}

#[derive(Template)]
#[template(path = "console/numbers_webhooks.html")]
struct HooksPage {
    shell: Shell,
    t: &'static Words,
    /// Where it is repaired.
    path: String,
    /// The number that it is about; none: all.
    one: Option<Link>,
    checked: String,
    wanted_calls: String,
    wanted_texts: String,
    astray: Vec<Astray>,
    absent: Vec<Link>,
    /// Those that are set aside, and so left as they are.
    left: Vec<Link>,
}

async fn look(console: &Console, only: Option<PhoneNumber>) -> Result<WebhookReport, Trouble> {
    let service = Arc::clone(&console.app.service);
    let filter = WebhookFilter { phone: only, ..WebhookFilter::default() };
    Ok(to_its_end(async move { service.fix_webhooks(&filter, true, &mut |_, _| {}).await }).await??)
}

async fn look_at_all(
    State(console): ConsoleState,
    session: Session,
    RawQuery(query): RawQuery,
) -> Result<Response, Trouble> {
    let notice =
        (asked(query).get("done") == "wired").then(|| Notice::done(Words::of(session.language).done_wired_all));
    looked(&console, &session, None, notice).await
}

async fn look_at_one(
    State(console): ConsoleState,
    session: Session,
    Path(number): Path<String>,
) -> Result<Response, Trouble> {
    looked(&console, &session, Some(number_of(&number)?), None).await
}

async fn looked(
    console: &Console,
    session: &Session,
    only: Option<PhoneNumber>,
    notice: Option<Notice>,
) -> Result<Response, Trouble> {
    let t = Words::of(session.language);
    let report = look(console, only).await?;
    let wanted = console.app.service.wanted_wiring();
    let mut astray: Vec<Astray> = Vec::new();
    for (phone, url) in &report.need_voice {
        let Some(link) = link_to(phone) else { continue };
        astray.push(Astray { link, calls: Some(url.clone()), texts: None });
    }
    for (phone, url) in &report.need_text {
        let Some(link) = link_to(phone) else { continue };
        match astray.iter_mut().find(|known| known.link.href == link.href) {
            Some(known) => known.texts = Some(url.clone()),
            None => astray.push(Astray { link, calls: None, texts: Some(url.clone()) }),
        }
    }
    layout::shown(&HooksPage {
        path: only.map_or_else(|| WEBHOOKS.to_owned(), |phone| format!("{}/webhooks", path_of(phone))),
        one: only.map(link),
        checked: count(u64::try_from(report.checked).unwrap_or_default(), session.language),
        wanted_calls: wanted.voice.url,
        wanted_texts: wanted.text.url,
        astray,
        absent: report.not_found.iter().filter_map(|number| link_to(number)).collect(),
        left: report.failed.iter().filter_map(|failure| link_to(&failure.number)).collect(),
        shell: Shell::new(session, Some(Place::Numbers)).with_notice(notice),
        t,
    })
}

async fn repair_all(State(console): ConsoleState, acting: Acting) -> Result<Response, Trouble> {
    acting.needs(Scope::Operate)?;
    let report = repair(&console, &acting, None).await?;
    failed(&report, &acting)?;
    Ok(layout::back_to(WEBHOOKS, "wired"))
}

async fn repair_one(
    State(console): ConsoleState,
    Path(number): Path<String>,
    acting: Acting,
) -> Result<Response, Trouble> {
    acting.needs(Scope::Operate)?;
    let phone = number_of(&number)?;
    let report = repair(&console, &acting, Some(phone)).await?;
    failed(&report, &acting)?;
    Ok(layout::back_to(&path_of(phone), "wired"))
}

async fn repair(console: &Console, acting: &Acting, only: Option<PhoneNumber>) -> Result<WebhookReport, Trouble> {
    let service = Arc::clone(&console.app.service);
    let filter = WebhookFilter { phone: only, ..WebhookFilter::default() };
    let work = async move {
        Ok::<_, Trouble>(to_its_end(async move { service.fix_webhooks(&filter, false, &mut |_, _| {}).await }).await??)
    };
    let about = only.map(subject).unwrap_or_default();
    acting.carry_out(&console.app, "fix_webhooks", &about, work).await
}

/// What could not be mended although it should have been; what is set aside is left alone and no failure.
fn failed(report: &WebhookReport, acting: &Acting) -> Result<(), Trouble> {
    let t = Words::of(acting.session.language);
    let meant = |number: &String| report.need_voice.iter().chain(&report.need_text).any(|(phone, _)| phone == number);
    let Some(failure) = report.failed.iter().find(|failure| meant(&failure.number)) else { return Ok(()) };
    Err(Trouble::Because(format!("{} {} {}", t.hooks_failed, failure.number, failure.why)))
}
