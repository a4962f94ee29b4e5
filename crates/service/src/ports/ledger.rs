//! Promises: each method is one unit of work: facts, decision, rows and jobs, all kept or none.
//!
//! To add a verb: declare it here with its command type in the module of its noun, write its body once in
//! `store/src/verbs/<noun>.rs`, dispatch it in `store/src/ledger.rs`, and give it a rule in the conformance suite,
//! which runs on SQLite and on PostgreSQL.
//!
//! An `Ok` means committed. The clock and every id come with the command, so that a repeated run writes the same.

mod access;
mod blocks;
mod calls;
mod clients;
mod confirmations;
mod console;
mod jobs;
mod operators;
mod pool;
mod privacy;
mod requests;
mod sheet;
mod standing;
mod texts;
mod vault;

use async_trait::async_trait;
use jiff::Timestamp;
use proxycall_domain::{
    ClientId, Confirmation, CountryCode, Interaction, JobId, Language, NumberStatus, NumberType, PendingId,
    PhoneNumber, PurchaseId,
    client::Client,
    confirmation::Stage,
    order::{Order, OrderId},
    pool::{
        Availability, CarrierFacts, NewNumber, NumberPast, ProxyNumber,
        life::{Act, Reservation, ReservationToken},
        stock::Stock,
    },
    wiring::Wiring,
};

pub use access::{AccessBook, ApiToken, AuditEntry, AuditFilter, ConsoleSession, TokenHash};
pub use blocks::{AddBlock, BlockFilter, Blocklist, SetPause, Whom};
pub use calls::{CallEnded, InboundCall, RecordedCall};
pub use clients::{
    ClientFilter, ClientSearch, CloseClient, CreateClient, ImportClient, ImportFinding, ImportNumber,
    InteractionFilter, PlaceOrder, PlacedOrder, RestoreClient, UpdateClient,
};
pub use confirmations::{
    ApproveConfirmation, BegunConfirmation, BringConfirmation, Brought, CallEntry, CallStep, CodeCall, CodeRules,
    CreateConfirmation, DispatchReport, DispatchResult, DispatchStep, Entered, LinkOutcome, LinkProof, LinkState,
    Message, Origin, ProgressPage, RequestCode, SpareIds, Ticket, UseLink,
};
pub use console::{
    Activity, ActivityFilter, ActivityPage, BoardCounts, BoardEntry, BoardFilter, BoardGroup, CameTo, ClientFile,
    ClientView, ConsoleBook, DispatchKind, DispatchState, ErasedClient, LastDispatch, NumberFile,
};
pub use jobs::{ClaimedJob, Lane, Work};
pub use operators::{
    AlertLetter, ClientPart, Failures, OperatorBook, SendReport, SheetPulse, TellAlerts, ToldAlert, TrafficPart,
    TrafficSpan, WeekCounts,
};
pub use pool::{
    AdoptNumber, Alert, AssignNumber, AssignReserved, AssignThisNumber, AssignedNumber, BeginPurchase, Candidate,
    Former, MoveNumber, MoveTo, Moved, NumberDates, NumberFilter, OpenPurchase, PurchaseEnd, ReleaseNumber,
    ReserveNumber,
};
pub use privacy::{
    CarrierCopy, Contact, Contacts, CopyResult, EraseClient, Erasure, ErasurePart, HeldNumber, Overdue, PrivacyBook,
    RetentionPart,
};
pub use requests::{Begun, REQUEST_PATIENCE, RequestKey, StoredAnswer};
pub use sheet::{Mark, ProblemAt, SheetBook, SheetChanges, SheetNews, SheetProblem, SheetState, Told};
pub use standing::{Standing, WaitingJobs};
pub use texts::{DeliveryReport, InboundText, OutboundText, RecordedText, SendStep, SentText, TextOutcome, TextResult};
pub use vault::{Renewal, Vault, VaultState, Waits};

