//! The pool of proxy numbers: who has which, and which state may follow which, is the database's own constraint.

use proxycall_domain::{
    ClientId, JobId, NumberStatus, NumberType,
    pool::{
        Availability, NewNumber,
        life::{Act, Actor, Reservation, ReservationToken, Wish, may_leave},
    },
};
use proxycall_service::ports::ledger::{
    AdoptNumber, AssignNumber, AssignReserved, AssignedNumber, ClaimedJob, Former, MoveNumber, MoveTo, Moved,
    ReleaseNumber, ReserveNumber, Work,
};

use super::*;
use crate::shared_sql::{end_hold, lapsed_free};

const IS_PROXY: &str = "SELECT 1 FROM proxy_number WHERE phone = $1 AND status NOT IN ('released', 'missing')";

/// Until this unit ends, no number comes into the pool: what is no proxy number when this unit writes it as a client's real
/// one is none when that is committed.
pub(super) async fn hold_reals(db: &mut Connection) -> Result<(), UnitError> {
    sqlx::query(dialect::HOLD_REALS).execute(&mut *db).await?;
    Ok(())
}

/// Until this unit ends, no client gets a real number: the same from the other side.
pub(super) async fn hold_proxies(db: &mut Connection) -> Result<(), UnitError> {
    sqlx::query(dialect::HOLD_PROXIES).execute(&mut *db).await?;
    Ok(())
}

/// Refuses a real number that is one of our proxy numbers, also one that another unit is just adding.
pub(super) async fn refuse_proxy(db: &mut Connection, real: PhoneNumber) -> Result<(), UnitError> {
    hold_reals(db).await?;
    if is_proxy(db, real).await? { Err(LedgerError::NumberIsProxy.into()) } else { Ok(()) }
}

const IS_REAL: &str = "SELECT 1 FROM client WHERE phone_key IN ($1, $2) LIMIT 1";

async fn is_real(db: &mut Connection, codec: &Codec, phone: PhoneNumber) -> Result<bool, UnitError> {
    let [key, before] = codec.phone_keys(phone)?;
    let real: Option<Row> = sqlx::query(IS_REAL).bind(key).bind(before).fetch_optional(&mut *db).await?;
    Ok(real.is_some())
}

/// Refuses a proxy number that is somebody's real number. The unit holds the proxies.
async fn refuse_real(db: &mut Connection, codec: &Codec, phone: PhoneNumber) -> Result<(), UnitError> {
    if is_real(db, codec, phone).await? { Err(LedgerError::NumberIsProxy.into()) } else { Ok(()) }
}

/// Frees at most `limit` numbers whose rest or reservation is over. How many.
async fn free(db: &mut Connection, now: Timestamp, limit: i64) -> Result<u64, UnitError> {
    let freed = sqlx::query(dialect::FREE_LAPSED).bind(millis(now)).bind(limit).execute(&mut *db).await?;
    Ok(freed.rows_affected())
}

/// How many numbers one unit frees at most.
const LAPSED_AT_ONCE: i64 = 500;

pub(crate) async fn free_lapsed(db: &mut Connection, _codec: &Codec, now: &Timestamp) -> Result<u64, UnitError> {
    free(db, *now, LAPSED_AT_ONCE).await
}

/// What a number is taken for.
#[derive(Clone, Copy)]
enum For<'a> {
    Client(ClientId),
    Owner(&'a ReservationToken, Timestamp),
}

impl<'a> For<'a> {
    fn owner(self) -> Option<&'a ReservationToken> {
        match self {
            Self::Client(_) => None,
            Self::Owner(token, _) => Some(token),
        }
    }
}

