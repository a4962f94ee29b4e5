//! Promises: the simulated service account has one key, which opens nothing but a simulator, and a key file as Google's
//! console gives it.

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::json;

/// Base64 of a PKCS#8 key, after lines of comment.
const KEY: &str = include_str!("simulator-key.txt");

/// The service account's address: with it a spreadsheet is shared.
pub const CLIENT_EMAIL: &str = "proxycall@simulator.iam.gserviceaccount.example";

/// The key's id, as JWT headers name it.
pub(super) const KEY_ID: &str = "simulator0000000000000000000000000000key";

/// The key, read once; none would be a broken data file.
static PAIR: LazyLock<Option<RsaKeyPair>> =
    LazyLock::new(|| RsaKeyPair::from_pkcs8(&STANDARD.decode(base64_lines().concat()).ok()?).ok());

fn base64_lines() -> Vec<&'static str> {
    KEY.lines().filter(|line| !line.starts_with('#')).collect()
}

/// Whether the account signed this, by RS256.
pub(super) fn signed(message: &[u8], signature: &[u8]) -> bool {
    let Some(pair) = PAIR.as_ref() else { return false };
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref()).verify(message, signature).is_ok()
}

/// The text of a service account's key file, with the sandbox at `base_url` as the place where tokens are fetched.
#[must_use]
pub fn service_account_json(base_url: &str) -> String {
    let base_url = base_url.trim_end_matches('/');
    let label = "PRIVATE KEY";
    let pem = format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", base64_lines().join("\n"));
    json!({
        "type": "service_account",
        "project_id": "simulator",
        "private_key_id": KEY_ID,
        "private_key": pem,
        "client_email": CLIENT_EMAIL,
        "client_id": "100000000000000000000",
        "token_uri": format!("{base_url}/token"),
        "universe_domain": "googleapis.com",
    })
    .to_string()
}

#[cfg(test)]
pub(super) fn sign(message: &[u8]) -> Vec<u8> {
    let pair = PAIR.as_ref().unwrap();
    let mut signature = vec![0; pair.public().modulus_len()];
    let random = ring::rand::SystemRandom::new();
    pair.sign(&ring::signature::RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
    signature
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_key_signed_is_told_from_what_it_did_not() {
        let signature = sign(b"message");
        assert!(signed(b"message", &signature));
        assert!(!signed(b"massage", &signature));
        assert!(!signed(b"message", b""));
    }

    #[test]
    fn the_key_file_names_the_sandbox_as_its_token_server() {
        let file: serde_json::Value = serde_json::from_str(&service_account_json("http://127.0.0.1:4010/")).unwrap();
        assert_eq!(file["token_uri"], "http://127.0.0.1:4010/token");
        assert_eq!(file["client_email"], CLIENT_EMAIL);
        assert!(file["private_key"].as_str().unwrap().starts_with("-----BEGIN "));
    }
}
