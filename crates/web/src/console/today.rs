//! `/console/today`: where an operator begins: how the day goes, and what needs a hand.
//!
//! Promises: each figure leads to where it comes from, and each thing to be done to where it is done; nothing that is counted
//! here takes longer when there is more of it.

mod attention;
mod graphs;
mod words;

use std::sync::Arc;

use askama::Template;
use axum::{Router, extract::State, http::Uri, response::Response, routing::get};
use jiff::{SignedDuration, Timestamp};
use proxycall_domain::{
    Channel, NumberStatus,
    pool::stock::{Level, Stock},
    traffic::{OutcomeGroup, TrafficHour},
};
use proxycall_service::{
    Service,
    ports::{
        LedgerError,
        ledger::{BoardCounts, SheetState, Standing},
    },
};

use self::{
    attention::{Facts, Item},
    words::Words,
};
use super::{
    Console, ConsoleState,
    format::{colon, count, moment, span},
    layout::{self, Place, Shell, Tone},
    numbers::{self, Shelf, country_name},
    session::Session,
    trouble::Trouble,
};
use crate::{charts::Markup, pages::Fields};
pub(super) use attention::title;

/// Where the page is.
const PATH: &str = "/console/today";
/// More than so many lines are to be unfolded.
const ITEMS: usize = 6;

pub(super) fn router() -> Router<Arc<Console>> {
    Router::new().route(PATH, get(page))
}

/// A figure, and where it comes from.
struct Tile {
    label: &'static str,
    value: String,
    note: String,
    tone: Tone,
    href: &'static str,
}

#[derive(Template)]
#[template(path = "console/today.html")]
struct Page {
    shell: Shell,
    t: &'static Words,
    n: &'static numbers::Words,
    day: String,
    tiles: Vec<Tile>,
    items: Vec<Item>,
    others: Vec<Item>,
    by_day: bool,
    charts: [Markup; 2],
    shelves: Vec<Shelf>,
    /// This page as it is, to be asked for again.
    href: String,
}

/// What the store tells of the day.
struct Day {
    stock: Vec<Stock>,
    standing: Standing,
    board: BoardCounts,
    /// Calls and texts.
    under_way: (u64, u64),
    /// Since last midnight, or for 24 hours, whichever is longer; or for seven days.
    traffic: Vec<TrafficHour>,
    sheet: Option<SheetState>,
}

async fn page(State(console): ConsoleState, session: Session, uri: Uri) -> Result<Response, Trouble> {
    let fields = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    let by_day = fields.get("by") == "day";
    let service = &console.app.service;
    let midnight = session.now.to_zoned_datetime(session.zone.clone()).start_of_day();
    let midnight = midnight.map_or(session.now, |at| at.timestamp());
    let day_ago = session.now.checked_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN);
    let week = graphs::days_before(&session, 6);
    let from = if by_day { week } else { midnight.min(day_ago) };
    let day = Day::read(&console, from.min(day_ago), session.now).await?;
    let alerts = service.ledger.alerts().await?;
    let policy = service.policy.current();
    let lately: Vec<TrafficHour> = day.traffic.iter().filter(|hour| hour.from >= hour_of(day_ago)).cloned().collect();
    let today: Vec<TrafficHour> = day.traffic.iter().filter(|hour| hour.from >= midnight).cloned().collect();
    let facts = Facts {
        session: &session,
        countries: policy.countries(),
        alerts: &alerts,
        stock: day.stock.iter().map(|of| (of, service.stock_level(of))).collect(),
        traffic: &lately,
        board: day.board,
        standing: &day.standing,
        sheet: day.sheet.as_ref(),
        keeps_secret: service.ledger.keeps_secret(),
    };
    let mut items = facts.items();
    let others = if items.len() > ITEMS { items.split_off(ITEMS) } else { Vec::new() };
    let language = session.language;
    let n = numbers::Words::of(language);
    let name = |of: &Stock| country_name(policy.countries(), of.country, language);
    layout::shown(&Page {
        shell: Shell::new(&session, Some(Place::Today)),
        t: Words::of(language),
        n,
        day: graphs::today(&session),
        tiles: day.tiles(&today, &shortest(service, &day.stock, &session), &session),
        items,
        others,
        by_day,
        charts: if by_day { graphs::by_day(&day.traffic, &session) } else { graphs::by_hour(&lately, &session) },
        shelves: day
            .stock
            .iter()
            .map(|of| numbers::shelf(of, &name(of), service.stock_level(of), n, language))
            .collect(),
        href: if by_day { format!("{PATH}?by=day") } else { PATH.to_owned() },
    })
}

/// When an hour of counts began.
fn hour_of(at: Timestamp) -> Timestamp {
    let hour = at.as_second().div_euclid(3_600) * 3_600;
    Timestamp::from_second(hour).unwrap_or(at)
}

impl Day {
    async fn read(console: &Console, from: Timestamp, now: Timestamp) -> Result<Self, LedgerError> {
        let service = &console.app.service;
        let ledger = &service.ledger;
        let sheet = async {
            if service.sheet.is_none() {
                return Ok(None);
            }
            Ok(Some(ledger.sheet_state().await?))
        };
        let (stock, standing, board, under_way, traffic, sheet) = tokio::try_join!(
            ledger.stock(now),
            ledger.standing(now),
            ledger.board_counts(now),
            ledger.under_way(now),
            ledger.traffic(from, now),
            sheet,
        )?;
        Ok(Self { stock, standing, board, under_way, traffic, sheet })
    }

