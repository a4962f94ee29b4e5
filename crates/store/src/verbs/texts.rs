//! Texts: decided, recorded and enqueued in one unit; then sent once, whatever crashes, and followed to their end.
//!
//! What two units may change at once is changed only from the state that was read: whoever comes second runs again.

use proxycall_domain::{Channel, InteractionId, Outcome, routing::Action};
use proxycall_service::ports::ledger::{
    ClaimedJob, DeliveryReport, InboundText, OutboundText, RecordedText, SendStep, SentText, TextOutcome, TextResult,
    Work,
};
use uuid::Uuid;

use super::{
    calls::{Before, NewInteraction, facts, forget_the_known, insert, outcome},
    *,
};

pub(crate) async fn record_inbound_text(
    db: &mut Connection,
    codec: &Codec,
    text: &InboundText,
) -> Result<RecordedText, UnitError> {
    let from = text.sender.phone();
    let (facts, before) = facts(db, codec, text.proxy, from, &text.sid).await?;
    if let Some(before) = before {
        return repeated(codec, &before);
    }
    if let Some(reply) = proving::reply(db, codec, text, &facts).await? {
        return Ok(reply);
    }
    let policy = &text.rules.policy;
    let mut decision = policy.route_text(&text.sender, &text.content, &facts, text.now);
    forget_the_known(&mut decision, &facts);
    let answer = policy.answer_text(&decision, &text.sender);
    let (outcome, body) = match &decision.action {
        Action::Relay { .. } => {
            let body = policy.relayed_body(&text.content, decision.language);
            (Outcome::Queued, Some(codec.seal_text(INTERACTION_BODY, &body)?))
        }
        Action::Refuse(refusal) => (Outcome::from(*refusal), None),
        Action::OptOut => (Outcome::OptOut, None),
    };
    let relayed = body.is_some();
    let new = NewInteraction {
        id: text.id,
        channel: Channel::Text,
        dialled: text.proxy,
        from,
        sid: &text.sid,
        decision: &decision,
        outcome,
        answer: codec.seal_json(INTERACTION_ANSWER, &answer)?,
        body,
        now: text.now,
    };
    if insert(db, codec, new).await? {
        if relayed {
            jobs::enqueue(db, codec, text.job, &Work::SendText { interaction: text.id }, text.now).await?;
        }
        return Ok(RecordedText { answer, outcome: TextOutcome::Interaction(outcome), repeated: false });
    }
    // Another instance was faster with the same text: its answer holds.
    match self::facts(db, codec, text.proxy, from, &text.sid).await?.1 {
        Some(before) => repeated(codec, &before),
        None => Err(unreadable("a text that is there and is not").into()),
    }
}

fn repeated(codec: &Codec, before: &Before) -> Result<RecordedText, UnitError> {
    let outcome = TextOutcome::Interaction(before.outcome);
    Ok(RecordedText { answer: codec.open_json(INTERACTION_ANSWER, &before.answer)?, outcome, repeated: true })
}

const TO_SEND: &str = "SELECT i.outcome, i.dialled, i.relay_to, i.body, i.sending_since \
    FROM job j JOIN interaction i ON i.id = $3 WHERE j.id = $1 AND j.run_at = $2";

const MARK_SENDING: &str =
    "UPDATE interaction SET outcome = 'sending', sending_since = $2 WHERE id = $1 AND outcome = 'queued'";

pub(crate) async fn start_sending(
    db: &mut Connection,
    codec: &Codec,
    job: &ClaimedJob,
    now: &Timestamp,
) -> Result<SendStep, UnitError> {
    let Work::SendText { interaction } = job.work else { return Ok(SendStep::Settled) };
    let row: Option<Row> = sqlx::query(TO_SEND)
        .bind(job.id.uuid())
        .bind(millis(job.lease_until))
        .bind(interaction.uuid())
        .fetch_optional(&mut *db)
        .await?;
    let Some(row) = row else { return Ok(SendStep::Settled) };
    let outcome = outcome(row.try_get("outcome")?)?;
    if !matches!(outcome, Outcome::Queued | Outcome::Sending) {
        jobs::end(db, job).await?;
        return Ok(SendStep::Settled);
    }
    let kept = |what: &str| unreadable(&format!("a text on its way out without {what}"));
    let sealed = |column: &str| row.try_get::<Option<&[u8]>, _>(column);
    let text = OutboundText {
        interaction,
        from: proxy(row.try_get("dialled")?)?,
        to: codec.open_phone(INTERACTION_RELAY_TO, sealed("relay_to")?.ok_or_else(|| kept("receiver"))?)?,
        body: codec.open_text(INTERACTION_BODY, sealed("body")?.ok_or_else(|| kept("body"))?)?,
    };
    if outcome == Outcome::Sending {
        let since = row.try_get::<Option<i64>, _>("sending_since")?.ok_or_else(|| kept("beginning"))?;
        return Ok(SendStep::InDoubt { text, since: time(since)? });
    }
    let marked = sqlx::query(MARK_SENDING).bind(interaction.uuid()).bind(millis(*now)).execute(&mut *db).await?;
    if marked.rows_affected() == 0 {
        return Err(UnitError::Crossed);
    }
    Ok(SendStep::Send(text))
}

const OUTCOME: &str = "SELECT outcome FROM interaction WHERE id = $1";

const BACK_TO_QUEUE: &str =
    "UPDATE interaction SET outcome = 'queued', sending_since = NULL WHERE id = $1 AND outcome = 'sending'";

