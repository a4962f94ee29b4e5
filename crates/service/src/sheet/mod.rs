//! Promises: the sheet follows the store within seconds and people's edits reach it within half a minute; no call, text
//! or page waits for Google; and what Google, people or a crash do to a cycle is made good by the next one.
//!
//! One instance at a time owns the sheet. In its cycle (`cycle`) it reads all tabs at once, compares each row that
//! differs with the store (`tab`), carries people's edits out as commands (`edits`), keeps what it found, and
//! writes what the sheet lacks (`outgoing`), but for what is `protected`. When the next cycle comes is said by `pace`;
//! how a mirror begins by `first_day`. What an operator does with it by hand is in `by_hand`, `diff` and `init`.

mod by_hand;
mod cycle;
mod diff;
mod edits;
mod first_day;
mod init;
mod outgoing;
mod pace;
mod protected;
mod strays;
mod tab;
mod trouble;

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher as _, Hasher as _, RandomState},
    sync::Arc,
    time::Duration,
};

use jiff::SignedDuration;
use proxycall_domain::{
    JobId,
    sheet::{Cells, Owner, Tab},
};
use tokio::{
    runtime::Handle,
    sync::{Mutex, Notify, oneshot, watch},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Service,
    ports::{
        LedgerError, Sheet, SheetError,
        ledger::{SheetNews, Told},
    },
};

pub use by_hand::{Pushed, PushedBy, Pushing, SheetStatus};
pub(crate) use cycle::tables;
pub use cycle::{CycleReport, SheetFailure};
pub use diff::{Planned, RowDiff, SheetDiff};
pub use first_day::{Beginning, Skipped};
pub use init::{Prepared, TabSetUp};

use pace::Pace;
use protected::Protected;

/// For how long an instance owns the sheet. Longer than any request to Google takes.
const OWNED_FOR: SignedDuration = SignedDuration::from_secs(120);
/// How long it rests where it broke off by a defect.
const BEGIN_AGAIN: Duration = Duration::from_secs(30);
/// How often it is looked whether a cycle is due.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long somebody waits who looks for what may be in the sheet only.
const LOOK_PATIENCE: Duration = Duration::from_secs(3);
/// How many rows are read from the store at once.
const PAGE: u32 = 1_000;

/// The sheet of a service, and what is remembered from one cycle to the next.
pub struct SheetMirror {
    sheet: Arc<dyn Sheet>,
    memory: Mutex<Memory>,
    /// Somebody looks for what may be in the sheet only.
    asked: Notify,
    /// What came of the last look of whoever follows the sheet; none: nobody follows it.
    looked: watch::Sender<Option<Looked>>,
}

/// What came of a look at whether a cycle is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Looked {
    /// A cycle ran to its end.
    Read,
    /// None was due, or it did not come to its end.
    Not,
}

impl SheetMirror {
    /// The mirror of a sheet. `owner` names this instance among others.
    #[must_use]
    pub fn new(sheet: Arc<dyn Sheet>, owner: JobId) -> Self {
        let memory = Mutex::new(Memory::new(owner));
        Self { sheet, memory, asked: Notify::new(), looked: watch::Sender::new(None) }
    }

    /// The spreadsheet.
    #[must_use]
    pub fn sheet(&self) -> &dyn Sheet {
        self.sheet.as_ref()
    }
}

/// What one instance remembers while it owns the sheet.
struct Memory {
    owner: JobId,
    /// A fingerprint of what each row last showed, by tab and key. Not known until it was read from the store.
    known: Option<Known>,
    hash: RandomState,
    pace: Pace,
    /// What the account may not write.
    protected: Protected,
    /// Google's version of the file when it was last read.
    version: Option<String>,
    /// What is marked and waits for a person: it is no reason to hurry.
    stuck: HashSet<(Tab, String)>,
    /// Rows that differ from what was last the same, and about which there is nothing to be done as they are: those of no
    /// record, those that a person must put right.
    seen: HashMap<Tab, HashMap<Box<str>, Seen>>,
    /// Whether more rows differ than the last cycle dealt with.
    more: bool,
}

/// A row about which there is nothing to be done.
struct Seen {
    /// Its fingerprint.
    print: u64,
    /// What a person should know of it.
    told: Option<Box<Told>>,
}

/// Fingerprints: the cells themselves stay in the store, so that a large sheet takes little memory.
type Known = HashMap<Tab, HashMap<Box<str>, u64>>;

impl Memory {
    fn new(owner: JobId) -> Self {
        Self {
            owner,
            known: None,
            hash: RandomState::new(),
            pace: Pace::default(),
            protected: Protected::default(),
            version: None,
            stuck: HashSet::new(),
            seen: HashMap::new(),
            more: false,
        }
    }

    /// A fingerprint of the cells that are compared.
    fn fingerprint(&self, cells: &Cells) -> u64 {
        let mut hasher = self.hash.build_hasher();
        for (column, text) in cells.iter().filter(|(column, text)| column.owner() != Owner::Sheet && !text.is_empty()) {
            hasher.write_usize(column as usize);
            hasher.write(text.as_bytes());
            hasher.write_u8(0xff);
        }
        hasher.finish()
    }

    fn rows(&self, tab: Tab) -> usize {
        self.known.as_ref().and_then(|known| known.get(&tab)).map_or(0, HashMap::len)
    }
}

