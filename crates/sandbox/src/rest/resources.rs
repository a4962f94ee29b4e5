//! Promises: account, numbers, calls and messages are written as the fields of Twilio's schemas.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Reply, pages::page, value};
use crate::{
    contract::RecordedRequest,
    delivery::segments,
    world::{Account, Call, Message, Number, World},
};

/// A moment as the API writes it: `Mon, 23 Nov 2026 10:00:00 +0000`.
pub(crate) fn rfc2822(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

fn below(account: &str, rest: &str) -> String {
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

pub(super) fn numbers(world: &World, request: &RecordedRequest) -> Reply {
    let account = world.account().sid;
    // Twilio matches a part of the number; a friendly name is the number here.
    let wanted = |number: &Number| {
        ["PhoneNumber", "FriendlyName"]
            .into_iter()
            .filter_map(|name| value(&request.query, name))
            .all(|part| number.phone.contains(part))
    };
    let rows = world.numbers().into_iter().filter(wanted).map(|number| render_number(&account, &number)).collect();
    page(request, "incoming_phone_numbers", rows)
}

fn render_number(account: &str, number: &Number) -> Value {
    json!({
        "account_sid": account,
        "address_sid": null,
        "address_requirements": "none",
        "api_version": "2010-04-01",
        "beta": false,
        "capabilities": { "mms": false, "sms": number.sms.is_some(), "voice": number.voice.is_some(), "fax": false },
        "date_created": rfc2822(Timestamp::UNIX_EPOCH),
        "date_updated": rfc2822(Timestamp::UNIX_EPOCH),
        "friendly_name": number.phone,
        "identity_sid": null,
        "phone_number": number.phone,
        "origin": "twilio",
        "sid": number.sid,
        "sms_application_sid": null,
        "sms_fallback_method": "POST",
        "sms_fallback_url": null,
        "sms_method": number.sms.as_ref().map(|hook| hook.method),
        "sms_url": number.sms.as_ref().map(|hook| &hook.url),
        "status_callback": number.status_callback.as_ref().map(|hook| &hook.url),
        "status_callback_method": number.status_callback.as_ref().map(|hook| hook.method),
        "trunk_sid": null,
        "uri": below(account, &format!("/IncomingPhoneNumbers/{}.json", number.sid)),
        "voice_receive_mode": "voice",
        "voice_application_sid": null,
        "voice_caller_id_lookup": false,
        "voice_fallback_method": "POST",
        "voice_fallback_url": null,
        "voice_method": number.voice.as_ref().map(|hook| hook.method),
        "voice_url": number.voice.as_ref().map(|hook| &hook.url),
        "emergency_status": "Inactive",
        "emergency_address_sid": null,
        "emergency_address_status": "unregistered",
        "bundle_sid": null,
        "status": "in-use",
        "type": null,
    })
}

pub(super) fn call(world: &World, sid: &str) -> Reply {
    let account = world.account().sid;
    world
        .ask(|state| state.calls.iter().find(|call| call.sid == sid).cloned())
        .map_or_else(Reply::not_found, |call| Reply::ok(200, render_call(&account, &call)))
}

fn render_call(account: &str, call: &Call) -> Value {
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
        "error_message": message.error_code.map(super::messages::refusal_in_words),
        "uri": below(account, &format!("/Messages/{}.json", message.sid)),
        "account_sid": account,
        "num_media": message.media.to_string(),
        "status": message.status.as_str(),
        "messaging_service_sid": null,
        "sid": message.sid,
        "date_sent": message.sent_at.map(rfc2822),
        "date_created": rfc2822(message.created_at),
        "error_code": message.error_code,
        "price_unit": "USD",
        "api_version": "2010-04-01",
        "subresource_uris": { "media": below(account, &format!("/Messages/{}/Media.json", message.sid)) },
    })
}
