//! Promises: a request that strays from the table of [`crate::endpoints`] in any way is named, never let pass.

use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    endpoints::{Endpoint, Kind, Location, Parameter},
    geography::{is_e164, is_name, without_channel},
};

/// One REST request as it arrived.
#[derive(Debug, Clone)]
pub struct RecordedRequest {
    /// When, by the sandbox's clock.
    pub at: Timestamp,
    /// `GET`, `POST`, …
    pub method: String,
    /// The path, without query.
    pub path: String,
    /// The decoded query, in order.
    pub query: Vec<(String, String)>,
    /// The `Content-Type`; empty when there was none.
    pub content_type: String,
    /// The decoded form, in order; empty when the body was no form.
    pub form: Vec<(String, String)>,
    /// Whether there was a body of any kind.
    pub has_body: bool,
    /// What was wrong with it, when it did not match the table.
    pub violation: Option<Violation>,
    /// The HTTP status answered; none while it is being answered and when the connection was dropped.
    pub answered: Option<u16>,
}

/// Something the service under test must never do to a carrier. Names parameters, never their values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "violation", rename_all = "snake_case")]
pub enum Violation {
    /// No such address.
    #[error("{method} {path} is not in the table of endpoints")]
    UnknownEndpoint {
        /// The method asked.
        method: String,
        /// The path asked.
        path: String,
    },
    /// The address exists, but not with this method.
    #[error("{path} does not take {method}")]
    WrongMethod {
        /// The method asked.
        method: String,
        /// The path asked.
        path: String,
    },
    /// A body that is no form.
    #[error("{path} takes a form (application/x-www-form-urlencoded), not another kind of body")]
    NotAForm {
        /// The path asked.
        path: String,
    },
    /// A parameter that is not published, or not there (query or form).
    #[error("{path} has no parameter {name} in its {location}")]
    UnknownParameter {
        /// The table's path.
        path: String,
        /// The parameter.
        name: String,
        /// `query` or `form`.
        location: String,
    },
    /// A required parameter is missing or, of a group, every one is.
    #[error("{path} needs {name}")]
    MissingParameter {
        /// The table's path.
        path: String,
        /// The parameter; for a group the names joined by ` or `.
        name: String,
    },
    /// A parameter that may come once came again.
    #[error("{path} takes {name} once")]
    RepeatedParameter {
        /// The table's path.
        path: String,
        /// The parameter.
        name: String,
    },
    /// A value of another type.
    #[error("{path}: {name} is not {expected}")]
    WrongType {
        /// The table's path.
        path: String,
        /// The parameter.
        name: String,
        /// What it should be, in words.
        expected: String,
    },
    /// The account's numbers call one another without end.
    #[error("a call went through more than {limit} numbers or documents: a loop")]
    CallLoop {
        /// How many are allowed.
        limit: usize,
    },
    /// A text was sent to a number of the account, where no person would read it.
    #[error("a text was sent to a number of the account itself")]
    TextToOwnNumber,
}

/// Finds the request's row in `table` and holds each parameter against it.
///
/// # Errors
/// The first [`Violation`] found.
pub fn check<'table>(request: &RecordedRequest, table: &'table [Endpoint]) -> Result<&'table Endpoint, Violation> {
    let Some(endpoint) = find(request, table) else {
        let (method, path) = (request.method.clone(), request.path.clone());
        return Err(match at_path(request, table).next() {
            Some(_) => Violation::WrongMethod { method, path },
            None => Violation::UnknownEndpoint { method, path },
        });
    };
    if request.has_body && media_type(&request.content_type) != "application/x-www-form-urlencoded" {
        return Err(Violation::NotAForm { path: endpoint.path.to_owned() });
    }
    let in_path = path_values(endpoint.path, &request.path).unwrap_or_default();
    check_values(endpoint, Location::Path, &in_path)?;
    check_values(endpoint, Location::Query, &request.query)?;
    check_values(endpoint, Location::Form, &request.form)?;
    for group in endpoint.one_of {
        let given = |name: &&str| request.form.iter().any(|(given, value)| given == name && !value.is_empty());
        if !group.iter().any(given) {
            return Err(Violation::MissingParameter { path: endpoint.path.to_owned(), name: group.join(" or ") });
        }
    }
    Ok(endpoint)
}

/// The request's row in `table`, by address and method alone.
pub(crate) fn find<'table>(request: &RecordedRequest, table: &'table [Endpoint]) -> Option<&'table Endpoint> {
    at_path(request, table).find(|endpoint| endpoint.method == request.method)
}

fn at_path<'table>(request: &RecordedRequest, table: &'table [Endpoint]) -> impl Iterator<Item = &'table Endpoint> {
    table.iter().filter(|endpoint| path_values(endpoint.path, &request.path).is_some())
}

