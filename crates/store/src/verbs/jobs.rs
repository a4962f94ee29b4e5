//! Work for the outside world: enqueued with its cause, held by one at a time.

use proxycall_domain::JobId;
use proxycall_service::ports::ledger::{ClaimedJob, Work};
use uuid::Uuid;

use super::*;

const ENQUEUE: &str = "INSERT INTO job (id, kind, work, run_at, created_at) VALUES ($1, $2, $3, $4, $4)";
const END: &str = "DELETE FROM job WHERE id = $1 AND run_at = $2";
const PUT_OFF: &str = "UPDATE job SET run_at = $3 WHERE id = $1 AND run_at = $2";
const NEXT: &str = "SELECT MIN(run_at) FROM job";

/// Adds work that is due at once, to the unit that causes it.
pub(super) async fn enqueue(
    db: &mut Connection,
    codec: &Codec,
    id: JobId,
    work: &Work,
    now: Timestamp,
) -> Result<(), UnitError> {
    sqlx::query(ENQUEUE)
        .bind(id.uuid())
        .bind(work.kind())
        .bind(codec.seal_json(work)?)
        .bind(millis(now))
        .execute(&mut *db)
        .await?;
    Ok(())
}

/// Ends a job; false when it is no longer its holder's.
pub(super) async fn end(db: &mut Connection, job: &ClaimedJob) -> Result<bool, UnitError> {
    let ended = sqlx::query(END).bind(job.id.uuid()).bind(millis(job.lease_until)).execute(&mut *db).await?;
    Ok(ended.rows_affected() == 1)
}

/// Gives a job back until then; false when it is no longer its holder's.
pub(super) async fn put_off(db: &mut Connection, job: &ClaimedJob, until: Timestamp) -> Result<bool, UnitError> {
    let put_off = sqlx::query(PUT_OFF)
        .bind(job.id.uuid())
        .bind(millis(job.lease_until))
        .bind(millis(until))
        .execute(&mut *db)
        .await?;
    Ok(put_off.rows_affected() == 1)
}

pub(crate) async fn claim_jobs(
    db: &mut Connection,
    codec: &Codec,
    limit: &u32,
    now: &Timestamp,
    lease_until: &Timestamp,
) -> Result<Vec<ClaimedJob>, UnitError> {
    let rows: Vec<Row> = sqlx::query(dialect::CLAIM_JOBS)
        .bind(millis(*now))
        .bind(millis(*lease_until))
        .bind(i64::from(*limit))
        .fetch_all(&mut *db)
        .await?;
    let mut jobs = Vec::with_capacity(rows.len());
    for row in rows {
        let id = JobId::from_uuid(row.try_get::<Uuid, _>("id")?);
        match codec.open_json(row.try_get("work")?) {
            Ok(work) => {
                let attempt = u32::try_from(row.try_get::<i64, _>("attempt")?).unwrap_or(u32::MAX);
                jobs.push(ClaimedJob { id, work, attempt, lease_until: *lease_until });
            }
            // One job that only another version of the program can read must not hold up all others.
            Err(error) => tracing::error!(%id, %error, "a job cannot be read; it is left for later"),
        }
    }
    jobs.sort_by_key(|job| job.id);
    Ok(jobs)
}

pub(crate) async fn next_job_at(db: &mut Connection, _codec: &Codec) -> Result<Option<Timestamp>, UnitError> {
    let at: Option<i64> = sqlx::query_scalar(NEXT).fetch_one(&mut *db).await?;
    Ok(at.map(time).transpose()?)
}
