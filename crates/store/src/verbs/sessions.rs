//! Who is signed in to the console.

use proxycall_domain::TokenName;
use proxycall_service::ports::ledger::{ConsoleSession, TokenHash};

use super::*;

const FORGET: &str = "DELETE FROM console_session WHERE begun_at < $1";
const BEGIN: &str =
    "INSERT INTO console_session (hash, token, token_hash, begun_at, seen_at) VALUES ($1, $2, $3, $4, $5)";
const ONE: &str = "SELECT token, token_hash, begun_at, seen_at FROM console_session WHERE hash = $1";
const SEEN: &str = "UPDATE console_session SET seen_at = $2 WHERE hash = $1 AND seen_at < $2";
const END: &str = "DELETE FROM console_session WHERE hash = $1";
const END_ALL: &str = "DELETE FROM console_session WHERE token = $1";

pub(crate) async fn begin_session(
    db: &mut Connection,
    _codec: &Codec,
    session: &ConsoleSession,
    over_before: &Timestamp,
) -> Result<(), UnitError> {
    sqlx::query(FORGET).bind(millis(*over_before)).execute(&mut *db).await?;
    sqlx::query(BEGIN)
        .bind(session.hash.as_slice())
        .bind(session.token.as_str())
        .bind(session.token_hash.as_slice())
        .bind(millis(session.begun_at))
        .bind(millis(session.seen_at))
        .execute(&mut *db)
        .await?;
    Ok(())
}

pub(crate) async fn session(
    db: &mut Connection,
    _codec: &Codec,
    hash: &TokenHash,
) -> Result<Option<ConsoleSession>, UnitError> {
    let row: Option<Row> = sqlx::query(ONE).bind(hash.as_slice()).fetch_optional(&mut *db).await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(ConsoleSession {
        hash: *hash,
        token: TokenName::from_store(row.try_get("token")?).ok_or_else(|| unreadable("a session's token"))?,
        token_hash: row.try_get::<&[u8], _>("token_hash")?.try_into().map_err(|_| unreadable("a session's token"))?,
        begun_at: time(row.try_get("begun_at")?)?,
        seen_at: time(row.try_get("seen_at")?)?,
    }))
}

pub(crate) async fn note_session_seen(
    db: &mut Connection,
    _codec: &Codec,
    hash: &TokenHash,
    now: &Timestamp,
) -> Result<(), UnitError> {
    sqlx::query(SEEN).bind(hash.as_slice()).bind(millis(*now)).execute(&mut *db).await?;
    Ok(())
}

pub(crate) async fn end_session(db: &mut Connection, _codec: &Codec, hash: &TokenHash) -> Result<(), UnitError> {
    sqlx::query(END).bind(hash.as_slice()).execute(&mut *db).await?;
    Ok(())
}

pub(crate) async fn end_sessions_of(db: &mut Connection, _codec: &Codec, token: &TokenName) -> Result<u64, UnitError> {
    Ok(sqlx::query(END_ALL).bind(token.as_str()).execute(&mut *db).await?.rows_affected())
}
