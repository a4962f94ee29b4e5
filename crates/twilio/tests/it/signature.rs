//! Promises: what Twilio's own SDK signs is accepted, and nothing that was touched afterwards.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use proxycall_twilio::{Form, Payload, SignatureError, Verifier, sign};
use rstest::rstest;
use serde::Deserialize;

#[derive(Deserialize)]
struct Fixture {
    auth_token: String,
    public_base_url: String,
    requests: Vec<Webhook>,
    documented_vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Webhook {
    name: String,
    url: String,
    content_type: String,
    body: String,
    signature: Option<String>,
    valid: bool,
}

#[derive(Deserialize)]
struct Vector {
    token: String,
    url: String,
    params: HashMap<String, String>,
    signature: String,
}

fn fixture() -> Fixture {
    serde_json::from_str(include_str!("../fixtures/twilio-webhooks.json")).unwrap()
}

/// Splits `https://host:port/path?query` before the path.
fn split(url: &str) -> (&str, &str) {
    let (scheme, rest) = url.split_once("://").unwrap();
    url.split_at(scheme.len() + "://".len() + rest.find('/').unwrap())
}

#[test]
fn every_request_of_the_fixture_is_accepted_or_refused_as_it_says() {
    let fixture = fixture();
    let verifier = Verifier::new(&[&fixture.public_base_url], &[fixture.auth_token.into()]).unwrap();
    assert!(fixture.requests.iter().any(|webhook| webhook.valid));
    assert!(fixture.requests.iter().any(|webhook| !webhook.valid));
    for webhook in fixture.requests {
        let form = Form::parse(webhook.body.as_bytes());
        let payload = if webhook.content_type.starts_with("application/x-www-form-urlencoded") {
            Payload::Form(&form)
        } else {
            Payload::Raw(webhook.body.as_bytes())
        };
        let answer = verifier.verify(split(&webhook.url).1, payload, webhook.signature.as_deref());
        assert_eq!(answer.is_ok(), webhook.valid, "{}: {answer:?}", webhook.name);
    }
}

#[test]
fn the_documented_vectors_are_accepted_under_each_spelling_of_the_port() {
    let vectors = fixture().documented_vectors;
    assert!(!vectors.is_empty());
    for vector in vectors {
        let form: Form = vector.params.iter().collect();
        assert_eq!(sign(&vector.token, &vector.url, &form), vector.signature, "{}", vector.url);
        let (base, target) = split(&vector.url);
        let verifier = Verifier::new(&[base], &[vector.token.into()]).unwrap();
        let answer = verifier.verify(target, Payload::Form(&form), Some(&vector.signature));
        assert_eq!(answer, Ok(()), "{}", vector.url);
    }
}

#[rstest]
#[case::two_numbers_changed(
    "https://example.com/myapp.php?foo=1&bar=2",
    "CallSid=CA1234567890ABCDE&Caller=%2B14158675310&Digits=1234&From=%2B14158675310&To=%2B18005551212",
    "L/OH5YylLD5NRKLltdqwSvS0BnU="
)]
#[case::each_different_value_of_a_repeated_name_once(
    "https://mycompany.com/myapp.php?foo=1&bar=2",
    "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234",
    "IK+Dwps556ElfBT0I3Rgjkr1wJU="
)]
fn further_vectors_of_the_official_sdk_are_reproduced(#[case] url: &str, #[case] body: &str, #[case] signature: &str) {
    assert_eq!(sign("12345", url, &Form::parse(body.as_bytes())), signature);
}

#[test]
fn the_sdk_vector_with_a_json_body_is_accepted() {
    let verifier = Verifier::new(&["https://mycompany.com"], &["12345".into()]).unwrap();
    let hash = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
    let target = format!("/myapp.php?foo=1&bar=2&bodySHA256={hash}");
    let body = br#"{"property": "value", "boolean": true}"#;
    let answer = verifier.verify(&target, Payload::Raw(body), Some("a9nBmqA0ju/hNViExpshrM61xv4="));
    assert_eq!(answer, Ok(()));
}

/// Parameters with different names, as far as the signature can tell them apart: Twilio joins names and values without
/// a separator, so that a nameless empty parameter leaves no trace.
fn params() -> impl Strategy<Value = BTreeMap<String, String>> {
    proptest::collection::btree_map("[A-Za-z]{1,12}", ".{0,20}", 1..30)
}

/// Whether `touched` passes with the signature of `original`.
fn passes(original: &BTreeMap<String, String>, touched: &[(String, String)]) -> Result<(), SignatureError> {
    let verifier = Verifier::new(&["https://proxycall.example"], &["fixture-token".into()]).unwrap();
    let signature = sign("fixture-token", "https://proxycall.example/twilio/voice", &original.iter().collect());
    let form: Form = touched.iter().map(|(name, value)| (name, value)).collect();
    verifier.verify("/twilio/voice", Payload::Form(&form), Some(&signature))
}

proptest! {
    #[test]
    fn the_order_of_parameters_does_not_matter(original in params(), turn in any::<proptest::sample::Index>()) {
        let mut touched = Vec::from_iter(original.clone());
        touched.rotate_left(turn.index(original.len()));
        prop_assert_eq!(passes(&original, &touched), Ok(()));
        touched.reverse();
        prop_assert_eq!(passes(&original, &touched), Ok(()));
    }

    #[test]
    fn a_changed_value_is_refused(
        original in params(),
        at in any::<proptest::sample::Index>(),
        value in ".{0,20}",
    ) {
        let mut touched = Vec::from_iter(original.clone());
        let changed = at.get_mut(&mut touched);
        prop_assume!(changed.1 != value);
        changed.1 = value;
        prop_assert_eq!(passes(&original, &touched), Err(SignatureError::Wrong));
    }

    #[test]
    fn an_added_parameter_is_refused(original in params(), name in "[A-Za-z]{1,12}", value in ".{0,20}") {
        prop_assume!(original.get(&name) != Some(&value));
        let mut touched = Vec::from_iter(original.clone());
        touched.push((name, value));
        prop_assert_eq!(passes(&original, &touched), Err(SignatureError::Wrong));
    }

    #[test]
    fn a_removed_parameter_is_refused(original in params(), at in any::<proptest::sample::Index>()) {
        let mut touched = Vec::from_iter(original.clone());
        touched.remove(at.index(original.len()));
        prop_assert_eq!(passes(&original, &touched), Err(SignatureError::Wrong));
    }

    #[test]
    fn no_request_makes_the_verifier_panic(
        target in ".{0,60}",
        body in proptest::collection::vec(any::<u8>(), 0..60),
        signature in proptest::option::of(".{0,40}"),
    ) {
        let verifier = Verifier::new(&["https://proxycall.example"], &["fixture-token".into()]).unwrap();
        let form = Form::parse(&body);
        for payload in [Payload::Form(&form), Payload::Raw(&body)] {
            prop_assert!(verifier.verify(&target, payload, signature.as_deref()).is_err());
        }
    }
}
