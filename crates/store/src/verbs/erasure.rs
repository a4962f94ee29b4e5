//! Erasing a person: at once what is the client's own, then, part by part, whatever else names the person. What the
//! carrier has is noted for `carrier_copies`; the sheet is emptied by its mirror, which the erased rows are marked for.
//!
//! Every place where a person can be named stands in this file: a new column or table that names one is to be added here.

use proxycall_domain::{
    ClientId, DispatchId, InteractionId, MailAddress,
    client::Client,
    confirmation::Event,
    routing::{CallAnswer, TextAnswer},
    sheet::{Intent, Tab},
};
use proxycall_service::ports::ledger::{CloseClient, EraseClient, Erasure, ErasurePart, Work};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{carrier_copies::Whose, *};

/// How many interactions of a client one part empties.
const OWN_AT_ONCE: i64 = 250;
/// How many of all interactions one part looks through.
const LOOKED_THROUGH: i64 = 5_000;
/// How many clients' last callers one part opens.
const CALLERS_AT_ONCE: i64 = 2_000;
/// How many stored answers one part opens.
const ANSWERS_AT_ONCE: i64 = 500;

/// Who is looked for. Kept sealed, and only while the record is searched.
#[derive(Serialize, Deserialize)]
struct Wanted {
    phones: Vec<PhoneNumber>,
    mails: Vec<MailAddress>,
}

const EMPTY_CLIENT: &str = "UPDATE client SET name = '', name_fold = '', mail = '', mail_fold = '', phone = $3, \
        phone_key = $4, last_four_key = $4, last_caller = NULL, request_key = NULL, in_shop = NULL, \
        paused_at = NULL, paused_until = NULL, erased_at = $2, updated_at = $2 \
    WHERE client_id = $1 AND closed_at IS NOT NULL AND erased_at IS NULL";
const EMPTY_ORDERS: &str = "UPDATE client_order SET content_key = $2 WHERE client_id = $1";
/// Whom the client kept away, and who keeps the person away: both name somebody.
const FORGET_BLOCKS: &str = "DELETE FROM block WHERE client_id = $1";
const FORGET_BLOCKS_OF_PHONE: &str = "DELETE FROM block WHERE phone_key IN ($1, $2)";
const FORGET_REQUESTS_OF_PHONE: &str = "DELETE FROM page_request WHERE phone_key IN ($1, $2)";
const FORGET_REQUESTS_OF_MAIL: &str = "DELETE FROM page_request WHERE mail_key IN ($1, $2)";
const BEGIN: &str = "INSERT INTO erasure (client_id, stage, reached, wanted, shown, begun_at) \
    VALUES ($1, 'own', $2, $3, $4, $5) ON CONFLICT (client_id) DO NOTHING";

/// What nobody's number, or content, has as its key.
const NO_KEY: &[u8] = &[];

pub(crate) async fn erase_client(
    db: &mut Connection,
    codec: &Codec,
    erase: &EraseClient,
) -> Result<Erasure, UnitError> {
    let client = clients::find(db, codec, erase.id).await?.ok_or(LedgerError::ClientUnknown)?;
    if client.phone != PhoneNumber::ERASED {
        erase_open_or_closed(db, codec, erase, &client).await?;
    }
    erasure(db, codec, erase.id).await?.ok_or_else(|| unreadable("an erasure that is there and is not").into())
}

