//! Promises: texts are sent, found, read, redacted and deleted through the API as at Twilio.

use jiff::Timestamp;
use serde_json::Value;

use super::{Reply, pages::page, resources, value, words::refusal_in_words};
use crate::{
    contract::{RecordedRequest, moment},
    delivery::Draft,
    world::{Hook, Message, MessageDirection, MessageStatus, World},
};

pub(super) fn create(world: &World, form: &[(String, String)]) -> Reply {
    let text = |name: &str| value(form, name).unwrap_or_default().to_owned();
    // Scheduled and templated texts are published, but nobody here has set any up.
    if ["ContentSid", "SendAt"].into_iter().any(|name| value(form, name).is_some()) {
        return Reply::error(400, 21701, refusal_in_words(21701));
    }
    let service = value(form, "MessagingServiceSid").filter(|sid| !sid.is_empty());
    let chosen = value(form, "From").filter(|from| !from.is_empty());
    let picked = service.map(|sid| world.ask(|state| state.sender_of(sid, &text("To")))).transpose();
    let from = match (chosen, picked) {
        // A service that does not exist is refused whatever else is named.
        (_, Err(code)) if code == 21701 || chosen.is_none() => {
            return Reply::error(400, code, refusal_in_words(code));
        }
        (Some(from), _) => from.to_owned(),
        (None, picked) => picked.ok().flatten().unwrap_or_default(),
    };
    let draft = Draft {
        from,
        to: text("To"),
        body: text("Body"),
        media: form.iter().filter(|(name, _)| name == "MediaUrl").count(),
        direction: MessageDirection::OutboundApi,
        service: service.map(str::to_owned),
        status_callback: value(form, "StatusCallback").map(Hook::post),
    };
    match world.accept_text(draft) {
        Ok(accepted) => {
            let mut created = resources::message(&world.account().sid, &accepted.message);
            // As at Twilio: the service picks its number after the answer.
            if let (Some(fields), true) = (created.as_object_mut(), service.is_some() && chosen.is_none()) {
                fields.insert("from".to_owned(), Value::Null);
                fields.insert("status".to_owned(), "accepted".into());
            }
            Reply::ok(201, created)
        }
        Err(code) => Reply::error(400, code, refusal_in_words(code)),
    }
}

/// Newest first. `DateSent` looks at the moment of acceptance while a text has not been sent, and both bounds are
/// inclusive.
pub(super) fn list(world: &World, request: &RecordedRequest) -> Reply {
    let account = world.account().sid;
    let query = |name: &str| value(&request.query, name);
    let span = |name: &str| query(name).and_then(moment);
    let (on, before, after) = (span("DateSent"), span("DateSent<"), span("DateSent>"));
    let wanted = |message: &&Message| {
        let at: Timestamp = message.sent_at.unwrap_or(message.created_at);
        query("To").is_none_or(|to| to == message.to)
            && query("From").is_none_or(|from| from == message.from)
            && on.is_none_or(|(start, end)| start <= at && at <= end)
            && before.is_none_or(|(_, end)| at <= end)
            && after.is_none_or(|(start, _)| start <= at)
    };
    let rows = world.ask(|state| state.messages.iter().rev().filter(wanted).cloned().collect());
    page(request, "messages", rows, |message| resources::message(&account, message))
}

pub(super) fn fetch(world: &World, sid: &str) -> Reply {
    let account = world.account().sid;
    world
        .ask(|state| state.messages.iter().find(|message| message.sid == sid).cloned())
        .map_or_else(Reply::not_found, |message| Reply::ok(200, resources::message(&account, &message)))
}

pub(super) fn update(world: &World, sid: &str, form: &[(String, String)]) -> Reply {
    let (account, now) = (world.account().sid, world.now());
    world.change(|state| {
        let Some(message) = state.messages.iter_mut().find(|message| message.sid == sid) else {
            return Reply::not_found();
        };
        match (value(form, "Body"), value(form, "Status")) {
            (Some(""), None) if message.status.is_final() => message.body.clear(),
            (Some(""), None) => return Reply::error(400, 20009, refusal_in_words(20009)),
            (None, Some(_)) if message.status == MessageStatus::Queued => message.status = MessageStatus::Canceled,
            (None, Some(_)) => return Reply::error(400, 30409, "The message cannot be canceled"),
            _ => return Reply::error(400, 20001, "Only an empty Body, or Status=canceled"),
        }
        message.updated_at = now;
        Reply::ok(200, resources::message(&account, message))
    })
}

pub(super) fn delete(world: &World, sid: &str) -> Reply {
    world.change(|state| match state.messages.iter().position(|message| message.sid == sid) {
        None => Reply::not_found(),
        Some(index) if !state.messages.get(index).is_some_and(|message| message.status.is_final()) => {
            Reply::error(409, 20009, refusal_in_words(20009))
        }
        Some(index) => {
            state.messages.remove(index);
            Reply { status: 204, body: None, retry_after: None }
        }
    })
}
