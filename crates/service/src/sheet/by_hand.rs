//! What an operator does with the mirror by hand: look how it goes, and have every record written again. One instance
//! owns the sheet here as well: where a service runs, it is asked to write, and nothing is written beside it.

use std::collections::{HashMap, HashSet};

use jiff::SignedDuration;
use proxycall_domain::sheet::{Layout, Tab, displaced, read_rows};

use super::{LOOK_EVERY, OWNED_FOR, PAGE, SheetFailure, SheetMirror, cycle::tables, trouble::TabTrouble};
use crate::{
    Service,
    ports::{
        LedgerError, SheetError,
        ledger::{SheetChanges, SheetState},
        sheet::Table,
    },
};

/// How often in succession Google may fail before a push gives up.
const FAILURES_MAX: u32 = 5;
/// Within this time a running service begins to write what was marked.
const BEGUN_WITHIN: SignedDuration = SignedDuration::from_secs(10);

/// How the mirror goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetStatus {
    /// How it goes.
    pub state: SheetState,
    /// For how long the oldest row has waited; none: none waits, or the mirror has not seen it yet.
    pub waited: Option<SignedDuration>,
}

/// How far a push has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pushing {
    /// So many rows still wait to be written, or to be seen where they were written.
    Waiting(u64),
    /// Google failed in this way; it is asked again.
    Again(SheetError),
}

/// What came of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// How many rows had been deleted in the sheet and are written again.
    pub restored: usize,
    /// How many rows were held against their records.
    pub marked: u64,
    /// Tabs that cannot be dealt with, and why.
    pub troubles: Vec<String>,
    /// Who writes what differs.
    pub by: PushedBy,
}

/// What came of marking everything; the fields are those of [`Pushed`].
struct Marked {
    restored: usize,
    marked: u64,
    troubles: Vec<String>,
}

/// Who writes what differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushedBy {
    /// It is written.
    Us {
        /// How many rows were not, because a person must put something right first.
        stuck: u64,
    },
    /// The running service, which owns the sheet.
    Service {
        /// Within which time it begins.
        within: SignedDuration,
    },
}

impl Service {
    /// How the mirror goes. Asks the store alone.
    ///
    /// # Errors
    /// The store failed.
    pub async fn sheet_status(&self) -> Result<SheetStatus, LedgerError> {
        let state = self.ledger.sheet_state().await?;
        let waited = state.oldest.map(|since| self.clock.now().duration_since(since));
        Ok(SheetStatus { state, waited })
    }

    /// Has every record held against the sheet by whoever follows it, and written where that shows something else, also
    /// rows that were deleted there although their records are live. How many rows that is; none: no sheet is set up.
    ///
    /// # Errors
    /// Google or the store failed.
    pub async fn mark_sheet(&self) -> Result<Option<u64>, SheetFailure> {
        let Some(mirror) = &self.sheet else { return Ok(None) };
        Ok(Some(self.mark_all(mirror).await?.marked))
    }

    /// Has every record written into the sheet where that shows something else, also rows that were deleted there
    /// although their records are live. Where no running service owns the sheet, it is done here until nothing waits,
    /// and `tell` hears how far it is. None: no sheet is set up.
    ///
    /// # Errors
    /// Google or the store failed. What was marked stays so: the running service, or a second push, goes on from there.
    pub async fn push_sheet(&self, tell: &mut (dyn FnMut(Pushing) + Send)) -> Result<Option<Pushed>, SheetFailure> {
        let Some(mirror) = &self.sheet else { return Ok(None) };
        let Marked { restored, marked, troubles } = self.mark_all(mirror).await?;
        let by = if self.own_for(mirror, OWNED_FOR).await? {
            let stuck = self.write_all(mirror, tell).await;
            // A service that starts meanwhile need not wait for the end of our time.
            self.own_for(mirror, SignedDuration::ZERO).await?;
            PushedBy::Us { stuck: stuck? }
        } else {
            PushedBy::Service { within: BEGUN_WITHIN }
        };
        Ok(Some(Pushed { restored, marked, troubles, by }))
    }

