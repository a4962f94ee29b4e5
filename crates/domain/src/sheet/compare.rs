//! Promises: what a row needs follows from three sides alone: what was last the same in sheet and store (the base),
//! what the sheet shows now, and what the store holds now. Whoever writes what is said here, carries out the edits,
//! keeps the new base and asks again, finds nothing more to do.
//!
//! Whose word counts is the column's [`Owner`]. Some words of others pass although their columns are the store's,
//! because staff and their script use them (`original-behaviour` §3.2, §6.1): `error` sets a number aside, and the
//! script notes how far its own cascade is.

use super::{Cells, Column, Fault, Kind, Layout, Owner, Problem, Record, Row, Tab, cell};
use crate::{ClientId, FieldError, MailAddress, NumberStatus, PersonName, PhoneNumber, Said};

/// The status words that the Apps Script writes while a confirmation is in progress: neither put back nor acted on.
const SCRIPT_WORDS: [&str; 4] = ["INIT", "PENDING", "PENDING_CALL", "PENDING_MAIL"];
/// How many live rows of a tab may vanish at once: people delete rows one by one.
const MAX_VANISHED: usize = 5;

/// What is to be done about one key of a tab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Row and record are both there.
    Compared(Difference),
    /// The record has no row: these cells are to be added as one.
    Append(Cells),
    /// Somebody typed a new client.
    Create(NewClientRow),
    /// Somebody deleted a client's row: the client is to be closed.
    Close,
    /// Neither row nor living record is left: the base may be forgotten.
    Forget,
    /// Nothing, perhaps because a person must put something right first.
    Leave(Option<Problem>),
}

/// What is to be done about a row whose record is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Cells to be written into the sheet. An empty text empties its cell.
    pub writes: Cells,
    /// What people changed in the sheet, well-formed: to be carried out as commands.
    pub edits: Cells,
    /// Which of the written cells held something else of a person's, and why that does not stay.
    pub put_back: Vec<(Column, Reason)>,
    /// The new base, to be kept whether or not the writes arrive. What a write replaces is in it, so that it is written
    /// again if it does not arrive, and not mentioned again. To put an edit back that was refused, keep its text here.
    pub base: Cells,
}

impl Difference {
    /// Whether anything is to be written or carried out.
    #[must_use]
    pub fn differs(&self) -> bool {
        !(self.writes.is_empty() && self.edits.is_empty())
    }
}

/// Why what a person wrote does not stay. Shown in the note column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The column is not people's.
    Ours,
    /// A client cannot be without it.
    Needed,
    /// It is not well-formed, or the command was refused.
    Refused(Said),
    /// It differed from the store when both were first compared.
    FirstSight,
}

impl Reason {
    /// It, to follow the column's name.
    #[must_use]
    pub fn said(&self) -> Said {
        let (fr, en) = match self {
            Self::Ours => {
                ("est tenu par ProxyCall et ne se modifie pas ici", "is kept by ProxyCall and cannot be changed here")
            }
            Self::Needed => (
                "ne peut pas être vide ; pour fermer le client, supprimez la ligne",
                "cannot be empty; to close the client, delete the row",
            ),
            Self::Refused(problem) => return problem.clone(),
            Self::FirstSight => {
                ("différait de la donnée de ProxyCall, qui l’emporte", "differed from ProxyCall's record, which counts")
            }
        };
        (fr, en).into()
    }
}

/// A client that somebody typed into the sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewClientRow {
    /// The operator's number for the client.
    pub id: ClientId,
    /// Name.
    pub name: PersonName,
    /// E-mail address.
    pub mail: MailAddress,
    /// Real number.
    pub phone: PhoneNumber,
    /// The proxy number, if one was typed in.
    pub proxy: Option<PhoneNumber>,
    /// The country that a formula or a person gave; none: that of the phone.
    pub residency: Option<String>,
}

/// Whether so many of a tab's live rows have vanished at once that somebody must look before anything follows from it:
/// more than five, or more than 5 % of them. A single row may always go, however few there are.
#[must_use]
pub fn too_many_vanished(live: usize, vanished: usize) -> bool {
    vanished > MAX_VANISHED || (vanished > 1 && vanished.saturating_mul(20) > live)
}

