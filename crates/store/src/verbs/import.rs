//! Taking clients over, each with the number it has: what would cross two parties is refused, row by row.
//!
//! A batch is read, judged and written with one statement each, whatever its size: the way to the database and back
//! is most of what a row costs. Rows go there as one JSON text.

use std::collections::{HashMap, HashSet};

use proxycall_domain::{FieldError, NumberStatus, Said};
use proxycall_service::ports::ledger::{ImportClient, ImportFinding};
use serde::Serialize;

use super::*;

const ID: &str = "client_id";
const PROXY: &str = "client_proxy_number";
const REAL: &str = "client_real_phone";

/// What the database has to know of a row to tell what is there already.
#[derive(Serialize)]
struct Question {
    n: usize,
    id: i64,
    real: i64,
    proxy: Option<i64>,
    proxy_key: Option<String>,
    proxy_key_before: Option<String>,
}

impl Question {
    fn new(codec: &Codec, n: usize, row: &ImportClient) -> Result<Self, LedgerError> {
        let proxy = row.proxy.as_ref().map(|number| number.phone);
        let keys = proxy.map(|proxy| codec.phone_keys(proxy)).transpose()?;
        let (proxy_key, proxy_key_before) = keys.map(|keys| keys.map(hex::encode).into()).unzip();
        let (id, real, proxy) = (row.client.id.get(), digits(row.client.phone), proxy.map(digits));
        Ok(Self { n, id, real, proxy, proxy_key, proxy_key_before })
    }
}

/// A row as it is written. Bytes are in hex.
#[derive(Serialize)]
struct Line<'a> {
    id: i64,
    name: &'a str,
    name_fold: String,
    mail: &'a str,
    mail_fold: String,
    phone: String,
    phone_key: String,
    last_four_key: String,
    country: String,
    last_caller: Option<String>,
    proxy: Option<i64>,
    proxy_country: Option<String>,
    proxy_type: Option<&'static str>,
}

impl<'a> Line<'a> {
    fn new(codec: &Codec, row: &'a ImportClient) -> Result<Self, LedgerError> {
        let keys = codec.writes()?;
        let last_caller = row.last_caller.map(|caller| codec.seal_phone(CLIENT_LAST_CALLER, caller)).transpose()?;
        let client = &row.client;
        let (name, mail) = (client.name.expose(), client.mail.expose());
        Ok(Self {
            id: client.id.get(),
            name,
            name_fold: name.to_lowercase(),
            mail,
            mail_fold: mail.to_lowercase(),
            phone: hex::encode(codec.seal_phone(CLIENT_PHONE, client.phone)?),
            phone_key: hex::encode(keys.phone_key(client.phone)),
            last_four_key: hex::encode(keys.last_four_key(&client.phone.last_four())),
            country: client.country.to_string(),
            last_caller: last_caller.map(hex::encode),
            proxy: row.proxy.as_ref().map(|number| digits(number.phone)),
            proxy_country: row.proxy.as_ref().map(|number| number.country.to_string()),
            proxy_type: row.proxy.as_ref().map(|number| number.number_type.as_str()),
        })
    }
}

fn json<T: Serialize>(rows: &[T]) -> Result<String, LedgerError> {
    serde_json::to_string(rows).map_err(|_| unreadable("a row without JSON form"))
}

/// The rows of this batch that are to be written: later rows must not cross them either.
#[derive(Default)]
struct Added<'a> {
    rows: HashMap<ClientId, &'a ImportClient>,
    proxies: HashSet<PhoneNumber>,
    reals: HashSet<PhoneNumber>,
}

impl<'a> Added<'a> {
    fn add(&mut self, row: &'a ImportClient) {
        self.rows.insert(row.client.id, row);
        self.proxies.extend(row.proxy.as_ref().map(|number| number.phone));
        self.reals.insert(row.client.phone);
    }
}

fn refused(field: &'static str, problem: impl Into<Said>) -> ImportFinding {
    ImportFinding::Refused(FieldError::new(field, problem))
}

fn exists(same: bool) -> ImportFinding {
    if same {
        ImportFinding::Same
    } else {
        refused(
            ID,
            (
                "un client avec cet identifiant et d’autres données existe",
                "a client with this id and other data exists",
            ),
        )
    }
}

