//! Promises: the two array formulas of the Clients tab fill the column below them as at Google: blank where the phone
//! is blank, and `#REF!` in the formula's own cell as soon as somebody writes into the column.
//!
//! Source: the customer's sheet (`client_iso_residency`, `client_country_code`), and Google's own words in the cell:
//! "Array result was not expanded because it would overwrite data in F608".

use std::borrow::Cow;

use super::{a1::column_name, cell::Shown};
use crate::geography::{country, dial_code};

/// What is computed for each row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Computed {
    /// The country of the phone, as ISO 3166-1 alpha-2.
    Residency,
    /// The dial code of the phone, a number.
    DialCode,
}

/// A formula that computes each row from its own on, in its own column, from the phone in another column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArrayFormula {
    /// What it computes.
    pub computed: Computed,
    /// The phones' column, from 0.
    pub phone_column: usize,
}

impl ArrayFormula {
    /// As a person types it; `row` is where its phones begin, from 0.
    #[must_use]
    pub fn text(self, row: usize) -> String {
        let name = match self.computed {
            Computed::Residency => "RESIDENCY",
            Computed::DialCode => "DIALCODE",
        };
        let (column, row) = (column_name(self.phone_column), row + 1);
        format!("=ARRAYFORMULA(IF({column}{row}:{column}=\"\",,{name}({column}{row}:{column})))")
    }

    /// Reads what [`ArrayFormula::text`] wrote.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("=ARRAYFORMULA(IF(")?;
        let area = super::a1::Area::parse(rest.split_once('=')?.0)?;
        [Computed::Residency, Computed::DialCode]
            .map(|computed| Self { computed, phone_column: area.left })
            .into_iter()
            .find(|formula| formula.text(area.top) == text)
    }

    /// The result for one phone.
    pub(crate) fn compute(self, phone: &Shown<'_>) -> Shown<'static> {
        let digits: String = phone.formatted().chars().filter(char::is_ascii_digit).collect();
        let number = format!("+{digits}");
        match self.computed {
            _ if digits.is_empty() => Shown::Blank,
            Computed::Residency => match country(&number) {
                "" => Shown::Text(Cow::Borrowed("#N/A")),
                country => Shown::Text(Cow::Borrowed(country)),
            },
            Computed::DialCode => match dial_code(&number).parse() {
                Ok(code) => Shown::Number(code),
                Err(_) => Shown::Text(Cow::Borrowed("#N/A")),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compute(computed: Computed, phone: &str) -> String {
        let formula = ArrayFormula { computed, phone_column: 3 };
        formula.compute(&Shown::Text(phone.into())).formatted()
    }

    #[test]
    fn a_phone_has_a_country_and_a_dial_code_however_it_is_written() {
        for phone in ["+33639980001", "33639980001", "+33 6 39 98 00 01"] {
            assert_eq!(compute(Computed::Residency, phone), "FR");
            assert_eq!(compute(Computed::DialCode, phone), "33");
        }
        assert_eq!(compute(Computed::Residency, "+3519"), "PT");
        assert_eq!(compute(Computed::Residency, "+999"), "#N/A");
        assert_eq!(compute(Computed::DialCode, "+999"), "#N/A");
        assert_eq!(compute(Computed::DialCode, ""), "");
    }

    #[test]
    fn what_is_typed_is_the_formula_again() {
        let formula = ArrayFormula { computed: Computed::Residency, phone_column: 3 };
        assert_eq!(formula.text(1), "=ARRAYFORMULA(IF(D2:D=\"\",,RESIDENCY(D2:D)))");
        assert_eq!(ArrayFormula::parse(&formula.text(1)), Some(formula));
        for other in ["=ARRAYFORMULA(A1:A)", "=ARRAYFORMULA(IF(D2:D=\"\",,UPPER(D2:D)))"] {
            assert_eq!(ArrayFormula::parse(other), None);
        }
    }
}
