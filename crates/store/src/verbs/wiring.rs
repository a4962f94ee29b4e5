//! What the carrier knows of a number, and its webhooks before ours.

use proxycall_domain::{pool::CarrierFacts, wiring::Wiring};

use super::*;

/// Webhooks as the store keeps them: JSON. They are addresses of programs, nothing private.
pub(super) fn text(wiring: &Wiring) -> Result<String, LedgerError> {
    serde_json::to_string(wiring).map_err(|_| unreadable("webhooks without JSON form"))
}

const NOTE: &str = "UPDATE proxy_number SET sid = $2, voice = $3, sms = $4, \
        wiring_before = COALESCE(wiring_before, $5) WHERE phone = $1";

/// Keeps what the carrier says; the webhooks only when none are kept yet.
pub(super) async fn note(
    db: &mut Connection,
    phone: PhoneNumber,
    facts: &CarrierFacts,
    before: Option<String>,
) -> Result<(), UnitError> {
    sqlx::query(NOTE)
        .bind(digits(phone))
        .bind(&facts.sid)
        .bind(facts.voice)
        .bind(facts.sms)
        .bind(before)
        .execute(&mut *db)
        .await?;
    Ok(())
}

pub(crate) async fn note_carrier(
    db: &mut Connection,
    _codec: &Codec,
    phone: &PhoneNumber,
    facts: &CarrierFacts,
    before: &Option<Wiring>,
) -> Result<(), UnitError> {
    let before = before.as_ref().map(text).transpose()?;
    note(db, *phone, facts, before).await
}

const BEFORE: &str = "SELECT wiring_before FROM proxy_number WHERE phone = $1 AND wiring_before IS NOT NULL";

pub(crate) async fn wiring_before(
    db: &mut Connection,
    _codec: &Codec,
    phone: PhoneNumber,
) -> Result<Option<Wiring>, UnitError> {
    let before: Option<String> = sqlx::query_scalar(BEFORE).bind(digits(phone)).fetch_optional(&mut *db).await?;
    let read = |text: String| serde_json::from_str(&text).map_err(|_| unreadable("a number's former webhooks"));
    Ok(before.map(read).transpose()?)
}