async fn erase_open_or_closed(
    db: &mut Connection,
    codec: &Codec,
    erase: &EraseClient,
    client: &Client,
) -> Result<(), UnitError> {
    let mut wanted = Wanted { phones: vec![client.phone], mails: vec![client.mail.clone()] };
    let mut shown: Vec<(String, String)> = vec![(Tab::Clients.title().to_owned(), client.id.to_string())];
    shown.extend(client.proxy.map(|proxy| (Tab::Pool.title().to_owned(), proxy.expose())));
    if client.closed_at.is_none() {
        let &EraseClient { id, quarantine_until, actor, now, .. } = erase;
        match clients::close_client(db, codec, &CloseClient { id, quarantine_until, actor, now }).await {
            // Another instance was faster.
            Err(UnitError::Refused(LedgerError::ClientErased)) => return Err(UnitError::Crossed),
            closed => drop(closed?),
        }
    }
    for mut kept in confirmations::of_client(db, codec, client).await? {
        if !kept.it.progress.stage.is_over() {
            confirmations::end(db, codec, &mut kept, Event::Overtaken, "its client was erased", erase.now).await?;
        }
        if kept.it.client == Some(client.id) && kept.it.phone != PhoneNumber::ERASED {
            wanted.phones.push(kept.it.phone);
            wanted.mails.push(kept.it.mail.clone());
        }
        carrier_copies::of_confirmation(db, &kept.it.id, Whose::Erased(client.id), erase.now).await?;
        empty_confirmation(db, codec, &kept.it.id).await?;
        shown.push((Tab::Confirmations.title().to_owned(), kept.it.id.to_string()));
    }
    let emptied = sqlx::query(EMPTY_CLIENT)
        .bind(client.id.get())
        .bind(millis(erase.now))
        .bind(codec.seal_phone(CLIENT_PHONE, PhoneNumber::ERASED)?)
        .bind(NO_KEY)
        .execute(&mut *db)
        .await?;
    if emptied.rows_affected() == 0 {
        return Err(UnitError::Crossed);
    }
    sqlx::query(FORGET_BLOCKS).bind(client.id.get()).execute(&mut *db).await?;
    sqlx::query(EMPTY_ORDERS).bind(client.id.get()).bind(NO_KEY).execute(&mut *db).await?;
    for mail in &wanted.mails {
        let [key, other] = code_limits::mail_keys(codec, mail)?;
        sqlx::query(FORGET_REQUESTS_OF_MAIL).bind(key).bind(other).execute(&mut *db).await?;
    }
    wanted.phones.sort_unstable();
    wanted.phones.dedup();
    let mut theirs_alone = Vec::new();
    for phone in wanted.phones {
        let [key, other] = codec.phone_keys(phone)?;
        sqlx::query(FORGET_REQUESTS_OF_PHONE).bind(&key).bind(&other).execute(&mut *db).await?;
        // What another client shares with the person stays the other's.
        if !is_anybodys(db, codec, phone).await? {
            sqlx::query(FORGET_BLOCKS_OF_PHONE).bind(key).bind(other).execute(&mut *db).await?;
            theirs_alone.push(phone);
        }
    }
    wanted.phones = theirs_alone;
    forget_shown(db, &shown).await?;
    let shown = serde_json::to_string(&shown).map_err(|_| unreadable("names of rows"))?;
    sqlx::query(BEGIN)
        .bind(client.id.get())
        .bind("")
        .bind(codec.seal_json(ERASURE_WANTED, &wanted)?)
        .bind(shown)
        .bind(millis(erase.now))
        .execute(&mut *db)
        .await?;
    jobs::enqueue(db, codec, erase.job, &Work::EraseClient { client: client.id }, erase.now).await
}

const ANYBODYS: &str = "SELECT COUNT(*) FROM client WHERE phone_key IN ($1, $2) AND closed_at IS NULL";

async fn is_anybodys(db: &mut Connection, codec: &Codec, phone: PhoneNumber) -> Result<bool, UnitError> {
    let [key, other] = codec.phone_keys(phone)?;
    let open: i64 = sqlx::query_scalar(ANYBODYS).bind(key).bind(other).fetch_one(&mut *db).await?;
    Ok(open > 0)
}

const DISPATCHES: &str = "SELECT id FROM dispatch WHERE pending_id = $1";
const EMPTY_DISPATCHES: &str = "UPDATE dispatch SET phone_key = $2, mail_key = $2, last_entry = NULL, \
        state = CASE state WHEN 'queued' THEN 'dropped' ELSE state END WHERE pending_id = $1";
const EMPTY_REPLIES: &str = "UPDATE code_reply SET answer = $2 WHERE pending_id = $1";
const EMPTY_CONFIRMATION: &str = "UPDATE confirmation SET name = '', mail = '', phone = $2, phone_key = $3, \
        requester = NULL, brought_code = NULL WHERE pending_id = $1 AND ended_at IS NOT NULL";

