//! What calls and texts came to, hour by hour: added up from counts that the database keeps itself with each outcome.

use proxycall_domain::{
    Channel,
    traffic::{TrafficCount, TrafficHour},
};

use super::{calls::outcome, interactions::between, *};

/// The length of an hour in all counts by hour.
pub(super) const HOUR: i64 = 3_600_000;
/// No more hours than a year has are given at once.
const HOURS_MAX: i64 = 366 * 24;

const COUNTS: &str = "SELECT hour, channel, outcome, CAST(SUM(count) AS BIGINT) AS total FROM traffic_count \
    WHERE hour >= $1 AND hour <= $2 GROUP BY hour, channel, outcome ORDER BY hour, channel, outcome";

pub(crate) async fn traffic(
    db: &mut Connection,
    _codec: &Codec,
    from: Timestamp,
    now: Timestamp,
) -> Result<Vec<TrafficHour>, UnitError> {
    let last = millis(now).div_euclid(HOUR);
    let first = millis(from).div_euclid(HOUR).max(last - HOURS_MAX);
    let mut hours = Vec::new();
    for hour in first..=last {
        hours.push(TrafficHour { from: time(hour * HOUR)?, counts: Vec::new() });
    }
    let rows: Vec<Row> = sqlx::query(COUNTS).bind(first).bind(last).fetch_all(&mut *db).await?;
    for row in rows {
        let count = TrafficCount {
            channel: Channel::parse(row.try_get("channel")?).ok_or_else(|| unreadable("a channel"))?,
            outcome: outcome(row.try_get("outcome")?)?,
            count: u64::try_from(row.try_get::<i64, _>("total")?).unwrap_or_default(),
        };
        let place = usize::try_from(row.try_get::<i64, _>("hour")? - first).ok();
        if let Some(hour) = place.and_then(|place| hours.get_mut(place)).filter(|_| count.count > 0) {
            hour.counts.push(count);
        }
    }
    Ok(hours)
}

/// How long something may be under way at most: a call ends after an hour.
const UNDER_WAY: jiff::SignedDuration = jiff::SignedDuration::from_hours(2);

const CALLS_UNDER_WAY: &str = "SELECT COUNT(*) FROM (SELECT 1 FROM interaction \
    WHERE outcome = 'connecting' AND id >= $1 LIMIT 10000) AS found";
const TEXTS_UNDER_WAY: &str = "SELECT COUNT(*) FROM (SELECT 1 FROM interaction \
    WHERE outcome IN ('queued', 'sending', 'sent') AND id >= $1 LIMIT 10000) AS found";

pub(crate) async fn under_way(db: &mut Connection, _codec: &Codec, now: Timestamp) -> Result<(u64, u64), UnitError> {
    let (since, _) = between(now.checked_sub(UNDER_WAY).ok(), None);
    let mut counts = [0, 0];
    for (count, text) in counts.iter_mut().zip([CALLS_UNDER_WAY, TEXTS_UNDER_WAY]) {
        let found: i64 = sqlx::query_scalar(text).bind(since).fetch_one(&mut *db).await?;
        *count = u64::try_from(found).unwrap_or_default();
    }
    let [calls, texts] = counts;
    Ok((calls, texts))
}
