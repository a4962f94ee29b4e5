//! Promises: codes, links and the names of progress pages come from one key and are kept nowhere; none of them can be made
//! or read by anybody else.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use proxycall_domain::{
    PendingId,
    confirmation::code::{Code, EnteredCode},
};
use proxycall_service::ports::LedgerError;
use ring::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};
use sha2::Sha256;

use super::{Codec, KEY_LENGTH, Keys, keys::cipher};

/// What a signature of ours says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seal {
    /// Whoever has it has the phone: it was texted.
    Text,
    /// Whoever has it reads the e-mail address: it was mailed.
    Mail,
    /// Whoever has it has the phone on record, and is asked to agree.
    Consent,
}

impl Seal {
    fn purpose(self) -> &'static [u8] {
        match self {
            Self::Text => b"text",
            Self::Mail => b"mail",
            Self::Consent => b"consent",
        }
    }
}

/// The key that names of progress pages are sealed with, from that of confirmations.
pub(super) fn progress_key(confirmations: &Hmac<Sha256>) -> Result<LessSafeKey, LedgerError> {
    let mut mac = confirmations.clone();
    mac.update(b"names of progress pages");
    cipher(&mac.finalize().into_bytes())
}

impl Keys {
    fn mac(&self, purpose: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = self.confirmations.clone();
        for part in std::iter::once(&purpose).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }

    /// The code of one generation of a confirmation. An id that is used again later has another code.
    pub(crate) fn code(&self, id: &PendingId, begun: Timestamp, generation: u32) -> Code {
        let moment = begun.as_millisecond().to_be_bytes();
        let mac = self.mac(b"code", &[id.as_str().as_bytes(), &moment, &generation.to_be_bytes()]);
        let mut bytes = [0; 16];
        for (byte, of_mac) in bytes.iter_mut().zip(mac.finalize().into_bytes()) {
            *byte = of_mac;
        }
        Code::from_bytes(bytes)
    }

    fn brought_mac(&self, id: &PendingId, code: EnteredCode) -> Hmac<Sha256> {
        self.mac(b"brought code", &[id.as_str().as_bytes(), &code.expose_bytes()])
    }

    /// What is kept of a code that somebody else made.
    pub(crate) fn brought_code(&self, id: &PendingId, code: EnteredCode) -> Vec<u8> {
        self.brought_mac(id, code).finalize().into_bytes().iter().copied().take(KEY_LENGTH).collect()
    }

    /// Whether that code is what somebody entered.
    pub(crate) fn is_brought(&self, kept: &[u8], id: &PendingId, entered: EnteredCode) -> bool {
        kept.len() == KEY_LENGTH && self.brought_mac(id, entered).verify_truncated_left(kept).is_ok()
    }

    fn signature(&self, seal: Seal, id: &PendingId, begun: Timestamp, generation: u32) -> Hmac<Sha256> {
        let moment = begun.as_millisecond().to_be_bytes();
        self.mac(seal.purpose(), &[id.as_str().as_bytes(), &moment, &generation.to_be_bytes()])
    }

    /// A signature that stands in a link: 128 bits, safe in an address.
    pub(crate) fn sign(&self, seal: Seal, id: &PendingId, begun: Timestamp, generation: u32) -> String {
        let mac = self.signature(seal, id, begun, generation).finalize().into_bytes();
        let short: Vec<u8> = mac.iter().copied().take(KEY_LENGTH).collect();
        BASE64_URL_SAFE_NO_PAD.encode(short)
    }

    /// Whether a signature is ours; compared in constant time.
    pub(crate) fn signed(&self, seal: Seal, id: &PendingId, begun: Timestamp, generation: u32, text: &str) -> bool {
        let Ok(bytes) = BASE64_URL_SAFE_NO_PAD.decode(text) else { return false };
        bytes.len() == KEY_LENGTH && self.signature(seal, id, begun, generation).verify_truncated_left(&bytes).is_ok()
    }

