//! Promises: as many telephone numbers as a benchmark needs, each belonging to nobody, the same ones in every program.
//!
//! The ranges kept for fiction hold 10,000 numbers each. Numbers here begin like the French ones and have 15 digits,
//! which no French number has: well-formed E.164, in a country that may call, and never anybody's.

use std::hash::{BuildHasher, RandomState};

/// Most clients that can be made.
pub const MAX_CLIENTS: u32 = 10_000_000;
/// How many couriers call.
pub const COURIERS: u64 = 1_000_000;

const REAL: u64 = 336_399_800_000_000;
const COURIER: u64 = 336_399_890_000_000;
const PROXY: u64 = 331_990_000_000_000;

/// The digits of a client's real number. Ids count from 1 to [`MAX_CLIENTS`].
#[must_use]
pub fn real_phone(client: u32) -> u64 {
    REAL + u64::from(client)
}

/// The digits of a client's proxy number. Numbers come from a carrier in no order: neighbours in id are none here.
#[must_use]
pub fn proxy_number(client: u32) -> u64 {
    // Coprime to 10, so that no two clients get the same one of the hundred million.
    const STRIDE: u64 = 61_803_399;
    PROXY + u64::from(client) * STRIDE % 100_000_000
}

/// The digits of a courier's number, never a client's. `index` counts from 0 to [`COURIERS`].
#[must_use]
pub fn courier_phone(index: u64) -> u64 {
    COURIER + index
}

/// The first line of the file that `proxycall client import` reads.
pub const CSV_HEADER: &str =
    "client_id,client_name,client_mail,client_real_phone,client_proxy_number,client_iso_residency";

/// One client's line of that file.
#[must_use]
pub fn csv_line(client: u32) -> String {
    let (real, proxy) = (real_phone(client), proxy_number(client));
    format!("{client},Client {client},client{client}@example.com,+{real},+{proxy},FR")
}

/// Random numbers, good enough to choose who calls whom and to make ids that never repeat (SplitMix64, Steele et al.
/// 2014: each state gives another output).
pub struct Chance(u64);

impl Chance {
    /// Another sequence each time.
    #[must_use]
    pub fn new() -> Self {
        Self(RandomState::new().hash_one(std::process::id()))
    }

    /// The next of the sequence.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of `0..bound`; 0 when there is none. Smaller ones are favoured by less than one in a billion.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.draw().checked_rem(bound).unwrap_or_default()
    }
}

impl Default for Chance {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_client_has_numbers_of_its_own_with_15_digits() {
        let clients = (1..=1_000).chain(MAX_CLIENTS - 1_000..=MAX_CLIENTS);
        let numbers: Vec<u64> = clients.flat_map(|client| [real_phone(client), proxy_number(client)]).collect();
        let couriers = [courier_phone(0), courier_phone(COURIERS - 1)];
        let all: HashSet<u64> = numbers.iter().copied().chain(couriers).collect();
        assert_eq!(all.len(), numbers.len() + couriers.len());
        assert!(all.iter().all(|number| number.to_string().len() == 15), "all must be too long to be anybody's");
    }

    #[test]
    fn a_line_has_a_cell_for_each_column() {
        let line = csv_line(7);
        assert_eq!(line, "7,Client 7,client7@example.com,+336399800000007,+331990032623793,FR");
        assert_eq!(line.split(',').count(), CSV_HEADER.split(',').count());
    }

    #[test]
    fn chance_does_not_repeat_itself() {
        let mut chance = Chance::new();
        assert_eq!((0..10_000).map(|_| chance.draw()).collect::<HashSet<_>>().len(), 10_000);
        assert!((0..1_000).all(|_| chance.below(3) < 3));
        assert_eq!(chance.below(0), 0);
    }
}
