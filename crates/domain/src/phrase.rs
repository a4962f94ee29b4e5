//! Promises: every sentence that people hear or read exists in French and in English, in `data/phrases.csv`.

use serde::{Deserialize, Serialize};

use crate::TableError;

/// What people are addressed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// French: also where no client is known.
    Fr,
    /// English.
    En,
}

impl Language {
    /// For `<Say language>`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::Fr => "fr-FR",
            Self::En => "en-GB",
        }
    }
}

/// The sentences, by what they are said for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phrase {
    /// Said: nobody has the dialled number.
    CallUnknownNumber,
    /// Said: not from that country.
    CallRegion,
    /// Said: not with a hidden number.
    CallWithheld,
    /// Said to a client: nobody to call back.
    CallNoRecentCaller,
    /// Said: the number to be reached is one we never dial.
    CallDestination,
    /// Said: a proxy number called a proxy number.
    CallLoop,
    /// Said to somebody who is blocked.
    CallBlocked,
    /// Said: the client is paused.
    CallPaused,
    /// Said: the other side is busy.
    CallBusy,
    /// Said: nobody answered.
    CallNoAnswer,
    /// Said: the call could not be carried.
    CallFailed,
    /// Said: we cannot tell now.
    CallUnavailable,
    /// Said: calls too often.
    CallTooMany,
    /// Said: a code or link that is over.
    CallRequestOver,
    /// Written: nobody has the number texted.
    TextUnknownNumber,
    /// Written: not from that country.
    TextRegion,
    /// Written to a client: nobody to write to.
    TextNoRecentCaller,
    /// Written: the number to be reached is one we never text.
    TextDestination,
    /// Written: the client is paused.
    TextPaused,
    /// Written: the text was not delivered, try again.
    TextUnavailable,
    /// Written: writes too often.
    TextTooMany,
    /// Added to a text: one image was not relayed.
    TextOneImage,
    /// Added to a text: `{count}` images were not relayed.
    TextManyImages,
    /// Written: the code, to be sent back.
    CodeSms,
    /// Written where nobody can answer: the code's link.
    CodeSmsLink,
    /// Written: the link, after code and call.
    CodeLink,
    /// Written: it is confirmed.
    CodeThanks,
    /// Written to the phone on record: another phone asks for the number.
    CodeConsent,
    /// Written: not the code.
    TextCodeWrong,
    /// Written: tried too often.
    TextCodeLocked,
    /// Written: a code has six digits.
    TextCodeShape,
    /// Said at the start of the call with the code.
    CallCodeHello,
    /// Said: the code, digit by digit.
    CallCodeIs,
    /// Said: the code once more.
    CallCodeRepeat,
    /// Said: type it.
    CallCodeType,
    /// Said: not the code, once more.
    CallCodeWrong,
    /// Said: tried too often.
    CallCodeLocked,
    /// Said: confirmed.
    CallCodeRight,
    /// Said: proven, but somebody has to agree first.
    CallCodeWaits,
    /// Said: nothing was typed.
    CallCodeNone,
}

crate::interaction::words!(Phrase {
    CallUnknownNumber = "call.unknown_number",
    CallRegion = "call.region",
    CallWithheld = "call.withheld",
    CallNoRecentCaller = "call.no_recent_caller",
    CallDestination = "call.destination",
    CallLoop = "call.loop",
    CallBlocked = "call.blocked",
    CallPaused = "call.paused",
    CallBusy = "call.busy",
    CallNoAnswer = "call.no_answer",
    CallFailed = "call.failed",
    CallUnavailable = "call.unavailable",
    CallTooMany = "call.too_many",
    CallRequestOver = "call.request_over",
    TextUnknownNumber = "text.unknown_number",
    TextRegion = "text.region",
    TextNoRecentCaller = "text.no_recent_caller",
    TextDestination = "text.destination",
    TextPaused = "text.paused",
    TextUnavailable = "text.unavailable",
    TextTooMany = "text.too_many",
    TextOneImage = "text.one_image",
    TextManyImages = "text.many_images",
    CodeSms = "code.sms",
    CodeSmsLink = "code.sms_link",
    CodeLink = "code.link",
    CodeThanks = "code.thanks",
    CodeConsent = "code.consent",
    TextCodeWrong = "text.code_wrong",
    TextCodeLocked = "text.code_locked",
    TextCodeShape = "text.code_shape",
    CallCodeHello = "call.code_hello",
    CallCodeIs = "call.code_is",
    CallCodeRepeat = "call.code_repeat",
    CallCodeType = "call.code_type",
    CallCodeWrong = "call.code_wrong",
    CallCodeLocked = "call.code_locked",
    CallCodeRight = "call.code_right",
    CallCodeWaits = "call.code_waits",
    CallCodeNone = "call.code_none",
});