/// Takes the number that has been available for longest, of the first type of the wish that there is.
async fn take(
    db: &mut Connection,
    wish: Wish,
    whose: For<'_>,
    actor: Actor,
    reason: &str,
    now: Timestamp,
) -> Result<Option<(PhoneNumber, NumberType)>, UnitError> {
    for number_type in wish.types() {
        let statement = match whose {
            For::Client(_) => dialect::TAKE_FOR_CLIENT,
            For::Owner(..) => dialect::TAKE_FOR_OWNER,
        };
        let query = sqlx::query_scalar(statement)
            .bind(wish.country.to_string())
            .bind(number_type.as_str())
            .bind(millis(now))
            .bind(actor.as_str())
            .bind(reason);
        let query = match whose {
            For::Client(client) => query.bind(client.get()),
            For::Owner(token, until) => query.bind(token.as_str()).bind(millis(until)),
        };
        let taken: Option<i64> = query.fetch_optional(&mut *db).await?;
        if let Some(digits) = taken {
            return Ok(Some((proxy(digits)?, number_type)));
        }
    }
    Ok(None)
}

/// What is left for whoever found no number.
struct Left {
    availability: Availability,
    /// Whether a rest or a reservation is over and its number waits to be freed.
    lapsed: bool,
    /// What the owner holds already, and until when.
    held: Option<(PhoneNumber, NumberType, Timestamp)>,
}

/// One question for all of it: a refusal is as frequent as a success where numbers are short. `$3` is the owner, or null.
const LEFT: &str = concat!(
    "SELECT 'held' AS what, number_type, phone, reserved_until, 1 AS total FROM proxy_number WHERE reservation = $3 \
    UNION ALL SELECT 'available', number_type, NULL, NULL, COUNT(*) FROM proxy_number \
        WHERE country = $1 AND number_type IN ('mobile', 'local') AND status = 'available' GROUP BY number_type \
    UNION ALL SELECT 'lapsed', NULL, NULL, NULL, COUNT(*) FROM (SELECT 1 AS one FROM proxy_number \
        WHERE status IN ('quarantined', 'reserved') AND COALESCE(quarantine_until, reserved_until) <= $2 AND ",
    lapsed_free!("$2"),
    " LIMIT 1) AS lapsed"
);

async fn left(
    db: &mut Connection,
    country: CountryCode,
    owner: Option<&ReservationToken>,
    now: Timestamp,
) -> Result<Left, UnitError> {
    let owner = owner.map(ReservationToken::as_str);
    let rows: Vec<Row> =
        sqlx::query(LEFT).bind(country.to_string()).bind(millis(now)).bind(owner).fetch_all(&mut *db).await?;
    let mut left = Left { availability: Availability::default(), lapsed: false, held: None };
    for row in rows {
        let total = u64::try_from(row.try_get::<i64, _>("total")?).unwrap_or_default();
        let what: &str = row.try_get("what")?;
        if what == "lapsed" {
            left.lapsed = total > 0;
            continue;
        }
        let number_type = number_type(row.try_get("number_type")?)?;
        match (what, number_type) {
            ("held", _) => {
                left.held = Some((proxy(row.try_get("phone")?)?, number_type, time(row.try_get("reserved_until")?)?));
            }
            (_, NumberType::Mobile) => left.availability.mobile = total,
            (_, NumberType::Local) => left.availability.local = total,
        }
    }
    Ok(left)
}

/// No number was there: frees what has lapsed, which counts as available, and looks again; else says what is left. What
/// has lapsed is freed only here, since most of the time nobody needs it.
async fn take_lapsed(
    db: &mut Connection,
    mut left: Left,
    wish: Wish,
    whose: For<'_>,
    actor: Actor,
    reason: &str,
    now: Timestamp,
) -> Result<(PhoneNumber, NumberType), UnitError> {
    if left.lapsed {
        free(db, now, LAPSED_AT_ONCE).await?;
        if let Some(taken) = take(db, wish, whose, actor, reason, now).await? {
            return Ok(taken);
        }
        left = self::left(db, wish.country, whose.owner(), now).await?;
    }
    // What is left is in the hands of others, who may yet let go of it.
    if wish.is_met_by(left.availability) {
        return Err(UnitError::Crossed);
    }
    Err(LedgerError::NoNumberLeft { country: wish.country, availability: left.availability }.into())
}

