//! Promises: the one way for real numbers and text bodies into and out of the store.
//!
//! What goes in is *sealed*: version 1, the id of the secret's key, a nonce, the ciphertext and its tag, bound to the column
//! that it belongs to. Version 0, the plain content, is what programs before wrote: it is read, and sealed anew by the job.
//! What has to be found again has a *key* beside it: a keyed hash of the whole number, another of its last four digits.
//! Without the secret, a copy of the store does not tell whose number a key is.
//!
//! Writes use the keys of one secret. Where two are listed, as while a store goes over from one to the other, what was keyed
//! under either is found. Codes and links of confirmations are never stored: they are computed in [`confirmations`], from a
//! key of their own.

mod column;
mod confirmations;
mod keys;
mod nonces;

use std::sync::atomic::{AtomicUsize, Ordering};

use proxycall_domain::PhoneNumber;
use proxycall_service::ports::LedgerError;
use ring::aead::NONCE_LEN;
use serde::{Serialize, de::DeserializeOwned};

use crate::{error::unreadable, keys::SecretKey};

pub(crate) use column::*;
pub(crate) use confirmations::Seal;
pub(crate) use keys::Keys;
use nonces::Nonces;

/// Content as it is.
const PLAIN: u8 = 0;
/// Content sealed by a key that is named.
const SEALED: u8 = 1;
/// What the cipher adds.
const TAG_LENGTH: usize = 16;

/// Length of a lookup key, in bytes: half of SHA-256 keeps accidental equals out of reach.
const KEY_LENGTH: usize = 16;

/// A keyed hash to look up by.
pub(crate) type LookupKey = Vec<u8>;

/// What to look up by: the key under the secret that writes use, and the key under the other one. The same twice where one
/// secret is listed.
pub(crate) type LookupKeys = [LookupKey; 2];

/// Seals, opens and hashes.
pub(crate) struct Codec {
    known: Vec<Keys>,
    /// Which of them writes use.
    writes: AtomicUsize,
    /// Which of them the store was kept with before; the same when it does not change.
    before: AtomicUsize,
    nonces: Nonces,
}

