//! Promises: what operators are told by e-mail, in which language, how often and by which clock, in one value.

use jiff::SignedDuration;

use crate::{Language, Said, Zone, policy::within};

/// How operators are told what they should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operators {
    /// In which language.
    pub language: Language,
    /// Below how many available numbers of a country and type the stock is low; 0: the purchases' own limit counts alone.
    pub stock_below: u32,
    /// After how long an alert that still stands is told again.
    pub repeat: SignedDuration,
    /// By which clock days and weeks begin.
    pub zone: Zone,
    /// Whether the weekly report is sent.
    pub weekly: bool,
}

impl Default for Operators {
    /// What holds before the shipped defaults are read.
    fn default() -> Self {
        Self {
            language: Language::Fr,
            stock_below: 0,
            repeat: SignedDuration::from_hours(8),
            zone: Zone::utc(),
            weekly: false,
        }
    }
}

impl Operators {
    /// Gives a setting a value. None: it is none of ours; an error says what is expected.
    pub(crate) fn set(&mut self, key: &str, value: &str) -> Option<Result<(), Said>> {
        let set = match key {
            "alerts.language" => language(value).map(|language| self.language = language),
            "alerts.stock_below" => within(value, 0, 10_000).map(|count| self.stock_below = count),
            "alerts.repeat_minutes" => {
                within(value, 5, 10_080).map(|minutes| self.repeat = SignedDuration::from_mins(minutes.into()))
            }
            "report.enabled" => on_or_off(value).map(|weekly| self.weekly = weekly),
            "report.time_zone" => Zone::parse(value).map(|zone| self.zone = zone),
            _ => return None,
        };
        Some(set.ok_or_else(|| {
            let expected = match key {
                "alerts.language" => ("doit être fr ou en", "must be fr or en"),
                "alerts.stock_below" => ("doit être un nombre de 0 à 10000", "must be a number, 0 to 10000"),
                "alerts.repeat_minutes" => {
                    ("doit être un nombre de minutes, de 5 à 10080", "must be minutes, 5 to 10080")
                }
                "report.enabled" => ("doit être on ou off", "must be on or off"),
                _ => (
                    "doit être un nom de la base IANA des fuseaux horaires, comme Europe/Paris",
                    "must be a name of the IANA database of time zones, such as Europe/Paris",
                ),
            };
            expected.into()
        }))
    }
}

fn language(text: &str) -> Option<Language> {
    match text {
        "fr" => Some(Language::Fr),
        "en" => Some(Language::En),
        _ => None,
    }
}

fn on_or_off(text: &str) -> Option<bool> {
    match text {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}
