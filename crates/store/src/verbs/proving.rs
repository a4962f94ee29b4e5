//! What proves a phone: a code by text or keypad, a link; and what a proven confirmation comes to, in the same unit.
//!
//! A wrong code is counted by the unit that compares it: no code is compared more often than the database allows.

use proxycall_domain::{
    ClientId, Confirmation, Language, NewClient, PendingId,
    client::ClientChanges,
    confirmation::{
        ENTRIES_PER_CALL, Event, Settled, Stage,
        claim::{Change, Claim, MailedLink, Proof},
        code::EnteredCode,
        reply::{Reply, read},
    },
    phrase::Phrase,
    pool::life::{Act, Actor},
    routing::{Facts, TextAnswer},
};
use proxycall_service::ports::ledger::{
    ApproveConfirmation, CallEntry, CallStep, CodeCall, CodeRules, Entered, InboundText, LinkOutcome, LinkProof,
    LinkState, RecordedText, SpareIds, TextOutcome, UpdateClient, UseLink,
};

use super::{
    confirmations::{Kept, claim, end, find, happen, known, not_now},
    dispatches::{Kind, MAILED, TEXTED},
    *,
};
use crate::codec::Seal;

/// Whoever proves something, with the ids for what follows, and when.
#[derive(Clone, Copy)]
struct Prover<'a> {
    rules: &'a CodeRules,
    spare: &'a SpareIds,
    now: Timestamp,
}

/// Compares what somebody entered, and counts it when it is wrong.
async fn enter(
    db: &mut Connection,
    codec: &Codec,
    kept: &mut Kept,
    entered: EnteredCode,
    prover: Prover<'_>,
) -> Result<Entered, UnitError> {
    if !kept.it.is_live(prover.now) {
        return Ok(Entered::Over);
    }
    if kept.it.progress.is_locked() {
        return Ok(Entered::Locked);
    }
    if is_right(codec, kept, entered)? {
        return prove(db, codec, kept, Proof::Phone, prover).await;
    }
    happen(db, kept, Event::WrongCode, prover.now).await?;
    Ok(if kept.it.progress.is_locked() { Entered::Locked } else { Entered::Wrong })
}

fn is_right(codec: &Codec, kept: &Kept, entered: EnteredCode) -> Result<bool, UnitError> {
    let keys = kept.keys(codec)?;
    Ok(match kept.brought_code() {
        Some(brought) => keys.is_brought(brought, &kept.it.id, entered),
        None => keys.code(&kept.it.id, kept.it.created_at, kept.it.progress.generation).is(entered),
    })
}

/// What a proven confirmation comes to: a client, a changed client, or a question to the contact on record.
async fn prove(
    db: &mut Connection,
    codec: &Codec,
    kept: &mut Kept,
    proof: Proof,
    prover: Prover<'_>,
) -> Result<Entered, UnitError> {
    let now = prover.now;
    // Who is known may have changed since the code went out.
    let claim = claim(db, codec, kept.it.phone, &kept.it.mail).await?;
    // An operator who asked for this vouches for the phone; on the page anybody can type one.
    let mailed = if kept.requester.is_none() { MailedLink::Enrols } else { prover.rules.policy.mailed_link };
    let settled = claim.settle(proof, mailed);
    kept.it.verified_at = Some(now);
    let client = match &claim {
        Claim::NewClient => None,
        Claim::Client { client, .. } => Some(client.id),
    };
    if let Settled::Consent { .. } | Settled::PhoneUnproven = settled {
        kept.it.client = client;
        happen(db, kept, Event::Proven(settled), now).await?;
        if let Settled::Consent { ask_phone: true, .. } = settled {
            dispatch(db, codec, kept, Kind::Consent, prover).await?;
        }
        return Ok(Entered::Waits);
    }
    let given = match client {
        None => become_client(db, codec, kept, prover).await?,
        Some(id) => update(db, codec, kept, id, Change::default(), prover).await?,
    };
    finish(db, codec, kept, Event::Proven(settled), given, prover).await
}

