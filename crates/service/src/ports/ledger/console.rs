//! What the operator's console reads: pages of what there is, by key and never by counting, each in a bounded time however
//! much there is.

use async_trait::async_trait;
use jiff::Timestamp;
use proxycall_domain::{
    Block, Channel, ClientId, CodeChannel, Confirmation, Direction, Interaction, InteractionId, Outcome, OutcomeGroup,
    PendingId, PersonName, PhoneNumber,
    client::Client,
    order::Order,
    pool::{NumberPast, ProxyNumber},
    traffic::TrafficHour,
};

use super::{Erasure, HeldNumber, LedgerError, Page};

/// What calls and texts must have come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CameTo {
    /// This.
    One(Outcome),
    /// One of these.
    AnyOf(OutcomeGroup),
}

/// Which calls and texts to show, newest first. All that is given must hold.
#[derive(Debug, Clone, Default)]
pub struct ActivityFilter {
    /// Only this client's.
    pub client: Option<ClientId>,
    /// Only through this number.
    pub proxy: Option<PhoneNumber>,
    /// Only calls, or only texts.
    pub channel: Option<Channel>,
    /// Only those to clients, or only those from clients.
    pub direction: Option<Direction>,
    /// Only those that came to this.
    pub came_to: Option<CameTo>,
    /// Only from this moment on.
    pub from: Option<Timestamp>,
    /// Only before this moment.
    pub to: Option<Timestamp>,
    /// Only those older than this one: the `next` of the page before.
    pub after: Option<InteractionId>,
    /// At most so many.
    pub limit: u32,
}

/// A call or text, and whose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// The call or text.
    pub it: Interaction,
    /// The client's name; none: nobody's number was dialled. Empty: the client was erased.
    pub client_name: Option<PersonName>,
}

/// A page of calls and texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActivityPage {
    /// The newest first.
    pub items: Vec<Activity>,
    /// What to pass as `after` for what is older; none: there is nothing older.
    pub next: Option<InteractionId>,
    /// Set when the page ends because enough was looked through, not because it is full: up to which moment everything
    /// was looked at. There may be more that is older.
    pub searched_to: Option<Timestamp>,
}

/// Where confirmations stand, as an operator sorts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BoardGroup {
    /// A code is out or on its way.
    UnderWay,
    /// Proven; somebody has to agree.
    Waiting,
    /// The code was tried too often.
    Locked,
    /// A client came of it, or one was confirmed or changed.
    Done,
    /// It failed, or nobody proved anything in time.
    Failed,
}

impl BoardGroup {
    /// Every group.
    pub const ALL: [Self; 5] = [Self::UnderWay, Self::Waiting, Self::Locked, Self::Done, Self::Failed];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnderWay => "under_way",
            Self::Waiting => "waiting",
            Self::Locked => "locked",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.as_str() == text)
    }
}

/// Which confirmations to show, newest first: by when they ended, those that are not over by when they began.
#[derive(Debug, Clone)]
pub struct BoardFilter {
    /// Of which group.
    pub group: BoardGroup,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// At most so many.
    pub limit: u32,
}

/// How many confirmations are not over, 10,000 of each group at most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BoardCounts {
    /// A code is out or on its way.
    pub under_way: u64,
    /// Proven; somebody has to agree.
    pub waiting: u64,
    /// The code was tried too often.
    pub locked: u64,
}

/// What a text, call or mail of a confirmation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DispatchKind {
    /// A text with a code.
    Sms,
    /// A call that says a code.
    Voice,
    /// A text with a link.
    Link,
    /// A mail with a link.
    Mail,
    /// A text of thanks.
    Thanks,
    /// A text that asks the phone on record to agree.
    Consent,
}

impl DispatchKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [Self::Sms, Self::Voice, Self::Link, Self::Mail, Self::Thanks, Self::Consent];

    /// The word in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Voice => "voice",
            Self::Link => "link",
            Self::Mail => "mail",
            Self::Thanks => "thanks",
            Self::Consent => "consent",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The channel that it is a code's way over; none: no code goes with it.
    #[must_use]
    pub fn channel(self) -> Option<CodeChannel> {
        match self {
            Self::Sms => Some(CodeChannel::Sms),
            Self::Voice => Some(CodeChannel::Voice),
            Self::Link | Self::Mail => Some(CodeChannel::Email),
            Self::Thanks | Self::Consent => None,
        }
    }

    /// What a channel always begins with.
    #[must_use]
    pub fn of(channel: CodeChannel) -> Self {
        match channel {
            CodeChannel::Sms => Self::Sms,
            CodeChannel::Voice => Self::Voice,
            CodeChannel::Email => Self::Link,
        }
    }
}

