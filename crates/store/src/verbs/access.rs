//! Who may use the API, and what operators did.

use proxycall_domain::{ActId, ActOutcome, Scope, TokenName, pool::life::Actor};
use proxycall_service::ports::ledger::{ApiToken, AuditEntry, AuditFilter, Page, TokenHash};
use uuid::Uuid;

use super::*;

macro_rules! select_tokens {
    ($rest:literal) => {
        concat!(
            "SELECT name, scope, hash, created_at, rotated_at, expires_at, last_used_at, revoked_at FROM api_token ",
            $rest
        )
    };
}

const ALL: &str = select_tokens!("ORDER BY name");
const ONE: &str = select_tokens!("WHERE name = $1");
const ADD: &str = "INSERT INTO api_token (name, scope, hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (name) DO NOTHING";
const ROTATE: &str = "UPDATE api_token SET hash = $2, rotated_at = $3 WHERE name = $1 AND revoked_at IS NULL";
const REVOKE: &str = "UPDATE api_token SET revoked_at = $2 WHERE name = $1 AND revoked_at IS NULL";
const USED: &str =
    "UPDATE api_token SET last_used_at = $2 WHERE name = $1 AND (last_used_at IS NULL OR last_used_at < $2)";

fn token_of(row: &Row) -> Result<ApiToken, UnitError> {
    let moment = |column: &str| -> Result<Option<Timestamp>, UnitError> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(time).transpose()?)
    };
    Ok(ApiToken {
        name: TokenName::from_store(row.try_get("name")?).ok_or_else(|| unreadable("a token's name"))?,
        scope: row.try_get::<&str, _>("scope")?.parse::<Scope>().map_err(|_| unreadable("a token's scope"))?,
        hash: row.try_get::<&[u8], _>("hash")?.try_into().map_err(|_| unreadable("a token's hash"))?,
        created_at: time(row.try_get("created_at")?)?,
        rotated_at: moment("rotated_at")?,
        expires_at: moment("expires_at")?,
        last_used_at: moment("last_used_at")?,
        revoked_at: moment("revoked_at")?,
    })
}

pub(crate) async fn tokens(db: &mut Connection, _codec: &Codec) -> Result<Vec<ApiToken>, UnitError> {
    let rows: Vec<Row> = sqlx::query(ALL).fetch_all(&mut *db).await?;
    rows.iter().map(token_of).collect()
}

async fn token(db: &mut Connection, name: TokenName) -> Result<ApiToken, UnitError> {
    let row: Option<Row> = sqlx::query(ONE).bind(name.as_str()).fetch_optional(&mut *db).await?;
    token_of(&row.ok_or(LedgerError::TokenUnknown)?)
}

pub(crate) async fn add_token(db: &mut Connection, _codec: &Codec, token: &ApiToken) -> Result<(), UnitError> {
    let added = sqlx::query(ADD)
        .bind(token.name.as_str())
        .bind(token.scope.as_str())
        .bind(token.hash.as_slice())
        .bind(millis(token.created_at))
        .bind(token.expires_at.map(millis))
        .execute(&mut *db)
        .await?;
    if added.rows_affected() == 1 { Ok(()) } else { Err(LedgerError::TokenExists.into()) }
}

pub(crate) async fn rotate_token(
    db: &mut Connection,
    _codec: &Codec,
    name: &TokenName,
    hash: &TokenHash,
    now: &Timestamp,
) -> Result<ApiToken, UnitError> {
    let query = sqlx::query(ROTATE).bind(name.as_str()).bind(hash.as_slice()).bind(millis(*now));
    let rotated = query.execute(&mut *db).await?;
    let token = token(db, *name).await?;
    if rotated.rows_affected() == 1 { Ok(token) } else { Err(LedgerError::TokenRevoked.into()) }
}

pub(crate) async fn revoke_token(
    db: &mut Connection,
    _codec: &Codec,
    name: &TokenName,
    now: &Timestamp,
) -> Result<ApiToken, UnitError> {
    sqlx::query(REVOKE).bind(name.as_str()).bind(millis(*now)).execute(&mut *db).await?;
    token(db, *name).await
}