/// Takes the person out of a confirmation that is over.
pub(super) async fn empty_confirmation(
    db: &mut Connection,
    codec: &Codec,
    id: &proxycall_domain::PendingId,
) -> Result<(), UnitError> {
    let dispatches: Vec<Uuid> = sqlx::query_scalar(DISPATCHES).bind(id.as_str()).fetch_all(&mut *db).await?;
    for dispatch in dispatches {
        jobs::drop_work(db, &Work::Dispatch { dispatch: DispatchId::from_uuid(dispatch) }).await?;
    }
    sqlx::query(EMPTY_DISPATCHES).bind(id.as_str()).bind(NO_KEY).execute(&mut *db).await?;
    let nothing = codec.seal_json(CODE_REPLY_ANSWER, &TextAnswer::Nothing)?;
    sqlx::query(EMPTY_REPLIES).bind(id.as_str()).bind(nothing).execute(&mut *db).await?;
    sqlx::query(EMPTY_CONFIRMATION)
        .bind(id.as_str())
        .bind(codec.seal_phone(CONFIRMATION_PHONE, PhoneNumber::ERASED)?)
        .bind(NO_KEY)
        .execute(&mut *db)
        .await?;
    Ok(())
}

const MARKING: &str = "SELECT marking FROM sheet_state";
const FORGET_ROW: &str = "DELETE FROM sheet_row WHERE tab = $1 AND key = $2";
const FORGET_PROBLEM: &str = "DELETE FROM sheet_problem WHERE tab = $1 AND key = $2";
const FORGET_INTENTS: &str = "DELETE FROM sheet_intent";

/// Forgets what the sheet last showed. While it is mirrored, that is for the mirror to find out and to empty; after a
/// sheet was given up, nobody else would.
async fn forget_shown(db: &mut Connection, shown: &[(String, String)]) -> Result<(), UnitError> {
    for (tab, key) in shown {
        sqlx::query(FORGET_PROBLEM).bind(tab).bind(key).execute(&mut *db).await?;
    }
    let marking: i64 = sqlx::query_scalar(MARKING).fetch_one(&mut *db).await?;
    if marking == 0 {
        for (tab, key) in shown {
            sqlx::query(FORGET_ROW).bind(tab).bind(key).execute(&mut *db).await?;
        }
        sqlx::query(FORGET_INTENTS).execute(&mut *db).await?;
    }
    Ok(())
}

/// Takes the other side, what was answered and what is still to be sent out of interactions after `$1` and up to `$2`.
/// A text that nobody has sent is not sent any more; of one that may be under way it is not known.
macro_rules! empty_interactions {
    ($which:literal) => {
        concat!(
            "UPDATE interaction SET party = NULL, party_key = NULL, body = NULL, relay_to = NULL, \
                 answer = CASE channel WHEN 'call' THEN $3 ELSE $4 END, \
                 ended_at = CASE WHEN outcome IN ('queued', 'sending') THEN $5 ELSE ended_at END, \
                 outcome = CASE outcome WHEN 'queued' THEN 'failed' WHEN 'sending' THEN 'unknown' ELSE outcome END \
             WHERE id > $1 AND id <= $2",
            $which
        )
    };
}

const EMPTY_ALL: &str = empty_interactions!("");
const EMPTY_OWN: &str = empty_interactions!(" AND client_id = $6");
const EMPTY_OF_PARTY: &str = empty_interactions!(" AND party_key = $6");

/// What interactions are emptied with.
struct Emptying {
    from: Uuid,
    to: Uuid,
    call: Vec<u8>,
    text: Vec<u8>,
    now: i64,
}

impl Emptying {
    fn new(codec: &Codec, from: Uuid, to: Uuid, now: Timestamp) -> Result<Self, LedgerError> {
        let call = codec.seal_json(INTERACTION_ANSWER, &CallAnswer::erased())?;
        let text = codec.seal_json(INTERACTION_ANSWER, &TextAnswer::Nothing)?;
        Ok(Self { from, to, call, text, now: millis(now) })
    }
}

