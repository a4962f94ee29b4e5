//! How a confirmation begins: with a number held and a code on its way, in one unit; or not at all.
//!
//! Whoever uses the public page is told what follows from their own requests and from what was typed, and nothing else:
//! whether a phone or an e-mail address is known here, is being confirmed, or is one of our numbers, changes no answer.

use proxycall_domain::{
    Confirmation, Language,
    confirmation::{
        Event, Held,
        claim::Claim,
        meeting::{Meeting, Newcomer, Open, meet},
    },
    pool::life::{Act, Actor, Wish},
};
use proxycall_service::ports::ledger::{BegunConfirmation, CreateConfirmation, Origin, Work};

use super::{
    confirmations::{Kept, claim, end, find, known, of_phone, token_of},
    *,
};

/// The numbers of a new confirmation: which the client has or will have, and which codes come from.
struct Numbers {
    held: Held,
    proxy: PhoneNumber,
    sender: PhoneNumber,
}

async fn find_numbers(
    db: &mut Connection,
    create: &CreateConfirmation,
    claim: &Claim,
    until: Timestamp,
) -> Result<Numbers, UnitError> {
    if let Some(own) = claim.own_number() {
        return Ok(Numbers { held: Held::Existing, proxy: own, sender: own });
    }
    let act = Act::new(Actor::System, "held for a confirmation", create.now);
    let taken = pool::hold(db, wish(create), &token_of(&create.id)?, until, &act).await;
    let theirs = match claim {
        Claim::Client { client, .. } => client.proxy,
        Claim::NewClient => None,
    };
    match (taken, theirs) {
        (Ok((sender, _)), Some(proxy)) => Ok(Numbers { held: Held::Existing, proxy, sender }),
        (Ok((sender, number_type)), None) => Ok(Numbers { held: Held::Reserved(number_type), proxy: sender, sender }),
        // An operator who vouches for the request may use the client's own number when no other is left.
        (Err(UnitError::Refused(LedgerError::NoNumberLeft { .. })), Some(own)) if create.origin == Origin::Api => {
            Ok(Numbers { held: Held::Existing, proxy: own, sender: own })
        }
        (Err(error), _) => Err(error),
    }
}

fn wish(create: &CreateConfirmation) -> Wish {
    Wish::any(create.country, create.preferred)
}

const INSERT: &str = "INSERT INTO confirmation (pending_id, name, mail, phone, phone_key, country, language, number_type, \
        proxy, sender, stage, generation, tries, detail, requester, created_at, expires_at, revision, code_key) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'open', 1, 0, '', $11, $12, $13, 1, $14)";

pub(crate) async fn create_confirmation(
    db: &mut Connection,
    codec: &Codec,
    create: &CreateConfirmation,
) -> Result<BegunConfirmation, UnitError> {
    if let Some(kept) = find(db, codec, &create.id).await? {
        return again(db, codec, create, kept).await;
    }
    let open = of_phone(db, codec, create.phone).await?;
    if let Some(same) = open.as_ref().filter(|open| open.it.id == create.id) {
        // It was begun a moment ago, by the same request on another instance.
        let same = known(db, codec, &same.it.id).await?;
        return again(db, codec, create, same).await;
    }
    let requester = match &create.origin {
        Origin::Api => None,
        Origin::Page { requester } => Some(codec.keys(|keys| keys.requester_key(requester))?),
    };
    if let Some(requester) = &requester {
        code_limits::record_page_request(db, codec, create, requester).await?;
        // Everybody meets an empty pool, also who would need no number of it.
        pool::refuse_empty(db, wish(create), create.now).await?;
    }
    if pool::is_proxy(db, create.phone).await? {
        return if requester.is_none() { Err(LedgerError::NumberIsProxy.into()) } else { Ok(nobodys(codec, create)) };
    }
    if let Some(open) = open {
        match encounter(db, create, requester.as_ref(), &open).await? {
            Meeting::GoesOn => return again(db, codec, create, open).await,
            Meeting::Refused => return Err(LedgerError::PhoneBusy.into()),
            Meeting::Hidden => return Ok(nobodys(codec, create)),
            Meeting::GivesWay => make_way(db, codec, open, create.now).await?,
        }
    }
    match code_limits::refuse_new(db, codec, create).await {
        // What others asked for is nothing to tell of.
        Err(UnitError::Refused(LedgerError::TooManyCodes { .. })) if requester.is_some() => {
            return Ok(nobodys(codec, create));
        }
        result => result?,
    }
    // The schema keeps one confirmation for each phone under one secret; between two, who came second sees the first here.
    if codec.has_other() && of_phone(db, codec, create.phone).await?.is_some() {
        return Err(UnitError::Crossed);
    }
    begin(db, codec, create, requester.map(|[now, _]| now)).await
}

