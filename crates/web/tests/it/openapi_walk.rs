//! Every operation of the API's description, with parameters and bodies made from it, good and hostile: only documented
//! statuses, answers as documented, never an error of ours.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::Validator;
use proxycall_testkit::{
    TestApp,
    reqwest::{Method, RequestBuilder, header},
    run_test,
};
use serde_json::{Map, Value, json};

use crate::ask::{Answer, ask, client_body, enrol, real_number, with};

/// How often each operation is asked.
const TIMES: u32 = 60;
/// What goes wrong at the carrier is told as such, and a database that is away; here nothing is away.
const NEVER: u16 = 500;

/// A sequence that is the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        // xorshift64
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

/// What breaks programs that take texts.
const HOSTILE: &[&str] = &[
    "",
    " ",
    "\0",
    "a\0b",
    "\r\nSet-Cookie: a=b",
    "'; DROP TABLE client; --",
    "\" OR 1=1",
    "%",
    "%00",
    "_",
    "=1+1",
    "-1",
    "0",
    "00",
    "1e999",
    "NaN",
    "null",
    "true",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "99999999999999999999999999999999",
    "+",
    "+0",
    "+336",
    "+33639980001;ext=1",
    "٣٣٦٣٩٩٨٠٠٠١",
    "é",
    "💥💥💥",
    "\u{202e}gnirts",
    "\u{feff}",
    "\u{fdfa}",
    "İ",
    "ß",
    "a@b",
    "<script>alert(1)</script>",
    "${7*7}",
    "2026-13-45T99:99:99Z",
    "-009999-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "2026-01-01T00:00:00+99:00",
];

/// What fits a field or parameter of this name; of what is there, mostly.
fn fitting(name: &str) -> &'static [&'static str] {
    match name {
        "client_id" => &["1", "2", "3", "7", "8", "9", "42"],
        "client_real_phone" => &["+33639981001", "+33639981500", "33639981501", "0033639981502", "+447700900123"],
        // Not those below, which are soon given back, set aside or put to rest.
        "number" => &["+33639989001", "+33639989710", "33639989711", "+33639989712"],
        "proxy" | "client_proxy_number" | "numbers" => {
            &["+33639989001", "33639989002", "+33639989003", "+33639989700", "+33199000001"]
        }
        "client_mail" => &["zoe@example.com", "client1@example.com", "ana@example.com"],
        "client_name" | "text" | "friendly_name" => &["Zoé Martin", "Client 1", "9001", "ana"],
        "country_iso" | "country" | "client_iso_residency" | "only_country" => &["FR", "fr", "GB", "US", "ZZ"],
        "number_type" => &["mobile", "local", "national", "all"],
        "status" | "only_status" => &["available", "assigned", "quarantined", "released", "reserved"],
        "outcome" => &["connecting", "busy", "delivered", "refused_region"],
        "from" | "to" => &["2026-01-01T00:00:00Z", "2026-06-01T00:00:00+02:00"],
        "order_id" => &["A-1", "A-2", "A-3"],
        "pending_id" => &["P-1", "P-2", "P-3"],
        "channel" => &["sms", "voice", "email"],
        "phone" => &["+33639981700", "+33639981701", "0033639981702"],
        "name" => &["shop", "cash-desk", "courier_app", "till", "kitchen", "depot", "night-shift", "van"],
        "scope" => &["read", "operate", "admin"],
        "confirm" => &["7", "42"],
        "until" => &["2100-01-01T00:00:00Z"],
        "limit" => &["1", "50", "500"],
        "closed" => &["true", "false"],
        "Idempotency-Key" => &["key-1", "key-2", "key-3", "key-4", "key-5"],
        _ => &["1"],
    }
}

fn text(chance: &mut Chance, name: &str) -> String {
    match chance.below(10) {
        0 => chance.pick(HOSTILE).to_owned(),
        1 if chance.one_in(4) => chance.pick(HOSTILE).repeat(500),
        _ => chance.pick(fitting(name)).to_owned(),
    }
}

/// Anything but what is asked for.
fn anything(chance: &mut Chance) -> Value {
    match chance.below(9) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(-1),
        3 => json!(1.5e300),
        4 => json!(u64::MAX),
        5 => json!([]),
        6 => json!([[[[{ "a": [null, {}] }]]]]),
        7 => json!({ "": "", "$ref": "#", "__proto__": {} }),
        _ => json!(chance.pick(HOSTILE)),
    }
}

/// The description, and what is made from it.
struct Description {
    all: Value,
}

impl Description {
    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(target) => self.all.pointer(target.strip_prefix('#').unwrap()).unwrap(),
            None => schema,
        }
    }

    /// A value for a schema; now and then one that it forbids.
    fn value(&self, chance: &mut Chance, name: &str, schema: &Value) -> Value {
        if chance.one_in(12) {
            return anything(chance);
        }
        let schema = self.resolved(schema);
        if let Some(choices) = schema["oneOf"].as_array() {
            let choice = &choices[chance.below(choices.len())];
            return self.value(chance, name, choice);
        }
        if let Some(choices) = schema["enum"].as_array() {
            return choices[chance.below(choices.len())].clone();
        }
        let kind = schema["type"].as_str().or_else(|| {
            let kinds = schema["type"].as_array()?;
            kinds[chance.below(kinds.len())].as_str()
        });
        match kind {
            Some("object") => {
                let required: Vec<_> = schema["required"].as_array().into_iter().flatten().cloned().collect();
                let mut fields = Map::new();
                for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
                    let wanted = required.contains(&json!(field));
                    if if wanted { !chance.one_in(25) } else { chance.one_in(2) } {
                        fields.insert(field.clone(), self.value(chance, field, schema));
                    }
                }
                if chance.one_in(10) {
                    fields.insert("unknown".to_owned(), anything(chance));
                }
                Value::Object(fields)
            }
            Some("array") => {
                let items = (0..chance.below(4)).map(|_| self.value(chance, name, &schema["items"])).collect();
                Value::Array(items)
            }
            Some("integer" | "number") => match chance.below(8) {
                0 => json!(i64::MIN),
                1 => json!(i64::MAX),
                2 => json!(0),
                _ => json!(1 + chance.below(3)),
            },
            Some("boolean") => json!(chance.one_in(2)),
            Some("null") => Value::Null,
            _ => json!(text(chance, name)),
        }
    }

    /// Checks answers against what is documented for them; made once for each.
    fn validator(&self, response: &Value) -> Option<Validator> {
        let content = response["content"].as_object()?.values().next()?;
        let schema = json!({ "allOf": [content["schema"]], "components": self.all["components"] });
        Some(jsonschema::validator_for(&schema).unwrap())
    }
}