/// Takes a number that is available, or has lapsed.
async fn take_any(
    db: &mut Connection,
    wish: Wish,
    whose: For<'_>,
    actor: Actor,
    reason: &str,
    now: Timestamp,
) -> Result<(PhoneNumber, NumberType), UnitError> {
    if let Some(taken) = take(db, wish, whose, actor, reason, now).await? {
        return Ok(taken);
    }
    let left = left(db, wish.country, whose.owner(), now).await?;
    if left.held.is_some_and(|(.., until)| until > now) {
        return Err(LedgerError::ReservationInUse.into());
    }
    take_lapsed(db, left, wish, whose, actor, reason, now).await
}

/// Refuses when no number is there that would meet the wish.
pub(super) async fn refuse_empty(db: &mut Connection, wish: Wish, now: Timestamp) -> Result<(), UnitError> {
    let left = left(db, wish.country, None, now).await?;
    if left.lapsed || wish.is_met_by(left.availability) {
        return Ok(());
    }
    Err(LedgerError::NoNumberLeft { country: wish.country, availability: left.availability }.into())
}

/// Who gives a client a number, and with which job its webhooks are looked after.
#[derive(Clone, Copy)]
pub(super) struct Giver<'a> {
    pub(super) actor: Actor,
    pub(super) reason: &'a str,
    pub(super) wire: JobId,
    pub(super) now: Timestamp,
}

/// Gives a client, whose row this unit holds, a number.
pub(super) async fn give_number(
    db: &mut Connection,
    codec: &Codec,
    client: ClientId,
    wish: Wish,
    giver: Giver<'_>,
) -> Result<(PhoneNumber, NumberType), UnitError> {
    let (whose, Giver { actor, reason, now, .. }) = (For::Client(client), giver);
    let (phone, given) = take_any(db, wish, whose, actor, reason, now).await?;
    look_after(db, codec, phone, giver.wire, giver.now).await?;
    Ok((phone, given))
}

/// Enqueues what sees to a number's webhooks.
pub(super) async fn look_after(
    db: &mut Connection,
    codec: &Codec,
    phone: PhoneNumber,
    wire: JobId,
    now: Timestamp,
) -> Result<(), UnitError> {
    jobs::enqueue(db, codec, wire, &Work::WireNumber { number: phone }, now).await
}

/// A refusal that has written nothing is a result, not an error: nothing has to be undone for it, and the verbs that share
/// its commit are not run again. Each statement leaves the pool as it may be left: on PostgreSQL it runs without a
/// transaction around it.
pub(crate) async fn reserve_number(
    db: &mut Connection,
    _codec: &Codec,
    reserve: &ReserveNumber,
) -> Result<Result<Reservation, LedgerError>, UnitError> {
    let ReserveNumber { wish, token, until, act } = reserve;
    let whose = For::Owner(token, *until);
    let reservation =
        |(phone, number_type), until| Ok(Reservation::from_store(phone, number_type, token.clone(), until));
    if let Some(taken) = take(db, *wish, whose, act.actor, &act.reason, act.at).await? {
        return Ok(reservation(taken, *until));
    }
    let left = left(db, wish.country, whose.owner(), act.at).await?;
    if let Some((phone, number_type, until)) = left.held {
        if until <= act.at {
            return Ok(Err(LedgerError::ReservationGone));
        }
        return Ok(reservation((phone, number_type), until));
    }
    match take_lapsed(db, left, *wish, whose, act.actor, &act.reason, act.at).await {
        Ok(taken) => Ok(reservation(taken, *until)),
        Err(UnitError::Refused(refusal)) => Ok(Err(refusal)),
        Err(error) => Err(error),
    }
}

