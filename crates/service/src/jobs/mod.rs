//! Promises: work that was recorded is carried out, survives a crash, and is given up only with its reason kept.
//!
//! [`Service::work`] has a loop for each lane: what a person waits for never waits for what looks after the house,
//! however long that takes. Each loop takes as much as it has places free. [`Service::run_due_jobs`] does what is due
//! now and returns: tests call it and never wait.

mod confirmations;
mod operators;
mod pool;
mod privacy;
mod renew;
mod retry;
mod send_text;

use std::{
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use tokio::{
    sync::Notify,
    task::{JoinError, JoinSet},
};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span};

pub(crate) use retry::backoff;

use crate::{
    Service,
    live_policy::REFRESH_EVERY,
    observe,
    ports::{
        LedgerError,
        ledger::{ClaimedJob, Lane, Work},
    },
    trace,
};

/// How long a job is ours. Longer than anything it waits for: the carrier has 10 s.
const LEASE: SignedDuration = SignedDuration::from_secs(30);
/// How often a lease is extended while something is done that may take longer.
const HOLD_EVERY: Duration = Duration::from_secs(10);
/// How many jobs of a lane are taken and run at once.
const AT_ONCE: usize = 16;
/// How often the store is asked for due jobs that nobody announced: retries, and other instances' left-overs.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long the loop rests when the store does not answer.
const REST: Duration = Duration::from_secs(2);

/// Tells the workers of this process that there is something to do.
#[derive(Clone, Default)]
pub struct Wake(Arc<[Notify; Lane::ALL.len()]>);

impl Wake {
    /// There is something to do. Each worker looks itself whether it is for it.
    pub fn now(&self) {
        for worker in self.0.iter() {
            worker.notify_one();
        }
    }

    async fn of(&self, lane: Lane) {
        let [people, house] = &*self.0;
        match lane {
            Lane::People => people.notified().await,
            Lane::House => house.notified().await,
        }
    }
}

impl Service {
    /// Takes what is due, of both lanes, and carries it out. How many jobs that were.
    ///
    /// # Errors
    /// When the store does not answer; what was taken comes back when its lease ends.
    pub async fn run_due_jobs(&self) -> Result<usize, LedgerError> {
        let jobs = self.take_due(None, AT_ONCE).await?;
        let count = jobs.len();
        stream::iter(jobs).for_each_concurrent(None, async |job| self.run_for_its_request(&job).await).await;
        Ok(count)
    }

    async fn take_due(&self, lane: Option<Lane>, places: usize) -> Result<Vec<ClaimedJob>, LedgerError> {
        let now = self.clock.now();
        if self.ledger.next_job_at().await?.is_none_or(|at| at > now) {
            return Ok(Vec::new());
        }
        let lease_until = now.checked_add(LEASE).unwrap_or(now);
        let places = u32::try_from(places).unwrap_or(u32::MAX);
        match lane {
            Some(lane) => self.ledger.claim_jobs_of(lane, places, now, lease_until).await,
            None => self.ledger.claim_jobs(places, now, lease_until).await,
        }
    }

    /// Every line that a job logs names the request that caused it, whatever the level that is logged.
    async fn run_for_its_request(&self, job: &ClaimedJob) {
        let span = match job.request {
            Some(request) => tracing::error_span!("job", %request),
            None => Span::none(),
        };
        let run = async {
            let started = Instant::now();
            let outcome = self.run_job(job).await;
            let (kind, attempt) = (job.work.kind(), job.attempt);
            observe::job_run(&job.work, &outcome);
            match outcome {
                Ok(()) => {
                    let duration_ms = started.elapsed().as_micros() as f64 / 1_000.0;
                    tracing::info!(job = %job.id, kind, attempt, duration_ms, "job");
                }
                Err(error) => tracing::error!(job = %job.id, kind, attempt, %error, "a job stopped; it comes back"),
            }
        };
        trace::on_behalf_of(job.request, run.instrument(span)).await;
    }

    async fn run_job(&self, job: &ClaimedJob) -> Result<(), LedgerError> {
        match &job.work {
            Work::SendText { .. } => self.send_text(job).await,
            Work::WireNumber { number } => self.wire(job, *number).await,
            Work::ReleaseNumber { .. } => self.release(job).await,
            Work::SettlePurchase { purchase } => self.settle_bought(job, *purchase).await,
            Work::Dispatch { .. } => self.dispatch(job).await,
            Work::GoOn { .. } => self.go_on(job).await,
            Work::ExpireConfirmation { confirmation } => self.expire(job, confirmation).await,
            Work::TendPool => self.tend(job).await,
            Work::InspectNumbers => self.inspect(job).await,
            Work::EraseClient { client } => self.go_on_erasing(job, *client).await,
            Work::DeleteCopies => self.delete_copies(job).await,
            Work::KeepPeriods => self.keep_periods(job).await,
            Work::TellOperators => self.tell(job).await,
            Work::MailAlerts { letter, to } => self.mail_alerts(job, letter, to).await,
            Work::MailReport { week, to } => self.mail_report(job, *week, to).await,
            Work::Renew { to } => self.renew(job, to).await,
        }
    }

