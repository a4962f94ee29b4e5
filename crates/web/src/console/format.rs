//! Promises: times, spans and counts read as people at the operator's desk write them.

use jiff::{Timestamp, ZonedDateTime, tz::TimeZone};
use proxycall_domain::{Language, figures};

use super::session::Session;

const MONTHS_FR: [&str; 12] =
    ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."];
const MONTHS_EN: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A moment on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moment {
    /// As programs read it.
    pub(crate) iso: String,
    /// As people read it: the clock alone for today.
    pub(crate) text: String,
}

/// A moment as it reads now.
pub(crate) fn moment(at: Timestamp, session: &Session) -> Moment {
    moment_at(at, session.now, &session.zone, session.language)
}

fn moment_at(at: Timestamp, now: Timestamp, zone: &TimeZone, language: Language) -> Moment {
    let (then, today) = (at.to_zoned_datetime(zone.clone()), now.to_zoned_datetime(zone.clone()));
    let clock = format!("{:02}:{:02}", then.hour(), then.minute());
    let yesterday = today.yesterday().is_ok_and(|day| day.date() == then.date());
    let text = if then.date() == today.date() {
        clock
    } else if yesterday {
        match language {
            Language::Fr => format!("hier {clock}"),
            Language::En => format!("yesterday {clock}"),
        }
    } else if then.year() == today.year() {
        format!("{} {clock}", day(&then, language))
    } else {
        format!("{} {}", day(&then, language), then.year())
    };
    Moment { iso: at.to_string(), text }
}

/// A day without its year.
pub(crate) fn day(at: &ZonedDateTime, language: Language) -> String {
    let months = match language {
        Language::Fr => &MONTHS_FR,
        Language::En => &MONTHS_EN,
    };
    let month = usize::try_from(at.month() - 1).ok().and_then(|month| months.get(month)).copied().unwrap_or_default();
    format!("{} {month}", at.day())
}

/// How long something took or is ago, in the unit that people would use, rounded down.
pub(crate) fn span(seconds: i64, language: Language) -> String {
    let day_unit = if language == Language::Fr { "j" } else { "d" };
    let seconds = seconds.max(0);
    match seconds {
        0..=59 => format!("{seconds} s"),
        60..=3_599 if seconds % 60 == 0 || seconds >= 600 => format!("{} min", seconds / 60),
        60..=3_599 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..=86_399 => format!("{} h {:02}", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} {day_unit}", seconds / 86_400),
    }
}

/// What stands between a name and what it is.
pub(crate) fn colon(language: Language) -> &'static str {
    match language {
        Language::Fr => "\u{a0}:",
        Language::En => ":",
    }
}

/// A count, in groups of three.
pub(crate) fn count(number: u64, language: Language) -> String {
    figures::whole(number, language)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("2026-11-27T08:05:00Z", "09:05", "09:05")]
    #[case("2026-11-26T22:59:00Z", "hier 23:59", "yesterday 23:59")]
    #[case("2026-11-26T23:00:00Z", "00:00", "00:00")]
    #[case("2026-08-01T08:05:00Z", "1 août 10:05", "1 Aug 10:05")]
    #[case("2025-12-31T08:05:00Z", "31 déc. 2025", "31 Dec 2025")]
    fn a_moment_is_as_short_as_it_can_be(#[case] at: &str, #[case] fr: &str, #[case] en: &str) {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let now: Timestamp = "2026-11-27T12:00:00Z".parse().unwrap();
        let said = |language| moment_at(at.parse().unwrap(), now, &zone, language).text;
        assert_eq!((said(Language::Fr).as_str(), said(Language::En).as_str()), (fr, en));
    }

    #[rstest]
    #[case(0, "0 s")]
    #[case(125, "2 min 5 s")]
    #[case(720, "12 min")]
    #[case(3_725, "1 h 02")]
    #[case(200_000, "2 j")]
    fn a_span_is_in_the_unit_that_people_use(#[case] seconds: i64, #[case] text: &str) {
        assert_eq!(span(seconds, Language::Fr), text);
    }

    #[test]
    fn a_count_is_in_groups_of_three() {
        assert_eq!(count(1_234_567, Language::En), "1,234,567");
        assert_eq!(
            (count(999, Language::Fr), count(1_000, Language::Fr)),
            ("999".to_owned(), "1\u{202f}000".to_owned())
        );
    }
}