const ASSIGN_RESERVED: &str = "UPDATE proxy_number SET status = 'assigned', client_id = $2, former_client_id = NULL, \
        assigned_at = $3, rest_until = NULL, reservation = NULL, reserved_at = NULL, reserved_until = NULL, actor = $4, reason = $5, \
        since = $3, updated_at = $3 \
    WHERE reservation = $1 AND status = 'reserved' AND reserved_until > $3 RETURNING phone";

pub(crate) async fn assign_reserved(
    db: &mut Connection,
    codec: &Codec,
    assign: &AssignReserved,
) -> Result<PhoneNumber, UnitError> {
    let act = &assign.act;
    let client = clients::hold_open(db, codec, assign.client, act.at).await?;
    if client.proxy.is_some() {
        return Err(LedgerError::ClientHasNumber.into());
    }
    give_held(db, codec, &assign.token, assign.client, act, assign.wire).await
}

/// Gives a client, whose row this unit holds, the number that is held for this owner.
pub(super) async fn give_held(
    db: &mut Connection,
    codec: &Codec,
    token: &ReservationToken,
    client: ClientId,
    act: &Act,
    wire: JobId,
) -> Result<PhoneNumber, UnitError> {
    let assigned: Option<i64> = sqlx::query_scalar(ASSIGN_RESERVED)
        .bind(token.as_str())
        .bind(client.get())
        .bind(millis(act.at))
        .bind(act.actor.as_str())
        .bind(&act.reason)
        .fetch_optional(&mut *db)
        .await?;
    let phone = proxy(assigned.ok_or(LedgerError::ReservationGone)?)?;
    look_after(db, codec, phone, wire, act.at).await?;
    Ok(phone)
}

const HELD: &str = "SELECT 1 FROM proxy_number WHERE reservation = $1 AND status = 'reserved' AND reserved_until > $2";

/// Whether a number is held for this owner.
pub(super) async fn is_held(db: &mut Connection, token: &ReservationToken, now: Timestamp) -> Result<bool, UnitError> {
    let held: Option<Row> = sqlx::query(HELD).bind(token.as_str()).bind(millis(now)).fetch_optional(&mut *db).await?;
    Ok(held.is_some())
}

/// Holds a number for an owner who holds none.
pub(super) async fn hold(
    db: &mut Connection,
    wish: Wish,
    token: &ReservationToken,
    until: Timestamp,
    act: &Act,
) -> Result<(PhoneNumber, NumberType), UnitError> {
    take_any(db, wish, For::Owner(token, until), act.actor, &act.reason, act.at).await
}

/// Whether this is a number of ours.
pub(super) async fn is_proxy(db: &mut Connection, phone: PhoneNumber) -> Result<bool, UnitError> {
    let found: Option<Row> = sqlx::query(IS_PROXY).bind(digits(phone)).fetch_optional(&mut *db).await?;
    Ok(found.is_some())
}

const SENT_FROM: &str = "UPDATE proxy_number SET rest_until = $2 WHERE reservation = $1 AND status = 'reserved'";

/// A code goes out from the number that is held: unless it becomes a client's, nobody gets it before then, as whoever was
/// written to may answer late.
pub(super) async fn sent_from(
    db: &mut Connection,
    token: &ReservationToken,
    until: Timestamp,
) -> Result<(), UnitError> {
    sqlx::query(SENT_FROM).bind(token.as_str()).bind(millis(until)).execute(&mut *db).await?;
    Ok(())
}

const CANCEL: &str = concat!(
    "UPDATE proxy_number SET ",
    end_hold!("$2"),
    ", reservation = NULL, reserved_at = NULL, reserved_until = NULL, actor = $3, reason = $4, since = $2, \
         updated_at = $2 \
     WHERE reservation = $1 AND status = 'reserved'"
);

