//! What the store knows of itself.

use super::*;
use crate::keys::SecretMeta;

const CLAIM: &str = "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING";
const READ: &str = "SELECT value FROM meta WHERE key = $1";
const ALL_SEALED: &str = "UPDATE vault SET sealed_with = $1 WHERE writes_with IS NULL";
const WRITES_WITH: &str = "SELECT writes_with FROM vault";
const IN_USE: &str = "SELECT COALESCE(v.writes_with, m.value) AS writes_with, m.value AS before \
    FROM vault v JOIN meta m ON m.key = 'secret_fingerprint'";
const TOUCH: &str = "UPDATE meta SET value = value WHERE key = 'secret_fingerprint'";

/// The first to come writes which secret the store is made with; all others read it.
pub(crate) async fn claim_secret(
    db: &mut Connection,
    _codec: &Codec,
    fingerprint: &str,
    secret: &Option<String>,
) -> Result<SecretMeta, UnitError> {
    let claimed = sqlx::query(CLAIM).bind("secret_fingerprint").bind(fingerprint).execute(&mut *db).await?;
    if claimed.rows_affected() == 1 {
        if let Some(secret) = secret {
            sqlx::query(CLAIM).bind("secret_key").bind(secret).execute(&mut *db).await?;
        }
        // A new store holds nothing that is not sealed.
        sqlx::query(ALL_SEALED).bind(fingerprint).execute(&mut *db).await?;
    }
    let fingerprint: String = sqlx::query_scalar(READ).bind("secret_fingerprint").fetch_one(&mut *db).await?;
    let secret = sqlx::query_scalar(READ).bind("secret_key").fetch_optional(&mut *db).await?;
    let writes_with: Option<String> = sqlx::query_scalar(WRITES_WITH).fetch_one(&mut *db).await?;
    Ok(SecretMeta { writes_with: writes_with.unwrap_or_else(|| fingerprint.clone()), fingerprint, secret })
}

/// The secrets in use: the one that writes use, and the one before.
pub(crate) async fn secrets_in_use(db: &mut Connection, _codec: &Codec) -> Result<[String; 2], UnitError> {
    let row: Row = sqlx::query(IN_USE).fetch_one(&mut *db).await?;
    Ok([row.try_get("writes_with")?, row.try_get("before")?])
}

/// Writes without changing anything: whether one can.
pub(crate) async fn ping(db: &mut Connection, _codec: &Codec) -> Result<(), UnitError> {
    sqlx::query(TOUCH).execute(&mut *db).await?;
    Ok(())
}
