//! What the carrier is to delete: noted when it is erased here or has been kept there for long enough, tried again until
//! it is gone.

use proxycall_domain::{ClientId, PendingId};
use proxycall_service::ports::ledger::{CarrierCopy, CopyResult};
use uuid::Uuid;

use super::*;

/// Why something is to be deleted there.
#[derive(Debug, Clone, Copy)]
pub(super) enum Whose {
    /// Its person was erased.
    Erased(ClientId),
    /// Its time is over.
    Old,
}

impl Whose {
    fn client(self) -> Option<i64> {
        match self {
            Self::Erased(client) => Some(client.get()),
            Self::Old => None,
        }
    }
}

/// One side of interactions, as rows of `carrier_copy`.
macro_rules! side {
    ($sid:literal, $which:literal) => {
        concat!(
            "INSERT INTO carrier_copy (sid, kind, client_id, since, due_at) SELECT ",
            $sid,
            ", CASE channel WHEN 'call' THEN 'call' ELSE 'message' END, CAST($1 AS BIGINT), $2, $2 FROM interaction \
             WHERE id > $3 AND id <= $4 AND ",
            $sid,
            " IS NOT NULL",
            $which,
            " ON CONFLICT (sid) DO UPDATE SET client_id = COALESCE(excluded.client_id, carrier_copy.client_id)"
        )
    };
}

const ALL_IN: &str = side!("inbound_sid", "");
const ALL_OUT: &str = side!("outbound_sid", "");
const OWN_IN: &str = side!("inbound_sid", " AND client_id = $1");
const OWN_OUT: &str = side!("outbound_sid", " AND client_id = $1");
const PARTYS_IN: &str = side!("inbound_sid", " AND party_key = $5");
const PARTYS_OUT: &str = side!("outbound_sid", " AND party_key = $5");

/// Notes both sides of all interactions in a stretch. How many sides.
pub(super) async fn of_all(db: &mut Connection, from: Uuid, to: Uuid, now: Timestamp) -> Result<u64, UnitError> {
    let mut noted = 0;
    for side in [ALL_IN, ALL_OUT] {
        let query = sqlx::query(side).bind(Whose::Old.client()).bind(millis(now)).bind(from).bind(to);
        noted += query.execute(&mut *db).await?.rows_affected();
    }
    Ok(noted)
}

/// Notes both sides of a client's interactions in a stretch.
pub(super) async fn of_client(
    db: &mut Connection,
    client: ClientId,
    from: Uuid,
    to: Uuid,
    now: Timestamp,
) -> Result<(), UnitError> {
    for side in [OWN_IN, OWN_OUT] {
        let query = sqlx::query(side).bind(client.get()).bind(millis(now)).bind(from).bind(to);
        query.execute(&mut *db).await?;
    }
    Ok(())
}

/// Notes both sides of the interactions in a stretch whose other side was the person of an erasure.
pub(super) async fn of_party(
    db: &mut Connection,
    client: ClientId,
    party: &[u8],
    (from, to): (Uuid, Uuid),
    now: Timestamp,
) -> Result<(), UnitError> {
    for side in [PARTYS_IN, PARTYS_OUT] {
        let query = sqlx::query(side).bind(client.get()).bind(millis(now)).bind(from).bind(to).bind(party);
        query.execute(&mut *db).await?;
    }
    Ok(())
}

const SENT: &str = "INSERT INTO carrier_copy (sid, kind, client_id, since, due_at) \
    SELECT sid, CASE kind WHEN 'voice' THEN 'call' ELSE 'message' END, CAST($1 AS BIGINT), $2, $2 FROM dispatch \
    WHERE pending_id = $3 AND sid IS NOT NULL AND kind <> 'mail' \
    ON CONFLICT (sid) DO UPDATE SET client_id = COALESCE(excluded.client_id, carrier_copy.client_id)";
