//! Promises: a call as Twilio announces it, signed beforehand, and written into a request for almost nothing.

use std::io::Write as _;

use anyhow::ensure;

use crate::{
    numbers::{COURIERS, Chance, courier_phone, proxy_number},
    signature::{SIGNATURE_LEN, Signer},
};

/// Where calls are announced.
pub const PATH: &str = "/twilio/voice";

/// The parameters of a voice webhook, in the order of their names, which is the order they are signed in.
const PARAMS: [(&str, Value); 23] = [
    ("AccountSid", Value::Text("AC5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e")),
    ("ApiVersion", Value::Text("2010-04-01")),
    ("CallSid", Value::Sid),
    ("CallStatus", Value::Text("ringing")),
    ("Called", Value::To),
    ("CalledCity", Value::Text("")),
    ("CalledCountry", Value::Text("FR")),
    ("CalledState", Value::Text("")),
    ("CalledZip", Value::Text("")),
    ("Caller", Value::From),
    ("CallerCity", Value::Text("")),
    ("CallerCountry", Value::Text("FR")),
    ("CallerState", Value::Text("")),
    ("CallerZip", Value::Text("")),
    ("Direction", Value::Text("inbound")),
    ("From", Value::From),
    ("FromCity", Value::Text("")),
    ("FromCountry", Value::Text("FR")),
    ("StirVerstat", Value::Text("TN-Validation-Passed-A")),
    ("To", Value::To),
    ("ToCity", Value::Text("")),
    ("ToCountry", Value::Text("FR")),
    ("ToState", Value::Text("")),
];

#[derive(Clone, Copy)]
enum Value {
    Text(&'static str),
    Sid,
    From,
    To,
}

/// One call of a courier to a proxy number. Small, so that a million of them fit into memory.
pub struct Call {
    sid: u128,
    from: u64,
    to: u64,
    signature: [u8; SIGNATURE_LEN],
}

impl Call {
    /// A call by any courier to any of the clients, signed for `base_url`.
    ///
    /// # Errors
    /// When the signature has not the length of one, which cannot be.
    pub fn random(signer: &Signer, base_url: &str, clients: u32, chance: &mut Chance) -> anyhow::Result<Self> {
        let client = 1 + u32::try_from(chance.below(clients.into()))?;
        let (from, to) = (courier_phone(chance.below(COURIERS)), proxy_number(client));
        let sid = u128::from(chance.draw()) << 64 | u128::from(chance.draw());
        let texts = Texts { sid: format!("CA{sid:032x}"), from: format!("+{from}"), to: format!("+{to}") };
        let params = PARAMS.iter().map(|(name, value)| (*name, texts.of(*value)));
        let signed = signer.sign(&[base_url, PATH], params);
        ensure!(signed.len() == SIGNATURE_LEN, "a signature has {SIGNATURE_LEN} characters, not {}", signed.len());
        let mut signature = [0; SIGNATURE_LEN];
        signature.copy_from_slice(signed.as_bytes());
        Ok(Self { sid, from, to, signature })
    }

    /// Writes the request that announces it. `body` is for use within: both are emptied first.
    ///
    /// # Errors
    /// Never in practice: it writes into memory.
    pub fn write(&self, request: &mut Vec<u8>, body: &mut Vec<u8>) -> std::io::Result<()> {
        body.clear();
        for (name, value) in PARAMS {
            if !body.is_empty() {
                body.push(b'&');
            }
            body.extend_from_slice(name.as_bytes());
            body.push(b'=');
            match value {
                Value::Text(text) => body.extend_from_slice(text.as_bytes()),
                Value::Sid => write!(body, "CA{:032x}", self.sid)?,
                Value::From => write!(body, "%2B{}", self.from)?,
                Value::To => write!(body, "%2B{}", self.to)?,
            }
        }
        request.clear();
        write!(
            request,
            "POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n\
             Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\nContent-Length: {}\r\n\
             X-Twilio-Signature: ",
            body.len()
        )?;
        request.extend_from_slice(&self.signature);
        request.extend_from_slice(b"\r\n\r\n");
        request.extend_from_slice(body);
        Ok(())
    }
}

struct Texts {
    sid: String,
    from: String,
    to: String,
}

impl Texts {
    fn of(&self, value: Value) -> &str {
        match value {
            Value::Text(text) => text,
            Value::Sid => &self.sid,
            Value::From => &self.from,
            Value::To => &self.to,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    const BASE: &str = "http://127.0.0.1:8000";

    #[test]
    fn the_request_carries_the_signature_of_its_own_body() {
        let signer = Signer::new("token").unwrap();
        let call = Call::random(&signer, BASE, 1_000, &mut Chance::new()).unwrap();
        let (mut request, mut body) = (b"left over".to_vec(), b"left over".to_vec());
        call.write(&mut request, &mut body).unwrap();

        let text = String::from_utf8(request).unwrap();
        let (head, form) = text.split_once("\r\n\r\n").unwrap();
        let headers: HashMap<_, _> = head.lines().skip(1).filter_map(|line| line.split_once(": ")).collect();
        assert!(head.starts_with("POST /twilio/voice HTTP/1.1\r\n"));
        assert_eq!(headers["Content-Length"], form.len().to_string());

        let mut params: Vec<_> = form_urlencoded::parse(form.as_bytes()).collect();
        params.sort_unstable();
        let params = params.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
        assert!(signer.verify(&[BASE, PATH], params, headers["X-Twilio-Signature"].as_bytes()));
    }

    #[test]
    fn parameters_stand_in_the_order_they_are_signed_in() {
        assert!(PARAMS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn no_two_calls_are_the_same() {
        let (signer, mut chance) = (Signer::new("token").unwrap(), Chance::new());
        let mut sids = [(); 100].map(|()| Call::random(&signer, BASE, 1, &mut chance).unwrap().sid).to_vec();
        sids.sort_unstable();
        sids.dedup();
        assert_eq!(sids.len(), 100);
    }
}
