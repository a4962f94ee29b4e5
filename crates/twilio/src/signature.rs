//! Promises: a webhook is accepted only when the carrier signed exactly this address and these parameters.
//!
//! The signature is Base64 of HMAC-SHA1, keyed with the account's auth token, over the public URL and, for a form, each
//! parameter's name and value without separators, in the order of the names' bytes. Source: Twilio's "Webhooks
//! security" and its SDKs; `anchors-number-masking` §3.1 lists where other implementations go wrong.
//!
//! There is no time or nonce in it: a replay is valid again and must be harmless.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::Form;

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "X-Twilio-Signature";

/// Length of an HMAC-SHA1, in bytes.
const MAC_LEN: usize = 20;
/// Length of its Base64 form, in characters.
const SIGNATURE_LEN: usize = 28;

/// Signs that a client or server between us and the carrier may have escaped though the carrier signed them plain.
const OFTEN_ESCAPED: [(&str, &str); 4] = [("%27", "'"), ("%40", "@"), ("%3A", ":"), ("%3a", ":")];

type HmacSha1 = Hmac<Sha1>;

/// Why a webhook is not believed. Holds nothing of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The header is absent or empty.
    #[error("the signature is missing")]
    Missing,
    /// The header is not Base64 of 20 bytes.
    #[error("the signature is malformed")]
    Malformed,
    /// Made with another token, for another address, or for other parameters.
    #[error("the signature is wrong")]
    Wrong,
    /// The address is signed, but the body is not the one whose SHA-256 the address carries, or it carries none.
    #[error("the body is not the one that was signed")]
    BodyHash,
}

/// Why a [`Verifier`] cannot be made. Positions count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifierError {
    /// Not an absolute `http` or `https` address.
    #[error("public base URL {position} is not an http or https address")]
    BaseUrl {
        /// Which of the addresses.
        position: usize,
    },
    /// Empty: everybody could sign with it.
    #[error("auth token {position} is empty")]
    Token {
        /// Which of the tokens.
        position: usize,
    },
}

/// What a webhook carries besides its address.
#[derive(Debug, Clone, Copy)]
pub enum Payload<'a> {
    /// A form, or nothing at all (an empty form): its parameters are part of what is signed.
    Form(&'a Form),
    /// JSON or anything else, as received: the address must carry its SHA-256 as `bodySHA256`.
    Raw(&'a [u8]),
}

/// Checks signatures against every public address and token that we go by.
///
/// An address counts with and without its port, since the carrier drops or keeps it by rules of its own. Made once;
/// a check of a valid webhook computes one HMAC when address and token are the first of their lists.
#[derive(Clone)]
pub struct Verifier {
    /// Scheme, host, port and path prefix, the likeliest first.
    prefixes: Vec<String>,
    /// HMACs that have taken their key, in the order of the tokens.
    keyed: Vec<HmacSha1>,
}

impl Verifier {
    /// Takes the public addresses of the service (a path prefix is kept; user, password, query and trailing slash are
    /// dropped) and the auth tokens that may have signed, both with the likeliest first. With either list empty,
    /// nothing is ever accepted.
    ///
    /// # Errors
    /// Names the address or token that cannot be used, without showing it.
    pub fn new<U: AsRef<str>>(base_urls: &[U], auth_tokens: &[SecretString]) -> Result<Self, VerifierError> {
        let mut prefixes = Vec::new();
        let mut other_ports = Vec::new();
        for (position, base_url) in (1..).zip(base_urls) {
            let (likely, other) = prefixes_of(base_url.as_ref()).ok_or(VerifierError::BaseUrl { position })?;
            prefixes.push(likely);
            other_ports.push(other);
        }
        prefixes.append(&mut other_ports);
        let keyed = (1..)
            .zip(auth_tokens)
            .map(|(position, token)| keyed(token.expose_secret()).ok_or(VerifierError::Token { position }))
            .collect::<Result<_, _>>()?;
        Ok(Self { prefixes, keyed })
    }

    /// Checks one webhook. `target` is path and query as received, never re-encoded; `signature` the header's value.
    ///
    /// # Errors
    /// See [`SignatureError`].
    pub fn verify(&self, target: &str, payload: Payload<'_>, signature: Option<&str>) -> Result<(), SignatureError> {
        let signature = decode(signature)?;
        // A fragment of a configured address (Twilio's connection overrides) is not signed.
        let target = target.split('#').next().unwrap_or_default();
        let params = match payload {
            Payload::Form(form) => signed_order(form),
            Payload::Raw(_) => Vec::new(),
        };
        let signed = self.has_signed(target, &params, &signature)
            || unescape(target).is_some_and(|target| self.has_signed(&target, &params, &signature));
        match payload {
            _ if !signed => Err(SignatureError::Wrong),
            Payload::Raw(body) if !names_hash_of(target, body) => Err(SignatureError::BodyHash),
            _ => Ok(()),
        }
    }

    fn has_signed(&self, target: &str, params: &[(&str, &str)], signature: &[u8; MAC_LEN]) -> bool {
        self.keyed.iter().any(|keyed| {
            self.prefixes
                .iter()
                .any(|prefix| mac(keyed.clone(), [prefix, target], params).verify_slice(signature).is_ok())
        })
    }
}

/// Counts only: tokens are secret.
impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("addresses", &self.prefixes.len())
            .field("tokens", &self.keyed.len())
            .finish_non_exhaustive()
    }
}

