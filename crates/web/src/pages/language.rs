//! Promises: a page speaks the language that was asked for, else the browser's, else French.

use axum::http::{HeaderMap, header};
use proxycall_domain::Language;

/// `fr` or `en`, as in addresses and in `lang` attributes.
pub(crate) fn code(language: Language) -> &'static str {
    match language {
        Language::Fr => "fr",
        Language::En => "en",
    }
}

/// A language by its code, with or without a region.
pub(crate) fn parse(text: &str) -> Option<Language> {
    match text.trim().split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "fr" => Some(Language::Fr),
        "en" => Some(Language::En),
        _ => None,
    }
}

/// What was asked for, else what the browser prefers.
pub(crate) fn choose(asked: &str, headers: &HeaderMap) -> Language {
    chosen(asked, headers).unwrap_or(Language::Fr)
}

/// The same, none when neither says.
pub(crate) fn chosen(asked: &str, headers: &HeaderMap) -> Option<Language> {
    parse(asked).or_else(|| {
        let accepted = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
        let mut best: Option<(Language, f32)> = None;
        for range in accepted.split(',') {
            let (name, parameters) = range.split_once(';').unwrap_or((range, ""));
            let quality = parameters.trim().strip_prefix("q=").map_or(1.0, |text| text.trim().parse().unwrap_or(0.0));
            if let Some(language) = parse(name)
                && quality > best.map_or(0.0, |(_, quality)| quality)
            {
                best = Some((language, quality));
            }
        }
        best.map(|(language, _)| language)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("", "", Language::Fr)]
    #[case("", "de", Language::Fr)]
    #[case("", "en-GB,en;q=0.9,fr;q=0.8", Language::En)]
    #[case("", "de,fr;q=0.4,en;q=0.6", Language::En)]
    #[case("", "en;q=0,fr;q=0.1", Language::Fr)]
    #[case("", "en;q=x", Language::Fr)]
    #[case("fr", "en", Language::Fr)]
    #[case("EN", "fr", Language::En)]
    #[case("xx", "en", Language::En)]
    fn what_was_asked_for_comes_before_what_the_browser_prefers(
        #[case] asked: &str,
        #[case] accepted: &str,
        #[case] language: Language,
    ) {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, accepted.parse().unwrap());
        assert_eq!(choose(asked, &headers), language);
    }
}
