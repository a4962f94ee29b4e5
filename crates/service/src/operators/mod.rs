//! What operators are told without asking: alerts by letter, and the figures of each week.
//!
//! Promises: an alert is told once when it is raised, again now and then while it stands, and when it is over; a week is
//! reported once, whichever instance does it and however often it starts. Letters hold proxy numbers, ids and counts: no
//! real number, no name.

mod letters;
mod watch;
mod weekly;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use jiff::{SignedDuration, Timestamp};
use proxycall_domain::{JobId, MailAddress};
use sha2::{Digest as _, Sha256};

use crate::{
    Service,
    ports::{LedgerError, clock::Ids as _, ledger::Work},
};

pub use letters::SendFailure;

/// The kinds of alert that are raised here.
pub mod alert {
    /// Calls or texts could not be served. Subject: `carrier` (it could not carry them) or `store` (they could not be
    /// recorded).
    pub const WEBHOOKS_FAILING: &str = "webhooks_failing";
    /// The sheet has not been read for a while. Subject: `sheet`.
    pub const SHEET_STOPPED: &str = "sheet_stopped";
}

/// How often it is looked whether there is something to tell.
const LOOK_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// Whom alerts and reports are mailed to, and what only this process knows of them. Clones share what is known.
#[derive(Debug, Clone, Default)]
pub struct OperatorDesk {
    /// The addresses; none: nothing is mailed.
    pub mails: Vec<MailAddress>,
    missed: Arc<AtomicU64>,
}

impl OperatorDesk {
    /// For these addresses.
    #[must_use]
    pub fn new(mails: Vec<MailAddress>) -> Self {
        Self { mails, missed: Arc::default() }
    }

    /// A call or text could not be recorded: whoever called or wrote heard so.
    pub(crate) fn missed_webhook(&self) {
        self.missed.fetch_add(1, Ordering::Relaxed);
    }

    /// The address with this fingerprint.
    pub(crate) fn mail_of(&self, fingerprint: &str) -> Option<&MailAddress> {
        self.mails.iter().find(|mail| fingerprint_of(mail) == fingerprint)
    }
}

/// Stands for an address where the address itself has no place.
fn fingerprint_of(mail: &MailAddress) -> String {
    let digest = Sha256::digest(mail.expose().to_lowercase());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

impl Service {
    /// Sees that what comes again and again is there, whichever instance does it.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn schedule_telling(&self) -> Result<(), LedgerError> {
        let now = self.clock.now();
        self.ledger.ensure_job(self.chance.job_id(now), Work::TellOperators, now).await
    }

    /// Looks whether there is something to tell, and has it told. When to do so again.
    pub(crate) async fn tell_operators(&self) -> Result<Timestamp, LedgerError> {
        self.watch_failures().await?;
        if self.mailer.is_some() && !self.desk.mails.is_empty() {
            self.tell_alerts().await?;
            self.report_last_week().await?;
        }
        let now = self.clock.now();
        Ok(now.checked_add(LOOK_EVERY).unwrap_or(now))
    }

    /// A job for each operator.
    fn receivers(&self, now: Timestamp) -> Vec<(JobId, String)> {
        let mut receivers: Vec<(JobId, String)> = Vec::new();
        for mail in &self.desk.mails {
            let to = fingerprint_of(mail);
            if !receivers.iter().any(|(_, known)| *known == to) {
                receivers.push((self.chance.job_id(now), to));
            }
        }
        receivers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_by_its_fingerprint_however_it_is_written() {
        let mail = |text: &str| MailAddress::parse("mail", text).unwrap();
        let desk = OperatorDesk::new(vec![mail("ops@example.com"), mail("Ana@example.com")]);
        let found = desk.mail_of(&fingerprint_of(&mail("ana@example.com")));
        assert_eq!(found, Some(&mail("Ana@example.com")));
        assert_eq!(desk.mail_of("ana@example.com"), None);
        assert!(!fingerprint_of(&mail("ana@example.com")).contains('@'));
    }
}
