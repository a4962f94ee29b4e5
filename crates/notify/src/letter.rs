//! Promises: what a person reads of each kind of letter, in French and in English, whatever the name in it is.
//!
//! The texts are files in `templates/`; the words of letters that are mostly figures stand beside what puts them in order.
//! HTML is escaped by the engine; [`addressed`] sees to what escaping does not.

mod alerts;
mod weekly;

use askama::Template;
use proxycall_domain::{Language, PersonName};
use proxycall_service::ports::mailer::{Letter, WrittenLetter};

/// What the templates of a confirmation hold.
macro_rules! confirmation {
    ($($name:ident = $file:literal),* $(,)?) => {$(
        #[derive(Template)]
        #[template(path = $file)]
        struct $name<'a> {
            /// Whom it addresses; none where the name had better not be repeated.
            name: Option<&'a str>,
            link: &'a str,
            valid: &'a str,
        }
    )*};
}

confirmation! {
    FrenchText = "confirmation_link.fr.txt",
    FrenchHtml = "confirmation_link.fr.html",
    EnglishText = "confirmation_link.en.txt",
    EnglishHtml = "confirmation_link.en.html",
}

/// Writes a letter.
///
/// # Errors
/// The engine's, which only a broken template has.
pub(crate) fn write(letter: &Letter) -> Result<WrittenLetter, askama::Error> {
    match letter {
        Letter::ConfirmationLink { name, link, language, valid_hours } => {
            confirmation_link(name, link, *language, *valid_hours)
        }
        Letter::Alerts(news) => alerts::write(news),
        Letter::WeeklyReport { report, language } => weekly::write(report, *language),
    }
}

fn confirmation_link(
    name: &PersonName,
    link: &str,
    language: Language,
    valid_hours: u32,
) -> Result<WrittenLetter, askama::Error> {
    let (name, valid) = (addressed(name), duration(language, valid_hours));
    let (name, valid) = (name.as_deref(), valid.as_str());
    Ok(match language {
        Language::Fr => WrittenLetter {
            subject: "Confirmez votre numéro de téléphone".to_owned(),
            text: FrenchText { name, link, valid }.render()?,
            html: FrenchHtml { name, link, valid }.render()?,
        },
        Language::En => WrittenLetter {
            subject: "Confirm your phone number".to_owned(),
            text: EnglishText { name, link, valid }.render()?,
            html: EnglishHtml { name, link, valid }.render()?,
        },
    })
}

/// A name as it may stand in a letter: without what turns or hides the text around it. None when nothing is left, and
/// when a mail program would make a link of it: whoever enters a client's name must not be able to send links by us.
fn addressed(name: &PersonName) -> Option<String> {
    let plain: String = name.expose().chars().filter(|c| !c.is_control() && !turns_or_hides(*c)).collect();
    let plain = plain.trim();
    (!plain.is_empty() && !looks_like_a_link(plain)).then(|| plain.to_owned())
}

/// Marks and overrides of direction, line and paragraph separators, and spaces without width. The joiner (U+200D) stays:
/// emoji are made with it.
fn turns_or_hides(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{61c}' | '\u{feff}')
}

/// An address of any kind, or a dot with two letters or digits behind it, as in `example.com` (and not in `J.R.`).
fn looks_like_a_link(text: &str) -> bool {
    let signs: Vec<char> = text.chars().collect();
    let domain = signs.windows(4).any(|signs| match signs {
        [before, '.', one, two] => before.is_alphanumeric() && one.is_alphanumeric() && two.is_alphanumeric(),
        _ => false,
    });
    domain || text.contains('@') || text.contains(":/") || text.contains("//")
}

