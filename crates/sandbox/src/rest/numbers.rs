//! Promises: numbers are shown for sale, bought, listed, rewired and given back through the API as at Twilio.

use serde_json::{Value, json};

use super::{Reply, pages::page, resources::below, rfc2822, value, words::refusal_in_words};
use crate::{
    contract::RecordedRequest,
    geography::is_e164,
    world::{Capabilities, Hook, HookMethod, Number, Shelf, Stock, World},
};

/// How many numbers for sale are shown when nobody says how many.
const USUAL_OFFERS: usize = 50;
/// Twilio: what is to be bought is no phone number.
const NO_PHONE_NUMBER: i32 = 21421;
/// Twilio: nothing is for sale in the area.
const NONE_IN_AREA: i32 = 21452;

type Form = [(String, String)];

pub(super) fn search(world: &World, request: &RecordedRequest) -> Reply {
    let query = |name: &str| value(&request.query, name);
    // `/2010-04-01/Accounts/{AccountSid}/AvailablePhoneNumbers/{CountryCode}/{shelf}.json`
    let mut end = request.path.rsplit('/');
    let shelf = end.next().and_then(|name| Shelf::named(name.trim_end_matches(".json")));
    let country = end.next().unwrap_or_default();
    let flag = |name: &str, has: bool| query(name).is_none_or(|wanted| (wanted == "true") == has);
    let count = query("PageSize").and_then(|size| size.parse().ok()).unwrap_or(USUAL_OFFERS);
    world.ask(|state| {
        let Some(stock) = shelf.and_then(|shelf| state.market.stock(country, shelf)) else {
            return Reply::not_found();
        };
        let Capabilities { voice, sms, mms } = stock.capabilities;
        let address = state.market.needs_address(stock);
        let rows = if flag("VoiceEnabled", voice)
            && flag("SmsEnabled", sms)
            && flag("MmsEnabled", mms)
            && !(address && query("ExcludeAllAddressRequired") == Some("true"))
        {
            let area = query("AreaCode").map(|area| format!("+1{area}"));
            let wanted = |phone: &String| {
                area.as_ref().is_none_or(|area| phone.starts_with(area.as_str()))
                    && query("Contains").is_none_or(|part| phone.contains(part))
            };
            state.for_sale(stock).filter(wanted).take(count).collect()
        } else {
            Vec::new()
        };
        page(request, "available_phone_numbers", rows, |phone| render_offer(phone, stock, address))
    })
}

pub(super) fn list(world: &World, request: &RecordedRequest) -> Reply {
    let account = world.account().sid;
    let query = |name: &str| value(&request.query, name);
    // Twilio matches a part of the number, and a friendly name as a whole.
    let wanted = |number: &Number| {
        query("PhoneNumber").is_none_or(|part| number.phone.contains(part))
            && query("FriendlyName").is_none_or(|name| number.friendly_name == name)
    };
    let rows = world.numbers().into_iter().filter(wanted).collect();
    page(request, "incoming_phone_numbers", rows, |number| render(&account, number))
}

pub(super) fn fetch(world: &World, sid: &str) -> Reply {
    let account = world.account().sid;
    world
        .ask(|state| state.numbers.values().find(|number| number.sid == sid).cloned())
        .map_or_else(Reply::not_found, |number| Reply::ok(200, render(&account, &number)))
}

pub(super) fn buy(world: &World, form: &Form) -> Reply {
    let (account, now) = (world.account().sid, world.now());
    let bought = world.change(|state| {
        let phone = match (value(form, "PhoneNumber"), value(form, "AreaCode")) {
            (Some(phone), _) => phone.to_owned(),
            (None, area) => {
                let prefix = format!("+1{}", area.unwrap_or_default());
                let stock = state.market.stock("US", Shelf::Local).ok_or(NONE_IN_AREA)?;
                state.for_sale(stock).find(|phone| phone.starts_with(&prefix)).ok_or(NONE_IN_AREA)?
            }
        };
        if !is_e164(&phone) {
            return Err(NO_PHONE_NUMBER);
        }
        let capabilities = state.may_buy(&phone, value(form, "AddressSid"), value(form, "BundleSid"))?;
        let mut number = Number { capabilities, ..Number::new(phone) };
        apply(form, &mut number)?;
        Ok(state.add_number(number, now))
    });
    match bought {
        Ok(number) => Reply::ok(201, render(&account, &number)),
        Err(code) => refused(code),
    }
}

pub(super) fn update(world: &World, sid: &str, form: &Form) -> Reply {
    let account = world.account().sid;
    world.change(|state| {
        let Some(number) = state.numbers.values_mut().find(|number| number.sid == sid) else {
            return Reply::not_found();
        };
        let mut changed = number.clone();
        match apply(form, &mut changed) {
            Ok(()) => {
                *number = changed;
                Reply::ok(200, render(&account, number))
            }
            Err(code) => refused(code),
        }
    })
}

