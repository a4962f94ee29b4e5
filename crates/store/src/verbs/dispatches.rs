//! The texts, calls and mails of confirmations: queued with their cause, sent once, followed by the next channel.

use proxycall_domain::{
    CodeChannel, DispatchId,
    confirmation::{Confirmation, Event, Stage, cascade::too_soon, claim::Claim},
};
use proxycall_service::ports::ledger::{
    ClaimedJob, CodeRules, DispatchReport, DispatchResult, DispatchStep, Message, RequestCode, SpareIds, Ticket, Work,
};

use super::{
    confirmations::{Kept, find, happen, known, not_now, write},
    *,
};
use crate::codec::Seal;

pub(super) use proxycall_service::ports::ledger::DispatchKind as Kind;

/// A kind from the store.
pub(super) fn kind(word: &str) -> Result<Kind, LedgerError> {
    Kind::parse(word).ok_or_else(|| unreadable("a kind of dispatch"))
}

const ADD: &str = "INSERT INTO dispatch (id, pending_id, generation, kind, state, requested, phone_key, mail_key, queued_at) \
    VALUES ($1, $2, $3, $4, 'queued', $5, $6, $7, $8)";

/// Writes down one text, call or mail, and the job that sends it. A question to the phone on record is for that phone alone,
/// and is not asked when there is none.
pub(super) async fn add(
    db: &mut Connection,
    codec: &Codec,
    kept: &Kept,
    kind: Kind,
    requested: bool,
    (id, job): (DispatchId, proxycall_domain::JobId),
    now: Timestamp,
) -> Result<(), UnitError> {
    let to = match kind {
        Kind::Consent => on_record(db, codec, &kept.it).await?.map(|(phone, _)| phone),
        _ => Some(kept.it.phone),
    };
    let Some(to) = to else { return Ok(()) };
    let keys = codec.writes()?;
    sqlx::query(ADD)
        .bind(id.uuid())
        .bind(kept.it.id.as_str())
        .bind(i64::from(kept.it.progress.generation))
        .bind(kind.as_str())
        .bind(i64::from(requested))
        .bind(keys.phone_key(to))
        .bind(code_limits::mail_key(keys, &kept.it.mail))
        .bind(millis(now))
        .execute(&mut *db)
        .await?;
    jobs::enqueue(db, codec, job, &Work::Dispatch { dispatch: id }, now).await
}

/// Queues a code over a channel; of two that queue at once, the second runs again and sees the first. A link also goes out
/// by mail, where there is mail and the address has a say.
#[expect(clippy::too_many_arguments, reason = "who, what, by which rules, with which ids, when")]
pub(super) async fn queue(
    db: &mut Connection,
    codec: &Codec,
    kept: &mut Kept,
    channel: CodeChannel,
    requested: bool,
    rules: &CodeRules,
    spare: &SpareIds,
    now: Timestamp,
) -> Result<(), UnitError> {
    let [first, second] = spare.dispatches;
    let [first_job, second_job] = spare.dispatch_jobs;
    write(db, kept, now).await?;
    add(db, codec, kept, Kind::of(channel), requested, (first, first_job), now).await?;
    if channel == CodeChannel::Email && rules.mail {
        let claim: Claim = confirmations::claim(db, codec, kept.it.phone, &kept.it.mail).await?;
        if claim.mail_may_prove() {
            add(db, codec, kept, Kind::Mail, false, (second, second_job), now).await?;
        }
    }
    Ok(())
}

const LAST: &str = "SELECT MAX(queued_at) FROM dispatch \
    WHERE pending_id = $1 AND generation = $2 AND kind = $3 AND state <> 'failed'";

