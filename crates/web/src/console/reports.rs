//! `/console/reports`: a week in figures beside the week before, and the letters that operators get.
//!
//! Promises: the page comes at once, whatever there is to count; a letter is shown apart from our pages, and nothing in it runs.

mod counted;
mod letters;
mod words;

use std::{sync::Arc, time::Duration};

use askama::Template;
use axum::{Router, extract::State, http::Uri, response::Response, routing::get};
use proxycall_domain::{
    CountryCode, Language, Week,
    figures::{change, day, percent, share, whole},
    report::{Compared, Duplicate, Shared, Traffic, WeeklyReport},
};
use proxycall_service::Service;

pub(super) use self::counted::Counted;
use self::words::Words;
use super::{
    Console, ConsoleState,
    format::{self, Moment},
    layout::{self, Place, Shell, Tone},
    numbers::country_name,
    session::Session,
    trouble::Trouble,
    wording,
};
use crate::{
    charts::{self, Markup},
    pages::Fields,
};

/// Where the page is.
const PATH: &str = "/console/reports";
/// How many weeks can be looked at.
const WEEKS: usize = 12;
/// How long the page waits for figures before it is shown without.
const PATIENCE: Duration = Duration::from_millis(80);

pub(super) fn router() -> Router<Arc<Console>> {
    Router::new().route(PATH, get(page)).route("/console/reports/letter/{kind}", get(letters::letter))
}

/// A week to choose.
struct Choice {
    value: String,
    name: String,
    chosen: bool,
}

/// A figure at a glance.
struct Tile {
    label: &'static str,
    value: String,
    note: String,
}

/// A line of a table: what it is, and its figures.
struct Line {
    name: &'static str,
    figures: Vec<String>,
}

struct Stock {
    name: String,
    count: String,
    tone: Tone,
    word: &'static str,
}

struct Same {
    what: &'static str,
    masked: String,
    clients: Vec<String>,
}

/// A week, counted.
struct Figures {
    dates: String,
    made_at: Moment,
    tiles: Vec<Tile>,
    charts: [Markup; 2],
    activity: Vec<Line>,
    clients: Vec<Line>,
    is_low: bool,
    stock: Vec<Stock>,
    duplicates: Vec<Same>,
    more_duplicates: String,
}

#[derive(Template)]
#[template(path = "console/reports.html")]
struct Page {
    shell: Shell,
    t: &'static Words,
    weeks: Vec<Choice>,
    week: String,
    earlier: Option<String>,
    later: Option<String>,
    /// None: they are being counted.
    figures: Option<Figures>,
    /// Whether letters can be written.
    has_letters: bool,
    is_sample: bool,
}

/// The weeks that can be looked at, the newest first.
fn weeks(service: &Service) -> impl Iterator<Item = Week> {
    std::iter::successors(Some(service.this_week()), |week| Some(week.before())).take(WEEKS)
}

/// The week that an address names; without a name, this one.
fn week_of(fields: &Fields, service: &Service) -> Result<Week, Trouble> {
    match fields.get("week") {
        "" => Ok(service.this_week()),
        text => {
            let week = Week::parse("week", text)?;
            weeks(service).find(|known| *known == week).ok_or(Trouble::NotFound)
        }
    }
}

async fn page(State(console): ConsoleState, session: Session, uri: Uri) -> Result<Response, Trouble> {
    let fields = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    let (service, language) = (&console.app.service, session.language);
    let t = Words::of(language);
    let week = week_of(&fields, service)?;
    let report = console.counted.of(service, week, fields.get("anew") == "yes", PATIENCE).await.transpose()?;
    let policy = service.policy.current();
    let place = |country: CountryCode| country_name(policy.countries(), country, language);
    let known: Vec<Week> = weeks(service).collect();
    let position = known.iter().position(|one| *one == week).unwrap_or_default();
    let href = |week: &Week| format!("{PATH}?week={week}");
    let choice = |one: &Week| {
        let now = if *one == service.this_week() { format!(" ({})", t.this_week) } else { String::new() };
        let name = format!("{} {} · {}{now}", t.week, one.number(), dates(*one, language));
        Choice { value: one.to_string(), name, chosen: *one == week }
    };
    let (_, is_sample) = letters::alerts(service).await?;
    layout::shown_with_frames(&Page {
        shell: Shell::new(&session, Some(Place::Reports)),
        t,
        weeks: known.iter().map(choice).collect(),
        week: week.to_string(),
        earlier: known.get(position + 1).map(href),
        later: position.checked_sub(1).and_then(|position| known.get(position)).map(href),
        figures: report.map(|report| figures(&report, &session, place)),
        has_letters: service.mailer.is_some(),
        is_sample,
    })
}

/// From Monday to Sunday.
fn dates(week: Week, language: Language) -> String {
    let [first, last] = [week.day(0), week.day(6)];
    let last_in_full = day(last, language);
    let first_in_full = day(first, language);
    // What both have in common is said once.
    let same_month = (first.year(), first.month()) == (last.year(), last.month());
    let first_in_short = match same_month {
        true => first_in_full.split(' ').next().unwrap_or_default().to_owned(),
        false if first.year() == last.year() => {
            first_in_full.rsplit_once(' ').map_or(first_in_full.as_str(), |(day, _)| day).to_owned()
        }
        false => first_in_full,
    };
    format!("{first_in_short} – {last_in_full}")
}

