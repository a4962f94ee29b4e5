//! How a mirror begins: what the sheet holds and the store does not is taken over, and nothing is written there for it;
//! then every record is held against the sheet.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use proxycall_domain::{
    CodeChannel, CountryCode, FieldError, Language, MailAddress, NumberStatus, NumberType, PendingId, PersonName,
    PhoneNumber,
    confirmation::code::EnteredCode,
    pool::{
        MobilePrefixes, NewNumber,
        life::{Act, Actor},
    },
    sheet::{Cells, Column, Layout, Reading, Row, Step, Tab, cell, compare, read_rows},
};

use super::{SheetFailure, cycle::tables, edits::new_client, tab, trouble::TabTrouble};
use crate::{
    Service,
    ports::{
        LedgerError,
        clock::Ids as _,
        ledger::{BringConfirmation, Brought, ImportClient, ImportFinding, ImportNumber, NumberDates, SheetNews},
        sheet::Table,
    },
};

/// How many rows are written in one unit.
const UNIT: usize = 500;

/// What was taken over from the sheet, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beginning {
    /// Clients that were new.
    pub clients: usize,
    /// Clients that were there already.
    pub same: usize,
    /// Numbers that no client has.
    pub numbers: usize,
    /// Confirmations in progress.
    pub confirmations: usize,
    /// What was not taken, and why.
    pub skipped: Vec<Skipped>,
}

/// A row that was not taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The tab.
    pub tab: Tab,
    /// The row, from 1; 0 for the whole tab.
    pub row: u32,
    /// Why. Never what stands there.
    pub why: String,
}

/// A tab that can be read, with its rows.
struct Read {
    layout: Layout,
    reading: Reading,
}

impl Service {
    /// Takes over what the sheet holds and the store does not, or only finds out what that would be. Writes nothing
    /// into the sheet. `tell` hears how far it is.
    ///
    /// # Errors
    /// Google or the store failed. What was taken over before that stays; a second run goes on from there.
    pub async fn import_sheet(
        &self,
        dry_run: bool,
        tell: &mut (dyn FnMut(&Beginning) + Send),
    ) -> Result<Beginning, SheetFailure> {
        let Some(mirror) = &self.sheet else { return Ok(Beginning::default()) };
        let tables = tables(mirror.sheet()).await?;
        Ok(self.take_over(tables, dry_run, tell).await?)
    }

    /// Begins the mirror: takes over what the store does not hold yet, as from a sheet that was taken over in part before
    /// a crash. What was left over would be taken for rows that somebody typed, which get no number.
    pub(super) async fn begin_mirror(&self, tables: Vec<Option<Table>>) -> Result<(), LedgerError> {
        let begun = self.take_over(tables, false, &mut |_| ()).await?;
        let Beginning { clients, same, numbers, confirmations, skipped } = &begun;
        let skips = skipped.len();
        tracing::info!(clients, same, numbers, confirmations, skips, "the sheet was taken over");
        for Skipped { tab, row, why } in skipped {
            tracing::warn!(tab = tab.title(), row, why, "a row of the sheet was not taken over");
        }
        self.ledger.mark_all().await?;
        self.ledger.note_sheet(SheetNews::Begun, self.clock.now()).await
    }

    async fn take_over(
        &self,
        tables: Vec<Option<Table>>,
        dry_run: bool,
        tell: &mut (dyn FnMut(&Beginning) + Send),
    ) -> Result<Beginning, LedgerError> {
        let mut begun = Beginning::default();
        let mut tables = tables.into_iter();
        let mut next = || tables.next().flatten();
        let (clients, pool, confirmations) = (next(), next(), next());
        let types = Types::read(pool.as_ref());
        let theirs = match begun.read(Tab::Clients, clients).await? {
            Some(clients) => self.take_clients(clients, &types, dry_run, &mut begun, tell).await?,
            None => HashSet::new(),
        };
        if let Some(pool) = begun.read(Tab::Pool, pool).await? {
            self.take_numbers(pool, &types, &theirs, dry_run, &mut begun).await?;
            tell(&begun);
        }
        if let Some(confirmations) = begun.read(Tab::Confirmations, confirmations).await? {
            self.take_confirmations(&confirmations, dry_run, &mut begun).await?;
            tell(&begun);
        }
        Ok(begun)
    }

