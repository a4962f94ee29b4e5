//! Promises: a Google that a service can keep its spreadsheet at, on this machine: OAuth for one service account, the
//! part of Drive v3 that finds a spreadsheet, and the part of Sheets v4 that reads and writes it.
//!
//! A test, or a person, arranges it through [`Google`], acts, and asks it:
//!
//! ```
//! use proxycall_sandbox::{Options, Sandbox, google::Spreadsheet};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sandbox = Sandbox::start(Options::default()).await?;
//! let google = sandbox.world().google();
//! let id = google.add_spreadsheet(Spreadsheet::proxycall("ProxyCall"));
//! google.enter(&id, "Clients!D3", "+33639980001")?;
//! assert_eq!(google.cell(&id, "Clients!D3")?, "33639980001"); // a number, as at Google
//! assert_eq!(google.cell(&id, "Clients!F3")?, "FR"); // by the array formula
//! # sandbox.shutdown().await; Ok(()) }
//! ```
//!
//! What it promises less than Google: `page.rs` and each file's first lines say so.

mod a1;
mod cell;
mod drive;
mod fields;
mod formula;
mod http;
mod key;
mod page;
mod people;
mod quota;
mod sheets;
mod spreadsheet;
mod tab;
mod token;
mod values;

use std::{collections::BTreeMap, fmt};

pub use self::{
    formula::{ArrayFormula, Computed},
    key::{CLIENT_EMAIL, service_account_json},
    people::EditError,
    quota::{Counts, RequestKind},
    spreadsheet::{Role, Spreadsheet},
};
pub(crate) use self::{http::router, page::router as page_router, quota::PER_MINUTE};
use self::{quota::Quota, token::Tokens};
use crate::{
    fault::{Fault, Faults},
    world::World,
};

/// Everything at Google that changes.
#[derive(Debug, Default)]
pub(crate) struct GoogleState {
    spreadsheets: BTreeMap<String, Spreadsheet>,
    /// How many spreadsheets there ever were.
    made: u64,
    tokens: Tokens,
    faults: Faults<RequestKind>,
    counts: Counts,
    quota: Quota,
    /// What somebody does in the moment before a request is answered.
    before: Option<Before>,
    /// Nobody switched the APIs on in the account's project.
    apis_off: bool,
}

type Deed = Box<dyn FnOnce(&Google) + Send + Sync>;

/// Something that is done before a request of a kind.
struct Before {
    kind: RequestKind,
    deed: Deed,
}

impl fmt::Debug for Before {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Before").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl GoogleState {
    /// What is to be done before a request of this kind is answered; it is done once.
    fn take_before(&mut self, kind: RequestKind) -> Option<Deed> {
        self.before.take_if(|before| before.kind == kind).map(|before| before.deed)
    }

    /// A new spreadsheet's id, of the form and length of Google's.
    fn next_id(&mut self) -> String {
        self.made += 1;
        format!("1SimulatedSpreadsheet{:023}", self.made)
    }
}

/// The simulated Google of a [`World`]. Cloning it is cheap and gives the same one.
#[derive(Debug, Clone)]
pub struct Google {
    world: World,
}

impl World {
    /// The simulated Google.
    #[must_use]
    pub fn google(&self) -> Google {
        Google { world: self.clone() }
    }
}

impl Google {
    // ── arrange ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// Puts a spreadsheet there, and gives its id.
    pub fn add_spreadsheet(&self, spreadsheet: Spreadsheet) -> String {
        self.change(|google| {
            let id = google.next_id();
            google.spreadsheets.insert(id.clone(), spreadsheet);
            id
        })
    }

    /// Takes a spreadsheet away for good.
    pub fn remove_spreadsheet(&self, id: &str) {
        self.change(|google| google.spreadsheets.remove(id));
    }

    /// Shares a spreadsheet with the service account.
    pub fn share(&self, id: &str, role: Role) {
        self.set_role(id, Some(role));
    }

    /// Ends that.
    pub fn unshare(&self, id: &str) {
        self.set_role(id, None);
    }

    fn set_role(&self, id: &str, role: Option<Role>) {
        self.change(|google| {
            if let Some(spreadsheet) = google.spreadsheets.get_mut(id) {
                spreadsheet.shared = role;
            }
        });
    }

    /// Gives a spreadsheet another title.
    pub fn rename_spreadsheet(&self, id: &str, title: &str) {
        self.change(|google| {
            if let Some(spreadsheet) = google.spreadsheets.get_mut(id) {
                title.clone_into(&mut spreadsheet.title);
                spreadsheet.version += 1;
            }
        });
    }

    /// Switches the Sheets and Drive APIs on or off in the account's project; they are on at first.
    pub fn enable_apis(&self, on: bool) {
        self.change(|google| google.apis_off = !on);
    }

    /// Deletes the service account's key: no new tokens, and Google's answer is `invalid_grant`. Tokens given out
    /// before stay good until they end, as at Google.
    pub fn revoke_key(&self) {
        self.change(|google| google.tokens.revoke_key());
    }

    /// Ends all tokens that were given out.
    pub fn end_tokens(&self) {
        self.change(|google| google.tokens.end_all());
    }

    /// Makes the next request fail in this way. Several are used up in the order given, one per request.
    pub fn fail_next(&self, fault: Fault) {
        self.change(|google| google.faults.plan(None, fault));
    }

    /// Makes the next request of this kind fail in this way, whatever else is asked meanwhile.
    pub fn fail_next_of(&self, kind: RequestKind, fault: Fault) {
        self.change(|google| google.faults.plan(Some(kind), fault));
    }

    /// Has a person do something in the last moment before the next request of this kind is answered.
    pub fn before_next_of(&self, kind: RequestKind, deed: impl FnOnce(&Self) + Send + Sync + 'static) {
        self.change(|google| google.before = Some(Before { kind, deed: Box::new(deed) }));
    }

    /// Sets how many reads, and how many writes, are taken in any sixty seconds; none: any number.
    pub fn limit_per_minute(&self, limit: Option<u32>) {
        self.change(|google| google.quota.set_limit(limit));
    }

    // ── ask ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// How many requests came, refused ones too.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.ask(|google| google.counts)
    }

    /// Id and title of each spreadsheet, in the order in which they were made.
    #[must_use]
    pub fn spreadsheets(&self) -> Vec<(String, String)> {
        let named = |(id, sheet): (&String, &Spreadsheet)| (id.clone(), sheet.title.clone());
        self.ask(|google| google.spreadsheets.iter().map(named).collect())
    }

    /// Reads. Never held across an await.
    fn ask<T>(&self, question: impl FnOnce(&GoogleState) -> T) -> T {
        self.world.ask(|state| question(&state.google))
    }

    /// Changes, and wakes whoever waits for a change of the world.
    fn change<T>(&self, change: impl FnOnce(&mut GoogleState) -> T) -> T {
        self.world.change(|state| change(&mut state.google))
    }
}
