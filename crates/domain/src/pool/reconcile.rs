//! Promises: account and pool are compared both ways, number by number, and each difference has one name.

use std::collections::{HashMap, HashSet};

use super::NumberStatus;
use crate::{PhoneNumber, wiring::Wiring};

/// A number as the account has it.
#[derive(Debug, Clone)]
pub struct Seen<'a> {
    /// E.164.
    pub phone: PhoneNumber,
    /// Its webhooks.
    pub wiring: &'a Wiring,
}

/// A number as the pool has it.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// E.164.
    pub phone: PhoneNumber,
    /// Where it is in its life.
    pub status: NumberStatus,
}

/// How account and pool differ. Each list is sorted, each number in one list at most.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    /// In the account, not in the pool, free: to be added as available.
    pub unknown: Vec<PhoneNumber>,
    /// In the account and used for something else: to be set aside until an operator adopts it. Numbers of the pool
    /// that nobody has (any more) are among them; those of clients are not.
    pub elsewhere: Vec<PhoneNumber>,
    /// In the pool, not in the account.
    pub missing: Vec<PhoneNumber>,
    /// Missing before, in the account again.
    pub back: Vec<PhoneNumber>,
    /// In the pool and with webhooks that do not lead here, or not as they should.
    pub miswired: Vec<PhoneNumber>,
}

/// Compares. `wanted` is what the webhooks of a number of ours are, `our_hosts` whose addresses are ours.
#[must_use]
pub fn reconcile(account: &[Seen<'_>], pool: &[Known], wanted: &Wiring, our_hosts: &[String]) -> Differences {
    let known: HashMap<PhoneNumber, NumberStatus> = pool.iter().map(|number| (number.phone, number.status)).collect();
    let present: HashSet<PhoneNumber> = account.iter().map(|number| number.phone).collect();
    let mut found = Differences::default();
    for seen in account {
        let elsewhere = seen.wiring.used_elsewhere(our_hosts);
        let list = match known.get(&seen.phone) {
            None | Some(NumberStatus::Released) if elsewhere => &mut found.elsewhere,
            None | Some(NumberStatus::Released) => &mut found.unknown,
            Some(NumberStatus::Missing) => &mut found.back,
            // Set aside already: what leads elsewhere stays as it is until an operator says otherwise.
            Some(NumberStatus::Error) => continue,
            Some(NumberStatus::Available | NumberStatus::Quarantined) if elsewhere => &mut found.elsewhere,
            Some(_) if !seen.wiring.faults(wanted).none() => &mut found.miswired,
            Some(_) => continue,
        };
        list.push(seen.phone);
    }
    let gone = |number: &&Known| {
        !matches!(number.status, NumberStatus::Released | NumberStatus::Missing) && !present.contains(&number.phone)
    };
    found.missing = pool.iter().filter(gone).map(|number| number.phone).collect();
    for list in [&mut found.unknown, &mut found.elsewhere, &mut found.missing, &mut found.back, &mut found.miswired] {
        list.sort_unstable();
        list.dedup();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn phone(n: u32) -> PhoneNumber {
        format!("+3363998{n:04}").parse().unwrap()
    }

    fn ours() -> Wiring {
        Wiring::ours("https://proxycall.example")
    }

    fn hotline() -> Wiring {
        Wiring { voice: crate::wiring::Hook::post("https://hotline.example/"), ..Wiring::default() }
    }

    fn compare(account: &[(u32, Wiring)], pool: &[(u32, NumberStatus)]) -> Differences {
        let account: Vec<Seen<'_>> = account.iter().map(|(n, wiring)| Seen { phone: phone(*n), wiring }).collect();
        let pool: Vec<Known> = pool.iter().map(|(n, status)| Known { phone: phone(*n), status: *status }).collect();
        reconcile(&account, &pool, &ours(), &["proxycall.example".to_owned()])
    }

    #[test]
    fn a_free_number_of_the_account_is_unknown_and_a_hotline_is_used_elsewhere() {
        let found = compare(&[(1, Wiring::default()), (2, hotline()), (3, ours())], &[]);
        assert_eq!((found.unknown, found.elsewhere), (vec![phone(1), phone(3)], vec![phone(2)]));
    }

    #[test]
    fn a_clients_number_that_leads_elsewhere_is_reported_and_stays_the_clients() {
        let found =
            compare(&[(1, hotline()), (2, hotline())], &[(1, NumberStatus::Assigned), (2, NumberStatus::Available)]);
        assert_eq!((found.miswired, found.elsewhere), (vec![phone(1)], vec![phone(2)]));
    }

    #[test]
    fn what_is_gone_is_missing_once_and_what_returns_is_back() {
        let pool = [
            (1, NumberStatus::Assigned),
            (2, NumberStatus::Missing),
            (3, NumberStatus::Released),
            (4, NumberStatus::Missing),
        ];
        let found = compare(&[(4, ours())], &pool);
        assert_eq!((found.missing, found.back), (vec![phone(1)], vec![phone(4)]));
    }

    #[test]
    fn what_an_operator_set_aside_is_left_alone() {
        assert_eq!(compare(&[(1, hotline())], &[(1, NumberStatus::Error)]), Differences::default());
    }

    #[test]
    fn equal_sides_have_no_differences() {
        let found = compare(&[(1, ours()), (2, ours())], &[(1, NumberStatus::Assigned), (2, NumberStatus::Reserved)]);
        assert_eq!(found, Differences::default());
    }

    proptest! {
        #[test]
        fn every_number_is_in_one_list_at_most(
            account in proptest::collection::hash_map(0_u32..30, 0_u8..3, 0..30),
            pool in proptest::collection::hash_map(0_u32..30, 0_usize..7, 0..30),
        ) {
            let account: Vec<_> = account
                .into_iter()
                .map(|(n, wiring)| (n, [Wiring::default(), ours(), hotline()][usize::from(wiring)].clone()))
                .collect();
            let pool: Vec<_> = pool.into_iter().map(|(n, status)| (n, NumberStatus::ALL[status])).collect();
            let found = compare(&account, &pool);
            let all: Vec<_> = [&found.unknown, &found.elsewhere, &found.missing, &found.back, &found.miswired]
                .into_iter().flatten().collect();
            let distinct: HashSet<_> = all.iter().collect();
            prop_assert_eq!(all.len(), distinct.len());
            // Nothing that a client has, or that is held, is ever taken for free.
            for (n, status) in &pool {
                if matches!(status, NumberStatus::Assigned | NumberStatus::Reserved) {
                    prop_assert!(!found.unknown.contains(&phone(*n)) && !found.elsewhere.contains(&phone(*n)));
                }
            }
        }
    }
}
