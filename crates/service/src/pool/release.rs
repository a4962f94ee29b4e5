//! Numbers are given back to the carrier: first they leave the pool, then the carrier is told, until it has heard.

use jiff::SignedDuration;
use proxycall_domain::{
    NumberStatus, PhoneNumber,
    pool::{
        ProxyNumber,
        life::{Actor, may_leave},
    },
};

use super::{NumberFailure, PoolError, alert, facts_of, in_words, read_numbers};
use crate::{
    Service,
    ports::{
        CarrierError, LedgerError,
        carrier::CarrierNumber,
        clock::Ids as _,
        ledger::{ClaimedJob, MoveNumber, MoveTo, Moved, ReleaseNumber, Work},
    },
    trace,
};

/// How long whoever asked holds the job that tells the carrier. Longer than an exchange with the carrier takes.
const HELD: SignedDuration = SignedDuration::from_secs(60);

/// What came of giving numbers back.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// The carrier has them back.
    pub released: Vec<String>,
    /// The account did not have them.
    pub not_found: Vec<String>,
    /// They were not given back, and why.
    pub failed: Vec<NumberFailure>,
}

/// What came of giving back the numbers that take no texts.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Purge {
    /// How many numbers were looked at.
    pub checked: usize,
    /// They take texts.
    pub kept: Vec<String>,
    /// They left the pool.
    pub removed: Vec<String>,
    /// The carrier has them back.
    pub released: Vec<String>,
    /// The account did not have them.
    pub missing: Vec<String>,
    /// They were not given back, and why.
    pub failed: Vec<NumberFailure>,
}

/// What became of one number.
enum Given {
    Back,
    NotThere,
    Kept(NumberFailure),
    /// It left the pool, and the carrier is told later.
    Later(NumberFailure),
}

