//! Promises: one list of everything an operator may change while the service runs, each with default, meaning and check.
//!
//! A setting's default comes from the shipped tables or from the environment variable that [`env_name`] gives;
//! an operator's own value is a row in the store and wins over both.

use crate::{FieldError, Language, Phrase, Said};

/// One setting other than a sentence.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Its name, such as `calls.withheld`.
    pub key: &'static str,
    /// What holds when nobody says otherwise.
    pub default: &'static str,
    /// What it means and what may be written, in one or two sentences.
    pub meaning: &'static str,
}

/// All settings other than sentences; [`crate::Policy::set`] gives each its effect.
pub const SETTINGS: &[Setting] = &[
    Setting {
        key: "regions.allowed",
        default: "EU EEA CH FR-DOM",
        meaning: "From where proxy numbers may be called and texted: ISO country codes and the groups EU, EEA and \
                  FR-DOM, with spaces between. A client always reaches his own proxy number.",
    },
    Setting {
        key: "destinations.forbidden",
        default: "",
        meaning: "Further ranges that are never dialled, texted or remembered: leading digits with the country code, \
                  with spaces between.",
    },
    Setting {
        key: "destinations.permitted",
        default: "",
        meaning: "Ranges that are permitted although the shipped table forbids them, written in the same way. The \
                  longest range that fits a number decides.",
    },
    Setting {
        key: "calls.withheld",
        default: "refuse",
        meaning: "What callers with a hidden number meet: refuse (a spoken sentence) or connect (the client sees the \
                  proxy number; the caller is not remembered).",
    },
    Setting {
        key: "calls.ring_timeout",
        default: "25",
        meaning: "How long the other side is rung, in seconds, 5 to 600. Short of the time after which voicemail answers.",
    },
    Setting { key: "calls.time_limit", default: "3600", meaning: "How long a call may last, in seconds, 60 to 14400." },
    Setting {
        key: "texts.stop_words",
        default: "STOP STOPALL ARRET ARRÊT UNSUBSCRIBE",
        meaning: "Texts that consist of one of these words are recorded as a wish to receive no more, not relayed and \
                  not answered. Words with spaces between.",
    },
    Setting {
        key: "codes.channels",
        default: "sms voice email",
        meaning: "How a confirmation's code goes out, one after the other until somebody answers: sms, voice and email \
                  (a link, by text and by e-mail), with spaces between.",
    },
    Setting {
        key: "codes.after_sms",
        default: "60",
        meaning: "How long a text with a code is given before the next channel, in seconds, 20 to 3600.",
    },
    Setting {
        key: "codes.after_voice",
        default: "120",
        meaning: "How long a call with a code is given before the next channel, in seconds, 20 to 3600.",
    },
    Setting {
        key: "codes.after_email",
        default: "120",
        meaning: "How long a link is given before the next channel, in seconds, 20 to 3600.",
    },
    Setting {
        key: "codes.mailed_link",
        default: "enrols",
        meaning: "What the link in an e-mail does for somebody new: enrols, or asks_operator (the request waits until an \
                  operator approves it, because the link proves the e-mail address and not the phone).",
    },
    Setting {
        key: "limits.caller_per_number",
        default: "30",
        meaning: "How many calls, and how many texts, one caller may make to one proxy number in ten minutes, 1 to \
                  1000000. More hear or read that it was often, and reach nobody.",
    },
    Setting { key: "limits.caller", default: "120", meaning: "The same to all proxy numbers together." },
    Setting {
        key: "limits.token_per_second",
        default: "50",
        meaning: "How many requests one API token may make in a second in the long run, 1 to 1000000. More are answered \
                  429 with Retry-After.",
    },
    Setting {
        key: "limits.token_burst",
        default: "200",
        meaning: "How many requests one API token may make at once, 1 to 1000000.",
    },
    Setting {
        key: "limits.strangers",
        default: "60",
        meaning: "How many requests without a valid token one address may make to the API in ten minutes, 1 to 1000000. \
                  Further tokens from there are not looked at until then, but for those that it used before.",
    },
    Setting {
        key: "console.idle_minutes",
        default: "60",
        meaning: "After how many minutes without a click the console asks for the token again, 5 to 720. After twelve hours it \
                  always does.",
    },
    Setting {
        key: "languages.english",
        default: "",
        meaning: "Further countries whose clients are addressed in English, as ISO codes with spaces between.",
    },
    Setting {
        key: "alerts.language",
        default: "fr",
        meaning: "In which language letters to PROXYCALL_ALERT_EMAILS and notes in the sheet are: fr or en.",
    },
    Setting {
        key: "alerts.stock_below",
        default: "10",
        meaning: "When fewer numbers of a country and type than this are available, an alert is raised, 0 to 10000; 0: only \
                  when fewer than PROXYCALL_POOL_MIN are. Watched is whatever clients have numbers of, and \
                  TWILIO_PHONE_COUNTRY with TWILIO_NUMBER_TYPE once the pool has one or PROXYCALL_POOL_MIN is set.",
    },
    Setting {
        key: "alerts.repeat_minutes",
        default: "480",
        meaning: "After how many minutes an alert that still stands is mailed again, 5 to 10080.",
    },
    Setting {
        key: "report.enabled",
        default: "on",
        meaning: "Whether the weekly report is mailed to PROXYCALL_ALERT_EMAILS, on Sundays at 23:00: on or off.",
    },
    Setting {
        key: "report.time_zone",
        default: "Europe/Paris",
        meaning: "By which clock days and weeks begin in reports and letters: a name of the IANA database, such as \
                  Europe/Paris or Indian/Reunion.",
    },
    Setting {
        key: "retention.interactions_days",
        default: "365",
        meaning: "How long it is kept who was at the other end of a call or text, in days, 1 to 36500; 0: for ever. What \
                  remains are figures: when, through which number, how it ended.",
    },
    Setting {
        key: "retention.confirmations_days",
        default: "90",
        meaning: "How long name, e-mail address and phone of a confirmation are kept once it is over, in days, 1 to 36500; \
                  0: for ever. Its row in the sheet is emptied with them.",
    },
    Setting {
        key: "retention.closed_clients_days",
        default: "1095",
        meaning: "How long after a client was closed everything about the client is erased, here, in the sheet and at the \
                  carrier, in days, 30 to 36500; 0: never.",
    },
    Setting {
        key: "retention.alerts_days",
        default: "365",
        meaning: "How long alerts that are over are kept, in days, 1 to 36500; 0: for ever.",
    },
    Setting {
        key: "retention.carrier_days",
        default: "0",
        meaning: "After how many days the carrier's own record of a call or text is deleted, 1 to 36500; 0: it is left to \
                  the carrier. What is deleted there is missing in the carrier's console and bills.",
    },
];

