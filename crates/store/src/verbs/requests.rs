//! Requests with an idempotency key: the first one is carried out, repetitions hear what it was answered.

use jiff::SignedDuration;
use proxycall_service::ports::ledger::{Begun, REQUEST_PATIENCE, RequestKey, StoredAnswer};

use super::*;

/// How long an answer is kept for repetitions.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

const BEGIN: &str =
    "INSERT INTO request (key, content_key, started_at) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING";
/// Answers hold personal data: none outlives its use.
const SWEEP: &str = "DELETE FROM request WHERE started_at < $1";
const READ: &str = "SELECT content_key, started_at, status, answer FROM request WHERE key = $1";
const TAKE_OVER: &str = "UPDATE request SET content_key = $2, started_at = $3, status = NULL, answer = NULL \
    WHERE key = $1 AND started_at = $4";
/// The first answer stays: it may have been heard already.
const ANSWER: &str =
    "UPDATE request SET status = $3, answer = $4 WHERE key = $1 AND content_key = $2 AND status IS NULL";
const HOLD: &str = "UPDATE request SET started_at = $3 \
    WHERE key = $1 AND content_key = $2 AND status IS NULL AND started_at < $3";
const FORGET: &str = "DELETE FROM request WHERE key = $1 AND content_key = $2 AND status IS NULL";

const IS_THERE: &str = "SELECT 1 FROM request WHERE key = $1";

/// Key and content of a request, under the secret that it is kept under. It is kept once: who looks under two secrets holds
/// both keys until the unit ends.
async fn keys(db: &mut Connection, codec: &Codec, request: &RequestKey) -> Result<[LookupKey; 2], UnitError> {
    let key = |keys: &Keys| keys.content_key(&[request.route.as_bytes(), request.key.as_bytes()]);
    let content = |keys: &Keys| keys.content_key(&[&request.content]);
    if codec.has_other() {
        let [now, other] = codec.keys(key)?;
        code_limits::hold(db, &mut [&now, &other]).await?;
        let earlier: Option<Row> = sqlx::query(IS_THERE).bind(&other).fetch_optional(&mut *db).await?;
        if earlier.is_some() {
            return Ok([other, content(codec.other()?)]);
        }
    }
    let keys = codec.writes()?;
    Ok([key(keys), content(keys)])
}

pub(crate) async fn begin_request(
    db: &mut Connection,
    codec: &Codec,
    request: &RequestKey,
    now: &Timestamp,
) -> Result<Begun, UnitError> {
    let [key, content] = keys(db, codec, request).await?;
    let begun = sqlx::query(BEGIN).bind(&key).bind(&content).bind(millis(*now)).execute(&mut *db).await?;
    if begun.rows_affected() == 1 {
        let oldest = now.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
        sqlx::query(SWEEP).bind(millis(oldest)).execute(&mut *db).await?;
        return Ok(Begun::Fresh);
    }
    let row: Option<Row> = sqlx::query(READ).bind(&key).fetch_optional(&mut *db).await?;
    // It was there a moment ago, and was given up.
    let Some(row) = row else { return Err(UnitError::Crossed) };
    let started: i64 = row.try_get("started_at")?;
    let age = now.duration_since(time(started)?);
    if age <= KEPT {
        if row.try_get::<&[u8], _>("content_key")? != content {
            return Ok(Begun::OtherContent);
        }
        if let (Some(status), Some(answer)) = (row.try_get::<Option<i64>, _>("status")?, row.try_get("answer")?) {
            let status = u16::try_from(status).map_err(|_| unreadable("a stored answer's status"))?;
            return Ok(Begun::Answered(StoredAnswer { status, body: codec.open_text(REQUEST_ANSWER, answer)? }));
        }
        if age < REQUEST_PATIENCE {
            return Ok(Begun::InProgress);
        }
    }
    let taken =
        sqlx::query(TAKE_OVER).bind(&key).bind(&content).bind(millis(*now)).bind(started).execute(&mut *db).await?;
    if taken.rows_affected() == 1 { Ok(Begun::Fresh) } else { Err(UnitError::Crossed) }
}

pub(crate) async fn hold_request(
    db: &mut Connection,
    codec: &Codec,
    request: &RequestKey,
    now: &Timestamp,
) -> Result<(), UnitError> {
    let [key, content] = keys(db, codec, request).await?;
    sqlx::query(HOLD).bind(&key).bind(&content).bind(millis(*now)).execute(&mut *db).await?;
    Ok(())
}

pub(crate) async fn finish_request(
    db: &mut Connection,
    codec: &Codec,
    request: &RequestKey,
    answer: &Option<StoredAnswer>,
    _now: &Timestamp,
) -> Result<(), UnitError> {
    let [key, content] = keys(db, codec, request).await?;
    match answer {
        Some(answer) => {
            let body = codec.seal_text(REQUEST_ANSWER, &answer.body)?;
            let query = sqlx::query(ANSWER).bind(&key).bind(&content).bind(i64::from(answer.status)).bind(body);
            query.execute(&mut *db).await?
        }
        None => sqlx::query(FORGET).bind(&key).bind(&content).execute(&mut *db).await?,
    };
    Ok(())
}