async fn sent_lately(
    db: &mut Connection,
    kept: &Kept,
    channel: CodeChannel,
    now: Timestamp,
) -> Result<bool, UnitError> {
    let last: Option<i64> = sqlx::query_scalar(LAST)
        .bind(kept.it.id.as_str())
        .bind(i64::from(kept.it.progress.generation))
        .bind(Kind::of(channel).as_str())
        .fetch_one(&mut *db)
        .await?;
    Ok(too_soon(last.map(time).transpose()?, now))
}

/// Queues a code that somebody asks for; a locked one is replaced first. False: it went out a moment ago.
pub(super) async fn ask(
    db: &mut Connection,
    codec: &Codec,
    kept: &mut Kept,
    channel: CodeChannel,
    rules: &CodeRules,
    spare: &SpareIds,
    now: Timestamp,
) -> Result<bool, UnitError> {
    if !kept.it.is_live(now) {
        return Err(not_now(kept, now));
    }
    let locked = kept.it.progress.is_locked();
    if !locked && sent_lately(db, kept, channel, now).await? {
        return Ok(false);
    }
    code_limits::refuse_another(db, codec, kept, now).await?;
    if locked {
        happen(db, kept, Event::Renewed, now).await?;
    } else if kept.brought_code().is_some() {
        happen(db, kept, Event::Replaced, now).await?;
    }
    queue(db, codec, kept, channel, true, rules, spare, now).await?;
    Ok(true)
}

pub(crate) async fn request_code(db: &mut Connection, codec: &Codec, request: &RequestCode) -> Result<bool, UnitError> {
    let mut kept = known(db, codec, &request.id).await?;
    ask(db, codec, &mut kept, request.channel, &request.rules, &request.spare, request.now).await
}

pub(crate) async fn go_on(
    db: &mut Connection,
    codec: &Codec,
    job: &ClaimedJob,
    rules: &CodeRules,
    spare: &SpareIds,
    now: &Timestamp,
) -> Result<(), UnitError> {
    let Work::GoOn { confirmation, generation, after } = &job.work else { return Ok(()) };
    if !jobs::end(db, job).await? {
        return Ok(());
    }
    let Some(mut kept) = find(db, codec, confirmation).await? else { return Ok(()) };
    if !kept.it.is_live(*now) || kept.it.progress.generation != *generation {
        return Ok(());
    }
    match rules.policy.codes.due(&kept.it.progress, *after) {
        // What somebody asked for a moment ago comes with its own clock.
        Some(channel) if !sent_lately(db, &kept, channel, *now).await? => {
            queue(db, codec, &mut kept, channel, false, rules, spare, *now).await
        }
        Some(_) => Ok(()),
        None => note_if_nothing_arrived(db, &mut kept, *now).await,
    }
}

const IN_REACH: &str = "SELECT COUNT(*) FROM dispatch WHERE pending_id = $1 AND generation = $2 \
    AND kind IN ('sms', 'voice', 'link', 'mail') AND state NOT IN ('failed', 'dropped')";

/// Every channel was tried, and none reached the client: an operator can see it.
async fn note_if_nothing_arrived(db: &mut Connection, kept: &mut Kept, now: Timestamp) -> Result<(), UnitError> {
    let in_reach: i64 = sqlx::query_scalar(IN_REACH)
        .bind(kept.it.id.as_str())
        .bind(i64::from(kept.it.progress.generation))
        .fetch_one(&mut *db)
        .await?;
    match kept.it.progress.after(Event::NotDelivered) {
        Ok(progress) if in_reach == 0 => {
            kept.it.progress = progress;
            write(db, kept, now).await
        }
        _ => Ok(()),
    }
}

/// Lets the next channel come then, in the place of what was to come for this confirmation.
async fn follow(
    db: &mut Connection,
    codec: &Codec,
    kept: &Kept,
    after: CodeChannel,
    spare: &SpareIds,
    at: Timestamp,
) -> Result<(), UnitError> {
    let (confirmation, generation) = (kept.it.id.clone(), kept.it.progress.generation);
    jobs::enqueue(db, codec, spare.follow, &Work::GoOn { confirmation, generation, after }, at).await
}

