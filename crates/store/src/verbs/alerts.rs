//! What an operator should know, once each, until it is over.

use proxycall_domain::AlertId;
use proxycall_service::ports::ledger::Alert;
use uuid::Uuid;

use super::*;

const RAISE: &str = "INSERT INTO alert (id, kind, subject, detail, raised_at) VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (kind, subject) WHERE cleared_at IS NULL DO NOTHING";

pub(crate) async fn raise_alert(db: &mut Connection, _codec: &Codec, alert: &Alert) -> Result<(), UnitError> {
    sqlx::query(RAISE)
        .bind(alert.id.uuid())
        .bind(&alert.kind)
        .bind(&alert.subject)
        .bind(&alert.detail)
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
    let alert = |row: &Row| {
        Ok(Alert {
            id: AlertId::from_uuid(row.try_get::<Uuid, _>("id")?),
            kind: row.try_get("kind")?,
            subject: row.try_get("subject")?,
            detail: row.try_get("detail")?,
            raised_at: time(row.try_get("raised_at")?)?,
        })
    };
    rows.iter().map(alert).collect()
}