impl Service {
    /// Gives numbers back to the carrier. What a client has, what is reserved, and what the pool does not know takes
    /// `force`.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn release_numbers(&self, numbers: &[String], force: bool, actor: Actor) -> Result<Release, PoolError> {
        let (numbers, failed) = read_numbers(numbers);
        let mut report = Release { failed, ..Release::default() };
        for phone in numbers {
            let given = match self.ledger.number(phone).await? {
                Some(number) => self.release_ours(&number, None, force, actor, "given back by an operator").await?,
                None => self.release_unknown(phone, force).await,
            };
            match given {
                Given::Back => report.released.push(phone.expose()),
                Given::NotThere => report.not_found.push(phone.expose()),
                Given::Kept(failure) | Given::Later(failure) => report.failed.push(failure),
            }
        }
        Ok(report)
    }

    /// Gives back every number that takes no texts. What a client has and what is reserved takes `force`.
    ///
    /// # Errors
    /// When the store does not answer, or the account cannot be listed.
    pub async fn purge_without_texts(&self, force: bool, actor: Actor) -> Result<Purge, PoolError> {
        let account = self.account_numbers().await?;
        let mut report = Purge::default();
        for number in self.pool_numbers(&Default::default()).await? {
            if number.status == NumberStatus::Released {
                continue;
            }
            report.checked += 1;
            let phone = number.phone;
            let Some(found) = account.get(&phone) else {
                report.missing.push(phone.expose());
                continue;
            };
            if found.capabilities.sms {
                report.kept.push(phone.expose());
                continue;
            }
            match self.release_ours(&number, Some(found), force, actor, "takes no texts").await? {
                Given::Back => {
                    report.removed.push(phone.expose());
                    report.released.push(phone.expose());
                }
                Given::NotThere => report.missing.push(phone.expose()),
                Given::Kept(failure) => report.failed.push(failure),
                Given::Later(failure) => {
                    report.removed.push(phone.expose());
                    report.failed.push(failure);
                }
            }
        }
        Ok(report)
    }

    async fn release_ours(
        &self,
        number: &ProxyNumber,
        known: Option<&CarrierNumber>,
        force: bool,
        actor: Actor,
        reason: &str,
    ) -> Result<Given, LedgerError> {
        let phone = number.phone;
        if number.status == NumberStatus::Released && number.carrier.is_none() {
            return Ok(Given::NotThere);
        }
        if number.status != NumberStatus::Released
            && let Err(reason) = may_leave(number.status, force)
        {
            return Ok(Given::Kept(NumberFailure::new(phone, reason)));
        }
        let found = match known {
            Some(found) => Some(found.clone()),
            None => match self.carrier.find_number(phone).await {
                Ok(found) => found,
                Err(error) => return Ok(Given::Kept(NumberFailure::new(phone, in_words(&error)))),
            },
        };
        if let Some(found) = &found {
            // The id first: by it, a number that is leaving is told from one that has left.
            self.ledger.note_carrier(phone, facts_of(found), None).await?;
        }
        let act = self.act(actor, reason);
        let lease_until = act.at.checked_add(HELD).unwrap_or(act.at);
        let job = ClaimedJob {
            id: self.chance.job_id(act.at),
            work: Work::ReleaseNumber { number: phone },
            attempt: 1,
            lease_until,
            created_at: act.at,
            request: trace::current(),
        };
        let rest_until = act.at.checked_add(self.rest_of(number.country)).unwrap_or(act.at);
        let release = ReleaseNumber { phone, force, rest_until, act, job: job.id, lease_until };
        match self.ledger.release_number(release).await? {
            Moved::Done { .. } => {}
            Moved::Kept(reason) if number.status != NumberStatus::Released => {
                return Ok(Given::Kept(NumberFailure::new(phone, reason)));
            }
            // It is leaving already: its job has it.
            Moved::Kept(_) | Moved::Already | Moved::Unknown => {
                return Ok(Given::Later(NumberFailure::new(phone, "is being given back already")));
            }
        }
        let there = found.is_some();
        match self.tell_carrier_of_release(&job).await? {
            Ok(()) if there => Ok(Given::Back),
            Ok(()) => Ok(Given::NotThere),
            Err(error) => {
                let why =
                    format!("has left the pool, but the carrier was not told: {}; it is tried again", in_words(&error));
                Ok(Given::Later(NumberFailure::new(phone, why)))
            }
        }
    }

    /// A number of the account that the pool does not know may be anything: the shop's hotline, for example.
    async fn release_unknown(&self, phone: PhoneNumber, force: bool) -> Given {
        let failed = |why: String| Given::Kept(NumberFailure::new(phone, why));
        let found = match self.carrier.find_number(phone).await {
            Ok(Some(found)) => found,
            Ok(None) => return Given::NotThere,
            Err(error) => return failed(in_words(&error)),
        };
        if !force {
            return failed("is not in the pool; say force to give it back to the carrier all the same".to_owned());
        }
        match self.carrier.release_number(&found.sid).await {
            Ok(true) => Given::Back,
            Ok(false) => Given::NotThere,
            Err(error) => failed(in_words(&error)),
        }
    }

    /// Tells the carrier that a number is given back. Done: the job is over; else it comes back, or the number was set
    /// aside.
    pub(crate) async fn tell_carrier_of_release(
        &self,
        job: &ClaimedJob,
    ) -> Result<Result<(), CarrierError>, LedgerError> {
        let Work::ReleaseNumber { number: phone } = job.work else { return Ok(Ok(())) };
        let sid = match self.ledger.number(phone).await? {
            // Somebody took it back into the pool meanwhile.
            Some(number) if number.status != NumberStatus::Released => None,
            Some(number) => number.carrier.map(|facts| facts.sid),
            None => None,
        };
        let Some(sid) = sid else {
            self.clear_number_alerts(phone).await?;
            self.ledger.finish_job(job, None).await?;
            return Ok(Ok(()));
        };
        let error = match self.carrier.release_number(&sid).await {
            Ok(_) => {
                self.clear_number_alerts(phone).await?;
                self.ledger.end_release(job, phone).await?;
                return Ok(Ok(()));
            }
            Err(error) => error,
        };
        let wait = match &error {
            CarrierError::Refused { status: 401, .. } => self.retry_at(job, None),
            CarrierError::Refused { .. } => None,
            CarrierError::SlowDown { retry_after } | CarrierError::Failed { retry_after, .. } => {
                self.retry_at(job, *retry_after)
            }
            // Told twice, a number is only not found the second time.
            CarrierError::AnswerLost(_) | CarrierError::Unreachable(_) => self.retry_at(job, None),
        };
        if let Some(at) = wait {
            self.ledger.finish_job(job, Some(at)).await?;
            return Ok(Err(error));
        }
        let act = self.act(Actor::System, "the carrier did not take it back");
        self.ledger.move_number(MoveNumber { phone, to: MoveTo::Error, force: true, act }).await?;
        self.alert(alert::RELEASE_FAILED, phone.expose(), in_words(&error)).await?;
        self.ledger.finish_job(job, None).await?;
        Ok(Err(error))
    }
}
