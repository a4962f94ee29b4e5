//! What passed through the numbers, newest first.

use proxycall_domain::{Channel, Direction, Interaction, InteractionId, PhoneNumber};
use proxycall_service::ports::ledger::{InteractionFilter, Page};
use uuid::Uuid;

use super::{calls::outcome, *};

/// Ids hold the time they were made at, which may differ a little from the time that is noted.
const SLACK: jiff::SignedDuration = jiff::SignedDuration::from_mins(1);

/// The first condition picks the index, in whose order the rows come; all others are looked at row by row.
macro_rules! select_interactions {
    ($first:literal) => {
        concat!(
            "SELECT id, channel, direction, dialled, client_id, party, inbound_sid, outbound_sid, outcome, error_code, \
                 started_at, ended_at, duration_s \
             FROM interaction WHERE ",
            $first,
            "id >= $4 AND id < $5 AND started_at >= $6 AND started_at < $7 \
                 AND ($1 IS NULL OR client_id = $1) AND ($2 IS NULL OR dialled = $2) AND ($3 IS NULL OR outcome = $3) \
             ORDER BY id DESC LIMIT $8"
        )
    };
}

const OF_CLIENT: &str = select_interactions!("client_id = $1 AND ");
const OF_NOBODY: &str = select_interactions!("client_id IS NULL AND dialled = $2 AND ");
const OF_OUTCOME: &str = select_interactions!("outcome = $3 AND ");
const OF_ALL: &str = select_interactions!("");

pub(crate) async fn interactions(
    db: &mut Connection,
    codec: &Codec,
    filter: &InteractionFilter,
) -> Result<Page<Interaction>, UnitError> {
    let items = match filter {
        InteractionFilter { client: Some(client), .. } => {
            select(db, codec, OF_CLIENT, Some(client.get()), filter).await?
        }
        InteractionFilter { proxy: Some(proxy), .. } => {
            let mut items = select(db, codec, OF_NOBODY, None, filter).await?;
            for owner in owners(db, *proxy).await? {
                items.extend(select(db, codec, OF_CLIENT, Some(owner), filter).await?);
            }
            items.sort_unstable_by_key(|item| std::cmp::Reverse(item.id));
            items
        }
        InteractionFilter { outcome: Some(_), .. } => select(db, codec, OF_OUTCOME, None, filter).await?,
        _ => select(db, codec, OF_ALL, None, filter).await?,
    };
    Ok(Page::cut(items, filter.limit, |item| item.id.to_string()))
}

async fn select(
    db: &mut Connection,
    codec: &Codec,
    text: &'static str,
    client: Option<i64>,
    filter: &InteractionFilter,
) -> Result<Vec<Interaction>, UnitError> {
    let (lowest, beyond) = between(filter.from, filter.to);
    let beyond = filter.after.map_or(beyond, |after| beyond.min(after.uuid()));
    let rows: Vec<Row> = sqlx::query(text)
        .bind(client)
        .bind(filter.proxy.map(digits))
        .bind(filter.outcome.map(proxycall_domain::Outcome::as_str))
        .bind(lowest)
        .bind(beyond)
        .bind(filter.from.map_or(i64::MIN, millis_from))
        .bind(filter.to.map_or(i64::MAX, millis_from))
        .bind(one_more(filter.limit))
        .fetch_all(&mut *db)
        .await?;
    rows.iter().map(|row| interaction_of(codec, row)).collect()
}

/// A number is a client's only while it is assigned, and the database notes how each such time ended.
const OWNERS: &str = "SELECT client_id FROM proxy_number WHERE phone = $1 AND client_id IS NOT NULL \
    UNION SELECT client_id FROM number_past WHERE phone = $1 AND client_id IS NOT NULL";

/// The clients whose number this is or was. All that passed through it is found with them or, while it was nobody's, without a
/// client: an index of its own would lie on a page elsewhere for each call, a sixth of what a call costs.
pub(super) async fn owners(db: &mut Connection, proxy: PhoneNumber) -> Result<Vec<i64>, UnitError> {
    Ok(sqlx::query_scalar(OWNERS).bind(digits(proxy)).fetch_all(&mut *db).await?)
}

/// The ids between which all lies that came in from one moment to another: from the first on, up to before the second.
pub(super) fn between(from: Option<Timestamp>, to: Option<Timestamp>) -> (Uuid, Uuid) {
    let first_at = |at: Timestamp| InteractionId::new(at, &[0; 10]).uuid();
    let lowest = from.and_then(|from| from.checked_sub(SLACK).ok()).map_or(Uuid::nil(), first_at);
    let beyond = to.and_then(|to| to.checked_add(SLACK).ok()).map_or(Uuid::max(), first_at);
    (lowest, beyond)
}

/// The first millisecond that is not before this moment.
pub(super) fn millis_from(at: Timestamp) -> i64 {
    let millis = millis(at);
    if time(millis).is_ok_and(|whole| whole < at) { millis + 1 } else { millis }
}

pub(super) fn interaction_of(codec: &Codec, row: &Row) -> Result<Interaction, UnitError> {
    let direction = row.try_get::<Option<&str>, _>("direction")?;
    Ok(Interaction {
        id: InteractionId::from_uuid(row.try_get("id")?),
        channel: Channel::parse(row.try_get("channel")?).ok_or_else(|| unreadable("a channel"))?,
        direction: direction.map(|word| Direction::parse(word).ok_or_else(|| unreadable("a direction"))).transpose()?,
        proxy: Some(proxy(row.try_get("dialled")?)?),
        client: row.try_get::<Option<i64>, _>("client_id")?.map(client_id).transpose()?,
        party: row
            .try_get::<Option<&[u8]>, _>("party")?
            .map(|sealed| codec.open_phone(INTERACTION_PARTY, sealed))
            .transpose()?,
        inbound_sid: row.try_get("inbound_sid")?,
        outbound_sid: row.try_get("outbound_sid")?,
        outcome: outcome(row.try_get("outcome")?)?,
        error_code: row.try_get::<Option<i64>, _>("error_code")?.and_then(|code| i32::try_from(code).ok()),
        started_at: time(row.try_get("started_at")?)?,
        ended_at: row.try_get::<Option<i64>, _>("ended_at")?.map(time).transpose()?,
        duration_s: row.try_get("duration_s")?,
    })
}
