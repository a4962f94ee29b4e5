//! Confirmations as they are kept: read, moved on by events, and ended with their number given back, in one unit each. How
//! one begins is in `begin_confirmation`, what proves it in `proving`.
//!
//! What two units may change at once is changed only from the revision that was read: whoever comes second runs again.

use proxycall_domain::{
    ClientId, CodeChannel, Confirmation, Language, MailAddress, PendingId, PersonName,
    client::Client,
    confirmation::{
        Detail, Event, Held, Progress, Stage,
        claim::{Change, Claim, Known},
    },
    pool::life::{Act, Actor, ReservationToken},
};
use proxycall_service::ports::ledger::{ClaimedJob, ProgressPage, Work};

use super::*;

/// Confirmations, where…
macro_rules! select_confirmations {
    ($rest:expr) => {
        concat!(
            "SELECT pending_id, name, mail, phone, country, language, number_type, proxy, sender, stage, channel, generation, \
                 tries, change, detail, client_id, requester, brought_code, code_key, \
                 created_at, expires_at, verified_at, ended_at, revision \
             FROM confirmation WHERE ",
            $rest
        )
    };
}

pub(super) use select_confirmations;

/// A confirmation with what only the store keeps of it.
pub(super) struct Kept {
    pub(super) it: Confirmation,
    /// Who began it on the public page; none: the operator's programs.
    pub(super) requester: Option<Vec<u8>>,
    /// The code that it came with from the sheet.
    brought_code: Option<Vec<u8>>,
    /// Names the keys that its codes and links are made with.
    code_key: Option<Vec<u8>>,
    revision: i64,
}

impl Kept {
    /// The code that it came with, while that one holds.
    pub(super) fn brought_code(&self) -> Option<&[u8]> {
        self.brought_code.as_deref().filter(|_| self.it.progress.generation == 1)
    }

    /// The keys that its codes and links are made with, and stay.
    pub(super) fn keys<'c>(&self, codec: &'c Codec) -> Result<&'c Keys, LedgerError> {
        codec.keys_of(self.code_key.as_deref())
    }

    /// Whose its reservation is: its own.
    pub(super) fn token(&self) -> Result<ReservationToken, LedgerError> {
        token_of(&self.it.id)
    }
}

pub(super) fn token_of(id: &PendingId) -> Result<ReservationToken, LedgerError> {
    ReservationToken::parse("pending_id", id.as_str()).map_err(|_| unreadable("a confirmation's id"))
}

pub(super) fn kept_of(codec: &Codec, row: &Row) -> Result<Kept, UnitError> {
    let held = match row.try_get("number_type")? {
        "existing" => Held::Existing,
        word => Held::Reserved(pool::number_type(word)?),
    };
    let count = |column: &str| {
        let count: Result<i64, sqlx::Error> = row.try_get(column);
        count.map(|count| u32::try_from(count).unwrap_or(u32::MAX))
    };
    let progress = Progress {
        stage: Stage::parse(row.try_get("stage")?).ok_or_else(|| unreadable("a stage"))?,
        channel: row.try_get::<Option<&str>, _>("channel")?.and_then(CodeChannel::parse),
        generation: count("generation")?,
        tries: count("tries")?,
        change: row.try_get::<Option<&str>, _>("change")?.and_then(Change::parse),
        detail: Detail::parse(row.try_get("detail")?).unwrap_or(Detail::None),
    };
    let it = Confirmation {
        id: PendingId::from_store(row.try_get("pending_id")?),
        name: PersonName::from_store(row.try_get("name")?),
        mail: MailAddress::from_store(row.try_get("mail")?),
        phone: codec.open_phone(CONFIRMATION_PHONE, row.try_get("phone")?)?,
        country: country(row.try_get("country")?)?,
        language: if row.try_get::<&str, _>("language")? == "en" { Language::En } else { Language::Fr },
        held,
        proxy: proxy(row.try_get("proxy")?)?,
        sender: proxy(row.try_get("sender")?)?,
        progress,
        client: row.try_get::<Option<i64>, _>("client_id")?.map(client_id).transpose()?,
        created_at: time(row.try_get("created_at")?)?,
        expires_at: time(row.try_get("expires_at")?)?,
        verified_at: row.try_get::<Option<i64>, _>("verified_at")?.map(time).transpose()?,
    };
    let (requester, brought_code, code_key) =
        (row.try_get("requester")?, row.try_get("brought_code")?, row.try_get("code_key")?);
    Ok(Kept { it, requester, brought_code, code_key, revision: row.try_get("revision")? })
}

const BY_ID: &str = select_confirmations!("pending_id = $1");

/// A confirmation, in whatever state.
pub(super) async fn find(db: &mut Connection, codec: &Codec, id: &PendingId) -> Result<Option<Kept>, UnitError> {
    let row: Option<Row> = sqlx::query(BY_ID).bind(id.as_str()).fetch_optional(&mut *db).await?;
    row.map(|row| kept_of(codec, &row)).transpose()
}

