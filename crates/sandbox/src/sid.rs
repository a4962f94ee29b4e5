//! Promises: the same seed gives the same carrier ids in the same order, and no id twice.

use sha1::{Digest as _, Sha1};

/// Gives out ids in Twilio's form: two letters and 32 hexadecimal digits.
#[derive(Debug)]
pub(crate) struct SidSource {
    seed: u64,
    given: u64,
}

impl SidSource {
    /// Two sources with one seed give equal ids. A service that keeps its database must meet another seed at each
    /// start, or new calls look to it like webhooks repeated.
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, given: 0 }
    }

    /// The next id, with `prefix` such as `SM` (message), `CA` (call) or `PN` (phone number).
    pub(crate) fn next(&mut self, prefix: &str) -> String {
        self.given += 1;
        let digest = Sha1::digest(format!("{}/{}", self.seed, self.given));
        let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        format!("{prefix}{hex}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_give_equal_ids_and_no_id_comes_twice() {
        let (mut a, mut b, mut other) = (SidSource::new(1), SidSource::new(1), SidSource::new(2));
        let first = a.next("SM");
        assert_eq!(first, b.next("SM"));
        assert_ne!(first, other.next("SM"));
        assert_ne!(first, a.next("SM"));
        assert!(first.len() == 34 && first.starts_with("SM"));
    }
}
