use proptest::prelude::*;
use rstest::rstest;

use super::*;

const CHANGE: Change = Change { mail: false, phone: true };

fn all_events() -> Vec<Event> {
    vec![
        Event::Sent(CodeChannel::Sms),
        Event::Sent(CodeChannel::Voice),
        Event::Sent(CodeChannel::Email),
        Event::WrongCode,
        Event::Renewed,
        Event::Replaced,
        Event::NotDelivered,
        Event::Proven(Settled::NewClient),
        Event::Proven(Settled::Client(CHANGE)),
        Event::Proven(Settled::Consent { change: CHANGE, ask_phone: true }),
        Event::Proven(Settled::PhoneUnproven),
        Event::Agreed,
        Event::Declined,
        Event::Overtaken,
        Event::Superseded,
        Event::Expired,
    ]
}

fn confirmation(progress: Progress) -> Confirmation {
    let phone = "+33639980001".parse().unwrap();
    Confirmation {
        id: PendingId::parse("P-1").unwrap(),
        name: PersonName::parse("name", "Zoé").unwrap(),
        mail: MailAddress::parse("mail", "zoe@example.com").unwrap(),
        phone,
        country: CountryCode::FRANCE,
        language: Language::Fr,
        held: Held::Existing,
        proxy: phone,
        sender: phone,
        progress,
        client: None,
        created_at: Timestamp::UNIX_EPOCH,
        expires_at: Timestamp::from_second(86_400).unwrap(),
        verified_at: None,
    }
}

#[rstest]
#[case::created(None, "PENDING")]
#[case::by_text(Some(CodeChannel::Sms), "PENDING")]
#[case::by_call(Some(CodeChannel::Voice), "PENDING_CALL")]
#[case::by_link(Some(CodeChannel::Email), "PENDING_MAIL")]
fn what_is_open_shows_its_furthest_channel(#[case] channel: Option<CodeChannel>, #[case] word: &str) {
    let progress = Progress { channel, ..Progress::begin() };
    assert_eq!(confirmation(progress.clone()).status(Timestamp::UNIX_EPOCH), word);
    let locked = Progress { tries: MAX_TRIES, ..progress };
    assert_eq!(confirmation(locked).status(Timestamp::UNIX_EPOCH), word, "locked keeps its word");
}

#[rstest]
#[case(Stage::AwaitingConsent, "VERIFIED")]
#[case(Stage::Promoted, "PROMOTED")]
#[case(Stage::Updated, "UPDATED (telephone)")]
#[case(Stage::Expired, "EXPIRED")]
#[case(Stage::Failed, "FAILED")]
fn every_other_stage_shows_the_originals_word(#[case] stage: Stage, #[case] word: &str) {
    let progress = Progress { stage, change: Some(CHANGE), ..Progress::begin() };
    assert_eq!(confirmation(progress).status(Timestamp::UNIX_EPOCH), word);
}

#[test]
fn nothing_is_both_live_and_expired() {
    let live = confirmation(Progress::begin());
    let [before, at] = [86_399, 86_400].map(|second| Timestamp::from_second(second).unwrap());
    assert!(live.is_live(before) && live.status(before) == "PENDING");
    assert!(!live.is_live(at) && live.status(at) == "EXPIRED");
}

#[test]
fn five_wrong_codes_lock_and_only_a_new_code_unlocks() {
    let mut progress = Progress::begin();
    for _ in 0..MAX_TRIES {
        progress = progress.after(Event::WrongCode).unwrap();
    }
    assert!(progress.is_locked());
    assert!(progress.after(Event::WrongCode).is_err());
    assert!(progress.after(Event::Proven(Settled::NewClient)).is_err());
    let renewed = progress.after(Event::Renewed).unwrap();
    assert_eq!((renewed.generation, renewed.tries, renewed.is_locked()), (2, 0, false));
    assert!(renewed.after(Event::Renewed).is_err(), "a code that holds is not replaced");
}

#[test]
fn a_confirmation_never_goes_back_to_an_earlier_channel() {
    let progress = Progress::begin().after(Event::Sent(CodeChannel::Email)).unwrap();
    assert_eq!(progress.after(Event::Sent(CodeChannel::Sms)).unwrap().channel, Some(CodeChannel::Email));
}

proptest! {
    /// Whatever happens in whatever order: the code is compared five times at most per generation, the end is the end, and
    /// generations only grow.
    #[test]
    fn no_order_of_events_breaks_a_rule(picks in prop::collection::vec(0_usize..16, 0..60)) {
        let events = all_events();
        let mut progress = Progress::begin();
        for pick in picks {
            let event = events[pick];
            match progress.after(event) {
                Err(_) => {}
                Ok(next) => {
                    prop_assert!(!progress.stage.is_over(), "something happened after the end");
                    prop_assert!(next.tries <= MAX_TRIES);
                    prop_assert!(next.generation >= progress.generation);
                    prop_assert!(next.channel >= progress.channel || next.generation > progress.generation);
                    prop_assert!(next.tries >= progress.tries || next.generation > progress.generation);
                    if progress.stage == Stage::AwaitingConsent {
                        prop_assert_ne!(next.stage, Stage::Open);
                        prop_assert!(next.stage != Stage::Promoted || progress.change.is_none());
                    }
                    progress = next;
                }
            }
        }
    }
}

#[rstest]
#[case("P-7f3a")]
#[case(" 0190a3c2-f4e4-7cc2 ")]
fn an_id_is_visible_text(#[case] text: &str) {
    assert_eq!(PendingId::parse(text).unwrap().as_str(), text.trim());
    assert!(PendingId::parse("").is_err() && PendingId::parse("a b").is_err());
}
