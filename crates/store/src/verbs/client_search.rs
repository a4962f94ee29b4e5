//! Clients by what is known of them, those who are not closed first: a number, its last four digits, or words.
//!
//! Words are looked for in the order of the table that the database keeps of them, so that what follows the first page costs
//! nothing. Of several, the one that fewest clients have leads, and the others are compared row by row.

use std::collections::BTreeSet;

use proxycall_domain::{ClientId, client::Client, search};
use proxycall_service::ports::ledger::{ClientSearch, Page};

use super::{
    clients::{client_of, page, select_clients},
    *,
};

/// Nobody is at the other end of so many numbers at once; it only keeps an answer small.
const SAME_PHONE: u32 = 100;
/// How many rows of the table of words one page looks through while several words are compared.
const LOOKED_THROUGH: i64 = 10_000;
/// Up to so many it is counted which of several words fewest clients have.
const COUNTED: i64 = 3_000;

const SEARCH_PHONE: &str = select_clients!(
    "c.client_id IN (SELECT client_id FROM client WHERE phone_key IN ($1, $4) \
                     UNION SELECT client_id FROM proxy_number WHERE phone = $2) \
     ORDER BY CASE WHEN c.closed_at IS NULL THEN 0 ELSE 1 END, c.client_id LIMIT $3"
);

const SEARCH_LAST_FOUR: &str = select_clients!(
    "c.last_four_key IN ($1, $2) AND (CASE WHEN c.closed_at IS NULL THEN 0 ELSE 1 END, c.client_id) > ($3, $4) \
     ORDER BY CASE WHEN c.closed_at IS NULL THEN 0 ELSE 1 END, c.client_id LIMIT $5"
);

pub(crate) async fn search_clients(
    db: &mut Connection,
    codec: &Codec,
    search: &ClientSearch,
) -> Result<Page<Client>, UnitError> {
    match search {
        ClientSearch::Phone(phone) => {
            let [key, before] = codec.phone_keys(*phone)?;
            let query =
                sqlx::query(SEARCH_PHONE).bind(key).bind(digits(*phone)).bind(i64::from(SAME_PHONE)).bind(before);
            page(codec, query.fetch_all(&mut *db).await?, SAME_PHONE)
        }
        ClientSearch::LastFour { digits, after, limit } => {
            let [key, before] = codec.keys(|keys| keys.last_four_key(digits))?;
            let (closed, id) = match after {
                Some(after) => known_as(db, *after).await?.map_or((0, 0), |known| (known.closed, after.get())),
                None => (0, 0),
            };
            let query = sqlx::query(SEARCH_LAST_FOUR).bind(key).bind(before).bind(closed).bind(id);
            page(codec, query.bind(one_more(*limit)).fetch_all(&mut *db).await?, *limit)
        }
        ClientSearch::Words { start, after, limit } => by_words(db, codec, start, *after, *limit).await,
    }
}

/// The first of a client's words that begins so: where the client stands among all who are found by it.
fn first<'w>(words: impl Iterator<Item = &'w str>, start: &str) -> Option<&'w str> {
    words.filter(|word| word.starts_with(start)).min()
}

/// What a client is found by.
struct KnownAs {
    closed: i64,
    words: BTreeSet<String>,
}

const KNOWN_AS: &str = "SELECT name_fold, mail_fold, CAST(CASE WHEN closed_at IS NULL THEN 0 ELSE 1 END AS BIGINT) AS closed \
    FROM client WHERE client_id = $1";

async fn known_as(db: &mut Connection, id: ClientId) -> Result<Option<KnownAs>, UnitError> {
    let row: Option<Row> = sqlx::query(KNOWN_AS).bind(id.get()).fetch_optional(&mut *db).await?;
    let Some(row) = row else { return Ok(None) };
    let words = search::words_of(row.try_get("name_fold")?, row.try_get("mail_fold")?);
    Ok(Some(KnownAs { closed: row.try_get("closed")?, words }))
}

/// A place among the words.
#[derive(Clone)]
struct Place {
    closed: i64,
    word: String,
    client: i64,
}

/// A row of the table of words.
struct Found {
    place: Place,
    /// Whether the client is not found by an earlier word too: then it was shown with that one.
    is_first: bool,
}

fn found_of(row: &Row, leading: &str, closed: i64) -> Result<Found, UnitError> {
    let word: String = row.try_get("word")?;
    let spelling: &str = row.try_get("spelling")?;
    let is_first = first(spelling.split(' '), leading) == Some(word.as_str());
    Ok(Found { place: Place { closed, word, client: row.try_get("client_id")? }, is_first })
}

/// After `($2, $3)` and up to `($4, $5)`; the other words that are looked for stand in `$6` to `$10`.
const WORDS: &str = "SELECT word, client_id, spelling FROM client_word \
    WHERE closed = $1 AND (word, client_id) > ($2, $3) AND (word, client_id) <= ($4, $5) \
        AND ($6 IS NULL OR spelling LIKE $6 ESCAPE '\\') AND ($7 IS NULL OR spelling LIKE $7 ESCAPE '\\') \
        AND ($8 IS NULL OR spelling LIKE $8 ESCAPE '\\') AND ($9 IS NULL OR spelling LIKE $9 ESCAPE '\\') \
        AND ($10 IS NULL OR spelling LIKE $10 ESCAPE '\\') \
    ORDER BY word, client_id LIMIT $11";
/// Some rows, so that one of them is the first of its client: the next page can begin after that.
const FAR_ENOUGH: &str = "SELECT word, client_id, spelling FROM client_word \
    WHERE closed = $1 AND (word, client_id) > ($2, $3) AND (word, client_id) <= ($4, 0) \
    ORDER BY word, client_id LIMIT 20 OFFSET $5";