fn check_values(endpoint: &Endpoint, location: Location, values: &[(String, String)]) -> Result<(), Violation> {
    let path = || endpoint.path.to_owned();
    let published = |name: &str| {
        endpoint.parameters.iter().find(|parameter| parameter.location == location && parameter.name == name)
    };
    for (index, (name, value)) in values.iter().enumerate() {
        let Some(Parameter { kind, .. }) = published(name) else {
            let location = if location == Location::Query { "query" } else { "form" }.to_owned();
            return Err(Violation::UnknownParameter { path: path(), name: name.clone(), location });
        };
        if !matches!(kind, Kind::Many(_)) && values.iter().take(index).any(|(earlier, _)| earlier == name) {
            return Err(Violation::RepeatedParameter { path: path(), name: name.clone() });
        }
        let clears = endpoint.empty_clears && location == Location::Form && value.is_empty();
        if !clears && !kind.takes(value) {
            return Err(Violation::WrongType { path: path(), name: name.clone(), expected: kind.describe() });
        }
    }
    let missing = |parameter: &&Parameter| {
        parameter.required && parameter.location == location && !values.iter().any(|(name, _)| name == parameter.name)
    };
    match endpoint.parameters.iter().find(missing) {
        Some(parameter) => Err(Violation::MissingParameter { path: path(), name: parameter.name.to_owned() }),
        None => Ok(()),
    }
}

/// The values that stand in `path` where `template` has `{Name}`; none when the path is another.
fn path_values(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    if template.split('/').count() != path.split('/').count() {
        return None;
    }
    let mut values = Vec::new();
    for (expected, given) in template.split('/').zip(path.split('/')) {
        match expected.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            Some((name, suffix)) => {
                let value = given.strip_suffix(suffix).filter(|value| !value.is_empty() && !value.contains('.'))?;
                values.push((name.to_owned(), value.to_owned()));
            }
            None if expected == given => {}
            None => return None,
        }
    }
    Some(values)
}

