//! Promises: all that is made with one secret is made with keys of their own, which are prepared once.

use hmac::{Hmac, KeyInit, Mac};
use proxycall_domain::PhoneNumber;
use proxycall_service::ports::LedgerError;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::Sha256;

use super::{Column, KEY_LENGTH, LookupKey, SEALED, TAG_LENGTH, confirmations};
use crate::{error::unreadable, keys::SecretKey};

/// What lookups are keyed with; the purpose is part of the key.
const LOOKUP: &str = "lookup";
/// What codes and links of confirmations are made with.
const CONFIRMATIONS: &str = "confirmations";
/// What is sealed with.
const SEAL: &str = "seal";
/// What a key's name is made with.
const NAME: &str = "key id";

/// Tells the keys of one secret from those of another, in a seal.
type KeyId = [u8; 4];

/// The keys that derive from one secret.
pub(crate) struct Keys {
    id: KeyId,
    fingerprint: String,
    seal: LessSafeKey,
    lookup: Hmac<Sha256>,
    pub(super) confirmations: Hmac<Sha256>,
    pub(super) progress: LessSafeKey,
}

/// A key of the cipher that everything is sealed with: it is as fast on every processor, and ours already.
pub(super) fn cipher(key: &[u8]) -> Result<LessSafeKey, LedgerError> {
    UnboundKey::new(&CHACHA20_POLY1305, key).map(LessSafeKey::new).map_err(|_| unreadable("a key"))
}

impl Keys {
    /// From a secret.
    pub(crate) fn new(secret: &SecretKey) -> Result<Self, LedgerError> {
        let mac = |purpose| Hmac::new_from_slice(&secret.derive(purpose)).map_err(|_| unreadable("a key"));
        let confirmations = mac(CONFIRMATIONS)?;
        let [a, b, c, d, ..] = secret.derive(NAME);
        Ok(Self {
            id: [a, b, c, d],
            fingerprint: secret.fingerprint(),
            seal: cipher(&secret.derive(SEAL))?,
            lookup: mac(LOOKUP)?,
            progress: confirmations::progress_key(&confirmations)?,
            confirmations,
        })
    }

    /// How seals name these keys.
    pub(crate) fn id(&self) -> KeyId {
        self.id
    }

    /// How the store names their secret.
    pub(crate) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Seals: version, key, nonce, ciphertext, tag.
    pub(super) fn seal(&self, column: Column, nonce: [u8; NONCE_LEN], content: &[u8]) -> Result<Vec<u8>, LedgerError> {
        let head = 1 + self.id.len() + NONCE_LEN;
        let mut sealed = Vec::with_capacity(head + content.len() + TAG_LENGTH);
        sealed.push(SEALED);
        sealed.extend_from_slice(&self.id);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(content);
        let within = sealed.get_mut(head..).unwrap_or_default();
        let tag = self
            .seal
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(column.name()), within)
            .map_err(|_| LedgerError::Unavailable("something could not be sealed".to_owned()))?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// Opens ciphertext and tag in place; none when they are not of these keys, or not of this column.
    pub(super) fn open<'r>(&self, column: Column, nonce: &[u8; NONCE_LEN], room: &'r mut [u8]) -> Option<&'r [u8]> {
        let nonce = Nonce::assume_unique_for_key(*nonce);
        self.seal.open_in_place(nonce, Aad::from(column.name()), room).ok().map(|content| &*content)
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
