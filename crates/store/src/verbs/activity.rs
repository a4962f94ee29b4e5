//! Calls and texts for the console: newest first by any filter, each page in a bounded time.
//!
//! The rarest thing that is asked for picks the index, in whose order the rows come; the rest is looked at row by row. How far
//! back a page looks is settled first, by the index alone: what it does not reach is left for the next page.

use proxycall_domain::{ClientId, InteractionId, Outcome, PersonName};
use proxycall_service::ports::ledger::{Activity, ActivityFilter, ActivityPage, CameTo};
use uuid::Uuid;

use super::{
    interactions::{between, interaction_of, millis_from, owners},
    *,
};

/// How many rows one page looks through: of a client or number, or of an outcome, each may lie elsewhere on the disk.
const LOOKED_THROUGH: i64 = 2_000;
/// Of all that came in, rows lie beside each other.
const LOOKED_THROUGH_OF_ALL: i64 = 20_000;

/// The place in an index after so many rows: `$2` or older, but not older than `$3`.
macro_rules! far_enough {
    ($first:literal) => {
        concat!("SELECT id FROM interaction WHERE ", $first, "id < $2 AND id >= $3 ORDER BY id DESC LIMIT 1 OFFSET $4")
    };
}

/// The rows of a page. `$9` has the outcomes that will do, with commas around each.
macro_rules! select_activity {
    ($first:literal) => {
        concat!(
            "SELECT i.id, i.channel, i.direction, i.dialled, i.client_id, i.party, i.inbound_sid, i.outbound_sid, i.outcome, \
                 i.error_code, i.started_at, i.ended_at, i.duration_s, c.name AS client_name \
             FROM interaction i LEFT JOIN client c ON c.client_id = i.client_id WHERE ",
            $first,
            "i.id < $2 AND i.id >= $3 AND i.started_at >= $4 AND i.started_at < $5 \
                 AND ($6 IS NULL OR i.dialled = $6) AND ($7 IS NULL OR i.channel = $7) \
                 AND ($8 IS NULL OR i.direction = $8) AND ($9 IS NULL OR $9 LIKE '%,' || i.outcome || ',%') \
             ORDER BY i.id DESC LIMIT $10"
        )
    };
}

/// The texts that go through one index.
struct Way {
    far_enough: &'static str,
    select: &'static str,
    looked_through: i64,
}

const OF_CLIENT: Way = Way {
    far_enough: far_enough!("client_id = $1 AND "),
    select: select_activity!("i.client_id = $1 AND "),
    looked_through: LOOKED_THROUGH,
};
const OF_NOBODY: Way = Way {
    far_enough: far_enough!("client_id IS NULL AND dialled = $1 AND "),
    select: select_activity!("i.client_id IS NULL AND i.dialled = $1 AND "),
    looked_through: LOOKED_THROUGH,
};
const OF_OUTCOME: Way = Way {
    far_enough: far_enough!("outcome = $1 AND "),
    select: select_activity!("i.outcome = $1 AND "),
    looked_through: LOOKED_THROUGH,
};
const OF_ALL: Way = Way {
    far_enough: far_enough!("$1 IS NULL AND "),
    select: select_activity!("$1 IS NULL AND "),
    looked_through: LOOKED_THROUGH_OF_ALL,
};

/// What an index is entered with.
#[derive(Clone, Copy)]
enum Entry {
    Client(i64),
    /// What came to a number while it was nobody's.
    Nobody(i64),
    Outcome(&'static str),
    All,
}

impl Entry {
    const fn way(self) -> &'static Way {
        match self {
            Self::Client(_) => &OF_CLIENT,
            Self::Nobody(_) => &OF_NOBODY,
            Self::Outcome(_) => &OF_OUTCOME,
            Self::All => &OF_ALL,
        }
    }
}

/// The rows between which a page lies.
#[derive(Clone, Copy)]
struct Stretch {
    before: Uuid,
    from: Uuid,
}