/// Empties all interactions in a stretch. How many.
pub(super) async fn empty_stretch(
    db: &mut Connection,
    codec: &Codec,
    from: Uuid,
    to: Uuid,
    now: Timestamp,
) -> Result<u64, UnitError> {
    let Emptying { from, to, call, text, now } = Emptying::new(codec, from, to, now)?;
    let query = sqlx::query(EMPTY_ALL).bind(from).bind(to).bind(call).bind(text).bind(now);
    Ok(query.execute(&mut *db).await?.rows_affected())
}

async fn empty_own(db: &mut Connection, client: ClientId, emptying: Emptying) -> Result<(), UnitError> {
    let Emptying { from, to, call, text, now } = emptying;
    let query = sqlx::query(EMPTY_OWN).bind(from).bind(to).bind(call).bind(text).bind(now);
    query.bind(client.get()).execute(&mut *db).await?;
    Ok(())
}

async fn empty_of_party(db: &mut Connection, party: Vec<u8>, emptying: Emptying) -> Result<(), UnitError> {
    let Emptying { from, to, call, text, now } = emptying;
    let query = sqlx::query(EMPTY_OF_PARTY).bind(from).bind(to).bind(call).bind(text).bind(now);
    query.bind(party).execute(&mut *db).await?;
    Ok(())
}

const STATE: &str = "SELECT stage, reached, wanted, shown, begun_at FROM erasure WHERE client_id = $1";
const GO_ON: &str = "UPDATE erasure SET stage = $2, reached = $3, wanted = CASE WHEN $4 THEN wanted END, \
        done_at = $5 WHERE client_id = $1";

pub(crate) async fn erase_part(
    db: &mut Connection,
    codec: &Codec,
    client: &ClientId,
    now: &Timestamp,
) -> Result<ErasurePart, UnitError> {
    let row: Option<Row> = sqlx::query(STATE).bind(client.get()).fetch_optional(&mut *db).await?;
    let Some(row) = row else { return Ok(ErasurePart::Done) };
    let (stage, reached): (String, String) = (row.try_get("stage")?, row.try_get("reached")?);
    let wanted: Option<Wanted> =
        row.try_get::<Option<&[u8]>, _>("wanted")?.map(|sealed| codec.open_json(ERASURE_WANTED, sealed)).transpose()?;
    let part = Part { client: *client, reached, begun_at: time(row.try_get("begun_at")?)?, now: *now };
    let (stage, reached) = match (stage.as_str(), wanted) {
        ("own", Some(_)) => after("own", "elsewhere", part.own(db, codec).await?),
        ("elsewhere", Some(wanted)) => after("elsewhere", "callers", part.elsewhere(db, codec, &wanted).await?),
        ("callers", Some(wanted)) => after("callers", "answers", part.callers(db, codec, &wanted).await?),
        ("answers", Some(wanted)) => after("answers", "sheet", part.answers(db, codec, &wanted).await?),
        ("sheet", None) => {
            let shown: Vec<(String, String)> =
                serde_json::from_str(row.try_get("shown")?).map_err(|_| unreadable("names of rows"))?;
            if is_in_sheet(db, codec, &shown).await? {
                return Ok(ErasurePart::SheetWaits);
            }
            ("done", String::new())
        }
        _ => return Ok(ErasurePart::Done),
    };
    let (done, searching) = (stage == "done", !matches!(stage, "sheet" | "done"));
    sqlx::query(GO_ON)
        .bind(client.get())
        .bind(stage)
        .bind(reached)
        .bind(searching)
        .bind(done.then(|| millis(*now)))
        .execute(&mut *db)
        .await?;
    Ok(if done { ErasurePart::Done } else { ErasurePart::More })
}

/// The same stage from where it has come, or the next one from its beginning.
fn after(same: &'static str, next: &'static str, reached: Option<String>) -> (&'static str, String) {
    match reached {
        Some(reached) => (same, reached),
        None => (next, String::new()),
    }
}

/// Up to which interaction the next part goes: `$2` where fewer than so many follow.
macro_rules! end_of_part {
    ($which:literal) => {
        concat!("SELECT id FROM interaction WHERE id > $1 AND id <= $2", $which, " ORDER BY id LIMIT 1 OFFSET $3")
    };
}

