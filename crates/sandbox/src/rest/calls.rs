//! Promises: a call is placed, and deleted once it is over, through the API as at Twilio.

use super::{Reply, resources, value, words::refusal_in_words};
use crate::{
    call::Order,
    world::{Hook, HookMethod, World},
};

pub(super) fn place(world: &World, form: &[(String, String)]) -> Reply {
    let text = |name: &str| value(form, name);
    let hook = |url: &str, method: &str| {
        let method = if text(method) == Some("GET") { HookMethod::Get } else { HookMethod::Post };
        text(url).map(|url| Hook { url: url.to_owned(), method })
    };
    // Applications and documents in the request are published, but nobody here uses them.
    let Some(answer) = hook("Url", "Method") else { return Reply::error(400, 21205, refusal_in_words(21205)) };
    let mut events: Vec<String> = form
        .iter()
        .filter(|(name, _)| name == "StatusCallbackEvent")
        .flat_map(|(_, events)| events.split_whitespace().map(str::to_owned))
        .collect();
    if events.is_empty() {
        events.push("completed".to_owned());
    }
    let order = Order {
        from: text("From").unwrap_or_default().to_owned(),
        to: text("To").unwrap_or_default().to_owned(),
        answer,
        fallback: hook("FallbackUrl", "FallbackMethod"),
        status_callback: hook("StatusCallback", "StatusCallbackMethod"),
        events,
    };
    match world.place_call(order) {
        Ok(call) => Reply::ok(201, resources::render_call(&world.account().sid, &call)),
        Err(code) => Reply::error(400, code, refusal_in_words(code)),
    }
}

pub(super) fn delete(world: &World, sid: &str) -> Reply {
    world.change(|state| match state.calls.iter().position(|call| call.sid == sid) {
        None => Reply::not_found(),
        // How long it lasted is known once it is over.
        Some(index) if state.calls.get(index).is_some_and(|call| call.seconds.is_none()) => {
            Reply::error(409, 20009, refusal_in_words(20009))
        }
        Some(index) => {
            state.calls.remove(index);
            Reply { status: 204, body: None, retry_after: None }
        }
    })
}
