//! Promises: a service account's key file is either usable, or it is said what is wrong with it without showing it; and
//! what the key signs is an assertion that Google exchanges for an access token.
//!
//! Source: RFC 7523 (JWT bearer), RFC 7518 (RS256), and
//! developers.google.com/identity/protocols/oauth2/service-account.
//!
//! This is done here and not by `gcp_auth` 0.12, which speaks plain HTTP and uses ring, but asks up to five times when
//! it is refused, has no timeout, cannot be told that a token was not taken, reads the machine's clock, logs Google's
//! answer, and hides whether a key was refused or Google not reached. It would also bring HTTP/2 and chrono.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use ring::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use rustls::pki_types::{PrivateKeyDer, pem::PemObject as _};
use serde_json::{Map, Value, json};
use url::Url;

/// What is asked for: reading and writing spreadsheets, and reading about files.
const SCOPES: &str =
    "https://www.googleapis.com/auth/spreadsheets https://www.googleapis.com/auth/drive.metadata.readonly";

/// For how long an assertion is good, in seconds: the longest that Google takes.
const ASSERTION_LIFE: i64 = 3600;

/// What is wrong with a service account's key file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is no JSON object.
    #[error(
        "it is not JSON; expected the whole text of the key file that Google's console gives for a service account"
    )]
    NotJson,
    /// It is for something else, such as an OAuth client.
    #[error("it is not the key of a service account (\"type\" is not \"service_account\"); make a key of one, as JSON")]
    NotAServiceAccount,
    /// A field is not there, or holds no text.
    #[error("its field \"{0}\" is missing; the file was shortened or changed: make a new key")]
    Missing(&'static str),
    /// `token_uri` is no address.
    #[error("its field \"token_uri\" is not an http or https address; the file was changed: make a new key")]
    TokenUri,
    /// `private_key` is no RSA key.
    #[error(
        "its field \"private_key\" cannot be read as an RSA key in PEM form; the file was changed, often in its line \
         breaks: make a new key"
    )]
    PrivateKey,
}

/// The e-mail address of the service account that a key file's text belongs to: with it the spreadsheet has to be shared.
///
/// # Errors
/// What is wrong with the text.
pub fn account_of(key_json: &str) -> Result<String, KeyError> {
    ServiceAccount::from_json(key_json).map(|account| account.email)
}

/// A service account that can prove who it is.
pub(crate) struct ServiceAccount {
    pub(crate) email: String,
    pub(crate) token_uri: Url,
    key_id: Option<String>,
    key: RsaKeyPair,
}

impl ServiceAccount {
    /// Reads a key file's text.
    pub(crate) fn from_json(text: &str) -> Result<Self, KeyError> {
        let file: Map<String, Value> = serde_json::from_str(text).map_err(|_| KeyError::NotJson)?;
        let field = |name: &'static str| {
            let text = file.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
            text.ok_or(KeyError::Missing(name))
        };
        if file.get("type").and_then(Value::as_str) != Some("service_account") {
            return Err(KeyError::NotAServiceAccount);
        }
        let token_uri = Url::parse(field("token_uri")?).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        Ok(Self {
            email: field("client_email")?.to_owned(),
            token_uri: token_uri.ok_or(KeyError::TokenUri)?,
            key_id: field("private_key_id").ok().map(str::to_owned),
            key: private_key(field("private_key")?).ok_or(KeyError::PrivateKey)?,
        })
    }

    /// An assertion made now; none when the machine gives no chance, which signing needs.
    pub(crate) fn assertion(&self, now: Timestamp) -> Option<String> {
        let header = json!({ "alg": "RS256", "typ": "JWT", "kid": self.key_id });
        let claims = json!({
            "iss": self.email,
            "scope": SCOPES,
            "aud": self.token_uri.as_str(),
            "iat": now.as_second(),
            "exp": now.as_second().saturating_add(ASSERTION_LIFE),
        });
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let message = format!("{}.{}", encode(&header), encode(&claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).ok()?;
        Some(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// Reads a PEM file. Where it went through a shell or a form, its line breaks may have become `\n` in letters.
fn private_key(pem: &str) -> Option<RsaKeyPair> {
    match PrivateKeyDer::from_pem_slice(pem.replace("\\n", "\n").as_bytes()).ok()? {
        PrivateKeyDer::Pkcs8(key) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).ok(),
        PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// The simulator's key file, with a field changed or, by null, taken away.
    fn file(name: &str, value: Value) -> String {
        let text = proxycall_sandbox::google::service_account_json("http://127.0.0.1:4010");
        let mut file: Map<String, Value> = serde_json::from_str(&text).unwrap();
        if value.is_null() {
            file.remove(name)
        } else {
            file.insert(name.to_owned(), value)
        };
        Value::Object(file).to_string()
    }

    #[rstest]
    #[case::empty("", KeyError::NotJson)]
    #[case::path("/etc/secrets/key.json", KeyError::NotJson)]
    #[case::cut_off(r#"{"type":"service_acc"#, KeyError::NotJson)]
    #[case::list("[]", KeyError::NotJson)]
    #[case::oauth_client(r#"{"installed":{"client_id":"1"}}"#, KeyError::NotAServiceAccount)]
    #[case::user(r#"{"type":"authorized_user"}"#, KeyError::NotAServiceAccount)]
    #[case::no_mail(&file("client_email", Value::Null), KeyError::Missing("client_email"))]
    #[case::empty_mail(&file("client_email", json!(" ")), KeyError::Missing("client_email"))]
    #[case::no_uri(&file("token_uri", Value::Null), KeyError::Missing("token_uri"))]
    #[case::no_address(&file("token_uri", json!("oauth2.googleapis.com")), KeyError::TokenUri)]
    #[case::no_key(&file("private_key", Value::Null), KeyError::Missing("private_key"))]
    #[case::no_pem(&file("private_key", json!("MIIEvQ")), KeyError::PrivateKey)]
    fn what_is_wrong_with_a_key_file_is_said_without_showing_it(#[case] text: &str, #[case] error: KeyError) {
        let found = ServiceAccount::from_json(text).err().unwrap();
        assert_eq!(found, error);
        assert!(!found.to_string().contains("MIIEvQ"));
    }

    #[test]
    fn line_breaks_that_became_letters_do_no_harm() {
        let whole: Value = serde_json::from_str(&file("", json!(0))).unwrap();
        let pem = whole["private_key"].as_str().unwrap().replace('\n', "\\n");
        assert!(ServiceAccount::from_json(&file("private_key", json!(pem))).is_ok());
    }

    #[test]
    fn an_assertion_claims_an_hour_from_now_and_names_its_key() {
        let account = ServiceAccount::from_json(&file("", json!(0))).unwrap();
        let assertion = account.assertion(Timestamp::from_second(1_790_000_000).unwrap()).unwrap();
        let part = |at: usize| {
            let bytes = URL_SAFE_NO_PAD.decode(assertion.split('.').nth(at).unwrap()).unwrap();
            serde_json::from_slice::<Value>(&bytes).unwrap()
        };
        assert!(part(0)["kid"].is_string());
        assert_eq!(part(1)["aud"], "http://127.0.0.1:4010/token");
        assert_eq!((&part(1)["iat"], &part(1)["exp"]), (&json!(1_790_000_000), &json!(1_790_003_600)));
    }
}
