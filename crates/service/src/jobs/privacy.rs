//! Work for a person's rights: what is done is in [`crate::privacy`]; here it is decided when it is done again.

use jiff::SignedDuration;
use proxycall_domain::ClientId;

use crate::{
    Service,
    ports::{
        LedgerError,
        ledger::{ClaimedJob, ErasurePart},
    },
    privacy::Kept,
};

/// How many parts of long work one turn does at most: seconds, and its lease is 30 s.
const PARTS: u32 = 100;
/// When long work goes on that one turn did not end.
const GOES_ON: SignedDuration = SignedDuration::from_secs(1);
/// How often the sheet is looked at while it has still to be emptied.
const SHEET: SignedDuration = SignedDuration::from_secs(60);
/// How often the carrier is asked when nothing was due.
const QUIET: SignedDuration = SignedDuration::from_secs(60);
/// How often the periods are kept.
const DAILY: SignedDuration = SignedDuration::from_hours(24);

impl Service {
    pub(super) async fn go_on_erasing(&self, job: &ClaimedJob, client: ClientId) -> Result<(), LedgerError> {
        let mut again = Some(GOES_ON);
        for _ in 0..PARTS {
            match self.ledger.erase_part(client, self.clock.now()).await? {
                ErasurePart::More => continue,
                ErasurePart::SheetWaits => again = Some(SHEET),
                ErasurePart::Done => again = None,
            }
            break;
        }
        self.finish_or_again(job, again).await
    }

    pub(super) async fn delete_copies(&self, job: &ClaimedJob) -> Result<(), LedgerError> {
        let more = self.delete_some_copies().await?;
        self.finish_or_again(job, Some(if more { GOES_ON } else { QUIET })).await
    }

    pub(super) async fn keep_periods(&self, job: &ClaimedJob) -> Result<(), LedgerError> {
        let (mut kept, mut again) = (Kept::default(), GOES_ON);
        for _ in 0..PARTS {
            if !self.keep_some_periods(&mut kept).await? {
                again = DAILY;
                break;
            }
        }
        if kept != Kept::default() {
            tracing::info!(clients = kept.clients, records = kept.records, "what was over its time was emptied");
        }
        self.finish_or_again(job, Some(again)).await
    }

    async fn finish_or_again(&self, job: &ClaimedJob, wait: Option<SignedDuration>) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let again = wait.map(|wait| now.checked_add(wait).unwrap_or(now));
        self.ledger.finish_job(job, again).await.map(drop)
    }
}
