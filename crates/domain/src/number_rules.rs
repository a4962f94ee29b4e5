//! Promises: what a country's regulator and the carrier's terms say of proxy numbers, from the shipped tables
//! `data/number_rules.csv` and `data/caller_id_rules.csv`. What nobody could verify is unknown, never a guess.

use std::collections::HashMap;

use jiff::SignedDuration;
use serde::Deserialize;

use crate::{Countries, CountryCode, NumberType, PhoneNumber, TableError};

/// Whether a use of a number is permitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
pub enum Permission {
    /// The source permits it, perhaps under conditions that the row's note names.
    #[serde(rename = "yes")]
    Allowed,
    /// The source forbids it.
    #[serde(rename = "no")]
    Forbidden,
    /// Nothing was verified. It forbids nothing; `doctor` may warn.
    #[serde(rename = "unknown")]
    Unknown,
}

impl Permission {
    /// Whether the use must not be: what is unknown is not forbidden.
    #[must_use]
    pub fn is_forbidden(self) -> bool {
        self == Self::Forbidden
    }
}

/// A list of Twilio's on which numbers are for sale: a subresource of `AvailablePhoneNumbers/{country}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shelf {
    /// `Mobile`.
    Mobile,
    /// `Local`: geographic numbers and, in some countries, national ones.
    Local,
    /// `National`: non-geographic numbers, such as France's 09.
    National,
    /// `TollFree`: they cost the caller nothing. No rule of ours names it.
    TollFree,
}

impl Shelf {
    /// The carrier's word, as in `AvailablePhoneNumbers/FR/Local.json`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mobile => "Mobile",
            Self::Local => "Local",
            Self::National => "National",
            Self::TollFree => "TollFree",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Mobile, Self::Local, Self::National].into_iter().find(|shelf| shelf.as_str() == word)
    }
}

/// Where Twilio sells a country's numbers of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shelves {
    /// On these, in the order in which they are to be asked. Never empty.
    Known(Vec<Shelf>),
    /// Nowhere: there are no such numbers to buy.
    NotSold,
    /// Not verified: ask the carrier.
    Unknown,
}

/// What the carrier wants to have on record before it sells a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// An approved regulatory bundle (`BundleSid`).
    pub bundle: bool,
    /// An address (`AddressSid`).
    pub address: bool,
}

/// What holds for a country's numbers of one type, or for those that begin with certain digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberRule {
    /// Whose numbering plan.
    pub country: CountryCode,
    /// `local` includes national and non-geographic numbers.
    pub number_type: NumberType,
    /// Leading digits, dial code first, of the numbers that the rule is for; none: all others of country and type.
    pub prefix: Option<u64>,
    /// Where Twilio sells them.
    pub shelves: Shelves,
    /// Whether calls and texts between people may be relayed over them.
    pub interpersonal: Permission,
    /// Whether a machine's calls (a spoken code, a notice) may present them.
    pub automated_calls: Permission,
    /// Whether a machine's texts (a code, a notice) may come from them.
    pub automated_texts: Permission,
    /// What buying one takes. None: not verified.
    pub needs: Option<Needs>,
    /// How long one must be in use before it is given back, to the hour; zero where no minimum is known.
    pub min_hold: SignedDuration,
    /// One plain sentence for the operator.
    pub note: String,
    /// Title or address of the document, or `not verified`.
    pub source: String,
}

/// What becomes of a caller ID on its way to the phone that rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CallerIdFate {
    /// The number is shown, as far as the country's rules go. Between countries no carrier promises it.
    Shown,
    /// The call rings, without a number.
    Hidden,
    /// The call does not get through.
    Blocked,
    /// Not verified.
    Unknown,
}

/// What a country's operators do with caller IDs of calls that enter from abroad.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallerIdRule {
    /// Where the phone rings.
    pub country: CountryCode,
    /// Of another country's number.
    pub foreign: CallerIdFate,
    /// Of a number of this country, when the operator who takes the call in cannot verify it. A carrier that is an
    /// operator in the country, and hands the call over there with its number authenticated, is not affected.
    pub domestic_from_abroad: CallerIdFate,
    /// One plain sentence for the operator.
    pub note: String,
    /// Title or address of the document, or `not verified`.
    pub source: String,
}