/// Why a verb did nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The store cannot be reached, is locked, full or too slow. Trying again later may help.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// Something in the store cannot be read. Trying again will not help.
    #[error("the store holds something unreadable: {0}")]
    Unreadable(String),
    /// There is no such client.
    #[error("there is no such client")]
    ClientUnknown,
    /// A client with this id exists.
    #[error("a client with this id exists")]
    ClientExists,
    /// The client is closed.
    #[error("the client is closed")]
    ClientClosed,
    /// Closed too long ago to be restored.
    #[error("the client was closed more than 30 days ago")]
    ClientGone,
    /// The client was erased, which is final.
    #[error("the client was erased; that is final, and the same person may enrol again as a new client")]
    ClientErased,
    /// That proxy number is not this client's.
    #[error("that proxy number is not this client's")]
    NotTheirNumber,
    /// The real number is one of our proxy numbers, or the proxy number is somebody's real number.
    #[error("a proxy number cannot be anybody's real number")]
    NumberIsProxy,
    /// No number of this country is left in the pool.
    #[error("no proxy number of {country} is available")]
    NoNumberLeft {
        /// The client's country.
        country: CountryCode,
        /// What is left of each type.
        availability: Availability,
    },
    /// The client has a proxy number already.
    #[error("the client has a proxy number already")]
    ClientHasNumber,
    /// There is no such number in the pool.
    #[error("there is no such number in the pool")]
    NumberUnknown,
    /// The number is not free: somebody has it, or it rests after another client, or something is wrong with it.
    #[error("the number is {}, not free", .status.as_str())]
    NumberNotFree {
        /// Where it is in its life.
        status: NumberStatus,
    },
    /// No such reservation, or its time is over.
    #[error("there is no such reservation, or its time is over")]
    ReservationGone,
    /// As many numbers were bought today as are allowed.
    #[error("the day's ceiling of {ceiling} purchases is reached")]
    CeilingReached {
        /// How many are allowed.
        ceiling: u32,
    },
    /// A number is held under this token for something else.
    #[error("a number is held under this token already")]
    ReservationInUse,
    /// There is no such token.
    #[error("there is no such token")]
    TokenUnknown,
    /// A token of this name exists, or did.
    #[error("a token of this name exists, or did")]
    TokenExists,
    /// The token was revoked.
    #[error("the token was revoked")]
    TokenRevoked,
    /// An order with this id and other content exists.
    #[error("an order with this id and other content exists")]
    OrderConflict,
    /// There is no such confirmation.
    #[error("there is no such confirmation")]
    ConfirmationUnknown,
    /// A confirmation with this id and other content exists.
    #[error("a confirmation with this id and other content exists")]
    ConfirmationConflict,
    /// Another confirmation for this phone is not over.
    #[error("this phone is being confirmed already")]
    PhoneBusy,
    /// The confirmation is not in the state for that.
    #[error("the confirmation is {}", .status)]
    NotNow {
        /// Its status, in the original's words.
        status: String,
    },
    /// There is no such block.
    #[error("there is no such block")]
    BlockUnknown,
    /// There is no such call or text.
    #[error("there is no such interaction")]
    InteractionUnknown,
    /// The number of the other side is not known.
    #[error("the caller of that interaction hid the number")]
    NobodyToBlock,
    /// That number is the client's own.
    #[error("that is the client's own number")]
    OwnNumber,
    /// Codes were asked for too often.
    #[error("codes were asked for too often {per}")]
    TooManyCodes {
        /// For what: this confirmation, this phone, this e-mail address, this requester.
        per: &'static str,
        /// From when on it may be asked for again.
        again_at: Timestamp,
    },
}

/// A page of something: the items, and the key to ask for what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// What to pass as `after` for the next page; none on the last. A page that is not full may have one: then so much was
    /// looked through for what is rare that the rest is left for the next page.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page of at most `limit` out of items of which one more was asked for, to see whether more follow.
    pub fn cut(mut items: Vec<T>, limit: u32, key: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(key) } else { None };
        Self { items, next }
    }
}

/// The store, in the words of the service.
#[async_trait]
pub trait Ledger: SheetBook + AccessBook + Blocklist + PrivacyBook + ConsoleBook + OperatorBook + Vault {
    /// Decides a call, records it and remembers the caller. The same call again gets the same answer.
    async fn record_inbound_call(&self, call: InboundCall) -> Result<RecordedCall, LedgerError>;

    /// Records what a call came to. Gives the country of the client it was for, if the call is known.
    async fn record_call_ended(&self, ended: CallEnded) -> Result<Option<CountryCode>, LedgerError>;

    /// Decides a text, records it, remembers the sender and enqueues the relayed text. The same text again gets the
    /// same answer and is not relayed again.
    async fn record_inbound_text(&self, text: InboundText) -> Result<RecordedText, LedgerError>;

    /// Records what the carrier says of a relayed text. Whether one was found.
    async fn record_delivery(&self, report: DeliveryReport) -> Result<bool, LedgerError>;

