//! Promises: numbers are written as readers of each language write them.

use jiff::Timestamp;

use crate::{Language, Zone, report::Compared};

/// What stands between a number's thousands: a narrow space that does not break, or a comma.
fn separator(language: Language) -> char {
    match language {
        Language::Fr => '\u{202f}',
        Language::En => ',',
    }
}

/// A whole number: `12 345` or `12,345`.
#[must_use]
pub fn whole(number: u64, language: Language) -> String {
    let digits = number.to_string();
    let mut written = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            written.push(separator(language));
        }
        written.push(digit);
    }
    written
}

/// A share: `85 %` or `85%`; a dash where there is none.
#[must_use]
pub fn percent(share: Option<u64>, language: Language) -> String {
    match (share, language) {
        (None, _) => "–".to_owned(),
        (Some(share), Language::Fr) => format!("{}\u{202f}%", whole(share, language)),
        (Some(share), Language::En) => format!("{}%", whole(share, language)),
    }
}

/// How many of a hundred a part is, rounded; none of nothing.
#[must_use]
pub fn share(part: u64, of: u64) -> Option<u64> {
    (of > 0).then(|| (part * 100 + of / 2) / of)
}

/// How a week differs from the one before: `+3`, `−12`, `=`.
#[must_use]
pub fn change(figure: Compared<u64>, language: Language) -> String {
    let by = whole(figure.week.abs_diff(figure.before), language);
    match figure.week.cmp(&figure.before) {
        std::cmp::Ordering::Greater => format!("+{by}"),
        std::cmp::Ordering::Less => format!("\u{2212}{by}"),
        std::cmp::Ordering::Equal => "=".to_owned(),
    }
}

/// A day: `16 novembre 2026` or `16 November 2026`.
#[must_use]
pub fn day(day: jiff::civil::Date, language: Language) -> String {
    let months = match language {
        Language::Fr => [
            "janvier",
            "février",
            "mars",
            "avril",
            "mai",
            "juin",
            "juillet",
            "août",
            "septembre",
            "octobre",
            "novembre",
            "décembre",
        ],
        Language::En => [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
    };
    let month = usize::from(day.month().unsigned_abs()).checked_sub(1).and_then(|at| months.get(at)).unwrap_or(&"");
    let number = match (day.day(), language) {
        (1, Language::Fr) => "1er".to_owned(),
        (number, _) => number.to_string(),
    };
    format!("{number} {month} {}", day.year())
}

/// A moment by the operator's clock: `16 novembre 2026 à 09:05` or `16 November 2026, 09:05`.
#[must_use]
pub fn moment(at: Timestamp, zone: &Zone, language: Language) -> String {
    let shown = zone.show(at);
    let (hour, minute) = (shown.hour(), shown.minute());
    let day = day(shown.date(), language);
    match language {
        Language::Fr => format!("{day} à {hour:02}:{minute:02}"),
        Language::En => format!("{day}, {hour:02}:{minute:02}"),
    }
}

/// The days of a week, Monday first: in short, and in full.
#[must_use]
pub fn weekdays(language: Language) -> [(&'static str, &'static str); 7] {
    match language {
        Language::Fr => [
            ("lun.", "lundi"),
            ("mar.", "mardi"),
            ("mer.", "mercredi"),
            ("jeu.", "jeudi"),
            ("ven.", "vendredi"),
            ("sam.", "samedi"),
            ("dim.", "dimanche"),
        ],
        Language::En => [
            ("Mon", "Monday"),
            ("Tue", "Tuesday"),
            ("Wed", "Wednesday"),
            ("Thu", "Thursday"),
            ("Fri", "Friday"),
            ("Sat", "Saturday"),
            ("Sun", "Sunday"),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(0, "0", "0")]
    #[case(999, "999", "999")]
    #[case(1_000, "1\u{202f}000", "1,000")]
    #[case(1_234_567, "1\u{202f}234\u{202f}567", "1,234,567")]
    fn thousands_are_set_apart_as_each_language_does(#[case] number: u64, #[case] french: &str, #[case] english: &str) {
        assert_eq!((whole(number, Language::Fr).as_str(), whole(number, Language::En).as_str()), (french, english));
    }

    #[rstest]
    #[case(3, 3, "=")]
    #[case(0, 1_500, "+1,500")]
    #[case(1_500, 3, "−1,497")]
    fn a_change_has_its_sign(#[case] before: u64, #[case] week: u64, #[case] written: &str) {
        assert_eq!(change(Compared { before, week }, Language::En), written);
    }

    #[test]
    fn days_and_moments_are_told_by_the_operators_clock() {
        let (at, paris) = ("2026-10-31T23:05:00Z".parse().unwrap(), Zone::parse("Europe/Paris").unwrap());
        assert_eq!(moment(at, &paris, Language::Fr), "1er novembre 2026 à 00:05");
        assert_eq!(moment(at, &paris, Language::En), "1 November 2026, 00:05");
    }

    #[test]
    fn a_share_of_nothing_is_none() {
        assert_eq!((share(0, 0), share(2, 3)), (None, Some(67)));
        assert_eq!(
            (percent(Some(67), Language::Fr).as_str(), percent(None, Language::En).as_str()),
            ("67\u{202f}%", "–")
        );
    }
}