impl Codec {
    /// From all secrets that are known. Writes use the first until [`Codec::follow`] says otherwise.
    pub(crate) fn new(secrets: &[SecretKey]) -> Result<Self, LedgerError> {
        let known = secrets.iter().map(Keys::new).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { known, writes: AtomicUsize::new(0), before: AtomicUsize::new(0), nonces: Nonces::default() })
    }

    /// Uses the secrets that the store names; false when one of them is not known.
    pub(crate) fn follow(&self, writes: &str, before: &str) -> bool {
        let find = |fingerprint| self.known.iter().position(|keys| keys.fingerprint() == fingerprint);
        let (Some(writes), Some(before)) = (find(writes), find(before)) else { return false };
        // In this order no reader ever misses one that is in use.
        self.before.store(before, Ordering::Release);
        self.writes.store(writes, Ordering::Release);
        true
    }

    /// Whether a secret is known.
    pub(crate) fn knows(&self, fingerprint: &str) -> bool {
        self.known.iter().any(|keys| keys.fingerprint() == fingerprint)
    }

    fn at(&self, index: &AtomicUsize) -> Result<&Keys, LedgerError> {
        self.known.get(index.load(Ordering::Acquire)).ok_or_else(|| unreadable("the store's secret"))
    }

    /// The keys that writes use.
    pub(crate) fn writes(&self) -> Result<&Keys, LedgerError> {
        self.at(&self.writes)
    }

    /// The keys that were used before the store went over to another secret.
    pub(crate) fn before(&self) -> Result<&Keys, LedgerError> {
        self.at(&self.before)
    }

    /// The other keys that lookups use: those before, while the store goes over to another secret; else the first that is
    /// listed and that writes do not use. Another instance may write with it already, or still.
    pub(crate) fn other(&self) -> Result<&Keys, LedgerError> {
        let (writes, before) = (self.writes.load(Ordering::Acquire), self.before.load(Ordering::Acquire));
        if writes != before {
            return self.before();
        }
        let other = self.known.iter().enumerate().find(|(index, _)| *index != writes);
        other.map_or_else(|| self.writes(), |(_, keys)| Ok(keys))
    }

    /// Whether lookups use two secrets.
    pub(crate) fn has_other(&self) -> bool {
        self.known.len() > 1
    }

    /// Whether the store goes over from one secret to another.
    pub(crate) fn is_changing(&self) -> bool {
        self.writes.load(Ordering::Acquire) != self.before.load(Ordering::Acquire)
    }

    /// The keys with this id; none: those of the store from before ids were kept.
    pub(crate) fn keys_of(&self, id: Option<&[u8]>) -> Result<&Keys, LedgerError> {
        let Some(id) = id else { return self.before() };
        let named = self.known.iter().find(|keys| keys.id() == id);
        named.ok_or_else(|| unreadable("something made with a secret that is not listed"))
    }

    fn seal(&self, column: Column, content: &[u8]) -> Result<Vec<u8>, LedgerError> {
        self.writes()?.seal(column, self.nonces.next()?, content)
    }

    /// Opens into `room`, which is as long as what is sealed at least.
    fn open<'r>(&self, column: Column, sealed: &[u8], room: &'r mut [u8]) -> Result<&'r [u8], LedgerError> {
        let strange = || unreadable("sealed content of a version that this program does not know");
        let (version, rest) = sealed.split_first().ok_or_else(strange)?;
        let (id, nonce, content) = match *version {
            PLAIN => (None, None, rest),
            SEALED => {
                let (id, rest) = rest.split_first_chunk::<4>().ok_or_else(strange)?;
                let (nonce, content) = rest.split_first_chunk::<NONCE_LEN>().ok_or_else(strange)?;
                (Some(id), Some(nonce), content)
            }
            _ => return Err(strange()),
        };
        let room = room.get_mut(..content.len()).ok_or_else(strange)?;
        room.copy_from_slice(content);
        let (Some(id), Some(nonce)) = (id, nonce) else { return Ok(room) };
        let opened = self.keys_of(Some(id))?.open(column, nonce, room);
        opened.ok_or_else(|| unreadable("sealed content that was changed or is of another column"))
    }

    /// Seals a real number.
    pub(crate) fn seal_phone(&self, column: Column, phone: PhoneNumber) -> Result<Vec<u8>, LedgerError> {
        self.seal(column, &phone.expose_digits().to_be_bytes())
    }

    /// Opens a real number.
    pub(crate) fn open_phone(&self, column: Column, sealed: &[u8]) -> Result<PhoneNumber, LedgerError> {
        let mut room = [0; 8 + TAG_LENGTH];
        let bytes = self.open(column, sealed, &mut room)?;
        phone_of_digits(u64::from_be_bytes(bytes.try_into().map_err(|_| unreadable("a sealed number"))?))
    }

    /// Seals a text.
    pub(crate) fn seal_text(&self, column: Column, text: &str) -> Result<Vec<u8>, LedgerError> {
        self.seal(column, text.as_bytes())
    }

    /// Opens a text.
    pub(crate) fn open_text(&self, column: Column, sealed: &[u8]) -> Result<String, LedgerError> {
        let mut room = vec![0; sealed.len()];
        let bytes = self.open(column, sealed, &mut room)?;
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| unreadable("a sealed text"))
    }

    /// Seals anything that has a JSON form.
    pub(crate) fn seal_json<T: Serialize>(&self, column: Column, value: &T) -> Result<Vec<u8>, LedgerError> {
        let json = serde_json::to_vec(value).map_err(|_| unreadable("a value without JSON form"))?;
        self.seal(column, &json)
    }

    /// Opens it.
    pub(crate) fn open_json<T: DeserializeOwned>(&self, column: Column, sealed: &[u8]) -> Result<T, LedgerError> {
        let mut room = vec![0; sealed.len()];
        serde_json::from_slice(self.open(column, sealed, &mut room)?).map_err(|_| unreadable("a sealed record"))
    }

    /// What the seals of what is written now begin with.
    pub(crate) fn head(&self) -> Result<[u8; 5], LedgerError> {
        let [a, b, c, d] = self.writes()?.id();
        Ok([SEALED, a, b, c, d])
    }

    /// Seals anew what was sealed otherwise than it would be now; none when it is as it should be.
    pub(crate) fn reseal(&self, column: Column, sealed: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        if sealed.starts_with(&self.head()?) {
            return Ok(None);
        }
        let mut room = vec![0; sealed.len()];
        let content = self.open(column, sealed, &mut room)?;
        self.seal(column, content).map(Some)
    }

    /// A key under each secret that lookups use; computed once where that is one.
    pub(crate) fn keys(&self, key: impl Fn(&Keys) -> LookupKey) -> Result<LookupKeys, LedgerError> {
        let now = key(self.writes()?);
        let other = if self.has_other() { key(self.other()?) } else { now.clone() };
        Ok([now, other])
    }

    /// To find a real number by.
    pub(crate) fn phone_keys(&self, phone: PhoneNumber) -> Result<LookupKeys, LedgerError> {
        self.keys(|keys| keys.phone_key(phone))
    }

    /// Whether a key, under whichever secret in use, is that of a real number.
    pub(crate) fn is_phone(&self, key: &[u8], phone: PhoneNumber) -> Result<bool, LedgerError> {
        Ok(self.phone_keys(phone)?.iter().any(|of_phone| of_phone == key))
    }
}

/// A proxy number or opened number from its digits.
pub(crate) fn phone_of_digits(digits: u64) -> Result<PhoneNumber, LedgerError> {
    PhoneNumber::parse(&digits.to_string()).map_err(|_| unreadable("a number that is none"))
}

#[cfg(test)]
mod tests;
