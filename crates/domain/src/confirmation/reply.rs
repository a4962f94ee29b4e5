//! Promises: a code is found anywhere in a text, with spaces or not; a text that is plainly none is told from one that was
//! meant as one.

use super::code::EnteredCode;

/// How a text that may answer a code reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// Six digits; whether nothing but the code was written.
    Code {
        /// What was entered.
        entered: EnteredCode,
        /// Whether the text is nothing else.
        alone: bool,
    },
    /// Digits and nothing else, but not six.
    WrongShape,
    /// Something else.
    Other,
}

/// Reads a text: the first group of exactly six digits, else six digits with nothing but spaces and signs between.
#[must_use]
pub fn read(body: &str) -> Reply {
    let alone = !body.chars().any(char::is_alphabetic);
    let group = body.split(|sign: char| !sign.is_ascii_digit()).find_map(EnteredCode::parse);
    let digits = |piece: &str| piece.chars().filter(char::is_ascii_digit).collect::<String>();
    let spread = || body.split(char::is_alphabetic).find_map(|piece| EnteredCode::parse(&digits(piece)));
    match group.or_else(spread) {
        Some(entered) => Reply::Code { entered, alone },
        None if alone && !digits(body).is_empty() => Reply::WrongShape,
        None => Reply::Other,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("123456", true)]
    #[case(" 123 456 ", true)]
    #[case("1 2 3 4 5 6", true)]
    #[case("123-456.", true)]
    #[case("Mon code est 123456, merci", false)]
    #[case("le 12, code 123456", false)]
    #[case("code: 123 456", false)]
    fn a_code_is_found_anywhere(#[case] body: &str, #[case] alone: bool) {
        let entered = EnteredCode::parse("123456").unwrap();
        assert_eq!(read(body), Reply::Code { entered, alone });
    }

    #[rstest]
    #[case("12345", Reply::WrongShape)]
    #[case("1234 5678", Reply::WrongShape)]
    #[case("Je suis en bas", Reply::Other)]
    #[case("Rendez-vous au 12 rue des Lilas à 18h30", Reply::Other)]
    #[case("Rappelez le 0639980002", Reply::Other)]
    #[case("", Reply::Other)]
    #[case("👍", Reply::Other)]
    fn what_is_no_code_is_told_apart(#[case] body: &str, #[case] reply: Reply) {
        assert_eq!(read(body), reply);
    }
}