/// The signature that Twilio would send for a form posted to `url`. For tests and simulators; the service only verifies.
#[must_use]
pub fn sign(auth_token: &str, url: &str, params: &Form) -> String {
    // HMAC takes a key of any length, so that this never fails.
    HmacSha1::new_from_slice(auth_token.as_bytes())
        .map(|keyed| STANDARD.encode(mac(keyed, [url, ""], &signed_order(params)).finalize().into_bytes()))
        .unwrap_or_default()
}

fn keyed(token: &str) -> Option<HmacSha1> {
    if token.trim().is_empty() { None } else { HmacSha1::new_from_slice(token.as_bytes()).ok() }
}

fn mac(mut mac: HmacSha1, url: [&str; 2], params: &[(&str, &str)]) -> HmacSha1 {
    for part in url {
        mac.update(part.as_bytes());
    }
    for (name, value) in params {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    mac
}

/// The address with its port as given, then the other way: without it, or with the scheme's own.
fn prefixes_of(base_url: &str) -> Option<(String, String)> {
    let url = Url::parse(base_url.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let (scheme, host, path) = (url.scheme(), url.host_str()?, url.path().trim_end_matches('/'));
    let bare = format!("{scheme}://{host}{path}");
    let with_port = format!("{scheme}://{host}:{}{path}", url.port_or_known_default()?);
    Some(if url.port().is_some() { (with_port, bare) } else { (bare, with_port) })
}

fn decode(signature: Option<&str>) -> Result<[u8; MAC_LEN], SignatureError> {
    let text = signature.filter(|text| !text.is_empty()).ok_or(SignatureError::Missing)?;
    if text.len() != SIGNATURE_LEN {
        return Err(SignatureError::Malformed);
    }
    // The decoder asks for room in whole groups of three bytes.
    let mut bytes = [0; MAC_LEN + 1];
    match (STANDARD.decode_slice(text, &mut bytes), bytes.first_chunk()) {
        (Ok(MAC_LEN), Some(mac)) => Ok(*mac),
        _ => Err(SignatureError::Malformed),
    }
}

/// Parameters by the bytes of their names; of a repeated name each different value once, in order.
fn signed_order(form: &Form) -> Vec<(&str, &str)> {
    let mut params = Vec::with_capacity(form.len());
    params.extend(form.iter());
    params.sort_unstable();
    params.dedup();
    params
}

fn unescape(target: &str) -> Option<String> {
    OFTEN_ESCAPED.iter().any(|(escaped, _)| target.contains(escaped)).then(|| {
        OFTEN_ESCAPED.iter().fold(target.to_owned(), |target, (escaped, plain)| target.replace(escaped, plain))
    })
}

fn names_hash_of(target: &str, body: &[u8]) -> bool {
    let query = target.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let named = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "bodySHA256");
    let mut hash = [0; 32];
    // Plain comparison: whoever sends a body knows its hash, so there is nothing to learn from the time it takes.
    named.is_some_and(|(_, text)| hex::decode_to_slice(text.as_bytes(), &mut hash).is_ok())
        && Sha256::digest(body).as_slice() == hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const BASE: &str = "https://proxycall.example";
    const TOKEN: &str = "fixture-auth-token-1234567890abcdef";

    fn verifier(bases: &[&str]) -> Verifier {
        Verifier::new(bases, &[TOKEN.into()]).unwrap()
    }

    fn check(verifier: &Verifier, signed_url: &str, target: &str) -> Result<(), SignatureError> {
        let form = Form::parse(b"CallSid=CA1&From=%2B33639980002");
        verifier.verify(target, Payload::Form(&form), Some(&sign(TOKEN, signed_url, &form)))
    }

    #[rstest]
    #[case::as_given(BASE, "https://proxycall.example/twilio/voice", true)]
    #[case::default_port_added(BASE, "https://proxycall.example:443/twilio/voice", true)]
    #[case::default_port_of_http("http://proxycall.example", "http://proxycall.example:80/twilio/voice", true)]
    #[case::port_kept("https://proxycall.example:8443", "https://proxycall.example:8443/twilio/voice", true)]
    #[case::port_dropped("https://proxycall.example:8443", "https://proxycall.example/twilio/voice", true)]
    #[case::default_port_given("https://proxycall.example:443", "https://proxycall.example/twilio/voice", true)]
    #[case::slash_at_the_end("https://proxycall.example/", "https://proxycall.example/twilio/voice", true)]
    #[case::path_prefix("https://proxycall.example/a/", "https://proxycall.example/a/twilio/voice", true)]
    #[case::user_and_password("https://u:p@proxycall.example", "https://proxycall.example/twilio/voice", true)]
    #[case::other_port(BASE, "https://proxycall.example:8443/twilio/voice", false)]
    #[case::other_scheme(BASE, "http://proxycall.example/twilio/voice", false)]
    #[case::other_host(BASE, "https://evil.example/twilio/voice", false)]
    #[case::slash_after_the_path(BASE, "https://proxycall.example/twilio/voice/", false)]
    #[case::prefix_missing("https://proxycall.example/a", "https://proxycall.example/twilio/voice", false)]
    fn the_address_counts_with_and_without_port_and_nothing_else(
        #[case] base: &str,
        #[case] signed: &str,
        #[case] accepted: bool,
    ) {
        assert_eq!(check(&verifier(&[base]), signed, "/twilio/voice").is_ok(), accepted);
    }

    #[test]
    fn each_address_and_each_token_is_accepted() {
        let tokens = ["new".into(), TOKEN.into()];
        let verifier = Verifier::new(&["https://a.example", "https://b.example:8443"], &tokens).unwrap();
        for base in ["https://a.example", "https://a.example:443", "https://b.example", "https://b.example:8443"] {
            for token in ["new", TOKEN] {
                let signature = sign(token, &format!("{base}/x"), &Form::default());
                assert_eq!(verifier.verify("/x", Payload::Form(&Form::default()), Some(&signature)), Ok(()));
            }
        }
        let signature = sign("old", "https://a.example/x", &Form::default());
        let answer = verifier.verify("/x", Payload::Form(&Form::default()), Some(&signature));
        assert_eq!(answer, Err(SignatureError::Wrong));
    }

    #[rstest]
    #[case("/x?name=O%27Neil", "/x?name=O'Neil")]
    #[case("/x?at=a%40b.example&t=12%3A30%3a00", "/x?at=a@b.example&t=12:30:00")]
    #[case::as_received("/x?name=O%27Neil", "/x?name=O%27Neil")]
    #[case::order_kept("/x?b=2&a=1&a=%C3%A9", "/x?b=2&a=1&a=%C3%A9")]
    #[case::fragment_not_signed("/x?a=1#rc=3", "/x?a=1")]
    fn the_target_is_taken_raw_or_with_three_signs_unescaped(#[case] received: &str, #[case] signed: &str) {
        assert_eq!(check(&verifier(&[BASE]), &format!("{BASE}{signed}"), received), Ok(()));
    }

    #[rstest]
    #[case("/x?a=%2B1", "/x?a=+1")]
    #[case("/x?b=2&a=1", "/x?a=1&b=2")]
    #[case("/x?name=O'Neil", "/x?name=O%27Neil")]
    fn nothing_else_of_the_target_is_rewritten(#[case] received: &str, #[case] signed: &str) {
        let answer = check(&verifier(&[BASE]), &format!("{BASE}{signed}"), received);
        assert_eq!(answer, Err(SignatureError::Wrong));
    }

    #[rstest]
    #[case(None, SignatureError::Missing)]
    #[case(Some(""), SignatureError::Missing)]
    #[case(Some("%%%"), SignatureError::Malformed)]
    #[case(Some("DTOre0VsJ+mpsAYgNmxyLcJxnLM"), SignatureError::Malformed)]
    #[case(Some("DTOre0VsJ+mpsAYgNmxyLcJxnLMA"), SignatureError::Malformed)]
    #[case(Some("DTOre0VsJ+mpsAYgNmxyLcJxnL%="), SignatureError::Malformed)]
    #[case(Some("DTOre0VsJ+mpsAYgNmxyLcJx===="), SignatureError::Malformed)]
    #[case(Some("AAAAAAAAAAAAAAAAAAAAAAAAAAA="), SignatureError::Wrong)]
    fn what_is_no_signature_is_refused_with_its_reason(#[case] header: Option<&str>, #[case] reason: SignatureError) {
        let answer = verifier(&[BASE]).verify("/x", Payload::Form(&Form::default()), header);
        assert_eq!(answer, Err(reason));
    }

    #[test]
    fn a_body_that_is_no_form_needs_its_hash_in_the_signed_address() {
        let body = br#"{"property": "value", "boolean": true}"#;
        let hash = hex::encode(Sha256::digest(body));
        let verify = |target: &str, body: &[u8]| {
            let signature = sign(TOKEN, &format!("{BASE}{target}"), &Form::default());
            verifier(&[BASE]).verify(target, Payload::Raw(body), Some(&signature))
        };
        assert_eq!(verify(&format!("/x?a=1&bodySHA256={hash}"), body), Ok(()));
        assert_eq!(verify(&format!("/x?bodySHA256={}", hash.to_uppercase()), body), Ok(()));
        assert_eq!(verify(&format!("/x?bodySHA256={hash}"), b"{}"), Err(SignatureError::BodyHash));
        assert_eq!(verify(&format!("/x?bodySHA256={hash}00"), body), Err(SignatureError::BodyHash));
        assert_eq!(verify("/x?bodySHA256=", b""), Err(SignatureError::BodyHash));
        assert_eq!(verify("/x", body), Err(SignatureError::BodyHash));
    }

    #[test]
    fn without_addresses_or_tokens_nothing_is_accepted() {
        let signature = sign(TOKEN, &format!("{BASE}/x"), &Form::default());
        for verifier in [Verifier::new(&[BASE], &[]).unwrap(), verifier(&[])] {
            let answer = verifier.verify("/x", Payload::Form(&Form::default()), Some(&signature));
            assert_eq!(answer, Err(SignatureError::Wrong));
        }
    }

    #[test]
    fn unusable_addresses_and_tokens_are_named_by_position_and_not_shown() {
        for bad in ["", "proxycall.example", "ftp://proxycall.example", "mailto:a@b.example", "/twilio"] {
            let error = Verifier::new(&[BASE, bad], &[TOKEN.into()]).unwrap_err();
            assert_eq!(error, VerifierError::BaseUrl { position: 2 });
        }
        for bad in ["", "  "] {
            assert_eq!(Verifier::new(&[BASE], &[bad.into()]).unwrap_err(), VerifierError::Token { position: 1 });
        }
    }

    #[test]
    fn debug_shows_no_token() {
        assert_eq!(format!("{:?}", verifier(&[BASE])), "Verifier { addresses: 2, tokens: 1, .. }");
    }
}
