//! Promises: what a cell holds is what Google makes of the same input: kept as it is (RAW), or read as a person's
//! typing (USER_ENTERED), where a phone in international format becomes a number.
//!
//! Source: developers.google.com/workspace/sheets/api/reference/rest/v4/ValueInputOption and ValueRenderOption. Dates,
//! percentages and currencies are kept as texts here; Google would turn them into numbers.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::formula::ArrayFormula;

/// How input is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Input {
    /// As it is.
    Raw,
    /// As a person's typing.
    UserEntered,
}

/// How an answer shows values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Render {
    /// Numbers are numbers.
    Unformatted,
    /// As a person sees them.
    Formatted,
    /// Formulas as they are written.
    Formula,
}

/// What a cell holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum Cell {
    #[default]
    Empty,
    Text(String),
    Number(f64),
    Bool(bool),
    /// A formula that is kept and not computed.
    Formula(String),
    /// A formula that fills the column below it.
    Array(ArrayFormula),
}

/// What a cell shows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shown<'a> {
    Blank,
    Text(Cow<'a, str>),
    Number(f64),
    Bool(bool),
}

impl Cell {
    /// From the API; none for what no cell can hold. `null` is not for cells: it leaves them as they are.
    pub(crate) fn from_json(value: &Json, input: Input, text_format: bool) -> Option<Self> {
        match value {
            Json::String(text) if input == Input::UserEntered => Some(Self::typed(text, text_format)),
            Json::String(text) if text.is_empty() => Some(Self::Empty),
            Json::String(text) => Some(Self::Text(text.clone())),
            Json::Number(number) => number.as_f64().map(Self::Number),
            Json::Bool(value) => Some(Self::Bool(*value)),
            Json::Null | Json::Array(_) | Json::Object(_) => None,
        }
    }

    /// What a person's typing becomes; in a cell whose format is text, all but formulas stay what they are.
    pub(crate) fn typed(text: &str, text_format: bool) -> Self {
        if text.is_empty() {
            return Self::Empty;
        }
        if let Some(forced) = text.strip_prefix('\'') {
            return Self::Text(forced.to_owned());
        }
        if text_format {
            return Self::Text(text.to_owned());
        }
        if text.starts_with('=') {
            return ArrayFormula::parse(text).map_or_else(|| Self::Formula(text.to_owned()), Self::Array);
        }
        if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
            return Self::Bool(text.eq_ignore_ascii_case("true"));
        }
        number(text).map_or_else(|| Self::Text(text.to_owned()), Self::Number)
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::Empty
    }

    /// What it shows by itself. An array formula's result is its tab's affair.
    pub(crate) fn shown(&self) -> Shown<'_> {
        match self {
            Self::Empty | Self::Array(_) => Shown::Blank,
            Self::Text(text) => Shown::Text(Cow::Borrowed(text)),
            Self::Number(number) => Shown::Number(*number),
            Self::Bool(value) => Shown::Bool(*value),
            // `=#REF!` is how a formula reads whose cells were deleted.
            Self::Formula(text) => {
                Shown::Text(Cow::Borrowed(text.strip_prefix('=').filter(|rest| rest.starts_with('#')).unwrap_or(text)))
            }
        }
    }
}

impl Shown<'_> {
    pub(crate) fn is_blank(&self) -> bool {
        matches!(self, Self::Blank)
    }

    /// As a person sees it.
    pub(crate) fn formatted(&self) -> String {
        match self {
            Self::Blank => String::new(),
            Self::Text(text) => text.to_string(),
            // `{}` of a float writes whole numbers without a point and never an exponent.
            Self::Number(number) => number.to_string(),
            Self::Bool(value) => value.to_string().to_uppercase(),
        }
    }

    /// As the API shows it.
    pub(crate) fn to_json(&self, render: Render) -> Json {
        match self {
            Self::Number(number) if render != Render::Formatted => {
                // Below 2^53 every whole number is exact, and Google writes it without a point.
                #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
                let whole = (number.fract() == 0.0 && number.abs() < 9e15).then_some(*number as i64);
                whole.map_or_else(|| Json::from(*number), Json::from)
            }
            Self::Bool(value) if render != Render::Formatted => Json::Bool(*value),
            _ => Json::String(self.formatted()),
        }
    }
}

/// A number as people write it: a sign, digits, a point, an exponent. Leading zeros are lost.
fn number(text: &str) -> Option<f64> {
    let digits = text.trim().trim_start_matches(['+', '-']);
    let numeric = digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    if !numeric || !digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    text.trim().parse::<f64>().ok().filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn typing_is_read_as_google_reads_it() {
        for (typed, cell) in [
            ("+33639980001", Cell::Number(33_639_980_001.0)),
            ("33639980001", Cell::Number(33_639_980_001.0)),
            ("0639980001", Cell::Number(639_980_001.0)),
            ("-1.5", Cell::Number(-1.5)),
            ("3.3639980001E10", Cell::Number(33_639_980_001.0)),
            ("'+33639980001", Cell::Text("+33639980001".into())),
            ("+33 6 39 98 00 01", Cell::Text("+33 6 39 98 00 01".into())),
            ("+", Cell::Text("+".into())),
            ("inf", Cell::Text("inf".into())),
            ("True", Cell::Bool(true)),
            ("=SUM(A1:A2)", Cell::Formula("=SUM(A1:A2)".into())),
            ("", Cell::Empty),
        ] {
            assert_eq!(Cell::typed(typed, false), cell, "{typed}");
        }
    }

    #[test]
    fn a_cell_formatted_as_text_keeps_what_is_typed() {
        assert_eq!(Cell::typed("+33639980001", true), Cell::Text("+33639980001".into()));
        assert_eq!(Cell::typed("=1", true), Cell::Text("=1".into()));
    }

    #[test]
    fn raw_input_is_kept_as_it_is() {
        for text in ["+33639980001", "=1", "'x", "TRUE"] {
            assert_eq!(Cell::from_json(&json!(text), Input::Raw, false), Some(Cell::Text(text.into())));
        }
        assert_eq!(Cell::from_json(&json!(""), Input::Raw, false), Some(Cell::Empty));
        assert_eq!(Cell::from_json(&json!(7), Input::Raw, false), Some(Cell::Number(7.0)));
        for unfit in [json!(null), json!([1]), json!({})] {
            assert_eq!(Cell::from_json(&unfit, Input::Raw, false), None);
        }
    }

    #[test]
    fn a_number_is_a_number_unless_it_is_asked_for_as_people_see_it() {
        let phone = Shown::Number(33_639_980_001.0);
        assert_eq!(phone.to_json(Render::Unformatted), json!(33_639_980_001_i64));
        assert_eq!(phone.to_json(Render::Formatted), json!("33639980001"));
        assert_eq!(Shown::Number(0.5).to_json(Render::Unformatted), json!(0.5));
        assert_eq!(Shown::Bool(true).to_json(Render::Formatted), json!("TRUE"));
        assert_eq!(Cell::Formula("=#REF!".into()).shown().formatted(), "#REF!");
    }
}