    /// When to try a job again; none: it has been tried often enough.
    pub(crate) fn retry_at(&self, job: &ClaimedJob, asked: Option<Duration>) -> Option<Timestamp> {
        let wait = retry::wait(job.attempt, asked, self.chance.fraction());
        observe::job_retry(&job.work, wait.is_some());
        let wait = wait?;
        let now = self.clock.now();
        now.checked_add(SignedDuration::try_from(wait).unwrap_or(LEASE)).ok()
    }

    /// When to try again what a person was promised; none: it was to be done by `end`, and that is over.
    pub(crate) fn retry_until(&self, job: &ClaimedJob, asked: Option<Duration>, end: Timestamp) -> Option<Timestamp> {
        let now = self.clock.now();
        observe::job_retry(&job.work, now < end);
        if now >= end {
            return None;
        }
        let pause = retry::pause(job.attempt, asked, self.chance.fraction());
        let at = now.checked_add(SignedDuration::try_from(pause).unwrap_or(LEASE)).unwrap_or(end);
        Some(at.min(end))
    }

    /// Keeps a job that takes long. Whether it is still ours.
    pub(crate) async fn extend_lease(&self, job: &mut ClaimedJob) -> Result<bool, LedgerError> {
        let now = self.clock.now();
        let until = now.checked_add(LEASE).unwrap_or(now);
        let ours = self.ledger.finish_job(job, Some(until)).await?;
        job.lease_until = until;
        Ok(ours)
    }

    /// Does something that may take longer than a lease, and keeps the job meanwhile. None: it is not ours any more.
    pub(crate) async fn holding<T>(
        &self,
        job: &mut ClaimedJob,
        work: impl Future<Output = T>,
    ) -> Result<Option<T>, LedgerError> {
        let mut work = pin!(work);
        loop {
            // What is extended is never broken off half-way: then nobody would know until when it holds.
            tokio::select! {
                done = &mut work => return Ok(Some(done)),
                () = tokio::time::sleep(HOLD_EVERY) => {}
            }
            if !self.extend_lease(job).await? {
                return Ok(None);
            }
        }
    }

    /// Carries out jobs, follows the operator's settings and tokens, and mirrors the sheet, until told to stop; what is being done is
    /// finished first.
    pub async fn work(self: Arc<Self>, stop: CancellationToken) {
        tokio::join!(
            self.work_on(Lane::People, &stop),
            self.work_on(Lane::House, &stop),
            self.follow_settings(&stop),
            self.follow_sheet(&stop)
        );
    }

    /// Carries out the jobs of a lane. Each is a task of its own: while one waits, the others go on and more are taken.
    async fn work_on(self: &Arc<Self>, lane: Lane, stop: &CancellationToken) {
        let mut scheduled = lane != Lane::House;
        let mut running = JoinSet::new();
        while !stop.is_cancelled() {
            if !scheduled {
                scheduled = self.schedule_pool_care().await.is_ok()
                    && self.schedule_privacy_care().await.is_ok()
                    && self.schedule_telling().await.is_ok()
                    && self.schedule_renewal().await.is_ok();
            }
            // What ended about the same time is replaced by one question to the store.
            while let Some(ended) = running.try_join_next() {
                note_panic(ended);
            }
            // Without a place there is nothing to be woken for: what ends makes one.
            let places = AT_ONCE.saturating_sub(running.len());
            let mut rest = LOOK_EVERY;
            if places > 0 {
                match self.take_due(Some(lane), places).await {
                    Ok(jobs) => {
                        for job in jobs {
                            let service = Arc::clone(self);
                            running.spawn(async move { service.run_for_its_request(&job).await });
                        }
                    }
                    Err(error) => {
                        tracing::warn!(?lane, %error, "jobs wait for the store");
                        rest = REST;
                    }
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.wake.of(lane) => {}
                Some(ended) = running.join_next() => note_panic(ended),
                () = tokio::time::sleep(rest) => {}
            }
        }
        while let Some(ended) = running.join_next().await {
            note_panic(ended);
        }
    }

    async fn follow_settings(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.policy.refresh(self.ledger.as_ref()).await {
                tracing::warn!(%error, "settings could not be read; the last ones hold");
            }
            if let Err(error) = self.tokens.refresh(self.ledger.as_ref()).await {
                tracing::warn!(%error, "tokens could not be read; the last ones hold");
            }
            if let Err(error) = self.tell_missed_webhooks().await {
                tracing::warn!(%error, "that webhooks were missed is told later");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(REFRESH_EVERY) => {}
            }
        }
    }
}

/// A job that panics is not done: it comes back when its lease ends, and the others go on.
fn note_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(panicked = error.is_panic(), "a job broke off by a defect of ours; it comes back");
    }
}
