//! Promises: one function for each place where strangers' bytes come in; whatever the bytes, it returns, and what must hold of
//! what was read does hold.
//!
//! `scripts/fuzz` hands them bytes that find new ways through the code; `tests/corpus.rs` hands them, in each run of the
//! suite, those that once did.

#![expect(clippy::panic, reason = "what must hold and does not is the find")]

use std::{sync::LazyLock, time::Duration};

use proxycall_domain::{
    Address, ClientId, CountryCode, Language, MailAddress, PersonName, PhoneNumber, TextSender,
    confirmation::PendingId,
    enrolment,
    national::NationalNumbers,
    order::OrderId,
    phone,
    sheet::{Kind, cell},
};
use proxycall_sandbox::twiml::{self, MessagingVerb, VoiceVerb};
use proxycall_twilio::{Dial, Form, MessagingResponse, Payload, Verifier, VoiceResponse, sign};
use secrecy::SecretString;
use serde_json::Value;

/// Takes any bytes.
pub type Target = fn(&[u8]);

/// All of them, by name: a folder of the corpus each.
pub const TARGETS: &[(&str, Target)] = &[
    ("forms", forms),
    ("json", json),
    ("phones", phones),
    ("sheet", sheet),
    ("signatures", signatures),
    ("twiml", twiml_documents),
];

const TOKEN: &str = "fuzz-auth-token-0123456789abcdef";
const BASE: &str = "https://proxycall.example";

/// A webhook's body: read as the rest of the world reads forms, and signed or not.
pub fn forms(bytes: &[u8]) {
    let form = Form::parse(bytes);
    let theirs: Vec<_> = url::form_urlencoded::parse(bytes).into_owned().collect();
    let ours: Vec<_> = form.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    holds(ours == theirs, "a form is read as by everybody else");
    for (name, value) in form.iter() {
        let first = form.get(name);
        holds(first.is_some(), "what is listed is found");
        let _read =
            (Address::parse(value), phone::mask(value), phone::mask_sid(value), TextSender::parse("from", value));
    }
}

/// The first line is the address, the second the signature, the rest the body: only the carrier's own is accepted.
pub fn signatures(bytes: &[u8]) {
    static VERIFIER: LazyLock<Option<Verifier>> =
        LazyLock::new(|| Verifier::new(&[BASE], &[SecretString::from(TOKEN)]).ok());
    let Some(verifier) = VERIFIER.as_ref() else { panic!("the verifier can be made") };
    let mut lines = bytes.splitn(3, |byte| *byte == b'\n');
    let target = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
    let signature = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
    let body = lines.next().unwrap_or_default();
    let form = Form::parse(body);
    holds(verifier.verify(&target, Payload::Form(&form), Some(&signature)).is_err(), "nobody guesses a signature");
    let _refused = verifier.verify(&target, Payload::Raw(body), Some(&signature));
    holds(verifier.verify(&target, Payload::Form(&form), None).is_err(), "without a signature nothing is accepted");
    if target.starts_with('/') && !target.contains('#') {
        let signed = sign(TOKEN, &format!("{BASE}{target}"), &form);
        holds(
            verifier.verify(&target, Payload::Form(&form), Some(&signed)).is_ok(),
            "what the carrier signs is accepted",
        );
    }
}

/// Numbers as people, spreadsheets and carriers write them.
pub fn phones(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for parsed in [PhoneNumber::parse(&text), PhoneNumber::parse_address(&text)].into_iter().flatten() {
        let written = parsed.expose();
        holds(PhoneNumber::parse(&written) == Ok(parsed), "what is written is read as the same number");
        holds(!format!("{parsed} {parsed:?}").contains(&written), "a number masks itself");
        holds(written.len() <= 16 && written.starts_with('+'), "a number is one of E.164");
    }
    let _read = (Address::parse(&text), phone::mask(&text), phone::mask_sid(&text));
    static NATIONAL: LazyLock<Option<NationalNumbers>> = LazyLock::new(|| NationalNumbers::shipped().ok());
    let (country, number) = text.split_at_checked(2).unwrap_or(("FR", &text));
    if let (Some(national), Ok(country)) = (NATIONAL.as_ref(), country.parse::<CountryCode>()) {
        let _read = national.read(country, number);
    }
}

