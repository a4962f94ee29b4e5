//! The figures of a week. What grows without end is read in parts by an index, beside all that is done: no part takes long.

use proxycall_domain::{
    Channel, ClientId, InteractionId, MailAddress, Week,
    report::{ClientFigures, Compared, Duplicate, Shared, Traffic},
};
use proxycall_service::ports::ledger::{ClientPart, Failures, SendReport, TrafficPart, TrafficSpan, WeekCounts, Work};
use uuid::Uuid;

use super::{calls::outcome, erasure::position, numbers::count, *};

/// How many clients, calls or keys one part looks at.
const PART: i64 = 10_000;
/// Of how many of the latest calls and texts it is asked how they ended.
const LATEST: i64 = 5_000;
/// How many groups of clients who share something one part names, which are all that it can hold; and how many of each.
const GROUPS: i64 = PART / 2;
const CLIENTS: i64 = 20;

const FAILURES: &str = "SELECT COUNT(*) AS ended, COUNT(CASE WHEN outcome = 'failed' THEN 1 END) AS failed \
    FROM (SELECT outcome FROM interaction WHERE id >= $1 ORDER BY id DESC LIMIT $2) AS latest \
    WHERE outcome IN ('completed', 'busy', 'no_answer', 'canceled', 'sent', 'delivered', 'undelivered', 'failed')";

pub(crate) async fn recent_failures(
    db: &mut Connection,
    _codec: &Codec,
    since: Timestamp,
) -> Result<Failures, UnitError> {
    let query = sqlx::query(FAILURES).bind(InteractionId::new(since, &[0; 10]).uuid()).bind(LATEST);
    let row: Row = query.fetch_one(&mut *db).await?;
    Ok(Failures { ended: count(&row, "ended")?, failed: count(&row, "failed")? })
}

const SENT: &str = "SELECT COUNT(*) FROM report_sent WHERE week = $1";
const SEND: &str = "INSERT INTO report_sent (week, sent_at) VALUES ($1, $2) ON CONFLICT (week) DO NOTHING";

pub(crate) async fn report_sent(db: &mut Connection, _codec: &Codec, week: Week) -> Result<bool, UnitError> {
    let sent: i64 = sqlx::query_scalar(SENT).bind(week.to_string()).fetch_one(&mut *db).await?;
    Ok(sent > 0)
}

pub(crate) async fn send_report(db: &mut Connection, codec: &Codec, send: &SendReport) -> Result<bool, UnitError> {
    let query = sqlx::query(SEND).bind(send.week.to_string()).bind(millis(send.now));
    if query.execute(&mut *db).await?.rows_affected() == 0 {
        return Ok(false);
    }
    for (job, to) in &send.receivers {
        let work = Work::MailReport { week: send.week, to: to.clone() };
        jobs::enqueue(db, codec, *job, &work, send.now).await?;
    }
    Ok(true)
}

/// A number that was imported was not given in the week of the import.
const COUNT_CLIENTS: &str = "SELECT COUNT(*) AS looked_at, MAX(c.client_id) AS reached, \
        COUNT(CASE WHEN c.closed_at IS NULL THEN 1 END) AS total, \
        COUNT(CASE WHEN c.closed_at IS NULL THEN n.phone END) AS with_number, \
        COUNT(CASE WHEN c.closed_at IS NULL AND c.in_shop = 1 THEN n.phone END) AS in_shop, \
        COUNT(CASE WHEN c.closed_at IS NULL AND c.in_shop = 0 THEN n.phone END) AS not_in_shop, \
        COUNT(CASE WHEN c.closed_at IS NULL AND c.called THEN n.phone END) AS active, \
        COUNT(CASE WHEN n.reason <> 'imported' AND n.assigned_at >= $3 AND n.assigned_at < $4 THEN 1 END) AS before, \
        COUNT(CASE WHEN n.reason <> 'imported' AND n.assigned_at >= $5 AND n.assigned_at < $6 THEN 1 END) AS this_week \
    FROM (SELECT client_id, in_shop, closed_at, last_caller IS NOT NULL AS called FROM client \
          WHERE client_id > $1 ORDER BY client_id LIMIT $2) AS c \
    LEFT JOIN proxy_number n ON n.client_id = c.client_id";