/// A setting that does not exist, or a value that it cannot have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// No such setting.
    #[error("there is no setting {0}; `proxycall setting list` shows all")]
    Unknown(String),
    /// A value that makes no sense there.
    #[error("{key}: {problem}")]
    Value {
        /// The setting.
        key: String,
        /// What is wrong and what is expected.
        problem: Said,
    },
}

impl SettingError {
    /// It, in this language.
    #[must_use]
    pub fn of(&self, language: Language) -> String {
        match (self, language) {
            (Self::Value { key, problem }, _) => format!("{key}: {}", problem.of(language)),
            (Self::Unknown(key), Language::Fr) => {
                format!("le réglage {key} n’existe pas ; `proxycall setting list` les montre tous")
            }
            (Self::Unknown(_), Language::En) => self.to_string(),
        }
    }
}

impl From<FieldError> for SettingError {
    fn from(error: FieldError) -> Self {
        Self::Value { key: error.field.to_owned(), problem: error.problem }
    }
}

/// The environment variable that gives a setting another default: `calls.withheld` is `PROXYCALL_CALLS_WITHHELD`.
#[must_use]
pub fn env_name(key: &str) -> String {
    format!("PROXYCALL_{}", key.replace(['.', '-'], "_").to_uppercase())
}

/// The name of a sentence's setting: `phrase.call.busy.fr`.
#[must_use]
pub fn phrase_key(phrase: Phrase, language: Language) -> String {
    let language = match language {
        Language::Fr => "fr",
        Language::En => "en",
    };
    format!("phrase.{}.{language}", phrase.as_str())
}

/// The sentence that such a name means.
#[must_use]
pub fn phrase_of(key: &str) -> Option<(Phrase, Language)> {
    let (phrase, language) = key.strip_prefix("phrase.")?.rsplit_once('.')?;
    let language = match language {
        "fr" => Language::Fr,
        "en" => Language::En,
        _ => return None,
    };
    Some((Phrase::parse(phrase)?, language))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_has_a_setting_that_reads_back() {
        for phrase in Phrase::ALL {
            for language in [Language::Fr, Language::En] {
                assert_eq!(phrase_of(&phrase_key(*phrase, language)), Some((*phrase, language)));
            }
        }
        assert_eq!(phrase_of("phrase.call.busy.de"), None);
        assert_eq!(phrase_of("phrase.nonsense.fr"), None);
    }

    #[test]
    fn a_settings_variable_is_its_name_in_capitals() {
        assert_eq!(env_name("calls.ring_timeout"), "PROXYCALL_CALLS_RING_TIMEOUT");
    }
}
