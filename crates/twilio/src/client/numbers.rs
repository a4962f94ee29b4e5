//! Promises: numbers are bought and given back once, and a list of them is whole or an error.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use proxycall_domain::{
    PhoneNumber,
    wiring::{Hook, Wiring},
};
use proxycall_service::ports::carrier::{
    CarrierError, CarrierNumber, NumberOffer, NumberPurchase, NumberSearch, NumberUpdate, Shelf,
};
use url::Url;

use super::{
    TwilioClient,
    asking::{does_not_exist, unreadable, was_there},
};
use crate::wire::{Number, NumberPage, OfferPage};

/// The account's own numbers.
const OWN: &str = "IncomingPhoneNumbers";

/// Numbers asked for in one page of a list: the most that Twilio gives.
const PAGE_SIZE: &str = "1000";

/// Pages read of one list, at most: 100,000 numbers.
const MAX_PAGES: usize = 100;

/// The most offers asked for at once.
const MOST_OFFERS: u32 = 100;

type Form = Vec<(&'static str, String)>;

pub(super) async fn for_sale(client: &TwilioClient, search: &NumberSearch) -> Result<Vec<NumberOffer>, CarrierError> {
    let limit = search.limit.clamp(1, MOST_OFFERS);
    let shelf = match search.shelf {
        Shelf::Mobile => "Mobile.json",
        Shelf::Local => "Local.json",
        Shelf::National => "National.json",
        Shelf::TollFree => "TollFree.json",
    };
    let mut query = vec![("PageSize", limit.to_string())];
    let needed = [("VoiceEnabled", search.require_voice), ("SmsEnabled", search.require_sms)];
    query.extend(needed.into_iter().filter(|(_, needed)| *needed).map(|(name, _)| (name, "true".to_owned())));
    let url = client.resource(&["AvailablePhoneNumbers", &search.country.to_string(), shelf]);
    match client.ask_patiently::<OfferPage>("numbers_for_sale", client.http.get(url).query(&query)).await {
        Ok(page) => {
            let offers = page.into_offers().filter(|offer| {
                // Not everybody who speaks this API heeds the two parameters.
                (offer.capabilities.voice || !search.require_voice) && (offer.capabilities.sms || !search.require_sms)
            });
            Ok(offers.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect())
        }
        Err(error) if does_not_exist(&error) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

pub(super) async fn buy(client: &TwilioClient, purchase: &NumberPurchase) -> Result<CarrierNumber, CarrierError> {
    let mut form = vec![("PhoneNumber", purchase.phone.expose()), ("FriendlyName", purchase.friendly_name.clone())];
    // A new number has nothing that an empty field would take off.
    form.extend(wiring(&purchase.wiring).into_iter().filter(|(_, value)| !value.is_empty()));
    form.extend(purchase.address_sid.clone().map(|sid| ("AddressSid", sid)));
    form.extend(purchase.bundle_sid.clone().map(|sid| ("BundleSid", sid)));
    let url = client.resource(&[&format!("{OWN}.json")]);
    let bought: Number = client.ask("buy_number", client.http.post(url).form(&form)).await?;
    bought.into_number().ok_or_else(unreadable)
}

/// The carrier matches parts of a number; only the whole one counts.
pub(super) async fn find(client: &TwilioClient, phone: PhoneNumber) -> Result<Option<CarrierNumber>, CarrierError> {
    let listed = list(client, &[("PhoneNumber", &phone.expose()), ("PageSize", PAGE_SIZE)]).await?;
    Ok(listed.into_iter().find(|number| number.phone == phone))
}

pub(super) async fn all(client: &TwilioClient) -> Result<Vec<CarrierNumber>, CarrierError> {
    list(client, &[("PageSize", PAGE_SIZE)]).await
}

/// Reads a list to its end. Whatever makes the end uncertain is an error.
async fn list(client: &TwilioClient, query: &[(&str, &str)]) -> Result<Vec<CarrierNumber>, CarrierError> {
    let mut request = client.http.get(client.resource(&[&format!("{OWN}.json")])).query(query);
    let mut whole = Whole::default();
    for _ in 0..MAX_PAGES {
        let page: NumberPage = client.ask_patiently("numbers", request).await?;
        let numbers: Vec<CarrierNumber> =
            page.numbers.into_iter().map(Number::into_number).collect::<Option<_>>().ok_or_else(unreadable)?;
        whole.add(numbers)?;
        match page.next_page_uri {
            Some(uri) => request = client.http.get(whole.goes_on(client.next_page(&uri)?)?),
            None => return Ok(whole.numbers),
        }
    }
    Err(CarrierError::AnswerLost(format!("the list is longer than {MAX_PAGES} pages")))
}

/// A list as far as it is read.
#[derive(Default)]
struct Whole {
    numbers: Vec<CarrierNumber>,
    sids: HashMap<PhoneNumber, String>,
    phones: HashMap<String, PhoneNumber>,
    /// The ids of each page read.
    pages: HashSet<Vec<String>>,
    addresses: HashSet<String>,
}

impl Whole {
    /// Adds a page. A number may come again on the next page: another bought while we read pushes it there.
    fn add(&mut self, page: Vec<CarrierNumber>) -> Result<(), CarrierError> {
        if !page.is_empty() && !self.pages.insert(page.iter().map(|number| number.sid.clone()).collect()) {
            return Err(contradiction("repeats a page"));
        }
        for number in page {
            match (self.sids.entry(number.phone), self.phones.entry(number.sid.clone())) {
                (Entry::Vacant(sid), Entry::Vacant(phone)) => {
                    sid.insert(number.sid.clone());
                    phone.insert(number.phone);
                    self.numbers.push(number);
                }
                (Entry::Occupied(sid), Entry::Occupied(_)) if *sid.get() == number.sid => {}
                _ => return Err(contradiction("names one number twice, as two different ones")),
            }
        }
        Ok(())
    }

    /// The address of the next page, if it is not one that was read.
    fn goes_on(&mut self, next: Url) -> Result<Url, CarrierError> {
        if self.addresses.insert(next.as_str().to_owned()) { Ok(next) } else { Err(contradiction("leads in a circle")) }
    }
}

fn contradiction(what: &str) -> CarrierError {
    CarrierError::AnswerLost(format!("the list {what}"))
}

pub(super) async fn update(
    client: &TwilioClient,
    sid: &str,
    update: &NumberUpdate,
) -> Result<CarrierNumber, CarrierError> {
    let mut form: Form = update.friendly_name.clone().map(|name| ("FriendlyName", name)).into_iter().collect();
    form.extend(update.wiring.as_ref().map(wiring).unwrap_or_default());
    let request = client.http.post(client.resource(&[OWN, &format!("{sid}.json")])).form(&form);
    let updated: Number = client.ask_patiently("update_number", request).await?;
    updated.into_number().ok_or_else(unreadable)
}

/// Asked once: a second try could not tell "gave back" from "never had".
pub(super) async fn release(client: &TwilioClient, sid: &str) -> Result<bool, CarrierError> {
    let request = client.http.delete(client.resource(&[OWN, &format!("{sid}.json")]));
    was_there(client.deliver("release_number", request).await)
}

/// Every address, an empty one included, which takes off what is there; trunk and applications only when present.
fn wiring(wiring: &Wiring) -> Form {
    let hook = |url: &'static str, method: &'static str, hook: &Hook| {
        let method = (!hook.url.is_empty() && !hook.method.is_empty()).then(|| (method, hook.method.to_uppercase()));
        std::iter::once((url, hook.url.clone())).chain(method)
    };
    let sid = |name: &'static str, sid: &Option<String>| sid.clone().map(|sid| (name, sid));
    hook("VoiceUrl", "VoiceMethod", &wiring.voice)
        .chain(hook("VoiceFallbackUrl", "VoiceFallbackMethod", &wiring.voice_fallback))
        .chain(hook("SmsUrl", "SmsMethod", &wiring.text))
        .chain(hook("SmsFallbackUrl", "SmsFallbackMethod", &wiring.text_fallback))
        .chain(hook("StatusCallback", "StatusCallbackMethod", &wiring.status))
        .chain(sid("TrunkSid", &wiring.trunk))
        .chain(sid("VoiceApplicationSid", &wiring.voice_application))
        .chain(sid("SmsApplicationSid", &wiring.text_application))
        .collect()
}