pub(crate) async fn note_tokens_used(
    db: &mut Connection,
    _codec: &Codec,
    used: &[(TokenName, Timestamp)],
) -> Result<(), UnitError> {
    for (name, at) in used {
        sqlx::query(USED).bind(name.as_str()).bind(millis(*at)).execute(&mut *db).await?;
    }
    Ok(())
}

const BEGIN: &str = "INSERT INTO audit (id, at, actor, action, subject, outcome, request_id) \
    VALUES ($1, $2, $3, $4, $5, $6, $7)";
const END: &str = "UPDATE audit SET outcome = $2, subject = COALESCE($3, subject) WHERE id = $1 AND outcome = 'begun'";

pub(crate) async fn begin_act(db: &mut Connection, _codec: &Codec, act: &AuditEntry) -> Result<(), UnitError> {
    sqlx::query(BEGIN)
        .bind(act.id.uuid())
        .bind(millis(act.at))
        .bind(act.actor.as_str())
        .bind(&act.action)
        .bind(&act.subject)
        .bind(act.outcome.as_str())
        .bind(&act.request_id)
        .execute(&mut *db)
        .await?;
    Ok(())
}

pub(crate) async fn end_act(
    db: &mut Connection,
    _codec: &Codec,
    id: &ActId,
    subject: &Option<String>,
    outcome: &ActOutcome,
) -> Result<(), UnitError> {
    sqlx::query(END).bind(id.uuid()).bind(outcome.as_str()).bind(subject.as_deref()).execute(&mut *db).await?;
    Ok(())
}

/// The first condition picks the index, in whose order the rows come; all others are looked at row by row.
macro_rules! select_acts {
    ($first:literal) => {
        concat!(
            "SELECT id, at, actor, action, subject, outcome, request_id FROM audit WHERE ",
            $first,
            "id < $4 AND ($1 IS NULL OR actor = $1) AND ($2 IS NULL OR action = $2) AND ($3 IS NULL OR subject = $3) \
             ORDER BY id DESC LIMIT $5"
        )
    };
}

const OF_SUBJECT: &str = select_acts!("subject = $3 AND ");
const OF_ACTOR: &str = select_acts!("actor = $1 AND ");
const OF_ACTION: &str = select_acts!("action = $2 AND ");
const OF_ALL: &str = select_acts!("");

pub(crate) async fn acts(
    db: &mut Connection,
    _codec: &Codec,
    filter: &AuditFilter,
) -> Result<Page<AuditEntry>, UnitError> {
    let text = match filter {
        AuditFilter { subject: Some(_), .. } => OF_SUBJECT,
        AuditFilter { actor: Some(_), .. } => OF_ACTOR,
        AuditFilter { action: Some(_), .. } => OF_ACTION,
        _ => OF_ALL,
    };
    let rows: Vec<Row> = sqlx::query(text)
        .bind(filter.actor.as_deref())
        .bind(filter.action.as_deref())
        .bind(filter.subject.as_deref())
        .bind(filter.after.map_or(Uuid::max(), ActId::uuid))
        .bind(one_more(filter.limit))
        .fetch_all(&mut *db)
        .await?;
    let items = rows.iter().map(act_of).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(items, filter.limit, |act| act.id.to_string()))
}

fn act_of(row: &Row) -> Result<AuditEntry, UnitError> {
    Ok(AuditEntry {
        id: ActId::from_uuid(row.try_get::<Uuid, _>("id")?),
        at: time(row.try_get("at")?)?,
        actor: Actor::parse(row.try_get("actor")?),
        action: row.try_get("action")?,
        subject: row.try_get("subject")?,
        outcome: ActOutcome::parse(row.try_get("outcome")?).ok_or_else(|| unreadable("how an act ended"))?,
        request_id: row.try_get("request_id")?,
    })
}