/// One text, call or mail as it is kept.
struct Dispatch {
    id: DispatchId,
    kind: Kind,
    state: String,
    generation: u32,
    sid: Option<String>,
    /// The key of the phone that it is for.
    to: Vec<u8>,
    confirmation: Kept,
}

const BY_ID: &str = "SELECT pending_id, generation, kind, state, sid, phone_key FROM dispatch WHERE id = $1";

async fn dispatch(db: &mut Connection, codec: &Codec, id: DispatchId) -> Result<Option<Dispatch>, UnitError> {
    let row: Option<Row> = sqlx::query(BY_ID).bind(id.uuid()).fetch_optional(&mut *db).await?;
    let Some(row) = row else { return Ok(None) };
    let pending = proxycall_domain::PendingId::from_store(row.try_get("pending_id")?);
    let generation = u32::try_from(row.try_get::<i64, _>("generation")?).unwrap_or_default();
    let (kind, state, sid) = (self::kind(row.try_get("kind")?)?, row.try_get("state")?, row.try_get("sid")?);
    let confirmation = known(db, codec, &pending).await?;
    let to = row.try_get("phone_key")?;
    Ok(Some(Dispatch { id, kind, state, generation, sid, to, confirmation }))
}

const MOVE: &str = "UPDATE dispatch SET state = $3, sid = COALESCE(sid, $4), error_code = COALESCE(error_code, $5), \
        sent_at = COALESCE(sent_at, $6) WHERE id = $1 AND state = $2";

async fn bring(
    db: &mut Connection,
    dispatch: &Dispatch,
    state: &'static str,
    (sid, error_code): (Option<&str>, Option<i32>),
    now: Timestamp,
) -> Result<(), UnitError> {
    let moved = sqlx::query(MOVE)
        .bind(dispatch.id.uuid())
        .bind(&dispatch.state)
        .bind(state)
        .bind(sid)
        .bind(error_code.map(i64::from))
        .bind(millis(now))
        .execute(&mut *db)
        .await?;
    if moved.rows_affected() == 1 { Ok(()) } else { Err(UnitError::Crossed) }
}

/// The carrier has it: the confirmation shows it, and the next channel has a time.
async fn sent(
    db: &mut Connection,
    codec: &Codec,
    dispatch: &mut Dispatch,
    rules: &CodeRules,
    spare: &SpareIds,
    now: Timestamp,
) -> Result<(), UnitError> {
    let kept = &mut dispatch.confirmation;
    let Some(channel) = dispatch.kind.channel() else { return Ok(()) };
    if kept.it.progress.stage != Stage::Open || kept.it.progress.generation != dispatch.generation {
        return Ok(());
    }
    // A later channel is out and has its own time.
    if kept.it.progress.channel > Some(channel) {
        return Ok(());
    }
    if kept.it.progress.channel < Some(channel) {
        happen(db, kept, Event::Sent(channel), now).await?;
    }
    let at = now.checked_add(rules.policy.codes.patience(channel)).unwrap_or(now);
    follow(db, codec, kept, channel, spare, at).await
}

/// It will not arrive, or not soon: the next channel comes at once.
async fn next_channel(
    db: &mut Connection,
    codec: &Codec,
    dispatch: &Dispatch,
    spare: &SpareIds,
    now: Timestamp,
) -> Result<(), UnitError> {
    let kept = &dispatch.confirmation;
    match dispatch.kind.channel() {
        // What failed behind a later channel changes nothing about that one's time.
        Some(channel)
            if kept.it.is_live(now)
                && kept.it.progress.generation == dispatch.generation
                && kept.it.progress.channel <= Some(channel) =>
        {
            follow(db, codec, kept, channel, spare, now).await
        }
        _ => Ok(()),
    }
}

const OURS: &str = "SELECT 1 FROM job WHERE id = $1 AND run_at = $2";