    /// Takes the clients over. The numbers that they have.
    async fn take_clients(
        &self,
        clients: Read,
        types: &Types,
        dry_run: bool,
        begun: &mut Beginning,
        tell: &mut (dyn FnMut(&Beginning) + Send),
    ) -> Result<HashSet<PhoneNumber>, LedgerError> {
        let Read { layout, reading } = clients;
        let mut theirs = HashSet::new();
        for some in in_units(reading.rows) {
            let mut rows = Vec::with_capacity(some.len());
            for row in &some {
                match self.typed_client(&layout, row, types) {
                    Ok(client) => rows.push((row.number, client)),
                    Err(why) => begun.skip(Tab::Clients, row.number, why),
                }
            }
            let unit = rows.iter().map(|(_, client)| client.clone()).collect();
            let findings = self.ledger.import_clients(unit, dry_run, self.clock.now()).await?;
            for ((number, client), finding) in rows.iter().zip(findings) {
                match finding {
                    ImportFinding::Added => begun.clients += 1,
                    ImportFinding::Same => begun.same += 1,
                    ImportFinding::Refused(error) => {
                        begun.skip(Tab::Clients, *number, error.to_string());
                        continue;
                    }
                }
                theirs.extend(client.proxy.as_ref().map(|proxy| proxy.phone));
            }
            tell(begun);
        }
        Ok(theirs)
    }

    fn typed_client(&self, layout: &Layout, row: &Row, types: &Types) -> Result<ImportClient, String> {
        let policy = self.policy.current();
        let typed = match compare(layout, None, Some(row), None) {
            Step::Create(typed) => typed,
            Step::Leave(Some(problem)) => return Err(problem.to_string()),
            _ => return Err("a needed cell is empty or cannot be read".to_owned()),
        };
        let client = new_client(&typed, &policy).map_err(|error| error.to_string())?;
        let proxy = typed
            .proxy
            .map(|phone| {
                let country = policy.countries().of(phone).map(|country| country.code);
                let country = country.ok_or("client_proxy_number: has a dial code that belongs to no known country")?;
                Ok::<_, &str>(ImportNumber { phone, country, number_type: types.of(phone) })
            })
            .transpose()?;
        let last_caller = phone_in(&row.cells, Column::ClientLastCaller).filter(|caller| !policy.forbids(*caller));
        Ok(ImportClient { client, proxy, last_caller })
    }

    /// Takes over the numbers that no client has, and the dates of all.
    async fn take_numbers(
        &self,
        pool: Read,
        types: &Types,
        theirs: &HashSet<PhoneNumber>,
        dry_run: bool,
        begun: &mut Beginning,
    ) -> Result<(), LedgerError> {
        for some in in_units(pool.reading.rows) {
            let (mut new, mut dates) = (Vec::new(), Vec::new());
            for row in &some {
                let Some(phone) = phone_in(&row.cells, Column::NumberPhone) else {
                    begun.skip(Tab::Pool, row.number, "phone_number: cannot be read".to_owned());
                    continue;
                };
                let moment = |column| cell::moment(row.cells.text(column));
                let (added_at, assigned_at) = (moment(Column::NumberBoughtAt), moment(Column::NumberAssignedAt));
                dates.push(NumberDates { phone, added_at, assigned_at });
                if theirs.contains(&phone) || self.ledger.number(phone).await?.is_some() {
                    continue;
                }
                match self.free_number(row, phone, types, begun) {
                    Ok((number, why_aside)) => new.push((row.number, (number, why_aside.map(str::to_owned)))),
                    Err(why) => begun.skip(Tab::Pool, row.number, why.to_owned()),
                }
            }
            if dry_run {
                begun.numbers += new.len();
                continue;
            }
            self.take_numbers_over(new, begun).await?;
            self.ledger.date_numbers(dates).await?;
        }
        Ok(())
    }

