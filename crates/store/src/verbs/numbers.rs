//! What is asked of the pool: numbers, their history, the stock.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use proxycall_domain::{
    NumberStatus, NumberType, PersonName,
    pool::{
        CarrierFacts, NumberPast, ProxyNumber,
        life::Actor,
        stock::{PACE_DAYS, Stock},
    },
};
use proxycall_service::ports::ledger::{NumberDates, NumberFilter, Page};

use super::*;
use crate::shared_sql::lapsed_free;

/// Numbers with their clients, where…
macro_rules! select_numbers {
    ($rest:expr) => {
        concat!(
            "SELECT n.phone, n.country, n.number_type, n.status, n.since, n.actor, n.reason, n.friendly_name, n.added_at, \
                 n.sid, n.voice, n.sms, n.client_id, c.name, n.assigned_at, n.reservation, n.quarantine_until, \
                 n.reserved_until, n.owned_until \
             FROM proxy_number n LEFT JOIN client c ON c.client_id = n.client_id WHERE ",
            $rest
        )
    };
}

fn number_of(row: &Row) -> Result<ProxyNumber, UnitError> {
    let carrier = match row.try_get::<Option<String>, _>("sid")? {
        None => None,
        Some(sid) => Some(CarrierFacts {
            sid,
            voice: row.try_get::<Option<bool>, _>("voice")?.unwrap_or_default(),
            sms: row.try_get::<Option<bool>, _>("sms")?.unwrap_or_default(),
        }),
    };
    let until: Option<i64> = row.try_get("quarantine_until")?;
    let until = until.or(row.try_get("reserved_until")?);
    Ok(ProxyNumber {
        phone: proxy(row.try_get("phone")?)?,
        country: country(row.try_get("country")?)?,
        number_type: pool::number_type(row.try_get("number_type")?)?,
        status: pool::status(row.try_get("status")?)?,
        since: time(row.try_get("since")?)?,
        actor: Actor::parse(row.try_get("actor")?),
        reason: row.try_get("reason")?,
        friendly_name: row.try_get("friendly_name")?,
        added_at: time(row.try_get("added_at")?)?,
        carrier,
        client: row.try_get::<Option<i64>, _>("client_id")?.map(client_id).transpose()?,
        client_name: row.try_get::<Option<String>, _>("name")?.map(PersonName::from_store),
        assigned_at: row.try_get::<Option<i64>, _>("assigned_at")?.map(time).transpose()?,
        reservation: row.try_get("reservation")?,
        held_until: until.map(time).transpose()?,
        owned_until: row.try_get::<Option<i64>, _>("owned_until")?.map(time).transpose()?,
    })
}

const ONE: &str = select_numbers!("n.phone = $1");

pub(crate) async fn number(
    db: &mut Connection,
    _codec: &Codec,
    phone: PhoneNumber,
) -> Result<Option<ProxyNumber>, UnitError> {
    let row: Option<Row> = sqlx::query(ONE).bind(digits(phone)).fetch_optional(&mut *db).await?;
    row.map(|row| number_of(&row)).transpose()
}

/// How many numbers one page looks through.
const LOOKED_THROUGH: i64 = 10_000;

/// The first condition picks the index; `$5` is the last that is looked at.
macro_rules! list {
    ($first:literal) => {
        select_numbers!(concat!(
            $first,
            "n.phone > $1 AND n.phone <= $5 AND ($2 IS NULL OR n.country = $2) AND ($3 IS NULL OR n.number_type = $3) \
                 AND ($4 IS NULL OR n.status = $4) ORDER BY n.phone LIMIT $6"
        ))
    };
}

/// The number up to which one page looks.
macro_rules! end {
    ($first:literal) => {
        concat!("SELECT phone FROM proxy_number WHERE ", $first, "phone > $1 ORDER BY phone LIMIT 1 OFFSET $2")
    };
}

/// Nearly all numbers of a large pool are assigned: those that are not have an index.
const LIST: (&str, &str) = (list!(""), end!("$3 = $3 AND "));
const LIST_OF_STATUS: (&str, &str) =
    (list!("n.status = $4 AND n.status <> 'assigned' AND "), end!("status = $3 AND status <> 'assigned' AND "));