/// What becomes of a row, from what the store knows of it and what was added before it.
fn judge(
    codec: &Codec,
    row: &ImportClient,
    known: Option<&Row>,
    added: &Added<'_>,
    now: Timestamp,
) -> Result<ImportFinding, UnitError> {
    let client = &row.client;
    let number = row.proxy.as_ref().map(|number| number.phone);
    let is = |what: &str| known.map_or(Ok(false), |known| known.try_get::<bool, _>(what));
    if let Some(known) = known
        && let Some(name) = known.try_get::<Option<&str>, _>("name")?
    {
        if known.try_get::<Option<i64>, _>("closed_at")?.is_some() {
            return Ok(refused(
                ID,
                ("un client avec cet identifiant existe et est fermé", "a client with this id exists and is closed"),
            ));
        }
        return Ok(exists(
            name == client.name.expose()
                && known.try_get::<&str, _>("mail")? == client.mail.expose()
                && codec.is_phone(known.try_get("phone_key")?, client.phone)?
                && known.try_get::<&str, _>("country")? == client.country.to_string()
                // A row without a number does not contradict one that was given since.
                && (number.is_none() || known.try_get::<Option<i64>, _>("own_proxy")? == number.map(digits)),
        ));
    }
    if let Some(before) = added.rows.get(&client.id) {
        return Ok(exists(before.client == *client && before.proxy.as_ref().map(|number| number.phone) == number));
    }
    if number == Some(client.phone) || is("real_is_proxy")? || added.proxies.contains(&client.phone) {
        return Ok(refused(
            REAL,
            (
                "est un numéro proxy, qui ne peut être le vrai numéro de personne",
                "is a proxy number, which cannot be anybody's real number",
            ),
        ));
    }
    let Some(number) = number else { return Ok(ImportFinding::Added) };
    if is("proxy_is_real")? || added.reals.contains(&number) {
        return Ok(refused(
            PROXY,
            (
                "est le vrai numéro d’un client, qui ne peut être un numéro proxy",
                "is a client's real number, which cannot be a proxy number",
            ),
        ));
    }
    let owner = known.map_or(Ok(None), |known| known.try_get::<Option<i64>, _>("owner"))?;
    if owner.is_some() || added.proxies.contains(&number) {
        return Ok(refused(PROXY, ("est à un autre client", "belongs to another client")));
    }
    let Some(known) = known else { return Ok(ImportFinding::Added) };
    let Some(status) = known.try_get::<Option<&str>, _>("status")? else { return Ok(ImportFinding::Added) };
    let status = NumberStatus::parse(status).ok_or_else(|| unreadable("a number's status"))?;
    let rested = known.try_get::<Option<i64>, _>("quarantine_until")?.is_some_and(|until| until <= millis(now));
    if status == NumberStatus::Available || rested {
        return Ok(ImportFinding::Added);
    }
    Ok(refused(
        PROXY,
        (
            format!("est dans le stock comme {}, pas comme available", status.as_str()),
            format!("is in the pool as {}, not as available", status.as_str()),
        ),
    ))
}

const ANYTHING: &str =
    "SELECT 1 FROM meta WHERE EXISTS (SELECT 1 FROM client) OR EXISTS (SELECT 1 FROM proxy_number) LIMIT 1";

/// What becomes of each row of a batch as things stand.
pub(crate) async fn preview(
    db: &mut Connection,
    codec: &Codec,
    rows: &[ImportClient],
    now: Timestamp,
) -> Result<Vec<ImportFinding>, UnitError> {
    // The first import of all: an empty store knows none of them.
    let anything: Option<Row> = sqlx::query(ANYTHING).fetch_optional(&mut *db).await?;
    if anything.is_none() {
        return judge_all(codec, rows, &[], now);
    }
    let questions: Vec<Question> =
        rows.iter().enumerate().map(|(n, row)| Question::new(codec, n, row)).collect::<Result<_, _>>()?;
    // Planned anew each time: PostgreSQL would keep reading whole tables, as it rightly does while they are empty.
    let known = sqlx::query(dialect::IMPORT_KNOWN).persistent(false).bind(json(&questions)?);
    let known: Vec<Row> = known.fetch_all(&mut *db).await?;
    if known.len() != rows.len() {
        return Err(unreadable("a client or number that is there twice").into());
    }
    judge_all(codec, rows, &known, now)
}

/// `known` is empty for an empty store.
fn judge_all(
    codec: &Codec,
    rows: &[ImportClient],
    known: &[Row],
    now: Timestamp,
) -> Result<Vec<ImportFinding>, UnitError> {
    let mut added = Added::default();
    let mut findings = Vec::with_capacity(rows.len());
    for (n, row) in rows.iter().enumerate() {
        let finding = judge(codec, row, known.get(n), &added, now)?;
        if finding == ImportFinding::Added {
            added.add(row);
        }
        findings.push(finding);
    }
    Ok(findings)
}

pub(crate) async fn import_clients(
    db: &mut Connection,
    codec: &Codec,
    rows: &[ImportClient],
    now: &Timestamp,
) -> Result<Vec<ImportFinding>, UnitError> {
    // Both kinds of number are written.
    pool::hold_proxies(db).await?;
    let findings = preview(db, codec, rows, *now).await?;
    let added = rows.iter().zip(&findings).filter(|(_, finding)| **finding == ImportFinding::Added);
    let lines: Vec<Line<'_>> = added.map(|(row, _)| Line::new(codec, row)).collect::<Result<_, _>>()?;
    let numbers = lines.iter().filter(|line| line.proxy.is_some()).count();
    let text = json(&lines)?;
    for (statement, expected) in [(dialect::IMPORT_CLIENTS, lines.len()), (dialect::IMPORT_NUMBERS, numbers)] {
        if expected == 0 {
            continue;
        }
        let written = sqlx::query(statement).bind(&text).bind(millis(*now)).execute(&mut *db).await?.rows_affected();
        // Another unit changed what was judged: all is judged again.
        if usize::try_from(written) != Ok(expected) {
            return Err(UnitError::Crossed);
        }
    }
    Ok(findings)
}
