//! Promises: account, calls and messages are written as the fields of Twilio's schemas.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Reply, words::refusal_in_words};
use crate::{
    delivery::segments,
    world::{Account, Call, Message, World},
};

/// A moment as the API writes it: `Mon, 23 Nov 2026 10:00:00 +0000`.
pub(crate) fn rfc2822(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

pub(super) fn below(account: &str, rest: &str) -> String {
    format!("/2010-04-01/Accounts/{account}{rest}")
}

pub(super) fn account(account: &Account) -> Value {
    let uri = below(&account.sid, ".json");
    json!({
        "auth_token": account.auth_token,
        "date_created": rfc2822(Timestamp::UNIX_EPOCH),
        "date_updated": rfc2822(Timestamp::UNIX_EPOCH),
        "friendly_name": "ProxyCall sandbox",
        "owner_account_sid": account.sid,
        "sid": account.sid,
        "status": account.status,
        "subresource_uris": { "messages": below(&account.sid, "/Messages.json") },
        "type": account.kind,
        "uri": uri,
    })
}

pub(super) fn call(world: &World, sid: &str) -> Reply {
    let account = world.account().sid;
    world
        .ask(|state| state.calls.iter().find(|call| call.sid == sid).cloned())
        .map_or_else(Reply::not_found, |call| Reply::ok(200, render_call(&account, &call)))
}

pub(super) fn render_call(account: &str, call: &Call) -> Value {
    let seconds = call.seconds.map(|seconds| jiff::SignedDuration::from_secs(i64::from(seconds)));
    json!({
        "sid": call.sid,
        "date_created": rfc2822(call.started_at),
        "date_updated": rfc2822(call.started_at),
        "parent_call_sid": call.parent_sid,
        "account_sid": account,
        "to": call.to,
        "to_formatted": call.to,
        "from": call.from,
        "from_formatted": call.from,
        "phone_number_sid": null,
        "status": call.status,
        "start_time": rfc2822(call.started_at),
        "end_time": seconds.map(|seconds| rfc2822(call.started_at + seconds)),
        "duration": call.seconds.map(|seconds| seconds.to_string()),
        "price": null,
        "price_unit": "USD",
        "direction": call.direction,
        "answered_by": null,
        "api_version": "2010-04-01",
        "forwarded_from": null,
        "group_sid": null,
        "caller_name": null,
        "queue_time": "0",
        "trunk_sid": null,
        "uri": below(account, &format!("/Calls/{}.json", call.sid)),
        "subresource_uris": {},
    })
}

pub(super) fn message(account: &str, message: &Message) -> Value {
    json!({
        "body": message.body,
        "num_segments": segments(&message.body).to_string(),
        "direction": message.direction.as_str(),
        "from": message.from,
        "to": message.to,
        "date_updated": rfc2822(message.updated_at),
        "price": null,
        "error_message": message.error_code.map(refusal_in_words),
        "uri": below(account, &format!("/Messages/{}.json", message.sid)),
        "account_sid": account,
        "num_media": message.media.to_string(),
        "status": message.status.as_str(),
        "messaging_service_sid": message.service,
        "sid": message.sid,
        "date_sent": message.sent_at.map(rfc2822),
        "date_created": rfc2822(message.created_at),
        "error_code": message.error_code,
        "price_unit": "USD",
        "api_version": "2010-04-01",
        "subresource_uris": { "media": below(account, &format!("/Messages/{}/Media.json", message.sid)) },
    })
}
