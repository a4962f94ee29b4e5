//! Promises: all rules that tables and operators decide, in one value that is read without waiting and never changes
//! while a call is decided.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use jiff::SignedDuration;

use crate::{
    Countries, CountryCode, Language, PhoneNumber, Phrase, Said, TableError,
    confirmation::cascade::Cascade,
    confirmation::claim::MailedLink,
    destination::Destinations,
    limits::Limits,
    operators::Operators,
    phrase::Phrases,
    retention::Retention,
    setting::{SETTINGS, SettingError, phrase_of},
};

/// The rules in force. Cheap to share; a change makes a new one.
#[derive(Debug, Clone)]
pub struct Policy {
    countries: Arc<Countries>,
    shipped_destinations: Arc<Destinations>,
    destinations: Destinations,
    forbidden: Vec<u64>,
    permitted: Vec<u64>,
    allowed: HashSet<CountryCode>,
    english: HashSet<CountryCode>,
    stop_words: Vec<String>,
    phrases: Phrases,
    /// Whether callers with a hidden number are connected.
    pub connect_withheld: bool,
    /// How long the other side is rung, in seconds.
    pub ring_timeout_s: u32,
    /// How long a call may last, in seconds.
    pub time_limit_s: u32,
    /// How codes go out.
    pub codes: Cascade,
    /// What a mailed link does for somebody new.
    pub mailed_link: MailedLink,
    /// How often somebody may ask, call or write.
    pub limits: Limits,
    /// How long data is kept.
    pub retention: Retention,
    /// After how long without a click the console asks for the token again.
    pub console_idle: SignedDuration,
    /// How each setting other than a sentence was written.
    written: BTreeMap<&'static str, String>,
    /// What operators are told, and how.
    pub operators: Operators,
}

impl Policy {
    /// The rules that are shipped with the program.
    ///
    /// # Errors
    /// When a shipped table is broken; a test keeps that from happening.
    pub fn shipped() -> Result<Self, TableError> {
        let destinations = Destinations::shipped()?;
        let mut policy = Self {
            countries: Arc::new(Countries::shipped()?),
            shipped_destinations: Arc::new(destinations.clone()),
            destinations,
            forbidden: Vec::new(),
            permitted: Vec::new(),
            allowed: HashSet::new(),
            english: HashSet::new(),
            stop_words: Vec::new(),
            phrases: Phrases::shipped()?,
            connect_withheld: false,
            ring_timeout_s: 0,
            time_limit_s: 0,
            codes: Cascade {
                order: Vec::new(),
                after_sms: SignedDuration::ZERO,
                after_voice: SignedDuration::ZERO,
                after_email: SignedDuration::ZERO,
            },
            mailed_link: MailedLink::default(),
            limits: Limits::default(),
            retention: Retention::default(),
            console_idle: SignedDuration::ZERO,
            written: BTreeMap::new(),
            operators: Operators::default(),
        };
        for setting in SETTINGS {
            policy
                .set(setting.key, setting.default)
                .map_err(|error| TableError { table: "settings", problem: error.to_string() })?;
        }
        Ok(policy)
    }

