//! Work for operators: what is told is in [`crate::operators`]; here it is decided when it is looked for again.

use crate::{
    Service,
    ports::{LedgerError, ledger::ClaimedJob},
};

impl Service {
    pub(super) async fn tell(&self, job: &ClaimedJob) -> Result<(), LedgerError> {
        let again = self.tell_operators().await?;
        self.ledger.finish_job(job, Some(again)).await.map(drop)
    }
}