/// Compares one key's row with its record. `base` is what was last the same in both, none if they never were compared.
///
/// A row that vanished is to be taken as such only when it is not [`displaced`](super::displaced), and not
/// [`too_many_vanished`].
#[must_use]
pub fn compare(layout: &Layout, base: Option<&Cells>, sheet: Option<&Row>, store: Option<&Record>) -> Step {
    let tab = layout.tab();
    match (sheet, store) {
        (Some(row), Some(record)) => {
            let found = difference(layout, base, &row.cells, record);
            // Somebody typed a new client under an old id, or brought a deleted row back.
            if base.is_none() && !record.live && !record.erased && tab == Tab::Clients && found.differs() {
                return Step::Leave(Some(Problem { tab, row: row.number, column: tab.key(), fault: Fault::Closed }));
            }
            Step::Compared(found)
        }
        (None, Some(record)) if base.is_some() && record.live && tab == Tab::Clients => Step::Close,
        (None, Some(record)) if record.live => {
            let has_place = |column: Column| layout.position(column).is_some();
            Step::Append(record.cells.iter().filter(|(column, _)| has_place(*column)).collect())
        }
        (None, _) if base.is_some() => Step::Forget,
        (None, _) => Step::Leave(None),
        (Some(row), None) => {
            let problem = |column, fault| Step::Leave(Some(Problem { tab, row: row.number, column, fault }));
            match tab {
                // The script writes its row before it asks for the confirmation, and another if that failed.
                Tab::Confirmations => Step::Leave(None),
                Tab::Pool => problem(tab.key(), Fault::NotOurs),
                Tab::Clients if base.is_some() => problem(tab.key(), Fault::Erased),
                Tab::Clients => match new_client(&row.cells) {
                    Ok(Some(client)) => Step::Create(client),
                    Ok(None) => Step::Leave(None),
                    Err((column, error)) => problem(column, Fault::Invalid(error.problem)),
                },
            }
        }
    }
}

/// What becomes of one cell.
enum Fate {
    /// Both sides agree, or the column is not compared: the base takes the sheet's text.
    Same,
    /// The sheet's text stays, and stands for nothing new: the base takes the store's.
    Stays,
    /// The store's text is written; with a reason, a person's text goes with it.
    Write(Option<Reason>),
    /// The sheet's text is carried out; the base keeps its own until both sides agree.
    Edit,
}

fn difference(layout: &Layout, base: Option<&Cells>, sheet: &Cells, record: &Record) -> Difference {
    let store = &record.cells;
    let before = |column| base.map_or("", |base| base.text(column));
    let (mut writes, mut edits, mut put_back, mut new_base) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    // What others keep is not ours to remember: the codes of old confirmations are among it.
    for column in layout.tab().columns().filter(|column| column.owner() != Owner::Sheet) {
        if layout.position(column).is_none() {
            new_base.push((column, before(column)));
            continue;
        }
        let (shown, wanted) = (sheet.text(column), store.text(column));
        let fate = if record.erased {
            fate_of_erased(column, shown, wanted)
        } else {
            fate(column, base.map(|base| base.text(column)), shown, wanted)
        };
        let kept = match fate {
            Fate::Same => shown,
            Fate::Stays => wanted,
            Fate::Write(reason) => {
                writes.push((column, wanted));
                put_back.extend(reason.map(|reason| (column, reason)));
                shown
            }
            Fate::Edit => {
                edits.push((column, shown));
                before(column)
            }
        };
        new_base.push((column, kept));
    }
    let base = new_base.into_iter().filter(|(_, text)| !text.is_empty()).collect();
    Difference { writes: writes.into_iter().collect(), edits: edits.into_iter().collect(), put_back, base }
}

/// Who was erased does not come back by the sheet: nothing in the row is anybody's word any more.
fn fate_of_erased(column: Column, sheet: &str, store: &str) -> Fate {
    if !column.is_mirrored() || sheet == store { Fate::Same } else { Fate::Write(None) }
}