pub(crate) async fn cancel_reservation(
    db: &mut Connection,
    _codec: &Codec,
    token: &ReservationToken,
    act: &Act,
) -> Result<bool, UnitError> {
    let cancelled = sqlx::query(CANCEL)
        .bind(token.as_str())
        .bind(millis(act.at))
        .bind(act.actor.as_str())
        .bind(&act.reason)
        .execute(&mut *db)
        .await?;
    Ok(cancelled.rows_affected() == 1)
}

const NAME: &str = "UPDATE proxy_number SET friendly_name = $2 WHERE phone = $1";

pub(crate) async fn assign_number(
    db: &mut Connection,
    codec: &Codec,
    assign: &AssignNumber,
) -> Result<AssignedNumber, UnitError> {
    let act = &assign.act;
    let client = clients::hold_open(db, codec, assign.client, act.at).await?;
    let former = match (client.proxy, assign.former) {
        (Some(phone), Former::Kept) => return Ok(AssignedNumber::kept(phone)),
        (Some(phone), Former::Rests(until)) => Some(give_up(db, phone, until, act).await?),
        (None, _) => None,
    };
    let giver = Giver { actor: act.actor, reason: &act.reason, wire: assign.wire, now: act.at };
    let (phone, given) = give_number(db, codec, assign.client, assign.wish, giver).await?;
    if let Some(name) = &assign.friendly_name {
        sqlx::query(NAME).bind(digits(phone)).bind(name).execute(&mut *db).await?;
    }
    Ok(AssignedNumber { phone, choice: assign.wish.explain(given), before: false, former })
}

/// Puts a client's number to rest, since the client gets another in this unit: it is theirs again when that fails.
pub(super) async fn give_up(
    db: &mut Connection,
    phone: PhoneNumber,
    until: Timestamp,
    act: &Act,
) -> Result<PhoneNumber, UnitError> {
    let Some(Standing { status, .. }) = standing(db, phone).await? else { return Err(UnitError::Crossed) };
    let next = Next { status: NumberStatus::Quarantined, client: None, rest: Rest::Until(until) };
    bring(db, phone, status, &next, act).await?;
    Ok(phone)
}

/// Where a number stands, for what decides about it.
struct Standing {
    status: NumberStatus,
    client: Option<ClientId>,
    since: Timestamp,
    /// Until when it is kept from everybody but the client who had it last, whatever became of it meanwhile.
    rest_until: Option<Timestamp>,
}

impl Standing {
    /// What a number becomes that is nobody's: available, unless its rest goes on.
    fn free(&self, now: Timestamp) -> Next {
        match self.rest_until {
            Some(until) if until > now => {
                Next { status: NumberStatus::Quarantined, client: None, rest: Rest::Until(until) }
            }
            _ => Next { status: NumberStatus::Available, client: None, rest: Rest::Over },
        }
    }
}

const STANDING: &str = "SELECT status, client_id, since, rest_until FROM proxy_number WHERE phone = $1";

async fn standing(db: &mut Connection, phone: PhoneNumber) -> Result<Option<Standing>, UnitError> {
    let row: Option<Row> = sqlx::query(STANDING).bind(digits(phone)).fetch_optional(&mut *db).await?;
    let Some(row) = row else { return Ok(None) };
    let client = row.try_get::<Option<i64>, _>("client_id")?.map(client_id).transpose()?;
    let rest_until = row.try_get::<Option<i64>, _>("rest_until")?.map(time).transpose()?;
    let (status, since) = (status(row.try_get("status")?)?, time(row.try_get("since")?)?);
    Ok(Some(Standing { status, client, since, rest_until }))
}

/// What a number becomes.
struct Next {
    status: NumberStatus,
    client: Option<ClientId>,
    rest: Rest,
}

impl Next {
    /// In this state, and with this client's rest, if there is one, as it was.
    fn plain(status: NumberStatus, client: Option<ClientId>) -> Self {
        Self { status, client, rest: Rest::Kept }
    }
}

