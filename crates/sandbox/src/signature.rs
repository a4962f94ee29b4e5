//! Promises: `X-Twilio-Signature` as Twilio computes it, written apart from the service's verifier so that each
//! checks the other.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

/// The value of the header for a form posted to `url` (the address as the account has it configured, with its query
/// and without its fragment): base64 of HMAC-SHA1 over the address followed by each parameter, name then value, in the
/// order of the names. Of a parameter that comes several times each distinct value counts once, in order.
///
/// For a request without a form (GET) pass no parameters: its query is part of `url`.
#[must_use]
pub fn sign(auth_token: &str, url: &str, params: &[(String, String)]) -> String {
    let sorted: BTreeSet<(&str, &str)> = params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let mut signed = url.to_owned();
    for (name, value) in sorted {
        signed.push_str(name);
        signed.push_str(value);
    }
    // HMAC takes a key of any length: there is no error to handle.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(auth_token.as_bytes()) else { return String::new() };
    mac.update(signed.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// The vectors that Twilio's documentation and its Python SDK use.
    #[test]
    fn the_published_vectors_come_out() {
        let form = params(&[
            ("To", "+18005551212"),
            ("CallSid", "CA1234567890ABCDE"),
            ("Digits", "1234"),
            ("Caller", "+14158675309"),
            ("From", "+14158675309"),
        ]);
        for (url, expected) in [
            ("https://mycompany.com/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
            ("https://mycompany.com:443/myapp.php?foo=1&bar=2", "kvajT1Ptam85bY51eRf/AJRuM3w="),
            ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
        ] {
            assert_eq!(sign("12345", url, &form), expected, "{url}");
        }
    }

    #[test]
    fn a_repeated_parameter_counts_each_distinct_value_once_in_order() {
        let form = params(&[
            ("Sid", "CA123"),
            ("SidAccount", "AC123"),
            ("Digits", "5678"),
            ("Digits", "1234"),
            ("Digits", "1234"),
        ]);
        assert_eq!(sign("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", &form), "IK+Dwps556ElfBT0I3Rgjkr1wJU=");
    }
}
