//! Confirmations for the console: by where they stand, newest first, each with what was sent for it.

use std::collections::BTreeMap;

use proxycall_domain::PendingId;
use proxycall_service::ports::ledger::{
    BoardCounts, BoardEntry, BoardFilter, BoardGroup, DispatchState, LastDispatch, Page,
};

use super::{
    confirmations::{kept_of, select_confirmations},
    *,
};

/// Of a stage: by when they ended, those that are not over by when they began.
macro_rules! of_stage {
    ($which:literal) => {
        select_confirmations!(concat!(
            // The first of the two for the index, which knows no pairs of what is computed.
            "stage = $1 AND COALESCE(ended_at, created_at) <= $2 \
                 AND (COALESCE(ended_at, created_at), pending_id) < ($2, $3) AND ",
            $which,
            " ORDER BY COALESCE(ended_at, created_at) DESC, pending_id DESC LIMIT $5"
        ))
    };
}

/// `$4` is now: what is only not written down as over is shown neither as going on nor as over.
const LIVE: &str = of_stage!("expires_at > $4 AND tries < 5");
const OVER: &str = of_stage!("$4 > 0");
const LOCKED: &str = select_confirmations!(
    "stage = $1 AND tries >= 5 AND (created_at, pending_id) < ($2, $3) AND expires_at > $4 \
     ORDER BY created_at DESC, pending_id DESC LIMIT $5"
);

/// The texts that find a group, each with the stage that it is for.
fn ways(group: BoardGroup) -> &'static [(&'static str, &'static str)] {
    match group {
        BoardGroup::UnderWay => &[(LIVE, "open")],
        BoardGroup::Waiting => &[(LIVE, "awaiting_consent")],
        BoardGroup::Locked => &[(LOCKED, "open")],
        BoardGroup::Done => &[(OVER, "promoted"), (OVER, "updated")],
        BoardGroup::Failed => &[(OVER, "failed"), (OVER, "expired")],
    }
}

/// Where a confirmation stands on the board.
type Place = (i64, String);

fn place_of(row: &Row) -> Result<Place, UnitError> {
    let began: i64 = row.try_get("created_at")?;
    Ok((row.try_get::<Option<i64>, _>("ended_at")?.unwrap_or(began), row.try_get("pending_id")?))
}

const PLACE: &str = "SELECT pending_id, created_at, ended_at FROM confirmation WHERE pending_id = $1";

pub(crate) async fn board(
    db: &mut Connection,
    codec: &Codec,
    filter: &BoardFilter,
    now: Timestamp,
) -> Result<Page<BoardEntry>, UnitError> {
    let mut before: Place = (i64::MAX, String::new());
    if let Some(after) = &filter.after {
        let row: Option<Row> = sqlx::query(PLACE).bind(after).fetch_optional(&mut *db).await?;
        let Some(row) = row else { return Ok(Page { items: Vec::new(), next: None }) };
        before = place_of(&row)?;
    }
    let mut rows: Vec<(Place, Row)> = Vec::new();
    for (text, stage) in ways(filter.group) {
        let query = sqlx::query(*text).bind(*stage).bind(before.0).bind(&before.1).bind(millis(now));
        let of_stage: Vec<Row> = query.bind(one_more(filter.limit)).fetch_all(&mut *db).await?;
        for row in of_stage {
            rows.push((place_of(&row)?, row));
        }
    }
    rows.sort_by(|(one, _), (other, _)| other.cmp(one));
    let rows = Page::cut(rows, filter.limit, |((_, id), _)| id.clone());
    let mut items = Vec::with_capacity(rows.items.len());
    for (_, row) in &rows.items {
        items.push(entry_of(db, codec, row).await?);
    }
    Ok(Page { items, next: rows.next })
}

macro_rules! count_of {
    ($which:literal) => {
        concat!(
            "SELECT COUNT(*) FROM (SELECT 1 FROM confirmation WHERE ",
            $which,
            " AND expires_at > $1 LIMIT 10000) AS found"
        )
    };
}

pub(crate) async fn board_counts(
    db: &mut Connection,
    _codec: &Codec,
    now: Timestamp,
) -> Result<BoardCounts, UnitError> {
    let mut counts = BoardCounts::default();
    for (count, text) in [
        (&mut counts.under_way, count_of!("stage = 'open' AND tries < 5")),
        (&mut counts.waiting, count_of!("stage = 'awaiting_consent'")),
        (&mut counts.locked, count_of!("stage = 'open' AND tries >= 5")),
    ] {
        let found: i64 = sqlx::query_scalar(text).bind(millis(now)).fetch_one(&mut *db).await?;
        *count = u64::try_from(found).unwrap_or_default();
    }
    Ok(counts)
}

const ONE: &str = select_confirmations!("pending_id = $1");

pub(crate) async fn board_entry(
    db: &mut Connection,
    codec: &Codec,
    id: &PendingId,
) -> Result<Option<BoardEntry>, UnitError> {
    let row: Option<Row> = sqlx::query(ONE).bind(id.as_str()).fetch_optional(&mut *db).await?;
    match row {
        Some(row) => Ok(Some(entry_of(db, codec, &row).await?)),
        None => Ok(None),
    }
}

/// A confirmation with what was sent for it.
pub(super) async fn entry_of(db: &mut Connection, codec: &Codec, row: &Row) -> Result<BoardEntry, UnitError> {
    let it = kept_of(codec, row)?.it;
    let ended_at = row.try_get::<Option<i64>, _>("ended_at")?.map(time).transpose()?;
    let dispatches = last_dispatches(db, &it.id).await?;
    Ok(BoardEntry { it, ended_at, dispatches })
}

/// In their order, so that a later one of its kind takes the place of the one before. Limits keep them few.
const DISPATCHES: &str = "SELECT kind, state, error_code, queued_at, sent_at FROM dispatch WHERE pending_id = $1 \
    ORDER BY queued_at, id LIMIT 1000";

async fn last_dispatches(db: &mut Connection, id: &PendingId) -> Result<Vec<LastDispatch>, UnitError> {
    let rows: Vec<Row> = sqlx::query(DISPATCHES).bind(id.as_str()).fetch_all(&mut *db).await?;
    let mut last = BTreeMap::new();
    for row in rows {
        let kind = dispatches::kind(row.try_get("kind")?)?;
        let state = DispatchState::parse(row.try_get("state")?).ok_or_else(|| unreadable("a state of a dispatch"))?;
        let error_code = row.try_get::<Option<i64>, _>("error_code")?.and_then(|code| i32::try_from(code).ok());
        let (queued_at, sent_at) = (time(row.try_get("queued_at")?)?, row.try_get::<Option<i64>, _>("sent_at")?);
        last.insert(kind, LastDispatch { kind, state, error_code, queued_at, sent_at: sent_at.map(time).transpose()? });
    }
    Ok(last.into_values().collect())
}
