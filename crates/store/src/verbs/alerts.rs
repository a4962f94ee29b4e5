//! What an operator should know, once each, until it is over; and which of it is told by letter when.

use proxycall_domain::AlertId;
use proxycall_service::ports::ledger::{Alert, AlertLetter, TellAlerts, ToldAlert, Work};
use uuid::Uuid;

use super::*;

const RAISE: &str = "INSERT INTO alert (id, kind, subject, detail, raised_at) VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (kind, subject) WHERE cleared_at IS NULL \
        DO UPDATE SET detail = excluded.detail, seen_at = excluded.raised_at";

pub(crate) async fn raise_alert(db: &mut Connection, _codec: &Codec, alert: &Alert) -> Result<(), UnitError> {
    sqlx::query(RAISE)
        .bind(alert.id.uuid())
        .bind(&alert.kind)
        .bind(&alert.subject)
        .bind(said_to_text(&alert.detail)?)
        .bind(millis(alert.raised_at))
        .execute(&mut *db)
        .await?;
    Ok(())
}

const CLEAR: &str = "UPDATE alert SET cleared_at = $3 WHERE kind = $1 AND subject = $2 AND cleared_at IS NULL";

pub(crate) async fn clear_alert(
    db: &mut Connection,
    _codec: &Codec,
    kind: &&'static str,
    subject: &String,
    now: &Timestamp,
) -> Result<(), UnitError> {
    sqlx::query(CLEAR).bind(*kind).bind(subject).bind(millis(*now)).execute(&mut *db).await?;
    Ok(())
}

const STANDING: &str = "SELECT id, kind, subject, detail, raised_at FROM alert WHERE cleared_at IS NULL \
    ORDER BY raised_at, id LIMIT 1000";

pub(crate) async fn alerts(db: &mut Connection, _codec: &Codec) -> Result<Vec<Alert>, UnitError> {
    let rows: Vec<Row> = sqlx::query(STANDING).fetch_all(&mut *db).await?;
    rows.iter().map(alert_of).collect()
}

fn alert_of(row: &Row) -> Result<Alert, UnitError> {
    Ok(Alert {
        id: AlertId::from_uuid(row.try_get::<Uuid, _>("id")?),
        kind: row.try_get("kind")?,
        subject: row.try_get("subject")?,
        detail: said_of_text(row.try_get("detail")?),
        raised_at: time(row.try_get("raised_at")?)?,
    })
}

const CLEAR_UNSEEN: &str = "UPDATE alert SET cleared_at = $4 \
    WHERE kind = $1 AND subject = $2 AND cleared_at IS NULL AND COALESCE(seen_at, raised_at) < $3";

pub(crate) async fn clear_unseen_alert(
    db: &mut Connection,
    _codec: &Codec,
    kind: &&'static str,
    subject: &String,
    unseen_since: &Timestamp,
    now: &Timestamp,
) -> Result<(), UnitError> {
    let query = sqlx::query(CLEAR_UNSEEN).bind(*kind).bind(subject);
    query.bind(millis(*unseen_since)).bind(millis(*now)).execute(&mut *db).await?;
    Ok(())
}

/// How many alerts of each sort one letter tells; those beyond come in the next.
const IN_ONE_LETTER: i64 = 100;

const NEW: &str = "SELECT id FROM alert WHERE cleared_at IS NULL AND told_at IS NULL ORDER BY raised_at, id LIMIT $1";
const AGAIN: &str = "SELECT id FROM alert WHERE cleared_at IS NULL AND told_at <= $2 ORDER BY raised_at, id LIMIT $1";
const ENDED: &str = "SELECT id FROM alert WHERE cleared_at IS NOT NULL AND told_at IS NOT NULL AND end_told_at IS NULL \
    ORDER BY cleared_at, id LIMIT $1";
/// Whoever marks an alert tells it: of several who found it at once, the others then find it marked.
const NEW_TOLD: &str = "UPDATE alert SET told_at = $2 WHERE id = $1 AND told_at IS NULL AND cleared_at IS NULL";
const TOLD_AGAIN: &str = "UPDATE alert SET told_at = $2 WHERE id = $1 AND told_at <= $3 AND cleared_at IS NULL";
const END_TOLD: &str = "UPDATE alert SET end_told_at = $2 WHERE id = $1 AND end_told_at IS NULL";

pub(crate) async fn tell_alerts(db: &mut Connection, codec: &Codec, tell: &TellAlerts) -> Result<u32, UnitError> {
    if tell.receivers.is_empty() {
        return Ok(0);
    }
    let new: Vec<Uuid> = sqlx::query_scalar(NEW).bind(IN_ONE_LETTER).fetch_all(&mut *db).await?;
    let again = sqlx::query_scalar(AGAIN).bind(IN_ONE_LETTER).bind(millis(tell.told_before));
    let again: Vec<Uuid> = again.fetch_all(&mut *db).await?;
    let ended: Vec<Uuid> = sqlx::query_scalar(ENDED).bind(IN_ONE_LETTER).fetch_all(&mut *db).await?;
    let new = mark(db, NEW_TOLD, new, tell, None).await?;
    let again = mark(db, TOLD_AGAIN, again, tell, Some(tell.told_before)).await?;
    let ended = mark(db, END_TOLD, ended, tell, None).await?;
    let count = new.len() + again.len() + ended.len();
    if count == 0 {
        return Ok(0);
    }
    let letter = AlertLetter { raised: new, standing: again, over: ended };
    for (job, to) in &tell.receivers {
        let work = Work::MailAlerts { letter: letter.clone(), to: to.clone() };
        jobs::enqueue(db, codec, *job, &work, tell.now).await?;
    }
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Those of them that nobody else has marked meanwhile.
async fn mark(
    db: &mut Connection,
    statement: &'static str,
    found: Vec<Uuid>,
    tell: &TellAlerts,
    told_before: Option<Timestamp>,
) -> Result<Vec<AlertId>, UnitError> {
    let mut marked = Vec::with_capacity(found.len());
    for id in found {
        let mut query = sqlx::query(statement).bind(id).bind(millis(tell.now));
        if let Some(before) = told_before {
            query = query.bind(millis(before));
        }
        if query.execute(&mut *db).await?.rows_affected() > 0 {
            marked.push(AlertId::from_uuid(id));
        }
    }
    Ok(marked)
}

const ONE: &str = "SELECT id, kind, subject, detail, raised_at, cleared_at FROM alert WHERE id = $1";

pub(crate) async fn told_alerts(
    db: &mut Connection,
    _codec: &Codec,
    ids: &[AlertId],
) -> Result<Vec<ToldAlert>, UnitError> {
    let mut told = Vec::with_capacity(ids.len());
    for id in ids {
        let row: Option<Row> = sqlx::query(ONE).bind(id.uuid()).fetch_optional(&mut *db).await?;
        if let Some(row) = row {
            let over_at = row.try_get::<Option<i64>, _>("cleared_at")?.map(time).transpose()?;
            told.push(ToldAlert { alert: alert_of(&row)?, over_at });
        }
    }
    Ok(told)
}
