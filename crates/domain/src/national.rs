//! Promises: what people type for a phone number, national or international, becomes one E.164 number, or a refusal that
//! says what is wrong and never what was typed. The rules of each country are the table `data/national_numbers.csv`.

use std::collections::HashMap;

use serde::Deserialize;

use crate::{CountryCode, PhoneNumber, TableError};

/// Why a text is not a phone number of the chosen country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NationalError {
    /// Nothing, or nothing but spaces.
    #[error("is empty")]
    Empty,
    /// A sign that belongs to no spelling of a number.
    #[error("holds a sign that is not part of a phone number")]
    Signs,
    /// No country has this calling code, or we do not know the chosen country.
    #[error("has a country code that does not exist")]
    Country,
    /// More or fewer digits than that country's numbers have.
    #[error("has too many or too few digits for its country")]
    Length,
}

/// How numbers of one country are written.
#[derive(Debug)]
struct Rule {
    calling_code: String,
    /// Longest first, so that `80` is not taken for `8` and a digit.
    trunks: Vec<String>,
    digits: Vec<usize>,
}

impl Rule {
    /// The digits that follow the calling code, of a number with or without its trunk prefix.
    fn significant<'a>(&self, national: &'a str) -> Option<&'a str> {
        let fits = |number: &str| self.digits.contains(&number.len());
        let without = self.trunks.iter().find_map(|trunk| {
            let rest = national.strip_prefix(trunk.as_str()).filter(|rest| fits(rest))?;
            // A number never begins with a trunk prefix of 0; it may begin with one of 8 or 1.
            (trunk.starts_with('0') || !fits(national)).then_some(rest)
        });
        let zero_is_trunk = self.trunks.iter().any(|trunk| trunk.starts_with('0'));
        without.or_else(|| (fits(national) && !(zero_is_trunk && national.starts_with('0'))).then_some(national))
    }
}

/// The rules of all countries.
#[derive(Debug)]
pub struct NationalNumbers {
    by_country: HashMap<CountryCode, usize>,
    rules: Vec<Rule>,
}

impl NationalNumbers {
    /// The table that is shipped with the program.
    ///
    /// # Errors
    /// When the file was broken before it was built in; a test keeps that from happening.
    pub fn shipped() -> Result<Self, TableError> {
        #[derive(Deserialize)]
        struct Line {
            iso: CountryCode,
            calling_code: String,
            trunk: String,
            digits: String,
        }
        let broken = |problem: String| TableError { table: "national_numbers.csv", problem };
        let mut table = Self { by_country: HashMap::new(), rules: Vec::new() };
        let text = include_str!("../data/national_numbers.csv");
        for line in csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes()).deserialize() {
            let line: Line = line.map_err(|error| broken(error.to_string()))?;
            let digits: Result<Vec<usize>, _> = line.digits.split_whitespace().map(str::parse).collect();
            let digits = digits.map_err(|_| broken(format!("{}: digits are no numbers", line.iso)))?;
            let mut trunks: Vec<String> = line.trunk.split_whitespace().map(str::to_owned).collect();
            trunks.sort_by_key(|trunk| std::cmp::Reverse(trunk.len()));
            if table.by_country.insert(line.iso, table.rules.len()).is_some() {
                return Err(broken(format!("country {} appears twice", line.iso)));
            }
            table.rules.push(Rule { calling_code: line.calling_code, trunks, digits });
        }
        Ok(table)
    }

    /// What `+…` begins with for a country: `33`.
    #[must_use]
    pub fn calling_code(&self, country: CountryCode) -> Option<&str> {
        self.rule(country).map(|rule| rule.calling_code.as_str())
    }

    /// Reads a number in any usual spelling: national with or without its trunk prefix, or whole with `+`, `00` or the
    /// bare calling code; spaces, dots, dashes, slashes and brackets between.
    ///
    /// # Errors
    /// Says which rule is broken, never what was read.
    pub fn read(&self, country: CountryCode, text: &str) -> Result<PhoneNumber, NationalError> {
        let (international, digits) = clean(text)?;
        let chosen = self.rule(country).ok_or(NationalError::Country)?;
        if international {
            return self.whole(chosen, &digits);
        }
        match chosen.significant(&digits) {
            Some(national) => number(&chosen.calling_code, national),
            // `33639980001`: whole, but for the sign.
            None if digits.starts_with(&chosen.calling_code) => self.whole(chosen, &digits),
            None => Err(NationalError::Length),
        }
    }

    /// Reads a whole number without `+`, in which only digits are left: as one of the chosen country if it can be, with or
    /// without its calling code; else as any country's.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_digits(&self, country: CountryCode, digits: &str) -> Result<PhoneNumber, NationalError> {
        self.read(country, digits).or_else(|_| self.read(country, &format!("+{digits}")))
    }

    /// A number that begins with a calling code: of the chosen country first, since several share one.
    fn whole(&self, chosen: &Rule, digits: &str) -> Result<PhoneNumber, NationalError> {
        let mut error = NationalError::Country;
        for rule in std::iter::once(chosen).chain(&self.rules) {
            if let Some(national) = digits.strip_prefix(rule.calling_code.as_str()) {
                error = NationalError::Length;
                if let Some(national) = rule.significant(national) {
                    return number(&rule.calling_code, national);
                }
            }
        }
        Err(error)
    }

    fn rule(&self, country: CountryCode) -> Option<&Rule> {
        self.by_country.get(&country).and_then(|row| self.rules.get(*row))
    }
}

