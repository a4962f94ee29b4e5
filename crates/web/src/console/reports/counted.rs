//! Promises: nobody waits for the figures of a week longer than for any page. They are counted beside, once for all who ask,
//! and kept for some minutes: to count a million clients takes seconds.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use proxycall_domain::{Week, report::WeeklyReport};
use proxycall_service::{Service, ports::LedgerError};
use tokio::{sync::watch, time::timeout};

/// For how long figures are good enough.
const FRESH: SignedDuration = SignedDuration::from_mins(5);

type Report = Result<Arc<WeeklyReport>, LedgerError>;

/// The figures of one week: being counted, or counted.
struct Count {
    begun_at: Timestamp,
    report: watch::Receiver<Option<Report>>,
}

impl Count {
    /// Whether it need not be counted again. What failed, or was given up by a panic, is.
    fn is_good(&self, now: Timestamp) -> bool {
        let is_under_way = self.report.has_changed().is_ok();
        let is_whole = match &*self.report.borrow() {
            Some(report) => report.is_ok(),
            None => is_under_way,
        };
        is_whole && now.duration_since(self.begun_at) < FRESH
    }
}

/// The figures of weeks, counted lately.
#[derive(Default)]
pub(in crate::console) struct Counted(Mutex<BTreeMap<Week, Count>>);

impl Counted {
    /// The figures of a week; none: they are still being counted when the patience ends. `anew`: older ones will not do.
    pub(super) async fn of(
        &self,
        service: &Arc<Service>,
        week: Week,
        anew: bool,
        patience: Duration,
    ) -> Option<Report> {
        let mut report = self.begun(service, week, anew);
        let counted = timeout(patience, report.wait_for(Option::is_some)).await;
        match counted {
            Ok(Ok(report)) => report.clone(),
            Ok(Err(_)) => Some(Err(LedgerError::Unavailable("the count was broken off".to_owned()))),
            Err(_) => None,
        }
    }

    fn begun(&self, service: &Arc<Service>, week: Week, anew: bool) -> watch::Receiver<Option<Report>> {
        let now = service.clock.now();
        let mut weeks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        weeks.retain(|_, count| count.is_good(now));
        // What is still being counted is as new as can be.
        if let Some(count) = weeks.get(&week).filter(|count| !anew || count.report.borrow().is_none()) {
            return count.report.clone();
        }
        let (tell, report) = watch::channel(None);
        let service = Arc::clone(service);
        tokio::spawn(async move {
            let counted = service.weekly_report(week).await.map(Arc::new);
            // Nobody may listen any more.
            let _ = tell.send(Some(counted));
        });
        weeks.insert(week, Count { begun_at: now, report: report.clone() });
        report
    }
}
