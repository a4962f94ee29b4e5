//! What is kept for the mirror of the Google Sheet. Marks are made by triggers, in the unit of the change.

use std::collections::BTreeMap;

use proxycall_domain::{
    JobId, PendingId,
    sheet::{Cells, Intent, Record, Tab},
};
use proxycall_service::ports::ledger::{
    Mark, ProblemAt, SheetChanges, SheetNews, SheetProblem, SheetPulse, SheetState,
};
use serde::Serialize;

use super::*;

pub(super) fn tab_of(title: &str) -> Result<Tab, LedgerError> {
    Tab::ALL.into_iter().find(|tab| tab.title() == title).ok_or_else(|| unreadable("a tab"))
}

const MARKING: &str = "UPDATE sheet_state SET marking = $1 WHERE marking <> $1";

pub(crate) async fn mark_changes(db: &mut Connection, _codec: &Codec, on: &bool) -> Result<bool, UnitError> {
    let changed = sqlx::query(MARKING).bind(i64::from(*on)).execute(&mut *db).await?.rows_affected() > 0;
    if changed {
        sqlx::raw_sql(if *on { dialect::MARKS_ON } else { dialect::MARKS_OFF }).execute(&mut *db).await?;
    }
    Ok(changed)
}

const OWN: &str = "UPDATE sheet_state SET owner = $1, owned_until = $2 \
    WHERE owner IS NULL OR owner = $1 OR owned_until <= $3";

pub(crate) async fn own_sheet(
    db: &mut Connection,
    _codec: &Codec,
    owner: &JobId,
    until: &Timestamp,
    now: &Timestamp,
) -> Result<bool, UnitError> {
    let owned = sqlx::query(OWN).bind(owner.uuid()).bind(millis(*until)).bind(millis(*now)).execute(&mut *db).await?;
    Ok(owned.rows_affected() == 1)
}

const STATE: &str = "SELECT marking, begun_at, read_at, written_at, failure, failed_at, \
        (SELECT COUNT(*) FROM sheet_mark) AS waiting, (SELECT MIN(since) FROM sheet_mark) AS oldest, \
        (SELECT COUNT(*) FROM sheet_row) AS in_both, (SELECT COUNT(*) FROM sheet_problem) AS problems, \
        (SELECT COUNT(*) FROM sheet_problem WHERE standing = 1) AS standing FROM sheet_state";

pub(crate) async fn sheet_state(db: &mut Connection, _codec: &Codec) -> Result<SheetState, UnitError> {
    let row: Row = sqlx::query(STATE).fetch_one(&mut *db).await?;
    let at = |column: &str| -> Result<Option<Timestamp>, UnitError> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(time).transpose()?)
    };
    let count = |column: &str| -> Result<u64, UnitError> {
        Ok(u64::try_from(row.try_get::<i64, _>(column)?).unwrap_or_default())
    };
    Ok(SheetState {
        marking: row.try_get::<i64, _>("marking")? == 1,
        begun_at: at("begun_at")?,
        read_at: at("read_at")?,
        written_at: at("written_at")?,
        failure: row.try_get::<Option<String>, _>("failure")?.map(said_of_text).zip(at("failed_at")?),
        waiting: count("waiting")?,
        oldest: at("oldest")?,
        rows: count("in_both")?,
        problems: count("problems")?,
        standing: count("standing")?,
    })
}

const PULSE: &str = "SELECT begun_at, read_at, failure FROM sheet_state";

pub(crate) async fn sheet_pulse(db: &mut Connection, _codec: &Codec) -> Result<SheetPulse, UnitError> {
    let row: Row = sqlx::query(PULSE).fetch_one(&mut *db).await?;
    let at = |column: &str| -> Result<Option<Timestamp>, UnitError> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(time).transpose()?)
    };
    let failure = row.try_get::<Option<String>, _>("failure")?.map(said_of_text);
    Ok(SheetPulse { begun_at: at("begun_at")?, read_at: at("read_at")?, failure })
}

