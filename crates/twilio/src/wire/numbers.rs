//! Promises: a number is read with all of its wiring; only its id and its digits are indispensable.

use proxycall_domain::{
    PhoneNumber,
    wiring::{Hook, Wiring},
};
use proxycall_service::ports::carrier::{Capabilities, CarrierNumber, NumberOffer};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::parse_date;

/// What is asked when nobody says how: Twilio's default.
const DEFAULT_METHOD: &str = "POST";

/// An incoming phone number resource. Each of its fields may be null in Twilio's document.
#[derive(Deserialize)]
pub(crate) struct Number {
    sid: Option<String>,
    phone_number: Option<String>,
    friendly_name: Option<String>,
    #[serde(default)]
    capabilities: Value,
    date_created: Option<String>,
    voice_url: Option<String>,
    voice_method: Option<String>,
    voice_fallback_url: Option<String>,
    voice_fallback_method: Option<String>,
    sms_url: Option<String>,
    sms_method: Option<String>,
    sms_fallback_url: Option<String>,
    sms_fallback_method: Option<String>,
    status_callback: Option<String>,
    status_callback_method: Option<String>,
    trunk_sid: Option<String>,
    voice_application_sid: Option<String>,
    sms_application_sid: Option<String>,
}

impl Number {
    /// In the service's words; none without an id or a phone number.
    pub(crate) fn into_number(self) -> Option<CarrierNumber> {
        Some(CarrierNumber {
            sid: given(self.sid)?,
            phone: PhoneNumber::parse(&self.phone_number?).ok()?,
            friendly_name: self.friendly_name.unwrap_or_default(),
            capabilities: capabilities(&self.capabilities),
            wiring: Wiring {
                voice: hook(self.voice_url, self.voice_method),
                voice_fallback: hook(self.voice_fallback_url, self.voice_fallback_method),
                text: hook(self.sms_url, self.sms_method),
                text_fallback: hook(self.sms_fallback_url, self.sms_fallback_method),
                status: hook(self.status_callback, self.status_callback_method),
                trunk: given(self.trunk_sid),
                voice_application: given(self.voice_application_sid),
                text_application: given(self.sms_application_sid),
            },
            created_at: self.date_created.as_deref().and_then(parse_date),
        })
    }
}

/// One page of a list of numbers.
#[derive(Deserialize)]
pub(crate) struct NumberPage {
    #[serde(rename = "incoming_phone_numbers")]
    pub(crate) numbers: Vec<Number>,
    /// Path and query of the next page; null on the last. Absent it is unreadable: the list would seem to end here.
    #[serde(deserialize_with = "present")]
    pub(crate) next_page_uri: Option<String>,
}

/// A field that may be null and must not be missing.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer)
}

/// Numbers for sale.
#[derive(Deserialize)]
pub(crate) struct OfferPage {
    available_phone_numbers: Vec<Offer>,
}

#[derive(Deserialize)]
struct Offer {
    phone_number: Option<String>,
    #[serde(default)]
    capabilities: Value,
}

impl OfferPage {
    /// In the service's words. What has no phone number cannot be bought, and is no offer.
    pub(crate) fn into_offers(self) -> impl Iterator<Item = NumberOffer> {
        self.available_phone_numbers.into_iter().filter_map(|offer| {
            let phone = PhoneNumber::parse(&offer.phone_number?).ok()?;
            Some(NumberOffer { phone, capabilities: capabilities(&offer.capabilities) })
        })
    }
}

/// Twilio documents `voice`, `sms` and `mms`; `SMS` and `VOICE` have been met too (`original-behaviour` §4).
fn capabilities(named: &Value) -> Capabilities {
    let has = |wanted: &str| {
        named
            .as_object()
            .is_some_and(|named| named.iter().any(|(name, value)| name.eq_ignore_ascii_case(wanted) && value == true))
    };
    Capabilities { voice: has("voice"), sms: has("sms"), mms: has("mms") }
}

fn hook(url: Option<String>, method: Option<String>) -> Hook {
    given(url).map_or_else(Hook::default, |url| Hook {
        url,
        method: given(method).unwrap_or_else(|| DEFAULT_METHOD.to_owned()),
    })
}

fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case(json!({ "voice": true, "sms": true, "mms": false }), (true, true, false))]
    #[case(json!({ "voice": true, "SMS": true, "MMS": true }), (true, true, true))]
    #[case(json!({ "Voice": true, "VOICE": null, "Sms": "true" }), (true, false, false))]
    #[case(json!({ "VOICE": true }), (true, false, false))]
    #[case(json!({ "sms": false, "SMS": true }), (false, true, false))]
    #[case(json!({}), (false, false, false))]
    #[case(json!(null), (false, false, false))]
    #[case(json!(["voice"]), (false, false, false))]
    fn capabilities_are_read_in_any_letter_case_and_what_is_missing_is_not_there(
        #[case] named: Value,
        #[case] expected: (bool, bool, bool),
    ) {
        let Capabilities { voice, sms, mms } = capabilities(&named);
        assert_eq!((voice, sms, mms), expected);
    }

    #[rstest]
    #[case(json!({ "sid": "PN1", "phone_number": "+33199000001" }), true)]
    #[case(json!({ "sid": "PN1", "phone_number": null }), false)]
    #[case(json!({ "sid": "PN1", "phone_number": "anonymous" }), false)]
    #[case(json!({ "sid": "", "phone_number": "+33199000001" }), false)]
    #[case(json!({ "phone_number": "+33199000001" }), false)]
    fn a_number_needs_an_id_and_digits_and_nothing_else(#[case] resource: Value, #[case] readable: bool) {
        let number = serde_json::from_value::<Number>(resource).unwrap().into_number();
        assert_eq!(number.is_some(), readable);
        assert!(number.is_none_or(|number| number.wiring == Wiring::default() && number.created_at.is_none()));
    }

    #[test]
    fn a_page_that_does_not_say_what_follows_is_unreadable() {
        assert!(serde_json::from_value::<NumberPage>(json!({ "incoming_phone_numbers": [] })).is_err());
        let last = json!({ "incoming_phone_numbers": [], "next_page_uri": null });
        assert!(serde_json::from_value::<NumberPage>(last).unwrap().next_page_uri.is_none());
    }
}