/// Until when a number is kept from everybody but the client who had it last.
enum Rest {
    /// As it was.
    Kept,
    /// Until then.
    Until(Timestamp),
    /// No longer.
    Over,
}

/// `$9`: whether the rest changes, to `$10`. A number that leaves a client has one.
const MOVE: &str = "UPDATE proxy_number SET status = $3, client_id = $4, \
        former_client_id = CASE WHEN $4 IS NULL THEN COALESCE(client_id, former_client_id) ELSE former_client_id END, \
        assigned_at = CASE WHEN $4 IS NULL THEN NULL ELSE assigned_at END, quarantine_until = $5, \
        owned_until = CASE WHEN $4 IS NULL AND client_id IS NOT NULL THEN $8 ELSE owned_until END, \
        rest_until = CASE WHEN $9 THEN $10 ELSE rest_until END, reservation = NULL, reserved_at = NULL, reserved_until = NULL, actor = $6, reason = $7, since = $8, updated_at = $8 \
    WHERE phone = $1 AND status = $2";

async fn bring(
    db: &mut Connection,
    phone: PhoneNumber,
    from: NumberStatus,
    next: &Next,
    act: &Act,
) -> Result<(), UnitError> {
    let rest = match next.rest {
        Rest::Kept => None,
        Rest::Until(until) => Some(Some(millis(until))),
        Rest::Over => Some(None),
    };
    let rests = next.status == NumberStatus::Quarantined;
    let moved = sqlx::query(MOVE)
        .bind(digits(phone))
        .bind(from.as_str())
        .bind(next.status.as_str())
        .bind(next.client.map(ClientId::get))
        .bind(rest.flatten().filter(|_| rests))
        .bind(act.actor.as_str())
        .bind(&act.reason)
        .bind(millis(act.at))
        .bind(rest.is_some())
        .bind(rest.flatten())
        .execute(&mut *db)
        .await?;
    if moved.rows_affected() == 1 { Ok(()) } else { Err(UnitError::Crossed) }
}

const IS_OPEN: &str = "SELECT 1 FROM client WHERE client_id = $1 AND closed_at IS NULL";

/// Whose a number is when it comes back into the pool: still its client's, unless the client was closed meanwhile.
async fn still_theirs(db: &mut Connection, client: Option<ClientId>) -> Result<Option<ClientId>, UnitError> {
    let Some(id) = client else { return Ok(None) };
    let open: Option<Row> = sqlx::query(IS_OPEN).bind(id.get()).fetch_optional(&mut *db).await?;
    Ok(open.map(|_| id))
}

pub(crate) async fn move_number(db: &mut Connection, _codec: &Codec, change: &MoveNumber) -> Result<Moved, UnitError> {
    let Some(stands) = standing(db, change.phone).await? else { return Ok(Moved::Unknown) };
    let Standing { status, client, .. } = stands;
    let next = match change.to {
        MoveTo::Quarantine { until } => {
            if let Err(reason) = may_leave(status, change.force) {
                return Ok(Moved::Kept(reason));
            }
            Next { status: NumberStatus::Quarantined, client: None, rest: Rest::Until(until) }
        }
        MoveTo::Error => match (status, may_leave(status, change.force)) {
            // A client who has it keeps it. Whoever holds it for a confirmation would lose it.
            (NumberStatus::Reserved | NumberStatus::Released, Err(reason)) if !change.force => {
                return Ok(Moved::Kept(reason));
            }
            _ => Next::plain(NumberStatus::Error, client),
        },
        MoveTo::Missing => Next::plain(NumberStatus::Missing, client),
        MoveTo::Pool => match (status, still_theirs(db, client).await?) {
            (NumberStatus::Available | NumberStatus::Assigned | NumberStatus::Reserved, _) => {
                return Ok(Moved::Already);
            }
            (_, Some(client)) => Next::plain(NumberStatus::Assigned, Some(client)),
            (_, None) => stands.free(change.act.at),
        },
        MoveTo::EndRest { begun } if status == NumberStatus::Quarantined && stands.since == begun => {
            Next { status: NumberStatus::Available, client: None, rest: Rest::Over }
        }
        // It does not rest, or another client had it since.
        MoveTo::EndRest { .. } => return Ok(Moved::Already),
    };
    if next.status == status {
        return Ok(Moved::Already);
    }
    bring(db, change.phone, status, &next, &change.act).await?;
    Ok(Moved::Done { from: status, client })
}