/// Ends a confirmation with what its client has, and thanks; without, it was overtaken.
async fn finish(
    db: &mut Connection,
    codec: &Codec,
    kept: &mut Kept,
    event: Event,
    given: Option<(ClientId, PhoneNumber)>,
    prover: Prover<'_>,
) -> Result<Entered, UnitError> {
    let Some((client, proxy)) = given else {
        kept.it.verified_at = None;
        end(db, codec, kept, Event::Overtaken, "its confirmation was overtaken", prover.now).await?;
        return Ok(Entered::Over);
    };
    kept.it.client = Some(client);
    kept.it.proxy = proxy;
    // What was held only to send from goes back; what became the client's is held no more.
    end(db, codec, kept, event, "its confirmation is over", prover.now).await?;
    dispatch(db, codec, kept, Kind::Thanks, prover).await?;
    Ok(Entered::Done)
}

async fn dispatch(
    db: &mut Connection,
    codec: &Codec,
    kept: &Kept,
    kind: Kind,
    prover: Prover<'_>,
) -> Result<(), UnitError> {
    let ([id, _], [job, _]) = (prover.spare.dispatches, prover.spare.dispatch_jobs);
    dispatches::add(db, codec, kept, kind, false, (id, job), prover.now).await
}

/// A new client with the number that was held; none when it is held no more, or the phone is a proxy number by now.
async fn become_client(
    db: &mut Connection,
    codec: &Codec,
    kept: &Kept,
    prover: Prover<'_>,
) -> Result<Option<(ClientId, PhoneNumber)>, UnitError> {
    let (it, now, token): (&Confirmation, _, _) = (&kept.it, prover.now, kept.token()?);
    pool::hold_reals(db).await?;
    if !pool::is_held(db, &token, now).await? || pool::is_proxy(db, it.phone).await? {
        return Ok(None);
    }
    let id = clients::next_client_id(db, codec).await?;
    let countries = prover.rules.policy.countries();
    let country = countries.of(it.phone).map_or(it.country, |country| country.code);
    let client = NewClient { id, name: it.name.clone(), mail: it.mail.clone(), phone: it.phone, country };
    if !clients::insert(db, codec, &client, None, now).await? {
        // Somebody else took this id: the next one is free.
        return Err(UnitError::Crossed);
    }
    let act = Act::new(Actor::System, "a client confirmed the phone", now);
    let phone = pool::give_held(db, codec, &token, id, &act, prover.spare.wire).await;
    Ok(Some((id, phone.map_err(crossed_if_gone)?)))
}

/// A reservation that was there a moment ago and is gone: another unit came in between.
fn crossed_if_gone(error: UnitError) -> UnitError {
    match error {
        UnitError::Refused(LedgerError::ReservationGone) => UnitError::Crossed,
        error => error,
    }
}

/// Brings an existing client up to date; one without a number gets the one that was held. None when the client was closed
/// or there is no number.
async fn update(
    db: &mut Connection,
    codec: &Codec,
    kept: &Kept,
    id: ClientId,
    agreed: Change,
    prover: Prover<'_>,
) -> Result<Option<(ClientId, PhoneNumber)>, UnitError> {
    let (it, now, token) = (&kept.it, prover.now, kept.token()?);
    let Some(client) = clients::client(db, codec, id).await? else { return Ok(None) };
    let held = pool::is_held(db, &token, now).await?;
    pool::hold_reals(db).await?;
    if (client.proxy.is_none() && !held) || (agreed.phone && pool::is_proxy(db, it.phone).await?) {
        return Ok(None);
    }
    let changes = ClientChanges {
        name: Some(it.name.clone()),
        mail: Some(it.mail.clone()),
        phone: agreed.phone.then_some(it.phone),
        proxy: None,
    };
    clients::update_client(db, codec, &UpdateClient { id, changes, now }).await?;
    let proxy = match client.proxy {
        Some(proxy) => proxy,
        None => {
            let act = Act::new(Actor::System, "a client confirmed the phone", now);
            let given = pool::give_held(db, codec, &token, id, &act, prover.spare.wire).await;
            given.map_err(crossed_if_gone)?
        }
    };
    Ok(Some((id, proxy)))
}

