//! Promises: whatever changes something through the API stands in the audit log before it is carried out, under the name
//! that the API's description gives the operation. What a repeated request with an idempotency key hears again is no act.

use std::{collections::HashMap, sync::Arc};

use axum::{
    extract::{FromRequestParts as _, MatchedPath, RawPathParams, Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use proxycall_domain::{ActOutcome, PhoneNumber, Scope};

use crate::{
    Problem, Shared,
    auth::{Caller, needed},
};

/// What the log needs to know of the API.
pub(crate) struct Audit {
    app: Shared,
    /// Operation names, by method and path.
    actions: HashMap<(String, String), String>,
}

impl Audit {
    /// From the API's description.
    pub(crate) fn new(app: &Shared, openapi: &utoipa::openapi::OpenApi) -> Self {
        let value = serde_json::to_value(openapi).unwrap_or_default();
        let mut actions = HashMap::new();
        for (path, methods) in value.get("paths").and_then(|paths| paths.as_object()).into_iter().flatten() {
            for (method, operation) in methods.as_object().into_iter().flatten() {
                if let Some(name) = operation.get("operationId").and_then(|name| name.as_str()) {
                    actions.insert((method.to_uppercase(), path.clone()), name.to_owned());
                }
            }
        }
        Self { app: Arc::clone(app), actions }
    }

    /// The act that a request asks for; none: it only looks.
    fn action_of(&self, request: &Request) -> Option<&str> {
        if needed(request) == Scope::Read || request.method().is_safe() {
            return None;
        }
        let path = request.extensions().get::<MatchedPath>()?.as_str();
        self.actions.get(&(request.method().to_string(), path.to_owned())).map(String::as_str)
    }
}

pub(crate) async fn record(State(audit): State<Arc<Audit>>, request: Request, next: Next) -> Response {
    let Some(action) = audit.action_of(&request) else { return next.run(request).await };
    let (mut parts, body) = request.into_parts();
    let caller = match Caller::from_request_parts(&mut parts, &()).await {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    let subject = match RawPathParams::from_request_parts(&mut parts, &()).await {
        Ok(named) => named.iter().next().map(|(name, value)| subject(name, value)).unwrap_or_default(),
        Err(_) => String::new(),
    };
    let service = &audit.app.service;
    let act = match service.begin_act(caller.operator(), action, &subject).await {
        Ok(act) => act,
        Err(error) => return Problem::from(error).into_response(),
    };
    let response = next.run(Request::from_parts(parts, body)).await;
    service.end_act(act, caller.subject(), outcome(response.status())).await;
    response
}

fn outcome(status: StatusCode) -> ActOutcome {
    if status.is_server_error() {
        ActOutcome::Failed
    } else if status.is_client_error() {
        ActOutcome::Refused
    } else {
        ActOutcome::Done
    }
}

/// Longest subject that is taken from an address, in characters.
const SUBJECT_MAX: usize = 80;

/// What a path names, such as `client 42`. Whoever puts a number where an id belongs must not have it kept.
pub(crate) fn subject(name: &str, value: &str) -> String {
    let kind = name.trim_end_matches("_id").trim_end_matches("_name");
    let value = match PhoneNumber::parse_address(value) {
        Ok(phone) => phone.to_string(),
        Err(_) => value.chars().filter(|sign| !sign.is_control()).take(SUBJECT_MAX).collect(),
    };
    format!("{} {value}", if kind == "name" { "token" } else { kind })
}

/// Several numbers, masked.
pub(crate) fn numbers(numbers: &[String]) -> String {
    const SHOWN: usize = 5;
    let masked: Vec<String> = numbers.iter().take(SHOWN).map(|number| proxycall_domain::phone::mask(number)).collect();
    let more = numbers.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("numbers {}{more}", masked.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_says_what_it_is_and_holds_no_number() {
        assert_eq!(subject("client_id", "42"), "client 42");
        assert_eq!(subject("pending_id", "P-1\n"), "pending P-1");
        assert_eq!(subject("name", "shop"), "token shop");
        for number in ["+33639980001", "33639980001", "00 33 6 39 98 00 01", "whatsapp:+33639980001"] {
            assert!(!subject("client_id", number).contains("3998"), "{number}");
        }
    }

    #[test]
    fn numbers_are_masked_and_few() {
        let asked: Vec<String> = (0..7).map(|n| format!("+3319900000{n}")).collect();
        let text = numbers(&asked);
        assert!(text.ends_with(" and 2 more") && !text.contains("99000"), "{text}");
    }
}