pub(crate) async fn release_number(
    db: &mut Connection,
    codec: &Codec,
    release: &ReleaseNumber,
) -> Result<Moved, UnitError> {
    let Some(Standing { status, client, .. }) = standing(db, release.phone).await? else { return Ok(Moved::Unknown) };
    if let Err(reason) = may_leave(status, release.force) {
        return Ok(Moved::Kept(reason));
    }
    let rest = client.map_or(Rest::Kept, |_| Rest::Until(release.rest_until));
    let next = Next { status: NumberStatus::Released, client: None, rest };
    bring(db, release.phone, status, &next, &release.act).await?;
    let work = Work::ReleaseNumber { number: release.phone };
    jobs::enqueue(db, codec, release.job, &work, release.lease_until).await?;
    Ok(Moved::Done { from: status, client })
}

/// Its id is the carrier's word for what the account has: nothing any more.
const GONE: &str = "UPDATE proxy_number SET sid = NULL WHERE phone = $1 AND status = 'released'";

pub(crate) async fn end_release(
    db: &mut Connection,
    _codec: &Codec,
    job: &ClaimedJob,
    phone: &PhoneNumber,
) -> Result<bool, UnitError> {
    sqlx::query(GONE).bind(digits(*phone)).execute(&mut *db).await?;
    jobs::end(db, job).await
}

const ADD: &str = "INSERT INTO proxy_number (phone, country, number_type, status, friendly_name, added_at, updated_at, \
        since, actor, reason, sid, voice, sms, wiring_before) \
    VALUES ($1, $2, $3, $4, $5, $6, $6, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (phone) DO NOTHING";

/// Adds a number in a state; false when it is there already.
async fn insert(
    db: &mut Connection,
    number: &NewNumber,
    status: NumberStatus,
    before: Option<String>,
    act: &Act,
) -> Result<bool, UnitError> {
    let carrier = number.carrier.as_ref();
    let added = sqlx::query(ADD)
        .bind(digits(number.phone))
        .bind(number.country.to_string())
        .bind(number.number_type.as_str())
        .bind(status.as_str())
        .bind(&number.friendly_name)
        .bind(millis(act.at))
        .bind(act.actor.as_str())
        .bind(&act.reason)
        .bind(carrier.map(|facts| facts.sid.as_str()))
        .bind(carrier.map(|facts| facts.voice))
        .bind(carrier.map(|facts| facts.sms))
        .bind(before)
        .execute(&mut *db)
        .await?;
    Ok(added.rows_affected() == 1)
}

pub(crate) async fn add_numbers(
    db: &mut Connection,
    codec: &Codec,
    numbers: &[NewNumber],
    act: &Act,
) -> Result<u64, UnitError> {
    hold_proxies(db).await?;
    let mut added = 0;
    for number in numbers {
        added += u64::from(add(db, codec, number, NumberStatus::Available, act).await?);
    }
    Ok(added)
}

pub(crate) async fn take_over_numbers(
    db: &mut Connection,
    codec: &Codec,
    numbers: &[(NewNumber, Option<String>)],
    act: &Act,
) -> Result<u64, UnitError> {
    hold_proxies(db).await?;
    let mut added = 0;
    for (number, aside) in numbers {
        let (status, reason) = match aside {
            Some(reason) => (NumberStatus::Error, reason),
            None => (NumberStatus::Available, &act.reason),
        };
        let act = Act::new(act.actor, reason, act.at);
        added += u64::from(add(db, codec, number, status, &act).await?);
    }
    Ok(added)
}

