//! What is kept for a time only: emptied or deleted part by part, and counted. Interactions are gone through in the order
//! of their ids, which is that of their time, and each is looked at once.

use jiff::SignedDuration;
use proxycall_domain::{PendingId, retention::Retention};
use proxycall_service::ports::ledger::{Overdue, RetentionPart};
use uuid::Uuid;

use super::{erasure::position, *};

/// How many interactions one part goes through.
const INTERACTIONS_AT_ONCE: i64 = 500;
/// How many records of another kind one part takes.
const AT_ONCE: i64 = 100;
/// No more is noted for the carrier to delete while so much waits there already.
const WAITING_AT_CARRIER: i64 = 1_000;
/// How long a text that answered a code is known again. Carriers repeat a webhook within minutes.
const REPLIES_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long counts by the hour are kept: they name nobody, and let a day be compared with that of the year before.
const COUNTS_KEPT: SignedDuration = SignedDuration::from_hours(400 * 24);
/// How long answers to requests, and requests of the public page, are kept: nothing asks for older ones.
const DAY: SignedDuration = SignedDuration::from_hours(24);

const INTERACTIONS: &str = "interactions";
const CONFIRMATIONS: &str = "confirmations";
const CLOSED_CLIENTS: &str = "closed_clients";
const ALERTS: &str = "alerts";
const CARRIER: &str = "carrier";
const SHORT_LIVED: &str = "short_lived";

const REACHED: &str = "SELECT reached FROM retention WHERE kind = $1";
const NOTE: &str = "INSERT INTO retention (kind, reached, ran_at, emptied) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (kind) DO UPDATE SET reached = excluded.reached, ran_at = excluded.ran_at, \
        emptied = retention.emptied + excluded.emptied";

async fn reached(db: &mut Connection, kind: &str) -> Result<Uuid, UnitError> {
    let reached: Option<String> = sqlx::query_scalar(REACHED).bind(kind).fetch_optional(&mut *db).await?;
    Ok(position(&reached.unwrap_or_default())?)
}

/// Keeps how far a kind has come.
async fn note(db: &mut Connection, kind: &str, to: Uuid, records: u64, now: Timestamp) -> Result<(), UnitError> {
    let query = sqlx::query(NOTE).bind(kind).bind(to.to_string()).bind(millis(now));
    query.bind(i64::try_from(records).unwrap_or(i64::MAX)).execute(&mut *db).await?;
    Ok(())
}

pub(crate) async fn keep_periods(
    db: &mut Connection,
    codec: &Codec,
    periods: &Retention,
    now: &Timestamp,
) -> Result<RetentionPart, UnitError> {
    let now = *now;
    let mut part = RetentionPart::default();
    if let Some(before) = periods.closed_clients.before(now) {
        let query = sqlx::query_scalar(CLOSED).bind(millis(before)).bind(AT_ONCE);
        let ids: Vec<i64> = query.fetch_all(&mut *db).await?;
        part.more |= ids.len() == usize::try_from(AT_ONCE).unwrap_or_default();
        part.clients = ids.into_iter().map(client_id).collect::<Result<_, _>>()?;
        let clients = u64::try_from(part.clients.len()).unwrap_or_default();
        note(db, CLOSED_CLIENTS, Uuid::nil(), clients, now).await?;
    }
    if let Some(before) = periods.carrier.before(now) {
        part.add(carrier(db, before, now).await?);
    }
    if let Some(before) = periods.interactions.before(now) {
        part.add(interactions(db, codec, before, now).await?);
    }
    if let Some(before) = periods.confirmations.before(now) {
        part.add(confirmations(db, codec, before, now).await?);
    }
    if let Some(before) = periods.alerts.before(now) {
        let query = sqlx::query(FORGET_ALERTS).bind(millis(before)).bind(AT_ONCE);
        let records = query.execute(&mut *db).await?.rows_affected();
        note(db, ALERTS, Uuid::nil(), records, now).await?;
        part.add((records, records == AT_ONCE.unsigned_abs()));
    }
    part.add(short_lived(db, now).await?);
    Ok(part)
}