/// `24 heures`, `1 hour`, `3 days`.
fn duration(language: Language, hours: u32) -> String {
    let days = (hours >= 48 && hours.is_multiple_of(24)).then_some(hours / 24);
    match (language, days) {
        (Language::Fr, Some(days)) => format!("{days}\u{a0}jours"),
        (Language::En, Some(days)) => format!("{days}\u{a0}days"),
        (Language::Fr, None) => format!("{hours}\u{a0}heure{}", if hours > 1 { "s" } else { "" }),
        (Language::En, None) => format!("{hours}\u{a0}hour{}", if hours == 1 { "" } else { "s" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const LINK: &str = "https://calls.example.com/activate?id=a&token=b";

    fn letter(name: &str, language: Language, valid_hours: u32) -> WrittenLetter {
        let name = PersonName::from_store(name.to_owned());
        write(&Letter::ConfirmationLink { name, link: LINK.to_owned(), language, valid_hours }).unwrap()
    }

    #[rstest]
    #[case(Language::Fr, "Bonjour Zoé,", "24\u{a0}heures", "ignorer")]
    #[case(Language::En, "Hello Zoé,", "24\u{a0}hours", "ignore")]
    fn a_confirmation_greets_has_one_link_says_how_long_and_that_it_may_be_ignored(
        #[case] language: Language,
        #[case] greeting: &str,
        #[case] valid: &str,
        #[case] ignore: &str,
    ) {
        let WrittenLetter { subject, text, html } = letter("Zoé", language, 24);
        assert!(!subject.chars().any(|c| c.is_ascii_digit()), "no code in the subject");
        for part in [&text, &html] {
            assert!(part.contains(valid) && part.contains(ignore), "{part}");
        }
        assert!(text.starts_with(greeting) && text.lines().any(|line| line == LINK), "{text}");
        assert_eq!((text.matches("http").count(), html.matches("href=").count()), (1, 1));
        let escaped = "https://calls.example.com/activate?id=a&#38;token=b";
        assert_eq!(html.matches(escaped).count(), 2, "the button and the plain link: {html}");
        assert!(html.contains(&format!("lang=\"{}\"", if language == Language::Fr { "fr" } else { "en" })));
    }

    #[rstest]
    #[case(Language::Fr)]
    #[case(Language::En)]
    fn a_letter_fetches_nothing_from_elsewhere_and_fits_light_and_dark(#[case] language: Language) {
        let html = letter("Zoé", language, 24).html;
        for remote in ["<img", "<link", "<script", "src=", "url(", "@import", "http-equiv=\"refresh"] {
            assert!(!html.contains(remote), "{remote}");
        }
        assert!(html.contains("prefers-color-scheme: dark") && html.contains("name=\"viewport\""));
        // RFC 5321: no line of a letter may be longer; the encoding cuts longer ones, but a source should be readable.
        assert!(html.lines().all(|line| line.len() < 400));
    }

    #[rstest]
    #[case::html("<b>Zoé</b><img src=x onerror=alert(1)>", "&#60;b&#62;")]
    #[case::quotes("Zoé\" onclick=\"x", "&#34; onclick=&#34;x")]
    #[case::emoji("Zoé 👩‍👧 🙂", "Zoé 👩‍👧 🙂")]
    #[case::right_to_left("\u{202e}évil\u{202c} \u{200f}Zoé\u{2066}", ">évil Zoé<")]
    #[case::arabic("زوي", ">زوي<")]
    fn a_strange_name_is_harmless(#[case] name: &str, #[case] shown: &str) {
        let written = letter(name, Language::Fr, 24);
        assert!(written.html.contains(shown), "{}", written.html);
        assert!(!written.html.contains("<b>Zoé") && !written.html.contains("<img"));
        assert!(!written.text.contains(['\u{202e}', '\u{202c}', '\u{200f}', '\u{2066}']));
    }

    #[rstest]
    fn a_name_that_would_become_a_link_is_not_repeated(
        #[values("www.evil.example", "Gagnez sur evil.com !", "http://evil", "a@evil", "//evil", "\u{202e}", "\r\n")]
        name: &str,
    ) {
        let written = letter(name, Language::Fr, 24);
        assert!(written.text.starts_with("Bonjour,\n") && !written.html.contains("evil"), "{}", written.text);
    }

    #[rstest]
    #[case("J.R.R. Tolkien")]
    #[case("Mme. Zoé D. Martin-O'Neil")]
    fn initials_are_no_link(#[case] name: &str) {
        assert!(letter(name, Language::En, 1).text.starts_with(&format!("Hello {name},")));
    }

    #[rstest]
    #[case(1, "1\u{a0}heure", "1\u{a0}hour")]
    #[case(24, "24\u{a0}heures", "24\u{a0}hours")]
    #[case(36, "36\u{a0}heures", "36\u{a0}hours")]
    #[case(72, "3\u{a0}jours", "3\u{a0}days")]
    fn time_is_told_as_people_tell_it(#[case] hours: u32, #[case] french: &str, #[case] english: &str) {
        assert_eq!((duration(Language::Fr, hours).as_str(), duration(Language::En, hours).as_str()), (french, english));
    }
}
