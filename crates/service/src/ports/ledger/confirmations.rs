//! Commands about confirmations, and about the texts, calls and mails that they cause.

use std::{fmt, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use proxycall_domain::{
    CodeChannel, Confirmation, CountryCode, DispatchId, JobId, Language, MailAddress, NumberType, PendingId,
    PersonName, PhoneNumber, Policy,
    confirmation::code::{Code, EnteredCode},
};

/// Ids for whatever a unit may have to make: given with the command, so that a repeated run writes the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpareIds {
    /// For texts, calls and mails.
    pub dispatches: [DispatchId; 2],
    /// For their jobs.
    pub dispatch_jobs: [JobId; 2],
    /// For the job that looks after a number's webhooks.
    pub wire: JobId,
    /// For the job that goes on with the next channel, or ends the confirmation.
    pub follow: JobId,
}

/// What holds while codes go out and come back.
#[derive(Debug, Clone)]
pub struct CodeRules {
    /// The rules in force: order of channels, languages, what is never dialled.
    pub policy: Arc<Policy>,
    /// Whether mail can be sent.
    pub mail: bool,
    /// How long nobody else gets a number that a code was sent from, as an answer may come late.
    pub rest: SignedDuration,
}

/// Where a confirmation comes from.
#[derive(Clone, PartialEq, Eq)]
pub enum Origin {
    /// The operator's API.
    Api,
    /// The public page: who asks is limited, and learns nothing about who is known here.
    Page {
        /// The address that asks; kept as a keyed hash.
        requester: String,
    },
}

/// Leaves the address out.
impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Api => "Api",
            Self::Page { .. } => "Page(…)",
        })
    }
}

/// A confirmation to be begun.
#[derive(Debug, Clone)]
pub struct CreateConfirmation {
    /// The operator's id.
    pub id: PendingId,
    /// Who the client says to be.
    pub name: PersonName,
    /// The e-mail address, in lower case.
    pub mail: MailAddress,
    /// The phone to be proven.
    pub phone: PhoneNumber,
    /// The proxy number's country.
    pub country: CountryCode,
    /// Which type of number is preferred.
    pub preferred: NumberType,
    /// What the client is addressed in.
    pub language: Language,
    /// Where it comes from.
    pub origin: Origin,
    /// How long it lives, and the number is held.
    pub lifetime: SignedDuration,
    /// What holds.
    pub rules: CodeRules,
    /// Ids.
    pub spare: SpareIds,
    /// Now.
    pub now: Timestamp,
}

/// A confirmation that was begun before us.
#[derive(Debug, Clone)]
pub struct BringConfirmation {
    /// The operator's id.
    pub id: PendingId,
    /// Who the client says to be.
    pub name: PersonName,
    /// The e-mail address, in lower case.
    pub mail: MailAddress,
    /// The phone to be proven.
    pub phone: PhoneNumber,
    /// The proxy number's country.
    pub country: CountryCode,
    /// What the client is addressed in.
    pub language: Language,
    /// The number that the client has or will have.
    pub proxy: PhoneNumber,
    /// The furthest channel that its code went out over.
    pub channel: Option<CodeChannel>,
    /// Its code. Compared, and never sent again: who asks for a code gets a new one.
    pub code: EnteredCode,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
    /// The job that ends it.
    pub job: JobId,
    /// Now.
    pub now: Timestamp,
}

/// What came of a confirmation that was begun before us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brought {
    /// It goes on here.
    Taken,
    /// It is here already.
    Same,
    /// Its phone is being confirmed, or is a number of ours.
    PhoneTaken,
    /// Its number is not in the pool, or is somebody else's.
    NumberTaken,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BegunConfirmation {
    /// The confirmation; none: that phone is being confirmed by somebody else already, which the page must not say.
    pub confirmation: Option<Confirmation>,
    /// What the page's address names to show how it goes.
    pub progress: String,
}

/// What a progress page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProgressPage {
    /// How this confirmation goes.
    Theirs(Confirmation),
    /// Nothing was begun, which must not be told: it looks like one that nobody answers.
    Nobodys {
        /// Since when.
        begun: Timestamp,
    },
}

/// A code wanted over a channel.
#[derive(Debug, Clone)]
pub struct RequestCode {
    /// Whose.
    pub id: PendingId,
    /// How.
    pub channel: CodeChannel,
    /// What holds.
    pub rules: CodeRules,
    /// Ids.
    pub spare: SpareIds,
    /// Now.
    pub now: Timestamp,
}

/// Whether a text, call or mail is to go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DispatchStep {
    /// It is marked as being sent: send it.
    Send(Message),
    /// There is nothing to do: it is settled or no longer wanted, or another holder has the job.
    Settled,
}