pub(crate) async fn numbers(
    db: &mut Connection,
    _codec: &Codec,
    filter: &NumberFilter,
) -> Result<Page<ProxyNumber>, UnitError> {
    let by_status = filter.status.is_some_and(|status| status != NumberStatus::Assigned);
    let (list, end) = if by_status { LIST_OF_STATUS } else { LIST };
    let (after, status) = (filter.after.map_or(0, digits), filter.status.map(NumberStatus::as_str));
    let query = sqlx::query_scalar(end).bind(after).bind(LOOKED_THROUGH).bind(status.unwrap_or_default());
    let end: Option<i64> = query.fetch_optional(&mut *db).await?;
    let rows: Vec<Row> = sqlx::query(list)
        .bind(after)
        .bind(filter.country.map(String::from))
        .bind(filter.number_type.map(NumberType::as_str))
        .bind(status)
        .bind(end.unwrap_or(i64::MAX))
        .bind(one_more(filter.limit))
        .fetch_all(&mut *db)
        .await?;
    let numbers: Vec<ProxyNumber> = rows.iter().map(number_of).collect::<Result<_, _>>()?;
    let mut page = Page::cut(numbers, filter.limit, |number| number.phone.expose());
    // Not full, and not at the end: what follows is on the next page.
    if page.next.is_none() {
        page.next = end.map(|end| Ok::<_, LedgerError>(proxy(end)?.expose())).transpose()?;
    }
    Ok(page)
}

const AVAILABLE: &str = select_numbers!(
    "n.country = $1 AND n.status IN ('available', 'quarantined', 'reserved') AND ($2 IS NULL OR n.number_type = $2) \
     AND (n.status = 'available' OR (COALESCE(n.quarantine_until, n.reserved_until) <= $3 \
         AND (n.status = 'quarantined' OR n.rest_until IS NULL OR n.rest_until <= $3))) ORDER BY n.phone"
);

/// A rested number is as available as a new one, and shown so: nothing ties it to whoever had it.
pub(crate) async fn available_numbers(
    db: &mut Connection,
    _codec: &Codec,
    country: CountryCode,
    wanted: Option<NumberType>,
    now: Timestamp,
) -> Result<Vec<ProxyNumber>, UnitError> {
    let rows: Vec<Row> = sqlx::query(AVAILABLE)
        .bind(country.to_string())
        .bind(wanted.map(NumberType::as_str))
        .bind(millis(now))
        .fetch_all(&mut *db)
        .await?;
    let free = |row: &Row| {
        let number = number_of(row)?;
        Ok(ProxyNumber { status: NumberStatus::Available, reservation: None, held_until: None, ..number })
    };
    rows.iter().map(free).collect()
}

const PRESENT: &str = "SELECT status, client_id, actor, reason, since FROM proxy_number WHERE phone = $1";
const PAST: &str = "SELECT status, client_id, actor, reason, since, until FROM number_past WHERE phone = $1 \
    ORDER BY id DESC LIMIT 1000";

fn past_of(row: &Row, until: Option<i64>) -> Result<NumberPast, UnitError> {
    Ok(NumberPast {
        status: pool::status(row.try_get("status")?)?,
        client: row.try_get::<Option<i64>, _>("client_id")?.map(client_id).transpose()?,
        actor: Actor::parse(row.try_get("actor")?),
        reason: row.try_get("reason")?,
        since: time(row.try_get("since")?)?,
        until: until.map(time).transpose()?,
    })
}

pub(crate) async fn number_history(
    db: &mut Connection,
    _codec: &Codec,
    phone: PhoneNumber,
) -> Result<Vec<NumberPast>, UnitError> {
    let present: Option<Row> = sqlx::query(PRESENT).bind(digits(phone)).fetch_optional(&mut *db).await?;
    let Some(present) = present else { return Ok(Vec::new()) };
    let past: Vec<Row> = sqlx::query(PAST).bind(digits(phone)).fetch_all(&mut *db).await?;
    let mut history = vec![past_of(&present, None)?];
    for row in &past {
        history.push(past_of(row, Some(row.try_get("until")?))?);
    }
    Ok(history)
}

