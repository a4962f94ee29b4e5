//! Promises: the simulator's table of endpoints, and the shape of its answers, are what Twilio's API document says.
//!
//! The document is looked for in the directory `PROXYCALL_CONTRACTS`, else in `../shared/contracts` beside the
//! workspace. Where it is absent the tests say so and pass, unless `PROXYCALL_REQUIRE_CONTRACTS=1`.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of tests, which clippy takes for production code"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    path::PathBuf,
};

use proxycall_sandbox::{
    CallScript, Options, Sandbox,
    endpoints::{ENDPOINTS, Endpoint, Kind, Location},
    world::Number,
};
use serde_json::Value;

/// Location, name → type in words, required.
type Parameters = BTreeMap<(&'static str, String), (String, bool)>;

/// The document; none when it is not here and need not be.
fn document() -> Option<Value> {
    let directory = env::var_os("PROXYCALL_CONTRACTS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/contracts"), PathBuf::from);
    let Ok(text) = std::fs::read_to_string(directory.join("twilio_api_v2010.json")) else {
        let required = env::var("PROXYCALL_REQUIRE_CONTRACTS").is_ok_and(|value| value == "1");
        assert!(!required, "twilio_api_v2010.json is required and was not found: set PROXYCALL_CONTRACTS");
        println!("twilio_api_v2010.json is not here: nothing was compared");
        return None;
    };
    Some(serde_json::from_str(&text).expect("the document is JSON"))
}

#[test]
fn the_table_of_endpoints_is_what_the_carrier_publishes() {
    let Some(document) = document() else { return };
    for endpoint in ENDPOINTS {
        let name = format!("{} {}", endpoint.method, endpoint.path);
        let operation = &document["paths"][endpoint.path][endpoint.method.to_lowercase()];
        assert!(operation.is_object(), "{name} is not published");
        assert_eq!(ours(endpoint), published(&document, operation), "{name}");
        assert_eq!(our_groups(endpoint), published_groups(operation), "{name}");
    }
}

#[tokio::test]
async fn answers_have_the_fields_and_the_status_that_the_carrier_publishes() {
    let Some(document) = document() else { return };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let numbers = vec![Number::new("+33199000001")];
    let sandbox = Sandbox::start(Options { numbers, ..Options::default() }).await.expect("a sandbox");
    let account = sandbox.world().account();
    let call = sandbox.world().call(CallScript::new("+33639980002", "+33199000001")).await;
    let number = &sandbox.world().numbers()[0];
    let text = [("To", "+33639980001"), ("From", "+33199000001"), ("Body", "Bonjour")].as_slice();
    let service = format!("MG{}", "5e".repeat(16));
    sandbox.world().add_messaging_service(&service, &["+33199000001"]);
    let named = [("To", "+33639980001"), ("From", "Ma Boutique"), ("Body", "Bonjour")];
    let by_service = [("To", "+33639980001"), ("MessagingServiceSid", service.as_str()), ("Body", "Bonjour")];
    let purchase = [("PhoneNumber", "+33639985000"), ("VoiceUrl", "http://127.0.0.1:1/voice")].as_slice();
    let update = [("FriendlyName", "Pool-FR-1"), ("SmsUrl", "")].as_slice();
    let outgoing = [("To", "+33639980001"), ("From", "+33199000001"), ("Url", "http://127.0.0.1:1/say")].as_slice();
    let one_number = format!("/{}/IncomingPhoneNumbers/{}.json", account.sid, number.sid);
    for (method, path, published, form) in [
        ("get", format!("/{}.json", account.sid), "/{Sid}.json", [].as_slice()),
        ("post", format!("/{}/Messages.json", account.sid), "/{AccountSid}/Messages.json", text),
        ("post", format!("/{}/Messages.json", account.sid), "/{AccountSid}/Messages.json", &named),
        ("post", format!("/{}/Messages.json", account.sid), "/{AccountSid}/Messages.json", &by_service),
        ("get", format!("/{}/Messages.json", account.sid), "/{AccountSid}/Messages.json", &[]),
        ("get", format!("/{}/IncomingPhoneNumbers.json", account.sid), "/{AccountSid}/IncomingPhoneNumbers.json", &[]),
        (
            "post",
            format!("/{}/IncomingPhoneNumbers.json", account.sid),
            "/{AccountSid}/IncomingPhoneNumbers.json",
            purchase,
        ),
        ("get", one_number.clone(), "/{AccountSid}/IncomingPhoneNumbers/{Sid}.json", &[]),
        ("post", one_number, "/{AccountSid}/IncomingPhoneNumbers/{Sid}.json", update),
        (
            "get",
            format!("/{}/AvailablePhoneNumbers/FR/Mobile.json", account.sid),
            "/{AccountSid}/AvailablePhoneNumbers/{CountryCode}/Mobile.json",
            &[],
        ),
        (
            "get",
            format!("/{}/AvailablePhoneNumbers/US/Local.json", account.sid),
            "/{AccountSid}/AvailablePhoneNumbers/{CountryCode}/Local.json",
            &[],
        ),
        ("post", format!("/{}/Calls.json", account.sid), "/{AccountSid}/Calls.json", outgoing),
        ("get", format!("/{}/Calls/{}.json", account.sid, call.sid), "/{AccountSid}/Calls/{Sid}.json", &[]),
    ] {
        let url = format!("{}/2010-04-01/Accounts{path}", sandbox.base_url());
        let request = if method == "post" { http.post(url).form(form) } else { http.get(url) };
        let response = request.basic_auth(&account.sid, Some(&account.auth_token)).send().await.expect("an answer");
        let responses = &document["paths"][format!("/2010-04-01/Accounts{published}")][method]["responses"];
        let schema = &responses[response.status().as_str()]["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "{method} {published} answers {}", response.status());
        same_fields(&document, schema, &response.json().await.expect("JSON"), published);
    }
    sandbox.world().settle().await;
    sandbox.shutdown().await;
}

/// Holds the names of `value`'s fields against the schema, and those of the rows of a list.
fn same_fields(document: &Value, schema: &Value, value: &Value, at: &str) {
    let schema = target(document, schema);
    let published: BTreeSet<&String> = schema["properties"].as_object().expect("properties").keys().collect();
    let answered: BTreeSet<&String> = value.as_object().expect("an object").keys().collect();
    assert_eq!(answered, published, "{at}");
    for (name, rows) in value.as_object().into_iter().flatten() {
        for row in rows.as_array().into_iter().flatten() {
            same_fields(document, &schema["properties"][name]["items"], row, at);
        }
    }
}

/// What a schema stands for, behind its reference.
fn target<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).expect("a reference leads somewhere"),
        None => schema,
    }
}

