//! How things stand: read beside all that is done, and never more than a few thousand rows of what may grow without end.

use std::collections::BTreeMap;

use proxycall_domain::{CountryCode, pool::stock::Stock};
use proxycall_service::ports::ledger::{Standing, WaitingJobs};

use super::*;

/// The first jobs that are due, by their index: when a million wait, their number is not what an operator asks for.
const JOBS: &str = "SELECT kind, COUNT(*) AS waiting, MIN(created_at) AS oldest, MIN(run_at) AS due \
    FROM (SELECT kind, created_at, run_at FROM job ORDER BY run_at LIMIT 10000) AS first_due GROUP BY kind ORDER BY kind";
const POOL: &str = "SELECT country, number_type, \
        CASE WHEN COALESCE(quarantine_until, reserved_until) <= $1 THEN 'available' ELSE status END AS state, \
        COUNT(*) AS total \
    FROM proxy_number GROUP BY country, number_type, state";
const ALERTS: &str =
    "SELECT kind, COUNT(*) AS standing FROM alert WHERE cleared_at IS NULL GROUP BY kind ORDER BY kind";
const SHEET: &str = "SELECT tab, COUNT(*) AS waiting, MIN(since) AS oldest FROM sheet_mark GROUP BY tab ORDER BY tab";
const READ_AT: &str = "SELECT read_at FROM sheet_state";

pub(crate) async fn standing(db: &mut Connection, _codec: &Codec, now: Timestamp) -> Result<Standing, UnitError> {
    let mut standing = Standing::default();
    let rows: Vec<Row> = sqlx::query(JOBS).fetch_all(&mut *db).await?;
    for row in rows {
        let at = |column| -> Result<Timestamp, UnitError> { Ok(time(row.try_get(column)?)?) };
        let (kind, count) = (row.try_get("kind")?, count(&row, "waiting")?);
        standing.jobs.push(WaitingJobs { kind, count, oldest: at("oldest")?, due: at("due")? });
    }
    let rows: Vec<Row> = sqlx::query(POOL).bind(millis(now)).fetch_all(&mut *db).await?;
    let mut pool: BTreeMap<(CountryCode, &'static str), Stock> = BTreeMap::new();
    for row in rows {
        let country = country(row.try_get("country")?)?;
        let number_type = pool::number_type(row.try_get("number_type")?)?;
        let stock = pool.entry((country, number_type.as_str())).or_insert_with(|| Stock::empty(country, number_type));
        stock.add(pool::status(row.try_get("state")?)?, count(&row, "total")?);
    }
    standing.pool = pool.into_values().collect();
    let rows: Vec<Row> = sqlx::query(ALERTS).fetch_all(&mut *db).await?;
    for row in rows {
        standing.alerts.push((row.try_get("kind")?, count(&row, "standing")?));
    }
    let rows: Vec<Row> = sqlx::query(SHEET).fetch_all(&mut *db).await?;
    for row in rows {
        standing.sheet_waiting.push((sheet::tab_of(row.try_get("tab")?)?, count(&row, "waiting")?));
        let oldest = row.try_get::<Option<i64>, _>("oldest")?.map(time).transpose()?;
        standing.sheet_oldest = [standing.sheet_oldest, oldest].into_iter().flatten().min();
    }
    let read_at: Option<i64> = sqlx::query_scalar(READ_AT).fetch_one(&mut *db).await?;
    standing.sheet_read_at = read_at.map(time).transpose()?;
    Ok(standing)
}

fn count(row: &Row, column: &str) -> Result<u64, UnitError> {
    Ok(u64::try_from(row.try_get::<i64, _>(column)?).unwrap_or_default())
}