pub(crate) async fn count_clients(
    db: &mut Connection,
    _codec: &Codec,
    after: Option<ClientId>,
    before: TrafficSpan,
    week: TrafficSpan,
) -> Result<ClientPart, UnitError> {
    let query = sqlx::query(COUNT_CLIENTS).bind(after.map_or(0, ClientId::get)).bind(PART);
    let query = query.bind(millis(before.from)).bind(millis(before.to)).bind(millis(week.from)).bind(millis(week.to));
    let row: Row = query.fetch_one(&mut *db).await?;
    let more = row.try_get::<i64, _>("looked_at")? == PART;
    let reached = row.try_get::<Option<i64>, _>("reached")?.filter(|_| more);
    Ok(ClientPart {
        figures: ClientFigures {
            total: count(&row, "total")?,
            with_number: count(&row, "with_number")?,
            in_shop: count(&row, "in_shop")?,
            not_in_shop: count(&row, "not_in_shop")?,
            active: count(&row, "active")?,
        },
        assigned: Compared { before: count(&row, "before")?, week: count(&row, "this_week")? },
        next: reached.map(client_id).transpose()?,
    })
}

const TRAFFIC_END: &str = "SELECT id FROM interaction WHERE id > $1 AND id < $2 ORDER BY id LIMIT 1 OFFSET $3";
const TRAFFIC: &str = "SELECT (started_at - $3) / 3600000 AS hour, channel, outcome, COUNT(*) AS total FROM interaction \
    WHERE id > $1 AND id <= $2 AND started_at >= $3 AND started_at < $4 \
    GROUP BY hour, channel, outcome ORDER BY hour";

pub(crate) async fn count_traffic(
    db: &mut Connection,
    _codec: &Codec,
    span: TrafficSpan,
    after: Option<&str>,
) -> Result<TrafficPart, UnitError> {
    let id_at = |at| InteractionId::new(at, &[0; 10]).uuid();
    let (first, beyond) = (id_at(span.from), id_at(span.to));
    // Just before the first of the span.
    let after = after.map_or(Ok(Uuid::from_u128(first.as_u128().saturating_sub(1))), position)?;
    let query = sqlx::query_scalar(TRAFFIC_END).bind(after).bind(beyond).bind(PART - 1);
    let end: Option<Uuid> = query.fetch_optional(&mut *db).await?;
    let query = sqlx::query(TRAFFIC).bind(after).bind(end.unwrap_or(beyond));
    let rows: Vec<Row> = query.bind(millis(span.from)).bind(millis(span.to)).fetch_all(&mut *db).await?;
    let mut hours: Vec<(u32, Traffic)> = Vec::new();
    for row in &rows {
        let hour = u32::try_from(row.try_get::<i64, _>("hour")?).map_err(|_| unreadable("an hour"))?;
        let channel = Channel::parse(row.try_get("channel")?).ok_or_else(|| unreadable("a channel"))?;
        let outcome = outcome(row.try_get("outcome")?)?;
        if hours.last().is_none_or(|(last, _)| *last != hour) {
            hours.push((hour, Traffic::default()));
        }
        if let Some((_, traffic)) = hours.last_mut() {
            traffic.add(channel, outcome, count(row, "total")?);
        }
    }
    Ok(TrafficPart { hours, next: end.map(|id| id.to_string()) })
}

const ORDERS: &str = "SELECT COUNT(*) FROM client_order WHERE created_at >= $1 AND created_at < $2";
const ORDERING: &str = "SELECT COUNT(DISTINCT o.client_id) FROM client_order o \
    JOIN proxy_number n ON n.client_id = o.client_id WHERE o.created_at >= $1 AND o.created_at < $2";
/// Those that are still with the client are counted with the client.
const GIVEN_BACK: &str = "SELECT COUNT(*) FROM number_past p \
    WHERE p.status = 'assigned' AND p.since >= $1 AND p.since < $2 AND p.reason <> 'imported' \
        AND NOT EXISTS (SELECT 1 FROM proxy_number n WHERE n.phone = p.phone AND n.client_id = p.client_id)";

async fn count_in(db: &mut Connection, statement: &'static str, span: TrafficSpan) -> Result<u64, UnitError> {
    let query = sqlx::query_scalar(statement).bind(millis(span.from)).bind(millis(span.to));
    let found: i64 = query.fetch_one(&mut *db).await?;
    Ok(u64::try_from(found).unwrap_or_default())
}

