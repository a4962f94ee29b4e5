//! Work for the outside world: enqueued with its cause, held by one at a time.

use proxycall_domain::JobId;
use proxycall_service::{
    ports::ledger::{ClaimedJob, Lane, Work},
    trace::{self, RequestId},
};
use serde::Deserialize as _;
use serde_json::Value;
use uuid::Uuid;

use super::*;

/// Work that is there once at most is replaced when it is wanted anew: whoever has it now ends another due time, and
/// what was tried before does not count.
const ENQUEUE: &str = "INSERT INTO job (id, kind, work, run_at, created_at, once) VALUES ($1, $2, $3, $4, $4, $5) \
    ON CONFLICT (once) DO UPDATE SET work = excluded.work, run_at = excluded.run_at, attempt = 0";
const ENSURE: &str = "INSERT INTO job (id, kind, work, run_at, created_at, once) VALUES ($1, $2, $3, $4, $4, $5) \
    ON CONFLICT (once) DO NOTHING";
const DROP: &str = "DELETE FROM job WHERE once = $1";
const END: &str = "DELETE FROM job WHERE id = $1 AND run_at = $2";
const PUT_OFF: &str = "UPDATE job SET run_at = $3 WHERE id = $1 AND run_at = $2";
const NEXT: &str = "SELECT MIN(run_at) FROM job";

/// Under which name the request that caused a job is kept, among the fields of its work: there the version of the program
/// that knows nothing of it passes it over.
const REQUEST: &str = "request";

/// Work as it is kept. Work without fields comes by itself, and has no request.
fn with_request(work: &Work, request: Option<RequestId>) -> Result<Value, LedgerError> {
    let mut kept = serde_json::to_value(work).map_err(|_| unreadable("work without JSON form"))?;
    let fields = kept.as_object_mut().and_then(|kinds| kinds.values_mut().next()).and_then(Value::as_object_mut);
    if let (Some(fields), Some(request)) = (fields, request) {
        fields.insert(REQUEST.to_owned(), Value::String(request.to_string()));
    }
    Ok(kept)
}

/// Work from the store, and the request that caused it if that is known.
fn without_request(kept: &Value) -> Result<(Work, Option<RequestId>), LedgerError> {
    let fields = kept.as_object().and_then(|kinds| kinds.values().next());
    let request = fields.and_then(|fields| fields.get(REQUEST)?.as_str()?.parse().ok());
    let work = Work::deserialize(kept).map_err(|_| unreadable("the work of a job"))?;
    Ok((work, request))
}

async fn add(
    db: &mut Connection,
    codec: &Codec,
    statement: &'static str,
    id: JobId,
    work: &Work,
    at: Timestamp,
) -> Result<(), UnitError> {
    sqlx::query(statement)
        .bind(id.uuid())
        .bind(work.kind())
        .bind(codec.seal_json(JOB_WORK, &with_request(work, trace::current())?)?)
        .bind(millis(at))
        .bind(work.once())
        .execute(&mut *db)
        .await?;
    Ok(())
}

/// Adds work that is due then, to the unit that causes it.
pub(super) async fn enqueue(
    db: &mut Connection,
    codec: &Codec,
    id: JobId,
    work: &Work,
    at: Timestamp,
) -> Result<(), UnitError> {
    add(db, codec, ENQUEUE, id, work, at).await
}

/// Takes work away that is no longer needed, whoever has it.
pub(super) async fn drop_work(db: &mut Connection, work: &Work) -> Result<(), UnitError> {
    sqlx::query(DROP).bind(work.once()).execute(&mut *db).await?;
    Ok(())
}

pub(crate) async fn ensure_job(
    db: &mut Connection,
    codec: &Codec,
    id: &JobId,
    work: &Work,
    at: &Timestamp,
) -> Result<(), UnitError> {
    add(db, codec, ENSURE, *id, work, *at).await
}

pub(crate) async fn finish_job(
    db: &mut Connection,
    _codec: &Codec,
    job: &ClaimedJob,
    again_at: &Option<Timestamp>,
) -> Result<bool, UnitError> {
    match again_at {
        Some(at) => put_off(db, job, *at).await,
        None => end(db, job).await,
    }
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
    lane: &Option<Lane>,
    limit: &u32,
    now: &Timestamp,
    lease_until: &Timestamp,
) -> Result<Vec<ClaimedJob>, UnitError> {
    let rows: Vec<Row> = sqlx::query(dialect::CLAIM_JOBS)
        .bind(millis(*now))
        .bind(millis(*lease_until))
        .bind(i64::from(*limit))
        .bind(lane.map(|lane| lane == Lane::People))
        .fetch_all(&mut *db)
        .await?;
    let mut jobs = Vec::with_capacity(rows.len());
    for row in rows {
        let id = JobId::from_uuid(row.try_get::<Uuid, _>("id")?);
        match codec.open_json(JOB_WORK, row.try_get("work")?).and_then(|kept| without_request(&kept)) {
            Ok((work, request)) => {
                let attempt = u32::try_from(row.try_get::<i64, _>("attempt")?).unwrap_or(u32::MAX);
                let created_at = time(row.try_get("created_at")?)?;
                jobs.push(ClaimedJob { id, work, attempt, lease_until: *lease_until, created_at, request });
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