/// What a link of ours carries.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Whose.
    pub id: PendingId,
    /// The name of the parameter: `token` or `consent`.
    pub name: &'static str,
    /// Its value: a signature.
    pub signature: String,
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What goes out. Sealed until it is sent: `Debug` shows the kind only.
#[derive(Clone, PartialEq, Eq)]
pub enum Message {
    /// A text with a code.
    Code {
        /// From the proxy number, unless the operator named another sender.
        from: PhoneNumber,
        /// The phone to be proven.
        to: PhoneNumber,
        /// In which language.
        language: Language,
        /// The code.
        code: Code,
        /// For the link that stands in the text of a sender whom nobody can answer.
        ticket: Ticket,
    },
    /// A call that says a code.
    Call {
        /// From the proxy number.
        from: PhoneNumber,
        /// The phone to be proven.
        to: PhoneNumber,
    },
    /// A text with a link.
    Link {
        /// From the proxy number, unless the operator named another sender.
        from: PhoneNumber,
        /// The phone to be proven.
        to: PhoneNumber,
        /// In which language.
        language: Language,
        /// For the link.
        ticket: Ticket,
    },
    /// A mail with a link.
    Mail {
        /// To whom.
        to: MailAddress,
        /// How the reader is called.
        name: PersonName,
        /// In which language.
        language: Language,
        /// For the link.
        ticket: Ticket,
        /// For how many hours, at least one.
        valid_hours: u32,
    },
    /// A text of thanks.
    Thanks {
        /// The proxy number.
        from: PhoneNumber,
        /// The client.
        to: PhoneNumber,
        /// In which language.
        language: Language,
    },
    /// A text that asks the phone on record to agree.
    Consent {
        /// The proxy number.
        from: PhoneNumber,
        /// The phone on record.
        to: PhoneNumber,
        /// In which language.
        language: Language,
        /// For the link.
        ticket: Ticket,
    },
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Code { .. } => "Code(…)",
            Self::Call { .. } => "Call(…)",
            Self::Link { .. } => "Link(…)",
            Self::Mail { .. } => "Mail(…)",
            Self::Thanks { .. } => "Thanks(…)",
            Self::Consent { .. } => "Consent(…)",
        })
    }
}

/// What became of an attempt to send a text, call or mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DispatchResult {
    /// Taken; the carrier's id, if it gives one. Also when its answer was lost: it is not sent twice.
    Sent {
        /// The carrier's id.
        sid: Option<String>,
    },
    /// Certainly not sent: try again then.
    TryAgain {
        /// When.
        at: Timestamp,
        /// Whether the next channel comes meanwhile: this one has been tried for minutes.
        goes_on: bool,
    },
    /// It cannot be sent.
    Failed {
        /// The carrier's code.
        error_code: Option<i32>,
    },
}

/// What the carrier says of a text or call of a confirmation.
#[derive(Debug, Clone)]
pub struct DispatchReport {
    /// Which.
    pub id: DispatchId,
    /// The carrier's id.
    pub sid: String,
    /// Whether it reached the client; none: it is still on its way.
    pub reached: Option<bool>,
    /// The carrier's code.
    pub error_code: Option<i32>,
    /// What holds.
    pub rules: CodeRules,
    /// Ids.
    pub spare: SpareIds,
    /// Now.
    pub now: Timestamp,
}

/// Somebody picked up a call that says a code.
#[derive(Debug, Clone)]
pub struct CodeCall {
    /// The call's own name, known to nobody but the carrier.
    pub id: DispatchId,
    /// The carrier's id of the call: the first that is seen is the call.
    pub call_sid: String,
    /// Who was called.
    pub to: PhoneNumber,
    /// Now.
    pub now: Timestamp,
}

/// What the call is to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallStep {
    /// The code, and take it.
    Speak {
        /// In which language.
        language: Language,
        /// The code.
        code: Code,
    },
    /// That the request is over.
    Over,
}

/// Keys typed in a call.
#[derive(Debug, Clone)]
pub struct CallEntry {
    /// In which call.
    pub call: CodeCall,
    /// The how-manieth entry of the call, from 1.
    pub attempt: u32,
    /// What was typed; none: not six digits.
    pub entered: Option<EnteredCode>,
    /// What holds.
    pub rules: CodeRules,
    /// Ids.
    pub spare: SpareIds,
}

/// What entering a code, or using a link, came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entered {
    /// Proven, and done.
    Done,
    /// Proven; somebody has to agree first.
    Waits,
    /// Not the code.
    Wrong,
    /// Tried too often.
    Locked,
    /// The confirmation is over.
    Over,
}

impl Entered {
    /// The word in log and store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "code_right",
            Self::Waits => "code_waits",
            Self::Wrong => "code_wrong",
            Self::Locked => "code_locked",
            Self::Over => "code_over",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Done, Self::Waits, Self::Wrong, Self::Locked, Self::Over].into_iter().find(|it| it.as_str() == text)
    }
}

/// What a link proves with.
#[derive(Clone, PartialEq, Eq)]
pub enum LinkProof {
    /// The code itself, in a link of the original's form.
    Code(EnteredCode),
    /// A signature of ours, from a text or a mail.
    Token(String),
    /// A signature of ours that asks the contact on record.
    Consent(String),
}

impl fmt::Debug for LinkProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Code(_) => "Code(…)",
            Self::Token(_) => "Token(…)",
            Self::Consent(_) => "Consent(…)",
        })
    }
}

/// What a link's page shows before its button is pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// It can be used.
    Open {
        /// In which language.
        language: Language,
    },
    /// It was used, or its time is over.
    Over,
    /// There is no such confirmation, or the link is not one of ours.
    Unknown,
}

/// A link whose button was pressed.
#[derive(Debug, Clone)]
pub struct UseLink {
    /// Whose.
    pub id: PendingId,
    /// With what.
    pub proof: LinkProof,
    /// The answer to a request for consent.
    pub agreed: bool,
    /// What holds.
    pub rules: CodeRules,
    /// Ids.
    pub spare: SpareIds,
    /// Now.
    pub now: Timestamp,
}

/// What using a link came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkOutcome {
    /// What entering came to, and in which language to say so.
    Entered(Entered, Language),
    /// The contact on record said no.
    Declined(Language),
    /// There is no such confirmation, or the link is not one of ours.
    Unknown,
}

/// An operator agrees in place of the contact on record.
#[derive(Debug, Clone)]
pub struct ApproveConfirmation {
    /// Which.
    pub id: PendingId,
    /// What holds.
    pub rules: CodeRules,
    /// Ids.
    pub spare: SpareIds,
    /// Now.
    pub now: Timestamp,
}