pub(crate) async fn start_dispatch(
    db: &mut Connection,
    codec: &Codec,
    job: &ClaimedJob,
    rules: &CodeRules,
    spare: &SpareIds,
    now: &Timestamp,
) -> Result<DispatchStep, UnitError> {
    let Work::Dispatch { dispatch: id } = job.work else { return Ok(DispatchStep::Settled) };
    let ours: Option<Row> =
        sqlx::query(OURS).bind(job.id.uuid()).bind(millis(job.lease_until)).fetch_optional(&mut *db).await?;
    if ours.is_none() {
        return Ok(DispatchStep::Settled);
    }
    let Some(mut dispatch) = self::dispatch(db, codec, id).await? else {
        jobs::end(db, job).await?;
        return Ok(DispatchStep::Settled);
    };
    let message = match dispatch.state.as_str() {
        "queued" => message(db, codec, &dispatch, *now).await?,
        "sending" => {
            // An earlier attempt handed it over and did not learn what became of it. It is not sent twice.
            bring(db, &dispatch, "unknown", (None, None), *now).await?;
            sent(db, codec, &mut dispatch, rules, spare, *now).await?;
            None
        }
        _ => None,
    };
    let Some(message) = message else {
        if dispatch.state == "queued" {
            bring(db, &dispatch, "dropped", (None, None), *now).await?;
        }
        jobs::end(db, job).await?;
        return Ok(DispatchStep::Settled);
    };
    bring(db, &dispatch, "sending", (None, None), *now).await?;
    if matches!(dispatch.kind, Kind::Sms | Kind::Voice | Kind::Link) {
        let until = now.checked_add(rules.rest).unwrap_or(*now);
        pool::sent_from(db, &dispatch.confirmation.token()?, until).await?;
    }
    Ok(DispatchStep::Send(message))
}

const PHONE_ON_RECORD: &str = "SELECT c.phone, n.phone AS proxy FROM client c \
    JOIN proxy_number n ON n.client_id = c.client_id WHERE c.client_id = $1 AND c.closed_at IS NULL";

/// The phone on record of the client whom a confirmation is about, and that client's number.
pub(super) async fn on_record(
    db: &mut Connection,
    codec: &Codec,
    it: &Confirmation,
) -> Result<Option<(PhoneNumber, PhoneNumber)>, UnitError> {
    let client = it.client.map(proxycall_domain::ClientId::get);
    let row: Option<Row> = sqlx::query(PHONE_ON_RECORD).bind(client).fetch_optional(&mut *db).await?;
    row.map(|row| Ok((codec.open_phone(CLIENT_PHONE, row.try_get("phone")?)?, proxy(row.try_get("proxy")?)?)))
        .transpose()
}

const ASKED: &str = "SELECT phone_key FROM dispatch WHERE pending_id = $1 AND kind = 'consent'";

/// Whether the phone on record is still the one that was asked to agree.
pub(super) async fn asked_who_is_on_record(
    db: &mut Connection,
    codec: &Codec,
    it: &Confirmation,
) -> Result<bool, UnitError> {
    let asked: Option<Vec<u8>> = sqlx::query_scalar(ASKED).bind(it.id.as_str()).fetch_optional(&mut *db).await?;
    let on_record = on_record(db, codec, it).await?;
    let Some(((phone, _), asked)) = on_record.zip(asked) else { return Ok(false) };
    Ok(codec.is_phone(&asked, phone)?)
}

