//! What the store knows of itself.

use super::*;
use crate::keys::SecretMeta;

const CLAIM: &str = "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING";
const READ: &str = "SELECT value FROM meta WHERE key = $1";
const TOUCH: &str = "UPDATE meta SET value = value WHERE key = 'secret_fingerprint'";

/// The first to come writes which secret the store is made with; all others read it.
pub(crate) async fn claim_secret(
    db: &mut Connection,
    _codec: &Codec,
    fingerprint: &str,
    secret: &Option<String>,
) -> Result<SecretMeta, UnitError> {
    let claimed = sqlx::query(CLAIM).bind("secret_fingerprint").bind(fingerprint).execute(&mut *db).await?;
    if let (1, Some(secret)) = (claimed.rows_affected(), secret) {
        sqlx::query(CLAIM).bind("secret_key").bind(secret).execute(&mut *db).await?;
    }
    let fingerprint = sqlx::query_scalar(READ).bind("secret_fingerprint").fetch_one(&mut *db).await?;
    let secret = sqlx::query_scalar(READ).bind("secret_key").fetch_optional(&mut *db).await?;
    Ok(SecretMeta { fingerprint, secret })
}

/// Writes without changing anything: whether one can.
pub(crate) async fn ping(db: &mut Connection, _codec: &Codec) -> Result<(), UnitError> {
    sqlx::query(TOUCH).execute(&mut *db).await?;
    Ok(())
}