/// The contact on record, or an operator in its place, agreed.
async fn agree(db: &mut Connection, codec: &Codec, kept: &mut Kept, prover: Prover<'_>) -> Result<Entered, UnitError> {
    // Who is known may have changed since it was asked: then nobody agreed to this.
    let given = match (claim(db, codec, kept.it.phone, &kept.it.mail).await?, kept.it.progress.change) {
        (Claim::Client { client, change: now, .. }, Some(change))
            if Some(client.id) == kept.it.client && now == change =>
        {
            update(db, codec, kept, client.id, change, prover).await?
        }
        (Claim::NewClient, None) => become_client(db, codec, kept, prover).await?,
        _ => None,
    };
    finish(db, codec, kept, Event::Agreed, given, prover).await
}

// Texts.

/// What was answered when the same text came before, and whether its sender is confirming a phone: most texts are neither,
/// and that is one indexed read.
const REPLIED: &str = "SELECT r.outcome, r.answer, c.pending_id FROM (SELECT 1 AS one) AS ground \
    LEFT JOIN code_reply r ON r.inbound_sid = $1 LEFT JOIN confirmation c ON c.phone_key IN ($2, $3) AND c.stage = 'open'";
const REPLY: &str = "INSERT INTO code_reply (inbound_sid, outcome, answer, at, pending_id) VALUES ($1, $2, $3, $4, $5)";

/// Reads a text as the answer to a code. None: it is none, and goes its usual way.
pub(super) async fn reply(
    db: &mut Connection,
    codec: &Codec,
    text: &InboundText,
    facts: &Facts,
) -> Result<Option<RecordedText>, UnitError> {
    let Some(from) = text.sender.phone() else { return Ok(None) };
    let [key, before] = codec.phone_keys(from)?;
    let row: Row = sqlx::query(REPLIED).bind(&text.sid).bind(key).bind(before).fetch_one(&mut *db).await?;
    if let Some(outcome) = row.try_get::<Option<&str>, _>("outcome")? {
        let entered = Entered::parse(outcome).ok_or_else(|| unreadable("a reply's outcome"))?;
        let answer = codec.open_json(CODE_REPLY_ANSWER, row.try_get("answer")?)?;
        return Ok(Some(RecordedText { answer, outcome: TextOutcome::Code(entered), repeated: true }));
    }
    let Some(id) = row.try_get::<Option<String>, _>("pending_id")? else { return Ok(None) };
    let mut kept = known(db, codec, &PendingId::from_store(id)).await?;
    let policy = &text.rules.policy;
    let to_stop = text.content.carrier_opt_out || policy.is_stop_word(&text.content.body);
    if to_stop || !kept.it.is_live(text.now) || !is_meant_for(db, &kept, text).await? {
        return Ok(None);
    }
    // Who has this number already may be writing to somebody else.
    let has_number = facts.client.as_ref().is_some_and(|client| client.phone == from);
    let prover = Prover { rules: &text.rules, spare: &text.spare, now: text.now };
    let (entered, phrase) = match read(&text.content.body) {
        // Six digits in a sentence to somebody else may be anything: what is not the code is no try.
        Reply::Code { entered, alone: false } if has_number && !is_right(codec, &kept, entered)? => return Ok(None),
        Reply::Code { entered, alone } => {
            let entered = enter(db, codec, &mut kept, entered, prover).await?;
            match entered {
                Entered::Locked if has_number && !alone => return Ok(None),
                Entered::Wrong => (entered, Some(Phrase::TextCodeWrong)),
                Entered::Locked => (entered, Some(Phrase::TextCodeLocked)),
                // The text of thanks comes by a job.
                Entered::Done | Entered::Waits | Entered::Over => (entered, None),
            }
        }
        _ if has_number => return Ok(None),
        Reply::WrongShape | Reply::Other => (Entered::Wrong, Some(Phrase::TextCodeShape)),
    };
    let answer = phrase
        .map_or(TextAnswer::Nothing, |phrase| TextAnswer::Notice(policy.sentence(phrase, kept.it.language).to_owned()));
    sqlx::query(REPLY)
        .bind(&text.sid)
        .bind(entered.as_str())
        .bind(codec.seal_json(CODE_REPLY_ANSWER, &answer)?)
        .bind(millis(text.now))
        .bind(kept.it.id.as_str())
        .execute(&mut *db)
        .await?;
    Ok(Some(RecordedText { answer, outcome: TextOutcome::Code(entered), repeated: false }))
}

