//! Commands about clients, their orders and what passed through their numbers.

use jiff::Timestamp;
use proxycall_domain::{
    ClientId, CountryCode, FieldError, InteractionId, JobId, NewClient, NumberType, Outcome, PhoneNumber,
    client::ClientChanges,
    order::{NewOrder, Order},
    pool::life::Actor,
};

use super::RequestKey;

/// A client to be created.
#[derive(Debug, Clone)]
pub struct CreateClient {
    /// Who.
    pub client: NewClient,
    /// Which type of number is preferred; the other is taken when none of it is left.
    pub preferred: NumberType,
    /// The idempotency key it came with: the same key again finds the client instead of refusing.
    pub request: Option<RequestKey>,
    /// Who asks.
    pub actor: Actor,
    /// The job that looks after the number's webhooks.
    pub wire: JobId,
    /// Now.
    pub now: Timestamp,
}

/// A client to be changed.
#[derive(Debug, Clone)]
pub struct UpdateClient {
    /// Who.
    pub id: ClientId,
    /// What changes.
    pub changes: ClientChanges,
    /// Now.
    pub now: Timestamp,
}

/// A client to be closed.
#[derive(Debug, Clone)]
pub struct CloseClient {
    /// Who.
    pub id: ClientId,
    /// Until when its number rests.
    pub quarantine_until: Timestamp,
    /// Who asks.
    pub actor: Actor,
    /// Now.
    pub now: Timestamp,
}

/// A client to be opened again.
#[derive(Debug, Clone)]
pub struct RestoreClient {
    /// Who.
    pub id: ClientId,
    /// Which type of number is preferred when another has to be given.
    pub preferred: NumberType,
    /// Closed before this moment: gone.
    pub closed_since: Timestamp,
    /// Who asks.
    pub actor: Actor,
    /// The job that looks after the number's webhooks.
    pub wire: JobId,
    /// Now.
    pub now: Timestamp,
}

/// Which clients to list, by id.
#[derive(Debug, Clone, Default)]
pub struct ClientFilter {
    /// Only this country.
    pub country: Option<CountryCode>,
    /// Closed ones instead of open ones.
    pub closed: bool,
    /// The highest ids first, which are the newest, instead of last.
    pub newest_first: bool,
    /// Only ids beyond this.
    pub after: Option<ClientId>,
    /// At most so many.
    pub limit: u32,
}

/// What to look for. Exactly one way of looking, by what was typed. Clients who are not closed come first.
#[derive(Clone)]
pub enum ClientSearch {
    /// A whole number, real or proxy.
    Phone(PhoneNumber),
    /// The last four digits of the real number.
    LastFour {
        /// The digits.
        digits: String,
        /// Only those who come after this client: the `next` of the page before.
        after: Option<ClientId>,
        /// At most so many.
        limit: u32,
    },
    /// The starts of words of the name, in any order and spelling, or of the e-mail address. In the order of the word that
    /// fewest clients have.
    Words {
        /// The starts, with spaces between.
        start: String,
        /// Only those who come after this client: the `next` of the page before.
        after: Option<ClientId>,
        /// At most so many.
        limit: u32,
    },
}

/// Leaves what was typed out.
impl std::fmt::Debug for ClientSearch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Phone(_) => "Phone(…)",
            Self::LastFour { .. } => "LastFour(…)",
            Self::Words { .. } => "Words(…)",
        })
    }
}

/// One client to be taken over, with its number.
#[derive(Debug, Clone)]
pub struct ImportClient {
    /// Who.
    pub client: NewClient,
    /// The proxy number that is the client's; none: the client has none yet.
    pub proxy: Option<ImportNumber>,
    /// Who came last.
    pub last_caller: Option<PhoneNumber>,
}

/// A number that comes with a client.
#[derive(Debug, Clone)]
pub struct ImportNumber {
    /// E.164.
    pub phone: PhoneNumber,
    /// Country.
    pub country: CountryCode,
    /// Type.
    pub number_type: NumberType,
}

/// What became, or would become, of a client to be taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportFinding {
    /// Taken over.
    Added,
    /// There already, with the same data: nothing to do.
    Same,
    /// Refused: the field and what is wrong with it.
    Refused(FieldError),
}

/// An order to be recorded.
#[derive(Debug, Clone)]
pub struct PlaceOrder {
    /// The order and its client.
    pub order: NewOrder,
    /// Which type of number is preferred for a new client.
    pub preferred: NumberType,
    /// Who asks.
    pub actor: Actor,
    /// The job that looks after the number's webhooks.
    pub wire: JobId,
    /// Now.
    pub now: Timestamp,
}

/// An order as recorded: with a proxy number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedOrder {
    /// The order.
    pub order: Order,
    /// The client's proxy number.
    pub proxy: PhoneNumber,
}

/// Which calls and messages to list, newest first.
#[derive(Debug, Clone, Default)]
pub struct InteractionFilter {
    /// Only this client's.
    pub client: Option<ClientId>,
    /// Only through this number.
    pub proxy: Option<PhoneNumber>,
    /// Only those that came to this.
    pub outcome: Option<Outcome>,
    /// Only from this moment on.
    pub from: Option<Timestamp>,
    /// Only before this moment.
    pub to: Option<Timestamp>,
    /// Only those older than this one.
    pub after: Option<InteractionId>,
    /// At most so many.
    pub limit: u32,
}
