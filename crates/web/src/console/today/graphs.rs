//! What calls and texts came to, as charts: by hour of the last day, or by day of the last week.

use jiff::{Timestamp, ZonedDateTime, civil::Date};
use proxycall_domain::{
    Channel, Language,
    figures::weekdays,
    traffic::{OutcomeGroup, TrafficHour},
};

use super::{
    super::{
        format::{count, day},
        session::Session,
    },
    Words,
};
use crate::charts::{Chart, Label, Markup, Series};

/// In short, and in full.
fn weekday(at: &ZonedDateTime, language: Language) -> (&'static str, &'static str) {
    let place = usize::try_from(at.weekday().to_monday_zero_offset()).unwrap_or_default();
    weekdays(language).get(place).copied().unwrap_or_default()
}

fn local(at: Timestamp, session: &Session) -> ZonedDateTime {
    at.to_zoned_datetime(session.zone.clone())
}

/// The day as people say it.
pub(super) fn today(session: &Session) -> String {
    let now = local(session.now, session);
    format!("{} {}", weekday(&now, session.language).1, day(&now, session.language))
}

/// The first moment of the day that was so many days ago.
pub(super) fn days_before(session: &Session, days: i32) -> Timestamp {
    let now = local(session.now, session);
    let first = now.checked_sub(jiff::Span::new().days(days)).and_then(|at| at.start_of_day());
    first.map_or(session.now, |at| at.timestamp())
}

/// What one bar is of.
struct Part {
    label: Label,
    hours: Vec<TrafficHour>,
}

/// Calls, then texts.
pub(super) fn by_hour(hours: &[TrafficHour], session: &Session) -> [Markup; 2] {
    let language = session.language;
    let part = |hour: &TrafficHour| {
        let at = local(hour.from, session);
        let (short, name) = match language {
            Language::Fr => {
                (format!("{}\u{a0}h", at.hour()), format!("{} {}\u{a0}h", weekday(&at, language).1, at.hour()))
            }
            Language::En => (format!("{:02}", at.hour()), format!("{} {:02}:00", weekday(&at, language).1, at.hour())),
        };
        Part { label: Label { short, full: name }, hours: vec![hour.clone()] }
    };
    let parts: Vec<Part> = hours.iter().map(part).collect();
    both(&parts, Words::of(language).hour, language)
}

/// Calls, then texts.
pub(super) fn by_day(hours: &[TrafficHour], session: &Session) -> [Markup; 2] {
    let language = session.language;
    let mut parts: Vec<(Date, Part)> = Vec::new();
    for hour in hours {
        let at = local(hour.from, session);
        let (short, name) = weekday(&at, language);
        match parts.last_mut().filter(|(date, _)| *date == at.date()) {
            Some((_, part)) => part.hours.push(hour.clone()),
            None => {
                let label = Label { short: short.to_owned(), full: format!("{name} {}", day(&at, language)) };
                parts.push((at.date(), Part { label, hours: vec![hour.clone()] }));
            }
        }
    }
    let parts: Vec<Part> = parts.into_iter().map(|(_, part)| part).collect();
    both(&parts, Words::of(language).day, language)
}

fn both(parts: &[Part], of: &'static str, language: Language) -> [Markup; 2] {
    [chart(Channel::Call, parts, of, language), chart(Channel::Text, parts, of, language)]
}

fn chart(channel: Channel, parts: &[Part], of: &'static str, language: Language) -> Markup {
    use OutcomeGroup::{Failed, NotAnswered, Reached, Refused, UnderWay};
    let t = Words::of(language);
    let series = |name: &str, groups: &[OutcomeGroup]| Series {
        name: name.to_owned(),
        values: parts.iter().map(|part| sum(part, channel, groups)).collect(),
    };
    let (id, title, series) = match channel {
        Channel::Call => {
            let reached = series(t.chart_reached_calls, &[Reached]);
            let lost = series(t.chart_not_answered, &[NotAnswered, Failed]);
            ("calls", t.chart_calls, vec![reached, lost, series(t.chart_refused, &[Refused])])
        }
        Channel::Text => {
            let reached = series(t.chart_reached_texts, &[Reached, UnderWay]);
            let lost = series(t.chart_failed, &[Failed]);
            ("texts", t.chart_texts, vec![reached, lost, series(t.chart_refused, &[Refused])])
        }
    };
    let total = |part: &Part| part.hours.iter().map(|hour| hour.total(channel)).sum::<u64>();
    let all: u64 = parts.iter().map(total).sum();
    let most = parts.iter().max_by_key(|part| total(part)).filter(|_| all > 0);
    let description = match most {
        Some(most) => {
            format!("{} {}, {} {}.", count(all, language), t.chart_in_all, t.chart_most, most.label.full)
        }
        None => t.chart_none.to_owned(),
    };
    let labels = parts.iter().map(|part| part.label.clone()).collect();
    Chart { id, title: title.to_owned(), description, of: of.to_owned(), labels, series, line: None, language }.figure()
}

fn sum(part: &Part, channel: Channel, groups: &[OutcomeGroup]) -> u64 {
    part.hours.iter().map(|hour| groups.iter().map(|group| hour.count(channel, *group)).sum::<u64>()).sum()
}