/// Added up over the slots that many writers keep them in.
const STOCK: &str = "SELECT country, number_type, status, CAST(SUM(count) AS BIGINT) AS total FROM stock_count \
    GROUP BY country, number_type, status HAVING SUM(count) > 0";
/// Numbers whose rest or reservation is over, though nobody has freed them yet: no more than some thousands, as `free_lapsed`
/// does so again and again.
const LAPSED: &str = concat!(
    "SELECT country, number_type, status, COUNT(*) AS total FROM \
        (SELECT country, number_type, status FROM proxy_number WHERE status IN ('quarantined', 'reserved') \
             AND COALESCE(quarantine_until, reserved_until) <= $1 AND ",
    lapsed_free!("$1"),
    " LIMIT 20000) AS lapsed \
    GROUP BY country, number_type, status"
);
/// What was imported was not given out here: it says nothing of the pace.
const LATELY: &str = "SELECT country, number_type, CAST(SUM(count) AS BIGINT) AS total FROM given_count WHERE hour >= $1 \
    GROUP BY country, number_type";

/// The stock, without the pace. Numbers that could be given out count as available.
pub(super) async fn counted(
    db: &mut Connection,
    now: Timestamp,
) -> Result<BTreeMap<(CountryCode, &'static str), Stock>, UnitError> {
    let mut stock: BTreeMap<(CountryCode, &'static str), Stock> = BTreeMap::new();
    let kept: Vec<Row> = sqlx::query(STOCK).fetch_all(&mut *db).await?;
    let lapsed: Vec<Row> = sqlx::query(LAPSED).bind(millis(now)).fetch_all(&mut *db).await?;
    for (row, lapsed) in kept.iter().map(|row| (row, false)).chain(lapsed.iter().map(|row| (row, true))) {
        let (status, total) = (pool::status(row.try_get("status")?)?, count(row, "total")?);
        let of = of(&mut stock, row)?;
        of.add(if lapsed { NumberStatus::Available } else { status }, total);
        if lapsed {
            of.take(status, total);
        }
    }
    Ok(stock)
}

fn of<'s>(stock: &'s mut BTreeMap<(CountryCode, &'static str), Stock>, row: &Row) -> Result<&'s mut Stock, UnitError> {
    let country = country(row.try_get("country")?)?;
    let number_type = pool::number_type(row.try_get("number_type")?)?;
    Ok(stock.entry((country, number_type.as_str())).or_insert_with(|| Stock::empty(country, number_type)))
}

pub(crate) async fn stock(db: &mut Connection, _codec: &Codec, now: Timestamp) -> Result<Vec<Stock>, UnitError> {
    let since = now.checked_sub(SignedDuration::from_hours(24 * PACE_DAYS)).unwrap_or(Timestamp::MIN);
    let mut stock = counted(db, now).await?;
    let hour = millis(since).div_euclid(traffic::HOUR);
    let given: Vec<Row> = sqlx::query(LATELY).bind(hour).fetch_all(&mut *db).await?;
    for row in &given {
        of(&mut stock, row)?.assigned_lately = count(row, "total")?;
    }
    Ok(stock.into_values().collect())
}

pub(super) fn count(row: &Row, column: &str) -> Result<u64, UnitError> {
    Ok(u64::try_from(row.try_get::<i64, _>(column)?).unwrap_or_default())
}

const DATE: &str = "UPDATE proxy_number SET added_at = COALESCE($2, added_at), \
        assigned_at = CASE WHEN client_id IS NULL THEN assigned_at ELSE COALESCE($3, assigned_at) END WHERE phone = $1";

pub(crate) async fn date_numbers(db: &mut Connection, _codec: &Codec, dates: &[NumberDates]) -> Result<(), UnitError> {
    for NumberDates { phone, added_at, assigned_at } in dates {
        let query = sqlx::query(DATE).bind(digits(*phone));
        query.bind(added_at.map(millis)).bind(assigned_at.map(millis)).execute(&mut *db).await?;
    }
    Ok(())
}
