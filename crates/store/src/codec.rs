//! Promises: the one way for real numbers and text bodies into and out of the store.
//!
//! What goes in is *sealed*: a version byte, then the content. Version 0 is the plain content; encryption at rest
//! becomes version 1 here, and nothing else changes. What has to be found again has a *key* beside it: a keyed hash of
//! the whole number, another of its last four digits. Without the secret, a copy of the store does not tell whose
//! number a key is. Codes and links of confirmations are never stored: they are computed here, from a key of their own.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use proxycall_domain::{PendingId, PhoneNumber, confirmation::code::Code};
use proxycall_service::ports::LedgerError;
use serde::{Serialize, de::DeserializeOwned};
use sha2::Sha256;

use crate::error::unreadable;

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
}

/// What a signature of ours says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seal {
    /// Whoever has it has the phone: it was texted.
    Text,
    /// Whoever has it reads the e-mail address: it was mailed.
    Mail,
    /// Whoever has it has the phone on record, and is asked to agree.
    Consent,
    /// Whoever has it asked for the confirmation on the public page.
    Progress,
}

impl Seal {
    fn purpose(self) -> &'static [u8] {
        match self {
            Self::Text => b"text",
            Self::Mail => b"mail",
            Self::Consent => b"consent",
            Self::Progress => b"progress",
        }
    }
}

impl Codec {
    /// From the keys for lookups and for confirmations, which derive from the secret.
    pub(crate) fn new(lookup: &[u8; 32], confirmations: &[u8; 32]) -> Result<Self, LedgerError> {
        let lookup = Hmac::new_from_slice(lookup).map_err(|_| unreadable("the lookup key"))?;
        let confirmations = Hmac::new_from_slice(confirmations).map_err(|_| unreadable("the confirmations' key"))?;
        Ok(Self { lookup, confirmations })
    }

    /// The code of one generation of a confirmation. An id that is used again later has another code.
    pub(crate) fn code(&self, id: &PendingId, begun: Timestamp, generation: u32) -> Code {
        let mac = self.confirmation_mac(b"code", id, begun.as_millisecond(), generation);
        let mut bytes = [0; 16];
        for (byte, of_mac) in bytes.iter_mut().zip(mac.finalize().into_bytes()) {
            *byte = of_mac;
        }
        Code::from_bytes(bytes)
    }

    fn confirmation_mac(&self, purpose: &[u8], id: &PendingId, begun: i64, generation: u32) -> Hmac<Sha256> {
        let mut mac = self.confirmations.clone();
        for part in [purpose, id.as_str().as_bytes(), &begun.to_be_bytes(), &generation.to_be_bytes()] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }

    /// A signature that stands in a link: 128 bits, safe in an address.
    pub(crate) fn sign(&self, seal: Seal, id: &PendingId, begun: i64, generation: u32) -> String {
        let mac = self.confirmation_mac(seal.purpose(), id, begun, generation).finalize().into_bytes();
        let short: Vec<u8> = mac.iter().copied().take(KEY_LENGTH).collect();
        BASE64_URL_SAFE_NO_PAD.encode(short)
    }

    /// Whether a signature is ours; compared in constant time.
    pub(crate) fn signed(&self, seal: Seal, id: &PendingId, begun: i64, generation: u32, signature: &str) -> bool {
        let Ok(bytes) = BASE64_URL_SAFE_NO_PAD.decode(signature) else { return false };
        bytes.len() == KEY_LENGTH
            && self.confirmation_mac(seal.purpose(), id, begun, generation).verify_truncated_left(&bytes).is_ok()
    }

    /// What the address of a progress page names: the id, readable by us alone to be ours.
    pub(crate) fn progress_name(&self, id: &PendingId) -> String {
        let id_text = BASE64_URL_SAFE_NO_PAD.encode(id.as_str());
        format!("{id_text}.{}", self.sign(Seal::Progress, id, 0, 0))
    }

    /// Reads that name; none when it is not ours.
    pub(crate) fn progress_id(&self, name: &str) -> Option<PendingId> {
        let (id, signature) = name.split_once('.')?;
        let id = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(id).ok()?).ok()?;
        let id = PendingId::parse(&id).ok()?;
        self.signed(Seal::Progress, &id, 0, 0, signature).then_some(id)
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

    #[test]
    fn a_code_differs_by_id_moment_generation_and_secret() {
        let [a, b] = [Codec::new(&[1; 32], &[1; 32]).unwrap(), Codec::new(&[1; 32], &[2; 32]).unwrap()];
        let id = |text: &str| PendingId::parse(text).unwrap();
        let at = |second| Timestamp::from_second(second).unwrap();
        let code = a.code(&id("P-1"), at(0), 1);
        assert_eq!(code, a.clone().code(&id("P-1"), at(0), 1));
        for other in [a.code(&id("P-2"), at(0), 1), a.code(&id("P-1"), at(1), 1), a.code(&id("P-1"), at(0), 2)] {
            assert_ne!(code, other);
        }
        assert_ne!(code, b.code(&id("P-1"), at(0), 1));
    }

    #[test]
    fn codes_fall_evenly_on_the_first_digits() {
        let codec = Codec::new(&[1; 32], &[1; 32]).unwrap();
        let mut firsts = [0_u32; 10];
        for n in 0..9_000 {
            let id = PendingId::parse(&format!("P-{n}")).unwrap();
            let code = codec.code(&id, Timestamp::UNIX_EPOCH, 1).expose();
            assert_eq!(code.len(), 6);
            firsts[usize::from(code.as_bytes()[0] - b'0')] += 1;
        }
        assert!(firsts[1..].iter().all(|count| (850..1_150).contains(count)), "{firsts:?}");
    }

    #[test]
    fn a_signature_holds_for_its_purpose_and_nothing_else() {
        let codec = Codec::new(&[1; 32], &[1; 32]).unwrap();
        let id = PendingId::parse("P-1").unwrap();
        let signature = codec.sign(Seal::Text, &id, 5, 1);
        assert!(codec.signed(Seal::Text, &id, 5, 1, &signature));
        assert!(!codec.signed(Seal::Mail, &id, 5, 1, &signature));
        assert!(!codec.signed(Seal::Text, &id, 5, 2, &signature));
        assert!(!codec.signed(Seal::Text, &id, 5, 1, &signature[..20]) && !codec.signed(Seal::Text, &id, 5, 1, ""));
        let name = codec.progress_name(&id);
        assert_eq!(codec.progress_id(&name), Some(id));
        assert_eq!(codec.progress_id(&name.replace('.', "x.")), None);
    }
}
