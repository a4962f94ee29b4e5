//! The figures of a week, counted part by part, and their letter: once a week, on Sunday at 23:00 by the operator's clock.

use jiff::{SignedDuration, Timestamp};
use proxycall_domain::{
    NumberStatus, Week, Zone,
    report::{Available, ClientFigures, Compared, DUPLICATES_NAMED, Duplicate, Shared, Traffic, WeeklyReport},
};

use crate::{
    Service,
    ports::{
        LedgerError,
        ledger::{SendReport, TrafficSpan},
    },
};

/// A report that could not be sent when it was due is sent up to so much later.
const LATE: SignedDuration = SignedDuration::from_hours(72);

impl Service {
    /// Has the last week reported, if that is wanted, due, and not done.
    pub(super) async fn report_last_week(&self) -> Result<(), LedgerError> {
        let operators = self.policy.current().operators.clone();
        let now = self.clock.now();
        let week = Week::reported_last(now, &operators.zone);
        let late = now.duration_since(week.reported_at(&operators.zone));
        if !operators.weekly || late > LATE || self.ledger.report_sent(week).await? {
            return Ok(());
        }
        let send = SendReport { week, receivers: self.receivers(now), now };
        if self.ledger.send_report(send).await? {
            tracing::info!(%week, "the weekly report goes out");
            self.wake.now();
        }
        Ok(())
    }

    /// The week that is being lived through, by the operator's clock.
    #[must_use]
    pub fn this_week(&self) -> Week {
        Week::of(self.clock.now(), &self.policy.current().operators.zone)
    }

    /// The figures of a week. What stands, such as clients and stock, is as of now, whatever the week.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn weekly_report(&self, week: Week) -> Result<WeeklyReport, LedgerError> {
        let zone = self.policy.current().operators.zone.clone();
        let [before, this] = [week.before(), week].map(|week| span(week, &zone));
        let (clients, mut assigned) = self.count_clients(before, this).await?;
        let counts = self.ledger.count_weeks(before, this).await?;
        assigned.before += counts.assigned_before.before;
        assigned.week += counts.assigned_before.week;
        let (duplicates, duplicate_count) = self.find_duplicates().await?;
        let mut earlier = Traffic::default();
        self.count_traffic(before, &mut |_, traffic| earlier.add_all(traffic)).await?;
        let (mut days, mut hours, mut total) = ([Traffic::default(); 7], [Traffic::default(); 24], Traffic::default());
        let starts = week.days(&zone);
        self.count_traffic(this, &mut |at, traffic| {
            total.add_all(traffic);
            let day = starts.iter().rposition(|start| *start <= at).unwrap_or_default();
            let hour = usize::from(zone.show(at).hour().unsigned_abs());
            for slot in [days.get_mut(day), hours.get_mut(hour)].into_iter().flatten() {
                slot.add_all(traffic);
            }
        })
        .await?;
        Ok(WeeklyReport {
            week,
            zone,
            made_at: self.clock.now(),
            clients,
            assigned,
            orders: counts.orders,
            ordering_clients: counts.ordering_clients,
            available: self.available().await?,
            duplicates,
            duplicate_count,
            traffic: Compared { before: earlier, week: total },
            days,
            hours,
        })
    }

    async fn count_clients(
        &self,
        before: TrafficSpan,
        week: TrafficSpan,
    ) -> Result<(ClientFigures, Compared<u64>), LedgerError> {
        let (mut all, mut assigned) = (ClientFigures::default(), Compared::default());
        let mut after = None;
        loop {
            let part = self.ledger.count_clients(after, before, week).await?;
            let ClientFigures { total, with_number, in_shop, not_in_shop, active } = part.figures;
            all.total += total;
            all.with_number += with_number;
            all.in_shop += in_shop;
            all.not_in_shop += not_in_shop;
            all.active += active;
            assigned.before += part.assigned.before;
            assigned.week += part.assigned.week;
            if part.next.is_none() {
                return Ok((all, assigned));
            }
            after = part.next;
        }
    }

    /// Tells each hour of a span in which something came.
    async fn count_traffic(
        &self,
        span: TrafficSpan,
        tell: &mut (dyn FnMut(Timestamp, Traffic) + Send),
    ) -> Result<(), LedgerError> {
        let mut after = None;
        loop {
            let part = self.ledger.count_traffic(span, after).await?;
            for (hour, traffic) in part.hours {
                let at = span.from.checked_add(SignedDuration::from_hours(hour.into())).unwrap_or(span.from);
                tell(at, traffic);
            }
            if part.next.is_none() {
                return Ok(());
            }
            after = part.next;
        }
    }

    async fn find_duplicates(&self) -> Result<(Vec<Duplicate>, u64), LedgerError> {
        let (mut named, mut count) = (Vec::new(), 0);
        for shared in [Shared::Phone, Shared::Mail] {
            let mut after = None;
            loop {
                let (found, next) = self.ledger.duplicates(shared, after).await?;
                count += u64::try_from(found.len()).unwrap_or_default();
                named.extend(found);
                // The lowest ids come first, whatever the order of keys.
                named.sort();
                named.truncate(DUPLICATES_NAMED);
                if next.is_none() {
                    break;
                }
                after = next;
            }
        }
        Ok((named, count))
    }

    async fn available(&self) -> Result<Vec<Available>, LedgerError> {
        let stock = self.ledger.stock(self.clock.now()).await?;
        let available = stock.iter().map(|of| Available {
            country: of.country,
            number_type: of.number_type,
            count: of.count(NumberStatus::Available),
            low: self.stock_level(of).is_short(),
        });
        Ok(available.collect())
    }
}

fn span(week: Week, zone: &Zone) -> TrafficSpan {
    let (from, to) = week.span(zone);
    TrafficSpan { from, to }
}
