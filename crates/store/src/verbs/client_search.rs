//! Clients by what is known of them, those who are not closed first: a number, its last four digits, or words.
//!
//! Words are looked for in the order of the table that the database keeps of them, so that what follows the first page costs
//! nothing. Of several, the one that fewest clients have leads, and the others are compared client by client.

use std::collections::BTreeSet;

use proxycall_domain::{ClientId, client::Client, search};
use proxycall_service::ports::ledger::{ClientSearch, Page};

use super::{
    clients::{client_of, page, select_clients},
    *,
};

/// Nobody is at the other end of so many numbers at once; it only keeps an answer small.
const SAME_PHONE: u32 = 100;
/// How many rows of the table of words one page looks through.
const LOOKED_THROUGH: usize = 10_000;
/// How many are read at once while others words are compared.
const AT_ONCE: i64 = 500;

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

/// What a client is found by.
struct KnownAs {
    closed: i64,
    words: BTreeSet<String>,
}

impl KnownAs {
    fn of(row: &Row) -> Result<Self, UnitError> {
        let words = search::words_of(row.try_get("name_fold")?, row.try_get("mail_fold")?);
        Ok(Self { closed: row.try_get("closed")?, words })
    }

    /// The first of its words that begins so: where the client stands among all who are found by it.
    fn first(&self, start: &str) -> Option<&str> {
        self.words.range(start.to_owned()..).next().filter(|word| word.starts_with(start)).map(String::as_str)
    }
}

const KNOWN_AS: &str = "SELECT name_fold, mail_fold, CAST(CASE WHEN closed_at IS NULL THEN 0 ELSE 1 END AS BIGINT) AS closed \
    FROM client WHERE client_id = $1";

async fn known_as(db: &mut Connection, id: ClientId) -> Result<Option<KnownAs>, UnitError> {
    let row: Option<Row> = sqlx::query(KNOWN_AS).bind(id.get()).fetch_optional(&mut *db).await?;
    row.as_ref().map(KnownAs::of).transpose()
}

/// A place among the words.
struct Place {
    closed: i64,
    word: String,
    client: i64,
}

const WORDS: &str = "SELECT w.closed, w.word, w.client_id, c.name_fold, c.mail_fold \
    FROM client_word w JOIN client c ON c.client_id = w.client_id \
    WHERE w.closed = $1 AND w.word >= $2 AND w.word < $3 AND (w.word, w.client_id) > ($4, $5) \
    ORDER BY w.word, w.client_id LIMIT $6";
const FOUND: &str = select_clients!("c.client_id = $1");

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
    let beyond = beyond(leading);
    let mut place = match after {
        None => Place { closed: 0, word: leading.to_owned(), client: 0 },
        Some(after) => {
            let known = known_as(db, after).await?;
            let place = known.and_then(|known| {
                let word = known.first(leading)?.to_owned();
                Some(Place { closed: known.closed, word, client: after.get() })
            });
            // Not called so any more: where it stood is not known.
            let Some(place) = place else { return Ok(nobody()) };
            place
        }
    };
    let wanted = usize::try_from(one_more(limit)).unwrap_or(usize::MAX);
    let (mut found, mut seen, mut last) = (Vec::new(), 0, None);
    let at_once = if starts.len() > 1 { AT_ONCE } else { one_more(limit) };
    while found.len() < wanted && seen < LOOKED_THROUGH {
        let rows: Vec<Row> = sqlx::query(WORDS)
            .bind(place.closed)
            .bind(leading)
            .bind(&beyond)
            .bind(&place.word)
            .bind(place.client)
            .bind(at_once)
            .fetch_all(&mut *db)
            .await?;
        seen += rows.len();
        for row in &rows {
            let (known, client): (KnownAs, i64) = (KnownAs::of(row)?, row.try_get("client_id")?);
            let word: String = row.try_get("word")?;
            // Whoever is found by several words is shown with the first of them, and no more after that.
            if known.first(leading) == Some(word.as_str()) {
                last = Some(client);
                if starts.iter().all(|start| known.first(start).is_some()) && found.len() < wanted {
                    found.push(client);
                }
            }
            place = Place { closed: place.closed, word, client };
        }
        if i64::try_from(rows.len()).unwrap_or(i64::MAX) < at_once {
            if place.closed == 1 {
                break;
            }
            place = Place { closed: 1, word: leading.to_owned(), client: 0 };
        }
    }
    let more = found.len() >= wanted;
    let reached = last.filter(|_| !more && seen >= LOOKED_THROUGH);
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = if more { found.last().copied() } else { reached };
    let mut items = Vec::with_capacity(found.len());
    for client in found {
        let row: Option<Row> = sqlx::query(FOUND).bind(client).fetch_optional(&mut *db).await?;
        items.extend(row.map(|row| client_of(codec, &row)).transpose()?);
    }
    Ok(Page { items, next: next.map(|next| next.to_string()) })
}

/// What is greater than every word that begins so.
fn beyond(start: &str) -> String {
    format!("{start}{}", char::MAX)
}

const HOW_MANY: &str = "SELECT COUNT(*) FROM (SELECT 1 FROM client_word WHERE closed = 0 AND word >= $1 AND word < $2 LIMIT $3) \
    AS found";

/// The start that fewest clients are found by; the longest when many are by each.
async fn rarest<'s>(db: &mut Connection, starts: &'s [String]) -> Result<Option<&'s str>, UnitError> {
    let mut rarest: Option<(i64, &str)> = None;
    for start in starts {
        if starts.len() == 1 {
            return Ok(Some(start));
        }
        let most = rarest.map_or(i64::try_from(LOOKED_THROUGH).unwrap_or(i64::MAX), |(count, _)| count);
        let query = sqlx::query_scalar(HOW_MANY).bind(start).bind(beyond(start)).bind(most);
        let count: i64 = query.fetch_one(&mut *db).await?;
        if rarest.is_none_or(|(least, _)| count < least) {
            rarest = Some((count, start));
        }
    }
    Ok(rarest.map(|(_, start)| start))
}
