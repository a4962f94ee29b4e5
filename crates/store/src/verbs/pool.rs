//! The pool of proxy numbers: who has which is the database's own constraint, not a check.

use proxycall_domain::{
    ClientId, NumberStatus, NumberType, PersonName,
    pool::{Availability, NewNumber, ProxyNumber},
};

use super::*;

const IS_PROXY: &str = "SELECT 1 FROM proxy_number WHERE phone = $1 AND status NOT IN ('released', 'missing')";

/// Refuses a real number that is one of our proxy numbers.
pub(super) async fn refuse_proxy(db: &mut Connection, real: PhoneNumber) -> Result<(), UnitError> {
    let found: Option<Row> = sqlx::query(IS_PROXY).bind(digits(real)).fetch_optional(&mut *db).await?;
    match found {
        Some(_) => Err(LedgerError::NumberIsProxy.into()),
        None => Ok(()),
    }
}

/// Gives a client, whose row this unit holds, a number of the country.
pub(super) async fn give_number(
    db: &mut Connection,
    client: ClientId,
    country: CountryCode,
    preferred: NumberType,
    now: Timestamp,
) -> Result<PhoneNumber, UnitError> {
    let other = match preferred {
        NumberType::Mobile => NumberType::Local,
        NumberType::Local => NumberType::Mobile,
    };
    let taken: Option<i64> = sqlx::query_scalar(dialect::TAKE_NUMBER)
        .bind(client.get())
        .bind(millis(now))
        .bind(country.to_string())
        .bind(preferred.as_str())
        .bind(other.as_str())
        .fetch_optional(&mut *db)
        .await?;
    if let Some(digits) = taken {
        return Ok(proxy(digits)?);
    }
    let availability = availability(db, country, now).await?;
    // What is left is in the hands of others, who may yet let go of it.
    if availability.total() > 0 {
        return Err(UnitError::Crossed);
    }
    Err(LedgerError::NoNumberLeft { country, availability }.into())
}

const AVAILABILITY: &str = "SELECT number_type, COUNT(*) AS total FROM proxy_number \
    WHERE country = $1 AND status IN ('available', 'quarantined') \
        AND (status = 'available' OR quarantine_until <= $2) \
    GROUP BY number_type";

async fn availability(db: &mut Connection, country: CountryCode, now: Timestamp) -> Result<Availability, UnitError> {
    let rows: Vec<Row> =
        sqlx::query(AVAILABILITY).bind(country.to_string()).bind(millis(now)).fetch_all(&mut *db).await?;
    let mut availability = Availability::default();
    for row in rows {
        let total = u64::try_from(row.try_get::<i64, _>("total")?).unwrap_or_default();
        match number_type(row.try_get("number_type")?)? {
            NumberType::Mobile => availability.mobile = total,
            NumberType::Local => availability.local = total,
        }
    }
    Ok(availability)
}

fn number_type(word: &str) -> Result<NumberType, LedgerError> {
    word.parse().map_err(|_| unreadable("a number's type"))
}

const ADD: &str = "INSERT INTO proxy_number (phone, country, number_type, status, friendly_name, added_at, updated_at) \
    VALUES ($1, $2, $3, 'available', $4, $5, $5) ON CONFLICT (phone) DO NOTHING";

const IS_REAL: &str = "SELECT 1 FROM client WHERE phone_key = $1 LIMIT 1";

pub(crate) async fn add_numbers(
    db: &mut Connection,
    codec: &Codec,
    numbers: &[NewNumber],
    now: &Timestamp,
) -> Result<u64, UnitError> {
    let mut added = 0;
    for number in numbers {
        let new = sqlx::query(ADD)
            .bind(digits(number.phone))
            .bind(number.country.to_string())
            .bind(number.number_type.as_str())
            .bind(&number.friendly_name)
            .bind(millis(*now))
            .execute(&mut *db)
            .await?
            .rows_affected();
        if new == 0 {
            continue;
        }
        added += new;
        let real: Option<Row> =
            sqlx::query(IS_REAL).bind(codec.phone_key(number.phone)).fetch_optional(&mut *db).await?;
        if real.is_some() {
            return Err(LedgerError::NumberIsProxy.into());
        }
    }
    Ok(added)
}

const AVAILABLE: &str = "SELECT phone, country, number_type, friendly_name, added_at FROM proxy_number \
    WHERE country = $1 AND status IN ('available', 'quarantined') AND ($2 IS NULL OR number_type = $2) \
        AND (status = 'available' OR quarantine_until <= $3) \
    ORDER BY phone";

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
    let number = |row: &Row| {
        Ok(ProxyNumber {
            phone: proxy(row.try_get("phone")?)?,
            country: self::country(row.try_get("country")?)?,
            number_type: number_type(row.try_get("number_type")?)?,
            status: NumberStatus::Available,
            friendly_name: row.try_get("friendly_name")?,
            added_at: time(row.try_get("added_at")?)?,
            client: None,
            client_name: None::<PersonName>,
            assigned_at: None,
        })
    };
    rows.iter().map(number).collect()
}