    /// Takes numbers over together; where one is a client's real number, all but such ones.
    async fn take_numbers_over(
        &self,
        new: Vec<(u32, (NewNumber, Option<String>))>,
        begun: &mut Beginning,
    ) -> Result<(), LedgerError> {
        let act = || Act::new(Actor::Sheet, "it was in the sheet", self.clock.now());
        let together = new.iter().map(|(_, number)| number.clone()).collect();
        match self.ledger.take_over_numbers(together, act()).await {
            Err(LedgerError::NumberIsProxy) => {}
            taken => {
                taken?;
                begun.numbers += new.len();
                return Ok(());
            }
        }
        for (row, number) in new {
            match self.ledger.take_over_numbers(vec![number], act()).await {
                Err(LedgerError::NumberIsProxy) => {
                    let why = "phone_number: is a client's real number, which cannot be a proxy number";
                    begun.skip(Tab::Pool, row, why.to_owned());
                }
                taken => {
                    taken?;
                    begun.numbers += 1;
                }
            }
        }
        Ok(())
    }

    /// A number that no client has, and why it is to be set aside, if it is.
    fn free_number(
        &self,
        row: &Row,
        phone: PhoneNumber,
        types: &Types,
        begun: &mut Beginning,
    ) -> Result<(NewNumber, Option<&'static str>), &'static str> {
        let policy = self.policy.current();
        let by_dial_code = || policy.countries().of(phone).map(|country| country.code);
        let country = country_in(&row.cells).or_else(by_dial_code);
        let country = country.ok_or("country_iso: must be a two-letter ISO code, such as FR")?;
        let aside = match NumberStatus::parse(row.cells.text(Column::NumberStatus)) {
            Some(NumberStatus::Available | NumberStatus::Reserved) => None,
            Some(NumberStatus::Assigned) => {
                begun.skip(Tab::Pool, row.number, "is assigned to no client of the sheet: set aside".to_owned());
                Some("the sheet had it assigned, and no client has it")
            }
            _ => Some("the sheet had it marked as faulty"),
        };
        let friendly_name = row.cells.text(Column::NumberFriendlyName).to_owned();
        Ok((NewNumber { phone, country, number_type: types.of(phone), friendly_name, carrier: None }, aside))
    }
}

impl Service {
    /// Takes over the confirmations that are still going on, each with the code that its client has.
    async fn take_confirmations(&self, read: &Read, dry_run: bool, begun: &mut Beginning) -> Result<(), LedgerError> {
        let now = self.clock.now();
        for row in &read.reading.rows {
            let bring = match self.pending(&row.cells, now) {
                Ok(Some(bring)) => bring,
                Ok(None) => continue,
                Err(error) => {
                    begun.skip(Tab::Confirmations, row.number, error.to_string());
                    continue;
                }
            };
            let brought = if dry_run { Brought::Taken } else { self.ledger.bring_confirmation(bring).await? };
            let why = match brought {
                Brought::Taken => {
                    begun.confirmations += 1;
                    continue;
                }
                Brought::Same => continue,
                Brought::PhoneTaken => "client_real_phone: is being confirmed already, or is a proxy number",
                Brought::NumberTaken => "proxy_number: is not in the pool, or is somebody else's",
            };
            begun.skip(Tab::Confirmations, row.number, why.to_owned());
        }
        Ok(())
    }

