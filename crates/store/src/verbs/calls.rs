//! Calls: decided, recorded and answered in one unit.

use proxycall_domain::{
    Channel, ClientId, CountryCode, Outcome, PhoneNumber,
    routing::{Action, ClientFacts, Decision, Facts},
};
use proxycall_service::ports::ledger::{CallEnded, InboundCall, RecordedCall};

use super::*;

/// What is known of a number that was dialled, of the number that dials, and of the same call or text having come
/// before: one indexed read. A block is found by the caller's keyed hash: by each in a question of its own, as SQLite makes a
/// table of a list.
pub(crate) const FACTS: &str = "SELECT i.answer, i.outcome, c.client_id, c.phone, c.country, c.last_caller, \
        c.paused_at, c.paused_until, \
        EXISTS (SELECT 1 FROM proxy_number p WHERE p.phone = $2 AND p.status NOT IN ('released', 'missing')) AS from_proxy, \
        EXISTS (SELECT 1 FROM block b WHERE b.phone_key = $4 AND (b.client_id IS NULL OR b.client_id = c.client_id)) \
            OR EXISTS (SELECT 1 FROM block b WHERE b.phone_key = $5 AND (b.client_id IS NULL OR b.client_id = c.client_id)) \
            AS from_blocked \
    FROM (SELECT 1 AS one) AS ground \
    LEFT JOIN interaction i ON i.inbound_sid = $3 \
    LEFT JOIN proxy_number n ON n.phone = $1 \
    LEFT JOIN client c ON c.client_id = n.client_id";

/// What was answered when the same call or text came before.
pub(super) struct Before {
    pub(super) answer: Vec<u8>,
    pub(super) outcome: Outcome,
}

/// Reads the facts, and the earlier answer if there is one.
pub(super) async fn facts(
    db: &mut Connection,
    codec: &Codec,
    dialled: PhoneNumber,
    from: Option<PhoneNumber>,
    sid: &str,
) -> Result<(Facts, Option<Before>), UnitError> {
    let [key, other] = from.map(|from| codec.phone_keys(from)).transpose()?.map_or([None, None], |keys| keys.map(Some));
    let row: Row = sqlx::query(FACTS)
        .bind(digits(dialled))
        .bind(from.map(digits))
        .bind(sid)
        .bind(key)
        .bind(other)
        .fetch_one(&mut *db)
        .await?;
    let before = match (row.try_get("answer")?, row.try_get::<Option<&str>, _>("outcome")?) {
        (Some(answer), Some(outcome)) => Some(Before { answer, outcome: self::outcome(outcome)? }),
        _ => None,
    };
    let mut client = match row.try_get::<Option<i64>, _>("client_id")? {
        None => None,
        Some(id) => Some(ClientFacts {
            id: client_id(id)?,
            phone: codec.open_phone(CLIENT_PHONE, row.try_get("phone")?)?,
            country: country(row.try_get("country")?)?,
            last_caller: row
                .try_get::<Option<&[u8]>, _>("last_caller")?
                .map(|sealed| codec.open_phone(CLIENT_LAST_CALLER, sealed))
                .transpose()?,
            last_caller_is_blocked: false,
            pause: clients::pause_of(&row)?,
        }),
    };
    // Of no use to anybody else. One more read, as the key of somebody sealed cannot be had in SQL.
    if let Some(client) = &mut client
        && from == Some(client.phone)
        && let Some(last) = client.last_caller
    {
        client.last_caller_is_blocked = blocks::is_blocked(db, codec, last, client.id).await?;
    }
    let caller_is_proxy = row.try_get("from_proxy")?;
    Ok((Facts { client, caller_is_proxy, caller_is_blocked: row.try_get("from_blocked")? }, before))
}

/// An outcome from the store.
pub(super) fn outcome(word: &str) -> Result<Outcome, LedgerError> {
    Outcome::parse(word).ok_or_else(|| unreadable("an outcome"))
}

/// What goes into one row.
pub(super) struct NewInteraction<'a> {
    pub(super) id: proxycall_domain::InteractionId,
    pub(super) channel: Channel,
    pub(super) dialled: PhoneNumber,
    pub(super) from: Option<PhoneNumber>,
    pub(super) sid: &'a str,
    pub(super) decision: &'a Decision,
    pub(super) outcome: Outcome,
    pub(super) answer: Vec<u8>,
    pub(super) body: Option<Vec<u8>>,
    pub(super) now: Timestamp,
}

