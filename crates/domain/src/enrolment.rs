//! Promises: what a person types about themselves on the public page passes stricter rules than what an operator sends:
//! names that are names, addresses that no mail header can be hidden in. Refusals never hold what was typed.

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use crate::MailAddress;

/// Longest first name and longest last name, in characters. Together they stay below a client's 120.
pub const NAME_PART_MAX: usize = 55;
/// Most marks on one letter: enough for Vietnamese and pointed Hebrew, too few to draw with.
const MARKS_MAX: usize = 3;
/// What may stand between letters.
const BETWEEN: [char; 7] = [' ', '\'', '’', 'ʼ', '-', '\u{2010}', '\u{2011}'];
/// Letters to Unicode, nothing to the eye.
const BLANK_LETTERS: [char; 4] = ['\u{115f}', '\u{1160}', '\u{3164}', '\u{ffa0}'];

/// Why a text is not a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing, or nothing but spaces.
    #[error("is empty")]
    Empty,
    /// Longer than [`NAME_PART_MAX`].
    #[error("is too long")]
    Length,
    /// Something other than letters, spaces, apostrophes and hyphens.
    #[error("may hold letters, spaces, apostrophes and hyphens only")]
    Signs,
}

/// Why a text is not an e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// Nothing, or nothing but spaces.
    #[error("is empty")]
    Empty,
    /// Not of the form name@example.com.
    #[error("is not an e-mail address")]
    Form,
}

/// A first or last name as it will be kept: trimmed, single spaces.
///
/// # Errors
/// Which rule is broken.
pub fn name_part(text: &str) -> Result<String, NameError> {
    // A line break or a tab is no typing error: nothing that a person types into one line holds it.
    if text.chars().any(char::is_control) {
        return Err(NameError::Signs);
    }
    let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if name.chars().count() > NAME_PART_MAX {
        return Err(NameError::Length);
    }
    let mut on_letter = false;
    let mut marks = 0;
    let mut letters = 0;
    for sign in name.chars() {
        match sign.general_category_group() {
            GeneralCategoryGroup::Letter if !BLANK_LETTERS.contains(&sign) => {
                (on_letter, marks) = (true, 0);
                letters += 1;
            }
            GeneralCategoryGroup::Mark if on_letter && marks < MARKS_MAX && !is_selector(sign) => marks += 1,
            _ if BETWEEN.contains(&sign) => on_letter = false,
            _ => return Err(NameError::Signs),
        }
    }
    if letters == 0 { Err(NameError::Signs) } else { Ok(name) }
}

/// Marks that change nothing but how an emoji is drawn, or nothing at all.
fn is_selector(sign: char) -> bool {
    matches!(sign, '\u{fe00}'..='\u{fe0f}' | '\u{34f}' | '\u{180b}'..='\u{180f}' | '\u{e0100}'..='\u{e01ef}' | '\u{20dd}'..='\u{20e4}')
}

