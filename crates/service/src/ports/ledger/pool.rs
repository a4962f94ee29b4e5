//! Commands about proxy numbers.

use jiff::Timestamp;
use proxycall_domain::{
    AlertId, ClientId, CountryCode, JobId, NumberStatus, NumberType, PhoneNumber, PurchaseId, Said,
    pool::{
        NewNumber,
        life::{Act, KeepReason, ReservationToken, Wish},
    },
    purchase::Shopping,
    wiring::Wiring,
};

/// A number to be held.
#[derive(Debug, Clone)]
pub struct ReserveNumber {
    /// Which would do.
    pub wish: Wish,
    /// Whose it will be. The same token again finds the same number.
    pub token: ReservationToken,
    /// Until when.
    pub until: Timestamp,
    /// Who, why, when.
    pub act: Act,
}

/// A reservation that becomes a client's number.
#[derive(Debug, Clone)]
pub struct AssignReserved {
    /// The reservation's owner.
    pub token: ReservationToken,
    /// The client.
    pub client: ClientId,
    /// Who, why, when.
    pub act: Act,
    /// The job that looks after the number's webhooks.
    pub wire: JobId,
}

/// A number for a client.
#[derive(Debug, Clone)]
pub struct AssignNumber {
    /// The client.
    pub client: ClientId,
    /// Which would do.
    pub wish: Wish,
    /// What the carrier's console is to call it; none: the client's name.
    pub friendly_name: Option<String>,
    /// What becomes of the number that the client has.
    pub former: Former,
    /// Who, when; why is what was wished for.
    pub act: Act,
    /// The job that looks after the number's webhooks.
    pub wire: JobId,
}

/// What becomes of the number that a client has when the client is to get one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Former {
    /// The client keeps it, and gets no other.
    Kept,
    /// It rests until then, in the same unit in which the other is given. When none can be given, it stays.
    Rests(Timestamp),
}

/// One certain number for a client.
#[derive(Debug, Clone)]
pub struct AssignThisNumber {
    /// The number.
    pub phone: PhoneNumber,
    /// The client.
    pub client: ClientId,
    /// What becomes of the number that the client has.
    pub former: Former,
    /// Whether only if the client was the last who had it.
    pub only_back: bool,
    /// Who, why, when.
    pub act: Act,
    /// The job that looks after the number's webhooks.
    pub wire: JobId,
}

/// A number that a client has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssignedNumber {
    /// The number.
    pub phone: PhoneNumber,
    /// Why this one, in words.
    pub choice: String,
    /// Whether the client had it before.
    pub before: bool,
    /// What the client had until now, and rests for its sake.
    pub former: Option<PhoneNumber>,
}

impl AssignedNumber {
    /// The one that the client keeps.
    #[must_use]
    pub fn kept(phone: PhoneNumber) -> Self {
        Self { phone, choice: "the client had it before".to_owned(), before: true, former: None }
    }
}

/// A number to be put somewhere else by an operator or by what the carrier says.
#[derive(Debug, Clone)]
pub struct MoveNumber {
    /// Which.
    pub phone: PhoneNumber,
    /// Where to.
    pub to: MoveTo,
    /// Whether even if a client has it or it is reserved.
    pub force: bool,
    /// Who, why, when.
    pub act: Act,
}

/// Where a number is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoveTo {
    /// It rests until then. A client who has it loses it.
    Quarantine {
        /// Until when.
        until: Timestamp,
    },
    /// Set aside. A client who has it keeps it, as calls may still come in. What is reserved or given back takes `force`.
    Error,
    /// Gone at the carrier. A client who has it keeps it, as it may come back.
    Missing,
    /// Into the pool: to the client who has it still, else available; to rest, while a rest of it is not over.
    Pool,
    /// Available, though its rest is not over: the rest that began then, at an operator's word.
    EndRest {
        /// When the rest began.
        begun: Timestamp,
    },
}

