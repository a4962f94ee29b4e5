//! Buying: the intent is there before the carrier is asked, and is settled once.

use proxycall_domain::{NumberType, PurchaseId, pool::life::Act};
use proxycall_service::ports::ledger::{BeginPurchase, Candidate, OpenPurchase, PurchaseEnd, Work};
use uuid::Uuid;

use super::*;

/// One more for the day, unless the ceiling `$2` is reached.
const COUNT: &str = "INSERT INTO purchase_day (day, bought) VALUES ($1, 1) \
    ON CONFLICT (day) DO UPDATE SET bought = purchase_day.bought + 1 WHERE purchase_day.bought < $2";

const BEGIN: &str = "INSERT INTO purchase (id, country, number_type, state, day, actor, reason, created_at, updated_at) \
    VALUES ($1, $2, $3, 'open', $4, $5, $6, $7, $7)";

pub(crate) async fn begin_purchase(db: &mut Connection, codec: &Codec, begin: &BeginPurchase) -> Result<(), UnitError> {
    let (act, ceiling) = (&begin.act, begin.ceiling);
    let day = act.at.strftime("%Y-%m-%d").to_string();
    let counted = sqlx::query(COUNT).bind(&day).bind(i64::from(ceiling)).execute(&mut *db).await?;
    if counted.rows_affected() == 0 || ceiling == 0 {
        return Err(LedgerError::CeilingReached { ceiling }.into());
    }
    sqlx::query(BEGIN)
        .bind(begin.id.uuid())
        .bind(begin.shopping.country.to_string())
        .bind(begin.shopping.number_type.as_str())
        .bind(day)
        .bind(act.actor.as_str())
        .bind(&act.reason)
        .bind(millis(act.at))
        .execute(&mut *db)
        .await?;
    let work = Work::SettlePurchase { purchase: begin.id };
    jobs::enqueue(db, codec, begin.job, &work, begin.settle_at).await
}

/// What was given back and has not rested since a client had it would only rest on here.
const TAKEN: &str = "SELECT 1 FROM proxy_number WHERE phone = $1 AND (status <> 'released' OR rest_until > $3) \
    UNION ALL SELECT 1 FROM purchase WHERE phone = $1 AND state = 'asked' AND id <> $2";

const ASK: &str = "UPDATE purchase SET state = 'asked', phone = $2, asked_type = $3, asked_at = $4, updated_at = $4 \
    WHERE id = $1 AND state IN ('open', 'asked')";

const SETTLE_LATER: &str = "UPDATE job SET run_at = $2 WHERE once = $1";

pub(crate) async fn ask_purchase(
    db: &mut Connection,
    _codec: &Codec,
    id: &PurchaseId,
    candidate: &PhoneNumber,
    number_type: &NumberType,
    settle_at: &Timestamp,
    now: &Timestamp,
) -> Result<Candidate, UnitError> {
    let taken = sqlx::query(TAKEN).bind(digits(*candidate)).bind(id.uuid()).bind(millis(*now));
    let taken: Vec<Row> = taken.fetch_all(&mut *db).await?;
    if !taken.is_empty() {
        return Ok(Candidate::Taken);
    }
    let asked = sqlx::query(ASK)
        .bind(id.uuid())
        .bind(digits(*candidate))
        .bind(number_type.as_str())
        .bind(millis(*now))
        .execute(&mut *db)
        .await?;
    if asked.rows_affected() == 0 {
        return Ok(Candidate::Over);
    }
    let once = Work::SettlePurchase { purchase: *id }.once();
    sqlx::query(SETTLE_LATER).bind(once).bind(millis(*settle_at)).execute(&mut *db).await?;
    Ok(Candidate::Ask)
}

/// `$2` is the state before: what was given up and turns out to be bought counts again.
const END: &str = "UPDATE purchase SET state = $3, error_code = $4, updated_at = $5, phone = COALESCE($6, phone), \
        asked_type = COALESCE($7, asked_type), asked_at = COALESCE(asked_at, $5) \
    WHERE id = $1 AND state = $2";
const STATE: &str = "SELECT state, day FROM purchase WHERE id = $1";
const UNCOUNT: &str = "UPDATE purchase_day SET bought = bought - 1 WHERE day = $1 AND bought > 0";
const RECOUNT: &str = "UPDATE purchase_day SET bought = bought + 1 WHERE day = $1";

pub(crate) async fn end_purchase(
    db: &mut Connection,
    codec: &Codec,
    id: &PurchaseId,
    end: &PurchaseEnd,
    act: &Act,
) -> Result<bool, UnitError> {
    let row: Option<Row> = sqlx::query(STATE).bind(id.uuid()).fetch_optional(&mut *db).await?;
    let Some(row) = row else { return Ok(false) };
    let (state, day): (&str, &str) = (row.try_get("state")?, row.try_get("day")?);
    let (next, code) = match (end, state) {
        (PurchaseEnd::Bought(_), "open" | "asked" | "failed") => ("bought", None),
        (PurchaseEnd::Failed { code }, "open" | "asked") => ("failed", *code),
        _ => return Ok(false),
    };
    let number = match end {
        PurchaseEnd::Bought(number) => Some(number),
        PurchaseEnd::Failed { .. } => None,
    };
    let ended = sqlx::query(END)
        .bind(id.uuid())
        .bind(state)
        .bind(next)
        .bind(code.map(i64::from))
        .bind(millis(act.at))
        .bind(number.map(|number| digits(number.phone)))
        .bind(number.map(|number| number.number_type.as_str()))
        .execute(&mut *db)
        .await?;
    if ended.rows_affected() == 0 {
        return Err(UnitError::Crossed);
    }
    match end {
        PurchaseEnd::Bought(number) => {
            if state == "failed" {
                sqlx::query(RECOUNT).bind(day).execute(&mut *db).await?;
            }
            pool::join(db, codec, number, act).await?;
        }
        PurchaseEnd::Failed { .. } => {
            sqlx::query(UNCOUNT).bind(day).execute(&mut *db).await?;
        }
    }
    jobs::drop_work(db, &Work::SettlePurchase { purchase: *id }).await?;
    Ok(true)
}

const BOUGHT: &str = "SELECT bought FROM purchase_day WHERE day = $1";

pub(crate) async fn bought_on(db: &mut Connection, _codec: &Codec, day: Timestamp) -> Result<u64, UnitError> {
    let bought: Option<i64> =
        sqlx::query_scalar(BOUGHT).bind(day.strftime("%Y-%m-%d").to_string()).fetch_optional(&mut *db).await?;
    Ok(bought.and_then(|bought| u64::try_from(bought).ok()).unwrap_or_default())
}

const OPEN: &str = "SELECT id, country, state, phone, asked_type, asked_at FROM purchase \
    WHERE state IN ('open', 'asked') ORDER BY id LIMIT 1000";

pub(crate) async fn open_purchases(db: &mut Connection, _codec: &Codec) -> Result<Vec<OpenPurchase>, UnitError> {
    let rows: Vec<Row> = sqlx::query(OPEN).fetch_all(&mut *db).await?;
    let purchase = |row: &Row| {
        let asked = match row.try_get::<&str, _>("state")? {
            "asked" => Some((
                proxy(row.try_get("phone")?)?,
                pool::number_type(row.try_get("asked_type")?)?,
                time(row.try_get("asked_at")?)?,
            )),
            _ => None,
        };
        Ok(OpenPurchase {
            id: PurchaseId::from_uuid(row.try_get::<Uuid, _>("id")?),
            asked,
            country: country(row.try_get("country")?)?,
        })
    };
    rows.iter().map(purchase).collect()
}