fn ours(endpoint: &Endpoint) -> Parameters {
    let row = |parameter: &proxycall_sandbox::endpoints::Parameter| {
        let location = match parameter.location {
            Location::Path => "path",
            Location::Query => "query",
            Location::Form => "form",
        };
        ((location, parameter.name.to_owned()), (in_words(&parameter.kind), parameter.required))
    };
    endpoint.parameters.iter().map(row).collect()
}

fn in_words(kind: &Kind) -> String {
    match kind {
        Kind::Text => "string".to_owned(),
        Kind::Phone => "string phone-number".to_owned(),
        Kind::Endpoint => "string endpoint".to_owned(),
        Kind::Country => "string iso-country-code".to_owned(),
        Kind::Twiml => "string twiml".to_owned(),
        Kind::Uri => "string uri".to_owned(),
        Kind::DateTime => "string date-time".to_owned(),
        Kind::Integer { min, max } => format!("integer {min:?}..{max:?}"),
        Kind::Number => "number".to_owned(),
        Kind::Boolean => "boolean".to_owned(),
        Kind::Sid(prefixes) if prefixes.len() == 1 => format!("string ^{}[0-9a-fA-F]{{32}}$", prefixes[0]),
        Kind::Sid(prefixes) => format!("string ^({})[0-9a-fA-F]{{32}}$", prefixes.join("|")),
        Kind::Choice(words) => format!("string of {words:?}"),
        Kind::Many(kind) => format!("many {}", in_words(kind)),
    }
}

fn published(document: &Value, operation: &Value) -> Parameters {
    let mut parameters = Parameters::new();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let location = match parameter["in"].as_str() {
            Some("path") => "path",
            Some("query") => "query",
            other => panic!("a parameter in {other:?}"),
        };
        let name = parameter["name"].as_str().expect("a parameter has a name").to_owned();
        let required = parameter["required"].as_bool().unwrap_or(false);
        parameters.insert((location, name), (schema_in_words(document, &parameter["schema"]), required));
    }
    let body = &operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"];
    let required: Vec<&str> = body["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, schema) in body["properties"].as_object().into_iter().flatten() {
        let row = (schema_in_words(document, schema), required.contains(&name.as_str()));
        parameters.insert(("form", name.clone()), row);
    }
    parameters
}

fn schema_in_words(document: &Value, schema: &Value) -> String {
    let schema = target(document, schema);
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        return format!("string of {words:?}");
    }
    match (schema["type"].as_str().expect("a schema has a type"), schema["pattern"].as_str()) {
        ("array", _) => format!("many {}", schema_in_words(document, &schema["items"])),
        ("integer", _) => format!("integer {:?}..{:?}", schema["minimum"].as_i64(), schema["maximum"].as_i64()),
        (kind, Some(pattern)) => format!("{kind} {pattern}"),
        (kind, None) => match schema["format"].as_str() {
            Some(format) => format!("{kind} {format}"),
            None => kind.to_owned(),
        },
    }
}

/// The groups of which one parameter must be given; the document writes their names in snake case.
fn published_groups(operation: &Value) -> Vec<Vec<String>> {
    let groups = operation["x-twilio"]["conditional"].as_array().into_iter().flatten();
    groups.map(|group| group.as_array().into_iter().flatten().filter_map(Value::as_str).map(camel).collect()).collect()
}

fn our_groups(endpoint: &Endpoint) -> Vec<Vec<String>> {
    endpoint.one_of.iter().map(|group| group.iter().map(|name| (*name).to_owned()).collect()).collect()
}

fn camel(snake: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    snake.split('_').map(capital).collect()
}
