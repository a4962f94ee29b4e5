//! The letters: which alerts they tell, to whom, and what becomes of one that cannot be sent.

use jiff::SignedDuration;
use proxycall_domain::{JobId, MailAddress, Week, report::WeeklyReport};

use crate::{
    Service, observe,
    ports::{
        LedgerError, MailError,
        ledger::{AlertLetter, ClaimedJob, TellAlerts, ToldAlert},
        mailer::{AlertNews, Letter, MailStep, WrittenLetter},
    },
};

/// How often a letter is tried again beyond the usual, every quarter of an hour: for three days.
const PATIENCE: u32 = 300;
/// How long it waits then.
const LONG_WAIT: SignedDuration = SignedDuration::from_mins(15);

/// Why a letter was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendFailure {
    /// No mail server is set up.
    #[error("no mail server is set up; set SMTP_HOST and SMTP_FROM")]
    NoMailServer,
    /// The mail server's reason.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// The store's reason.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Service {
    pub(super) async fn tell_alerts(&self) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let repeat = self.policy.current().operators.repeat;
        let told_before = now.checked_sub(repeat).unwrap_or(now);
        let tell = TellAlerts { told_before, receivers: self.receivers(now), now };
        if self.ledger.tell_alerts(tell).await? > 0 {
            self.wake.now();
        }
        Ok(())
    }

    /// The letter about alerts as they are now. Those that are no longer kept are left out.
    async fn alert_letter(&self, letter: &AlertLetter) -> Result<Letter, LedgerError> {
        let raised = self.ledger.told_alerts(letter.raised.clone()).await?;
        let standing = self.ledger.told_alerts(letter.standing.clone()).await?;
        let over = self.ledger.told_alerts(letter.over.clone()).await?;
        Ok(self.alert_news(raised, standing, over))
    }

    fn alert_news(&self, raised: Vec<ToldAlert>, standing: Vec<ToldAlert>, over: Vec<ToldAlert>) -> Letter {
        let operators = &self.policy.current().operators;
        let (repeat, language, zone) = (operators.repeat, operators.language, operators.zone.clone());
        Letter::Alerts(Box::new(AlertNews { raised, standing, over, repeat, language, zone }))
    }

    /// The letter that would tell what stands now, as if for the first time: to look at.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn standing_alerts_letter(&self) -> Result<Letter, LedgerError> {
        let standing = self.ledger.alerts().await?;
        let raised = standing.into_iter().map(|alert| ToldAlert { alert, over_at: None }).collect();
        Ok(self.alert_news(raised, Vec::new(), Vec::new()))
    }

    /// The letter about a report, in the operators' language.
    #[must_use]
    pub fn report_letter(&self, report: WeeklyReport) -> Letter {
        Letter::WeeklyReport { report: Box::new(report), language: self.policy.current().operators.language }
    }

    /// A letter as it would be read: subject, text and a whole HTML document. Nothing is sent.
    ///
    /// # Errors
    /// When no mail server is set up, or the letter cannot be written.
    pub fn preview_letter(&self, letter: &Letter) -> Result<WrittenLetter, SendFailure> {
        let mailer = self.mailer.as_ref().ok_or(SendFailure::NoMailServer)?;
        Ok(mailer.write(letter)?)
    }

    /// Sends a letter to one address, now and once. `id` makes its Message-ID.
    ///
    /// # Errors
    /// Why it was not sent.
    pub async fn send_letter(&self, to: &MailAddress, letter: &Letter, id: JobId) -> Result<(), SendFailure> {
        let mailer = self.mailer.as_ref().ok_or(SendFailure::NoMailServer)?;
        let outcome = mailer.send(to, letter, &id.to_string()).await;
        observe::mail(&outcome);
        Ok(outcome?)
    }

    pub(crate) async fn mail_alerts(
        &self,
        job: &ClaimedJob,
        letter: &AlertLetter,
        to: &str,
    ) -> Result<(), LedgerError> {
        let letter = self.alert_letter(letter).await?;
        let nothing = matches!(&letter, Letter::Alerts(news)
            if news.raised.is_empty() && news.standing.is_empty() && news.over.is_empty());
        match self.desk.mail_of(to).filter(|_| !nothing) {
            Some(mail) => self.mail_out(job, mail, &letter).await,
            // Nobody of that address is to be told any more, or it is long over.
            None => self.ledger.finish_job(job, None).await.map(drop),
        }
    }

    pub(crate) async fn mail_report(&self, job: &ClaimedJob, week: Week, to: &str) -> Result<(), LedgerError> {
        let Some(mail) = self.desk.mail_of(to) else { return self.ledger.finish_job(job, None).await.map(drop) };
        let mut job = job.clone();
        // Counting may take longer than a lease, and another instance must not begin it anew meanwhile.
        let Some(report) = self.holding(&mut job, self.weekly_report(week)).await? else { return Ok(()) };
        let report = report?;
        // Only who still has the job sends.
        if !self.extend_lease(&mut job).await? {
            return Ok(());
        }
        self.mail_out(&job, mail, &self.report_letter(report)).await
    }

    /// Sends, and ends the job or puts it off. The job's id is the letter's: after a crash between the two, the same letter
    /// goes out again with the same Message-ID.
    async fn mail_out(&self, job: &ClaimedJob, to: &MailAddress, letter: &Letter) -> Result<(), LedgerError> {
        let sent = match self.send_letter(to, letter, job.id).await {
            Ok(()) | Err(SendFailure::Mail(MailError::AnswerLost(_))) => Ok(()),
            Err(SendFailure::Ledger(error)) => return Err(error),
            Err(SendFailure::NoMailServer) => Err(None),
            Err(SendFailure::Mail(error)) => Err(Some(error)),
        };
        let again = match &sent {
            Ok(()) | Err(None) => None,
            Err(Some(error)) => {
                let again = if is_final(error) { None } else { self.much_later(job) };
                if again.is_some() {
                    tracing::warn!(job = %job.id, attempt = job.attempt, %error, "a letter to an operator waits");
                } else {
                    tracing::error!(job = %job.id, attempt = job.attempt, %error, "a letter to an operator was given up");
                }
                again
            }
        };
        self.ledger.finish_job(job, again).await.map(drop)
    }

    /// As other letters first, then every quarter of an hour: a mail server may be down for a weekend.
    fn much_later(&self, job: &ClaimedJob) -> Option<jiff::Timestamp> {
        let now = self.clock.now();
        let soon = self.retry_at(job, None);
        soon.or_else(|| now.checked_add(LONG_WAIT).ok().filter(|_| job.attempt < PATIENCE))
    }
}

/// Whether this letter to this address will never be taken. Wrong credentials or senders are ours to mend: it waits for that.
fn is_final(error: &MailError) -> bool {
    match error {
        MailError::NotSendable => true,
        MailError::Refused { step, .. } => matches!(step, MailStep::Receiver | MailStep::Letter),
        MailError::Unreachable(_) | MailError::TryLater { .. } | MailError::AnswerLost(_) => false,
    }
}