fn fate(column: Column, base: Option<&str>, sheet: &str, store: &str) -> Fate {
    if !column.is_mirrored() || sheet == store {
        return Fate::Same;
    }
    let store_changed = base.is_some_and(|base| base != store);
    if cell::is_unreadable(column.kind(), sheet) {
        return if store_changed { Fate::Write(None) } else { Fate::Stays };
    }
    if base == Some(sheet) {
        return Fate::Write(None);
    }
    // The original left the last reservation beside an assigned number (`original-behaviour` §3.2); that is history.
    if column.is_history() && store.is_empty() && !store_changed {
        return Fate::Stays;
    }
    let first_sight = base.is_none();
    match column.owner() {
        Owner::People if first_sight && !store.is_empty() => Fate::Write(mention(sheet, Reason::FirstSight)),
        Owner::People => match check(column, sheet) {
            Ok(()) => Fate::Edit,
            Err(reason) => Fate::Write(Some(reason)),
        },
        _ if is_script_word(column, sheet) && (first_sight || store_changed) => Fate::Write(None),
        _ if first_sight => Fate::Write(mention(sheet, Reason::FirstSight)),
        _ if store_changed => Fate::Write(Some(Reason::Ours)),
        _ if is_script_word(column, sheet) && is_script_word(column, store) => Fate::Stays,
        _ if column == Column::NumberStatus && sets_aside(sheet, store) => Fate::Edit,
        _ => Fate::Write(Some(Reason::Ours)),
    }
}

/// An empty cell is nobody's word that would have to be put back.
fn mention(sheet: &str, reason: Reason) -> Option<Reason> {
    (!sheet.is_empty()).then_some(reason)
}

fn is_script_word(column: Column, text: &str) -> bool {
    column == Column::PendingStatus && SCRIPT_WORDS.contains(&text)
}

/// Whether somebody marks a number that we still have.
fn sets_aside(sheet: &str, store: &str) -> bool {
    sheet == NumberStatus::Error.as_str()
        && !matches!(NumberStatus::parse(store), Some(NumberStatus::Released | NumberStatus::Missing))
}

/// Whether a person's text is what its column holds. What else stands against it, only the command can say.
fn check(column: Column, text: &str) -> Result<(), Reason> {
    if text.is_empty() {
        return Err(Reason::Needed);
    }
    let field = column.header();
    let checked = match column.kind() {
        Kind::Mail => MailAddress::parse(field, text).map(drop),
        Kind::Phone => cell::phone(field, text).map(drop),
        _ => PersonName::parse(field, text).map(drop),
    };
    checked.map_err(|error| Reason::Refused(error.problem))
}

/// The client in a row without record. None while a cell is empty or unreadable: it is still being typed.
fn new_client(cells: &Cells) -> Result<Option<NewClientRow>, (Column, FieldError)> {
    use Column::{ClientId as Id, ClientMail, ClientName, ClientPhone, ClientProxy};
    let needed = [Id, ClientName, ClientMail, ClientPhone];
    let unreadable = |column: Column| cell::is_unreadable(column.kind(), cells.text(column));
    if needed.into_iter().any(|column| cells.text(column).is_empty() || unreadable(column)) || unreadable(ClientProxy) {
        return Ok(None);
    }
    let at = |column| move |error| (column, error);
    let text = |column| cells.text(column);
    let proxy = Some(text(ClientProxy)).filter(|text| !text.is_empty());
    Ok(Some(NewClientRow {
        id: ClientId::parse(Id.header(), text(Id)).map_err(at(Id))?,
        name: PersonName::parse(ClientName.header(), text(ClientName)).map_err(at(ClientName))?,
        mail: MailAddress::parse(ClientMail.header(), text(ClientMail)).map_err(at(ClientMail))?,
        phone: cell::phone(ClientPhone.header(), text(ClientPhone)).map_err(at(ClientPhone))?,
        proxy: proxy.map(|text| cell::phone(ClientProxy.header(), text)).transpose().map_err(at(ClientProxy))?,
        residency: cells.get(Column::ClientResidency).map(str::to_owned),
    }))
}

#[cfg(test)]
mod tests;
