//! Promises: a number's country by the longest dial code that fits, from the shipped table `data/countries.csv`.

use std::{collections::HashMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{FieldError, Language, PhoneNumber, Said, TableError};

/// An ISO 3166-1 alpha-2 code, upper-case. Well-formed, not necessarily in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CountryCode([u8; 2]);

/// Not two letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a country's two-letter ISO code, such as FR")]
pub struct CountryCodeError;

impl From<CountryCodeError> for Said {
    fn from(error: CountryCodeError) -> Self {
        ("doit être le code ISO à deux lettres d’un pays, comme FR", error.to_string()).into()
    }
}

impl CountryCode {
    /// France: what holds where nothing else is known.
    pub const FRANCE: Self = Self(*b"FR");

    /// Reads one field.
    ///
    /// # Errors
    /// When it is not two letters.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, FieldError> {
        text.parse().map_err(|error: CountryCodeError| FieldError::new(field, error))
    }
}

impl FromStr for CountryCode {
    type Err = CountryCodeError;

    fn from_str(text: &str) -> Result<Self, CountryCodeError> {
        match text.trim().as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Ok(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase()]))
            }
            _ => Err(CountryCodeError),
        }
    }
}

impl TryFrom<String> for CountryCode {
    type Error = CountryCodeError;

    fn try_from(text: String) -> Result<Self, CountryCodeError> {
        text.parse()
    }
}

impl From<CountryCode> for String {
    fn from(code: CountryCode) -> Self {
        code.to_string()
    }
}

impl fmt::Display for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b] = self.0;
        write!(f, "{}{}", char::from(a), char::from(b))
    }
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Country {
    /// ISO code.
    pub code: CountryCode,
    /// English name.
    pub name: String,
    /// French name.
    pub name_fr: String,
    /// Dial codes, as digits.
    pub dial_codes: Vec<u64>,
    /// `EU`, `EEA`, `FR-DOM`.
    pub groups: Vec<String>,
    /// What people there are addressed in.
    pub language: Language,
}

impl Country {
    /// Its name in a language.
    #[must_use]
    pub fn name_in(&self, language: Language) -> &str {
        match language {
            Language::Fr => &self.name_fr,
            Language::En => &self.name,
        }
    }

    /// The calling code shown in the sheet and the API: the first of the table's dial codes, `33`.
    #[must_use]
    pub fn calling_code(&self) -> u64 {
        self.dial_codes.first().copied().unwrap_or_default()
    }
}

/// The table of countries.
#[derive(Debug)]
pub struct Countries {
    rows: Vec<Country>,
    by_dial_code: HashMap<u64, usize>,
    by_code: HashMap<CountryCode, usize>,
}

const TABLE: &str = "countries.csv";

impl Countries {
    /// The table that is shipped with the program.
    ///
    /// # Errors
    /// When the file was broken before it was built in; a test keeps that from happening.
    pub fn shipped() -> Result<Self, TableError> {
        Self::read(include_str!("../data/countries.csv"))
    }

    fn read(text: &str) -> Result<Self, TableError> {
        #[derive(Deserialize)]
        struct Line {
            iso: CountryCode,
            name: String,
            name_fr: String,
            dial_codes: String,
            groups: String,
            language: Language,
        }
        let broken = |problem: String| TableError { table: TABLE, problem };
        let mut table = Self { rows: Vec::new(), by_dial_code: HashMap::new(), by_code: HashMap::new() };
        for line in csv::Reader::from_reader(text.as_bytes()).deserialize() {
            let line: Line = line.map_err(|error| broken(error.to_string()))?;
            let row = table.rows.len();
            let mut dial_codes = Vec::new();
            for code in line.dial_codes.split_whitespace() {
                let code: u64 = code.parse().map_err(|_| broken(format!("{}: {code} is no dial code", line.iso)))?;
                if table.by_dial_code.insert(code, row).is_some() {
                    return Err(broken(format!("dial code {code} appears twice")));
                }
                dial_codes.push(code);
            }
            if table.by_code.insert(line.iso, row).is_some() {
                return Err(broken(format!("country {} appears twice", line.iso)));
            }
            table.rows.push(Country {
                code: line.iso,
                name: line.name,
                name_fr: line.name_fr,
                dial_codes,
                groups: line.groups.split_whitespace().map(str::to_owned).collect(),
                language: line.language,
            });
        }
        Ok(table)
    }

    /// The country of a number.
    #[must_use]
    pub fn of(&self, phone: PhoneNumber) -> Option<&Country> {
        phone.prefixes().find_map(|prefix| self.by_dial_code.get(&prefix)).and_then(|row| self.rows.get(*row))
    }

    /// The country of an ISO code.
    #[must_use]
    pub fn get(&self, code: CountryCode) -> Option<&Country> {
        self.by_code.get(&code).and_then(|row| self.rows.get(*row))
    }

    /// All countries, in the table's order.
    pub fn iter(&self) -> impl Iterator<Item = &Country> {
        self.rows.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("+33639980001", "FR")]
    #[case("+351910000001", "PT")]
    #[case("+14155550101", "US")]
    #[case("+14165550101", "CA")]
    #[case("+447700900001", "GB")]
    #[case("+41760000001", "CH")]
    #[case("+4232300001", "LI")]
    #[case("+262692000001", "RE")]
    #[case("+262639000001", "YT")]
    #[case("+77010000001", "KZ")]
    #[case("+79160000001", "RU")]
    fn the_longest_dial_code_names_the_country(#[case] phone: &str, #[case] iso: &str) {
        let countries = Countries::shipped().unwrap();
        assert_eq!(countries.of(phone.parse().unwrap()).unwrap().code.to_string(), iso);
    }

    #[test]
    fn every_member_of_the_union_is_in_its_groups() {
        let countries = Countries::shipped().unwrap();
        let members = "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE";
        for iso in members.split(' ') {
            let country = countries.get(iso.parse().unwrap()).unwrap();
            assert!(["EU", "EEA"].iter().all(|group| country.groups.iter().any(|g| g == group)), "{iso}");
        }
        for iso in ["IS", "LI", "NO"] {
            assert_eq!(countries.get(iso.parse().unwrap()).unwrap().groups, ["EEA"], "{iso}");
        }
    }

    #[test]
    fn a_dial_code_that_appears_twice_is_refused() {
        let text = "iso,name,name_fr,dial_codes,groups,language\nAA,A,A,1 2,,fr\nBB,B,B,2,,fr\n";
        assert!(Countries::read(text).unwrap_err().to_string().contains("2 appears twice"));
    }

    #[rstest]
    #[case("fr", Some("FR"))]
    #[case(" FR ", Some("FR"))]
    #[case("FRA", None)]
    #[case("éé", None)]
    #[case("F1", None)]
    #[case("", None)]
    fn a_country_code_is_two_letters(#[case] text: &str, #[case] code: Option<&str>) {
        assert_eq!(text.parse::<CountryCode>().ok().map(|c| c.to_string()).as_deref(), code);
    }
}
