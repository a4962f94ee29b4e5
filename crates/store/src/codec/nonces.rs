//! Promises: no two seals have the same nonce: each is 96 bits of the system's chance, handed out once.

use std::sync::{Mutex, PoisonError};

use proxycall_service::ports::LedgerError;
use ring::{
    aead::NONCE_LEN,
    rand::{SecureRandom, SystemRandom},
};

/// How many are asked for at once: a call needs three, and each question to the system costs as much as a seal.
const AT_ONCE: usize = 64;

/// Nonces that nobody has used. They are no secret: each stands in its seal.
#[derive(Default)]
pub(super) struct Nonces(Mutex<Vec<[u8; NONCE_LEN]>>);

impl Nonces {
    /// One that was not given before.
    pub(super) fn next(&self) -> Result<[u8; NONCE_LEN], LedgerError> {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(nonce) = left.pop() {
            return Ok(nonce);
        }
        let mut bytes = [0; AT_ONCE * NONCE_LEN];
        let filled = SystemRandom::new().fill(&mut bytes);
        filled.map_err(|_| LedgerError::Unavailable("the system gives no random bytes".to_owned()))?;
        left.extend(bytes.as_chunks().0);
        left.pop().ok_or_else(|| LedgerError::Unavailable("the system gives no random bytes".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_nonce_is_given_twice() {
        let nonces = Nonces::default();
        let given: HashSet<_> = (0..10 * AT_ONCE).map(|_| nonces.next().unwrap()).collect();
        assert_eq!(given.len(), 10 * AT_ONCE);
    }
}
