//! Promises: a client is found by the start of any word of the name, in any order, in small or capital letters, with accents
//! or without, and by the start of the e-mail address.
//!
//! The store keeps the words of each client in a table, written by the database itself: its migration 11 has the same rules
//! as [`words_of`] in SQL, and a rule of its suite holds the two together.

use std::collections::BTreeSet;

/// Letters and what they are looked for as.
const LETTERS: &[(&str, &str)] = &[
    ("àáâãäåāăą", "a"),
    ("çćĉċč", "c"),
    ("ďđ", "d"),
    ("èéêëēĕėęě", "e"),
    ("ĝğġģ", "g"),
    ("ĥħ", "h"),
    ("ìíîïĩīĭįı", "i"),
    ("ĵ", "j"),
    ("ķ", "k"),
    ("ĺļľŀł", "l"),
    ("ñńņň", "n"),
    ("òóôõöøōŏő", "o"),
    ("ŕŗř", "r"),
    ("śŝşšș", "s"),
    ("ţťŧț", "t"),
    ("ùúûüũūŭůűų", "u"),
    ("ŵ", "w"),
    ("ýÿŷ", "y"),
    ("źżž", "z"),
    ("œ", "oe"),
    ("æ", "ae"),
    ("ß", "ss"),
    // Marks that stand behind their letter.
    ("\u{300}\u{301}\u{302}\u{303}\u{304}\u{306}\u{307}\u{308}\u{30a}\u{30b}\u{30c}\u{327}\u{328}", ""),
    ("\u{2019}", "'"),
    ("\u{2010}\u{2011}", "-"),
    ("\u{a0}\u{202f}", " "),
];

/// More words than these are not looked at: whoever types them has found the client before.
pub const WORDS_MAX: usize = 6;

/// A text in small letters without accents.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.to_lowercase().chars() {
        match LETTERS.iter().find(|(letters, _)| !letter.is_ascii() && letters.contains(letter)) {
            Some((_, instead)) => plain.push_str(instead),
            None => plain.push(letter),
        }
    }
    plain
}

/// The words by which a client of this name and e-mail address is found: those of the name, of one with hyphens or
/// apostrophes its parts too, and the whole address.
#[must_use]
pub fn words_of(name: &str, mail: &str) -> BTreeSet<String> {
    let name = plain(name);
    let parts = name.split([' ', '-', '\'']).chain(name.split(' '));
    parts.map(str::to_owned).chain([plain(mail)]).filter(|word| !word.is_empty()).collect()
}

/// The starts of words that somebody typed, the longest first. One that begins another asks for nothing more.
#[must_use]
pub fn starts_of(typed: &str) -> Vec<String> {
    let typed = plain(typed);
    let words: BTreeSet<&str> = typed.split_whitespace().collect();
    let mut starts: Vec<String> = words
        .iter()
        .filter(|word| !words.iter().any(|other| other != *word && other.starts_with(**word)))
        .map(|word| (*word).to_owned())
        .collect();
    starts.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    starts.truncate(WORDS_MAX);
    starts
}

/// Every letter that is looked for as another, for tests of whoever folds letters elsewhere.
pub fn letters() -> impl Iterator<Item = (char, &'static str)> {
    LETTERS.iter().flat_map(|(letters, instead)| letters.chars().map(|letter| (letter, *instead)))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("Élodie", "elodie")]
    #[case("E\u{301}lodie", "elodie")]
    #[case("CŒUR", "coeur")]
    #[case("İstanbul", "istanbul")]
    #[case("O\u{2019}Brien", "o'brien")]
    #[case("100% \\Legal_", "100% \\legal_")]
    fn letters_are_small_and_without_accents(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(plain(text), expected);
    }

    #[test]
    fn a_name_has_its_words_and_their_parts_and_an_address_is_one_word() {
        let words = words_of("Jean-Pierre  D'Aubigné", "J-P@Example.com");
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert_eq!(words, ["aubigne", "d", "d'aubigne", "j-p@example.com", "jean", "jean-pierre", "pierre"]);
        assert!(words_of("", "").is_empty());
    }

    #[test]
    fn the_longest_start_comes_first_and_one_within_another_is_dropped() {
        assert_eq!(starts_of(" Mar  du ma DUPONT "), ["dupont", "mar"]);
        assert!(starts_of(" \u{a0} ").is_empty());
        assert_eq!(starts_of("a b c d e f g h").len(), WORDS_MAX);
    }
}
