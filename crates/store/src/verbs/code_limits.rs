//! How often codes are asked for: for one confirmation, phone, e-mail address and requester. What comes by itself does not
//! count.

use jiff::SignedDuration;
use proxycall_domain::{MailAddress, confirmation::cascade::NOT_TWICE_WITHIN};
use proxycall_service::ports::ledger::{CreateConfirmation, Origin};

use super::{confirmations::Kept, *};

/// The most that may be asked for.
struct Limits {
    confirmation: i64,
    phone: i64,
    mail: i64,
    requester: i64,
}

/// What the operator's programs may ask for.
const API: Limits = Limits { confirmation: 6, phone: 10, mail: 20, requester: i64::MAX };
/// What the public page may ask for (the original's: `original-behaviour` §7.3).
const PAGE: Limits = Limits { confirmation: 6, phone: 5, mail: 10, requester: 20 };
/// The time that they count for; a confirmation's own count for its whole life.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What was asked for since `$2` for the key `$1`.
macro_rules! asked {
    ($key:literal) => {
        concat!(
            "SELECT COUNT(*) AS asked, MIN(queued_at) AS first, MAX(queued_at) AS last FROM dispatch WHERE ",
            $key,
            " = $1 AND queued_at > $2 AND requested = 1"
        )
    };
}

const OF_PHONE: &str = asked!("phone_key");
const OF_MAIL: &str = asked!("mail_key");
const OF_REQUESTER: &str = asked!("requester");
const OF_CONFIRMATION: &str = "SELECT COUNT(*) FROM dispatch WHERE pending_id = $1 AND requested = 1";

/// What an e-mail address is counted by.
pub(super) fn mail_key(codec: &Codec, mail: &MailAddress) -> Vec<u8> {
    codec.mail_key(&mail.expose().to_lowercase())
}

/// For whom codes are asked.
struct Asked<'a> {
    phone: PhoneNumber,
    mail: &'a MailAddress,
    /// Who asks by the public page; none: the operator's programs.
    requester: Option<&'a [u8]>,
    /// Whether a moment must have passed since the last one.
    cooldown: bool,
    now: Timestamp,
}

impl Asked<'_> {
    fn limits(&self) -> &'static Limits {
        if self.requester.is_some() { &PAGE } else { &API }
    }

    async fn refuse_too_many(&self, db: &mut Connection, codec: &Codec) -> Result<(), UnitError> {
        let limits = self.limits();
        if let Some(requester) = self.requester {
            self.refuse_over(db, OF_REQUESTER, requester, (limits.requester, "from this address", false)).await?;
        }
        let (phone, mail) = (codec.phone_key(self.phone), mail_key(codec, self.mail));
        self.refuse_over(db, OF_PHONE, &phone, (limits.phone, "for this phone", self.cooldown)).await?;
        self.refuse_over(db, OF_MAIL, &mail, (limits.mail, "for this e-mail address", self.cooldown)).await
    }

    async fn refuse_over(
        &self,
        db: &mut Connection,
        query: &'static str,
        key: &[u8],
        (most, per, cooldown): (i64, &'static str, bool),
    ) -> Result<(), UnitError> {
        let since = self.now.checked_sub(DAY).unwrap_or(Timestamp::MIN);
        let row: Row = sqlx::query(query).bind(key).bind(millis(since)).fetch_one(&mut *db).await?;
        let at = |column: &str, later: SignedDuration| -> Result<Option<Timestamp>, UnitError> {
            let at = row.try_get::<Option<i64>, _>(column)?.map(time).transpose()?;
            Ok(at.map(|at| at.checked_add(later).unwrap_or(at)))
        };
        if row.try_get::<i64, _>("asked")? >= most {
            let again_at = at("first", DAY)?.unwrap_or(self.now);
            return Err(LedgerError::TooManyCodes { per, again_at }.into());
        }
        match at("last", NOT_TWICE_WITHIN)? {
            Some(again_at) if cooldown && again_at > self.now => {
                Err(LedgerError::TooManyCodes { per, again_at }.into())
            }
            _ => Ok(()),
        }
    }
}

/// Refuses a new confirmation for which too much was asked before; the page also has to wait a moment between two.
pub(super) async fn refuse_new(
    db: &mut Connection,
    codec: &Codec,
    create: &CreateConfirmation,
) -> Result<(), UnitError> {
    let key = match &create.origin {
        Origin::Api => None,
        Origin::Page { requester } => Some(codec.requester_key(requester)),
    };
    let (phone, mail, now) = (create.phone, &create.mail, create.now);
    let asked = Asked { phone, mail, requester: key.as_deref(), cooldown: key.is_some(), now };
    asked.refuse_too_many(db, codec).await
}

/// Refuses another code of a confirmation for which too many were asked for.
pub(super) async fn refuse_another(
    db: &mut Connection,
    codec: &Codec,
    kept: &Kept,
    now: Timestamp,
) -> Result<(), UnitError> {
    let it = &kept.it;
    let asked = Asked { phone: it.phone, mail: &it.mail, requester: kept.requester.as_deref(), cooldown: false, now };
    let count: i64 = sqlx::query_scalar(OF_CONFIRMATION).bind(it.id.as_str()).fetch_one(&mut *db).await?;
    if count >= asked.limits().confirmation {
        return Err(LedgerError::TooManyCodes { per: "for this confirmation", again_at: it.expires_at }.into());
    }
    asked.refuse_too_many(db, codec).await
}