    /// Marks every record to be held against the sheet; rows that are gone there count as never written.
    async fn mark_all(&self, mirror: &SheetMirror) -> Result<Marked, SheetFailure> {
        let (restored, troubles) = self.forget_vanished(&tables(mirror.sheet()).await?).await?;
        self.ledger.mark_all().await?;
        Ok(Marked { restored, marked: self.ledger.sheet_waits().await?, troubles })
    }

    /// Takes the sheet, or keeps it, for a time; none: gives it up. False: another instance has it.
    pub(super) async fn own_for(&self, mirror: &SheetMirror, time: SignedDuration) -> Result<bool, LedgerError> {
        let owner = mirror.memory.lock().await.owner;
        let now = self.clock.now();
        self.ledger.own_sheet(owner, now.checked_add(time).unwrap_or(now), now).await
    }

    /// Runs cycles, at the usual pace, until nothing waits but what needs a person: how many rows that are.
    async fn write_all(
        &self,
        mirror: &SheetMirror,
        tell: &mut (dyn FnMut(Pushing) + Send),
    ) -> Result<u64, SheetFailure> {
        let mut failures = 0;
        loop {
            match self.mirror_sheet().await {
                Ok(None) => {}
                Ok(Some(_)) => failures = 0,
                Err(SheetFailure::Sheet(error)) if failures < FAILURES_MAX && passes(&error) => {
                    failures += 1;
                    tell(Pushing::Again(error));
                }
                Err(failure) => return Err(failure),
            }
            let waits = self.ledger.sheet_waits().await?;
            let stuck = mirror.memory.lock().await.stuck.len();
            if waits <= u64::try_from(stuck).unwrap_or(u64::MAX) {
                return Ok(waits);
            }
            tell(Pushing::Waiting(waits));
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Forgets what rows last showed that are not in the sheet any more although their records are live: they count as
    /// never written. How many, and why some tabs cannot be dealt with.
    async fn forget_vanished(&self, tables: &[Option<Table>]) -> Result<(usize, Vec<String>), LedgerError> {
        let (mut changes, mut troubles) = (SheetChanges::default(), Vec::new());
        for (tab, table) in Tab::ALL.into_iter().zip(tables) {
            let Some(table) = table else {
                troubles.push(TabTrouble::Missing(tab).said().to_string());
                continue;
            };
            match Layout::find(tab, table.row(0)) {
                Ok(layout) => {
                    let vanished = self.vanished(&layout, table).await?;
                    changes.bases.extend(vanished.into_iter().map(|key| (tab, key, None)));
                }
                Err(error) => troubles.push(error.to_string()),
            }
        }
        let restored = changes.bases.len();
        if restored > 0 {
            self.ledger.keep_sheet(changes, self.clock.now()).await?;
        }
        Ok((restored, troubles))
    }

    /// The keys of live records whose row was in a tab and is not any more.
    async fn vanished(&self, layout: &Layout, table: &Table) -> Result<Vec<String>, LedgerError> {
        let tab = layout.tab();
        let reading = read_rows(layout, (0..table.rows()).map(|row| table.row(row)));
        let mut unknown: HashSet<String> = reading.rows.iter().map(|row| row.key().to_owned()).collect();
        let (mut gone, mut after) = (HashMap::new(), String::new());
        loop {
            let page = self.ledger.sheet_rows(tab, after, PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = last.clone();
            gone.extend(page.into_iter().filter(|(key, _)| !unknown.remove(key)));
        }
        let displaced = displaced(&reading, &unknown, &gone);
        let keys = gone.into_keys().filter(|key| !displaced.contains_key(key)).collect();
        let records = self.ledger.sheet_records(tab, keys, self.clock.now()).await?;
        Ok(records.into_iter().filter(|(_, record)| record.live).map(|(key, _)| key).collect())
    }
}

/// Whether a failure may pass by itself within minutes.
fn passes(error: &SheetError) -> bool {
    matches!(error, SheetError::Quota { .. } | SheetError::Failed { .. } | SheetError::AnswerLost(_))
}
