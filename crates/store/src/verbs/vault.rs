//! Going over from one secret to another while the store is used, and sealing what older programs left unsealed: part by
//! part, and each part is a unit.
//!
//! What writes use is one word in the store, which every instance follows within a second. All tables are gone through
//! again and again until nothing was found that is not sealed with it, nothing that is younger than a day can still need
//! the other secret, and the last time began after all instances had followed.

use jiff::SignedDuration;
use proxycall_service::ports::ledger::{Renewal, VaultState, Waits};
use uuid::Uuid;

use super::{
    renew_hashes::{renew_dispatch, renew_order},
    vault_steps::{Beside, Id, STEPS, Step, Task},
    *,
};

/// How many rows one part looks at.
const ROWS: i64 = 250;
/// After which time every instance has followed. They look each second.
pub(super) const FOLLOWED: SignedDuration = SignedDuration::from_mins(2);
/// What cannot be keyed anew is compared for a day.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// How long what has no time of its own is waited for.
const LATER: SignedDuration = SignedDuration::from_hours(1);

fn plus(at: Timestamp, wait: SignedDuration) -> Timestamp {
    at.checked_add(wait).unwrap_or(at)
}

/// How far things are.
pub(super) struct Progress {
    writes_with: String,
    before: String,
    begun_at: Option<Timestamp>,
    step: Option<String>,
    last_row: Option<String>,
    pass_at: i64,
    renewed: i64,
    unreadable: i64,
    sealed_with: Option<String>,
    retired: String,
}

impl Progress {
    fn is_retired(&self, fingerprint: &str) -> bool {
        self.retired.split(' ').any(|retired| retired == fingerprint)
    }

    fn is_sealed(&self) -> bool {
        self.writes_with == self.before && self.sealed_with.as_ref() == Some(&self.writes_with)
    }

    /// Before this moment something may have been written with the secret before.
    pub(super) fn mixed_until(&self) -> Timestamp {
        self.begun_at.map_or(Timestamp::MIN, |begun| plus(begun, FOLLOWED))
    }
}

const PROGRESS: &str = "SELECT COALESCE(v.writes_with, m.value) AS writes_with, m.value AS before, v.begun_at, v.step, \
        v.last_row, v.pass_at, v.renewed, v.unreadable, v.sealed_with, v.retired \
    FROM vault v JOIN meta m ON m.key = 'secret_fingerprint'";

async fn progress(db: &mut Connection) -> Result<Progress, UnitError> {
    let row: Row = sqlx::query(PROGRESS).fetch_one(&mut *db).await?;
    Ok(Progress {
        writes_with: row.try_get("writes_with")?,
        before: row.try_get("before")?,
        begun_at: row.try_get::<Option<i64>, _>("begun_at")?.map(time).transpose()?,
        step: row.try_get("step")?,
        last_row: row.try_get("last_row")?,
        pass_at: row.try_get("pass_at")?,
        renewed: row.try_get("renewed")?,
        unreadable: row.try_get("unreadable")?,
        sealed_with: row.try_get("sealed_with")?,
        retired: row.try_get("retired")?,
    })
}

pub(crate) async fn renewal_to(db: &mut Connection, _codec: &Codec, wanted: &str) -> Result<Option<String>, UnitError> {
    let progress = progress(db).await?;
    let keeps =
        wanted == progress.writes_with || progress.writes_with != progress.before || progress.is_retired(wanted);
    Ok(if !keeps {
        Some(wanted.to_owned())
    } else if progress.is_sealed() {
        None
    } else {
        Some(progress.writes_with)
    })
}

/// Makes who works on this wait for each other.
const HOLD: &str = "UPDATE vault SET one = one";
const BEGIN: &str = "UPDATE vault SET writes_with = $1, begun_at = $2, step = NULL, last_row = NULL, pass_at = $2, \
    renewed = 0, unreadable = 0, sealed_with = NULL";
const GO_ON: &str = "UPDATE vault SET step = $1, last_row = $2, renewed = $3, unreadable = $4, pass_at = $5";
const ANOTHER_PASS: &str = "UPDATE vault SET step = NULL, last_row = NULL, renewed = 0, unreadable = 0";
/// Behind the last step.
const END: &str = "end";

pub(crate) async fn renew(db: &mut Connection, codec: &Codec, to: &str, now: &Timestamp) -> Result<Renewal, UnitError> {
    sqlx::query(HOLD).execute(&mut *db).await?;
    let progress = progress(db).await?;
    let first = STEPS.first().map_or("", |step| step.name);
    let under_way = progress.begun_at.is_some() && progress.sealed_with.is_none();
    if !under_way {
        if (progress.writes_with == to && progress.is_sealed()) || progress.is_retired(to) {
            return Ok(Renewal::Done);
        }
        if !codec.knows(to) {
            return Ok(Renewal::Later { at: plus(*now, SignedDuration::from_mins(1)), why: Waits::Unknown });
        }
        sqlx::query(BEGIN).bind(to).bind(millis(*now)).execute(&mut *db).await?;
        return Ok(Renewal::More { at: first, looked_at: 0, renewed: 0 });
    }
    if codec.writes()?.fingerprint() != progress.writes_with {
        return Ok(Renewal::Later { at: plus(*now, SignedDuration::from_mins(1)), why: Waits::Unknown });
    }
    part(db, codec, progress, *now).await
}