/// When a number was bought and given to its client, as only the sheet knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberDates {
    /// Which.
    pub phone: PhoneNumber,
    /// When it joined the pool; none: as it is.
    pub added_at: Option<Timestamp>,
    /// Since when it is its client's; none: as it is.
    pub assigned_at: Option<Timestamp>,
}

/// What came of a change to one number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// Done. Whose it was before.
    Done {
        /// The state it was in.
        from: NumberStatus,
        /// Whose it was or is.
        client: Option<ClientId>,
    },
    /// It was there already.
    Already,
    /// It is in use.
    Kept(KeepReason),
    /// There is no such number here.
    Unknown,
}

/// A number to be given back to the carrier: it leaves the pool before the carrier hears of it.
#[derive(Debug, Clone)]
pub struct ReleaseNumber {
    /// Which.
    pub phone: PhoneNumber,
    /// Whether even if a client has it or it is reserved.
    pub force: bool,
    /// Until when nobody else gets it if a client has it, should it come back.
    pub rest_until: Timestamp,
    /// Who, why, when.
    pub act: Act,
    /// The job that tells the carrier, held by whoever asks until then.
    pub job: JobId,
    /// Until when.
    pub lease_until: Timestamp,
}

/// A number of the account that an operator, or a comparison with the account, brings into the pool.
#[derive(Debug, Clone)]
pub struct AdoptNumber {
    /// The number, with what the carrier knows of it.
    pub number: NewNumber,
    /// Its webhooks as they were.
    pub before: Wiring,
    /// Whether it is used for something else and no operator has said that it is ours all the same: then it is set aside.
    pub used_elsewhere: bool,
    /// Who, why, when.
    pub act: Act,
}

/// Which numbers to list, by number.
#[derive(Debug, Clone, Default)]
pub struct NumberFilter {
    /// Only this country.
    pub country: Option<CountryCode>,
    /// Only this type.
    pub number_type: Option<NumberType>,
    /// Only in this state.
    pub status: Option<NumberStatus>,
    /// Only numbers above this.
    pub after: Option<PhoneNumber>,
    /// At most so many.
    pub limit: u32,
}

/// The intent to buy one number.
#[derive(Debug, Clone)]
pub struct BeginPurchase {
    /// Our id for it.
    pub id: PurchaseId,
    /// The job that settles it if whoever begins does not end it.
    pub job: JobId,
    /// When that job is due.
    pub settle_at: Timestamp,
    /// What.
    pub shopping: Shopping,
    /// The most numbers that may be bought on one day (UTC).
    pub ceiling: u32,
    /// Who, why, when.
    pub act: Act,
}

/// Whether the carrier may be asked for a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Candidate {
    /// It is written down: ask.
    Ask,
    /// Another purchase asks for it, or it is in the pool: take another.
    Taken,
    /// The purchase is over: somebody else settled it.
    Over,
}

/// How a purchase ended.
#[derive(Debug, Clone)]
pub enum PurchaseEnd {
    /// The number is ours: it joins the pool.
    Bought(NewNumber),
    /// Nothing was bought, for certain.
    Failed {
        /// The carrier's code, when it gave one.
        code: Option<i32>,
    },
}

/// A purchase that is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPurchase {
    /// Which.
    pub id: PurchaseId,
    /// The candidate that the carrier was asked for, its type, and when; none: nothing was asked yet.
    pub asked: Option<(PhoneNumber, NumberType, Timestamp)>,
    /// The country.
    pub country: CountryCode,
}

/// Something that an operator should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Its id.
    pub id: AlertId,
    /// What kind: one of `pool::alert`, `operators::alert` or `privacy::alert`.
    pub kind: String,
    /// What it is about, as its kind says: a country and type, a proxy number.
    pub subject: String,
    /// In words.
    pub detail: Said,
    /// Since when.
    pub raised_at: Timestamp,
}
