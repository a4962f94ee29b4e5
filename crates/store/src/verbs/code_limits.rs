//! How often codes are asked for: for one confirmation, phone and e-mail address, and by whoever uses the public page. What
//! comes by itself does not count.
//!
//! Who counts holds the keys that are counted until the unit ends: two who ask at once are counted one after the other.

use jiff::SignedDuration;
use proxycall_domain::{MailAddress, confirmation::cascade::NOT_TWICE_WITHIN};
use proxycall_service::ports::ledger::{CreateConfirmation, Origin};

use super::{confirmations::Kept, *};

/// The most that may be asked for in a day.
struct Limits {
    phone: i64,
    mail: i64,
}

/// What the operator's programs may ask for.
const API: Limits = Limits { phone: 10, mail: 20 };
/// What may be asked for by the public page (the original's: `original-behaviour` §7.3).
const PAGE: Limits = Limits { phone: 5, mail: 10 };
/// What one requester may ask of the page for whatever phones and addresses.
const REQUESTS: i64 = 20;
/// What may be asked for one confirmation, in its whole life.
const CODES: i64 = 6;
/// The time that limits count for.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What an e-mail address is counted by.
pub(super) fn mail_key(keys: &Keys, mail: &MailAddress) -> LookupKey {
    keys.mail_key(&mail.expose().to_lowercase())
}

pub(super) fn mail_keys(codec: &Codec, mail: &MailAddress) -> Result<LookupKeys, LedgerError> {
    codec.keys(|keys| mail_key(keys, mail))
}

/// Codes that were asked for since `$2` for the key `$1`, which was `$3` under the secret before.
macro_rules! codes {
    ($key:literal) => {
        concat!(
            "SELECT COUNT(*) AS asked, MIN(queued_at) AS first, MAX(queued_at) AS last FROM dispatch WHERE ",
            $key,
            " IN ($1, $3) AND queued_at > $2 AND requested = 1"
        )
    };
}

const CODES_OF_PHONE: &str = codes!("phone_key");
const CODES_OF_MAIL: &str = codes!("mail_key");
const CODES_OF_CONFIRMATION: &str = "SELECT COUNT(*) FROM dispatch WHERE pending_id = $1 AND requested = 1";

/// What requester `$4` asked of the page since `$2`, for the key `$1`; before, those were `$5` and `$3`.
macro_rules! requests {
    ($and:literal) => {
        concat!(
            "SELECT COUNT(*) AS asked, MIN(at) AS first, MAX(at) AS last FROM page_request \
             WHERE requester IN ($4, $5) AND at > $2 AND ",
            $and,
            " IN ($1, $3)"
        )
    };
}

const REQUESTS_IN_ALL: &str = requests!("requester");
const REQUESTS_FOR_PHONE: &str = requests!("phone_key");
const REQUESTS_FOR_MAIL: &str = requests!("mail_key");

/// One limit.
struct Limit<'a> {
    query: &'static str,
    keys: &'a LookupKeys,
    /// Whose requests count; none: everybody's.
    requester: Option<&'a LookupKeys>,
    most: i64,
    per: &'static str,
    /// Whether a moment must have passed since the last one.
    cooldown: bool,
}

impl Limit<'_> {
    async fn refuse_over(&self, db: &mut Connection, now: Timestamp) -> Result<(), UnitError> {
        let since = now.checked_sub(DAY).unwrap_or(Timestamp::MIN);
        let [key, before] = self.keys;
        let mut query = sqlx::query(self.query).bind(key).bind(millis(since)).bind(before);
        if let Some([requester, before]) = self.requester {
            query = query.bind(requester).bind(before);
        }
        let row: Row = query.fetch_one(&mut *db).await?;
        let at = |column: &str, later: SignedDuration| -> Result<Option<Timestamp>, UnitError> {
            let at = row.try_get::<Option<i64>, _>(column)?.map(time).transpose()?;
            Ok(at.map(|at| at.checked_add(later).unwrap_or(at)))
        };
        if row.try_get::<i64, _>("asked")? >= self.most {
            let again_at = at("first", DAY)?.unwrap_or(now);
            return Err(LedgerError::TooManyCodes { per: self.per, again_at }.into());
        }
        match at("last", NOT_TWICE_WITHIN)? {
            Some(again_at) if self.cooldown && again_at > now => {
                Err(LedgerError::TooManyCodes { per: self.per, again_at }.into())
            }
            _ => Ok(()),
        }
    }
}