/// A segment of a path that arrives as it is.
fn segment(text: &str) -> String {
    // A segment of nothing, or of dots, would name another route.
    let text = if text.is_empty() || text.chars().all(|c| c == '.') { "-" } else { text };
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

struct Operation<'a> {
    method: Method,
    path: &'a str,
    described: &'a Value,
    open: bool,
}

impl Operation<'_> {
    fn request(&self, app: &TestApp, description: &Description, chance: &mut Chance) -> RequestBuilder {
        let mut path = self.path.to_owned();
        let (mut query, mut headers) = (Vec::new(), Vec::new());
        for parameter in self.described["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            match parameter["in"].as_str() {
                Some("path") => path = path.replace(&format!("{{{name}}}"), &segment(&text(chance, name))),
                Some("query") => {
                    while chance.one_in(2) {
                        query.push((name.to_owned(), text(chance, name)));
                    }
                }
                _ if chance.one_in(3) => headers.push((name.to_owned(), text(chance, name))),
                _ => {}
            }
        }
        let token = self.open || !chance.one_in(30);
        let mut request =
            if token { app.request(self.method.clone(), &path) } else { app.bare_request(self.method.clone(), &path) };
        request = request.query(&query);
        for (name, value) in headers {
            // What no header can hold cannot be sent.
            if let Ok(value) = header::HeaderValue::from_bytes(value.as_bytes()) {
                request = request.header(name, value);
            }
        }
        let Some(schema) = self.described["requestBody"]["content"].get("application/json") else { return request };
        let body = description.value(chance, "", &schema["schema"]).to_string();
        match chance.below(25) {
            0 => request.header(header::CONTENT_TYPE, "text/plain").body(body),
            1 => request.header(header::CONTENT_TYPE, "application/json").body(body.repeat(2)),
            2 => request.header(header::CONTENT_TYPE, "application/json").body(vec![b' '; 2_000_000]),
            _ => request.header(header::CONTENT_TYPE, "application/json").body(body),
        }
    }
}

fn operations(description: &Description) -> Vec<Operation<'_>> {
    let mut operations = Vec::new();
    for (path, methods) in description.all["paths"].as_object().unwrap() {
        for (method, described) in methods.as_object().unwrap() {
            let method = method.to_uppercase().parse().unwrap();
            let open = described["security"] == json!([{}]);
            operations.push(Operation { method, path, described, open });
        }
    }
    operations
}

#[tokio::test]
async fn every_operation_answers_as_documented_whatever_it_is_asked() {
    let description = Description { all: serde_json::to_value(proxycall_web::openapi()).unwrap() };
    run_test(async |app| {
        for id in 1..=3 {
            enrol(app, id, json!({})).await;
        }
        let order = with(client_body(1, &real_number(1)), json!({ "order_id": "A-1" }));
        assert!(app.post("/orders", order).await.0.is_success());
        for n in 0..20 {
            app.number(&format!("+336399897{n:02}"), "FR", proxycall_domain::NumberType::Mobile).await;
        }
        let mut validators = BTreeMap::new();
        let mut seen: BTreeMap<String, BTreeSet<u16>> = BTreeMap::new();
        let mut chance = Chance(0x5eed);
        for _ in 0..TIMES {
            for operation in operations(&description) {
                let name = format!("{} {}", operation.method, operation.path);
                let request = operation.request(app, &description, &mut chance);
                let shown = format!("{:?}", request.try_clone().unwrap().build().unwrap().url().as_str());
                let Answer { status, body, text, .. } = ask(request).await;
                let status = status.as_u16();
                let documented = &operation.described["responses"][status.to_string()];
                assert!(status < NEVER, "{name} {shown}: {text}");
                assert!(documented.is_object(), "{name} {shown}: {status} is not documented: {text}");
                let key = (name.clone(), status);
                let validator = validators.entry(key).or_insert_with(|| description.validator(documented));
                if let Some(error) = validator.as_ref().and_then(|validator| validator.validate(&body).err()) {
                    panic!("{name} {shown}: {status} is not as documented: {error}: {text}");
                }
                seen.entry(name).or_default().insert(status);
            }
            app.advance(60).await;
        }
        // Otherwise only the first check of each would have been tried.
        let never_good = seen.iter().filter(|(_, statuses)| !statuses.contains(&200)).map(|(name, _)| name.as_str());
        // What nobody waits for cannot be approved: a change that waits takes somebody who reads a code from a phone. And a
        // block's id cannot be guessed.
        let never = ["DELETE /blocks/{block_id}", "POST /confirmations/{pending_id}/approve"];
        assert_eq!(never_good.collect::<Vec<_>>(), never);
        app.advance(86_400).await;
    })
    .await;
}