/// Adds a number that is nobody's real one; false when it is there already.
async fn add(
    db: &mut Connection,
    codec: &Codec,
    number: &NewNumber,
    status: NumberStatus,
    act: &Act,
) -> Result<bool, UnitError> {
    let added = insert(db, number, status, None, act).await?;
    if added {
        refuse_real(db, codec, number.phone).await?;
    }
    Ok(added)
}

pub(crate) async fn adopt_number(
    db: &mut Connection,
    codec: &Codec,
    adopt: &AdoptNumber,
) -> Result<NumberStatus, UnitError> {
    let phone = adopt.number.phone;
    hold_proxies(db).await?;
    let free = if adopt.used_elsewhere { NumberStatus::Error } else { NumberStatus::Available };
    let before = wiring::text(&adopt.before)?;
    let Some(stands) = standing(db, phone).await? else {
        refuse_real(db, codec, phone).await?;
        let added = insert(db, &adopt.number, free, Some(before), &adopt.act).await?;
        return if added { Ok(free) } else { Err(UnitError::Crossed) };
    };
    if let Some(facts) = &adopt.number.carrier {
        wiring::note(db, phone, facts, Some(before)).await?;
    }
    let (status, client) = (stands.status, still_theirs(db, stands.client).await?);
    let next = match (status, client) {
        // What a client has, or holds, stays so: its calls still come in, and an operator is told.
        (NumberStatus::Assigned | NumberStatus::Reserved, _) => Next::plain(status, client),
        _ if adopt.used_elsewhere => Next::plain(NumberStatus::Error, client),
        (NumberStatus::Error | NumberStatus::Missing, Some(_)) => Next::plain(NumberStatus::Assigned, client),
        (NumberStatus::Error | NumberStatus::Missing | NumberStatus::Released, _) => stands.free(adopt.act.at),
        (NumberStatus::Available | NumberStatus::Quarantined, _) => Next::plain(status, None),
    };
    // Also what stays set aside: it is on its way into the pool.
    if !matches!(next.status, NumberStatus::Assigned | NumberStatus::Reserved) || next.status != status {
        refuse_real(db, codec, phone).await?;
    }
    if next.status != status {
        bring(db, phone, status, &next, &adopt.act).await?;
    }
    Ok(next.status)
}

/// A purchase's number joins the pool, or comes back into it.
pub(super) async fn join(db: &mut Connection, codec: &Codec, number: &NewNumber, act: &Act) -> Result<(), UnitError> {
    hold_proxies(db).await?;
    // It is paid for: it is kept in any case, set aside where it must not be given out.
    let real = is_real(db, codec, number.phone).await?;
    let status = if real { NumberStatus::Error } else { NumberStatus::Available };
    if insert(db, number, status, None, act).await? {
        return Ok(());
    }
    if let Some(facts) = &number.carrier {
        wiring::note(db, number.phone, facts, None).await?;
    }
    match standing(db, number.phone).await? {
        Some(stands) if matches!(stands.status, NumberStatus::Released | NumberStatus::Missing) => {
            let client = still_theirs(db, stands.client).await?;
            let theirs = client.map(|client| Next::plain(NumberStatus::Assigned, Some(client)));
            let next = theirs.unwrap_or_else(|| stands.free(act.at));
            bring(db, number.phone, stands.status, &next, act).await
        }
        _ => Ok(()),
    }
}

/// A state from the store.
pub(super) fn status(word: &str) -> Result<NumberStatus, LedgerError> {
    NumberStatus::parse(word).ok_or_else(|| unreadable("a number's status"))
}

/// A type from the store.
pub(super) fn number_type(word: &str) -> Result<NumberType, LedgerError> {
    word.parse().map_err(|_| unreadable("a number's type"))
}