/// A confirmation that must be there.
pub(super) async fn known(db: &mut Connection, codec: &Codec, id: &PendingId) -> Result<Kept, UnitError> {
    find(db, codec, id).await?.ok_or_else(|| LedgerError::ConfirmationUnknown.into())
}

pub(crate) async fn confirmation(
    db: &mut Connection,
    codec: &Codec,
    id: PendingId,
) -> Result<Option<Confirmation>, UnitError> {
    Ok(find(db, codec, &id).await?.map(|kept| kept.it))
}

pub(crate) async fn confirmation_by_progress(
    db: &mut Connection,
    codec: &Codec,
    progress: String,
) -> Result<Option<ProgressPage>, UnitError> {
    let Some((id, begun)) = codec.progress_id(&progress) else { return Ok(None) };
    let kept = find(db, codec, &id).await?;
    Ok(Some(kept.map_or(ProgressPage::Nobodys { begun }, |kept| ProgressPage::Theirs(kept.it))))
}

const BY_PHONE: &str = select_confirmations!("phone_key IN ($1, $2) AND stage = 'open'");

/// The confirmation of a phone that is open, though its time may be over.
pub(super) async fn of_phone(
    db: &mut Connection,
    codec: &Codec,
    phone: PhoneNumber,
) -> Result<Option<Kept>, UnitError> {
    let [key, before] = codec.phone_keys(phone)?;
    let row: Option<Row> = sqlx::query(BY_PHONE).bind(key).bind(before).fetch_optional(&mut *db).await?;
    row.map(|row| kept_of(codec, &row)).transpose()
}

/// Those of a client, and those that the phone or the e-mail address was typed in for and nobody proved, unless another
/// open client has the phone.
const OF_CLIENT: &str = select_confirmations!(
    "client_id = $1 OR (client_id IS NULL AND (phone_key IN ($2, $4) OR mail = $3) \
         AND NOT EXISTS (SELECT 1 FROM client o WHERE o.phone_key IN ($2, $4) AND o.client_id <> $1 AND o.closed_at IS NULL)) \
     ORDER BY created_at, pending_id LIMIT 10000"
);

/// The confirmations of a client.
pub(super) async fn of_client(db: &mut Connection, codec: &Codec, client: &Client) -> Result<Vec<Kept>, UnitError> {
    let [key, other] = codec.phone_keys(client.phone)?;
    let query = sqlx::query(OF_CLIENT).bind(client.id.get()).bind(key).bind(client.mail.expose()).bind(other);
    let rows: Vec<Row> = query.fetch_all(&mut *db).await?;
    rows.iter().map(|row| kept_of(codec, row)).collect()
}

const WRITE: &str = "UPDATE confirmation SET stage = $3, channel = $4, generation = $5, tries = $6, change = $7, detail = $8, \
        client_id = $9, proxy = $10, verified_at = $11, ended_at = $12, revision = revision + 1 \
    WHERE pending_id = $1 AND revision = $2";

/// Writes how far a confirmation has come, from the revision that was read.
pub(super) async fn write(db: &mut Connection, kept: &mut Kept, now: Timestamp) -> Result<(), UnitError> {
    let Confirmation { progress, .. } = &kept.it;
    let written = sqlx::query(WRITE)
        .bind(kept.it.id.as_str())
        .bind(kept.revision)
        .bind(progress.stage.as_str())
        .bind(progress.channel.map(CodeChannel::as_str))
        .bind(i64::from(progress.generation))
        .bind(i64::from(progress.tries))
        .bind(progress.change.map(Change::as_original_str))
        .bind(progress.detail.as_str())
        .bind(kept.it.client.map(ClientId::get))
        .bind(digits(kept.it.proxy))
        .bind(kept.it.verified_at.map(millis))
        .bind(progress.stage.is_over().then(|| millis(now)))
        .execute(&mut *db)
        .await?;
    kept.revision += 1;
    if written.rows_affected() == 1 { Ok(()) } else { Err(UnitError::Crossed) }
}

/// Lets an event happen, and writes it. What does not fit the stage any more is a refusal.
pub(super) async fn happen(
    db: &mut Connection,
    kept: &mut Kept,
    event: Event,
    now: Timestamp,
) -> Result<(), UnitError> {
    kept.it.progress = kept.it.progress.after(event).map_err(|_| not_now(kept, now))?;
    write(db, kept, now).await
}

/// The refusal of what does not fit where a confirmation stands.
pub(super) fn not_now(kept: &Kept, now: Timestamp) -> UnitError {
    LedgerError::NotNow { status: kept.it.status(now) }.into()
}