    fn tiles(&self, today: &[TrafficHour], (tone, shortest): &(Tone, String), session: &Session) -> Vec<Tile> {
        let (t, language) = (Words::of(session.language), session.language);
        let total = |channel| today.iter().map(|hour| hour.total(channel)).sum::<u64>();
        let (calls, texts) = self.under_way;
        let free: u64 = self.stock.iter().map(|of| of.count(NumberStatus::Available)).sum();
        let tile = |label, value: u64, note, href| Tile {
            label,
            value: count(value, language),
            note,
            tone: Tone::Plain,
            href,
        };
        let warned = |is_so| if is_so { Tone::Warn } else { Tone::Plain };
        let waiting = match self.board.waiting {
            0 => t.none_waiting.to_owned(),
            waiting => format!("{} {}", t.waiting, count(waiting, language)),
        };
        let mut tiles = vec![
            tile(t.calls, total(Channel::Call), share(today, Channel::Call, session), "/console/activity?channel=call"),
            tile(t.texts, total(Channel::Text), share(today, Channel::Text, session), "/console/activity?channel=text"),
            tile(
                t.under_way,
                calls + texts,
                format!("{} {}, {} {}", count(calls, language), t.calls_now, count(texts, language), t.texts_now),
                "/console/activity?result=under_way",
            ),
            Tile {
                tone: warned(self.board.waiting > 0),
                ..tile(t.confirmations, self.board.under_way, waiting, "/console/confirmations")
            },
            Tile { tone: *tone, ..tile(t.free, free, shortest.clone(), "/console/numbers") },
            self.jobs(session),
        ];
        tiles.extend(self.sheet(session));
        tiles
    }

    fn jobs(&self, session: &Session) -> Tile {
        let (t, language) = (Words::of(session.language), session.language);
        let due: Vec<_> = self.standing.jobs.iter().filter(|jobs| jobs.due <= session.now).collect();
        let waiting = due.iter().map(|jobs| jobs.count).sum();
        let since = due.iter().map(|jobs| session.now.duration_since(jobs.due).as_secs()).max();
        let is_late = since.is_some_and(|seconds| seconds > attention::LATE.as_secs());
        Tile {
            label: t.jobs,
            value: count(waiting, language),
            note: match since {
                Some(seconds) => format!("{} {}", t.oldest, span(seconds, language)),
                None => t.up_to_date.to_owned(),
            },
            tone: if is_late { Tone::Bad } else { Tone::Plain },
            href: "/console/health",
        }
    }

    fn sheet(&self, session: &Session) -> Option<Tile> {
        let (t, language) = (Words::of(session.language), session.language);
        let state = self.sheet.as_ref()?;
        let waited = state.oldest.map(|since| session.now.duration_since(since).as_secs());
        let value = match state.waiting {
            0 => t.sheet_fresh.to_owned(),
            waiting => count(waiting, language),
        };
        let note = match (waited, state.read_at) {
            (Some(seconds), _) if state.waiting > 0 => format!("{} {}", t.sheet_since, span(seconds, language)),
            (None, _) if state.waiting > 0 => t.sheet_waits.to_owned(),
            (_, Some(at)) => format!("{} {}", t.sheet_read, moment(at, session).text),
            _ => t.sheet_unread.to_owned(),
        };
        let tone = if state.failure.is_some() { Tone::Bad } else { Tone::Plain };
        Some(Tile { label: t.sheet, value, note, tone, href: "/console/sheet" })
    }
}

/// Which stock is the shortest, and how it stands. It is named: the tile counts the numbers of all countries.
fn shortest(service: &Service, stock: &[Stock], session: &Session) -> (Tone, String) {
    let (language, policy) = (session.language, service.policy.current());
    let (t, n) = (Words::of(language), numbers::Words::of(language));
    let rank = |of: &&Stock| match service.stock_level(of) {
        Level::Out => 0,
        Level::Low => 1,
        Level::Enough => 2,
        Level::Unneeded => 3,
    };
    let days = |of: &Stock| of.days_left().unwrap_or(f64::INFINITY);
    let worst = stock.iter().min_by(|one, other| rank(one).cmp(&rank(other)).then(days(one).total_cmp(&days(other))));
    let Some(of) = worst else { return (Tone::Plain, t.no_pace.to_owned()) };
    let shelf = numbers::shelf(
        of,
        &country_name(policy.countries(), of.country, language),
        service.stock_level(of),
        n,
        language,
    );
    match service.stock_level(of) {
        Level::Out | Level::Low => {
            (shelf.tone, format!("{} · {}{} {}", shelf.country, shelf.number_type, colon(language), shelf.word))
        }
        _ if of.days_left().is_some() => {
            (Tone::Plain, format!("{} · {}{} {}", shelf.country, shelf.number_type, colon(language), shelf.lasts))
        }
        _ => (Tone::Plain, t.no_pace.to_owned()),
    }
}

/// Of the calls, or texts, how many came to what they were for. Counted of all, refused ones too: a share of those that were
/// put through would read as if it were of all.
fn share(today: &[TrafficHour], channel: Channel, session: &Session) -> String {
    let t = Words::of(session.language);
    let of = |group| today.iter().map(|hour| hour.count(channel, group)).sum::<u64>();
    // Many a carrier never says of a text that it arrived: sent is what can be known.
    let sent = if channel == Channel::Text { of(OutcomeGroup::UnderWay) } else { 0 };
    let reached = of(OutcomeGroup::Reached) + sent;
    let all: u64 = today.iter().map(|hour| hour.total(channel)).sum();
    let (word, none) = match channel {
        Channel::Call => (t.answered, t.none_put_through),
        Channel::Text => (t.delivered, t.none_sent),
    };
    if all == 0 {
        return none.to_owned();
    }
    format!("{} {} {} {word}", count(reached, session.language), t.out_of, count(all, session.language))
}