pub(super) fn release(world: &World, sid: &str) -> Reply {
    world.change(|state| {
        let Some(phone) = state.numbers.values().find(|number| number.sid == sid).map(|number| number.phone.clone())
        else {
            return Reply::not_found();
        };
        state.numbers.remove(&phone);
        // Twilio holds a number back for months before it sells it again.
        state.market.withdraw(&phone);
        Reply { status: 204, body: None, retry_after: None }
    })
}

fn refused(code: i32) -> Reply {
    Reply::error(400, code, refusal_in_words(code))
}

/// Sets what the form names; an empty value takes off what was there.
fn apply(form: &Form, number: &mut Number) -> Result<(), i32> {
    let text = |name: &str| value(form, name);
    if let Some(name) = text("FriendlyName") {
        number.friendly_name = if name.is_empty() { number.phone.clone() } else { name.to_owned() };
    }
    for (slot, url, method) in [
        (&mut number.voice, "VoiceUrl", "VoiceMethod"),
        (&mut number.voice_fallback, "VoiceFallbackUrl", "VoiceFallbackMethod"),
        (&mut number.sms, "SmsUrl", "SmsMethod"),
        (&mut number.sms_fallback, "SmsFallbackUrl", "SmsFallbackMethod"),
        (&mut number.status_callback, "StatusCallback", "StatusCallbackMethod"),
    ] {
        if let Some(url) = text(url) {
            *slot = (!url.is_empty()).then(|| Hook::post(url));
        }
        if let (Some(hook), Some(method)) = (slot, text(method)) {
            hook.method = if method == "GET" { HookMethod::Get } else { HookMethod::Post };
        }
    }
    for (slot, name) in [
        (&mut number.trunk_sid, "TrunkSid"),
        (&mut number.voice_application_sid, "VoiceApplicationSid"),
        (&mut number.sms_application_sid, "SmsApplicationSid"),
        (&mut number.address_sid, "AddressSid"),
        (&mut number.bundle_sid, "BundleSid"),
    ] {
        if let Some(sid) = text(name) {
            *slot = (!sid.is_empty()).then(|| sid.to_owned());
        }
    }
    // A trunk takes the place of an application and the other way round; the one just named stays.
    if text("TrunkSid").is_some_and(|sid| !sid.is_empty()) {
        number.voice_application_sid = None;
    } else if text("VoiceApplicationSid").is_some_and(|sid| !sid.is_empty()) {
        number.trunk_sid = None;
    }
    if number.voice.is_none() && number.voice_fallback.is_some() {
        return Err(21405);
    }
    if number.sms.is_none() && number.sms_fallback.is_some() {
        return Err(21406);
    }
    Ok(())
}

fn render_offer(phone: &str, stock: &Stock, needs_address: bool) -> Value {
    let Capabilities { voice, sms, mms } = stock.capabilities;
    json!({
        "friendly_name": phone,
        "phone_number": phone,
        "lata": null,
        "locality": null,
        "rate_center": null,
        "latitude": null,
        "longitude": null,
        "region": null,
        "postal_code": null,
        "iso_country": stock.country,
        "address_requirements": if needs_address { "any" } else { "none" },
        "beta": false,
        // Both spellings have been met (`original-behaviour` §4): here the one, in the account's own numbers the other.
        "capabilities": { "voice": voice, "SMS": sms, "MMS": mms },
    })
}

fn render(account: &str, number: &Number) -> Value {
    let Capabilities { voice, sms, mms } = number.capabilities;
    let url = |hook: &Option<Hook>| hook.as_ref().map(|hook| hook.url.clone());
    let method = |hook: &Option<Hook>| hook.as_ref().map_or(HookMethod::Post, |hook| hook.method);
    let created_at = number.created_at.unwrap_or_default();
    json!({
        "account_sid": account,
        "address_sid": number.address_sid,
        "address_requirements": "none",
        "api_version": "2010-04-01",
        "beta": false,
        "capabilities": { "mms": mms, "sms": sms, "voice": voice, "fax": false },
        "date_created": rfc2822(created_at),
        "date_updated": rfc2822(created_at),
        "friendly_name": number.friendly_name,
        "identity_sid": null,
        "phone_number": number.phone,
        "origin": "twilio",
        "sid": number.sid,
        "sms_application_sid": number.sms_application_sid,
        "sms_fallback_method": method(&number.sms_fallback),
        "sms_fallback_url": url(&number.sms_fallback),
        "sms_method": method(&number.sms),
        "sms_url": url(&number.sms),
        "status_callback": url(&number.status_callback),
        "status_callback_method": method(&number.status_callback),
        "trunk_sid": number.trunk_sid,
        "uri": below(account, &format!("/IncomingPhoneNumbers/{}.json", number.sid)),
        "voice_receive_mode": "voice",
        "voice_application_sid": number.voice_application_sid,
        "voice_caller_id_lookup": false,
        "voice_fallback_method": method(&number.voice_fallback),
        "voice_fallback_url": url(&number.voice_fallback),
        "voice_method": method(&number.voice),
        "voice_url": url(&number.voice),
        "emergency_status": "Inactive",
        "emergency_address_sid": null,
        "emergency_address_status": "unregistered",
        "bundle_sid": number.bundle_sid,
        "status": "in-use",
        "type": null,
    })
}
