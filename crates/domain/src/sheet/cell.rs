//! Promises: however a spreadsheet, a script or a hand wrote a value, it has one canonical form, and what cannot be
//! read is never mistaken for a value.
//!
//! What is tolerated is what the original's sheets hold (`original-behaviour` §3, §12.6): phones without `+`, with
//! spaces, as numbers; apostrophes in front; Python's dates.

use std::borrow::Cow;

use jiff::{Timestamp, civil::DateTime, tz::Offset};

use super::Kind;
use crate::{FieldError, PhoneNumber, client::parse_phone};

/// What a cell shows when its formula failed or has not answered yet.
const FORMULA_FAULTS: [&str; 10] =
    ["#REF!", "#N/A", "#ERROR!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "Loading..."];

/// The text without spaces around it and without the apostrophe that keeps a text a text.
#[must_use]
pub fn plain(cell: &str) -> &str {
    cell.trim_start_matches(|c: char| c.is_whitespace() || c == '\'').trim_end()
}

/// A phone as a spreadsheet may have left it: with an apostrophe in front, or as a number with a `.0`.
///
/// # Errors
/// Says which rule is broken, never the number.
pub fn phone(field: &'static str, cell: &str) -> Result<PhoneNumber, FieldError> {
    parse_phone(field, without_point(plain(cell)))
}

/// Whether the shop knows a client's address, in the words of its script (`original-behaviour` §7.7); none: not said.
#[must_use]
pub fn in_shop(cell: &str) -> Option<bool> {
    let said = |word: &str| plain(cell).eq_ignore_ascii_case(word);
    if said("Inscrit") { Some(true) } else { said("Non inscrit").then_some(false) }
}

/// A whole number that became one with a decimal point.
fn without_point(cell: &str) -> &str {
    cell.strip_suffix(".0").unwrap_or(cell)
}

/// The one form of a cell's value. Doing it twice changes nothing.
#[must_use]
pub fn canonical(kind: Kind, cell: &str) -> Cow<'_, str> {
    let text = cell.trim();
    if is_formula_fault(text) {
        return Cow::Borrowed(text);
    }
    match kind {
        Kind::Text => Cow::Borrowed(text),
        Kind::Number => number(text),
        Kind::Id => id(text),
        Kind::Mail if text.chars().any(char::is_uppercase) => Cow::Owned(text.to_lowercase()),
        Kind::Mail => Cow::Borrowed(text),
        Kind::Phone => match PhoneNumber::parse(without_point(plain(text))) {
            Ok(phone) => same_or_new(text, phone.expose()),
            Err(_) => Cow::Borrowed(plain(text)),
        },
        Kind::Lower => same_or_new(text, text.to_ascii_lowercase()),
        Kind::Upper => upper(text),
        Kind::Time => moment(text).map_or(Cow::Borrowed(text), |at| same_or_new(text, time(at))),
        Kind::NaiveTime => moment(text).map_or(Cow::Borrowed(text), |at| same_or_new(text, naive_time(at))),
    }
}

/// Whether a cell holds something that stands for no value: a formula's fault, or a number of which the sheet kept the
/// first digits only (`3.36399E+10`).
#[must_use]
pub fn is_unreadable(kind: Kind, cell: &str) -> bool {
    is_formula_fault(cell.trim()) || (matches!(kind, Kind::Phone | Kind::Number) && is_rounded(plain(cell)))
}

/// A moment as confirmations and assignments show it: `2026-03-01T09:30:00+00:00`.
#[must_use]
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

/// A moment as purchases and reservations show it: `2026-03-01T09:30:00`, in UTC.
#[must_use]
pub fn naive_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// Reads either form, also with a fraction of a second as Python writes it.
#[must_use]
pub fn moment(cell: &str) -> Option<Timestamp> {
    let text = plain(cell);
    text.parse().ok().or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        Offset::UTC.to_timestamp(civil).ok()
    })
}

fn same_or_new(text: &str, new: String) -> Cow<'_, str> {
    if text == new { Cow::Borrowed(text) } else { Cow::Owned(new) }
}

pub(super) fn is_formula_fault(text: &str) -> bool {
    FORMULA_FAULTS.iter().any(|fault| text.eq_ignore_ascii_case(fault))
}

fn is_rounded(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    text.split_once(['e', 'E']).is_some_and(|(head, power)| {
        let (whole, fraction) = head.split_once(['.', ',']).unwrap_or((head, "0"));
        digits(whole.trim_start_matches(['+', '-'])) && digits(fraction) && digits(power.trim_start_matches(['+', '-']))
    })
}

fn id(text: &str) -> Cow<'_, str> {
    let text = if text.contains(char::is_whitespace) {
        Cow::Owned(text.chars().filter(|c| !c.is_whitespace()).collect())
    } else {
        Cow::Borrowed(text)
    };
    let bare = plain(&text);
    let whole = without_point(bare);
    let bare = if whole.bytes().all(|byte| byte.is_ascii_digit()) { whole } else { bare };
    if bare.len() == text.len() { text } else { Cow::Owned(bare.to_owned()) }
}