fn number(calling_code: &str, national: &str) -> Result<PhoneNumber, NationalError> {
    PhoneNumber::parse(&format!("+{calling_code}{national}")).map_err(|_| NationalError::Length)
}

/// The digits, and whether they begin with a calling code.
fn clean(text: &str) -> Result<(bool, String), NationalError> {
    let mut signs = text.chars().filter(|sign| !is_separator(*sign)).peekable();
    let plus = signs.next_if_eq(&'+').is_some();
    let mut digits = String::new();
    for sign in signs {
        if !sign.is_ascii_digit() {
            return Err(NationalError::Signs);
        }
        digits.push(sign);
    }
    if digits.is_empty() {
        return Err(if plus { NationalError::Length } else { NationalError::Empty });
    }
    if plus {
        return Ok((true, digits));
    }
    Ok(match digits.strip_prefix("00") {
        Some(rest) => (true, rest.to_owned()),
        None => (false, digits),
    })
}

fn is_separator(sign: char) -> bool {
    sign.is_whitespace()
        || matches!(sign, '.' | '-' | '/' | '(' | ')' | '\u{2010}'..='\u{2015}' | '\u{2212}')
        // Invisible marks that telephones put around a number when it is copied from their contacts.
        || matches!(sign, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Countries;
    use proptest::{prelude::*, sample::select};
    use rstest::rstest;

    fn read(country: &str, text: &str) -> Result<String, NationalError> {
        let table = NationalNumbers::shipped().unwrap();
        table.read(country.parse().unwrap(), text).map(PhoneNumber::expose)
    }

    #[rstest]
    #[case("FR", "06 39 98 00 01", "+33639980001")]
    #[case("FR", "06.39.98.00.01", "+33639980001")]
    #[case("FR", "639980001", "+33639980001")]
    #[case("FR", "+33 (0)6 39 98 00 01", "+33639980001")]
    #[case("FR", "+33 06 39 98 00 01", "+33639980001")]
    #[case("FR", "0033 6-39-98-00-01", "+33639980001")]
    #[case("FR", "33639980001", "+33639980001")]
    #[case("FR", "\u{202a}+33\u{a0}6\u{202f}39 98 00 01\u{202c}", "+33639980001")]
    #[case("GB", "+33639980001", "+33639980001")]
    #[case("GB", "(07700) 900 123", "+447700900123")]
    #[case("US", "1 (415) 555-0101", "+14155550101")]
    #[case("US", "415-555-0101", "+14155550101")]
    #[case("IT", "06 1234 5678", "+390612345678")]
    #[case("IT", "+39 06 12345678", "+390612345678")]
    #[case("HU", "06 30 123 4567", "+36301234567")]
    #[case("LT", "8 612 34567", "+37061234567")]
    #[case("LT", "0 612 34567", "+37061234567")]
    #[case("LT", "800 12345", "+37080012345")]
    #[case("RU", "8 (916) 000-00-01", "+79160000001")]
    #[case("BY", "8 029 123 45 67", "+375291234567")]
    #[case("RE", "0692 12 34 56", "+262692123456")]
    #[case("AT", "0664 1234567", "+436641234567")]
    fn every_usual_spelling_is_one_number(#[case] country: &str, #[case] text: &str, #[case] number: &str) {
        assert_eq!(read(country, text).as_deref(), Ok(number));
    }

    #[rstest]
    #[case("FR", "", NationalError::Empty)]
    #[case("FR", " - ", NationalError::Empty)]
    #[case("FR", "+", NationalError::Length)]
    #[case("FR", "06 39 98 00 0", NationalError::Length)]
    #[case("FR", "06 39 98 00 011", NationalError::Length)]
    #[case("FR", "+33 6 39 98 00", NationalError::Length)]
    #[case("FR", "06 39 98 00 o1", NationalError::Signs)]
    #[case("FR", "06+39980001", NationalError::Signs)]
    #[case("FR", "٠٦٣٩٩٨٠٠٠١", NationalError::Signs)]
    #[case("FR", "+999 12345678", NationalError::Country)]
    #[case("ZZ", "0639980001", NationalError::Country)]
    fn what_is_no_number_is_refused_with_its_reason(
        #[case] country: &str,
        #[case] text: &str,
        #[case] reason: NationalError,
    ) {
        assert_eq!(read(country, text), Err(reason));
    }

    #[test]
    fn every_country_has_its_rule_and_calling_codes_agree_with_dial_codes() {
        let (table, countries) = (NationalNumbers::shipped().unwrap(), Countries::shipped().unwrap());
        assert_eq!(table.by_country.len(), countries.iter().count());
        for country in countries.iter() {
            let calling_code = table.calling_code(country.code).unwrap();
            assert!(
                country.dial_codes.iter().any(|code| code.to_string().starts_with(calling_code)),
                "{}",
                country.code
            );
        }
    }

    /// A country, digits that one of its numbers may have, and what stands between the digits.
    fn spelled() -> impl Strategy<Value = (CountryCode, String, Vec<&'static str>)> {
        let table = NationalNumbers::shipped().unwrap();
        let countries: Vec<_> = table
            .by_country
            .iter()
            .flat_map(|(country, row)| table.rules[*row].digits.iter().map(|length| (*country, *length)))
            .filter(|(country, length)| (8..=15).contains(&(table.calling_code(*country).unwrap().len() + length)))
            .collect();
        select(countries).prop_flat_map(|(country, length)| {
            let digits = proptest::string::string_regex(&format!("[2-9][0-9]{{{}}}", length - 1)).unwrap();
            (Just(country), digits, prop::collection::vec(select(vec!["", " ", ".", "-", "/", "\u{a0}"]), length))
        })
    }

    proptest! {
        #[test]
        fn national_and_international_spellings_agree((country, digits, between) in spelled()) {
            let table = NationalNumbers::shipped().unwrap();
            let rule = table.rule(country).unwrap();
            let spaced: String = digits.chars().zip(&between).flat_map(|(digit, space)| [digit.to_string(), (*space).to_owned()]).collect();
            let expected = Ok(format!("+{}{digits}", rule.calling_code));
            let mut spellings: Vec<_> = rule.trunks.iter().map(|trunk| format!("{trunk} {spaced}")).collect();
            spellings.extend([
                spaced.clone(),
                format!("+{} {spaced}", rule.calling_code),
                format!("00{} {spaced}", rule.calling_code),
            ]);
            for spelling in spellings {
                prop_assert_eq!(table.read(country, &spelling).map(PhoneNumber::expose), expected.clone(), "{} {}", country, spelling);
            }
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,40}") {
            for country in ["FR", "IT", "LT"] {
                let _ = read(country, &text);
            }
        }
    }
}