pub(crate) async fn count_weeks(
    db: &mut Connection,
    _codec: &Codec,
    before: TrafficSpan,
    week: TrafficSpan,
) -> Result<WeekCounts, UnitError> {
    let assigned_before =
        Compared { before: count_in(db, GIVEN_BACK, before).await?, week: count_in(db, GIVEN_BACK, week).await? };
    let orders = Compared { before: count_in(db, ORDERS, before).await?, week: count_in(db, ORDERS, week).await? };
    Ok(WeekCounts { assigned_before, orders, ordering_clients: count_in(db, ORDERING, week).await? })
}

/// The key at which the next part begins; keys from `$1` up to it that stand more than once; and whose they are.
macro_rules! shared_key {
    ($key:literal, $shown:literal, $where:literal) => {
        [
            concat!(
                "SELECT ",
                $key,
                " FROM client WHERE ",
                $key,
                " > $1",
                $where,
                " ORDER BY ",
                $key,
                " LIMIT 1 OFFSET $2"
            ),
            concat!(
                "SELECT ",
                $key,
                " FROM client WHERE ",
                $key,
                " >= $1 AND ($2 IS NULL OR ",
                $key,
                " < $2)",
                $where,
                " GROUP BY ",
                $key,
                " HAVING COUNT(*) > 1 ORDER BY ",
                $key,
                " LIMIT $3"
            ),
            concat!(
                "SELECT client_id, ",
                $shown,
                " AS shown FROM client WHERE ",
                $key,
                " = $1 AND closed_at IS NULL ORDER BY client_id LIMIT $2"
            ),
        ]
    };
}

/// Closed clients are left out when it is asked whose the key is: this index has them too.
const BY_PHONE: [&str; 3] = shared_key!("phone_key", "phone", "");
const BY_MAIL: [&str; 3] = shared_key!("mail_fold", "mail", " AND mail_fold <> '' AND closed_at IS NULL");

pub(crate) async fn duplicates(
    db: &mut Connection,
    codec: &Codec,
    shared: Shared,
    after: Option<&str>,
) -> Result<(Vec<Duplicate>, Option<String>), UnitError> {
    let from = after.map_or_else(|| Ok(Vec::new()), hex::decode).map_err(|_| unreadable("where a part begins"))?;
    let mut found = Vec::new();
    let next = match shared {
        Shared::Phone => {
            let [end, groups, clients] = BY_PHONE;
            let query = sqlx::query_scalar(end).bind(&from).bind(PART);
            let next: Option<Vec<u8>> = query.fetch_optional(&mut *db).await?;
            let query = sqlx::query_scalar(groups).bind(&from).bind(&next).bind(GROUPS);
            let keys: Vec<Vec<u8>> = query.fetch_all(&mut *db).await?;
            for key in keys {
                let query = sqlx::query(clients).bind(key).bind(CLIENTS);
                let rows: Vec<Row> = query.fetch_all(&mut *db).await?;
                found.extend(duplicate(shared, &rows, |row| {
                    Ok(codec.open_phone(CLIENT_PHONE, row.try_get("shown")?)?.to_string())
                })?);
            }
            next
        }
        Shared::Mail => {
            let from = String::from_utf8(from).map_err(|_| unreadable("where a part begins"))?;
            let [end, groups, clients] = BY_MAIL;
            let query = sqlx::query_scalar(end).bind(&from).bind(PART);
            let next: Option<String> = query.fetch_optional(&mut *db).await?;
            let query = sqlx::query_scalar(groups).bind(&from).bind(&next).bind(GROUPS);
            let keys: Vec<String> = query.fetch_all(&mut *db).await?;
            for key in keys {
                let query = sqlx::query(clients).bind(key).bind(CLIENTS);
                let rows: Vec<Row> = query.fetch_all(&mut *db).await?;
                found.extend(duplicate(shared, &rows, |row| {
                    Ok(MailAddress::from_store(row.try_get("shown")?).masked())
                })?);
            }
            next.map(String::into_bytes)
        }
    };
    Ok((found, next.map(hex::encode)))
}

/// Those of one key. None: all but one of them are closed.
fn duplicate(
    shared: Shared,
    rows: &[Row],
    mask: impl Fn(&Row) -> Result<String, UnitError>,
) -> Result<Option<Duplicate>, UnitError> {
    let [first, _, ..] = rows else { return Ok(None) };
    let id = |row: &Row| Ok(client_id(row.try_get("client_id")?)?);
    let clients = rows.iter().map(id).collect::<Result<_, UnitError>>()?;
    Ok(Some(Duplicate { shared, clients, masked: mask(first)? }))
}