    /// The confirmation of a row, if it still goes on.
    fn pending(&self, cells: &Cells, now: Timestamp) -> Result<Option<BringConfirmation>, FieldError> {
        use Column::{
            PendingCode, PendingCreatedAt, PendingMail, PendingName, PendingPhone, PendingProxy, PendingStatus,
        };
        let channel = match cells.text(PendingStatus) {
            "PENDING" => CodeChannel::Sms,
            "PENDING_CALL" => CodeChannel::Voice,
            "PENDING_MAIL" => CodeChannel::Email,
            _ => return Ok(None),
        };
        let missing = |column: Column, what: &str| {
            FieldError::new(column.header(), (format!("ne contient pas de {what}"), format!("holds no {what}")))
        };
        let created_at = cell::moment(cells.text(PendingCreatedAt)).ok_or_else(|| missing(PendingCreatedAt, "date"))?;
        let expires_at = created_at.checked_add(self.codes.lifetime).unwrap_or(created_at);
        if expires_at <= now {
            return Ok(None);
        }
        let policy = self.policy.current();
        let phone = cell::phone(PendingPhone.header(), cells.text(PendingPhone))?;
        let proxy = cell::phone(PendingProxy.header(), cells.text(PendingProxy))?;
        let of = |phone| policy.countries().of(phone).map(|country| country.code);
        Ok(Some(BringConfirmation {
            id: PendingId::parse(cells.text(Column::PendingId))?,
            name: PersonName::parse(PendingName.header(), cells.text(PendingName))?,
            mail: MailAddress::parse(PendingMail.header(), cells.text(PendingMail))?,
            phone,
            country: of(proxy).unwrap_or(self.pool.country),
            language: of(phone).map_or(Language::Fr, |country| policy.language(country)),
            proxy,
            channel: Some(channel),
            code: EnteredCode::parse(cells.text(PendingCode))
                .ok_or_else(|| missing(PendingCode, "code of six digits"))?,
            created_at,
            expires_at,
            job: self.chance.job_id(now),
            now,
        }))
    }
}

impl Beginning {
    fn skip(&mut self, tab: Tab, row: u32, why: String) {
        self.skipped.push(Skipped { tab, row, why });
    }

    /// Reads a tab, and notes what in it cannot be.
    async fn read(&mut self, tab: Tab, table: Option<Table>) -> Result<Option<Read>, LedgerError> {
        let Some(table) = table else {
            self.skip(tab, 0, TabTrouble::Missing(tab).said().to_string());
            return Ok(None);
        };
        let layout = match Layout::find(tab, table.row(0)) {
            Ok(layout) => layout,
            Err(error) => {
                self.skip(tab, 1, error.to_string());
                return Ok(None);
            }
        };
        let reading = tab::read(&layout, &table);
        for row in reading.keyless.iter().chain(&reading.doubles) {
            self.skip(tab, row.number, format!("{} is missing, cannot be read, or is there twice", tab.key().header()));
        }
        Ok(Some(Read { layout, reading }))
    }
}

/// Rows in parts that are written in one unit each; a part is forgotten before the next one comes.
fn in_units(rows: Vec<Row>) -> impl Iterator<Item = Vec<Row>> {
    let mut rows = rows.into_iter();
    std::iter::from_fn(move || Some(rows.by_ref().take(UNIT).collect::<Vec<_>>()).filter(|some| !some.is_empty()))
}

fn phone_in(cells: &Cells, column: Column) -> Option<PhoneNumber> {
    cell::phone(column.header(), cells.text(column)).ok()
}

fn country_in(cells: &Cells) -> Option<CountryCode> {
    cells.text(Column::NumberCountry).parse().ok()
}

/// Which type a number is: as the pool's tab says, else by its leading digits.
struct Types {
    told: HashMap<PhoneNumber, NumberType>,
    mobile: Option<MobilePrefixes>,
}

impl Types {
    /// As the pool's tab says; nothing of it is kept but that.
    fn read(pool: Option<&Table>) -> Self {
        let layout = pool.and_then(|pool| Layout::find(Tab::Pool, pool.row(0)).ok().map(|layout| (pool, layout)));
        let reading = layout.map(|(pool, layout)| read_rows(&layout, (0..pool.rows()).map(|row| pool.row(row))));
        let told = reading.iter().flat_map(|reading| &reading.rows).filter_map(|row| {
            let number_type = row.cells.text(Column::NumberType).parse().ok()?;
            Some((phone_in(&row.cells, Column::NumberPhone)?, number_type))
        });
        Self { told: told.collect(), mobile: MobilePrefixes::shipped().ok() }
    }

    fn of(&self, phone: PhoneNumber) -> NumberType {
        let guess = || self.mobile.as_ref().map_or(NumberType::Local, |mobile| mobile.type_of(phone));
        self.told.get(&phone).copied().unwrap_or_else(guess)
    }
}