/// Whether a text came to the number that the code went out from. Where that is not one of ours, the sender alone counts.
async fn is_meant_for(db: &mut Connection, kept: &Kept, text: &InboundText) -> Result<bool, UnitError> {
    let to = text.proxy;
    let by_number = to == kept.it.sender || to == kept.it.proxy || text.code_sender == Some(to);
    Ok(by_number || !pool::is_proxy(db, to).await?)
}

// Calls.

/// The call, if it is one that we placed for a code that still holds, and this is its only one.
async fn placed(db: &mut Connection, codec: &Codec, call: &CodeCall) -> Result<Option<dispatches::Call>, UnitError> {
    let found = dispatches::call(db, codec, call.id).await?;
    Ok(found.filter(|found| {
        found.confirmation.it.phone == call.to
            && [&found.sid, &found.call_sid].into_iter().flatten().all(|sid| *sid == call.call_sid)
            && found.confirmation.it.progress.generation == found.generation
    }))
}

pub(crate) async fn begin_code_call(
    db: &mut Connection,
    codec: &Codec,
    call: &CodeCall,
) -> Result<CallStep, UnitError> {
    let Some(found) = placed(db, codec, call).await? else { return Ok(CallStep::Over) };
    let it = &found.confirmation.it;
    if !it.is_live(call.now) || it.progress.is_locked() || found.entries > 0 {
        return Ok(CallStep::Over);
    }
    if found.call_sid.is_none() {
        dispatches::pick_up(db, call.id, &call.call_sid).await?;
    }
    let code = found.confirmation.keys(codec)?.code(&it.id, it.created_at, found.generation);
    Ok(CallStep::Speak { language: it.language, code })
}

pub(crate) async fn enter_code(
    db: &mut Connection,
    codec: &Codec,
    entry: &CallEntry,
) -> Result<(Entered, Language), UnitError> {
    let over = (Entered::Over, Language::Fr);
    let Some(mut found) = placed(db, codec, &entry.call).await? else { return Ok(over) };
    let language = found.confirmation.it.language;
    if found.call_sid.is_none() {
        return Ok(over);
    }
    if entry.attempt == found.entries
        && let Some(came_to) = found.last_entry.as_deref().and_then(Entered::parse)
    {
        return Ok((came_to, language));
    }
    if entry.attempt != found.entries + 1 || entry.attempt > ENTRIES_PER_CALL {
        return Ok((Entered::Over, language));
    }
    let prover = Prover { rules: &entry.rules, spare: &entry.spare, now: entry.call.now };
    let came_to = match entry.entered {
        Some(entered) => enter(db, codec, &mut found.confirmation, entered, prover).await?,
        None => Entered::Wrong,
    };
    dispatches::note_entry(db, entry.call.id, entry.attempt, came_to.as_str()).await?;
    Ok((came_to, language))
}

// Links.

/// What a link says, if it is one of ours.
enum Meaning {
    Code(EnteredCode),
    Proves(Proof),
    Consent,
}