    /// Gives one setting a value.
    ///
    /// # Errors
    /// When there is no such setting or the value makes no sense; nothing is changed then.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        let refuse = |problem: Said| SettingError::Value { key: key.to_owned(), problem };
        let value = value.trim();
        match key {
            "regions.allowed" => self.allowed = self.regions(value).map_err(refuse)?,
            "destinations.forbidden" | "destinations.permitted" => {
                let ranges = ranges(value).ok_or_else(|| {
                    refuse(
                        (
                            "doit être des débuts de numéros comme 33899, séparés par des espaces",
                            "must be leading digits such as 33899, with spaces between",
                        )
                            .into(),
                    )
                })?;
                if key == "destinations.forbidden" {
                    self.forbidden = ranges
                } else {
                    self.permitted = ranges
                }
                self.destinations =
                    Destinations::clone(&self.shipped_destinations).with(&self.forbidden, &self.permitted);
            }
            "calls.withheld" => {
                self.connect_withheld = match value {
                    "connect" => true,
                    "refuse" => false,
                    _ => return Err(refuse(("doit être refuse ou connect", "must be refuse or connect").into())),
                }
            }
            "calls.ring_timeout" => {
                self.ring_timeout_s = within(value, 5, 600).ok_or_else(|| {
                    refuse(("doit être un nombre de secondes, de 5 à 600", "must be seconds, 5 to 600").into())
                })?;
            }
            "calls.time_limit" => {
                self.time_limit_s = within(value, 60, 14_400).ok_or_else(|| {
                    refuse(("doit être un nombre de secondes, de 60 à 14400", "must be seconds, 60 to 14400").into())
                })?;
            }
            "texts.stop_words" => {
                self.stop_words = value.split_whitespace().map(str::to_uppercase).collect();
            }
            "codes.channels" => {
                self.codes.order = Cascade::parse_order(value).ok_or_else(|| {
                    refuse(
                        (
                            "doit être les mots sms, voice et email, chacun une fois, séparés par des espaces",
                            "must be the words sms, voice and email, each once, with spaces between",
                        )
                            .into(),
                    )
                })?;
            }
            "console.idle_minutes" => {
                let minutes = within(value, 5, 720).ok_or_else(|| {
                    refuse(("doit être un nombre de minutes, de 5 à 720", "must be minutes, 5 to 720").into())
                })?;
                self.console_idle = SignedDuration::from_mins(minutes.into());
            }
            "codes.after_sms" | "codes.after_voice" | "codes.after_email" => {
                let wait = within(value, 20, 3600).ok_or_else(|| {
                    refuse(("doit être un nombre de secondes, de 20 à 3600", "must be seconds, 20 to 3600").into())
                })?;
                let slot = match key {
                    "codes.after_sms" => &mut self.codes.after_sms,
                    "codes.after_voice" => &mut self.codes.after_voice,
                    _ => &mut self.codes.after_email,
                };
                *slot = SignedDuration::from_secs(wait.into());
            }
            "codes.mailed_link" => {
                self.mailed_link = MailedLink::parse(value).ok_or_else(|| {
                    refuse(("doit être enrols ou asks_operator", "must be enrols or asks_operator").into())
                })?;
            }
            "limits.caller_per_number"
            | "limits.caller"
            | "limits.token_per_second"
            | "limits.token_burst"
            | "limits.strangers" => {
                let slot = match key {
                    "limits.caller_per_number" => &mut self.limits.caller_per_number,
                    "limits.caller" => &mut self.limits.caller,
                    "limits.token_per_second" => &mut self.limits.token_per_second,
                    "limits.token_burst" => &mut self.limits.token_burst,
                    _ => &mut self.limits.strangers,
                };
                *slot = within(value, 1, 1_000_000).ok_or_else(|| {
                    refuse(("doit être un nombre de 1 à 1000000", "must be a number, 1 to 1000000").into())
                })?;
            }
            "languages.english" => self.english = self.regions(value).map_err(refuse)?,
            _ => {
                if let Some(set) = self.retention.set(key, value).or_else(|| self.operators.set(key, value)) {
                    set.map_err(refuse)?;
                } else {
                    self.set_sentence(key, value)?;
                }
            }
        }
        if let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) {
            self.written.insert(setting.key, value.to_owned());
        }
        Ok(())
    }

    fn set_sentence(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        let refuse = |problem: Said| SettingError::Value { key: key.to_owned(), problem };
        let (phrase, language) = phrase_of(key).ok_or_else(|| SettingError::Unknown(key.to_owned()))?;
        // Of signs alone that no document can hold, nothing would be left to say.
        let says_nothing = value.chars().all(|sign| sign.is_control() || sign.is_whitespace());
        if says_nothing || value.chars().count() > 600 {
            return Err(refuse(
                ("doit être une phrase de 1 à 600 caractères", "must be a sentence of 1 to 600 characters").into(),
            ));
        }
        if let Some(place) = phrase.places().iter().find(|place| !value.contains(**place)) {
            let fr = format!("doit contenir {place}, là où va la valeur");
            return Err(refuse((fr, format!("must hold {place}, where the value goes")).into()));
        }
        self.phrases.replace(phrase, language, value.to_owned());
        Ok(())
    }

    /// What a setting or sentence is now, as one would write it; none: there is no such setting.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&str> {
        match self.written.get(key) {
            Some(value) => Some(value),
            None => phrase_of(key).map(|(phrase, language)| self.sentence(phrase, language)),
        }
    }

    fn regions(&self, text: &str) -> Result<HashSet<CountryCode>, Said> {
        let mut found = HashSet::new();
        for word in text.split([' ', ',', ';']).filter(|word| !word.is_empty()) {
            let word = word.to_uppercase();
            let before = found.len();
            found.extend(self.countries.iter().filter(|c| c.groups.contains(&word)).map(|c| c.code));
            if let Some(country) = word.parse().ok().and_then(|code| self.countries.get(code)) {
                found.insert(country.code);
            } else if found.len() == before && !self.countries.iter().any(|c| c.groups.contains(&word)) {
                let fr = "doit être des codes ISO de pays et les groupes EU, EEA, FR-DOM, séparés par des espaces";
                let en = "must be ISO country codes and the groups EU, EEA, FR-DOM, with spaces between";
                return Err((fr, en).into());
            }
        }
        Ok(found)
    }

    /// The table of countries.
    #[must_use]
    pub fn countries(&self) -> &Countries {
        &self.countries
    }

    /// Whether somebody with this number may reach a client.
    #[must_use]
    pub fn allows(&self, caller: PhoneNumber) -> bool {
        self.countries.of(caller).is_some_and(|country| self.allowed.contains(&country.code))
    }

    /// Whether this number must not be dialled, texted or remembered.
    #[must_use]
    pub fn forbids(&self, destination: PhoneNumber) -> bool {
        self.destinations.forbids(destination)
    }

    /// Whether a text is a wish to receive no more.
    #[must_use]
    pub fn is_stop_word(&self, body: &str) -> bool {
        let body = body.trim();
        body.len() <= 32 && self.stop_words.contains(&body.to_uppercase())
    }

    /// What a client in this country is addressed in.
    #[must_use]
    pub fn language(&self, country: CountryCode) -> Language {
        if self.english.contains(&country) {
            return Language::En;
        }
        self.countries.get(country).map_or(Language::Fr, |country| country.language)
    }

    /// A sentence in a language.
    #[must_use]
    pub fn sentence(&self, phrase: Phrase, language: Language) -> &str {
        self.phrases.get(phrase, language)
    }

    /// A sentence with a value in its place, such as `{code}`.
    #[must_use]
    pub fn sentence_with(&self, phrase: Phrase, language: Language, values: &[(&str, &str)]) -> String {
        values
            .iter()
            .fold(self.sentence(phrase, language).to_owned(), |sentence, (place, value)| sentence.replace(place, value))
    }

    /// The line about images that were not relayed.
    #[must_use]
    pub fn images(&self, count: u32, language: Language) -> String {
        self.phrases.images(count, language)
    }
}