/// A body of the API: every text in it is read as each kind of field.
pub fn json(bytes: &[u8]) {
    fn each_text(value: &Value, read: &mut dyn FnMut(&str)) {
        match value {
            Value::String(text) => read(text),
            Value::Number(number) => read(&number.to_string()),
            Value::Array(items) => items.iter().for_each(|item| each_text(item, read)),
            Value::Object(fields) => fields.values().for_each(|field| each_text(field, read)),
            Value::Null | Value::Bool(_) => {}
        }
    }
    fn refusals(text: &str) -> impl Iterator<Item = String> {
        let problems = [
            ClientId::parse("client_id", text).err(),
            PersonName::parse("client_name", text).err(),
            MailAddress::parse("client_mail", text).err(),
            OrderId::parse("order_id", text).err(),
            PendingId::parse(text).err(),
            proxycall_domain::client::parse_phone("client_real_phone", text).err(),
        ];
        problems.into_iter().flatten().map(|problem| problem.to_string())
    }
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return };
    each_text(&value, &mut |text| {
        // Short ones are words of the sentence by chance, and somebody may send the sentence itself.
        let is_ours = || refusals(&"\u{1}".repeat(text.len())).any(|refusal| refusal.contains(text));
        for refusal in refusals(text).filter(|_| text.chars().count() > 24) {
            holds(!refusal.contains(text) || is_ours(), "a refusal does not repeat what was sent");
        }
        let _read = (enrolment::name_part(text), enrolment::mail(text));
    });
}

/// A cell as a spreadsheet, a script or a hand left it.
pub fn sheet(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for kind in [
        Kind::Number,
        Kind::Id,
        Kind::Text,
        Kind::Mail,
        Kind::Phone,
        Kind::Lower,
        Kind::Upper,
        Kind::Time,
        Kind::NaiveTime,
    ] {
        let once = cell::canonical(kind, &text);
        holds(cell::canonical(kind, &once) == once, "the one form of a value is its own one form");
        holds(
            cell::is_unreadable(kind, &once) || !cell::is_unreadable(kind, &text),
            "what cannot be read is not made a value",
        );
    }
    let _read = (cell::moment(&text), cell::in_shop(&text), cell::phone("phone", &text));
}

/// Documents that we write say what we meant, whatever is in them; documents of others are read or refused.
pub fn twiml_documents(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _refused = (twiml::parse_voice(&text).is_ok(), twiml::parse_messaging(&text).is_ok());
    let document = MessagingResponse::new().message(text.clone()).to_xml();
    let Ok(read) = twiml::parse_messaging(&document) else { panic!("what we write can be read: {document}") };
    holds(matches!(read.as_slice(), [MessagingVerb::Message { .. }] | []), "a text is one verb");
    let (Ok(proxy), Ok(real)) = (PhoneNumber::parse("+33199000001"), PhoneNumber::parse("+33639980001")) else {
        panic!("the numbers of fiction are numbers")
    };
    let dial = Dial {
        caller_id: proxy,
        number: real,
        timeout: Duration::from_secs(25),
        time_limit: Duration::from_secs(3_600),
        action: Some(format!("/twilio/voice/ended?x={text}")),
    };
    let document = VoiceResponse::new().say(Language::Fr, text).dial(dial).to_xml();
    let Ok(read) = twiml::parse_voice(&document) else { panic!("what we write can be read: {document}") };
    holds(matches!(read.last(), Some(VoiceVerb::Dial(_))), "what was said cannot take the place of what is done");
}

#[track_caller]
fn holds(held: bool, what: &str) {
    assert!(held, "{what}");
}