fn number(text: &str) -> Cow<'_, str> {
    let text = id(text);
    match text.parse::<i64>().map(|number| number.to_string()) {
        Ok(number) if number != text => Cow::Owned(number),
        _ => text,
    }
}

/// `updated (mail)` becomes `UPDATED (mail)`.
fn upper(text: &str) -> Cow<'_, str> {
    let end = text.find('(').unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    if word.chars().any(|c| c.is_ascii_lowercase()) {
        Cow::Owned(word.to_ascii_uppercase() + rest)
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case::phone_with_spaces(Kind::Phone, " +33 6 39 98 00 01 ", "+33639980001")]
    #[case::phone_without_plus(Kind::Phone, "33639980001", "+33639980001")]
    #[case::phone_as_number(Kind::Phone, "33639980001.0", "+33639980001")]
    #[case::phone_as_text(Kind::Phone, "'+33639980001", "+33639980001")]
    #[case::national_phone_stands(Kind::Phone, "06 39 98 00 01", "06 39 98 00 01")]
    #[case::rounded_phone_stands(Kind::Phone, " 3.36399E+10", "3.36399E+10")]
    #[case::number_as_float(Kind::Number, "42.0", "42")]
    #[case::number_with_spaces(Kind::Number, "' 1 042", "1042")]
    #[case::number_with_zeros(Kind::Number, "0042", "42")]
    #[case::id_keeps_zeros(Kind::Id, " 'P-007 ", "P-007")]
    #[case::version_is_no_float(Kind::Id, "1.0.0", "1.0.0")]
    #[case::mail(Kind::Mail, " Zoe@Example.COM", "zoe@example.com")]
    #[case::text_keeps_its_apostrophe(Kind::Text, " 't Hooft ", "'t Hooft")]
    #[case::pool_word(Kind::Lower, "Available ", "available")]
    #[case::confirmation_word(Kind::Upper, "pending_call", "PENDING_CALL")]
    #[case::words_in_parentheses_stand(Kind::Upper, "Updated (mail + telephone)", "UPDATED (mail + telephone)")]
    #[case::pythons_aware_time(Kind::Time, "2025-12-20T10:00:00.123456+00:00", "2025-12-20T10:00:00+00:00")]
    #[case::time_elsewhere(Kind::Time, "2025-12-20T11:00:00+01:00", "2025-12-20T10:00:00+00:00")]
    #[case::pythons_naive_time(Kind::NaiveTime, "2025-12-20T10:00:00.123456", "2025-12-20T10:00:00")]
    #[case::no_time_stands(Kind::Time, "demain", "demain")]
    #[case::formula_fault_stands(Kind::Mail, "#REF!", "#REF!")]
    fn a_value_has_one_form(#[case] kind: Kind, #[case] cell: &str, #[case] form: &str) {
        assert_eq!(canonical(kind, cell), form);
    }

    #[rstest]
    fn a_formulas_fault_stands_for_no_value(
        #[values("#REF!", "#N/A", "#ERROR!", "#VALUE!", "#NAME?", "#DIV/0!", "Loading...", " #ref! ")] cell: &str,
        #[values(Kind::Number, Kind::Id, Kind::Text, Kind::Mail, Kind::Phone, Kind::Lower, Kind::Upper, Kind::Time)]
        kind: Kind,
    ) {
        assert!(is_unreadable(kind, cell));
        assert!(is_unreadable(kind, &canonical(kind, cell)));
    }

    #[rstest]
    #[case(Kind::Phone, "3.36399E+10", true)]
    #[case(Kind::Phone, "'3,36399e10", true)]
    #[case(Kind::Number, "1E+05", true)]
    #[case(Kind::Id, "1e5", false)]
    #[case(Kind::Text, "3.36399E+10", false)]
    #[case(Kind::Phone, "06 39 98 00 01", false)]
    #[case(Kind::Phone, "Émile", false)]
    #[case(Kind::Phone, "", false)]
    fn a_rounded_phone_or_id_stands_for_no_value(#[case] kind: Kind, #[case] cell: &str, #[case] unreadable: bool) {
        assert_eq!(is_unreadable(kind, cell), unreadable);
    }

    #[test]
    fn a_moment_reads_back_from_both_its_forms() {
        let at: Timestamp = "2026-03-01T09:30:00Z".parse().unwrap();
        assert_eq!((moment(&time(at)), moment(&naive_time(at))), (Some(at), Some(at)));
    }

    fn kinds() -> impl Strategy<Value = Kind> {
        use Kind::*;
        prop::sample::select(vec![Number, Id, Text, Mail, Phone, Lower, Upper, Time, NaiveTime])
    }

    proptest! {
        #[test]
        fn the_form_of_a_form_is_itself(
            kind in kinds(),
            cell in prop_oneof![
                "\\PC{0,20}",
                "[' +0-9.eE]{0,16}",
                "[0-9]{4}-[01][0-9]-[0-3][0-9][T ]?[0-2][0-9]?:?[0-9:.+Z-]{0,12}",
            ],
        ) {
            let once = canonical(kind, &cell).into_owned();
            prop_assert_eq!(canonical(kind, &once), once.as_str());
            prop_assert_eq!(is_unreadable(kind, &cell), is_unreadable(kind, &once));
        }
    }
}