trait Add {
    fn add(&mut self, of: (u64, bool));
}

impl Add for RetentionPart {
    fn add(&mut self, (records, more): (u64, bool)) {
        self.records += records;
        self.more |= more;
    }
}

const CLOSED: &str =
    "SELECT client_id FROM client WHERE closed_at < $1 AND erased_at IS NULL ORDER BY closed_at LIMIT $2";

/// The id that the first interaction of a moment could have: those below it are older.
fn before_id(moment: Timestamp) -> Uuid {
    proxycall_domain::InteractionId::new(moment, &[0; 10]).uuid()
}

async fn interactions(
    db: &mut Connection,
    codec: &Codec,
    before: Timestamp,
    now: Timestamp,
) -> Result<(u64, bool), UnitError> {
    let (from, last) = (reached(db, INTERACTIONS).await?, before_id(before));
    if from >= last {
        // The period was made longer: what is emptied stays so.
        return Ok((0, false));
    }
    let (to, more) = erasure::end_of_part(db, from, last, INTERACTIONS_AT_ONCE).await?;
    let records = erasure::empty_stretch(db, codec, from, to, now).await?;
    note(db, INTERACTIONS, to, records, now).await?;
    Ok((records, more))
}

const WAITING: &str = "SELECT COUNT(*) FROM carrier_copy WHERE given_up_at IS NULL";

async fn carrier(db: &mut Connection, before: Timestamp, now: Timestamp) -> Result<(u64, bool), UnitError> {
    let (from, last) = (reached(db, CARRIER).await?, before_id(before));
    let waiting: i64 = sqlx::query_scalar(WAITING).fetch_one(&mut *db).await?;
    if from >= last || waiting >= WAITING_AT_CARRIER {
        return Ok((0, false));
    }
    let (to, more) = erasure::end_of_part(db, from, last, INTERACTIONS_AT_ONCE).await?;
    let mut records = carrier_copies::of_all(db, from, to, now).await?;
    records += carrier_copies::sent_between(db, from, to, now).await?;
    note(db, CARRIER, to, records, now).await?;
    Ok((records, more))
}

const OVER: &str = "SELECT pending_id FROM confirmation WHERE ended_at < $1 AND name <> '' ORDER BY ended_at LIMIT $2";

async fn confirmations(
    db: &mut Connection,
    codec: &Codec,
    before: Timestamp,
    now: Timestamp,
) -> Result<(u64, bool), UnitError> {
    let over: Vec<String> = sqlx::query_scalar(OVER).bind(millis(before)).bind(AT_ONCE).fetch_all(&mut *db).await?;
    let records = u64::try_from(over.len()).unwrap_or_default();
    for id in over {
        erasure::empty_confirmation(db, codec, &PendingId::from_store(id)).await?;
    }
    note(db, CONFIRMATIONS, Uuid::nil(), records, now).await?;
    Ok((records, records == AT_ONCE.unsigned_abs()))
}

const FORGET_ALERTS: &str =
    "DELETE FROM alert WHERE id IN (SELECT id FROM alert WHERE cleared_at < $1 ORDER BY cleared_at LIMIT $2)";
const FORGET_ANSWERS: &str =
    "DELETE FROM request WHERE key IN (SELECT key FROM request WHERE started_at < $1 ORDER BY started_at LIMIT $2)";
const FORGET_REPLIES: &str = "DELETE FROM code_reply WHERE inbound_sid IN (SELECT inbound_sid FROM code_reply WHERE at < $1 ORDER BY at LIMIT $2)";
const FORGET_TRAFFIC: &str = "DELETE FROM traffic_count WHERE hour < $1";
const FORGET_GIVEN: &str = "DELETE FROM given_count WHERE hour < $1";
const FORGET_PAGE_REQUESTS: &str = "DELETE FROM page_request WHERE at <= $1";