/// What the rows of one part came to.
#[derive(Default)]
struct Found {
    looked_at: i64,
    last: Option<String>,
    renewed: i64,
    unreadable: i64,
}

async fn part(db: &mut Connection, codec: &Codec, at: Progress, now: Timestamp) -> Result<Renewal, UnitError> {
    let index = match at.step.as_deref() {
        None => Some(0),
        Some(name) => STEPS.iter().position(|step| step.name == name),
    };
    let Some(step) = index.and_then(|index| STEPS.get(index)) else { return end_of_pass(db, codec, &at, now).await };
    let found = go_through(db, codec, step, &at, now).await?;
    let (renewed, unreadable) = (at.renewed + found.renewed, at.unreadable + found.unreadable);
    let (next, last_row) = if found.looked_at < ROWS {
        let next = index.and_then(|index| STEPS.get(index + 1));
        (next.map_or(END, |next| next.name), None)
    } else {
        (step.name, found.last)
    };
    let pass_at = if at.step.is_none() { millis(now) } else { at.pass_at };
    let query = sqlx::query(GO_ON).bind(next).bind(last_row).bind(renewed).bind(unreadable).bind(pass_at);
    query.execute(&mut *db).await?;
    Ok(Renewal::More { at: step.name, looked_at: count(found.looked_at), renewed: count(found.renewed) })
}

fn count(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or_default()
}

/// Where a row stands, as the store keeps it; and back.
fn text_of(row: &Row, id: Id) -> Result<String, UnitError> {
    Ok(match id {
        Id::Number => row.try_get::<i64, _>("id")?.to_string(),
        Id::Uuid => row.try_get::<Uuid, _>("id")?.to_string(),
        Id::Text => row.try_get("id")?,
    })
}

/// Binds what a step's rows are told apart by.
macro_rules! bind_id {
    ($query:expr, $id:expr, $text:expr) => {
        match $id {
            Id::Number => $query.bind($text.parse::<i64>().unwrap_or_default()),
            Id::Uuid => $query.bind($text.parse::<Uuid>().unwrap_or_default()),
            Id::Text => $query.bind($text.to_owned()),
        }
    };
}

/// Looks at the next rows of a step, and renews what is not as it would be written now.
async fn go_through(
    db: &mut Connection,
    codec: &Codec,
    step: &'static Step,
    at: &Progress,
    now: Timestamp,
) -> Result<Found, UnitError> {
    let after = at.last_row.as_deref().unwrap_or_default();
    let rows: Vec<Row> = bind_id!(sqlx::query(step.read), step.id, after).bind(ROWS).fetch_all(&mut *db).await?;
    let mut found = Found { looked_at: i64::try_from(rows.len()).unwrap_or(ROWS), ..Found::default() };
    for row in &rows {
        let id = text_of(row, step.id)?;
        let renewed = match &step.task {
            Task::Seal { .. } => renew_sealed(db, codec, step, row, &id).await,
            Task::Orders => renew_order(db, codec, row, &id, at.mixed_until()).await,
            Task::Dispatches => renew_dispatch(db, codec, row).await,
        };
        match renewed {
            Ok(renewed) => found.renewed += i64::from(renewed),
            // One row that no listed secret opens must not hold up all others; it is left as it is, and counted.
            Err(UnitError::Refused(LedgerError::Unreadable(_))) => found.unreadable += 1,
            Err(error) => return Err(error),
        }
        found.last = Some(id);
    }
    if let (Some(forget), Some(last)) = (step.forget, &found.last) {
        let day_ago = now.checked_sub(DAY).unwrap_or(Timestamp::MIN);
        let query = bind_id!(sqlx::query(forget), step.id, after);
        bind_id!(query, step.id, last).bind(millis(day_ago)).execute(&mut *db).await?;
    }
    Ok(found)
}

/// Whether a row was not as it would be written now.
async fn renew_sealed(
    db: &mut Connection,
    codec: &Codec,
    step: &'static Step,
    row: &Row,
    id: &str,
) -> Result<bool, UnitError> {
    let Task::Seal { column, beside, write, .. } = &step.task else { return Ok(false) };
    let Some(sealed) = row.try_get::<Option<&[u8]>, _>("sealed")? else { return Ok(false) };
    let Some(anew) = codec.reseal(*column, sealed)? else { return Ok(false) };
    let mut query = bind_id!(sqlx::query(*write), step.id, id).bind(anew).bind(sealed);
    if !matches!(beside, Beside::Nothing) {
        let (phone, keys) = (codec.open_phone(*column, sealed)?, codec.writes()?);
        // Who was erased is not found by anything.
        let erased = phone == PhoneNumber::ERASED;
        query = query.bind(if erased { LookupKey::new() } else { keys.phone_key(phone) });
        if matches!(beside, Beside::PhoneAndLastFourKey) {
            query = query.bind(if erased { LookupKey::new() } else { keys.last_four_key(&phone.last_four()) });
        }
    }
    // A row that was changed meanwhile is looked at again in the next pass.
    query.execute(&mut *db).await?;
    Ok(true)
}