/// A whole number within these bounds, both included.
pub(crate) fn within(text: &str, least: u32, most: u32) -> Option<u32> {
    text.parse().ok().filter(|number| (least..=most).contains(number))
}

fn ranges(text: &str) -> Option<Vec<u64>> {
    text.split([' ', ',', ';'])
        .filter(|word| !word.is_empty())
        .map(|word| word.trim_start_matches('+').parse().ok().filter(|range| *range > 0))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn phone(text: &str) -> PhoneNumber {
        text.parse().unwrap()
    }

    #[rstest]
    #[case::france("+33639980001", true)]
    #[case::portugal_has_a_dial_code_of_three_digits("+351910000001", true)]
    #[case::liechtenstein("+4232300001", true)]
    #[case::switzerland("+41760000001", true)]
    #[case::norway("+4790000001", true)]
    #[case::reunion("+262692000001", true)]
    #[case::martinique("+596696000001", true)]
    #[case::united_kingdom("+447700900001", false)]
    #[case::united_states("+14155550101", false)]
    #[case::morocco("+212600000001", false)]
    #[case::no_country("+999123456789", false)]
    fn by_default_europe_and_the_french_overseas_departments_may_call(#[case] caller: &str, #[case] allowed: bool) {
        assert_eq!(Policy::shipped().unwrap().allows(phone(caller)), allowed);
    }

    #[test]
    fn an_operator_may_allow_other_regions() {
        let mut policy = Policy::shipped().unwrap();
        policy.set("regions.allowed", "FR, gb").unwrap();
        assert!(policy.allows(phone("+447700900001")) && policy.allows(phone("+33639980001")));
        assert!(!policy.allows(phone("+351910000001")));
    }

    #[rstest]
    #[case("regions.allowed", "EU ATLANTIS")]
    #[case("calls.withheld", "maybe")]
    #[case("calls.ring_timeout", "4")]
    #[case("calls.time_limit", "1h")]
    #[case("destinations.forbidden", "33x")]
    #[case("phrase.call.busy.fr", " ")]
    #[case("phrase.call.busy.fr", "\u{1}")]
    #[case("alerts.language", "de")]
    #[case("alerts.stock_below", "-1")]
    #[case("alerts.repeat_minutes", "4")]
    #[case("report.enabled", "maybe")]
    #[case("report.time_zone", "Europe/Atlantis")]
    fn a_value_that_makes_no_sense_is_refused_with_the_setting_named(#[case] key: &str, #[case] value: &str) {
        let error = Policy::shipped().unwrap().set(key, value).unwrap_err();
        assert!(error.to_string().starts_with(key), "{error}");
    }

    #[test]
    fn a_setting_reads_as_it_was_written_and_one_that_was_refused_as_before() {
        let mut policy = Policy::shipped().unwrap();
        assert_eq!(policy.value("calls.ring_timeout"), Some("25"));
        policy.set("calls.ring_timeout", " 30 ").unwrap();
        policy.set("calls.ring_timeout", "4").unwrap_err();
        policy.set("phrase.call.busy.en", "Busy.").unwrap();
        assert_eq!(
            (policy.value("calls.ring_timeout"), policy.value("phrase.call.busy.en")),
            (Some("30"), Some("Busy."))
        );
        assert_eq!(policy.value("nonsense"), None);
    }

    #[test]
    fn each_setting_reads_its_default_until_it_is_set_and_its_value_afterwards() {
        let mut policy = Policy::shipped().unwrap();
        for setting in SETTINGS {
            assert_eq!(policy.value(setting.key), Some(setting.default), "{}", setting.key);
        }
        policy.set("retention.interactions_days", "30").unwrap();
        policy.set("alerts.stock_below", "7").unwrap();
        assert_eq!(policy.value("retention.interactions_days"), Some("30"));
        assert_eq!(policy.value("alerts.stock_below"), Some("7"));
    }

    #[test]
    fn a_setting_that_does_not_exist_is_refused() {
        let error = Policy::shipped().unwrap().set("nonsense", "1").unwrap_err();
        assert_eq!(error, SettingError::Unknown("nonsense".to_owned()));
    }

    #[test]
    fn forbidden_and_permitted_ranges_are_set_apart_from_each_other() {
        let mut policy = Policy::shipped().unwrap();
        policy.set("destinations.forbidden", "3363998").unwrap();
        policy.set("destinations.permitted", "+33639980").unwrap();
        assert!(!policy.forbids(phone("+33639980001")) && policy.forbids(phone("+33639981001")));
        policy.set("destinations.forbidden", "").unwrap();
        assert!(!policy.forbids(phone("+33639981001")));
    }

    #[rstest]
    #[case("STOP", true)]
    #[case(" stop ", true)]
    #[case("Arrêt", true)]
    #[case("stop here please", false)]
    #[case("CANCEL", false)]
    #[case("END", false)]
    fn only_a_bare_stop_word_is_a_wish_to_stop(#[case] body: &str, #[case] stop: bool) {
        assert_eq!(Policy::shipped().unwrap().is_stop_word(body), stop);
    }

    #[test]
    fn people_are_addressed_in_french_unless_their_country_speaks_english() {
        let mut policy = Policy::shipped().unwrap();
        let language = |policy: &Policy, code: &str| policy.language(code.parse().unwrap());
        assert_eq!(language(&policy, "FR"), Language::Fr);
        assert_eq!(language(&policy, "DE"), Language::Fr);
        assert_eq!(language(&policy, "IE"), Language::En);
        assert_eq!(language(&policy, "ZZ"), Language::Fr);
        policy.set("languages.english", "DE").unwrap();
        assert_eq!(language(&policy, "DE"), Language::En);
    }
}
