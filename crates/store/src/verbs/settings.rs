//! The operator's settings.

use super::*;

const ALL: &str = "SELECT key, value FROM setting ORDER BY key";
const SET: &str = "INSERT INTO setting (key, value, updated_at) VALUES ($1, $2, $3) \
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at";
const UNSET: &str = "DELETE FROM setting WHERE key = $1";

pub(crate) async fn settings(db: &mut Connection, _codec: &Codec) -> Result<Vec<(String, String)>, UnitError> {
    Ok(sqlx::query_as(ALL).fetch_all(&mut *db).await?)
}

pub(crate) async fn set_setting(
    db: &mut Connection,
    _codec: &Codec,
    key: &str,
    value: &Option<String>,
    now: &Timestamp,
) -> Result<(), UnitError> {
    match value {
        Some(value) => sqlx::query(SET).bind(key).bind(value).bind(millis(*now)).execute(&mut *db).await?,
        None => sqlx::query(UNSET).bind(key).execute(&mut *db).await?,
    };
    Ok(())
}
