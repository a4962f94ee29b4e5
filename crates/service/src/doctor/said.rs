//! A sentence as it is said to whoever reads French and to whoever reads English. The command line is English.

use std::fmt;

use proxycall_domain::Language;

/// A sentence in both languages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
