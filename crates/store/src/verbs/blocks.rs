//! Who is not connected to whom: callers who are blocked, clients who are paused.
//!
//! A block is looked at whenever a call or text is decided, and clears nothing: who was remembered as the last caller before
//! is not called back while the block stands, and can be again once it is taken away.

use proxycall_domain::{
    Block, BlockId, BlockReason, ClientId, Direction, InteractionId, client::Client, pool::life::Actor,
};
use proxycall_service::ports::ledger::{AddBlock, BlockFilter, Page, SetPause, Whom};
use uuid::Uuid;

use super::*;

const LAST_CALLER_IS_BLOCKED: &str = "SELECT EXISTS (SELECT 1 FROM block \
    WHERE phone_key IN ($1, $2) AND (client_id IS NULL OR client_id = $3)) AS blocked";

/// Whether somebody is blocked for a client, or for all.
pub(super) async fn is_blocked(
    db: &mut Connection,
    codec: &Codec,
    phone: PhoneNumber,
    client: ClientId,
) -> Result<bool, UnitError> {
    let [key, other] = codec.phone_keys(phone)?;
    let query = sqlx::query(LAST_CALLER_IS_BLOCKED).bind(key).bind(other).bind(client.get());
    let row: Row = query.fetch_one(&mut *db).await?;
    Ok(row.try_get("blocked")?)
}

fn block_of(codec: &Codec, row: &Row) -> Result<Block, UnitError> {
    Ok(Block {
        id: BlockId::from_uuid(row.try_get("id")?),
        phone: codec.open_phone(BLOCK_PHONE, row.try_get("phone")?)?,
        client: row.try_get::<Option<i64>, _>("client_id")?.map(client_id).transpose()?,
        reason: BlockReason::from_store(codec.open_text(BLOCK_REASON, row.try_get("reason")?)?),
        actor: Actor::parse(row.try_get("actor")?),
        created_at: time(row.try_get("created_at")?)?,
    })
}

const INSERT: &str = "INSERT INTO block (id, client_id, phone, phone_key, reason, actor, created_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";

const FIND: &str = "SELECT id, client_id, phone, reason, actor, created_at FROM block \
    WHERE phone_key IN ($1, $2) AND COALESCE(client_id, 0) = $3";

pub(crate) async fn add_block(db: &mut Connection, codec: &Codec, add: &AddBlock) -> Result<Block, UnitError> {
    let (phone, called) = match add.whom {
        Whom::Phone(phone) => (phone, None),
        Whom::Interaction(id) => other_side(db, codec, id).await?,
    };
    for id in [add.client, called].into_iter().flatten() {
        let client = clients::find(db, codec, id).await?.ok_or(LedgerError::ClientUnknown)?;
        if client.phone == phone {
            return Err(LedgerError::OwnNumber.into());
        }
    }
    if codec.has_other() {
        // The schema keeps one block of somebody under one secret; between two, who comes second waits here and sees the
        // first below.
        code_limits::hold_phone(db, codec, phone).await?;
    }
    if let Some(there) = found(db, codec, phone, add.client).await? {
        return Ok(there);
    }
    sqlx::query(INSERT)
        .bind(add.id.uuid())
        .bind(add.client.map(ClientId::get))
        .bind(codec.seal_phone(BLOCK_PHONE, phone)?)
        .bind(codec.writes()?.phone_key(phone))
        .bind(codec.seal_text(BLOCK_REASON, add.reason.expose())?)
        .bind(add.actor.as_str())
        .bind(millis(add.now))
        .execute(&mut *db)
        .await?;
    // Removed by another unit between the two statements.
    found(db, codec, phone, add.client).await?.ok_or(UnitError::Crossed)
}

async fn found(
    db: &mut Connection,
    codec: &Codec,
    phone: PhoneNumber,
    client: Option<ClientId>,
) -> Result<Option<Block>, UnitError> {
    let [key, other] = codec.phone_keys(phone)?;
    let query = sqlx::query(FIND).bind(key).bind(other).bind(client.map_or(0, ClientId::get));
    let row: Option<Row> = query.fetch_optional(&mut *db).await?;
    row.map(|row| block_of(codec, &row)).transpose()
}