    /// Takes jobs that are due, for as long as the lease lasts; nobody else gets them meanwhile.
    async fn claim_jobs(
        &self,
        limit: u32,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Vec<ClaimedJob>, LedgerError>;

    /// The same, of one lane alone.
    async fn claim_jobs_of(
        &self,
        lane: Lane,
        limit: u32,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Vec<ClaimedJob>, LedgerError>;

    /// When the next job is due, if there is any.
    async fn next_job_at(&self) -> Result<Option<Timestamp>, LedgerError>;

    /// Marks a relayed text as being sent, before the carrier hears of it.
    async fn start_sending(&self, job: &ClaimedJob, now: Timestamp) -> Result<SendStep, LedgerError>;

    /// Records what became of the attempt, and ends or reschedules the job with it. Whether the job was still ours.
    async fn finish_sending(&self, job: &ClaimedJob, result: TextResult, now: Timestamp) -> Result<bool, LedgerError>;

    /// Creates a client and gives it an available number of its country.
    async fn create_client(&self, create: CreateClient) -> Result<Client, LedgerError>;

    /// A client that is not closed.
    async fn client(&self, id: ClientId) -> Result<Option<Client>, LedgerError>;

    /// The client who has this proxy number.
    async fn client_by_proxy(&self, proxy: PhoneNumber) -> Result<Option<Client>, LedgerError>;

    /// The highest client id plus one; 1 in an empty store.
    async fn next_client_id(&self) -> Result<ClientId, LedgerError>;

    /// Changes a client.
    async fn update_client(&self, update: UpdateClient) -> Result<Client, LedgerError>;

    /// Closes a client; its number goes to quarantine. Closing a closed client changes nothing.
    async fn close_client(&self, close: CloseClient) -> Result<Client, LedgerError>;

    /// Opens a closed client again, with its old number if that still rests, else with another. An open client stays.
    async fn restore_client(&self, restore: RestoreClient) -> Result<Client, LedgerError>;

    /// Clients by id.
    async fn clients(&self, filter: ClientFilter) -> Result<Page<Client>, LedgerError>;

    /// Clients by what is known of them, closed ones too.
    async fn search_clients(&self, search: ClientSearch) -> Result<Page<Client>, LedgerError>;

    /// Takes clients over, each with its number; or only finds out what would happen to each.
    async fn import_clients(
        &self,
        rows: Vec<ImportClient>,
        dry_run: bool,
        now: Timestamp,
    ) -> Result<Vec<ImportFinding>, LedgerError>;

    /// Whether others may have to wait until a unit of work is over, as processes that share a file do.
    async fn others_wait(&self) -> bool;

    /// Records an order, creating its client when new. The same order again gets the same answer.
    async fn place_order(&self, place: PlaceOrder) -> Result<PlacedOrder, LedgerError>;

    /// An order.
    async fn order(&self, id: OrderId) -> Result<Option<Order>, LedgerError>;

    /// Orders, newest first, of one client or of all.
    async fn orders(
        &self,
        client: Option<ClientId>,
        after: Option<String>,
        limit: u32,
    ) -> Result<Page<Order>, LedgerError>;

    /// Adds numbers to the pool as available; those that are there stay as they are. How many were new.
    async fn add_numbers(&self, numbers: Vec<NewNumber>, act: Act) -> Result<u64, LedgerError>;

    /// Adds numbers to the pool in their state, all in one unit: available, or set aside for the reason beside them.
    async fn take_over_numbers(&self, numbers: Vec<(NewNumber, Option<String>)>, act: Act) -> Result<u64, LedgerError>;

    /// Gives numbers the dates that the sheet has for them.
    async fn date_numbers(&self, dates: Vec<NumberDates>) -> Result<(), LedgerError>;

    /// Numbers that may be given to a client of this country: those that have rested count as available.
    async fn available_numbers(
        &self,
        country: CountryCode,
        number_type: Option<NumberType>,
        now: Timestamp,
    ) -> Result<Vec<ProxyNumber>, LedgerError>;

    /// Holds an available number for one owner. The same owner again gets the same number.
    async fn reserve_number(&self, reserve: ReserveNumber) -> Result<Reservation, LedgerError>;

    /// Makes a reserved number a client's: only the owner of the reservation can, and only in time.
    async fn assign_reserved(&self, assign: AssignReserved) -> Result<PhoneNumber, LedgerError>;

    /// Ends a reservation before its time: its number is available again. Whether there was one.
    async fn cancel_reservation(&self, token: ReservationToken, act: Act) -> Result<bool, LedgerError>;

    /// Gives a client an available number, beside or instead of none: see [`Former`].
    async fn assign_number(&self, assign: AssignNumber) -> Result<AssignedNumber, LedgerError>;

    /// Gives a client this very number: one that is available, or that rests and was this client's.
    async fn assign_this_number(&self, assign: AssignThisNumber) -> Result<AssignedNumber, LedgerError>;

    /// Puts a number to rest, aside, among the missing, or back into the pool.
    async fn move_number(&self, change: MoveNumber) -> Result<Moved, LedgerError>;

    /// Takes a number out of the pool for good and enqueues the job that tells the carrier.
    async fn release_number(&self, release: ReleaseNumber) -> Result<Moved, LedgerError>;

    /// Brings a number of the account into the pool, or back into it. The state that it is in then.
    async fn adopt_number(&self, adopt: AdoptNumber) -> Result<NumberStatus, LedgerError>;

    /// Keeps what the carrier says of a number, and its webhooks as they were before the first change of ours.
    async fn note_carrier(
        &self,
        phone: PhoneNumber,
        facts: CarrierFacts,
        before: Option<Wiring>,
    ) -> Result<(), LedgerError>;

    /// The webhooks that a number had before ours.
    async fn wiring_before(&self, phone: PhoneNumber) -> Result<Option<Wiring>, LedgerError>;

    /// A number, in whatever state.
    async fn number(&self, phone: PhoneNumber) -> Result<Option<ProxyNumber>, LedgerError>;

    /// Numbers, in whatever state, in their order.
    async fn numbers(&self, filter: NumberFilter) -> Result<Page<ProxyNumber>, LedgerError>;

    /// The states that a number was in, newest first, the present one included. Empty: no such number.
    async fn number_history(&self, phone: PhoneNumber) -> Result<Vec<NumberPast>, LedgerError>;

    /// How many numbers there are of each country and type, and how many were given out lately: from counts that are kept,
    /// whatever the size of the pool.
    async fn stock(&self, now: Timestamp) -> Result<Vec<Stock>, LedgerError>;

    /// Makes numbers available whose rest or reservation is over. How many.
    async fn free_lapsed(&self, now: Timestamp) -> Result<u64, LedgerError>;

    /// Writes down the intent to buy a number, within the day's ceiling, and the job that settles it after a crash.
    async fn begin_purchase(&self, begin: BeginPurchase) -> Result<(), LedgerError>;

    /// Writes down which candidate the carrier is about to be asked for; puts the settling off until then.
    async fn ask_purchase(
        &self,
        id: PurchaseId,
        candidate: PhoneNumber,
        number_type: NumberType,
        settle_at: Timestamp,
        now: Timestamp,
    ) -> Result<Candidate, LedgerError>;

    /// Ends a purchase; a number that was bought joins the pool with it. Whether it was not over before. A number that
    /// turns out to be bought after all is recorded even then.
    async fn end_purchase(&self, id: PurchaseId, end: PurchaseEnd, act: Act) -> Result<bool, LedgerError>;

    /// How many numbers were bought on the day of a moment (UTC), those that are being bought included.
    async fn bought_on(&self, day: Timestamp) -> Result<u64, LedgerError>;

    /// Purchases that are not over, oldest first.
    async fn open_purchases(&self) -> Result<Vec<OpenPurchase>, LedgerError>;

    /// Notes something that an operator should know; it stands once until it is cleared. Raised again while it stands, it
    /// is seen again, and told in the newer words.
    async fn raise_alert(&self, alert: Alert) -> Result<(), LedgerError>;

    /// It is over.
    async fn clear_alert(&self, kind: &'static str, subject: String, now: Timestamp) -> Result<(), LedgerError>;

    /// What stands, oldest first.
    async fn alerts(&self) -> Result<Vec<Alert>, LedgerError>;

    /// The carrier has a number back: it is known no more there, and the job that told it is over.
    async fn end_release(&self, job: &ClaimedJob, phone: PhoneNumber) -> Result<bool, LedgerError>;

    /// Adds work that is there once at most: what is there already stays as it is.
    async fn ensure_job(&self, id: JobId, work: Work, at: Timestamp) -> Result<(), LedgerError>;

    /// Ends a job, or puts it off. Whether it was still ours.
    async fn finish_job(&self, job: &ClaimedJob, again_at: Option<Timestamp>) -> Result<bool, LedgerError>;

    /// Begins a confirmation, holds a number for it and enqueues its first code. The same again finds the first one.
    async fn create_confirmation(&self, create: CreateConfirmation) -> Result<BegunConfirmation, LedgerError>;

    /// Takes over a confirmation that was begun before us, and holds its number for it.
    async fn bring_confirmation(&self, bring: BringConfirmation) -> Result<Brought, LedgerError>;

    /// A confirmation.
    async fn confirmation(&self, id: PendingId) -> Result<Option<Confirmation>, LedgerError>;

    /// What the address of a confirmation's progress page names. Also of one that does not exist: its page tells nothing.
    /// It cannot be read by whoever has it.
    fn progress_name(&self, id: &PendingId, begun: Timestamp) -> String;

    /// What the progress page of this name shows. None: not one of ours.
    async fn confirmation_by_progress(&self, progress: String) -> Result<Option<ProgressPage>, LedgerError>;

    /// Enqueues a code over a channel, unless that was done a moment ago. Whether it was enqueued.
    async fn request_code(&self, request: RequestCode) -> Result<bool, LedgerError>;

    /// Goes on to the channel after this one when nobody has answered, and ends the job.
    async fn go_on(
        &self,
        job: &ClaimedJob,
        rules: CodeRules,
        spare: SpareIds,
        now: Timestamp,
    ) -> Result<(), LedgerError>;

    /// Marks a text, call or mail as being sent, before anybody hears of it.
    async fn start_dispatch(
        &self,
        job: &ClaimedJob,
        rules: CodeRules,
        spare: SpareIds,
        now: Timestamp,
    ) -> Result<DispatchStep, LedgerError>;

    /// Records what became of it, ends or puts off the job, and sees to what follows. Whether the job was still ours.
    async fn finish_dispatch(
        &self,
        job: &ClaimedJob,
        result: DispatchResult,
        rules: CodeRules,
        spare: SpareIds,
        now: Timestamp,
    ) -> Result<bool, LedgerError>;

    /// Records what the carrier says of it; the next channel comes at once when it did not arrive. Whether it is known.
    async fn record_dispatch(&self, report: DispatchReport) -> Result<bool, LedgerError>;

    /// Somebody picked up a call: whether it is one that we placed, and what it is to say.
    async fn begin_code_call(&self, call: CodeCall) -> Result<CallStep, LedgerError>;

    /// A code was typed in a call. Each attempt counts once, however often it is reported.
    async fn enter_code(&self, entry: CallEntry) -> Result<(Entered, Language), LedgerError>;

    /// What a link can be used for.
    async fn link(&self, id: PendingId, proof: LinkProof, now: Timestamp) -> Result<LinkState, LedgerError>;

    /// Uses a link.
    async fn use_link(&self, link: UseLink) -> Result<LinkOutcome, LedgerError>;

    /// An operator agrees to a change that waits for it.
    async fn approve_confirmation(&self, approve: ApproveConfirmation) -> Result<Confirmation, LedgerError>;

    /// An operator ends a confirmation before its time: what it held is given back.
    async fn cancel_confirmation(&self, id: PendingId, act: Act) -> Result<Confirmation, LedgerError>;

    /// Ends a confirmation whose time is over, gives back what it held, and ends the job. A stage: what it is in now.
    async fn expire_confirmation(&self, job: &ClaimedJob, now: Timestamp) -> Result<Option<Stage>, LedgerError>;

    /// Ends the confirmations begun before a moment, some at a time: their ids and proxy numbers, and how many numbers were
    /// given back.
    async fn expire_confirmations(
        &self,
        begun_before: Timestamp,
        now: Timestamp,
    ) -> Result<(Vec<(PendingId, PhoneNumber)>, u64), LedgerError>;

    /// Calls and messages, newest first.
    async fn interactions(&self, filter: InteractionFilter) -> Result<Page<Interaction>, LedgerError>;

    /// The operator's settings.
    async fn settings(&self) -> Result<Vec<(String, String)>, LedgerError>;

    /// Gives a setting a value, or its default again.
    async fn set_setting(&self, key: String, value: Option<String>, now: Timestamp) -> Result<(), LedgerError>;

    /// Notes that a request with an idempotency key has begun, or finds what the first one was answered.
    async fn begin_request(&self, key: RequestKey, now: Timestamp) -> Result<Begun, LedgerError>;

    /// Notes that a request which takes long is still being carried out.
    async fn hold_request(&self, key: RequestKey, now: Timestamp) -> Result<(), LedgerError>;

    /// Keeps the answer for repetitions; without one, the key is free again.
    async fn finish_request(
        &self,
        key: RequestKey,
        answer: Option<StoredAnswer>,
        now: Timestamp,
    ) -> Result<(), LedgerError>;

    /// How things stand, for an operator who watches: a few indexed reads, and the pool counted once.
    async fn standing(&self, now: Timestamp) -> Result<Standing, LedgerError>;

    /// Whether the store can be written to, now.
    async fn ping(&self) -> Result<(), LedgerError>;
}