fn figures(report: &WeeklyReport, session: &Session, place: impl Fn(CountryCode) -> String) -> Figures {
    let language = session.language;
    let t = Words::of(language);
    let duplicates: Vec<Same> = report.duplicates.iter().map(|one| same(one, t)).collect();
    let named = u64::try_from(duplicates.len()).unwrap_or(u64::MAX);
    let more = report.duplicate_count.saturating_sub(named);
    let state = |low| if low { (Tone::Warn, t.low) } else { (Tone::Good, t.enough) };
    let stock = report.available.iter().map(|of| {
        let (tone, word) = state(of.low);
        let name = format!("{} · {}", place(of.country), wording::number_type(of.number_type, language));
        Stock { name, count: whole(of.count, language), tone, word }
    });
    Figures {
        dates: dates(report.week, language),
        made_at: format::moment(report.made_at, session),
        tiles: tiles(report, language),
        charts: [charts::week_by_day(report, language).figure(), charts::week_by_hour(report, language).figure()],
        activity: activity(report, language),
        clients: clients(report, language),
        is_low: report.is_low(),
        stock: stock.collect(),
        duplicates,
        more_duplicates: if more > 0 { format!("{} {}", whole(more, language), t.and_more) } else { String::new() },
    }
}

fn part_of(report: &WeeklyReport, part: fn(&Traffic) -> u64) -> Compared<u64> {
    Compared { before: part(&report.traffic.before), week: part(&report.traffic.week) }
}

fn tiles(report: &WeeklyReport, language: Language) -> Vec<Tile> {
    let t = Words::of(language);
    let tile = |label, of: Compared<u64>| Tile {
        label,
        value: whole(of.week, language),
        note: match of.week == of.before {
            true => t.as_before.to_owned(),
            false => format!("{} {}", change(of, language), t.versus),
        },
    };
    let [before, answered] = [report.traffic.before, report.traffic.week].map(Traffic::answered_percent);
    vec![
        tile(t.calls, part_of(report, |of| of.calls)),
        Tile {
            label: t.answered,
            value: percent(answered, language),
            note: format!("{} {}", percent(before, language), t.before.to_lowercase()),
        },
        tile(t.texts, part_of(report, |of| of.texts)),
        tile(t.orders, report.orders),
        tile(t.assigned, report.assigned),
    ]
}

fn activity(report: &WeeklyReport, language: Language) -> Vec<Line> {
    let t = Words::of(language);
    let line = |name, of: Compared<u64>| Line {
        name,
        figures: vec![whole(of.before, language), whole(of.week, language), change(of, language)],
    };
    let [before, answered] =
        [report.traffic.before, report.traffic.week].map(|of| percent(of.answered_percent(), language));
    vec![
        line(t.calls, part_of(report, |of| of.calls)),
        Line { name: t.answered, figures: vec![before, answered, String::new()] },
        line(t.texts, part_of(report, |of| of.texts)),
        line(t.lost, part_of(report, |of| of.lost)),
        line(t.refused, part_of(report, |of| of.refused)),
        line(t.orders, report.orders),
        line(t.assigned, report.assigned),
    ]
}

fn clients(report: &WeeklyReport, language: Language) -> Vec<Line> {
    let (t, of) = (Words::of(language), report.clients);
    let line = |name, part: u64, all: u64| Line {
        name,
        figures: vec![whole(part, language), percent(share(part, all), language)],
    };
    vec![
        line(t.total, of.total, of.total),
        line(t.with_number, of.with_number, of.total),
        line(t.without_number, of.without_number(), of.total),
        line(t.in_shop, of.in_shop, of.with_number),
        line(t.not_in_shop, of.not_in_shop, of.with_number),
        line(t.shop_unknown, of.shop_unknown(), of.with_number),
        line(t.active, of.active, of.with_number),
        line(t.ordering, report.ordering_clients, of.with_number),
    ]
}

fn same(of: &Duplicate, t: &'static Words) -> Same {
    let what = match of.shared {
        Shared::Phone => t.same_phone,
        Shared::Mail => t.same_mail,
    };
    Same { what, masked: of.masked.clone(), clients: of.clients.iter().map(ToString::to_string).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("2026-W47", "16 – 22 novembre 2026", "16 – 22 November 2026")]
    #[case("2026-W49", "30 novembre – 6 décembre 2026", "30 November – 6 December 2026")]
    #[case("2026-W53", "28 décembre 2026 – 3 janvier 2027", "28 December 2026 – 3 January 2027")]
    fn a_weeks_days_are_said_once(#[case] week: &str, #[case] fr: &str, #[case] en: &str) {
        let week: Week = week.parse().unwrap();
        assert_eq!((dates(week, Language::Fr).as_str(), dates(week, Language::En).as_str()), (fr, en));
    }
}