/// An e-mail address as it will be kept: lower-case, no spaces around it.
///
/// # Errors
/// Which rule is broken.
pub fn mail(text: &str) -> Result<String, MailError> {
    let mail = text.trim_matches(' ').to_lowercase();
    if mail.is_empty() {
        return Err(MailError::Empty);
    }
    let plain = mail.chars().all(|sign| match sign.general_category_group() {
        GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number => !BLANK_LETTERS.contains(&sign),
        GeneralCategoryGroup::Mark => !is_selector(sign),
        _ => sign.is_ascii_graphic() && !"\"(),:;<>[\\]".contains(sign),
    });
    let dotted = |part: &str| part.split('.').all(|label| !label.is_empty());
    let well_formed = mail.split_once('@').is_some_and(|(user, host)| {
        let top_level = host.rsplit('.').next().unwrap_or_default();
        dotted(user)
            && dotted(host)
            && host.chars().all(|sign| sign.is_alphanumeric() || ".-".contains(sign))
            && top_level.chars().count() >= 2
            && !top_level.chars().all(|sign| sign.is_ascii_digit())
    });
    if plain && well_formed && MailAddress::parse("mail", &mail).is_ok() { Ok(mail) } else { Err(MailError::Form) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("Zoé", "Zoé")]
    #[case("  Jean   Paul ", "Jean Paul")]
    #[case("Anne-Marie", "Anne-Marie")]
    #[case("O’Neil", "O’Neil")]
    #[case("D'Arcy", "D'Arcy")]
    #[case("Nguye\u{302}\u{303}n", "Nguye\u{302}\u{303}n")]
    #[case("李", "李")]
    #[case("राम", "राम")]
    #[case("محمد", "محمد")]
    fn names_of_all_scripts_are_names(#[case] text: &str, #[case] name: &str) {
        assert_eq!(name_part(text).as_deref(), Ok(name));
    }

    #[rstest]
    #[case("", NameError::Empty)]
    #[case("\u{a0} ", NameError::Empty)]
    #[case("<b>Zoé</b>", NameError::Signs)]
    #[case("Zoé\u{202e}", NameError::Signs)]
    #[case("Zo\u{200d}é", NameError::Signs)]
    #[case("Zoé😀", NameError::Signs)]
    #[case("a\u{fe0f}", NameError::Signs)]
    #[case("Z0é", NameError::Signs)]
    #[case("Zoé\r\nBcc", NameError::Signs)]
    #[case("Zoé\0", NameError::Signs)]
    #[case("-", NameError::Signs)]
    #[case("\u{301}a", NameError::Signs)]
    #[case("\u{3164}", NameError::Signs)]
    #[case("a\u{301}\u{301}\u{301}\u{301}", NameError::Signs)]
    fn what_is_no_name_is_refused(#[case] text: &str, #[case] reason: NameError) {
        assert_eq!(name_part(text), Err(reason));
    }

    #[test]
    fn a_name_may_be_long_but_not_endless() {
        assert!(name_part(&"é".repeat(NAME_PART_MAX)).is_ok());
        assert_eq!(name_part(&"é".repeat(NAME_PART_MAX + 1)), Err(NameError::Length));
    }

    #[rstest]
    #[case("Zoe@Example.COM", "zoe@example.com")]
    #[case(" zoe+shop@mail.example.com ", "zoe+shop@mail.example.com")]
    #[case("zoé@exemple.example", "zoé@exemple.example")]
    fn addresses_are_kept_in_lower_case(#[case] text: &str, #[case] kept: &str) {
        assert_eq!(mail(text).as_deref(), Ok(kept));
    }

    #[rstest]
    fn what_is_no_address_is_refused(
        #[values(
            "zoe",
            "zoe@example",
            "@example.com",
            "zoe@example.c",
            "zoe@.com",
            "zoe@example..com",
            ".zoe@example.com",
            "zoe@@example.com",
            "zo e@example.com",
            "zoe@example.com\r\nBcc: x@example.com",
            "\nzoe@example.com",
            "zoe@example.com,x@example.com",
            "<zoe@example.com>",
            "\"zoe\"@example.com",
            "zoe@192.0.2.1",
            "zoe@example.com\u{202e}",
            "zo\u{200b}e@example.com",
            "zoe@exam_ple.com/x"
        )]
        text: &str,
    ) {
        assert_eq!(mail(text), Err(MailError::Form));
    }

    proptest! {
        #[test]
        fn what_is_taken_is_taken_again_unchanged(text in "\\PC{0,60}") {
            if let Ok(name) = name_part(&text) {
                prop_assert_eq!(name_part(&name), Ok(name.clone()));
                prop_assert!(!name.contains(['<', '>', '&', '"', '\n', '\r']));
            }
            if let Ok(address) = mail(&text) {
                prop_assert_eq!(mail(&address), Ok(address.clone()));
            }
        }
    }
}