const WELL: &str = "UPDATE sheet_state SET read_at = $1, written_at = CASE WHEN $2 = 1 THEN $1 ELSE written_at END, \
    failure = NULL, failed_at = NULL";
const FAILED: &str = "UPDATE sheet_state SET failure = $2, failed_at = $1";
const BEGUN: &str = "UPDATE sheet_state SET begun_at = $1";

pub(crate) async fn note_sheet(
    db: &mut Connection,
    _codec: &Codec,
    news: &SheetNews,
    now: &Timestamp,
) -> Result<(), UnitError> {
    let now = millis(*now);
    match news {
        SheetNews::Well { wrote } => sqlx::query(WELL).bind(now).bind(i64::from(*wrote)).execute(&mut *db).await?,
        SheetNews::Failed(why) => sqlx::query(FAILED).bind(now).bind(said_to_text(why)?).execute(&mut *db).await?,
        SheetNews::Begun => sqlx::query(BEGUN).bind(now).execute(&mut *db).await?,
    };
    Ok(())
}

const WAITS: &str = "SELECT COUNT(*) FROM sheet_mark";

pub(crate) async fn sheet_waits(db: &mut Connection, _codec: &Codec) -> Result<u64, UnitError> {
    let waits: i64 = sqlx::query_scalar(WAITS).fetch_one(&mut *db).await?;
    Ok(u64::try_from(waits).unwrap_or_default())
}

const SEE: &str = "UPDATE sheet_mark SET since = $1 WHERE since IS NULL";
const MARKS: &str = "SELECT tab, key, seq, since FROM sheet_mark WHERE since IS NOT NULL \
    ORDER BY since, tab, key LIMIT $1";

pub(crate) async fn sheet_marks(
    db: &mut Connection,
    _codec: &Codec,
    limit: &u32,
    now: &Timestamp,
) -> Result<Vec<Mark>, UnitError> {
    sqlx::query(SEE).bind(millis(*now)).execute(&mut *db).await?;
    let rows: Vec<Row> = sqlx::query(MARKS).bind(i64::from(*limit)).fetch_all(&mut *db).await?;
    let mark = |row: &Row| {
        let (tab, since) = (tab_of(row.try_get("tab")?)?, time(row.try_get("since")?)?);
        Ok(Mark { tab, key: row.try_get("key")?, seq: row.try_get("seq")?, since })
    };
    rows.iter().map(mark).collect()
}

macro_rules! mark_every {
    ($tab:literal, $key:literal) => {
        concat!(
            "INSERT INTO sheet_mark (tab, key, seq) SELECT '",
            $tab,
            "', ",
            $key,
            " WHERE TRUE ON CONFLICT (tab, key) DO UPDATE SET seq = sheet_mark.seq + 1"
        )
    };
}

const MARK_CLIENTS: &str = mark_every!("Clients", "CAST(client_id AS TEXT), 1 FROM client");
const MARK_NUMBERS: &str = mark_every!("TwilioPools", "'+' || CAST(phone AS TEXT), 1 FROM proxy_number");
const MARK_CONFIRMATIONS: &str = mark_every!("CONFIRMATION_PENDING", "pending_id, 1 FROM confirmation");

pub(crate) async fn mark_all(db: &mut Connection, _codec: &Codec) -> Result<(), UnitError> {
    for every in [MARK_CLIENTS, MARK_NUMBERS, MARK_CONFIRMATIONS] {
        sqlx::query(every).execute(&mut *db).await?;
    }
    Ok(())
}

const CLIENT_KEYS: &str = "SELECT CAST(client_id AS TEXT) AS key FROM client";
const NUMBER_KEYS: &str = "SELECT '+' || CAST(phone AS TEXT) AS key FROM proxy_number";
const CONFIRMATION_KEYS: &str = "SELECT pending_id AS key FROM confirmation";