/// The part of a `Content-Type` before its parameters, in lower case.
pub(crate) fn media_type(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

impl Kind {
    /// Whether `value` is of this kind.
    #[must_use]
    pub fn takes(&self, value: &str) -> bool {
        match self {
            Kind::Text | Kind::Twiml => true,
            Kind::Phone => is_sender(without_channel(value)),
            Kind::Endpoint => is_sender(value) || value.starts_with("client:") || value.starts_with("sip:"),
            Kind::Country => value.len() == 2 && value.bytes().all(|byte| byte.is_ascii_uppercase()),
            Kind::Uri => Url::parse(value).is_ok_and(|url| matches!(url.scheme(), "http" | "https")),
            Kind::DateTime => moment(value).is_some(),
            Kind::Integer { min, max } => value
                .parse::<i64>()
                .is_ok_and(|number| min.is_none_or(|min| number >= min) && max.is_none_or(|max| number <= max)),
            Kind::Number => value.parse::<f64>().is_ok_and(f64::is_finite),
            Kind::Boolean => matches!(value, "true" | "false"),
            Kind::Sid(prefixes) => prefixes.iter().any(|prefix| {
                value
                    .strip_prefix(prefix)
                    .is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
            }),
            Kind::Choice(words) => words.contains(&value),
            Kind::Many(kind) => kind.takes(value),
        }
    }

    fn describe(&self) -> String {
        match self {
            Kind::Text => "a text".to_owned(),
            Kind::Phone => "a phone number in E.164".to_owned(),
            Kind::Endpoint => "a phone number in E.164, or a client or SIP address".to_owned(),
            Kind::Country => "a country's two capital letters".to_owned(),
            Kind::Twiml => "a TwiML document".to_owned(),
            Kind::Uri => "an absolute http or https address".to_owned(),
            Kind::DateTime => "a date, or a date and time".to_owned(),
            Kind::Integer { .. } => "a whole number within its bounds".to_owned(),
            Kind::Number => "a number".to_owned(),
            Kind::Boolean => "true or false".to_owned(),
            Kind::Sid(prefixes) => format!("an id beginning with {}", prefixes.join(" or ")),
            Kind::Choice(words) => format!("one of: {}", words.join(", ")),
            Kind::Many(kind) => kind.describe(),
        }
    }
}

/// A number, a short code of 3 to 8 digits, or an alphanumeric sender of at most 11 characters.
fn is_sender(address: &str) -> bool {
    is_e164(address)
        || ((3..=8).contains(&address.len()) && address.bytes().all(|byte| byte.is_ascii_digit()))
        || is_name(address)
}

/// The first moment that a `DateSent` value stands for, and the last: a date alone is its whole day in UTC.
pub(crate) fn moment(value: &str) -> Option<(Timestamp, Timestamp)> {
    if let Ok(at) = value.parse::<Timestamp>() {
        return Some((at, at));
    }
    let day: civil::Date = (value.len() == 10).then(|| value.parse().ok()).flatten()?;
    let at = |time: &str| format!("{day}T{time}Z").parse().ok();
    Some((at("00:00:00")?, at("23:59:59")?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoints::{ENDPOINTS, Operation};

    const ACCOUNT: &str = "AC5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e";

    fn send(form: &[(&str, &str)]) -> RecordedRequest {
        RecordedRequest {
            at: Timestamp::UNIX_EPOCH,
            method: "POST".to_owned(),
            path: format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json"),
            query: Vec::new(),
            content_type: "application/x-www-form-urlencoded; charset=UTF-8".to_owned(),
            form: form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            has_body: true,
            violation: None,
            answered: None,
        }
    }

    const GOOD: [(&str, &str); 4] = [
        ("To", "+33639980001"),
        ("From", "+33199000001"),
        ("Body", "Bonjour"),
        ("StatusCallback", "https://proxycall.example/twilio/status/message"),
    ];

    #[test]
    fn a_request_of_the_table_is_recognised() {
        assert_eq!(check(&send(&GOOD), ENDPOINTS).unwrap().operation, Operation::CreateMessage);
    }

    #[test]
    fn each_way_to_stray_is_named() {
        let path = "/2010-04-01/Accounts/{AccountSid}/Messages.json".to_owned();
        let with = |name: &str, value: &str| {
            let mut form: Vec<(&str, &str)> = GOOD.into_iter().filter(|(given, _)| *given != name).collect();
            form.push((name, value));
            check(&send(&form), ENDPOINTS).unwrap_err()
        };
        let without = |name: &str| {
            let form: Vec<(&str, &str)> = GOOD.into_iter().filter(|(given, _)| *given != name).collect();
            check(&send(&form), ENDPOINTS).unwrap_err()
        };
        let unknown = Violation::UnknownParameter { path: path.clone(), name: "body".into(), location: "form".into() };
        assert_eq!(with("body", "x"), unknown);
        let missing = |name: &str| Violation::MissingParameter { path: path.clone(), name: name.to_owned() };
        assert_eq!(without("To"), missing("To"));
        assert_eq!(without("From"), missing("From or MessagingServiceSid"));
        assert_eq!(with("Body", ""), missing("Body or MediaUrl or ContentSid"));
        for (name, value) in [
            ("To", "06 39 98 00 01"),
            ("StatusCallback", "/twilio/status/message"),
            ("ValidityPeriod", "soon"),
            ("SmartEncoded", "yes"),
            ("MessagingServiceSid", "SM00000000000000000000000000000000"),
            ("ContentRetention", "forget"),
            ("SendAt", "tomorrow"),
        ] {
            assert!(matches!(with(name, value), Violation::WrongType { name: named, .. } if named == name), "{name}");
        }
        let mut twice = GOOD.to_vec();
        twice.push(("To", "+33639980002"));
        let repeated = Violation::RepeatedParameter { path, name: "To".to_owned() };
        assert_eq!(check(&send(&twice), ENDPOINTS).unwrap_err(), repeated);
    }

    #[test]
    fn a_wrong_address_method_or_kind_of_body_is_named() {
        let elsewhere = RecordedRequest { path: "/2010-04-01/Accounts".to_owned(), ..send(&GOOD) };
        assert!(matches!(check(&elsewhere, ENDPOINTS), Err(Violation::UnknownEndpoint { .. })));
        let put = RecordedRequest { method: "PUT".to_owned(), ..send(&GOOD) };
        assert!(matches!(check(&put, ENDPOINTS), Err(Violation::WrongMethod { .. })));
        let json = RecordedRequest { content_type: "application/json".to_owned(), ..send(&GOOD) };
        assert!(matches!(check(&json, ENDPOINTS), Err(Violation::NotAForm { .. })));
        let in_query = RecordedRequest { query: vec![("To".to_owned(), "+33639980001".to_owned())], ..send(&GOOD) };
        assert!(matches!(check(&in_query, ENDPOINTS), Err(Violation::UnknownParameter { .. })));
    }

    #[test]
    fn a_date_alone_is_its_whole_day() {
        let (start, end) = moment("2026-11-23").unwrap();
        assert_eq!(
            (start.to_string(), end.to_string()),
            ("2026-11-23T00:00:00Z".into(), "2026-11-23T23:59:59Z".into())
        );
        assert_eq!(moment("2026-11-23T10:00:00Z").unwrap().0.to_string(), "2026-11-23T10:00:00Z");
        assert!(moment("23/11/2026").is_none());
    }
}
