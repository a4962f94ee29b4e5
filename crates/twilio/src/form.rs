//! Promises: a webhook's parameters as they were posted, every one of them, and no value shown by accident.

use std::fmt;

/// The parameters of one webhook, in the order posted.
///
/// All are kept, with unknown names and empty values too, since the signature covers them all. Bytes that are not
/// UTF-8 become U+FFFD. The texts share one buffer, because this is read for every call and text.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Form {
    text: String,
    pairs: Vec<Pair>,
}

/// Where a pair lies in the buffer: the name from `start` to `middle`, the value from there to `end`.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Pair {
    start: usize,
    middle: usize,
    end: usize,
}

impl Form {
    /// Reads `application/x-www-form-urlencoded`. Never fails: whatever the bytes are, they are some form.
    #[must_use]
    pub fn parse(body: &[u8]) -> Self {
        let mut form = Self { text: String::with_capacity(body.len()), pairs: Vec::with_capacity(USUAL_PAIRS) };
        form.extend(form_urlencoded::parse(body));
        form
    }

    /// The first value of a parameter, as posted: not trimmed, perhaps empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Names and values in the order posted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|pair| (self.slice(pair.start, pair.middle), self.slice(pair.middle, pair.end)))
    }

    /// How many parameters there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    fn slice(&self, from: usize, to: usize) -> &str {
        self.text.get(from..to).unwrap_or_default()
    }
}

/// Parameters of a usual voice webhook, so that the list is allocated once.
const USUAL_PAIRS: usize = 32;

impl<N: AsRef<str>, V: AsRef<str>> Extend<(N, V)> for Form {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, pairs: I) {
        for (name, value) in pairs {
            let start = self.text.len();
            self.text.push_str(name.as_ref());
            let middle = self.text.len();
            self.text.push_str(value.as_ref());
            self.pairs.push(Pair { start, middle, end: self.text.len() });
        }
    }
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Form {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut form = Self::default();
        form.extend(pairs);
        form
    }
}

/// Names only: values are phone numbers, texts and names of people.
impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_pair_is_kept_in_order_also_unknown_empty_and_repeated_ones() {
        let form = Form::parse(b"To=%2B33199000001&FromCity=&New=a+b&Digits=1&Digits=2&flag&=x");
        let pairs: Vec<_> = form.iter().collect();
        let expected = [
            ("To", "+33199000001"),
            ("FromCity", ""),
            ("New", "a b"),
            ("Digits", "1"),
            ("Digits", "2"),
            ("flag", ""),
            ("", "x"),
        ];
        assert_eq!(pairs, expected);
        assert_eq!((form.get("Digits"), form.get("FromCity"), form.get("to")), (Some("1"), Some(""), None));
    }

    #[test]
    fn white_space_is_not_trimmed() {
        assert_eq!(Form::parse(b"Body=+%0A+hello+%0A").get("Body"), Some(" \n hello \n"));
    }

    #[test]
    fn bytes_that_are_not_utf8_are_replaced() {
        assert_eq!(Form::parse(b"Body=caf%E9%FF").get("Body"), Some("caf\u{fffd}\u{fffd}"));
    }

    #[test]
    fn debug_shows_names_and_never_a_value() {
        let form = Form::parse(b"From=%2B33639980002&Body=secret");
        assert_eq!(format!("{form:?}"), r#"{"From", "Body"}"#);
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_read_back(pairs in proptest::collection::vec((".{0,12}", ".{0,40}"), 0..40)) {
            let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
            let form = Form::parse(body.as_bytes());
            let read: Vec<_> = form.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            prop_assert_eq!(&read, &pairs);
            prop_assert_eq!(form, pairs.into_iter().collect());
        }

        #[test]
        fn no_bytes_make_the_parser_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let form = Form::parse(&body);
            prop_assert_eq!(form.iter().count(), form.len());
        }
    }
}