pub(crate) async fn sheet_keys(db: &mut Connection, _codec: &Codec, tab: Tab) -> Result<Vec<String>, UnitError> {
    let keys = match tab {
        Tab::Clients => CLIENT_KEYS,
        Tab::Pool => NUMBER_KEYS,
        Tab::Confirmations => CONFIRMATION_KEYS,
    };
    Ok(sqlx::query_scalar(keys).fetch_all(&mut *db).await?)
}

const LIVE_CLIENTS: &str = "SELECT COUNT(*) FROM client WHERE closed_at IS NULL";
const LIVE_NUMBERS: &str = "SELECT COUNT(*) FROM proxy_number WHERE status NOT IN ('released', 'missing')";
const LIVE_CONFIRMATIONS: &str = "SELECT COUNT(*) FROM confirmation WHERE stage IN ('open', 'awaiting_consent')";

pub(crate) async fn live_records(db: &mut Connection, _codec: &Codec, tab: Tab) -> Result<usize, UnitError> {
    let count = match tab {
        Tab::Clients => LIVE_CLIENTS,
        Tab::Pool => LIVE_NUMBERS,
        Tab::Confirmations => LIVE_CONFIRMATIONS,
    };
    let live: i64 = sqlx::query_scalar(count).fetch_one(&mut *db).await?;
    Ok(usize::try_from(live).unwrap_or_default())
}

const FORGET_ROWS: &str = "DELETE FROM sheet_row";
const FORGET_MARKS: &str = "DELETE FROM sheet_mark";
const FORGET_INTENTS: &str = "DELETE FROM sheet_intent";
const FORGET_PROBLEMS: &str = "DELETE FROM sheet_problem";
const FORGET_STATE: &str = "UPDATE sheet_state SET owner = NULL, owned_until = NULL, begun_at = NULL, read_at = NULL, \
    written_at = NULL, failure = NULL, failed_at = NULL";

pub(crate) async fn forget_sheet(db: &mut Connection, _codec: &Codec) -> Result<(), UnitError> {
    for all in [FORGET_ROWS, FORGET_MARKS, FORGET_INTENTS, FORGET_PROBLEMS, FORGET_STATE] {
        sqlx::query(all).execute(&mut *db).await?;
    }
    Ok(())
}

fn cells_of(codec: &Codec, row: &Row) -> Result<(String, Cells), UnitError> {
    Ok((row.try_get("key")?, codec.open_json(SHEET_ROW_CELLS, row.try_get("cells")?)?))
}

const ROWS: &str = "SELECT key, cells FROM sheet_row WHERE tab = $1 AND key > $2 ORDER BY key LIMIT $3";

pub(crate) async fn sheet_rows(
    db: &mut Connection,
    codec: &Codec,
    tab: Tab,
    after: String,
    limit: u32,
) -> Result<Vec<(String, Cells)>, UnitError> {
    let query = sqlx::query(ROWS).bind(tab.title()).bind(after).bind(i64::from(limit));
    let rows: Vec<Row> = query.fetch_all(&mut *db).await?;
    rows.iter().map(|row| cells_of(codec, row)).collect()
}

/// How many rows are asked for in one statement.
const ROWS_AT_ONCE: usize = 500;

/// A row of a statement that reads or writes many. Bytes are in hex.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    tab: Option<&'static str>,
    key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cells: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<i64>,
}

