//! The list of countries to choose from, in both languages, each in its own order.

use std::sync::Arc;

use proxycall_domain::Language;

use crate::App;

/// One line of the list.
pub(crate) struct Choice {
    /// ISO code.
    pub(crate) code: String,
    /// `France (+33)`.
    pub(crate) label: String,
}

/// The lists.
pub(crate) struct CountryLists {
    french: Vec<Choice>,
    english: Vec<Choice>,
}

impl CountryLists {
    pub(crate) fn of(app: &Arc<App>) -> Self {
        let list = |language| {
            let policy = app.service.policy.current();
            let mut choices: Vec<_> = policy
                .countries()
                .iter()
                .filter_map(|country| {
                    let name = country.name_in(language);
                    let calling_code = app.pages.numbers().calling_code(country.code)?;
                    let label = format!("{name} (+{calling_code})");
                    Some((folded(name), Choice { code: country.code.to_string(), label }))
                })
                .collect();
            choices.sort_by(|(one, _), (other, _)| one.cmp(other));
            choices.into_iter().map(|(_, choice)| choice).collect()
        };
        Self { french: list(Language::Fr), english: list(Language::En) }
    }

    pub(crate) fn get(&self, language: Language) -> &[Choice] {
        match language {
            Language::Fr => &self.french,
            Language::En => &self.english,
        }
    }
}

/// A name without the accents that its letters are sorted without.
fn folded(name: &str) -> String {
    let fold = |sign| match sign {
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ä' => 'a',
        'ç' => 'c',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'î' | 'ï' => 'i',
        'ô' | 'ó' | 'ö' => 'o',
        'ù' | 'û' | 'ü' => 'u',
        '’' | '-' => ' ',
        other => other,
    };
    name.to_lowercase().chars().map(fold).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proxycall_domain::Countries;

    #[test]
    fn every_letter_of_a_country_has_its_place_in_the_order() {
        for country in Countries::shipped().unwrap().iter() {
            for name in [&country.name, &country.name_fr] {
                assert!(folded(name).is_ascii() || name.contains('\''), "{name}");
            }
        }
    }
}