pub(crate) async fn finish_sending(
    db: &mut Connection,
    _codec: &Codec,
    job: &ClaimedJob,
    result: &TextResult,
    now: &Timestamp,
) -> Result<bool, UnitError> {
    let Work::SendText { interaction } = job.work else { return Ok(false) };
    let current: Option<String> = sqlx::query_scalar(OUTCOME).bind(interaction.uuid()).fetch_optional(&mut *db).await?;
    let current = current.map(|word| outcome(&word)).transpose()?;
    match result {
        TextResult::TryAgain { at } if current == Some(Outcome::Sending) => {
            if !jobs::put_off(db, job, *at).await? {
                return Ok(false);
            }
            let back = sqlx::query(BACK_TO_QUEUE).bind(interaction.uuid()).execute(&mut *db).await?;
            return if back.rows_affected() == 1 { Ok(true) } else { Err(UnitError::Crossed) };
        }
        TextResult::LookAgain { at } if current == Some(Outcome::Sending) => return jobs::put_off(db, job, *at).await,
        _ => {}
    }
    if !jobs::end(db, job).await? {
        return Ok(false);
    }
    let report = match result {
        // The carrier's own report was faster and settled it.
        TextResult::TryAgain { .. } | TextResult::LookAgain { .. } => return Ok(true),
        TextResult::Sent(sent) => Report::new(sent.outcome, Some(&sent.sid), sent.error_code),
        TextResult::LookedUp(candidates) => match claim_first(db, interaction, candidates).await? {
            Some(sent) => Report::new(sent.outcome, Some(&sent.sid), sent.error_code),
            None => Report::new(Outcome::Unknown, None, None),
        },
        TextResult::Failed { error_code } => Report::new(Outcome::Failed, None, *error_code),
    };
    if let Some(current) = current {
        move_on(db, interaction, current, &report, *now).await?;
    }
    Ok(true)
}

const CLAIM_MESSAGE: &str = "UPDATE interaction SET outbound_sid = $2 WHERE id = $1 AND outbound_sid IS NULL \
    AND NOT EXISTS (SELECT 1 FROM interaction o WHERE o.outbound_sid = $2)";

/// Makes the first of these messages at the carrier that is no other interaction's this one's.
async fn claim_first<'s>(
    db: &mut Connection,
    interaction: InteractionId,
    candidates: &'s [SentText],
) -> Result<Option<&'s SentText>, UnitError> {
    for sent in candidates {
        let claimed = sqlx::query(CLAIM_MESSAGE).bind(interaction.uuid()).bind(&sent.sid).execute(&mut *db).await?;
        if claimed.rows_affected() == 1 {
            return Ok(Some(sent));
        }
    }
    Ok(None)
}

const BY_ID: &str = "SELECT id, outcome, outbound_sid FROM interaction WHERE id = $1 AND channel = 'text'";
const BY_SID: &str = "SELECT id, outcome, outbound_sid FROM interaction WHERE outbound_sid = $1 AND channel = 'text'";

pub(crate) async fn record_delivery(
    db: &mut Connection,
    _codec: &Codec,
    delivery: &DeliveryReport,
) -> Result<bool, UnitError> {
    let mut found: Option<Row> = None;
    if let Some(id) = delivery.interaction {
        found = sqlx::query(BY_ID).bind(id.uuid()).fetch_optional(&mut *db).await?;
        if let Some(row) = &found
            && row.try_get::<Option<&str>, _>("outbound_sid")?.is_some_and(|sid| sid != delivery.sid)
        {
            found = None;
        }
    }
    if found.is_none() {
        found = sqlx::query(BY_SID).bind(&delivery.sid).fetch_optional(&mut *db).await?;
    }
    let Some(row) = found else { return Ok(false) };
    let id = InteractionId::from_uuid(row.try_get::<Uuid, _>("id")?);
    let current = outcome(row.try_get("outcome")?)?;
    let report = Report::new(delivery.outcome, Some(&delivery.sid), delivery.error_code);
    move_on(db, id, current, &report, delivery.now).await?;
    Ok(true)
}

/// What the carrier says of a text, from whichever side we learn it.
struct Report<'a> {
    outcome: Outcome,
    sid: Option<&'a str>,
    error_code: Option<i32>,
}

impl<'a> Report<'a> {
    fn new(outcome: Outcome, sid: Option<&'a str>, error_code: Option<i32>) -> Self {
        Self { outcome, sid, error_code }
    }
}

/// A message at the carrier belongs to one interaction. When two texts read the same, a look-up after a crash may have
/// given this one to the other: the outcome counts here all the same.
const MOVE_ON: &str = "UPDATE interaction SET outcome = $3, \
        outbound_sid = COALESCE(outbound_sid, \
            CASE WHEN EXISTS (SELECT 1 FROM interaction o WHERE o.outbound_sid = $4) THEN NULL ELSE $4 END), \
        error_code = COALESCE(error_code, $5), ended_at = COALESCE(ended_at, $6), \
        body = CASE WHEN $7 THEN body END, relay_to = CASE WHEN $7 THEN relay_to END \
    WHERE id = $1 AND outcome = $2";

/// Moves an interaction forward by a report; the body goes when nothing more is to be sent.
async fn move_on(
    db: &mut Connection,
    id: InteractionId,
    current: Outcome,
    report: &Report<'_>,
    now: Timestamp,
) -> Result<(), UnitError> {
    let after = current.after(report.outcome);
    let moved = sqlx::query(MOVE_ON)
        .bind(id.uuid())
        .bind(current.as_str())
        .bind(after.as_str())
        .bind(report.sid)
        .bind(report.error_code.map(i64::from))
        .bind(after.is_final().then(|| millis(now)))
        .bind(matches!(after, Outcome::Queued | Outcome::Sending | Outcome::Sent))
        .execute(&mut *db)
        .await?;
    if moved.rows_affected() == 1 { Ok(()) } else { Err(UnitError::Crossed) }
}