const OLD_REQUESTS: &str = "DELETE FROM request WHERE started_at < $1";
const OLD_PAGE_REQUESTS: &str = "DELETE FROM page_request WHERE at < $1";
const MIXED: &str = "SELECT (SELECT COUNT(*) FROM request WHERE started_at < $1) \
    + (SELECT COUNT(*) FROM page_request WHERE at < $1) \
    + (SELECT COUNT(*) FROM client WHERE request_key IS NOT NULL AND created_at < $1) \
    + (SELECT COUNT(*) FROM confirmation WHERE ended_at IS NULL AND (code_key IS NULL OR code_key <> $2)) AS waiting";
const GO_OVER: &str = "UPDATE meta SET value = $1 WHERE key = 'secret_fingerprint'";
const GIVE_UP_OWN: &str = "DELETE FROM meta WHERE key = 'secret_key'";
const FINISH: &str = "UPDATE vault SET sealed_with = $1, step = NULL, last_row = NULL, renewed = 0, unreadable = 0, \
    retired = $2";

/// What cannot be keyed anew and is still compared.
async fn waiting(db: &mut Connection, codec: &Codec, at: &Progress) -> Result<i64, UnitError> {
    if at.writes_with == at.before {
        return Ok(0);
    }
    let id = codec.writes()?.id();
    let row: Row = sqlx::query(MIXED).bind(millis(at.mixed_until())).bind(&id[..]).fetch_one(&mut *db).await?;
    Ok(row.try_get("waiting")?)
}

/// Ends the work, or begins at the first table again when there was something left.
async fn end_of_pass(db: &mut Connection, codec: &Codec, at: &Progress, now: Timestamp) -> Result<Renewal, UnitError> {
    let day_ago = millis(now.checked_sub(DAY).unwrap_or(Timestamp::MIN));
    for old in [OLD_REQUESTS, OLD_PAGE_REQUESTS] {
        sqlx::query(old).bind(day_ago).execute(&mut *db).await?;
    }
    let (waiting, mixed_until) = (waiting(db, codec, at).await?, at.mixed_until());
    let later = |earliest: Timestamp, why| {
        let at = if earliest > now { earliest } else { plus(now, LATER) };
        Renewal::Later { at, why }
    };
    let next = if at.renewed > 0 && now >= mixed_until {
        Renewal::More { at: STEPS.first().map_or("", |step| step.name), looked_at: 0, renewed: 0 }
    } else if at.pass_at < millis(mixed_until) {
        if now < mixed_until {
            later(mixed_until, Waits::Instances)
        } else {
            Renewal::More { at: STEPS.first().map_or("", |step| step.name), looked_at: 0, renewed: 0 }
        }
    } else if at.unreadable > 0 {
        later(now, Waits::Unreadable)
    } else if waiting > 0 {
        later(plus(mixed_until, DAY), Waits::Day)
    } else {
        return finish(db, at).await;
    };
    sqlx::query(ANOTHER_PASS).execute(&mut *db).await?;
    Ok(next)
}

async fn finish(db: &mut Connection, at: &Progress) -> Result<Renewal, UnitError> {
    let mut retired = at.retired.clone();
    if at.writes_with != at.before {
        retired = format!("{retired} {}", at.before).trim_start().to_owned();
        sqlx::query(GO_OVER).bind(&at.writes_with).execute(&mut *db).await?;
        // It was kept there for want of another; that one is used no more.
        sqlx::query(GIVE_UP_OWN).execute(&mut *db).await?;
    }
    sqlx::query(FINISH).bind(&at.writes_with).bind(retired).execute(&mut *db).await?;
    Ok(Renewal::Done)
}

pub(crate) async fn state(db: &mut Connection, codec: &Codec, counted: bool) -> Result<VaultState, UnitError> {
    let at = progress(db).await?;
    let mut left = Vec::new();
    if counted {
        let head = codec.head()?;
        for step in &STEPS {
            if let Task::Seal { left: sql, .. } = &step.task {
                let rows: i64 = sqlx::query_scalar(*sql).bind(&head[..]).fetch_one(&mut *db).await?;
                left.extend((rows > 0).then(|| (step.name, count(rows))));
            }
        }
    }
    Ok(VaultState {
        waiting: count(waiting(db, codec, &at).await?),
        unreadable: count(at.unreadable),
        sealed: at.is_sealed(),
        begun_at: at.begun_at.filter(|_| at.sealed_with.is_none()),
        before: (at.writes_with != at.before).then_some(at.before),
        writes_with: at.writes_with,
        left,
        known: Vec::new(),
    })
}