impl Service {
    /// Mirrors the sheet until told to stop, on a thread of its own: to read a large sheet must not keep a thread from
    /// answering calls, and memory that one cycle gives back the next one finds again, for the allocator keeps it by thread.
    pub(crate) async fn follow_sheet(self: &Arc<Self>, stop: &CancellationToken) {
        while self.sheet.is_some() {
            let (service, told, here) = (Arc::clone(self), stop.clone(), Handle::current());
            let (ended, end) = oneshot::channel();
            let follow = move || {
                here.block_on(service.mirror_until(&told));
                // Nobody waits any more where the process ends.
                let _ = ended.send(());
            };
            if let Err(error) = std::thread::Builder::new().name("sheet".to_owned()).spawn(follow) {
                tracing::error!(%error, "no thread can be had for the sheet");
            } else if end.await.is_ok() {
                return;
            } else {
                tracing::error!("the mirror of the sheet broke off by a defect of ours; it begins again");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(BEGIN_AGAIN) => {}
            }
        }
    }

    async fn mirror_until(&self, stop: &CancellationToken) {
        let Some(mirror) = &self.sheet else { return };
        let (mut told, mut asked) = (None, false);
        while !stop.is_cancelled() {
            let outcome = self.mirror_if(asked).await;
            let looked = if matches!(outcome, Ok(Some(_))) { Looked::Read } else { Looked::Not };
            if asked || looked == Looked::Read {
                mirror.looked.send_replace(Some(looked));
            } else if mirror.looked.borrow().is_none() {
                mirror.looked.send_replace(Some(Looked::Not));
            }
            match outcome {
                Ok(_) => told = None,
                Err(failure) => {
                    let why = failure.to_string();
                    // Once for each cause: a sheet that is not shared stays so for hours.
                    if told.as_ref() != Some(&why) {
                        tracing::warn!(account = mirror.sheet.account(), error = why, "the sheet is not mirrored now");
                    }
                    told = Some(why);
                }
            }
            asked = tokio::select! {
                () = stop.cancelled() => false,
                () = mirror.asked.notified() => true,
                () = tokio::time::sleep(LOOK_EVERY) => false,
            };
        }
        // The next instance need not wait for the end of our time.
        if let Err(error) = self.own_for(mirror, SignedDuration::ZERO).await {
            tracing::debug!(%error, "the sheet is given up when its time is over");
        }
    }

    /// Runs a cycle if one is due and this instance owns the sheet. None: there was nothing to do.
    ///
    /// # Errors
    /// Google or the store failed; the next cycle makes good what this one did not.
    pub async fn mirror_sheet(&self) -> Result<Option<CycleReport>, SheetFailure> {
        self.mirror_if(false).await
    }

    /// Reads the sheet at once, for somebody who looks for what is not in the store yet: a person may have typed it a moment
    /// ago. False where that was done a moment before, or cannot be done in time. Whoever follows the sheet does it, and goes
    /// on with it when nobody waits any more: readings that were broken off would never come to an end.
    pub async fn look_in_sheet(&self) -> bool {
        let Some(mirror) = &self.sheet else { return false };
        let mut looked = mirror.looked.subscribe();
        if looked.borrow_and_update().is_none() {
            return matches!(self.mirror_if(true).await, Ok(Some(_)));
        }
        mirror.asked.notify_one();
        let changed = tokio::time::timeout(LOOK_PATIENCE, looked.changed()).await;
        matches!(changed, Ok(Ok(()))) && *looked.borrow() == Some(Looked::Read)
    }

    async fn mirror_if(&self, asked: bool) -> Result<Option<CycleReport>, SheetFailure> {
        let Some(mirror) = &self.sheet else { return Ok(None) };
        // A cycle that goes on finds what is asked for as well as the next one would.
        let Ok(mut memory) = mirror.memory.try_lock() else { return Ok(None) };
        let now = self.clock.now();
        let waits = self.ledger.sheet_waits().await?;
        let waiting = memory.more || waits > u64::try_from(memory.stuck.len()).unwrap_or(u64::MAX);
        if !memory.pace.is_due(now, waiting, asked) {
            return Ok(None);
        }
        let until = now.checked_add(OWNED_FOR).unwrap_or(now);
        if !self.ledger.own_sheet(memory.owner, until, now).await? {
            memory.known = None;
            memory.seen.clear();
            memory.pace.leave(now);
            return Ok(None);
        }
        let outcome = self.cycle(mirror.sheet.as_ref(), &mut memory, waiting || asked).await;
        let now = self.clock.now();
        match &outcome {
            Ok(report) => {
                memory.pace.well();
                self.ledger.note_sheet(SheetNews::Well { wrote: report.wrote > 0 }, now).await?;
            }
            Err(SheetFailure::Sheet(error)) => {
                let retry_after = if let SheetError::Quota { retry_after } = error { *retry_after } else { None };
                memory.pace.failed(now, retry_after, self.chance.fraction());
                self.ledger.note_sheet(SheetNews::Failed(error.said()), now).await?;
            }
            Err(SheetFailure::Ledger(_)) => memory.pace.failed(now, None, self.chance.fraction()),
        }
        outcome.map(Some)
    }

    /// Reads from the store what each row last showed.
    async fn remember(&self, memory: &mut Memory) -> Result<(), LedgerError> {
        if memory.known.is_some() {
            return Ok(());
        }
        if self.ledger.mark_changes(true).await? {
            // What changed while nobody marked it.
            self.ledger.mark_all().await?;
        }
        memory.known = Some(self.last_shown(memory).await?);
        Ok(())
    }

    /// Fingerprints of what each row last showed.
    async fn last_shown(&self, memory: &Memory) -> Result<Known, LedgerError> {
        let mut known = Known::new();
        for tab in Tab::ALL {
            let mut rows = HashMap::new();
            let mut after = String::new();
            loop {
                let page = self.ledger.sheet_rows(tab, after, PAGE).await?;
                let Some((last, _)) = page.last() else { break };
                after = last.clone();
                rows.extend(page.iter().map(|(key, cells)| (key.as_str().into(), memory.fingerprint(cells))));
            }
            known.insert(tab, rows);
        }
        Ok(known)
    }
}
