//! Keyed hashes that stand alone: what they were made of is looked for, and where it is gone, they are emptied rather than
//! left to whoever has the secret before.

use proxycall_domain::{MailAddress, NewClient, PersonName};
use uuid::Uuid;

use super::*;

const ORDER: &str = "UPDATE client_order SET content_key = $2 WHERE order_id = $1 AND content_key = $3";

/// What an order said, where its client is still as it said. Another one is known by its client from then on.
pub(super) async fn renew_order(
    db: &mut Connection,
    codec: &Codec,
    row: &Row,
    id: &str,
    mixed_until: Timestamp,
) -> Result<bool, UnitError> {
    let kept: &[u8] = row.try_get("content_key")?;
    if !codec.is_changing() || kept.is_empty() {
        return Ok(false);
    }
    let client = NewClient {
        id: client_id(row.try_get("client_id")?)?,
        name: PersonName::from_store(row.try_get("name")?),
        mail: MailAddress::from_store(row.try_get("mail")?),
        phone: codec.open_phone(CLIENT_PHONE, row.try_get("phone")?)?,
        country: country(row.try_get("country")?)?,
    };
    let [now, before] = codec.keys(|keys| orders::content_key(keys, &client))?;
    let anew: &[u8] = if kept == before { &now } else { &[] };
    if kept == now || (kept != before && row.try_get::<i64, _>("created_at")? >= millis(mixed_until)) {
        return Ok(false);
    }
    sqlx::query(ORDER).bind(id).bind(anew).bind(kept).execute(&mut *db).await?;
    Ok(true)
}

const DISPATCH: &str = "UPDATE dispatch SET phone_key = $2, mail_key = $3 WHERE id = $1";

/// Whom a code went to: the phone that is confirmed, or the one on record that was asked to agree.
pub(super) async fn renew_dispatch(db: &mut Connection, codec: &Codec, row: &Row) -> Result<bool, UnitError> {
    let (to, by_mail): (&[u8], &[u8]) = (row.try_get("phone_key")?, row.try_get("mail_key")?);
    // Both are empty where the person was erased.
    if !codec.is_changing() || by_mail.is_empty() {
        return Ok(false);
    }
    let confirmed = Some(codec.open_phone(CONFIRMATION_PHONE, row.try_get("confirmed")?)?);
    let on_record = row.try_get::<Option<&[u8]>, _>("on_record")?;
    let on_record = on_record.map(|sealed| codec.open_phone(CLIENT_PHONE, sealed)).transpose()?;
    let mut phone = LookupKey::new();
    for known in [confirmed, on_record].into_iter().flatten() {
        let keys = codec.phone_keys(known)?;
        if keys.iter().any(|key| key == to) {
            [phone, _] = keys;
            break;
        }
    }
    let mail = code_limits::mail_key(codec.writes()?, &MailAddress::from_store(row.try_get("mail")?));
    if phone == to && mail == by_mail {
        return Ok(false);
    }
    sqlx::query(DISPATCH).bind(row.try_get::<Uuid, _>("id")?).bind(phone).bind(mail).execute(&mut *db).await?;
    Ok(true)
}
