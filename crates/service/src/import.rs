//! Promises: a file of clients is taken over whole, or not at all unless asked; in short batches, so that calls go on;
//! and a second run goes on where the first one ended.

use std::{collections::HashSet, io, ops::RangeInclusive, time::Duration};

use proxycall_domain::{
    ClientId, FieldError, MailAddress, NewClient, PersonName, PhoneNumber, Policy,
    pool::MobilePrefixes,
    sheet::cell::{phone, plain},
};
use serde::Deserialize;
use tokio::time::Instant;

use crate::{
    Service,
    ports::{
        LedgerError,
        ledger::{ImportClient, ImportFinding, ImportNumber},
    },
};

/// How many rows are checked at once.
const BATCH: usize = 1_000;
/// How many rows are put into the order of their proxy numbers before they are written: each batch then touches one
/// stretch of the store's tables, and with that far fewer of its pages, each of which is written whole.
const WINDOW: usize = 50_000;
/// How few and how many rows share one unit of work.
const UNIT: RangeInclusive<usize> = 250..=25_000;
/// How long a unit should take: calls wait meanwhile, and give up after 2.4 s. A machine that is busy with other things
/// makes it twice as long now and then.
const STRETCH: Duration = Duration::from_millis(500);
/// The same while nobody else uses the store. A service that starts meanwhile waits for one such unit.
const STRETCH_ALONE: Duration = Duration::from_secs(1);
/// For how long the store is then left to others. A process that waits for an SQLite file looks every 100 ms only, and
/// takes what it finds free: a pause longer than that is one in which its calls get their turn.
const PAUSE: Duration = Duration::from_millis(150);

/// A file that can be read from the start twice: once to check, once to write.
pub trait Source {
    /// Opens it anew.
    ///
    /// # Errors
    /// When it cannot be opened.
    fn open(&self) -> io::Result<Box<dyn io::Read + Send>>;
}

/// What happens while a file is taken over.
pub enum Event {
    /// So many rows have been checked.
    Checked(u64),
    /// So many rows have been written or found there.
    Written(u64),
    /// A row is refused.
    Refused {
        /// Its line in the file, the header being line 1.
        line: u64,
        /// Its client id, when it has one.
        client: Option<ClientId>,
        /// Why.
        error: FieldError,
    },
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows taken over.
    pub added: u64,
    /// Rows that were there already, with the same data.
    pub same: u64,
    /// Rows refused.
    pub refused: u64,
}

/// Why a file was not taken over.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It cannot be opened or read.
    #[error("the file cannot be read: {0}")]
    Read(#[from] io::Error),
    /// It is not the expected table.
    #[error("the file is not a table of clients: {0}")]
    Table(String),
    /// The store failed; what was written before stays, and a second run goes on from there.
    #[error("{0}; run the same command again to go on")]
    Ledger(#[from] LedgerError),
}

/// The columns of the sheet's `Clients` tab. Others are left alone; cells that a row lacks are empty.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Line {
    client_id: String,
    client_name: String,
    client_mail: String,
    client_real_phone: String,
    client_proxy_number: String,
    client_iso_residency: String,
    client_last_caller: String,
}

/// The columns that a file must have.
const NEEDED: [&str; 4] = ["client_id", "client_name", "client_mail", "client_real_phone"];

impl Line {
    /// The sheet's second row is reserved for formulas and holds no client.
    fn is_blank(&self) -> bool {
        [&self.client_id, &self.client_name, &self.client_mail, &self.client_real_phone, &self.client_proxy_number]
            .iter()
            .all(|cell| cell.trim().is_empty())
    }
}

fn filled(cell: &str) -> Option<&str> {
    Some(plain(cell)).filter(|cell| !cell.is_empty())
}

struct Checker<'a> {
    policy: &'a Policy,
    mobile: MobilePrefixes,
    ids: HashSet<ClientId>,
    proxies: HashSet<PhoneNumber>,
    real: HashSet<PhoneNumber>,
}

