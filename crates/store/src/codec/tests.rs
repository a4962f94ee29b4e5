//! What the codec promises.

use super::*;

fn phone() -> PhoneNumber {
    "+33639980001".parse().unwrap()
}

fn codec(secrets: &[u8]) -> Codec {
    let secrets: Vec<_> = secrets.iter().map(|byte| SecretKey::from_bytes([*byte; 32])).collect();
    Codec::new(&secrets).unwrap()
}

fn fingerprint(secret: u8) -> String {
    SecretKey::from_bytes([secret; 32]).fingerprint()
}

#[test]
fn what_is_sealed_opens_to_the_same() {
    let codec = codec(&[7]);
    let phone_sealed = codec.seal_phone(CLIENT_PHONE, phone()).unwrap();
    assert_eq!(codec.open_phone(CLIENT_PHONE, &phone_sealed), Ok(phone()));
    let text = "J’arrive \0 🙂";
    let sealed = codec.seal_text(INTERACTION_BODY, text).unwrap();
    assert_eq!(codec.open_text(INTERACTION_BODY, &sealed), Ok(text.to_owned()));
    let sealed = codec.seal_json(JOB_WORK, &vec![1, 2]).unwrap();
    assert_eq!(codec.open_json::<Vec<u8>>(JOB_WORK, &sealed), Ok(vec![1, 2]));
}

#[test]
fn what_is_sealed_tells_nothing_not_even_that_it_is_the_same() {
    let codec = codec(&[7]);
    let [a, b] = [(); 2].map(|()| codec.seal_phone(CLIENT_PHONE, phone()).unwrap());
    assert_ne!(a, b);
    assert_eq!(a[..5], b[..5], "version and key");
    let digits = phone().expose_digits().to_be_bytes();
    assert!(!a.windows(5).any(|window| window == &digits[3..]));
}

#[test]
fn what_is_sealed_opens_in_its_own_column_alone() {
    let codec = codec(&[7]);
    let sealed = codec.seal_phone(CLIENT_PHONE, phone()).unwrap();
    assert!(codec.open_phone(CLIENT_LAST_CALLER, &sealed).is_err());
}

#[test]
fn whatever_is_changed_cut_or_added_does_not_open() {
    let codec = codec(&[7]);
    let sealed = codec.seal_phone(CLIENT_PHONE, phone()).unwrap();
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(codec.open_phone(CLIENT_PHONE, &changed).is_err(), "byte {at}");
        assert!(codec.open_phone(CLIENT_PHONE, &sealed[..at]).is_err(), "the first {at}");
    }
    assert!(codec.open_phone(CLIENT_PHONE, &[&sealed[..], &[0]].concat()).is_err());
}

#[test]
fn an_unknown_version_or_damaged_content_is_an_error_and_no_panic() {
    let codec = codec(&[7]);
    for sealed in [&[][..], &[9, 1], &[PLAIN, 1], &[PLAIN], &[SEALED], &[SEALED, 1, 2, 3, 4]] {
        assert!(codec.open_phone(CLIENT_PHONE, sealed).is_err());
    }
    assert!(codec.open_text(INTERACTION_BODY, &[PLAIN, 0xff]).is_err());
}

#[test]
fn what_was_kept_before_anything_was_sealed_is_read_and_sealed_anew() {
    let codec = codec(&[7]);
    let plain = [&[PLAIN][..], &phone().expose_digits().to_be_bytes()].concat();
    assert_eq!(codec.open_phone(CLIENT_PHONE, &plain), Ok(phone()));
    let sealed = codec.reseal(CLIENT_PHONE, &plain).unwrap().unwrap();
    assert_eq!(codec.open_phone(CLIENT_PHONE, &sealed), Ok(phone()));
    assert_eq!(codec.reseal(CLIENT_PHONE, &sealed), Ok(None));
}

#[test]
fn a_seal_of_a_secret_that_is_not_listed_does_not_open() {
    let sealed = codec(&[8]).seal_phone(CLIENT_PHONE, phone()).unwrap();
    assert!(codec(&[7]).open_phone(CLIENT_PHONE, &sealed).is_err());
    assert_eq!(codec(&[7, 8]).open_phone(CLIENT_PHONE, &sealed), Ok(phone()));
}

#[test]
fn between_two_secrets_one_writes_and_both_are_found() {
    let both = codec(&[7, 8]);
    assert!(both.follow(&fingerprint(8), &fingerprint(7)) && both.is_changing());
    let [one, other] = both.phone_keys(phone()).unwrap();
    assert!(both.follow(&fingerprint(7), &fingerprint(7)), "who has not heard of it looks under both too");
    assert_eq!(both.phone_keys(phone()).unwrap(), [other.clone(), one.clone()]);
    assert!(both.follow(&fingerprint(8), &fingerprint(7)));
    let [now, before] = [one, other];
    assert_eq!((&now, &before), (&both.known[1].phone_key(phone()), &both.known[0].phone_key(phone())));
    assert_eq!(codec(&[8]).open_phone(CLIENT_PHONE, &both.seal_phone(CLIENT_PHONE, phone()).unwrap()), Ok(phone()));
    assert!(!both.follow(&fingerprint(9), &fingerprint(7)), "nobody follows a secret that is not known");
    assert!(both.follow(&fingerprint(8), &fingerprint(8)) && !both.is_changing());
}

#[test]
fn keys_differ_by_secret_purpose_and_content() {
    let [a, b] = [1, 2].map(|byte| Keys::new(&SecretKey::from_bytes([byte; 32])).unwrap());
    assert_eq!(a.phone_key(phone()), a.phone_key(phone()));
    assert_ne!(a.phone_key(phone()), b.phone_key(phone()));
    assert_ne!(a.id(), b.id());
    assert_ne!(a.last_four_key("0001"), a.content_key(&[b"0001"]));
    assert_ne!(a.content_key(&[b"ab", b"c"]), a.content_key(&[b"a", b"bc"]));
}
