//! Promises: `X-Twilio-Signature` as the carrier makes it, apart from the product's own code, which is what is measured.
//!
//! Base64 of HMAC-SHA1, keyed with the auth token, over the address and each parameter's name and value, in the order
//! of the names. Source: Twilio's "Webhooks security".

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

/// Length of the Base64 form, in characters.
pub const SIGNATURE_LEN: usize = 28;

/// Length of an HMAC-SHA1, in bytes, and one more: the decoder asks for room in whole groups of three.
const ROOM: usize = 21;

/// Signs and verifies with one auth token.
#[derive(Clone)]
pub struct Signer {
    keyed: Hmac<Sha1>,
}

impl Signer {
    /// From an auth token.
    ///
    /// # Errors
    /// Never in practice: HMAC takes a key of any length.
    pub fn new(auth_token: &str) -> anyhow::Result<Self> {
        Ok(Self { keyed: Hmac::new_from_slice(auth_token.as_bytes())? })
    }

    /// The header's value for a form posted to `url`. The parameters are in the order of their names.
    pub fn sign<'a>(&self, url: &[&str], params: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
        STANDARD.encode(self.mac(url, params).finalize().into_bytes())
    }

    /// Whether the header's value is the one for this form, compared in constant time.
    pub fn verify<'a>(
        &self,
        url: &[&str],
        params: impl IntoIterator<Item = (&'a str, &'a str)>,
        signature: &[u8],
    ) -> bool {
        let mut bytes = [0; ROOM];
        match STANDARD.decode_slice(signature, &mut bytes).map(|length| bytes.get(..length)) {
            Ok(Some(bytes)) => self.mac(url, params).verify_slice(bytes).is_ok(),
            _ => false,
        }
    }

    fn mac<'a>(&self, url: &[&str], params: impl IntoIterator<Item = (&'a str, &'a str)>) -> Hmac<Sha1> {
        let mut mac = self.keyed.clone();
        for part in url {
            mac.update(part.as_bytes());
        }
        for (name, value) in params {
            mac.update(name.as_bytes());
            mac.update(value.as_bytes());
        }
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Twilio's documentation.
    const URL: [&str; 2] = ["https://mycompany.com", "/myapp.php?foo=1&bar=2"];
    const PARAMS: [(&str, &str); 5] = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675309"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("To", "+18005551212"),
    ];
    const SIGNATURE: &str = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";

    #[test]
    fn the_documented_example_is_signed_and_accepted() {
        let signer = Signer::new("12345").unwrap();
        assert_eq!(signer.sign(&URL, PARAMS), SIGNATURE);
        assert_eq!(SIGNATURE.len(), SIGNATURE_LEN);
        assert!(signer.verify(&URL, PARAMS, SIGNATURE.as_bytes()));
    }

    #[test]
    fn another_token_parameter_or_signature_is_refused() {
        let signer = Signer::new("12345").unwrap();
        assert!(!Signer::new("12346").unwrap().verify(&URL, PARAMS, SIGNATURE.as_bytes()));
        assert!(!signer.verify(&URL, PARAMS.into_iter().skip(1), SIGNATURE.as_bytes()));
        for signature in ["", "%%%", "RSOYDt4T1cUTdK1PDd93/VVr8B8", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="] {
            assert!(!signer.verify(&URL, PARAMS, signature.as_bytes()), "{signature}");
        }
    }
}