const END_OF_PART: &str = end_of_part!("");
const END_OF_OWN_PART: &str = end_of_part!(" AND client_id = $4");

/// Up to which interaction a part goes that begins after `from`, and whether more follow up to `to`.
pub(super) async fn end_of_part(
    db: &mut Connection,
    from: Uuid,
    to: Uuid,
    at_once: i64,
) -> Result<(Uuid, bool), UnitError> {
    let query = sqlx::query_scalar(END_OF_PART).bind(from).bind(to).bind(at_once - 1);
    let end: Option<Uuid> = query.fetch_optional(&mut *db).await?;
    Ok(end.map_or((to, false), |end| (end, true)))
}

/// Where something has come to among the interactions; at first, before all of them.
pub(super) fn position(reached: &str) -> Result<Uuid, LedgerError> {
    if reached.is_empty() {
        return Ok(Uuid::nil());
    }
    Uuid::try_parse(reached).map_err(|_| unreadable("a place among the interactions"))
}

/// The last id that can have been made up to a moment.
pub(super) fn last_id(at: Timestamp) -> Uuid {
    InteractionId::new(at, &[0xff; 10]).uuid()
}

/// One part of an erasure. Each stage gives where it has come to; none: it is over.
struct Part {
    client: ClientId,
    reached: String,
    begun_at: Timestamp,
    now: Timestamp,
}

impl Part {
    fn from(&self) -> Result<Uuid, LedgerError> {
        position(&self.reached)
    }

    /// Everything that passed through the client's own numbers.
    async fn own(&self, db: &mut Connection, codec: &Codec) -> Result<Option<String>, UnitError> {
        let (from, last) = (self.from()?, Uuid::max());
        let query = sqlx::query_scalar(END_OF_OWN_PART).bind(from).bind(last).bind(OWN_AT_ONCE - 1);
        let end: Option<Uuid> = query.bind(self.client.get()).fetch_optional(&mut *db).await?;
        let to = end.unwrap_or(last);
        carrier_copies::of_client(db, self.client, from, to, self.now).await?;
        empty_own(db, self.client, Emptying::new(codec, from, to, self.now)?).await?;
        Ok(end.map(|end| end.to_string()))
    }

    /// Where the person was the other side of somebody else's number, until the erasure began.
    async fn elsewhere(
        &self,
        db: &mut Connection,
        codec: &Codec,
        wanted: &Wanted,
    ) -> Result<Option<String>, UnitError> {
        let from = self.from()?;
        let (to, more) = end_of_part(db, from, last_id(self.begun_at), LOOKED_THROUGH).await?;
        for phone in &wanted.phones {
            for party in codec.phone_keys(*phone)? {
                carrier_copies::of_party(db, self.client, &party, (from, to), self.now).await?;
                empty_of_party(db, party, Emptying::new(codec, from, to, self.now)?).await?;
            }
        }
        Ok(more.then(|| to.to_string()))
    }

    /// Where the person was the last caller. What is sealed has no key to be found by.
    async fn callers(&self, db: &mut Connection, codec: &Codec, wanted: &Wanted) -> Result<Option<String>, UnitError> {
        let after: i64 = self.reached.parse().unwrap_or_default();
        let rows: Vec<Row> = sqlx::query(CALLERS).bind(after).bind(CALLERS_AT_ONCE).fetch_all(&mut *db).await?;
        let mut last = None;
        for row in &rows {
            let (id, sealed): (i64, Vec<u8>) = (row.try_get("client_id")?, row.try_get("last_caller")?);
            last = Some(id);
            if wanted.phones.contains(&codec.open_phone(CLIENT_LAST_CALLER, &sealed)?) {
                let query = sqlx::query(FORGET_CALLER).bind(id).bind(millis(self.now)).bind(sealed);
                // Another caller, or the same one sealed anew meanwhile: it is to be read again.
                if query.execute(&mut *db).await?.rows_affected() == 0 {
                    return Err(UnitError::Crossed);
                }
            }
        }
        Ok(last.map(|last| last.to_string()))
    }