const FOUND: &str = select_clients!("c.client_id = $1");

/// What is looked for.
struct Wanted<'s> {
    /// The rarest start.
    leading: &'s str,
    /// What the spelling must be like besides.
    others: Vec<String>,
    /// How many are wanted, and how many are read at once.
    count: usize,
    at_once: i64,
}

async fn by_words(
    db: &mut Connection,
    codec: &Codec,
    typed: &str,
    after: Option<ClientId>,
    limit: u32,
) -> Result<Page<Client>, UnitError> {
    let nobody = || Page { items: Vec::new(), next: None };
    let starts = search::starts_of(typed);
    let Some(leading) = rarest(db, &starts).await? else { return Ok(nobody()) };
    let others = starts.iter().filter(|start| *start != leading);
    let others: Vec<String> = others.map(|start| format!("% {}%", literally(start))).collect();
    let count = usize::try_from(one_more(limit)).unwrap_or(usize::MAX);
    let wanted = Wanted { leading, others, count, at_once: one_more(limit) };
    let mut place = match after {
        None => Place { closed: 0, word: leading.to_owned(), client: 0 },
        Some(after) => {
            let known = known_as(db, after).await?;
            let place = known.and_then(|known| {
                let word = first(known.words.iter().map(String::as_str), leading)?.to_owned();
                Some(Place { closed: known.closed, word, client: after.get() })
            });
            // Not called so any more: where it stood is not known.
            let Some(place) = place else { return Ok(nobody()) };
            place
        }
    };
    let (mut found, mut reached) = (Vec::new(), None);
    loop {
        let closed = place.closed;
        let end = if wanted.others.is_empty() { None } else { far_enough(db, &wanted, &place).await? };
        find(db, &wanted, place, end.as_ref(), &mut found).await?;
        if found.len() >= wanted.count {
            break;
        }
        reached = end.map(|end| end.client);
        if reached.is_some() || closed == 1 {
            break;
        }
        place = Place { closed: 1, word: leading.to_owned(), client: 0 };
    }
    let is_full = found.len() >= wanted.count;
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = if is_full { found.last().copied() } else { reached };
    let mut items = Vec::with_capacity(found.len());
    for client in found {
        let row: Option<Row> = sqlx::query(FOUND).bind(client).fetch_optional(&mut *db).await?;
        items.extend(row.map(|row| client_of(codec, &row)).transpose()?);
    }
    Ok(Page { items, next: next.map(|next| next.to_string()) })
}

/// Up to where one page looks while it compares several words; none: to the end.
async fn far_enough(db: &mut Connection, wanted: &Wanted<'_>, from: &Place) -> Result<Option<Place>, UnitError> {
    let query = sqlx::query(FAR_ENOUGH).bind(from.closed).bind(&from.word).bind(from.client);
    let rows: Vec<Row> = query.bind(beyond(wanted.leading)).bind(LOOKED_THROUGH).fetch_all(&mut *db).await?;
    for row in &rows {
        let found = found_of(row, wanted.leading, from.closed)?;
        if found.is_first {
            return Ok(Some(found.place));
        }
    }
    Ok(None)
}

/// Adds the clients between two places who are found by all words, as many as are wanted.
async fn find(
    db: &mut Connection,
    wanted: &Wanted<'_>,
    mut from: Place,
    end: Option<&Place>,
    clients: &mut Vec<i64>,
) -> Result<(), UnitError> {
    let beyond = beyond(wanted.leading);
    let (last_word, last_client) = end.map_or((beyond.as_str(), 0), |end| (end.word.as_str(), end.client));
    loop {
        let mut query =
            sqlx::query(WORDS).bind(from.closed).bind(&from.word).bind(from.client).bind(last_word).bind(last_client);
        for other in 0..search::WORDS_MAX - 1 {
            query = query.bind(wanted.others.get(other).map(String::as_str));
        }
        let rows: Vec<Row> = query.bind(wanted.at_once).fetch_all(&mut *db).await?;
        let mut reached = None;
        for row in &rows {
            let found = found_of(row, wanted.leading, from.closed)?;
            if found.is_first && clients.len() < wanted.count {
                clients.push(found.place.client);
            }
            reached = Some(found.place);
        }
        let read = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        match reached {
            Some(reached) if read == wanted.at_once && clients.len() < wanted.count => from = reached,
            _ => return Ok(()),
        }
    }
}

/// What is typed means itself, also where `LIKE` reads a sign otherwise.
fn literally(text: &str) -> String {
    text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_")
}

/// What is greater than every word that begins so.
fn beyond(start: &str) -> String {
    format!("{start}{}", char::MAX)
}

const HOW_MANY: &str = "SELECT COUNT(*) FROM (SELECT 1 FROM client_word WHERE closed = 0 AND word >= $1 AND word < $2 LIMIT $3) \
    AS found";

/// The start that fewest clients are found by; the longest when many are by each.
async fn rarest<'s>(db: &mut Connection, starts: &'s [String]) -> Result<Option<&'s String>, UnitError> {
    let mut rarest: Option<(i64, &String)> = None;
    for start in starts {
        if starts.len() == 1 {
            return Ok(Some(start));
        }
        let most = rarest.map_or(COUNTED, |(count, _)| count);
        let query = sqlx::query_scalar(HOW_MANY).bind(start).bind(beyond(start)).bind(most);
        let count: i64 = query.fetch_one(&mut *db).await?;
        if rarest.is_none_or(|(least, _)| count < least) {
            rarest = Some((count, start));
        }
    }
    Ok(rarest.map(|(_, start)| start))
}