fn lines(lines: &[Line<'_>]) -> Result<String, LedgerError> {
    serde_json::to_string(lines).map_err(|_| unreadable("a row without JSON form"))
}

pub(crate) async fn sheet_rows_of(
    db: &mut Connection,
    codec: &Codec,
    tab: Tab,
    keys: Vec<String>,
) -> Result<Vec<(String, Cells)>, UnitError> {
    let mut found = Vec::new();
    for some in keys.chunks(ROWS_AT_ONCE) {
        let wanted: Vec<_> = some.iter().map(|key| Line { tab: None, key, cells: None, seq: None }).collect();
        let query = sqlx::query(dialect::LAST_SHOWN).bind(lines(&wanted)?).bind(tab.title());
        for row in query.fetch_all(&mut *db).await? {
            found.push(cells_of(codec, &row)?);
        }
    }
    Ok(found)
}

pub(crate) async fn sheet_records(
    db: &mut Connection,
    codec: &Codec,
    tab: Tab,
    keys: Vec<String>,
    now: Timestamp,
) -> Result<Vec<(String, Record)>, UnitError> {
    let mut found = Vec::new();
    for key in keys {
        let record = record(db, codec, tab, &key, now).await?;
        found.extend(record.map(|record| (key, record)));
    }
    Ok(found)
}

async fn record(
    db: &mut Connection,
    codec: &Codec,
    tab: Tab,
    key: &str,
    now: Timestamp,
) -> Result<Option<Record>, UnitError> {
    Ok(match tab {
        Tab::Clients => match ClientId::parse("client_id", key) {
            Ok(id) => clients::find(db, codec, id).await?.map(|client| Record::of_client(&client)),
            Err(_) => None,
        },
        Tab::Pool => match PhoneNumber::parse(key) {
            Ok(phone) => numbers::number(db, codec, phone).await?.map(|number| Record::of_number(&number)),
            Err(_) => None,
        },
        Tab::Confirmations => {
            let id = PendingId::from_store(key.to_owned());
            confirmations::confirmation(db, codec, id).await?.map(|it| Record::of_confirmation(&it, now))
        }
    })
}

const INTENTS: &str = "SELECT intents FROM sheet_intent WHERE tab = $1";

/// How many intents are sealed together. Ten thousand of them in one value would be in memory several times over.
const INTENTS_AT_ONCE: usize = 250;

/// Which row of `sheet_intent` holds a part of a tab's: the first has the tab's name, as when there was no other.
fn part_of(tab: Tab, part: usize) -> String {
    if part == 0 { tab.title().to_owned() } else { format!("{}.{part}", tab.title()) }
}

pub(crate) async fn sheet_intents(db: &mut Connection, codec: &Codec, tab: Tab) -> Result<Vec<Intent>, UnitError> {
    let mut all = Vec::new();
    for part in 0.. {
        let query = sqlx::query(INTENTS).bind(part_of(tab, part));
        let row: Option<Row> = query.fetch_optional(&mut *db).await?;
        let Some(row) = row else { break };
        let intents: Vec<Intent> = codec.open_json(SHEET_INTENT_INTENTS, row.try_get("intents")?)?;
        all.extend(intents);
    }
    Ok(all)
}

const IN_SHOP: &str = "UPDATE client SET in_shop = $2 WHERE client_id = $1";
const FORGET: &str = "DELETE FROM sheet_row WHERE tab = $1 AND key = $2";
const FORGET_PARTS: &str = "DELETE FROM sheet_intent WHERE tab = $1 OR tab LIKE $2";
const INTEND: &str = "INSERT INTO sheet_intent (tab, intents) VALUES ($1, $2)";
const MARK: &str =
    "INSERT INTO sheet_mark (tab, key, seq, since) VALUES ($1, $2, 1, $3) ON CONFLICT (tab, key) DO NOTHING";
const TELL: &str = "INSERT INTO sheet_problem (tab, key, reason, standing, since) VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (tab, key) DO UPDATE SET reason = excluded.reason, standing = excluded.standing, since = excluded.since";
const SETTLED: &str = "DELETE FROM sheet_problem WHERE tab = $1 AND key = $2";

pub(crate) async fn keep_sheet(
    db: &mut Connection,
    codec: &Codec,
    changes: &SheetChanges,
    now: &Timestamp,
) -> Result<(), UnitError> {
    for (client, in_shop) in &changes.in_shop {
        sqlx::query(IN_SHOP).bind(client.get()).bind(in_shop.map(i64::from)).execute(&mut *db).await?;
    }
    // Of two that are kept for one row, the last counts; a statement must not write a row twice.
    let bases = changes.bases.iter().map(|(tab, key, cells)| ((tab.title(), key.as_str()), cells.as_ref()));
    let bases: BTreeMap<_, _> = bases.collect();
    let mut shown = Vec::with_capacity(bases.len());
    for ((tab, key), cells) in bases {
        match cells {
            Some(cells) => {
                let cells = Some(hex::encode(codec.seal_json(SHEET_ROW_CELLS, cells)?));
                shown.push(Line { tab: Some(tab), key, cells, seq: None });
            }
            None => {
                sqlx::query(FORGET).bind(tab).bind(key).execute(&mut *db).await?;
            }
        }
    }
    if !shown.is_empty() {
        sqlx::query(dialect::KEEP_SHOWN).bind(lines(&shown)?).execute(&mut *db).await?;
    }
    for (tab, intents) in &changes.intents {
        let further = format!("{}.%", tab.title());
        sqlx::query(FORGET_PARTS).bind(tab.title()).bind(further).execute(&mut *db).await?;
        for (part, intents) in intents.chunks(INTENTS_AT_ONCE).enumerate() {
            let sealed = codec.seal_json(SHEET_INTENT_INTENTS, &intents)?;
            sqlx::query(INTEND).bind(part_of(*tab, part)).bind(sealed).execute(&mut *db).await?;
        }
    }
    for (tab, key) in &changes.marked {
        sqlx::query(MARK).bind(tab.title()).bind(key).bind(millis(*now)).execute(&mut *db).await?;
    }
    if !changes.unmarked.is_empty() {
        let of_marks = changes.unmarked.iter().map(|mark| {
            let Mark { tab, key, seq, .. } = mark;
            Line { tab: Some(tab.title()), key, cells: None, seq: Some(*seq) }
        });
        let marks: Vec<_> = of_marks.collect();
        sqlx::query(dialect::UNMARK).bind(lines(&marks)?).execute(&mut *db).await?;
    }
    for (tab, key, told) in &changes.problems {
        let query = match told {
            Some(told) => {
                let query = sqlx::query(TELL).bind(tab.title()).bind(key);
                query.bind(said_to_text(&told.reason)?).bind(i64::from(told.standing)).bind(millis(*now))
            }
            None => sqlx::query(SETTLED).bind(tab.title()).bind(key),
        };
        query.execute(&mut *db).await?;
    }
    Ok(())
}

const PROBLEMS: &str = "SELECT tab, key, reason, standing, since FROM sheet_problem \
    WHERE since < $1 OR (since = $1 AND (tab > $2 OR (tab = $2 AND key > $3))) ORDER BY since DESC, tab, key LIMIT $4";

pub(crate) async fn sheet_problems(
    db: &mut Connection,
    _codec: &Codec,
    after: Option<ProblemAt>,
    limit: u32,
) -> Result<Vec<SheetProblem>, UnitError> {
    let (since, tab, key) = match after {
        Some(ProblemAt { since, tab, key }) => (millis(since), tab.title(), key),
        None => (i64::MAX, "", String::new()),
    };
    let query = sqlx::query(PROBLEMS).bind(since).bind(tab).bind(key).bind(i64::from(limit));
    let rows: Vec<Row> = query.fetch_all(&mut *db).await?;
    let problem = |row: &Row| {
        let (tab, since) = (tab_of(row.try_get("tab")?)?, time(row.try_get("since")?)?);
        let standing = row.try_get::<i64, _>("standing")? == 1;
        Ok(SheetProblem {
            tab,
            key: row.try_get("key")?,
            reason: said_of_text(row.try_get("reason")?),
            standing,
            since,
        })
    };
    rows.iter().map(problem).collect()
}