fn meaning(codec: &Codec, kept: &Kept, proof: &LinkProof) -> Option<Meaning> {
    let it = &kept.it;
    // A secret that is listed no more signs nothing any more.
    let keys = kept.keys(codec).ok()?;
    let signed = |seal, signature: &str| keys.signed(seal, &it.id, it.created_at, it.progress.generation, signature);
    match proof {
        LinkProof::Code(entered) => Some(Meaning::Code(*entered)),
        LinkProof::Token(token) => {
            let texted = token.strip_prefix(TEXTED).filter(|signature| signed(Seal::Text, signature));
            let mailed = token.strip_prefix(MAILED).filter(|signature| signed(Seal::Mail, signature));
            let proof = texted.map(|_| Proof::Phone).or(mailed.map(|_| Proof::Mail));
            proof.map(Meaning::Proves)
        }
        LinkProof::Consent(signature) => signed(Seal::Consent, signature).then_some(Meaning::Consent),
    }
}

/// Whether the phone that was asked still has a say.
async fn has_a_say(db: &mut Connection, codec: &Codec, it: &Confirmation, now: Timestamp) -> Result<bool, UnitError> {
    Ok(it.stage(now) == Stage::AwaitingConsent && dispatches::asked_who_is_on_record(db, codec, it).await?)
}

pub(crate) async fn link(
    db: &mut Connection,
    codec: &Codec,
    id: PendingId,
    proof: LinkProof,
    now: Timestamp,
) -> Result<LinkState, UnitError> {
    let Some(kept) = find(db, codec, &id).await? else { return Ok(LinkState::Unknown) };
    let Some(meaning) = meaning(codec, &kept, &proof) else { return Ok(LinkState::Unknown) };
    let open = match meaning {
        Meaning::Consent => has_a_say(db, codec, &kept.it, now).await?,
        Meaning::Code(_) | Meaning::Proves(_) => kept.it.is_live(now),
    };
    Ok(if open { LinkState::Open { language: kept.it.language } } else { LinkState::Over })
}

pub(crate) async fn use_link(db: &mut Connection, codec: &Codec, link: &UseLink) -> Result<LinkOutcome, UnitError> {
    let Some(mut kept) = find(db, codec, &link.id).await? else { return Ok(LinkOutcome::Unknown) };
    let Some(meaning) = meaning(codec, &kept, &link.proof) else { return Ok(LinkOutcome::Unknown) };
    let prover = Prover { rules: &link.rules, spare: &link.spare, now: link.now };
    let language = kept.it.language;
    let came_to = match meaning {
        Meaning::Code(entered) => enter(db, codec, &mut kept, entered, prover).await?,
        Meaning::Proves(_) if !kept.it.is_live(link.now) => Entered::Over,
        Meaning::Proves(_) if kept.it.progress.is_locked() => Entered::Locked,
        Meaning::Proves(proof) => prove(db, codec, &mut kept, proof, prover).await?,
        Meaning::Consent if !has_a_say(db, codec, &kept.it, link.now).await? => Entered::Over,
        Meaning::Consent if link.agreed => agree(db, codec, &mut kept, prover).await?,
        Meaning::Consent => {
            end(db, codec, &mut kept, Event::Declined, "its confirmation was declined", link.now).await?;
            return Ok(LinkOutcome::Declined(language));
        }
    };
    Ok(LinkOutcome::Entered(came_to, language))
}

pub(crate) async fn approve_confirmation(
    db: &mut Connection,
    codec: &Codec,
    approve: &ApproveConfirmation,
) -> Result<Confirmation, UnitError> {
    let mut kept = known(db, codec, &approve.id).await?;
    if kept.it.stage(approve.now) != Stage::AwaitingConsent {
        return Err(not_now(&kept, approve.now));
    }
    let prover = Prover { rules: &approve.rules, spare: &approve.spare, now: approve.now };
    agree(db, codec, &mut kept, prover).await?;
    Ok(kept.it)
}
