//! How things stand: read beside all that is done, and never more than a few thousand rows of what may grow without end.

use proxycall_service::ports::ledger::{Standing, WaitingJobs};

use super::{numbers::count, *};

/// The first jobs that are due, by their index: when a million wait, their number is not what an operator asks for.
const JOBS: &str = "SELECT kind, COUNT(*) AS waiting, MIN(created_at) AS oldest, MIN(run_at) AS due \
    FROM (SELECT kind, created_at, run_at FROM job ORDER BY run_at LIMIT 10000) AS first_due GROUP BY kind ORDER BY kind";
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
    standing.pool = numbers::counted(db, now).await?.into_values().collect();
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
