//! Promises: the one way for real numbers and text bodies into and out of the store.
//!
//! What goes in is *sealed*: a version byte, then the content. Version 0 is the plain content; encryption at rest
//! becomes version 1 here, and nothing else changes. What has to be found again has a *key* beside it: a keyed hash of
//! the whole number, another of its last four digits. Without the secret, a copy of the store does not tell whose
//! number a key is. Codes and links of confirmations are never stored: they are computed in [`confirmations`], from a key of
//! their own.

mod confirmations;

use hmac::{Hmac, KeyInit, Mac};
use proxycall_domain::PhoneNumber;
use proxycall_service::ports::LedgerError;
use ring::aead::LessSafeKey;
use serde::{Serialize, de::DeserializeOwned};
use sha2::Sha256;

use crate::error::unreadable;

pub(crate) use confirmations::Seal;

/// Content as it is.
const PLAIN: u8 = 0;

/// Length of a lookup key, in bytes: half of SHA-256 keeps accidental equals out of reach.
const KEY_LENGTH: usize = 16;

/// A keyed hash to look up by.
pub(crate) type LookupKey = Vec<u8>;

/// Seals, opens and hashes.
#[derive(Clone)]
pub(crate) struct Codec {
    lookup: Hmac<Sha256>,
    confirmations: Hmac<Sha256>,
    progress: LessSafeKey,
}

impl Codec {
    /// From the keys for lookups and for confirmations, which derive from the secret.
    pub(crate) fn new(lookup: &[u8; 32], confirmations: &[u8; 32]) -> Result<Self, LedgerError> {
        let lookup = Hmac::new_from_slice(lookup).map_err(|_| unreadable("the lookup key"))?;
        let confirmations = Hmac::new_from_slice(confirmations).map_err(|_| unreadable("the confirmations' key"))?;
        let progress = confirmations::progress_key(&confirmations)?;
        Ok(Self { lookup, confirmations, progress })
    }

    fn seal(&self, content: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::with_capacity(content.len() + 1);
        sealed.push(PLAIN);
        sealed.extend_from_slice(content);
        sealed
    }

    fn open<'s>(&self, sealed: &'s [u8]) -> Result<&'s [u8], LedgerError> {
        match sealed.split_first() {
            Some((&PLAIN, content)) => Ok(content),
            _ => Err(unreadable("sealed content of a version that this program does not know")),
        }
    }

    /// Seals a real number.
    pub(crate) fn seal_phone(&self, phone: PhoneNumber) -> Vec<u8> {
        self.seal(&phone.expose_digits().to_be_bytes())
    }

    /// Opens a real number.
    pub(crate) fn open_phone(&self, sealed: &[u8]) -> Result<PhoneNumber, LedgerError> {
        let bytes: [u8; 8] = self.open(sealed)?.try_into().map_err(|_| unreadable("a sealed number"))?;
        phone_of_digits(u64::from_be_bytes(bytes))
    }

    /// Seals a text.
    pub(crate) fn seal_text(&self, text: &str) -> Vec<u8> {
        self.seal(text.as_bytes())
    }

    /// Opens a text.
    pub(crate) fn open_text(&self, sealed: &[u8]) -> Result<String, LedgerError> {
        let bytes = self.open(sealed)?;
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| unreadable("a sealed text"))
    }

    /// Seals anything that has a JSON form.
    pub(crate) fn seal_json<T: Serialize>(&self, value: &T) -> Result<Vec<u8>, LedgerError> {
        let mut sealed = vec![PLAIN];
        serde_json::to_writer(&mut sealed, value).map_err(|_| unreadable("a value without JSON form"))?;
        Ok(sealed)
    }

    /// Opens it.
    pub(crate) fn open_json<T: DeserializeOwned>(&self, sealed: &[u8]) -> Result<T, LedgerError> {
        serde_json::from_slice(self.open(sealed)?).map_err(|_| unreadable("a sealed record"))
    }

    fn key(&self, purpose: &[u8], parts: &[&[u8]]) -> LookupKey {
        let mut hash = self.lookup.clone();
        hash.update(purpose);
        for part in parts {
            // The length goes first, so that no two lists of parts read the same.
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into_bytes().iter().copied().take(KEY_LENGTH).collect()
    }

    /// To find a real number by.
    pub(crate) fn phone_key(&self, phone: PhoneNumber) -> LookupKey {
        self.key(b"phone", &[&phone.expose_digits().to_be_bytes()])
    }

    /// To find real numbers by their last four digits.
    pub(crate) fn last_four_key(&self, last_four: &str) -> LookupKey {
        self.key(b"last-four", &[last_four.as_bytes()])
    }

    /// To count what one e-mail address was sent.
    pub(crate) fn mail_key(&self, mail: &str) -> LookupKey {
        self.key(b"mail", &[mail.as_bytes()])
    }

    /// To count what one address on the network asked for.
    pub(crate) fn requester_key(&self, requester: &str) -> LookupKey {
        self.key(b"requester", &[requester.as_bytes()])
    }

    /// To tell contents apart without keeping them.
    pub(crate) fn content_key(&self, parts: &[&[u8]]) -> LookupKey {
        self.key(b"content", parts)
    }
}

/// A proxy number or opened number from its digits.
pub(crate) fn phone_of_digits(digits: u64) -> Result<PhoneNumber, LedgerError> {
    PhoneNumber::parse(&digits.to_string()).map_err(|_| unreadable("a number that is none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone() -> PhoneNumber {
        "+33639980001".parse().unwrap()
    }

    #[test]
    fn what_is_sealed_opens_to_the_same() {
        let codec = Codec::new(&[7; 32], &[8; 32]).unwrap();
        assert_eq!(codec.open_phone(&codec.seal_phone(phone())), Ok(phone()));
        assert_eq!(codec.open_text(&codec.seal_text("J’arrive \0 🙂")), Ok("J’arrive \0 🙂".to_owned()));
        assert_eq!(codec.open_json::<Vec<u8>>(&codec.seal_json(&vec![1, 2]).unwrap()), Ok(vec![1, 2]));
    }

    #[test]
    fn an_unknown_version_or_damaged_content_is_an_error_and_no_panic() {
        let codec = Codec::new(&[7; 32], &[8; 32]).unwrap();
        for sealed in [&[][..], &[9, 1], &[PLAIN, 1], &[PLAIN]] {
            assert!(codec.open_phone(sealed).is_err());
        }
        assert!(codec.open_text(&[PLAIN, 0xff]).is_err());
    }

    #[test]
    fn keys_differ_by_secret_purpose_and_content() {
        let [a, b] = [Codec::new(&[1; 32], &[1; 32]).unwrap(), Codec::new(&[2; 32], &[2; 32]).unwrap()];
        assert_eq!(a.phone_key(phone()), a.clone().phone_key(phone()));
        assert_ne!(a.phone_key(phone()), b.phone_key(phone()));
        assert_ne!(a.last_four_key("0001"), a.content_key(&[b"0001"]));
        assert_ne!(a.content_key(&[b"ab", b"c"]), a.content_key(&[b"a", b"bc"]));
    }
}
