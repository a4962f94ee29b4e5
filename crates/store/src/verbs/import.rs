//! Taking clients over, each with the number it has: what would cross two parties is refused, row by row.

use proxycall_domain::{FieldError, NumberStatus};
use proxycall_service::ports::ledger::{ImportClient, ImportFinding};

use super::*;

/// All that decides about one row: one indexed read.
const KNOWN: &str = "SELECT c.name, c.mail, c.phone_key, c.country, c.closed_at, own.phone AS own_proxy, \
        n.status, n.client_id AS owner, n.quarantine_until, \
        EXISTS (SELECT 1 FROM proxy_number p WHERE p.phone = $2 AND p.status NOT IN ('released', 'missing')) \
            AS real_is_proxy, \
        EXISTS (SELECT 1 FROM client r WHERE r.phone_key = $4) AS proxy_is_real \
    FROM (SELECT 1 AS one) AS ground \
    LEFT JOIN client c ON c.client_id = $1 \
    LEFT JOIN proxy_number own ON own.client_id = c.client_id \
    LEFT JOIN proxy_number n ON n.phone = $3";

const ID: &str = "client_id";
const PROXY: &str = "client_proxy_number";
const REAL: &str = "client_real_phone";

/// What becomes of a row as things stand.
async fn judge(
    db: &mut Connection,
    codec: &Codec,
    row: &ImportClient,
    now: Timestamp,
) -> Result<ImportFinding, UnitError> {
    let client = &row.client;
    let number = row.proxy.as_ref().map(|number| number.phone);
    let known: Row = sqlx::query(KNOWN)
        .bind(client.id.get())
        .bind(digits(client.phone))
        .bind(number.map(digits))
        .bind(number.map(|number| codec.phone_key(number)))
        .fetch_one(&mut *db)
        .await?;
    let refused = |field, problem: &str| Ok(ImportFinding::Refused(FieldError::new(field, problem)));
    if let Some(name) = known.try_get::<Option<&str>, _>("name")? {
        if known.try_get::<Option<i64>, _>("closed_at")?.is_some() {
            return refused(ID, "a client with this id exists and is closed");
        }
        let same = name == client.name.expose()
            && known.try_get::<&str, _>("mail")? == client.mail.expose()
            && known.try_get::<&[u8], _>("phone_key")? == codec.phone_key(client.phone)
            && known.try_get::<&str, _>("country")? == client.country.to_string()
            // A row without a number does not contradict one that was given since.
            && (number.is_none() || known.try_get::<Option<i64>, _>("own_proxy")? == number.map(digits));
        return if same { Ok(ImportFinding::Same) } else { refused(ID, "a client with this id and other data exists") };
    }
    if number == Some(client.phone) || known.try_get("real_is_proxy")? {
        return refused(REAL, "is a proxy number, which cannot be anybody's real number");
    }
    if known.try_get("proxy_is_real")? {
        return refused(PROXY, "is a client's real number, which cannot be a proxy number");
    }
    if known.try_get::<Option<i64>, _>("owner")?.is_some() {
        return refused(PROXY, "belongs to another client");
    }
    let status = known.try_get::<Option<&str>, _>("status")?.map(NumberStatus::parse);
    let rested = known.try_get::<Option<i64>, _>("quarantine_until")?.is_some_and(|until| until <= millis(now));
    match status {
        None | Some(Some(NumberStatus::Available)) => Ok(ImportFinding::Added),
        Some(Some(NumberStatus::Quarantined)) if rested => Ok(ImportFinding::Added),
        Some(Some(status)) => refused(PROXY, &format!("is in the pool as {}, not as available", status.as_str())),
        Some(None) => Err(unreadable("a number's status").into()),
    }
}

pub(crate) async fn preview(
    db: &mut Connection,
    codec: &Codec,
    rows: &[ImportClient],
    now: Timestamp,
) -> Result<Vec<ImportFinding>, UnitError> {
    let mut findings = Vec::with_capacity(rows.len());
    for row in rows {
        findings.push(judge(db, codec, row, now).await?);
    }
    Ok(findings)
}

/// Only a number that is free may change hands.
const GIVE: &str = "INSERT INTO proxy_number \
        (phone, country, number_type, status, friendly_name, client_id, assigned_at, added_at, updated_at) \
    VALUES ($1, $2, $3, 'assigned', '', $4, $5, $5, $5) \
    ON CONFLICT (phone) DO UPDATE SET status = 'assigned', client_id = excluded.client_id, former_client_id = NULL, \
        assigned_at = excluded.assigned_at, quarantine_until = NULL, updated_at = excluded.updated_at \
    WHERE proxy_number.status IN ('available', 'quarantined')";

pub(crate) async fn import_clients(
    db: &mut Connection,
    codec: &Codec,
    rows: &[ImportClient],
    now: &Timestamp,
) -> Result<Vec<ImportFinding>, UnitError> {
    let mut findings = Vec::with_capacity(rows.len());
    for row in rows {
        let finding = judge(db, codec, row, *now).await?;
        if finding == ImportFinding::Added {
            take_over(db, codec, row, *now).await?;
        }
        findings.push(finding);
    }
    Ok(findings)
}

/// Writes what was judged; when another unit changed that meanwhile, all is judged again.
async fn take_over(db: &mut Connection, codec: &Codec, row: &ImportClient, now: Timestamp) -> Result<(), UnitError> {
    if !clients::insert(db, codec, &row.client, row.last_caller, None, now).await? {
        return Err(UnitError::Crossed);
    }
    let Some(number) = &row.proxy else { return Ok(()) };
    let given = sqlx::query(GIVE)
        .bind(digits(number.phone))
        .bind(number.country.to_string())
        .bind(number.number_type.as_str())
        .bind(row.client.id.get())
        .bind(millis(now))
        .execute(&mut *db)
        .await?;
    if given.rows_affected() == 1 { Ok(()) } else { Err(UnitError::Crossed) }
}
