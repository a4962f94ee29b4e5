//! A confirmation that was begun before us is taken over: with its number, its age, and the code that its client has.

use proxycall_domain::{CodeChannel, Language, pool::life::Act, pool::life::Actor};
use proxycall_service::ports::ledger::{BringConfirmation, Brought, Work};

use super::{
    confirmations::{find, of_phone, token_of},
    *,
};

const HOLD: &str = "UPDATE proxy_number SET status = 'reserved', reservation = $2, reserved_at = $3, reserved_until = $4, \
        actor = $5, reason = $6, since = $3, updated_at = $3 \
    WHERE phone = $1 AND status = 'available' AND NOT EXISTS (SELECT 1 FROM proxy_number WHERE reservation = $2) \
    RETURNING number_type";
const HAS: &str = "SELECT c.phone_key IN ($2, $4) OR c.mail_fold = $3 AS theirs FROM proxy_number n \
    JOIN client c ON c.client_id = n.client_id WHERE n.phone = $1";
const INSERT: &str = "INSERT INTO confirmation (pending_id, name, mail, phone, phone_key, country, language, number_type, \
        proxy, sender, stage, channel, generation, tries, detail, brought_code, created_at, expires_at, revision, \
        code_key) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, 'open', $10, 1, 0, '', $11, $12, $13, 1, $14)";

pub(crate) async fn bring_confirmation(
    db: &mut Connection,
    codec: &Codec,
    bring: &BringConfirmation,
) -> Result<Brought, UnitError> {
    if codec.has_other() {
        code_limits::hold_phone(db, codec, bring.phone).await?;
    }
    if find(db, codec, &bring.id).await?.is_some() {
        return Ok(Brought::Same);
    }
    if of_phone(db, codec, bring.phone).await?.is_some() || pool::is_proxy(db, bring.phone).await? {
        return Ok(Brought::PhoneTaken);
    }
    let Some(number_type) = number_for(db, codec, bring).await? else { return Ok(Brought::NumberTaken) };
    let keys = codec.writes()?;
    sqlx::query(INSERT)
        .bind(bring.id.as_str())
        .bind(bring.name.expose())
        .bind(bring.mail.expose())
        .bind(codec.seal_phone(CONFIRMATION_PHONE, bring.phone)?)
        .bind(keys.phone_key(bring.phone))
        .bind(bring.country.to_string())
        .bind(match bring.language {
            Language::Fr => "fr",
            Language::En => "en",
        })
        .bind(number_type)
        .bind(digits(bring.proxy))
        .bind(bring.channel.map(CodeChannel::as_str))
        .bind(keys.brought_code(&bring.id, bring.code))
        .bind(millis(bring.created_at))
        .bind(millis(bring.expires_at))
        .bind(&keys.id()[..])
        .execute(&mut *db)
        .await?;
    let expire = Work::ExpireConfirmation { confirmation: bring.id.clone() };
    jobs::enqueue(db, codec, bring.job, &expire, bring.expires_at).await?;
    Ok(Brought::Taken)
}

/// The type of the number that is held for it, or that its client has already; none when it is neither's.
async fn number_for(
    db: &mut Connection,
    codec: &Codec,
    bring: &BringConfirmation,
) -> Result<Option<String>, UnitError> {
    let act = Act::new(Actor::Sheet, "held for a confirmation that was in the sheet", bring.now);
    let held: Option<String> = sqlx::query_scalar(HOLD)
        .bind(digits(bring.proxy))
        .bind(token_of(&bring.id)?.as_str())
        .bind(millis(bring.now))
        .bind(millis(bring.expires_at))
        .bind(act.actor.as_str())
        .bind(&act.reason)
        .fetch_optional(&mut *db)
        .await?;
    if held.is_some() {
        return Ok(held);
    }
    let [key, before] = codec.phone_keys(bring.phone)?;
    let theirs: Option<bool> = sqlx::query_scalar(HAS)
        .bind(digits(bring.proxy))
        .bind(key)
        .bind(bring.mail.expose().to_lowercase())
        .bind(before)
        .fetch_optional(&mut *db)
        .await?;
    Ok(theirs.filter(|theirs| *theirs).map(|_| "existing".to_owned()))
}