const OTHER_SIDE: &str = "SELECT party, client_id, direction FROM interaction WHERE id = $1";

/// Who was at the other end of a call or text, and whose proxy number it went through.
async fn other_side(
    db: &mut Connection,
    codec: &Codec,
    id: InteractionId,
) -> Result<(PhoneNumber, Option<ClientId>), UnitError> {
    let row: Option<Row> = sqlx::query(OTHER_SIDE).bind(id.uuid()).fetch_optional(&mut *db).await?;
    let row = row.ok_or(LedgerError::InteractionUnknown)?;
    let nobody = match row.try_get::<Option<&str>, _>("direction")?.and_then(Direction::parse) {
        // The client reached nobody: the one number in it is the client's.
        Some(Direction::FromClient) => LedgerError::OwnNumber,
        _ => LedgerError::NobodyToBlock,
    };
    let party = row.try_get::<Option<&[u8]>, _>("party")?.ok_or(nobody)?;
    Ok((
        codec.open_phone(INTERACTION_PARTY, party)?,
        row.try_get::<Option<i64>, _>("client_id")?.map(client_id).transpose()?,
    ))
}

const REMOVE: &str = "DELETE FROM block WHERE id = $1 RETURNING id, client_id, phone, reason, actor, created_at";

pub(crate) async fn remove_block(db: &mut Connection, codec: &Codec, id: &BlockId) -> Result<Block, UnitError> {
    let removed: Option<Row> = sqlx::query(REMOVE).bind(id.uuid()).fetch_optional(&mut *db).await?;
    block_of(codec, &removed.ok_or(LedgerError::BlockUnknown)?)
}

/// Blocks, newest first, where…
macro_rules! select_blocks {
    ($first:literal) => {
        concat!(
            "SELECT id, client_id, phone, reason, actor, created_at FROM block WHERE ",
            $first,
            "id < $1 ORDER BY id DESC LIMIT $2"
        )
    };
}

const LIST: &str = select_blocks!("");
const LIST_OF_CLIENT: &str = select_blocks!("client_id = $3 AND ");

pub(crate) async fn blocks(db: &mut Connection, codec: &Codec, filter: &BlockFilter) -> Result<Page<Block>, UnitError> {
    let query = sqlx::query(if filter.client.is_some() { LIST_OF_CLIENT } else { LIST })
        .bind(filter.after.map_or(Uuid::max(), BlockId::uuid))
        .bind(one_more(filter.limit));
    let query = match filter.client {
        Some(client) => query.bind(client.get()),
        None => query,
    };
    let rows: Vec<Row> = query.fetch_all(&mut *db).await?;
    let blocks: Vec<Block> = rows.iter().map(|row| block_of(codec, row)).collect::<Result<_, _>>()?;
    Ok(Page::cut(blocks, filter.limit, |block| block.id.to_string()))
}

/// A pause that lasts goes on from when it began; one that is over is another one.
const PAUSE: &str = "UPDATE client SET paused_until = $3, updated_at = $4, paused_at = \
        CASE WHEN $2 IS NULL THEN NULL \
             WHEN paused_at IS NOT NULL AND (paused_until IS NULL OR paused_until > $4) THEN paused_at ELSE $2 END \
    WHERE client_id = $1 AND closed_at IS NULL";

pub(crate) async fn set_pause(db: &mut Connection, codec: &Codec, set: &SetPause) -> Result<Client, UnitError> {
    clients::hold_open(db, codec, set.id, set.now).await?;
    sqlx::query(PAUSE)
        .bind(set.id.get())
        .bind(set.pause.map(|pause| millis(pause.since)))
        .bind(set.pause.and_then(|pause| pause.until).map(millis))
        .bind(millis(set.now))
        .execute(&mut *db)
        .await?;
    clients::find(db, codec, set.id).await?.ok_or_else(|| LedgerError::ClientUnknown.into())
}
