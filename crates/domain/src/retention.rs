//! Promises: how long each kind of data is kept, in days; where nothing is said, the shortest time that the purpose allows.

use jiff::{SignedDuration, Timestamp};

use crate::Said;

/// The longest time that can be set: a hundred years.
const MOST_DAYS: i64 = 36_500;
/// A closed client can be restored for so long; nothing is erased before.
const RESTORABLE_DAYS: i64 = 30;

/// How long, in days; none: for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Days(Option<i64>);

impl Days {
    /// The moment before which data of this kind is not kept any more; none: it is kept for ever.
    #[must_use]
    pub fn before(self, now: Timestamp) -> Option<Timestamp> {
        self.0.and_then(|days| now.checked_sub(SignedDuration::from_hours(24 * days)).ok())
    }
}

/// The periods in force.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention {
    /// Who was at the other end of a call or text.
    pub interactions: Days,
    /// Name, e-mail address and phone of a confirmation that is over.
    pub confirmations: Days,
    /// A closed client.
    pub closed_clients: Days,
    /// What an operator was told, once it is over.
    pub alerts: Days,
    /// The carrier's own record of a call or text.
    pub carrier: Days,
}

impl Retention {
    /// The period that a setting is about, and the fewest days that it may have.
    fn slot(&mut self, key: &str) -> Option<(&mut Days, i64)> {
        Some(match key {
            "retention.interactions_days" => (&mut self.interactions, 1),
            "retention.confirmations_days" => (&mut self.confirmations, 1),
            "retention.closed_clients_days" => (&mut self.closed_clients, RESTORABLE_DAYS),
            "retention.alerts_days" => (&mut self.alerts, 1),
            "retention.carrier_days" => (&mut self.carrier, 1),
            _ => return None,
        })
    }

    /// The period of a kind of data, by the word in its setting's name.
    #[must_use]
    pub fn of(mut self, kind: &str) -> Option<Days> {
        self.slot(&format!("retention.{kind}_days")).map(|(days, _)| *days)
    }

    /// Gives a period a length. None: there is no such setting; an error says what is expected.
    pub(crate) fn set(&mut self, key: &str, value: &str) -> Option<Result<(), Said>> {
        let (slot, least) = self.slot(key)?;
        let days = value.parse::<i64>().ok().filter(|days| *days == 0 || (least..=MOST_DAYS).contains(days));
        Some(match days {
            Some(days) => {
                *slot = Days((days > 0).then_some(days));
                Ok(())
            }
            None => {
                let fr = format!("doit être un nombre de jours, de {least} à {MOST_DAYS}, ou 0 (gardé sans fin)");
                Err((fr, format!("must be days, {least} to {MOST_DAYS}, or 0 (kept for ever)")).into())
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn now() -> Timestamp {
        "2026-11-26T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn what_is_older_than_its_days_is_not_kept_and_zero_keeps_for_ever() {
        let mut retention = Retention::default();
        assert_eq!(retention.interactions.before(now()), None);
        assert_eq!(retention.set("retention.interactions_days", "10"), Some(Ok(())));
        assert_eq!(retention.interactions.before(now()), Some("2026-11-16T12:00:00Z".parse().unwrap()));
        assert_eq!(retention.set("retention.interactions_days", "0"), Some(Ok(())));
        assert_eq!(retention.interactions.before(now()), None);
    }

    #[rstest]
    #[case::within_the_time_to_restore("retention.closed_clients_days", "29")]
    #[case::negative("retention.interactions_days", "-1")]
    #[case::too_long("retention.alerts_days", "36501")]
    #[case::no_number("retention.carrier_days", "a year")]
    fn a_length_that_makes_no_sense_is_refused_and_changes_nothing(#[case] key: &str, #[case] value: &str) {
        let mut retention = Retention::default();
        assert!(matches!(retention.set(key, value), Some(Err(_))));
        assert_eq!(retention, Retention::default());
    }

    #[test]
    fn another_setting_is_none_of_ours() {
        assert_eq!(Retention::default().set("retention.nonsense", "1"), None);
    }
}
