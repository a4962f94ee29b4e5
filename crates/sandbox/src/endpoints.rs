//! Promises: every REST call the simulated carrier knows, as data: address, parameters, types, what is required.
//!
//! The table is the router: a call that is not in it is refused. `tests/contract.rs` holds it against Twilio's own
//! API document, so that what passes here would pass there.

/// One call of the API.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint {
    /// What is done.
    pub operation: Operation,
    /// `GET`, `POST` or `DELETE`.
    pub method: &'static str,
    /// The path, with `{Name}` where a value stands.
    pub path: &'static str,
    /// Every parameter that is published for it.
    pub parameters: &'static [Parameter],
    /// Groups of parameters of which at least one must be given, and not empty.
    pub one_of: &'static [&'static [&'static str]],
}

/// The calls by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Send a text.
    CreateMessage,
    /// The texts of the account, newest first.
    ListMessages,
    /// One text.
    FetchMessage,
    /// Redact a text's body, or cancel it.
    UpdateMessage,
    /// Forget a text.
    DeleteMessage,
    /// The account.
    FetchAccount,
    /// The numbers of the account.
    ListNumbers,
    /// One call.
    FetchCall,
}

/// One parameter of a call.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name, exactly as sent.
    pub name: &'static str,
    /// Where it is sent.
    pub location: Location,
    /// What it may hold.
    pub kind: Kind,
    /// Whether the call is refused without it.
    pub required: bool,
}

/// Where a parameter is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// In the path.
    Path,
    /// After the `?`.
    Query,
    /// In the body, as a form.
    Form,
}

/// What a parameter may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A phone number in E.164, a short code, an alphanumeric sender, or one of them after a channel's prefix.
    Phone,
    /// An absolute http or https address.
    Uri,
    /// A date, or a date and time.
    DateTime,
    /// A whole number within these bounds, where there are any.
    Integer {
        /// The least allowed.
        min: Option<i64>,
        /// The most allowed.
        max: Option<i64>,
    },
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// An id with one of these two-letter prefixes and 32 hexadecimal digits.
    Sid(&'static [&'static str]),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// May be repeated; each value is of this kind.
    Many(&'static Kind),
}

const ACCOUNT: Parameter = path("AccountSid", Kind::Sid(&["AC"]));
const MESSAGE: Parameter = path("Sid", Kind::Sid(&["SM", "MM"]));
const INTEGER: Kind = Kind::Integer { min: None, max: None };

const PAGE_SIZE: Parameter = query("PageSize", Kind::Integer { min: Some(1), max: Some(1000) });
const PAGE: Parameter = query("Page", Kind::Integer { min: Some(0), max: None });
const PAGE_TOKEN: Parameter = query("PageToken", Kind::Text);

const fn path(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, location: Location::Path, kind, required: true }
}

const fn query(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, location: Location::Query, kind, required: false }
}

const fn form(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, location: Location::Form, kind, required: false }
}

const fn required(parameter: Parameter) -> Parameter {
    Parameter { required: true, ..parameter }
}

/// Everything the simulated carrier can be asked.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        operation: Operation::CreateMessage,
        method: "POST",
        path: "/2010-04-01/Accounts/{AccountSid}/Messages.json",
        parameters: &[
            ACCOUNT,
            required(form("To", Kind::Phone)),
            form("StatusCallback", Kind::Uri),
            form("ApplicationSid", Kind::Sid(&["AP"])),
            form("MaxPrice", Kind::Number),
            form("ProvideFeedback", Kind::Boolean),
            form("Attempt", INTEGER),
            form("ValidityPeriod", INTEGER),
            form("ForceDelivery", Kind::Boolean),
            form("ContentRetention", Kind::Choice(&["retain", "discard"])),
            form("AddressRetention", Kind::Choice(&["retain", "obfuscate"])),
            form("SmartEncoded", Kind::Boolean),
            form("PersistentAction", Kind::Many(&Kind::Text)),
            form("TrafficType", Kind::Choice(&["free"])),
            form("ShortenUrls", Kind::Boolean),
            form("ScheduleType", Kind::Choice(&["fixed"])),
            form("SendAt", Kind::DateTime),
            form("SendAsMms", Kind::Boolean),
            form("ContentVariables", Kind::Text),
            form("RiskCheck", Kind::Choice(&["enable", "disable"])),
            form("From", Kind::Phone),
            form("FallbackFrom", Kind::Phone),
            form("MessagingServiceSid", Kind::Sid(&["MG"])),
            form("Body", Kind::Text),
            form("MediaUrl", Kind::Many(&Kind::Uri)),
            form("ContentSid", Kind::Sid(&["HX"])),
        ],
        one_of: &[&["From", "MessagingServiceSid"], &["Body", "MediaUrl", "ContentSid"]],
    },
    Endpoint {
        operation: Operation::ListMessages,
        method: "GET",
        path: "/2010-04-01/Accounts/{AccountSid}/Messages.json",
        parameters: &[
            ACCOUNT,
            query("To", Kind::Phone),
            query("From", Kind::Phone),
            query("DateSent", Kind::DateTime),
            query("DateSent<", Kind::DateTime),
            query("DateSent>", Kind::DateTime),
            PAGE_SIZE,
            PAGE,
            PAGE_TOKEN,
        ],
        one_of: &[],
    },
    Endpoint {
        operation: Operation::FetchMessage,
        method: "GET",
        path: "/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json",
        parameters: &[ACCOUNT, MESSAGE],
        one_of: &[],
    },
    Endpoint {
        operation: Operation::UpdateMessage,
        method: "POST",
        path: "/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json",
        parameters: &[ACCOUNT, MESSAGE, form("Body", Kind::Text), form("Status", Kind::Choice(&["canceled"]))],
        one_of: &[],
    },
    Endpoint {
        operation: Operation::DeleteMessage,
        method: "DELETE",
        path: "/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json",
        parameters: &[ACCOUNT, MESSAGE],
        one_of: &[],
    },
    Endpoint {
        operation: Operation::FetchAccount,
        method: "GET",
        path: "/2010-04-01/Accounts/{Sid}.json",
        parameters: &[path("Sid", Kind::Sid(&["AC"]))],
        one_of: &[],
    },
    Endpoint {
        operation: Operation::ListNumbers,
        method: "GET",
        path: "/2010-04-01/Accounts/{AccountSid}/IncomingPhoneNumbers.json",
        parameters: &[
            ACCOUNT,
            query("Beta", Kind::Boolean),
            query("FriendlyName", Kind::Text),
            query("PhoneNumber", Kind::Phone),
            query("Origin", Kind::Text),
            PAGE_SIZE,
            PAGE,
            PAGE_TOKEN,
        ],
        one_of: &[],
    },
    Endpoint {
        operation: Operation::FetchCall,
        method: "GET",
        path: "/2010-04-01/Accounts/{AccountSid}/Calls/{Sid}.json",
        parameters: &[ACCOUNT, path("Sid", Kind::Sid(&["CA"]))],
        one_of: &[],
    },
];