/// Both tables.
#[derive(Debug)]
pub struct NumberRules {
    rules: Vec<NumberRule>,
    by_range: HashMap<(CountryCode, NumberType, Option<u64>), usize>,
    caller_ids: HashMap<CountryCode, CallerIdRule>,
}

const NUMBERS: &str = "number_rules.csv";
const CALLER_IDS: &str = "caller_id_rules.csv";

impl NumberRules {
    /// The tables that are shipped with the program.
    ///
    /// # Errors
    /// When a file was broken before it was built in; a test keeps that from happening.
    pub fn shipped() -> Result<Self, TableError> {
        Self::read(include_str!("../data/number_rules.csv"), include_str!("../data/caller_id_rules.csv"))
    }

    fn read(numbers: &str, caller_ids: &str) -> Result<Self, TableError> {
        let countries = Countries::shipped()?;
        let mut table = Self { rules: Vec::new(), by_range: HashMap::new(), caller_ids: HashMap::new() };
        for line in csv::Reader::from_reader(numbers.as_bytes()).deserialize() {
            table.add_number_rule(line, &countries).map_err(|problem| TableError { table: NUMBERS, problem })?;
        }
        for &(country, number_type, prefix) in table.by_range.keys() {
            if prefix.is_some() && !table.by_range.contains_key(&(country, number_type, None)) {
                let problem = format!("{country} {number_type} has prefixes but no row for all other numbers");
                return Err(TableError { table: NUMBERS, problem });
            }
        }
        for line in csv::Reader::from_reader(caller_ids.as_bytes()).deserialize() {
            table.add_caller_id_rule(line, &countries).map_err(|problem| TableError { table: CALLER_IDS, problem })?;
        }
        Ok(table)
    }

    fn add_number_rule(&mut self, line: csv::Result<NumberLine>, countries: &Countries) -> Result<(), String> {
        let line = line.map_err(|error| error.to_string())?;
        let range = (line.country, line.number_type, line.prefix);
        let broken = |problem: &str| Err(format!("{} {} {:?}: {problem}", line.country, line.number_type, line.prefix));
        if countries.get(line.country).is_none() {
            return broken("the country is not in countries.csv");
        }
        if line.prefix.is_some_and(|prefix| country_of_prefix(countries, prefix) != Some(line.country)) {
            return broken("the prefix is not of the country's dial codes");
        }
        if line.note.trim().is_empty() || line.source.trim().is_empty() {
            return broken("note and source must say something");
        }
        let Some(shelves) = parse_shelves(&line.sold) else {
            return broken("sold must be shelves (Mobile, Local, National), unknown, or empty");
        };
        let Some(needs) = parse_needs(&line.needs) else {
            return broken("needs must be of bundle and address, unknown, or empty");
        };
        if self.by_range.insert(range, self.rules.len()).is_some() {
            return broken("appears twice");
        }
        self.rules.push(NumberRule {
            country: line.country,
            number_type: line.number_type,
            prefix: line.prefix,
            shelves,
            interpersonal: line.interpersonal,
            automated_calls: line.automated_calls,
            automated_texts: line.automated_texts,
            needs,
            min_hold: SignedDuration::from_hours(line.min_hold_hours.into()),
            note: line.note,
            source: line.source,
        });
        Ok(())
    }

    fn add_caller_id_rule(&mut self, line: csv::Result<CallerIdRule>, countries: &Countries) -> Result<(), String> {
        let rule = line.map_err(|error| error.to_string())?;
        let country = rule.country;
        if countries.get(country).is_none() {
            return Err(format!("{country}: the country is not in countries.csv"));
        }
        if rule.note.trim().is_empty() || rule.source.trim().is_empty() {
            return Err(format!("{country}: note and source must say something"));
        }
        if self.caller_ids.insert(country, rule).is_some() {
            return Err(format!("{country} appears twice"));
        }
        Ok(())
    }