/// What became of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DispatchState {
    /// It waits to be sent.
    Queued,
    /// It is being sent.
    Sending,
    /// The carrier took it.
    Sent,
    /// It arrived, or was answered.
    Delivered,
    /// Whether it was sent is not known.
    Unknown,
    /// It did not arrive; see the code.
    Failed,
    /// It was not wanted any more.
    Dropped,
}

impl DispatchState {
    /// Every state.
    pub const ALL: [Self; 7] =
        [Self::Queued, Self::Sending, Self::Sent, Self::Delivered, Self::Unknown, Self::Failed, Self::Dropped];

    /// The word in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Unknown => "unknown",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// The last text, call or mail of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastDispatch {
    /// What it was for.
    pub kind: DispatchKind,
    /// What became of it.
    pub state: DispatchState,
    /// The carrier's code, when it failed.
    pub error_code: Option<i32>,
    /// When it was wanted.
    pub queued_at: Timestamp,
    /// When the carrier took it.
    pub sent_at: Option<Timestamp>,
}

/// A confirmation with what was sent for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardEntry {
    /// The confirmation. Emptied after its period: without name and contacts.
    pub it: Confirmation,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The last of each kind that was sent, in the order of their kinds.
    pub dispatches: Vec<LastDispatch>,
}

/// All that one page shows of a client. Lists hold the newest first, and no more than a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientFile {
    /// The client, open or closed.
    pub client: Client,
    /// The proxy number in full, when the client has one.
    pub number: Option<ProxyNumber>,
    /// Whether the shop has the client, as column I of the sheet says; none: nobody said.
    pub in_shop: Option<bool>,
    /// The numbers that the client has and had.
    pub numbers: Vec<HeldNumber>,
    /// Who cannot reach the client.
    pub blocks: Page<Block>,
    /// Orders.
    pub orders: Page<Order>,
    /// Confirmations that became, or changed, the client, or were begun with its phone or address.
    pub confirmations: Vec<BoardEntry>,
    /// Calls and texts.
    pub activity: ActivityPage,
}

/// What is left of an erased client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasedClient {
    /// Its id.
    pub id: ClientId,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// How far the erasure is.
    pub erasure: Option<Erasure>,
    /// Calls and texts: when, and what they came to.
    pub activity: ActivityPage,
}

/// A client as one page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientView {
    /// Somebody of whom something is known.
    Known(Box<ClientFile>),
    /// Nobody any more.
    Erased(Box<ErasedClient>),
}

/// All that one page shows of a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberFile {
    /// The number, with its client.
    pub number: ProxyNumber,
    /// The states that it was in, newest first, the present one included.
    pub history: Vec<NumberPast>,
    /// Calls and texts through it.
    pub activity: ActivityPage,
}

/// The part of the [`Ledger`](super::Ledger) that the operator's console reads. Nothing here changes anything.
#[async_trait]
pub trait ConsoleBook: Send + Sync {
    /// Calls and texts, newest first.
    async fn activity(&self, filter: ActivityFilter) -> Result<ActivityPage, LedgerError>;

    /// What the calls and texts of each hour came to that began in it, from the hour of a moment on; hours in which nothing
    /// was counted are there too, up to that of `now`. What is kept reaches back eight days at least, once it has been
    /// kept for so long.
    async fn traffic(&self, from: Timestamp, now: Timestamp) -> Result<Vec<TrafficHour>, LedgerError>;

    /// How many calls are under way, and how many texts wait to be sent or delivered: of the last two hours, and no more
    /// than 10,000 of each.
    async fn under_way(&self, now: Timestamp) -> Result<(u64, u64), LedgerError>;

    /// Confirmations of a group, newest first.
    async fn board(&self, filter: BoardFilter, now: Timestamp) -> Result<Page<BoardEntry>, LedgerError>;

    /// How many confirmations are not over.
    async fn board_counts(&self, now: Timestamp) -> Result<BoardCounts, LedgerError>;

    /// A confirmation with what was sent for it.
    async fn board_entry(&self, id: PendingId) -> Result<Option<BoardEntry>, LedgerError>;

    /// A client, open, closed or erased, with a page of each list. None: there is no such client.
    async fn client_view(&self, id: ClientId, limit: u32) -> Result<Option<ClientView>, LedgerError>;

    /// A number with its history and a page of what passed through it.
    async fn number_file(&self, phone: PhoneNumber, limit: u32) -> Result<Option<NumberFile>, LedgerError>;
}