/// What goes out; none when it is no longer wanted.
async fn message(
    db: &mut Connection,
    codec: &Codec,
    dispatch: &Dispatch,
    now: Timestamp,
) -> Result<Option<Message>, UnitError> {
    let it: &Confirmation = &dispatch.confirmation.it;
    let (progress, language) = (&it.progress, it.language);
    let code_wanted = it.is_live(now) && progress.generation == dispatch.generation && !progress.is_locked();
    let ticket = |seal, mark: &str| {
        let keys = dispatch.confirmation.keys(codec)?;
        let signature = format!("{mark}{}", keys.sign(seal, &it.id, it.created_at, dispatch.generation));
        let name = if seal == Seal::Consent { "consent" } else { "token" };
        Ok::<_, LedgerError>(Ticket { id: it.id.clone(), name, signature })
    };
    let (from, to) = (it.sender, it.phone);
    Ok(match dispatch.kind {
        Kind::Sms if code_wanted => Some(Message::Code {
            from,
            to,
            language,
            code: dispatch.confirmation.keys(codec)?.code(&it.id, it.created_at, dispatch.generation),
            ticket: ticket(Seal::Text, TEXTED)?,
        }),
        Kind::Voice if code_wanted => Some(Message::Call { from, to }),
        Kind::Link if code_wanted => Some(Message::Link { from, to, language, ticket: ticket(Seal::Text, TEXTED)? }),
        Kind::Mail if code_wanted => {
            let left = it.expires_at.duration_since(now).as_secs();
            Some(Message::Mail {
                to: it.mail.clone(),
                name: it.name.clone(),
                language,
                ticket: ticket(Seal::Mail, MAILED)?,
                valid_hours: u32::try_from((left + 3_599) / 3_600).unwrap_or(1).max(1),
            })
        }
        Kind::Thanks if matches!(progress.stage, Stage::Promoted | Stage::Updated) => {
            Some(Message::Thanks { from: it.proxy, to, language })
        }
        Kind::Consent if it.stage(now) == Stage::AwaitingConsent => {
            let Some((phone, from)) = on_record(db, codec, it).await? else { return Ok(None) };
            if !codec.is_phone(&dispatch.to, phone)? {
                return Ok(None);
            }
            Some(Message::Consent { from, to: phone, language, ticket: ticket(Seal::Consent, "")? })
        }
        _ => None,
    })
}

/// What a token begins with that was texted, and one that was mailed.
pub(super) const TEXTED: &str = "t";
pub(super) const MAILED: &str = "m";

const BACK_TO_QUEUE: &str = "UPDATE dispatch SET state = 'queued' WHERE id = $1 AND state = 'sending'";

pub(crate) async fn finish_dispatch(
    db: &mut Connection,
    codec: &Codec,
    job: &ClaimedJob,
    result: &DispatchResult,
    rules: &CodeRules,
    spare: &SpareIds,
    now: &Timestamp,
) -> Result<bool, UnitError> {
    let Work::Dispatch { dispatch: id } = job.work else { return Ok(false) };
    let Some(mut dispatch) = self::dispatch(db, codec, id).await? else { return jobs::end(db, job).await };
    // The carrier's own report may have been faster: then it holds.
    let sending = dispatch.state == "sending";
    if let DispatchResult::TryAgain { at, goes_on } = result
        && sending
    {
        if !jobs::put_off(db, job, *at).await? {
            return Ok(false);
        }
        sqlx::query(BACK_TO_QUEUE).bind(id.uuid()).execute(&mut *db).await?;
        if *goes_on {
            next_channel(db, codec, &dispatch, spare, *now).await?;
        }
        return Ok(true);
    }
    if !jobs::end(db, job).await? {
        return Ok(false);
    }
    if sending {
        match result {
            DispatchResult::TryAgain { .. } => {}
            DispatchResult::Sent { sid } => {
                bring(db, &dispatch, "sent", (sid.as_deref(), None), *now).await?;
                sent(db, codec, &mut dispatch, rules, spare, *now).await?;
            }
            DispatchResult::Failed { error_code } => {
                bring(db, &dispatch, "failed", (None, *error_code), *now).await?;
                next_channel(db, codec, &dispatch, spare, *now).await?;
            }
        }
    }
    Ok(true)
}