    /// What holds for a number: the row of the longest prefix that fits, else the country's row for the type.
    /// Without a number, as for one yet to be bought, always the latter. None: nothing is known of the country.
    #[must_use]
    pub fn rule(
        &self,
        country: CountryCode,
        number_type: NumberType,
        phone: Option<PhoneNumber>,
    ) -> Option<&NumberRule> {
        let row = |prefix| self.by_range.get(&(country, number_type, prefix));
        phone
            .and_then(|phone| phone.prefixes().find_map(|prefix| row(Some(prefix))))
            .or_else(|| row(None))
            .and_then(|row| self.rules.get(*row))
    }

    /// How long a number of the country must be in use before it is given back: the longest that its rows without
    /// prefix ask for, zero when nothing is known. [`NumberRules::rule`] knows the exceptions by prefix.
    #[must_use]
    pub fn min_hold(&self, country: CountryCode) -> SignedDuration {
        [NumberType::Mobile, NumberType::Local]
            .into_iter()
            .filter_map(|number_type| self.rule(country, number_type, None))
            .map(|rule| rule.min_hold)
            .max()
            .unwrap_or(SignedDuration::ZERO)
    }

    /// Where Twilio sells the country's numbers of a type.
    #[must_use]
    pub fn shelves(&self, country: CountryCode, number_type: NumberType) -> Shelves {
        self.rule(country, number_type, None).map_or(Shelves::Unknown, |rule| rule.shelves.clone())
    }

    /// What the person who is rung in `callee` sees when a call enters from abroad with a caller ID of `number`.
    ///
    /// The same country twice asks for a domestic number: a carrier's call may enter from abroad even then. The answer
    /// is what such a call risks, no reason to refuse it: see [`CallerIdRule::domestic_from_abroad`].
    #[must_use]
    pub fn caller_id(&self, callee: CountryCode, number: CountryCode) -> CallerIdFate {
        self.caller_id_rule(callee).map_or(CallerIdFate::Unknown, |rule| {
            if callee == number { rule.domestic_from_abroad } else { rule.foreign }
        })
    }

    /// The whole row for the country where the phone rings, with note and source.
    #[must_use]
    pub fn caller_id_rule(&self, callee: CountryCode) -> Option<&CallerIdRule> {
        self.caller_ids.get(&callee)
    }

    /// All rules for numbers, in the table's order.
    pub fn iter(&self) -> impl Iterator<Item = &NumberRule> {
        self.rules.iter()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NumberLine {
    country: CountryCode,
    number_type: NumberType,
    prefix: Option<u64>,
    sold: String,
    interpersonal: Permission,
    automated_calls: Permission,
    automated_texts: Permission,
    needs: String,
    min_hold_hours: u32,
    note: String,
    source: String,
}

fn parse_shelves(text: &str) -> Option<Shelves> {
    match text.trim() {
        "" => Some(Shelves::NotSold),
        "unknown" => Some(Shelves::Unknown),
        words => words.split_whitespace().map(Shelf::parse).collect::<Option<_>>().map(Shelves::Known),
    }
}

fn parse_needs(text: &str) -> Option<Option<Needs>> {
    if text.trim() == "unknown" {
        return Some(None);
    }
    let needs = text.split_whitespace().try_fold(Needs::default(), |needs, word| match word {
        "bundle" => Some(Needs { bundle: true, ..needs }),
        "address" => Some(Needs { address: true, ..needs }),
        _ => None,
    });
    needs.map(Some)
}

/// Whose the numbers are that begin with these digits: the longest dial code decides, as for a number.
fn country_of_prefix(countries: &Countries, prefix: u64) -> Option<CountryCode> {
    let heads = || std::iter::successors(Some(prefix), |head| (*head >= 10).then_some(head / 10));
    heads().find_map(|head| countries.iter().find(|country| country.dial_codes.contains(&head))).map(|c| c.code)
}

#[cfg(test)]
mod tests;