const REPLIED: &str = "INSERT INTO carrier_copy (sid, kind, client_id, since, due_at) \
    SELECT inbound_sid, 'message', CAST($1 AS BIGINT), $2, $2 FROM code_reply WHERE pending_id = $3 \
    ON CONFLICT (sid) DO UPDATE SET client_id = COALESCE(excluded.client_id, carrier_copy.client_id)";

/// Notes what a confirmation sent over the carrier, and the texts that answered it.
pub(super) async fn of_confirmation(
    db: &mut Connection,
    id: &PendingId,
    whose: Whose,
    now: Timestamp,
) -> Result<(), UnitError> {
    for noted in [SENT, REPLIED] {
        let query = sqlx::query(noted).bind(whose.client()).bind(millis(now)).bind(id.as_str());
        query.execute(&mut *db).await?;
    }
    Ok(())
}

const SENT_BETWEEN: &str = "INSERT INTO carrier_copy (sid, kind, since, due_at) \
    SELECT sid, CASE kind WHEN 'voice' THEN 'call' ELSE 'message' END, $1, $1 FROM dispatch \
    WHERE id > $2 AND id <= $3 AND sid IS NOT NULL AND kind <> 'mail' ON CONFLICT (sid) DO NOTHING";

/// Notes what confirmations sent in the same time as the interactions of a stretch: ids of both are ordered by time.
pub(super) async fn sent_between(db: &mut Connection, from: Uuid, to: Uuid, now: Timestamp) -> Result<u64, UnitError> {
    let query = sqlx::query(SENT_BETWEEN).bind(millis(now)).bind(from).bind(to);
    Ok(query.execute(&mut *db).await?.rows_affected())
}

const DUE: &str = "SELECT sid, kind, client_id, redacted, attempt, since FROM carrier_copy \
    WHERE given_up_at IS NULL AND due_at <= $1 ORDER BY due_at, sid LIMIT $2";

pub(crate) async fn copies_due(
    db: &mut Connection,
    _codec: &Codec,
    limit: u32,
    now: Timestamp,
) -> Result<Vec<CarrierCopy>, UnitError> {
    let rows: Vec<Row> = sqlx::query(DUE).bind(millis(now)).bind(i64::from(limit)).fetch_all(&mut *db).await?;
    let copy = |row: &Row| {
        Ok(CarrierCopy {
            sid: row.try_get("sid")?,
            is_call: row.try_get::<&str, _>("kind")? == "call",
            client: row.try_get::<Option<i64>, _>("client_id")?.map(client_id).transpose()?,
            redacted: row.try_get::<i64, _>("redacted")? == 1,
            attempt: u32::try_from(row.try_get::<i64, _>("attempt")?).unwrap_or(u32::MAX),
            since: time(row.try_get("since")?)?,
        })
    };
    rows.iter().map(copy).collect()
}

const GONE: &str = "DELETE FROM carrier_copy WHERE sid = $1";
const REDACTED: &str = "UPDATE carrier_copy SET redacted = 1 WHERE sid = $1";
const AGAIN: &str = "UPDATE carrier_copy SET attempt = attempt + 1, due_at = $2, error_code = $3 WHERE sid = $1";
const GIVE_UP: &str = "UPDATE carrier_copy SET attempt = attempt + 1, given_up_at = $2, error_code = $3 WHERE sid = $1";

pub(crate) async fn note_copy(
    db: &mut Connection,
    _codec: &Codec,
    sid: &String,
    result: &CopyResult,
    now: &Timestamp,
) -> Result<(), UnitError> {
    match result {
        CopyResult::Gone => sqlx::query(GONE).bind(sid).execute(&mut *db).await?,
        CopyResult::Redacted => sqlx::query(REDACTED).bind(sid).execute(&mut *db).await?,
        CopyResult::Again { at, code } => {
            sqlx::query(AGAIN).bind(sid).bind(millis(*at)).bind(code.map(i64::from)).execute(&mut *db).await?
        }
        CopyResult::GivenUp { code } => {
            sqlx::query(GIVE_UP).bind(sid).bind(millis(*now)).bind(code.map(i64::from)).execute(&mut *db).await?
        }
    };
    Ok(())
}