pub(crate) async fn record_dispatch(
    db: &mut Connection,
    codec: &Codec,
    report: &DispatchReport,
) -> Result<bool, UnitError> {
    let Some(mut dispatch) = self::dispatch(db, codec, report.id).await? else { return Ok(false) };
    if dispatch.sid.as_ref().is_some_and(|sid| *sid != report.sid) {
        return Ok(false);
    }
    let (sid, now) = (Some(report.sid.as_str()), report.now);
    // Queued again: the carrier failed while it took it, and reports all the same.
    let on_its_way = matches!(dispatch.state.as_str(), "queued" | "sending" | "sent" | "unknown");
    match report.reached {
        Some(false) if on_its_way => {
            bring(db, &dispatch, "failed", (sid, report.error_code), now).await?;
            next_channel(db, codec, &dispatch, &report.spare, now).await?;
        }
        reached if on_its_way => {
            let state = if reached == Some(true) { "delivered" } else { "sent" };
            let first = matches!(dispatch.state.as_str(), "queued" | "sending");
            bring(db, &dispatch, state, (sid, None), now).await?;
            if first {
                sent(db, codec, &mut dispatch, &report.rules, &report.spare, now).await?;
            }
        }
        _ => {}
    }
    Ok(true)
}

/// A call that says a code, as it is kept.
pub(super) struct Call {
    pub(super) confirmation: Kept,
    pub(super) generation: u32,
    /// The carrier's id of it, once its answer came.
    pub(super) sid: Option<String>,
    /// The carrier's id of the call that was picked up.
    pub(super) call_sid: Option<String>,
    pub(super) entries: u32,
    pub(super) last_entry: Option<String>,
}

const CALL: &str = "SELECT pending_id, generation, sid, call_sid, entries, last_entry FROM dispatch \
    WHERE id = $1 AND kind = 'voice' AND state IN ('sending', 'sent', 'delivered', 'unknown')";

/// The call of this name, if we placed it.
pub(super) async fn call(db: &mut Connection, codec: &Codec, id: DispatchId) -> Result<Option<Call>, UnitError> {
    let row: Option<Row> = sqlx::query(CALL).bind(id.uuid()).fetch_optional(&mut *db).await?;
    let Some(row) = row else { return Ok(None) };
    let pending = proxycall_domain::PendingId::from_store(row.try_get("pending_id")?);
    let count = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
    let (generation, entries) = (count(row.try_get("generation")?), count(row.try_get("entries")?));
    let (sid, call_sid, last_entry) = (row.try_get("sid")?, row.try_get("call_sid")?, row.try_get("last_entry")?);
    Ok(Some(Call { confirmation: known(db, codec, &pending).await?, generation, sid, call_sid, entries, last_entry }))
}

const PICK_UP: &str = "UPDATE dispatch SET call_sid = $2 WHERE id = $1 AND call_sid IS NULL";

/// The first call that is picked up under this name is the call.
pub(super) async fn pick_up(db: &mut Connection, id: DispatchId, call_sid: &str) -> Result<(), UnitError> {
    let picked_up = sqlx::query(PICK_UP).bind(id.uuid()).bind(call_sid).execute(&mut *db).await?;
    if picked_up.rows_affected() == 1 { Ok(()) } else { Err(UnitError::Crossed) }
}

const ENTRY: &str = "UPDATE dispatch SET entries = $2, last_entry = $3 WHERE id = $1 AND entries = $4";

/// Counts what was typed in a call.
pub(super) async fn note_entry(
    db: &mut Connection,
    id: DispatchId,
    attempt: u32,
    came_to: &'static str,
) -> Result<(), UnitError> {
    let noted = sqlx::query(ENTRY)
        .bind(id.uuid())
        .bind(i64::from(attempt))
        .bind(came_to)
        .bind(i64::from(attempt) - 1)
        .execute(&mut *db)
        .await?;
    if noted.rows_affected() == 1 { Ok(()) } else { Err(UnitError::Crossed) }
}