/// What nothing asks for after a day or a week, also where nothing new pushes it out.
async fn short_lived(db: &mut Connection, now: Timestamp) -> Result<(u64, bool), UnitError> {
    let before = |kept| millis(now.checked_sub(kept).unwrap_or(Timestamp::MIN));
    let answers = sqlx::query(FORGET_ANSWERS).bind(before(DAY)).bind(AT_ONCE).execute(&mut *db).await?.rows_affected();
    let query = sqlx::query(FORGET_REPLIES).bind(before(REPLIES_KEPT)).bind(AT_ONCE);
    let replies = query.execute(&mut *db).await?.rows_affected();
    let asked = sqlx::query(FORGET_PAGE_REQUESTS).bind(before(DAY)).execute(&mut *db).await?.rows_affected();
    let records = answers + replies + asked;
    for counts in [FORGET_TRAFFIC, FORGET_GIVEN] {
        sqlx::query(counts).bind(before(COUNTS_KEPT).div_euclid(traffic::HOUR)).execute(&mut *db).await?;
    }
    note(db, SHORT_LIVED, Uuid::nil(), records, now).await?;
    Ok((records, answers.max(replies) == AT_ONCE.unsigned_abs()))
}

const LAST_RUN: &str = "SELECT ran_at, emptied FROM retention WHERE kind = $1";
const COUNT_INTERACTIONS: &str = "SELECT COUNT(*) FROM interaction WHERE id > $1 AND id <= $2";
const COUNT_CONFIRMATIONS: &str = "SELECT COUNT(*) FROM confirmation WHERE ended_at < $1 AND name <> ''";
const COUNT_CLOSED: &str = "SELECT COUNT(*) FROM client WHERE closed_at < $1 AND erased_at IS NULL";
const COUNT_ALERTS: &str = "SELECT COUNT(*) FROM alert WHERE cleared_at < $1";

pub(crate) async fn overdue(
    db: &mut Connection,
    _codec: &Codec,
    periods: Retention,
    now: Timestamp,
) -> Result<Vec<Overdue>, UnitError> {
    let mut found = Vec::new();
    for (kind, before) in [
        (INTERACTIONS, periods.interactions.before(now)),
        (CONFIRMATIONS, periods.confirmations.before(now)),
        (CLOSED_CLIENTS, periods.closed_clients.before(now)),
        (ALERTS, periods.alerts.before(now)),
        (CARRIER, periods.carrier.before(now)),
    ] {
        let records = match before {
            None => 0,
            Some(before) => count(db, kind, before).await?,
        };
        let row: Option<Row> = sqlx::query(LAST_RUN).bind(kind).fetch_optional(&mut *db).await?;
        let (mut ran_at, mut emptied) = (None, 0);
        if let Some(row) = row {
            ran_at = Some(time(row.try_get("ran_at")?)?);
            emptied = u64::try_from(row.try_get::<i64, _>("emptied")?).unwrap_or_default();
        }
        found.push(Overdue { kind, records, ran_at, emptied });
    }
    Ok(found)
}

async fn count(db: &mut Connection, kind: &'static str, before: Timestamp) -> Result<u64, UnitError> {
    let counted: i64 = match kind {
        INTERACTIONS | CARRIER => {
            let from = reached(db, kind).await?;
            let query = sqlx::query_scalar(COUNT_INTERACTIONS).bind(from).bind(before_id(before));
            query.fetch_one(&mut *db).await?
        }
        CONFIRMATIONS => sqlx::query_scalar(COUNT_CONFIRMATIONS).bind(millis(before)).fetch_one(&mut *db).await?,
        CLOSED_CLIENTS => sqlx::query_scalar(COUNT_CLOSED).bind(millis(before)).fetch_one(&mut *db).await?,
        _ => sqlx::query_scalar(COUNT_ALERTS).bind(millis(before)).fetch_one(&mut *db).await?,
    };
    Ok(u64::try_from(counted).unwrap_or_default())
}
