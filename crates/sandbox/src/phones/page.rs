//! Promises: the page comes whole in the language that was asked for, and loads nothing from elsewhere.

use std::collections::BTreeMap;

use axum::{
    Router,
    extract::Query,
    http::{HeaderMap, HeaderName, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;

use super::Phones;

/// All sentences, by language and then by name.
const WORDS: &str = include_str!("page/words.json");
const PAGE: &str = include_str!("page/phones.html");
const HANDSET: &str = include_str!("page/handset.html");

/// The page may load its own files and nothing else, and may be put into no other page.
const POLICY: (HeaderName, &str) = (
    header::CONTENT_SECURITY_POLICY,
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'",
);

pub(super) fn router() -> Router<Phones> {
    Router::new()
        .route("/", get(page))
        .route("/phones.js", get(|| async { script(include_str!("page/phones.js")) }))
        .route("/world.js", get(|| async { script(include_str!("page/world.js")) }))
        .route("/story.js", get(|| async { script(include_str!("page/story.js")) }))
        .route("/sound.js", get(|| async { script(include_str!("page/sound.js")) }))
        .route("/phones.css", get(|| async { file("text/css; charset=utf-8", include_str!("page/phones.css")) }))
        .route("/tokens.css", get(|| async { file("text/css; charset=utf-8", include_str!("page/tokens.css")) }))
}

fn file(content_type: &'static str, text: impl IntoResponse) -> Response {
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        POLICY,
    ];
    (headers, text).into_response()
}

fn script(text: &'static str) -> Response {
    file("text/javascript; charset=utf-8", text)
}

#[derive(Debug, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    lang: String,
}

async fn page(Query(Asked { lang }): Query<Asked>, headers: HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    file("text/html; charset=utf-8", render(language(&lang, accepted)))
}

/// What was asked for, else whichever of the two the browser names first, else English, as the rest of the sandbox.
fn language(asked: &str, accepted: &str) -> &'static str {
    let known = |name: &str| match name.trim().get(..2)?.to_ascii_lowercase().as_str() {
        "fr" => Some("fr"),
        "en" => Some("en"),
        _ => None,
    };
    known(asked).or_else(|| accepted.split(',').find_map(known)).unwrap_or("en")
}

fn render(language: &str) -> String {
    let mut all: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_str(WORDS).unwrap_or_default();
    let words = all.remove(language).unwrap_or_default();
    // Inside a script element only `<` could end it.
    let data = serde_json::to_string(&words).unwrap_or_default().replace('<', "\\u003c");
    let mut page = PAGE.to_owned();
    for side in ["left", "right"] {
        page = page.replace(&format!("{{{{{side}}}}}"), &HANDSET.replace("{{side}}", side));
    }
    for (name, text) in &words {
        page = page.replace(&format!("{{{{{name}}}}}"), &escape(text));
    }
    page.replace("{{language}}", language).replace("{{words}}", &data)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_one_asked_for_else_the_browsers_else_english() {
        for (asked, accepted, expected) in [
            ("", "", "en"),
            ("", "de", "en"),
            ("", "fr-FR,fr;q=0.9,en;q=0.8", "fr"),
            ("", "de,en-GB;q=0.7,fr;q=0.3", "en"),
            ("fr", "en", "fr"),
            ("EN", "fr", "en"),
            ("é", "fr", "fr"),
        ] {
            assert_eq!(language(asked, accepted), expected, "{asked} {accepted}");
        }
    }

    #[test]
    fn both_languages_say_the_same_things_and_the_page_has_a_word_for_each() {
        let all: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_str(WORDS).unwrap();
        let names = |language: &str| all[language].keys().collect::<Vec<_>>();
        assert_eq!(names("fr"), names("en"));
        let script =
            concat!(include_str!("page/phones.js"), include_str!("page/story.js"), include_str!("page/world.js"));
        let used = |name: &str| PAGE.contains(name) || HANDSET.contains(name) || script.contains(name);
        let built_up = ["outcome_", "ended_", "phase_", "told_", "try_"];
        for name in names("en") {
            assert!(used(name) || built_up.iter().any(|start| name.starts_with(start)), "{name} is said nowhere");
        }
        // What the carrier tells is said in words, not by the carrier's own.
        for status in ["ringing", "in-progress", "completed", "busy", "no-answer", "canceled", "failed", "delivered"] {
            assert!(all["fr"].contains_key(&format!("told_{status}")), "{status}");
        }
        for language in ["fr", "en"] {
            assert!(!render(language).contains("{{"), "{language}");
            assert!(render(language).contains(&format!("<html lang=\"{language}\"")));
        }
        assert_eq!(render("fr").matches("class=\"phone\"").count(), 2);
    }

    #[test]
    fn a_sentence_cannot_become_markup() {
        assert_eq!(escape("<b> & \"c\""), "&lt;b&gt; &amp; &quot;c&quot;");
    }
}