impl Checker<'_> {
    fn check(&mut self, line: &Line) -> Result<ImportClient, FieldError> {
        let real = phone("client_real_phone", &line.client_real_phone)?;
        let countries = self.policy.countries();
        let client = NewClient {
            id: ClientId::parse("client_id", &line.client_id)?,
            name: PersonName::parse("client_name", &line.client_name)?,
            mail: MailAddress::parse("client_mail", &line.client_mail)?,
            phone: real,
            country: NewClient::country("client_iso_residency", Some(&line.client_iso_residency), real, countries)?,
        };
        let proxy = filled(&line.client_proxy_number)
            .map(|cell| {
                let phone = phone("client_proxy_number", cell)?;
                let country = countries.of(phone).map(|country| country.code).ok_or_else(|| {
                    FieldError::new(
                        "client_proxy_number",
                        (
                            "a un indicatif qui n’est d’aucun pays connu",
                            "has a dial code that belongs to no known country",
                        ),
                    )
                })?;
                Ok::<_, FieldError>(ImportNumber { phone, country, number_type: self.mobile.type_of(phone) })
            })
            .transpose()?;
        let last_caller = filled(&line.client_last_caller).map(|cell| phone("client_last_caller", cell)).transpose()?;
        if !self.ids.insert(client.id) {
            return Err(FieldError::new(
                "client_id",
                ("figure deux fois dans le fichier", "appears twice in the file"),
            ));
        }
        if self.proxies.contains(&real) {
            return Err(FieldError::new(
                "client_real_phone",
                ("est un numéro proxy ailleurs dans le fichier", "is a proxy number elsewhere in the file"),
            ));
        }
        if let Some(number) = &proxy {
            if !self.proxies.insert(number.phone) {
                return Err(FieldError::new(
                    "client_proxy_number",
                    ("figure deux fois dans le fichier", "appears twice in the file"),
                ));
            }
            if number.phone == real || self.real.contains(&number.phone) {
                return Err(FieldError::new(
                    "client_proxy_number",
                    ("est le vrai numéro de quelqu’un dans le fichier", "is somebody's real number in the file"),
                ));
            }
        }
        self.real.insert(real);
        // What we never dial is not remembered either.
        let last_caller = last_caller.filter(|caller| !self.policy.forbids(*caller));
        Ok(ImportClient { client, proxy, last_caller })
    }
}

/// One row that passed the first check, and where it stands.
struct Row {
    line: u64,
    client: ImportClient,
}

/// How many rows to write at once, as the last ones taught.
struct Pace {
    rows: usize,
    /// How long a unit should take.
    stretch: Duration,
    /// How long the store has been worked on without a pause.
    busy: Duration,
}

impl Pace {
    fn new() -> Self {
        Self { rows: BATCH, stretch: STRETCH, busy: Duration::ZERO }
    }

    /// Takes note of whether others use the store.
    fn meet(&mut self, others: bool) {
        let stretch = if others { STRETCH } else { STRETCH_ALONE };
        if stretch < self.stretch {
            self.rows = (self.rows / 2).max(*UNIT.start());
        }
        self.stretch = stretch;
    }

    /// Takes note of how long a unit of so many rows took. Whether the others should have a turn now.
    fn took(&mut self, rows: usize, elapsed: Duration) -> bool {
        let fitting = u128::try_from(rows).unwrap_or_default() * self.stretch.as_millis() / elapsed.as_millis().max(1);
        // One slow unit, as when the store tidies up, is no reason to go slowly for long.
        let fitting = usize::try_from(fitting).unwrap_or(usize::MAX).clamp(self.rows / 2, self.rows * 2);
        // The last unit of a window tells less than a whole one.
        if rows == self.rows {
            self.rows = fitting.clamp(*UNIT.start(), *UNIT.end());
        }
        self.busy += elapsed;
        let over = self.busy >= self.stretch / 2;
        if over {
            self.busy = Duration::ZERO;
        }
        over
    }
}

