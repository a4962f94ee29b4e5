//! What goes wrong without anybody asking: webhooks that fail, and a sheet that stands still.

use std::sync::atomic::Ordering;

use jiff::{SignedDuration, Timestamp};

use super::alert;
use crate::{
    Service,
    ports::{
        LedgerError,
        ledger::{Alert, Failures},
    },
};

/// Over how long failures are counted, and after how long without any it is over.
const LATELY: SignedDuration = SignedDuration::from_mins(15);
/// Fewer failures than this are single accidents: a number that is no longer in use, say.
const FAILURES: u64 = 5;
/// For how long the sheet may be unreachable before somebody is told: Google has bad minutes.
const SHEET_PATIENCE: SignedDuration = SignedDuration::from_mins(15);

const CARRIER: &str = "carrier";
const STORE: &str = "store";
const SHEET: &str = "sheet";

/// Whether so much fails that somebody must look: at least five, and every second one.
fn is_failing(of: Failures) -> bool {
    of.failed >= FAILURES && of.failed * 2 >= of.ended
}

/// Whether it is well again: less than every fourth. In between it stays as it is.
fn is_well(of: Failures) -> bool {
    of.failed < FAILURES || of.failed * 4 < of.ended
}

impl Service {
    pub(super) async fn watch_failures(&self) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let since = now.checked_sub(LATELY).unwrap_or(now);
        let told = self.ledger.alerts().await?;
        self.watch_carrier(&told, since).await?;
        if stands(&told, alert::WEBHOOKS_FAILING, STORE) {
            let kind = alert::WEBHOOKS_FAILING;
            self.ledger.clear_unseen_alert(kind, STORE.to_owned(), since, now).await?;
        }
        self.watch_sheet(&told).await
    }

    async fn watch_carrier(&self, told: &[Alert], since: Timestamp) -> Result<(), LedgerError> {
        let failures = self.ledger.recent_failures(since).await?;
        let Failures { ended, failed } = failures;
        if is_failing(failures) {
            let fr = format!(
                "Sur {ended} appels et messages en 15 minutes, l’opérateur télécom n’a pas pu en acheminer {failed}."
            );
            let en = format!("Of {ended} calls and texts in 15 minutes, the carrier could not carry {failed}.");
            let detail = (fr, en);
            self.alert(alert::WEBHOOKS_FAILING, CARRIER.to_owned(), detail).await?;
        } else if is_well(failures) && stands(told, alert::WEBHOOKS_FAILING, CARRIER) {
            self.ledger.clear_alert(alert::WEBHOOKS_FAILING, CARRIER.to_owned(), self.clock.now()).await?;
        }
        Ok(())
    }

    async fn watch_sheet(&self, told: &[Alert]) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let stopped = match &self.sheet {
            None => None,
            Some(_) => {
                let pulse = self.ledger.sheet_pulse().await?;
                let last = pulse.read_at.or(pulse.begun_at);
                let long = last.is_none_or(|last| now.duration_since(last) >= SHEET_PATIENCE);
                pulse.failure.filter(|_| long)
            }
        };
        let known = told.iter().find(|of| of.kind == alert::SHEET_STOPPED && of.subject == SHEET);
        match stopped {
            Some(failure) if known.is_none_or(|of| of.detail != failure) => {
                self.alert(alert::SHEET_STOPPED, SHEET.to_owned(), failure).await
            }
            None if known.is_some() => self.ledger.clear_alert(alert::SHEET_STOPPED, SHEET.to_owned(), now).await,
            _ => Ok(()),
        }
    }

    /// Tells that calls or texts could not be recorded, as soon as the store answers again. Each process tells its own.
    ///
    /// # Errors
    /// When the store does not answer; they are told later.
    pub async fn tell_missed_webhooks(&self) -> Result<(), LedgerError> {
        let missed = self.desk.missed.swap(0, Ordering::Relaxed);
        if missed == 0 {
            return Ok(());
        }
        let fr = format!(
            "{missed} appels ou messages n’ont pas pu être enregistrés, car la base de données n’a pas répondu à temps ; les \
             appelants ont entendu que le service n’est pas disponible."
        );
        let en = format!(
            "{missed} calls or texts could not be recorded, because the store did not answer in time; callers heard that the \
             service is not available."
        );
        let detail = (fr, en);
        let told = self.alert(alert::WEBHOOKS_FAILING, STORE.to_owned(), detail).await;
        if told.is_err() {
            self.desk.missed.fetch_add(missed, Ordering::Relaxed);
        }
        told
    }
}

fn stands(told: &[Alert], kind: &str, subject: &str) -> bool {
    told.iter().any(|of| of.kind == kind && of.subject == subject)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::nothing_happened(0, 0, false, true)]
    #[case::a_few_accidents(4, 4, false, true)]
    #[case::all_fail(5, 5, true, false)]
    #[case::every_second(10, 5, true, false)]
    #[case::every_third_stays_as_it_is(15, 5, false, false)]
    #[case::few_of_many(100, 20, false, true)]
    fn it_takes_more_to_raise_than_to_keep(
        #[case] ended: u64,
        #[case] failed: u64,
        #[case] raised: bool,
        #[case] well: bool,
    ) {
        let failures = Failures { ended, failed };
        assert_eq!((is_failing(failures), is_well(failures)), (raised, well));
    }
}