/// Writes the row and remembers the last caller; false, and nothing done, when the same call or text was there already.
pub(super) async fn insert(db: &mut Connection, codec: &Codec, new: NewInteraction<'_>) -> Result<bool, UnitError> {
    let (relay_to, remember) = match &new.decision.action {
        Action::Relay { to, remember } => (Some(*to), *remember),
        Action::Refuse(_) | Action::OptOut => (None, None),
    };
    let direction = new.decision.direction;
    // Of a client's call that was refused, nobody is at the other end.
    let party = match direction {
        Some(proxycall_domain::Direction::FromClient) => relay_to,
        _ => new.from,
    };
    let relay_to = relay_to.filter(|_| new.body.is_some());
    // What is over as it begins is counted with it. Nobody is remembered for it.
    let record = if new.outcome.is_final() { dialect::RECORD_REFUSAL } else { dialect::RECORD_INTERACTION };
    let recorded = sqlx::query(record)
        .bind(new.id.uuid())
        .bind(new.channel.as_str())
        .bind(direction.map(proxycall_domain::Direction::as_str))
        .bind(digits(new.dialled))
        .bind(new.decision.client.map(ClientId::get))
        .bind(party.map(|party| codec.seal_phone(INTERACTION_PARTY, party)).transpose()?)
        .bind(party.map(|party| Ok::<_, LedgerError>(codec.writes()?.phone_key(party))).transpose()?)
        .bind(new.sid)
        .bind(new.outcome.as_str())
        .bind(new.answer)
        .bind(new.body.as_deref())
        .bind(relay_to.map(|to| codec.seal_phone(INTERACTION_RELAY_TO, to)).transpose()?)
        .bind(millis(new.now))
        .bind(new.outcome.is_final().then(|| millis(new.now)))
        .bind(remember.map(|caller| codec.seal_phone(CLIENT_LAST_CALLER, caller)).transpose()?)
        .execute(&mut *db)
        .await?;
    // The interaction, and perhaps the client whose last caller it is.
    Ok(recorded.rows_affected() > 0)
}

pub(crate) async fn record_inbound_call(
    db: &mut Connection,
    codec: &Codec,
    call: &InboundCall,
) -> Result<RecordedCall, UnitError> {
    let from = call.caller.phone();
    let (facts, before) = facts(db, codec, call.proxy, from, &call.sid).await?;
    if let Some(before) = before {
        return repeated(codec, &before);
    }
    let mut decision = call.policy.route_call(&call.caller, &facts, call.now);
    forget_the_known(&mut decision, &facts);
    let answer = call.policy.answer_call(&decision, call.proxy);
    let outcome = match &decision.action {
        Action::Relay { .. } => Outcome::Connecting,
        Action::Refuse(refusal) => Outcome::from(*refusal),
        Action::OptOut => Outcome::OptOut,
    };
    let new = NewInteraction {
        id: call.id,
        channel: Channel::Call,
        dialled: call.proxy,
        from,
        sid: &call.sid,
        decision: &decision,
        outcome,
        answer: codec.seal_json(INTERACTION_ANSWER, &answer)?,
        body: None,
        now: call.now,
    };
    if insert(db, codec, new).await? {
        return Ok(RecordedCall { answer, outcome, repeated: false });
    }
    // Another instance was faster with the same call: its answer holds.
    match self::facts(db, codec, call.proxy, from, &call.sid).await?.1 {
        Some(before) => repeated(codec, &before),
        None => Err(unreadable("a call that is there and is not").into()),
    }
}

fn repeated(codec: &Codec, before: &Before) -> Result<RecordedCall, UnitError> {
    Ok(RecordedCall {
        answer: codec.open_json(INTERACTION_ANSWER, &before.answer)?,
        outcome: before.outcome,
        repeated: true,
    })
}

/// Who is the last caller already need not be written again.
pub(super) fn forget_the_known(decision: &mut Decision, facts: &Facts) {
    if let (Action::Relay { remember, .. }, Some(client)) = (&mut decision.action, &facts.client)
        && *remember == client.last_caller
    {
        *remember = None;
    }
}

const CALL: &str = "SELECT i.outcome, c.country FROM interaction i LEFT JOIN client c ON c.client_id = i.client_id \
    WHERE i.inbound_sid = $1 AND i.channel = 'call'";

const END: &str = "UPDATE interaction SET outcome = $2, outbound_sid = COALESCE(outbound_sid, $3), \
        duration_s = COALESCE(duration_s, $4), error_code = COALESCE(error_code, $5), ended_at = COALESCE(ended_at, $6) \
    WHERE inbound_sid = $1 AND outcome = $7";

pub(crate) async fn record_call_ended(
    db: &mut Connection,
    _codec: &Codec,
    ended: &CallEnded,
) -> Result<Option<CountryCode>, UnitError> {
    let Some(row) = sqlx::query(CALL).bind(&ended.sid).fetch_optional(&mut *db).await? else { return Ok(None) };
    let row: Row = row;
    let current = outcome(row.try_get("outcome")?)?;
    let after = current.after(ended.outcome);
    let country = row.try_get::<Option<&str>, _>("country")?.map(country).transpose()?;
    let moved = sqlx::query(END)
        .bind(&ended.sid)
        .bind(after.as_str())
        .bind(ended.outbound_sid.as_deref())
        // Of a call that was refused, or not answered, the carrier counts how long our sentence took.
        .bind(ended.duration_s.filter(|_| after == Outcome::Completed))
        .bind(ended.error_code.map(i64::from))
        .bind(after.is_final().then(|| millis(ended.now)))
        .bind(current.as_str())
        .execute(&mut *db)
        .await?;
    if moved.rows_affected() == 1 { Ok(country) } else { Err(UnitError::Crossed) }
}