impl Phrase {
    /// The places in a sentence that a value goes into: an operator's sentence must hold them too.
    #[must_use]
    pub fn places(self) -> &'static [&'static str] {
        match self {
            Self::CodeSms | Self::CallCodeIs | Self::CallCodeRepeat => &["{code}"],
            Self::CodeSmsLink | Self::CodeLink | Self::CodeConsent => &["{link}"],
            _ => &[],
        }
    }
}

/// The sentences in both languages, with an operator's changes.
#[derive(Debug, Clone)]
pub struct Phrases {
    /// French and English, in the order of [`Phrase::ALL`].
    sentences: Vec<[String; 2]>,
}

impl Phrases {
    /// The sentences that are shipped with the program.
    ///
    /// # Errors
    /// When the file was broken before it was built in; a test keeps that from happening.
    pub fn shipped() -> Result<Self, TableError> {
        #[derive(Deserialize)]
        struct Line {
            phrase: String,
            fr: String,
            en: String,
        }
        let broken = |problem: String| TableError { table: "phrases.csv", problem };
        let mut found = vec![None; Phrase::ALL.len()];
        for line in csv::Reader::from_reader(include_str!("../data/phrases.csv").as_bytes()).deserialize() {
            let line: Line = line.map_err(|error| broken(error.to_string()))?;
            let slot = Phrase::parse(&line.phrase)
                .and_then(|phrase| found.get_mut(phrase as usize))
                .ok_or_else(|| broken(format!("unknown phrase {}", line.phrase)))?;
            *slot = Some([line.fr, line.en]);
        }
        let sentences = found.into_iter().collect::<Option<Vec<_>>>();
        sentences.map(|sentences| Self { sentences }).ok_or_else(|| broken("a phrase is missing".to_owned()))
    }

    /// A sentence.
    #[must_use]
    pub fn get(&self, phrase: Phrase, language: Language) -> &str {
        self.sentences
            .get(phrase as usize)
            .and_then(|both| both.get(language as usize))
            .map(String::as_str)
            .unwrap_or_default()
    }

    /// Puts an operator's sentence in the place of ours.
    pub fn replace(&mut self, phrase: Phrase, language: Language, sentence: String) {
        if let Some(slot) = self.sentences.get_mut(phrase as usize).and_then(|both| both.get_mut(language as usize)) {
            *slot = sentence;
        }
    }

    /// The line about images that were not relayed.
    #[must_use]
    pub fn images(&self, count: u32, language: Language) -> String {
        let phrase = if count == 1 { Phrase::TextOneImage } else { Phrase::TextManyImages };
        self.get(phrase, language).replace("{count}", &count.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phrase_has_a_sentence_in_both_languages() {
        let phrases = Phrases::shipped().unwrap();
        for phrase in Phrase::ALL {
            let [fr, en] = [Language::Fr, Language::En].map(|language| phrases.get(*phrase, language));
            assert!(!fr.is_empty() && !en.is_empty() && fr != en, "{}", phrase.as_str());
        }
    }

    #[test]
    fn every_shipped_sentence_holds_its_places() {
        let phrases = Phrases::shipped().unwrap();
        for phrase in Phrase::ALL {
            for (language, place) in
                [Language::Fr, Language::En].iter().flat_map(|l| phrase.places().iter().map(move |p| (*l, *p)))
            {
                assert!(phrases.get(*phrase, language).contains(place), "{} {place}", phrase.as_str());
            }
        }
    }

    #[test]
    fn images_are_counted_in_words_that_agree() {
        let phrases = Phrases::shipped().unwrap();
        insta::assert_snapshot!(phrases.images(1, Language::Fr), @"(1 image n’a pas pu être transmise.)");
        insta::assert_snapshot!(phrases.images(2, Language::Fr), @"(2 images n’ont pas pu être transmises.)");
        insta::assert_snapshot!(phrases.images(3, Language::En), @"(3 pictures could not be passed on.)");
    }

    #[test]
    fn an_operators_sentence_replaces_ours_in_one_language_only() {
        let mut phrases = Phrases::shipped().unwrap();
        phrases.replace(Phrase::CallBusy, Language::Fr, "Occupé.".to_owned());
        assert_eq!(phrases.get(Phrase::CallBusy, Language::Fr), "Occupé.");
        assert_ne!(phrases.get(Phrase::CallBusy, Language::En), "Occupé.");
    }
}
