//! Promises: a sentence for a person is there in French and in English from where it is made, so that no page, note or
//! list has to guess a translation. The command line and the API are English.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Language;

/// A sentence in both languages. `Display` is the English one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    fr: String,
    en: String,
}

impl Said {
    /// It, in this language.
    #[must_use]
    pub fn of(&self, language: Language) -> &str {
        match language {
            Language::Fr => &self.fr,
            Language::En => &self.en,
        }
    }

    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.en.is_empty()
    }

    /// Several, one after the other.
    #[must_use]
    pub fn joined(all: &[Self], between: &str) -> Self {
        let of = |language| all.iter().map(|said| said.of(language)).collect::<Vec<_>>().join(between);
        Self { fr: of(Language::Fr), en: of(Language::En) }
    }

    /// With a name, or another's words, before it.
    #[must_use]
    pub fn after(&self, words: &str) -> Self {
        Self { fr: format!("{words} {}", self.fr), en: format!("{words} {}", self.en) }
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.en)
    }
}

/// The same in both: a name, or somebody else's words.
impl From<&str> for Said {
    fn from(words: &str) -> Self {
        words.to_owned().into()
    }
}

impl From<String> for Said {
    fn from(words: String) -> Self {
        Self { fr: words.clone(), en: words }
    }
}

/// French, then English.
impl<F: Into<String>, E: Into<String>> From<(F, E)> for Said {
    fn from((fr, en): (F, E)) -> Self {
        Self { fr: fr.into(), en: en.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_keeps_its_own_words_through_joining_naming_and_storing() {
        let said = Said::joined(&[("est vide", "is empty").into(), "REF".into()], "; ").after("A");
        assert_eq!((said.of(Language::Fr), said.of(Language::En)), ("A est vide; REF", "A is empty; REF"));
        assert_eq!(said.to_string(), "A is empty; REF");
        assert_eq!(serde_json::from_str::<Said>(&serde_json::to_string(&said).unwrap()).unwrap(), said);
    }
}