impl Service {
    /// Takes over a file of clients. Everything is checked first; a refusal imports nothing unless refused rows are to
    /// be skipped.
    ///
    /// # Errors
    /// See [`ImportError`].
    pub async fn import_clients(
        &self,
        source: &(dyn Source + Sync),
        skip_refused: bool,
        tell: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Report, ImportError> {
        let checked = self.import_pass(source, true, tell).await?;
        if checked.refused > 0 && !skip_refused {
            return Ok(Report { refused: checked.refused, ..Report::default() });
        }
        // Refusals have been told already; only what changed meanwhile could add to them.
        let mut quiet = |event| {
            if !matches!(event, Event::Refused { .. }) {
                tell(event);
            }
        };
        self.import_pass(source, false, &mut quiet).await
    }

    async fn import_pass(
        &self,
        source: &(dyn Source + Sync),
        dry_run: bool,
        tell: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Report, ImportError> {
        let policy = self.policy.current();
        let mobile = MobilePrefixes::shipped().map_err(|error| ImportError::Table(error.to_string()))?;
        let mut checker =
            Checker { policy: &policy, mobile, ids: HashSet::new(), proxies: HashSet::new(), real: HashSet::new() };
        let mut table = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::Headers).from_reader(source.open()?);
        let headers = headers(&mut table)?;
        let mut record = csv::StringRecord::new();
        let mut report = Report::default();
        let at_once = if dry_run { BATCH } else { WINDOW };
        let mut rows = Vec::with_capacity(at_once);
        let mut done = 0;
        let mut pace = Pace::new();
        loop {
            let more = table.read_record(&mut record).map_err(|error| table_error(&error))?;
            if more {
                let position = record.position().map_or(0, csv::Position::line);
                while record.len() < headers.len() {
                    record.push_field("");
                }
                let line: Line = record.deserialize(Some(&headers)).map_err(|error| table_error(&error))?;
                if line.is_blank() {
                    continue;
                }
                match checker.check(&line) {
                    Ok(client) => rows.push(Row { line: position, client }),
                    Err(error) => {
                        report.refused += 1;
                        let client = ClientId::parse("client_id", &line.client_id).ok();
                        tell(Event::Refused { line: position, client, error });
                    }
                }
            }
            if rows.len() == at_once || !more {
                if !dry_run {
                    rows.sort_by_key(|row| row.client.proxy.as_ref().map(|number| number.phone));
                }
                let mut left = rows.as_slice();
                while !left.is_empty() {
                    let others = dry_run || self.ledger.others_wait().await;
                    pace.meet(others);
                    let (unit, rest) = left.split_at(left.len().min(if dry_run { BATCH } else { pace.rows }));
                    let began = Instant::now();
                    self.import_unit(unit, dry_run, &mut report, tell).await?;
                    done += u64::try_from(unit.len()).unwrap_or_default();
                    tell(if dry_run { Event::Checked(done) } else { Event::Written(done) });
                    if !dry_run && pace.took(unit.len(), began.elapsed()) && others {
                        tokio::time::sleep(PAUSE).await;
                    }
                    left = rest;
                }
                rows.clear();
            }
            if !more {
                return Ok(report);
            }
        }
    }

    async fn import_unit(
        &self,
        rows: &[Row],
        dry_run: bool,
        report: &mut Report,
        tell: &mut (dyn FnMut(Event) + Send),
    ) -> Result<(), ImportError> {
        let clients = rows.iter().map(|row| row.client.clone()).collect();
        let findings = self.ledger.import_clients(clients, dry_run, self.clock.now()).await?;
        for (row, finding) in rows.iter().zip(findings) {
            match finding {
                ImportFinding::Added => report.added += 1,
                ImportFinding::Same => report.same += 1,
                ImportFinding::Refused(error) => {
                    report.refused += 1;
                    tell(Event::Refused { line: row.line, client: Some(row.client.client.id), error });
                }
            }
        }
        Ok(())
    }
}

fn headers(table: &mut csv::Reader<Box<dyn io::Read + Send>>) -> Result<csv::StringRecord, ImportError> {
    let headers = table.headers().map_err(|error| table_error(&error))?.clone();
    let table = |problem: &str| Err(ImportError::Table(problem.to_owned()));
    if headers.is_empty() {
        return table("it is empty");
    }
    if let Some(missing) = NEEDED.iter().find(|name| !headers.iter().any(|header| header == **name)) {
        if headers.iter().any(|header| header.contains(';')) {
            return table("its cells are separated by semicolons; save it with commas");
        }
        return table(&format!("the first line has no column {missing}"));
    }
    // Which of the two would count is not ours to guess.
    let columns = NEEDED.into_iter().chain(["client_proxy_number", "client_iso_residency", "client_last_caller"]);
    for column in columns {
        if headers.iter().filter(|header| *header == column).count() > 1 {
            return table(&format!("the first line has the column {column} twice"));
        }
    }
    Ok(headers)
}

/// Where the table is broken, without what stands there.
fn table_error(error: &csv::Error) -> ImportError {
    let line = error.position().map(csv::Position::line);
    let at = line.map_or_else(String::new, |line| format!(" at line {line}"));
    match error.kind() {
        csv::ErrorKind::Io(cause) => ImportError::Read(io::Error::new(cause.kind(), format!("unreadable{at}"))),
        csv::ErrorKind::Utf8 { .. } => ImportError::Table(format!("it is not UTF-8{at}")),
        _ => ImportError::Table(format!("a row cannot be read{at}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_grow_and_shrink_to_what_half_a_second_allows() {
        let mut pace = Pace::new();
        for _ in 0..8 {
            pace.took(pace.rows, Duration::from_millis(20));
        }
        assert_eq!(pace.rows, *UNIT.end());
        for _ in 0..8 {
            pace.took(pace.rows, Duration::from_secs(4));
        }
        assert_eq!(pace.rows, *UNIT.start());
        // What is left of a window is no measure.
        pace.took(1, Duration::from_millis(1));
        assert_eq!(pace.rows, *UNIT.start());
    }

    #[test]
    fn units_are_longer_while_nobody_waits_and_short_at_once_when_somebody_comes() {
        let mut pace = Pace::new();
        pace.meet(false);
        pace.took(1_000, STRETCH_ALONE);
        assert_eq!(pace.rows, 1_000);
        pace.meet(true);
        assert_eq!(pace.rows, 500);
        pace.meet(true);
        assert_eq!(pace.rows, 500);
    }

    #[test]
    fn others_get_a_turn_after_each_long_unit_and_after_some_short_ones() {
        let mut pace = Pace::new();
        assert!(pace.took(1_000, STRETCH));
        let short = STRETCH / 5;
        assert_eq!([(); 4].map(|()| pace.took(1, short)), [false, false, true, false]);
    }
}