    /// Stored answers to requests, which are kept for a day.
    async fn answers(&self, db: &mut Connection, codec: &Codec, wanted: &Wanted) -> Result<Option<String>, UnitError> {
        let reached = hex::decode(&self.reached).map_err(|_| unreadable("where an erasure goes on"))?;
        let rows: Vec<Row> = sqlx::query(ANSWERS).bind(reached).bind(ANSWERS_AT_ONCE).fetch_all(&mut *db).await?;
        let needles: Vec<String> = wanted
            .phones
            .iter()
            .map(|phone| phone.expose_digits().to_string())
            .chain(wanted.mails.iter().map(|mail| mail.expose().to_lowercase()))
            .chain([format!("\"client_id\":\"{}\"", self.client)])
            .collect();
        let mut last = None;
        for row in &rows {
            let key: Vec<u8> = row.try_get("key")?;
            let answer = codec.open_text(REQUEST_ANSWER, row.try_get("answer")?)?.to_lowercase();
            if needles.iter().any(|needle| answer.contains(needle)) {
                sqlx::query(FORGET_ANSWER).bind(&key).execute(&mut *db).await?;
            }
            last = Some(key);
        }
        Ok(last.map(hex::encode))
    }
}

const CALLERS: &str = "SELECT client_id, last_caller FROM client WHERE client_id > $1 AND last_caller IS NOT NULL \
    ORDER BY client_id LIMIT $2";
/// Unless somebody else has come since.
const FORGET_CALLER: &str =
    "UPDATE client SET last_caller = NULL, updated_at = $2 WHERE client_id = $1 AND last_caller = $3";
const ANSWERS: &str = "SELECT key, answer FROM request WHERE key > $1 AND answer IS NOT NULL ORDER BY key LIMIT $2";
const FORGET_ANSWER: &str = "DELETE FROM request WHERE key = $1";

const MARKED: &str = "SELECT COUNT(*) FROM sheet_mark WHERE tab = $1 AND key = $2";

/// Whether the mirror has still to empty one of these rows, or looks for something that it wrote there.
async fn is_in_sheet(db: &mut Connection, codec: &Codec, shown: &[(String, String)]) -> Result<bool, UnitError> {
    let marking: i64 = sqlx::query_scalar(MARKING).fetch_one(&mut *db).await?;
    if marking == 0 {
        forget_shown(db, shown).await?;
        return Ok(false);
    }
    for (tab, key) in shown {
        let marked: i64 = sqlx::query_scalar(MARKED).bind(tab).bind(key).fetch_one(&mut *db).await?;
        if marked > 0 {
            return Ok(true);
        }
    }
    for tab in Tab::ALL {
        let intents: Vec<Intent> = sheet::sheet_intents(db, codec, tab).await?;
        let of_theirs = |intent: &Intent| shown.iter().any(|(title, key)| title == tab.title() && *key == intent.key);
        if intents.iter().any(of_theirs) {
            return Ok(true);
        }
    }
    Ok(false)
}

const STANDS: &str = "SELECT e.stage, e.begun_at, \
        (SELECT COUNT(*) FROM carrier_copy k WHERE k.client_id = e.client_id AND k.given_up_at IS NULL) AS at_carrier, \
        (SELECT COUNT(*) FROM carrier_copy k WHERE k.client_id = e.client_id AND k.given_up_at IS NOT NULL) AS given_up \
    FROM erasure e WHERE e.client_id = $1";

pub(crate) async fn erasure(
    db: &mut Connection,
    _codec: &Codec,
    client: ClientId,
) -> Result<Option<Erasure>, UnitError> {
    let row: Option<Row> = sqlx::query(STANDS).bind(client.get()).fetch_optional(&mut *db).await?;
    let Some(row) = row else { return Ok(None) };
    let stage: &str = row.try_get("stage")?;
    let count = |column: &str| -> Result<u64, UnitError> {
        Ok(u64::try_from(row.try_get::<i64, _>(column)?).unwrap_or_default())
    };
    Ok(Some(Erasure {
        client,
        begun_at: time(row.try_get("begun_at")?)?,
        record_done: matches!(stage, "sheet" | "done"),
        sheet_done: stage == "done",
        at_carrier: count("at_carrier")?,
        given_up: count("given_up")?,
    }))
}