/// Lets nobody else count these keys until the unit ends. In one order, so that no two wait for each other.
pub(super) async fn hold(db: &mut Connection, keys: &mut [&[u8]]) -> Result<(), UnitError> {
    keys.sort_unstable();
    for key in keys {
        let number = key.first_chunk::<8>().map_or(0, |bytes| i64::from_be_bytes(*bytes));
        sqlx::query(dialect::HOLD_KEY).bind(number).execute(&mut *db).await?;
    }
    Ok(())
}

/// Holds keys under every secret in use: instances that know of different ones then still wait for each other.
async fn hold_all(db: &mut Connection, keys: &[&LookupKeys]) -> Result<(), UnitError> {
    let mut keys: Vec<&[u8]> = keys.iter().flat_map(|keys| keys.iter()).map(|key| &key[..]).collect();
    keys.sort_unstable();
    keys.dedup();
    hold(db, &mut keys).await
}

/// Lets nobody else begin a confirmation of this phone until the unit ends.
pub(super) async fn hold_phone(db: &mut Connection, codec: &Codec, phone: PhoneNumber) -> Result<(), UnitError> {
    hold_all(db, &[&codec.phone_keys(phone)?]).await
}

const RECORD: &str = "INSERT INTO page_request (requester, phone_key, mail_key, at) VALUES ($1, $2, $3, $4)";
const FORGET: &str = "DELETE FROM page_request WHERE at <= $1";

/// Counts a request of the page, also one that comes to nothing; refuses it by what this requester asked for before, and by
/// nothing else.
pub(super) async fn record_page_request(
    db: &mut Connection,
    codec: &Codec,
    create: &CreateConfirmation,
    requester: &LookupKeys,
) -> Result<(), UnitError> {
    let (phone, mail, now) = (codec.phone_keys(create.phone)?, mail_keys(codec, &create.mail)?, create.now);
    hold_all(db, &[&phone, &mail, requester]).await?;
    let of = |query, keys, most, per, cooldown| Limit { query, keys, requester: Some(requester), most, per, cooldown };
    for limit in [
        of(REQUESTS_IN_ALL, requester, REQUESTS, "from this address", false),
        of(REQUESTS_FOR_PHONE, &phone, PAGE.phone, "for this phone", true),
        of(REQUESTS_FOR_MAIL, &mail, PAGE.mail, "for this e-mail address", true),
    ] {
        limit.refuse_over(db, now).await?;
    }
    let over = now.checked_sub(DAY).unwrap_or(Timestamp::MIN);
    sqlx::query(FORGET).bind(millis(over)).execute(&mut *db).await?;
    let ([requester, _], [phone, _], [mail, _]) = (requester, &phone, &mail);
    sqlx::query(RECORD).bind(requester).bind(phone).bind(mail).bind(millis(now)).execute(&mut *db).await?;
    Ok(())
}

async fn refuse_too_many(
    db: &mut Connection,
    (phone, mail): (&LookupKeys, &LookupKeys),
    limits: &Limits,
    cooldown: bool,
    now: Timestamp,
) -> Result<(), UnitError> {
    hold_all(db, &[phone, mail]).await?;
    let of = |query, keys, most, per| Limit { query, keys, requester: None, most, per, cooldown };
    of(CODES_OF_PHONE, phone, limits.phone, "for this phone").refuse_over(db, now).await?;
    of(CODES_OF_MAIL, mail, limits.mail, "for this e-mail address").refuse_over(db, now).await
}

/// Refuses a new confirmation for whose phone or address too much was asked before, by whomever; the page also has to leave
/// a moment between two.
pub(super) async fn refuse_new(
    db: &mut Connection,
    codec: &Codec,
    create: &CreateConfirmation,
) -> Result<(), UnitError> {
    let (limits, cooldown) = if create.origin == Origin::Api { (&API, false) } else { (&PAGE, true) };
    let (phone, mail) = (codec.phone_keys(create.phone)?, mail_keys(codec, &create.mail)?);
    refuse_too_many(db, (&phone, &mail), limits, cooldown, create.now).await
}

/// Refuses another code of a confirmation for which too many were asked for.
pub(super) async fn refuse_another(
    db: &mut Connection,
    codec: &Codec,
    kept: &Kept,
    now: Timestamp,
) -> Result<(), UnitError> {
    let it = &kept.it;
    let count: i64 = sqlx::query_scalar(CODES_OF_CONFIRMATION).bind(it.id.as_str()).fetch_one(&mut *db).await?;
    if count >= CODES {
        return Err(LedgerError::TooManyCodes { per: "for this confirmation", again_at: it.expires_at }.into());
    }
    let limits = if kept.requester.is_none() { &API } else { &PAGE };
    let (phone, mail) = (codec.phone_keys(it.phone)?, mail_keys(codec, &it.mail)?);
    refuse_too_many(db, (&phone, &mail), limits, false, now).await
}