pub(crate) async fn activity(
    db: &mut Connection,
    codec: &Codec,
    filter: &ActivityFilter,
) -> Result<ActivityPage, UnitError> {
    let entries = entries(db, filter).await?;
    let (from, to) = between(filter.from, filter.to);
    let whole = Stretch { before: filter.after.map_or(to, |after| to.min(after.uuid())), from };
    // Each has its own place in the index: the page ends where the first of them has been looked at far enough.
    let share = i64::try_from(entries.len().max(1)).unwrap_or(1);
    let mut floor: Option<Uuid> = None;
    for entry in &entries {
        floor = floor.max(far_enough(db, *entry, whole, share).await?);
    }
    let stretch = Stretch { from: floor.unwrap_or(from), ..whole };
    let mut items = Vec::new();
    for entry in entries {
        items.extend(select(db, codec, entry, stretch, filter).await?);
    }
    items.sort_unstable_by_key(|item| std::cmp::Reverse(item.it.id));
    let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
    let is_full = items.len() > limit;
    items.truncate(limit);
    let last = items.last().map(|item| item.it.id);
    let floor = floor.map(InteractionId::from_uuid);
    let (next, searched_to) = match floor {
        _ if is_full => (last, None),
        Some(floor) => (Some(floor), Some(made_at(floor)?)),
        None => (None, None),
    };
    Ok(ActivityPage { items, next, searched_to })
}

/// The time that is within an id.
fn made_at(id: InteractionId) -> Result<Timestamp, LedgerError> {
    time(i64::try_from(id.uuid().as_u128() >> 80).unwrap_or_default())
}

/// Which index serves a filter best, and what it is entered with, perhaps at several places.
async fn entries(db: &mut Connection, filter: &ActivityFilter) -> Result<Vec<Entry>, UnitError> {
    Ok(match (filter.client, filter.proxy, filter.came_to) {
        (Some(client), ..) => vec![Entry::Client(client.get())],
        (None, Some(proxy), _) => {
            let owners = owners(db, proxy).await?.into_iter().map(Entry::Client);
            owners.chain([Entry::Nobody(digits(proxy))]).collect()
        }
        (None, None, Some(CameTo::One(outcome))) => vec![Entry::Outcome(outcome.as_str())],
        (None, None, Some(CameTo::AnyOf(group))) => {
            group.outcomes().map(|outcome| Entry::Outcome(outcome.as_str())).collect()
        }
        (None, None, None) => vec![Entry::All],
    })
}

/// The outcomes that will do, as `select_activity` reads them. Where they pick the index they need no second look.
fn wanted(filter: &ActivityFilter) -> Option<String> {
    let by_row = filter.client.is_some() || filter.proxy.is_some();
    let words: Vec<&str> = match filter.came_to.filter(|_| by_row)? {
        CameTo::One(outcome) => vec![outcome.as_str()],
        CameTo::AnyOf(group) => group.outcomes().map(Outcome::as_str).collect(),
    };
    Some(format!(",{},", words.join(",")))
}

macro_rules! enter {
    ($query:expr, $entry:expr) => {
        match $entry {
            Entry::Client(number) | Entry::Nobody(number) => $query.bind(number),
            Entry::Outcome(word) => $query.bind(word),
            Entry::All => $query.bind(None::<i64>),
        }
    };
}

async fn far_enough(
    db: &mut Connection,
    entry: Entry,
    stretch: Stretch,
    share: i64,
) -> Result<Option<Uuid>, UnitError> {
    let way = entry.way();
    let query = enter!(sqlx::query_scalar(way.far_enough), entry).bind(stretch.before).bind(stretch.from);
    Ok(query.bind(way.looked_through / share).fetch_optional(&mut *db).await?)
}

async fn select(
    db: &mut Connection,
    codec: &Codec,
    entry: Entry,
    stretch: Stretch,
    filter: &ActivityFilter,
) -> Result<Vec<Activity>, UnitError> {
    let rows: Vec<Row> = enter!(sqlx::query(entry.way().select), entry)
        .bind(stretch.before)
        .bind(stretch.from)
        .bind(filter.from.map_or(i64::MIN, millis_from))
        .bind(filter.to.map_or(i64::MAX, millis_from))
        .bind(filter.proxy.map(digits))
        .bind(filter.channel.map(proxycall_domain::Channel::as_str))
        .bind(filter.direction.map(proxycall_domain::Direction::as_str))
        .bind(wanted(filter))
        .bind(one_more(filter.limit))
        .fetch_all(&mut *db)
        .await?;
    let activity = |row: &Row| {
        let client_name = row.try_get::<Option<String>, _>("client_name")?.map(PersonName::from_store);
        Ok(Activity { it: interaction_of(codec, row)?, client_name })
    };
    rows.iter().map(activity).collect()
}

/// The newest of a client.
pub(super) async fn of_client(
    db: &mut Connection,
    codec: &Codec,
    client: ClientId,
    limit: u32,
) -> Result<ActivityPage, UnitError> {
    activity(db, codec, &ActivityFilter { client: Some(client), limit, ..ActivityFilter::default() }).await
}
