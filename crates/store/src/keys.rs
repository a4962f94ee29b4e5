//! Promises: every key derives from one secret, and a store is never read with another secret than it was made with.

use base64::{Engine, prelude::BASE64_STANDARD};
use hkdf::Hkdf;
use secrecy::{ExposeSecret, SecretSlice};
use sha2::Sha256;

/// Length of the secret, in bytes.
const SECRET_LENGTH: usize = 32;

/// Which secrets a store uses.
pub(crate) struct SecretMeta {
    /// Tells the secret that it was made with, or has gone over to, from others.
    pub(crate) fingerprint: String,
    /// The one that writes use: another one while the store goes over to it.
    pub(crate) writes_with: String,
    /// The secret itself, when it was made at first start.
    pub(crate) secret: Option<String>,
}

/// The secret that every key derives from: `PROXYCALL_SECRET_KEY`.
#[derive(Debug, Clone)]
pub struct SecretKey(SecretSlice<u8>);

impl SecretKey {
    /// Reads base64 of 32 bytes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64_STANDARD.decode(text.trim()).ok()?;
        (bytes.len() == SECRET_LENGTH).then(|| Self(bytes.into()))
    }

    /// From bytes of chance.
    #[must_use]
    pub fn from_bytes(bytes: [u8; SECRET_LENGTH]) -> Self {
        Self(bytes.to_vec().into())
    }

    /// As it is written in the environment and, when made at first start, in the store.
    #[must_use]
    pub fn to_base64(&self) -> String {
        BASE64_STANDARD.encode(self.0.expose_secret())
    }

    /// A key for one purpose.
    pub(crate) fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut key = [0; 32];
        let expanded = Hkdf::<Sha256>::new(None, self.0.expose_secret()).expand(purpose.as_bytes(), &mut key);
        debug_assert!(expanded.is_ok(), "32 bytes are within what HKDF-SHA256 gives");
        key
    }

    /// Tells one secret from another without showing either.
    pub(crate) fn fingerprint(&self) -> String {
        BASE64_STANDARD.encode(self.derive("fingerprint")).chars().take(16).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_32_bytes_in_base64() {
        let secret = SecretKey::from_bytes([3; 32]);
        let read = SecretKey::parse(&format!(" {} ", secret.to_base64())).unwrap();
        assert_eq!(read.derive("x"), secret.derive("x"));
        assert!(SecretKey::parse("dG9vIHNob3J0").is_none() && SecretKey::parse("%%%").is_none());
    }

    #[test]
    fn keys_differ_by_purpose_and_secret() {
        let [a, b] = [SecretKey::from_bytes([1; 32]), SecretKey::from_bytes([2; 32])];
        assert_ne!(a.derive("lookup"), a.derive("other"));
        assert_ne!(a.derive("lookup"), b.derive("lookup"));
        assert_ne!(a.fingerprint(), b.fingerprint());
    }
}