async fn begin(
    db: &mut Connection,
    codec: &Codec,
    create: &CreateConfirmation,
    requester: Option<LookupKey>,
) -> Result<BegunConfirmation, UnitError> {
    let now = create.now;
    let claim = claim(db, codec, create.phone, &create.mail).await?;
    let expires_at = now.checked_add(create.lifetime).unwrap_or(Timestamp::MAX);
    let Numbers { held, proxy, sender } = match find_numbers(db, create, &claim, expires_at).await {
        // By the same request, which was a moment ahead.
        Err(UnitError::Refused(LedgerError::ReservationInUse)) if find(db, codec, &create.id).await?.is_some() => {
            return Err(UnitError::Crossed);
        }
        numbers => numbers?,
    };
    let keys = codec.writes()?;
    sqlx::query(INSERT)
        .bind(create.id.as_str())
        .bind(create.name.expose())
        .bind(create.mail.expose())
        .bind(codec.seal_phone(CONFIRMATION_PHONE, create.phone)?)
        .bind(keys.phone_key(create.phone))
        .bind(create.country.to_string())
        .bind(match create.language {
            Language::Fr => "fr",
            Language::En => "en",
        })
        .bind(match held {
            Held::Reserved(number_type) => number_type.as_str(),
            Held::Existing => "existing",
        })
        .bind(digits(proxy))
        .bind(digits(sender))
        .bind(requester)
        .bind(millis(now))
        .bind(millis(expires_at))
        .bind(&keys.id()[..])
        .execute(&mut *db)
        .await?;
    let mut kept = known(db, codec, &create.id).await?;
    let spare = &create.spare;
    let expire = Work::ExpireConfirmation { confirmation: create.id.clone() };
    jobs::enqueue(db, codec, spare.follow, &expire, expires_at).await?;
    pool::look_after(db, codec, sender, spare.wire, now).await?;
    let channel = create.rules.policy.codes.first();
    dispatches::queue(db, codec, &mut kept, channel, true, &create.rules, spare, now).await?;
    Ok(begun(codec, kept))
}

fn begun(codec: &Codec, kept: Kept) -> BegunConfirmation {
    let progress = codec.progress_name(&kept.it.id, kept.it.created_at);
    BegunConfirmation { progress, confirmation: Some(kept.it) }
}

/// Nothing was begun; it looks as if its code were out.
fn nobodys(codec: &Codec, create: &CreateConfirmation) -> BegunConfirmation {
    BegunConfirmation { confirmation: None, progress: codec.progress_name(&create.id, create.now) }
}

/// The same request again: the first result, and another text only when the last is a while ago. On the page, a locked
/// code is replaced.
async fn again(
    db: &mut Connection,
    codec: &Codec,
    create: &CreateConfirmation,
    mut kept: Kept,
) -> Result<BegunConfirmation, UnitError> {
    let Confirmation { name, mail, phone, .. } = &kept.it;
    if (name, mail, *phone) != (&create.name, &create.mail, create.phone) {
        return Err(LedgerError::ConfirmationConflict.into());
    }
    let locked = kept.it.progress.is_locked();
    if kept.it.is_live(create.now) && (!locked || create.origin != Origin::Api) {
        let channel = create.rules.policy.codes.first();
        let (rules, spare) = (&create.rules, &create.spare);
        match dispatches::ask(db, codec, &mut kept, channel, rules, spare, create.now).await {
            Ok(_) => {}
            Err(UnitError::Refused(LedgerError::TooManyCodes { .. })) if !locked => {}
            Err(error) => return Err(error),
        }
    }
    Ok(begun(codec, kept))
}

const LAST_CODE: &str = "SELECT MAX(queued_at) FROM dispatch WHERE pending_id = $1";

/// What a new request for a phone meets that is being confirmed.
async fn encounter(
    db: &mut Connection,
    create: &CreateConfirmation,
    requester: Option<&LookupKeys>,
    open: &Kept,
) -> Result<Meeting, UnitError> {
    if !open.it.is_live(create.now) {
        return Ok(Meeting::GivesWay);
    }
    let last: Option<i64> = sqlx::query_scalar(LAST_CODE).bind(open.it.id.as_str()).fetch_one(&mut *db).await?;
    let last = last.map(time).transpose()?.unwrap_or(open.it.created_at);
    let newcomer = match requester {
        None => Newcomer::Api,
        Some(requester) => Newcomer::Page {
            same_content: (&open.it.name, &open.it.mail) == (&create.name, &create.mail),
            same_requester: open.requester.as_ref().is_some_and(|kept| requester.contains(kept)),
        },
    };
    let quiet_for = create.now.duration_since(last);
    Ok(meet(newcomer, Open { by_page: open.requester.is_some(), locked: open.it.progress.is_locked(), quiet_for }))
}

/// Ends what was open for a phone, for a new request.
async fn make_way(db: &mut Connection, codec: &Codec, mut open: Kept, now: Timestamp) -> Result<(), UnitError> {
    let (event, reason) = if open.it.is_live(now) {
        (Event::Superseded, "a newer request took its place")
    } else {
        (Event::Expired, "its confirmation expired")
    };
    end(db, codec, &mut open, event, reason, now).await?;
    Ok(())
}