/// Ends a confirmation by an event: what it held is given back, and nothing of it is due any more. Whether it held a number.
pub(super) async fn end(
    db: &mut Connection,
    codec: &Codec,
    kept: &mut Kept,
    event: Event,
    reason: &str,
    now: Timestamp,
) -> Result<bool, UnitError> {
    happen(db, kept, event, now).await?;
    let act = Act::new(Actor::System, reason, now);
    let held = pool::cancel_reservation(db, codec, &kept.token()?, &act).await?;
    forget_jobs(db, kept).await?;
    Ok(held)
}

/// Takes away what was to happen to a confirmation by itself.
pub(super) async fn forget_jobs(db: &mut Connection, kept: &Kept) -> Result<(), UnitError> {
    let (confirmation, generation) = (kept.it.id.clone(), kept.it.progress.generation);
    jobs::drop_work(db, &Work::ExpireConfirmation { confirmation: confirmation.clone() }).await?;
    // Named by the confirmation alone, whatever channel it waits for.
    jobs::drop_work(db, &Work::GoOn { confirmation, generation, after: CodeChannel::Sms }).await
}

const KNOWN: &str = "SELECT c.client_id, c.phone, c.phone_key IN ($1, $3) AS same_phone, c.mail_fold = $2 AS same_mail, n.phone AS proxy \
    FROM client c LEFT JOIN proxy_number n ON n.client_id = c.client_id \
    WHERE c.closed_at IS NULL AND c.client_id IN (SELECT client_id FROM client WHERE phone_key IN ($1, $3) \
        UNION SELECT client_id FROM client WHERE mail_fold = $2 AND closed_at IS NULL) \
    ORDER BY c.client_id LIMIT 100";

/// Who somebody with this phone and e-mail address is.
pub(super) async fn claim(
    db: &mut Connection,
    codec: &Codec,
    phone: PhoneNumber,
    mail: &MailAddress,
) -> Result<Claim, UnitError> {
    let [key, before] = codec.phone_keys(phone)?;
    let query = sqlx::query(KNOWN).bind(key).bind(mail.expose().to_lowercase()).bind(before);
    let rows: Vec<Row> = query.fetch_all(&mut *db).await?;
    let known: Result<Vec<Known>, UnitError> = rows
        .iter()
        .map(|row| {
            Ok(Known {
                id: client_id(row.try_get("client_id")?)?,
                phone: codec.open_phone(CLIENT_PHONE, row.try_get("phone")?)?,
                proxy: row.try_get::<Option<i64>, _>("proxy")?.map(proxy).transpose()?,
                same_mail: row.try_get("same_mail")?,
                same_phone: row.try_get("same_phone")?,
            })
        })
        .collect();
    Ok(Claim::of(&known?))
}

pub(crate) async fn cancel_confirmation(
    db: &mut Connection,
    codec: &Codec,
    id: &PendingId,
    act: &Act,
) -> Result<Confirmation, UnitError> {
    let mut kept = known(db, codec, id).await?;
    if kept.it.stage(act.at).is_over() {
        return Err(not_now(&kept, act.at));
    }
    happen(db, &mut kept, Event::Cancelled, act.at).await?;
    pool::cancel_reservation(db, codec, &kept.token()?, act).await?;
    forget_jobs(db, &kept).await?;
    Ok(kept.it)
}

pub(crate) async fn expire_confirmation(
    db: &mut Connection,
    codec: &Codec,
    job: &ClaimedJob,
    now: &Timestamp,
) -> Result<Option<Stage>, UnitError> {
    let Work::ExpireConfirmation { confirmation } = &job.work else { return Ok(None) };
    let Some(mut kept) = find(db, codec, confirmation).await? else {
        jobs::end(db, job).await?;
        return Ok(None);
    };
    if kept.it.progress.stage.is_over() {
        jobs::end(db, job).await?;
    } else if *now < kept.it.expires_at {
        jobs::put_off(db, job, kept.it.expires_at).await?;
    } else if jobs::end(db, job).await? {
        end(db, codec, &mut kept, Event::Expired, "its confirmation expired", *now).await?;
    }
    Ok(Some(kept.it.progress.stage))
}

/// How many one unit ends at most.
const AT_ONCE: i64 = 100;

const OLD: &str = select_confirmations!(
    "stage IN ('open', 'awaiting_consent') AND created_at <= $1 ORDER BY created_at, pending_id LIMIT $2"
);

pub(crate) async fn expire_confirmations(
    db: &mut Connection,
    codec: &Codec,
    begun_before: &Timestamp,
    now: &Timestamp,
) -> Result<(Vec<(PendingId, PhoneNumber)>, u64), UnitError> {
    let rows: Vec<Row> = sqlx::query(OLD).bind(millis(*begun_before)).bind(AT_ONCE).fetch_all(&mut *db).await?;
    let (mut expired, mut released) = (Vec::new(), 0);
    for row in rows {
        let mut kept = kept_of(codec, &row)?;
        let held = end(db, codec, &mut kept, Event::Expired, "its confirmation was ended", *now).await?;
        released += u64::from(held);
        expired.push((kept.it.id, kept.it.proxy));
    }
    Ok((expired, released))
}