    /// What the address of a progress page names: the id, which nobody else can read, and since when. Empty if it could
    /// not be sealed, which names nothing.
    fn progress_name(&self, id: &PendingId, begun: Timestamp) -> String {
        let moment = begun.as_millisecond().to_be_bytes();
        let mut sealed: Vec<u8> = moment.iter().chain(id.as_str().as_bytes()).copied().collect();
        // Derived from the content: two contents that share one are not to be expected in 2^48 names.
        let derived = self.mac(b"progress", &[&sealed]).finalize().into_bytes();
        let mut nonce = [0; NONCE_LEN];
        for (byte, of_mac) in nonce.iter_mut().zip(derived) {
            *byte = of_mac;
        }
        let done =
            self.progress.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed);
        if done.is_err() {
            return String::new();
        }
        BASE64_URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat())
    }

    /// Reads that name; none when it is not ours.
    fn progress_id(&self, name: &str) -> Option<(PendingId, Timestamp)> {
        let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(name).ok()?;
        let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let content = self.progress.open_in_place(nonce, Aad::empty(), sealed).ok()?;
        let (moment, id) = content.split_first_chunk::<8>()?;
        let begun = Timestamp::from_millisecond(i64::from_be_bytes(*moment)).ok()?;
        Some((PendingId::parse(std::str::from_utf8(id).ok()?).ok()?, begun))
    }
}

impl Codec {
    /// What the address of a progress page names; empty if it could not be sealed, which names nothing.
    pub(crate) fn progress_name(&self, id: &PendingId, begun: Timestamp) -> String {
        self.writes().map_or_else(|_| String::new(), |keys| keys.progress_name(id, begun))
    }

    /// Reads that name, under whichever secret it was made; none when it is not ours.
    pub(crate) fn progress_id(&self, name: &str) -> Option<(PendingId, Timestamp)> {
        self.known.iter().find_map(|keys| keys.progress_id(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::SecretKey;

    fn keys(secret: u8) -> Keys {
        Keys::new(&SecretKey::from_bytes([secret; 32])).unwrap()
    }

    #[test]
    fn a_code_differs_by_id_moment_generation_and_secret() {
        let [a, b] = [keys(1), keys(2)];
        let id = |text: &str| PendingId::parse(text).unwrap();
        let at = |second| Timestamp::from_second(second).unwrap();
        let code = a.code(&id("P-1"), at(0), 1);
        assert_eq!(code, a.code(&id("P-1"), at(0), 1));
        for other in [a.code(&id("P-2"), at(0), 1), a.code(&id("P-1"), at(1), 1), a.code(&id("P-1"), at(0), 2)] {
            assert_ne!(code, other);
        }
        assert_ne!(code, b.code(&id("P-1"), at(0), 1));
    }

    #[test]
    fn codes_fall_evenly_on_the_first_digits() {
        let codec = keys(1);
        let mut firsts = [0_u32; 10];
        for n in 0..9_000 {
            let id = PendingId::parse(&format!("P-{n}")).unwrap();
            let code = codec.code(&id, Timestamp::UNIX_EPOCH, 1).expose();
            assert_eq!(code.len(), 6);
            firsts[usize::from(code.as_bytes()[0] - b'0')] += 1;
        }
        assert!(firsts[1..].iter().all(|count| (850..1_150).contains(count)), "{firsts:?}");
    }

    #[test]
    fn a_signature_holds_for_its_purpose_and_nothing_else() {
        let codec = keys(1);
        let (id, begun) = (PendingId::parse("P-1").unwrap(), Timestamp::UNIX_EPOCH);
        let signature = codec.sign(Seal::Text, &id, begun, 1);
        let signed = |seal, generation, text: &str| codec.signed(seal, &id, begun, generation, text);
        assert!(signed(Seal::Text, 1, &signature));
        assert!(!signed(Seal::Mail, 1, &signature) && !signed(Seal::Text, 2, &signature));
        assert!(!signed(Seal::Text, 1, &signature[..20]) && !signed(Seal::Text, 1, ""));
    }

    #[test]
    fn a_progress_page_is_named_so_that_we_alone_read_it() {
        let codec = keys(1);
        let (id, begun) = (PendingId::parse("P-1").unwrap(), Timestamp::from_second(5).unwrap());
        let name = codec.progress_name(&id, begun);
        assert_eq!(codec.progress_id(&name), Some((id.clone(), begun)));
        assert_ne!(name, codec.progress_name(&id, Timestamp::UNIX_EPOCH));
        assert!(!name.contains(&BASE64_URL_SAFE_NO_PAD.encode("P-1")));
        let other = keys(2);
        for (codec, name) in [(&codec, &name[1..]), (&codec, ""), (&codec, "x.y"), (&other, &name)] {
            assert_eq!(codec.progress_id(name), None);
        }
    }
}
