//! Confirmations: what they hold, who proves what, and that no order of events, crash or clock breaks a rule.

use std::{collections::HashMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use proxycall_domain::{
    Address, CodeChannel, Confirmation, DispatchId, Language, MailAddress, NumberStatus, NumberType, Outcome,
    PendingId, PersonName, PhoneNumber,
    client::ClientChanges,
    confirmation::{Detail, MAX_TRIES, Stage, code::EnteredCode},
    pool::life::{Act, Actor, ReservationToken, Wish},
};
use proxycall_service::ports::{
    Ledger, LedgerError,
    ledger::{
        ApproveConfirmation, CallEntry, CallStep, CodeCall, CodeRules, CreateConfirmation, DispatchReport,
        DispatchResult, DispatchStep, Entered, LinkOutcome, LinkProof, LinkState, Message, MoveNumber, MoveTo, Origin,
        RequestCode, ReserveNumber, TextOutcome, UpdateClient, UseLink, Work,
    },
};

use crate::{clients::close, support::*};

pub(crate) fn pending(n: u64) -> PendingId {
    PendingId::parse(&format!("P-{n}")).unwrap()
}

pub(crate) fn create(n: u64, phone: PhoneNumber, mail: u64, now: Timestamp) -> CreateConfirmation {
    CreateConfirmation {
        id: pending(n),
        name: PersonName::parse("name", "Zoé Martin").unwrap(),
        mail: MailAddress::parse("mail", &format!("zoe{mail}@example.com")).unwrap(),
        phone,
        country: "FR".parse().unwrap(),
        preferred: NumberType::Local,
        language: Language::Fr,
        origin: Origin::Api,
        lifetime: SignedDuration::from_hours(24),
        rules: rules(),
        spare: spare(),
        now,
    }
}

async fn begin(db: &TestStore, n: u64, phone: PhoneNumber, mail: u64, now: Timestamp) -> Confirmation {
    db.create_confirmation(create(n, phone, mail, now)).await.unwrap().confirmation.unwrap()
}

/// What went out, by kind.
#[derive(Default)]
pub(crate) struct Out {
    pub(crate) codes: HashMap<PendingId, String>,
    tokens: HashMap<PendingId, String>,
    pub(crate) mailed: HashMap<PendingId, String>,
    consents: HashMap<PendingId, String>,
    calls: HashMap<PendingId, DispatchId>,
    dispatches: Vec<DispatchId>,
    sent: usize,
}

impl Out {
    fn note(&mut self, dispatch: DispatchId, owner: PendingId, message: Message) {
        self.sent += 1;
        self.dispatches.push(dispatch);
        match message {
            Message::Code { code, .. } => drop(self.codes.insert(owner, code.expose())),
            Message::Call { .. } => drop(self.calls.insert(owner, dispatch)),
            Message::Link { ticket, .. } => drop(self.tokens.insert(owner, ticket.signature)),
            Message::Mail { ticket, .. } => drop(self.mailed.insert(owner, ticket.signature)),
            Message::Consent { ticket, .. } => drop(self.consents.insert(owner, ticket.signature)),
            Message::Thanks { .. } => {}
        }
    }
}

async fn owner(db: &TestStore, dispatch: DispatchId) -> PendingId {
    let hex = dispatch.uuid().simple().to_string();
    let sql = match db.database().file() {
        Some(_) => format!("SELECT pending_id FROM dispatch WHERE id = x'{hex}'"),
        None => format!("SELECT pending_id FROM dispatch WHERE id = '{hex}'"),
    };
    PendingId::parse(db.database().texts(&sql).await.remove(0).unwrap().as_str()).unwrap()
}

/// Carries out what is due, as `result` says of each that goes out; `None` is a crash after it went out.
async fn carry_out(
    db: &TestStore,
    out: &mut Out,
    now: Timestamp,
    mut result: impl FnMut() -> Option<DispatchResult>,
) -> usize {
    let jobs = db.claim_jobs(16, now, now + SignedDuration::from_secs(30)).await.unwrap();
    let count = jobs.len();
    for job in jobs {
        match &job.work {
            Work::Dispatch { dispatch } => {
                let step = db.start_dispatch(&job, rules(), spare(), now).await.unwrap();
                let DispatchStep::Send(message) = step else { continue };
                out.note(*dispatch, owner(db, *dispatch).await, message);
                if let Some(result) = result() {
                    db.finish_dispatch(&job, result, rules(), spare(), now).await.unwrap();
                }
            }
            Work::GoOn { .. } => db.go_on(&job, rules(), spare(), now).await.unwrap(),
            Work::ExpireConfirmation { .. } => drop(db.expire_confirmation(&job, now).await.unwrap()),
            _ => assert!(db.finish_job(&job, None).await.unwrap()),
        }
    }
    count
}

fn taken() -> Option<DispatchResult> {
    Some(DispatchResult::Sent { sid: None })
}

pub(crate) async fn settle(db: &TestStore, out: &mut Out, now: Timestamp) {
    while carry_out(db, out, now, taken).await > 0 {}
}

pub(crate) async fn reply(
    db: &TestStore,
    sid: &str,
    from: PhoneNumber,
    to: PhoneNumber,
    body: &str,
    now: Timestamp,
) -> TextOutcome {
    db.record_inbound_text(text(sid, Address::Phone(from), to, body, now)).await.unwrap().outcome
}

pub(crate) fn using(n: u64, proof: LinkProof, now: Timestamp) -> UseLink {
    UseLink { id: pending(n), proof, agreed: true, rules: rules(), spare: spare(), now }
}

pub(crate) async fn stage(db: &TestStore, n: u64) -> Stage {
    db.confirmation(pending(n)).await.unwrap().unwrap().progress.stage
}

pub(crate) async fn a_confirmation_holds_a_number_until_it_is_a_clients(db: TestStore) {
    stock(&db, 1).await;
    let it = begin(&db, 1, real(1), 1, at(0)).await;
    assert_eq!((it.proxy, it.sender), (proxy(1), proxy(1)));
    let mut out = Out::default();
    settle(&db, &mut out, at(0)).await;
    assert_eq!(db.database().count("proxy_number WHERE reservation = 'P-1'").await, 1);
    let outcome = reply(&db, "SM1", real(1), proxy(1), &out.codes[&pending(1)], at(5)).await;
    assert_eq!(outcome, TextOutcome::Code(Entered::Done));
    let client = db.client_by_proxy(proxy(1)).await.unwrap().unwrap();
    assert_eq!((client.id, client.phone), (id(1), real(1)));
    settle(&db, &mut out, at(5)).await;
    assert_eq!(out.sent, 2, "the code, and thanks");
    assert_eq!(db.database().count("job").await, 0, "nothing of it is due any more");
}

pub(crate) async fn an_operator_ends_a_confirmation_and_its_number_is_free_again(db: TestStore) {
    stock(&db, 1).await;
    db.create_confirmation(create(1, real(1), 1, at(1))).await.unwrap();
    let ended = db.cancel_confirmation(pending(1), act(2)).await.unwrap();
    assert_eq!((ended.progress.stage, ended.progress.detail), (Stage::Expired, Detail::Cancelled));
    assert_eq!(db.number(proxy(1)).await.unwrap().unwrap().status, NumberStatus::Available);
    // Ended once; the phone may be confirmed anew.
    assert!(matches!(db.cancel_confirmation(pending(1), act(3)).await, Err(LedgerError::NotNow { .. })));
    assert_eq!(db.cancel_confirmation(pending(9), act(3)).await, Err(LedgerError::ConfirmationUnknown));
    db.create_confirmation(create(2, real(1), 1, at(4))).await.unwrap();
    // Its text was not sent yet, and never is.
    let mut out = Out::default();
    settle(&db, &mut out, at(5)).await;
    assert!(!out.codes.contains_key(&pending(1)) && out.codes.contains_key(&pending(2)));
}

/// Whoever was sent a code may answer late: that must not reach the next client.
pub(crate) async fn a_number_that_a_code_was_sent_from_rests_before_anybody_else_gets_it(db: TestStore) {
    stock(&db, 1).await;
    let resting = || CodeRules { rest: days(3), ..rules() };
    for (n, begun) in [(1, 0), (2, 10 * DAY)] {
        db.create_confirmation(create(n, real(1), 1, at(begun))).await.unwrap();
        let mut sent = 0;
        for job in db.claim_jobs(9, at(begun), at(begun + 60)).await.unwrap() {
            if let DispatchStep::Send(_) = db.start_dispatch(&job, resting(), spare(), at(begun)).await.unwrap() {
                db.finish_dispatch(&job, taken().unwrap(), resting(), spare(), at(begun)).await.unwrap();
                sent += 1;
            }
        }
        assert_eq!(sent, 1);
        let over = if n == 1 {
            db.cancel_confirmation(pending(n), act(begun + 1)).await.unwrap();
            begun + 1
        } else {
            begun + DAY + 1
        };
        // Nobody has looked yet: it is not free all the same.
        let france = "FR".parse().unwrap();
        assert_eq!(db.available_numbers(france, None, at(over)).await.unwrap(), []);
        let stock = db.stock(at(over)).await.unwrap();
        assert_eq!(stock[0].count(NumberStatus::Available), 0);
        let refused = db.create_confirmation(create(10 + n, real(2), 2, at(over))).await;
        assert!(matches!(refused, Err(LedgerError::NoNumberLeft { .. })), "{refused:?}");
        db.free_lapsed(at(over)).await.unwrap();
        let rests = db.number(proxy(1)).await.unwrap().unwrap();
        assert_eq!((rests.status, rests.held_until), (NumberStatus::Quarantined, Some(at(begun + 3 * DAY))));
        assert_eq!(db.available_numbers(france, None, at(begun + 3 * DAY)).await.unwrap().len(), 1);
    }
    // Once it is a client's, it is only the client's end that counts.
    let begun = begin(&db, 3, real(3), 3, at(20 * DAY)).await;
    let mut out = Out::default();
    settle(&db, &mut out, at(20 * DAY)).await;
    let code = out.codes[&pending(3)].clone();
    let answered = reply(&db, "SM1", real(3), begun.sender, &code, at(20 * DAY + 9)).await;
    assert_eq!(answered, TextOutcome::Code(Entered::Done));
    assert_eq!(db.database().count("proxy_number WHERE status = 'assigned' AND rest_until IS NULL").await, 1);
}

pub(crate) async fn two_confirmations_race_for_the_last_number_and_one_gets_it(db: TestStore) {
    stock(&db, 1).await;
    let store = db.store();
    let results = at_once(20, |n| {
        let store = Arc::clone(&store);
        async move { store.create_confirmation(create(n.into(), real(n), n.into(), at(0))).await }
    })
    .await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert!(
        results
            .iter()
            .filter_map(|result| result.as_ref().err())
            .all(|error| matches!(error, LedgerError::NoNumberLeft { .. }))
    );
}

pub(crate) async fn two_confirmations_race_for_one_phone_and_one_gets_it(db: TestStore) {
    stock(&db, 20).await;
    let store = db.store();
    let results = at_once(20, |n| {
        let store = Arc::clone(&store);
        async move { store.create_confirmation(create(n.into(), real(1), n.into(), at(0))).await }
    })
    .await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert!(results.iter().filter_map(|result| result.as_ref().err()).all(|error| *error == LedgerError::PhoneBusy));
    assert_eq!(db.database().count("proxy_number WHERE status = 'reserved'").await, 1);
}

pub(crate) async fn one_id_many_times_at_once_is_one_confirmation(db: TestStore) {
    stock(&db, 20).await;
    let store = db.store();
    let results = at_once(20, |_| {
        let store = Arc::clone(&store);
        async move { store.create_confirmation(create(1, real(1), 1, at(0))).await.map(|begun| begun.confirmation) }
    })
    .await;
    for result in &results {
        assert!(*result == results[0] && result.is_ok(), "{result:?}");
    }
    assert_eq!(db.database().count("dispatch").await, 1);
    assert_eq!(db.database().count("proxy_number WHERE status = 'reserved'").await, 1);
}

pub(crate) async fn ten_thousand_guesses_over_all_channels_compare_five(db: TestStore) {
    stock(&db, 1).await;
    begin(&db, 1, real(1), 1, at(0)).await;
    let mut out = Out::default();
    settle(&db, &mut out, at(0)).await;
    settle(&db, &mut out, at(60)).await;
    let right: u32 = out.codes[&pending(1)].parse().unwrap();
    let call = out.calls[&pending(1)];
    let picked_up = CodeCall { id: call, call_sid: "CA1".to_owned(), to: real(1), now: at(61) };
    assert!(matches!(db.begin_code_call(picked_up.clone()).await.unwrap(), CallStep::Speak { .. }));
    let store = db.store();
    let tasks = at_once(50, |task| {
        let (store, picked_up) = (Arc::clone(&store), picked_up.clone());
        async move {
            let mut wrong = 0_u32;
            for n in 0..200_u32 {
                let guess = 100_000 + (right - 100_000 + 1 + task * 200 + n) % 900_000;
                let entered = EnteredCode::parse(&guess.to_string()).unwrap();
                let came_to = match n % 3 {
                    0 => {
                        let text = text(
                            &format!("SM{task}-{n}"),
                            Address::Phone(real(1)),
                            proxy(1),
                            &guess.to_string(),
                            at(62),
                        );
                        match store.record_inbound_text(text).await.unwrap().outcome {
                            TextOutcome::Code(entered) => Some(entered),
                            TextOutcome::Interaction(_) => None,
                        }
                    }
                    1 => match store.use_link(using(1, LinkProof::Code(entered), at(62))).await.unwrap() {
                        LinkOutcome::Entered(entered, _) => Some(entered),
                        _ => None,
                    },
                    _ => {
                        let attempt = n % 4;
                        let entry = CallEntry {
                            call: picked_up.clone(),
                            attempt,
                            entered: Some(entered),
                            rules: rules(),
                            spare: spare(),
                        };
                        Some(store.enter_code(entry).await.unwrap().0)
                    }
                };
                assert!(came_to.is_some_and(|it| it != Entered::Done), "{came_to:?}");
                wrong += u32::from(came_to == Some(Entered::Wrong));
            }
            wrong
        }
    })
    .await;
    // The fifth wrong code says that it is locked; a call's last entry is told again to whoever repeats it.
    assert!(tasks.iter().sum::<u32>() >= 2);
    let it = db.confirmation(pending(1)).await.unwrap().unwrap();
    assert_eq!((it.progress.tries, it.progress.is_locked()), (MAX_TRIES, true));
    let late = reply(&db, "SMlate", real(1), proxy(1), &right.to_string(), at(63)).await;
    assert_eq!(late, TextOutcome::Code(Entered::Locked));
}

pub(crate) async fn six_digits_in_a_clients_sentence_to_somebody_else_are_no_try_unless_they_are_the_code(
    db: TestStore,
) {
    clients(&db, 1).await;
    relayed_text(&db, "SM0", at(0)).await;
    let it = begin(&db, 1, real(1), 7, at(1)).await;
    let mut out = Out::default();
    settle(&db, &mut out, at(1)).await;
    let right = &out.codes[&pending(1)];
    let wrong = if right == "123456" { "123457" } else { "123456" };
    let tries = async || db.confirmation(pending(1)).await.unwrap().unwrap().progress.tries;
    for n in 0..=MAX_TRIES {
        let sentence = format!("Le colis {wrong} est en bas");
        let relayed = reply(&db, &format!("SMsaid{n}"), real(1), it.sender, &sentence, at(2)).await;
        assert_eq!(relayed, TextOutcome::Interaction(Outcome::Queued));
    }
    assert_eq!(tries().await, 0);
    let alone = reply(&db, "SMalone", real(1), it.sender, wrong, at(3)).await;
    assert_eq!((alone, tries().await), (TextOutcome::Code(Entered::Wrong), 1));
    let entered = reply(&db, "SMright", real(1), it.sender, &format!("Mon code est {right}"), at(4)).await;
    assert_eq!(entered, TextOutcome::Code(Entered::Done));
}

pub(crate) async fn a_call_counts_three_entries_and_a_repeated_one_once(db: TestStore) {
    stock(&db, 1).await;
    begin(&db, 1, real(1), 1, at(0)).await;
    let mut out = Out::default();
    settle(&db, &mut out, at(0)).await;
    settle(&db, &mut out, at(60)).await;
    let (call, right) = (out.calls[&pending(1)], out.codes[&pending(1)].clone());
    let call = |sid: &str| CodeCall { id: call, call_sid: sid.to_owned(), to: real(1), now: at(61) };
    let entry = |sid: &str, attempt, code: Option<&str>| CallEntry {
        call: call(sid),
        attempt,
        entered: code.and_then(EnteredCode::parse),
        rules: rules(),
        spare: spare(),
    };
    let entered = async |entry| db.enter_code(entry).await.unwrap().0;
    assert_eq!(entered(entry("CA1", 1, Some(&right))).await, Entered::Over, "nobody has picked up");
    assert!(matches!(db.begin_code_call(call("CA1")).await.unwrap(), CallStep::Speak { .. }));
    assert!(matches!(db.begin_code_call(call("CA1")).await.unwrap(), CallStep::Speak { .. }), "the same call again");
    assert_eq!(db.begin_code_call(call("CA2")).await.unwrap(), CallStep::Over);
    assert_eq!(entered(entry("CA2", 1, Some(&right))).await, Entered::Over);
    let wrong = if right == "100000" { "100001" } else { "100000" };
    for _ in 0..4 {
        assert_eq!(entered(entry("CA1", 1, Some(wrong))).await, Entered::Wrong);
    }
    assert_eq!(entered(entry("CA1", 3, Some(&right))).await, Entered::Over, "an entry was left out");
    assert_eq!(entered(entry("CA1", 2, None)).await, Entered::Wrong);
    assert_eq!(db.confirmation(pending(1)).await.unwrap().unwrap().progress.tries, 1);
    assert_eq!(entered(entry("CA1", 3, Some(&right))).await, Entered::Done);
    assert_eq!(entered(entry("CA1", 3, Some(&right))).await, Entered::Done, "told again, done once");
    assert_eq!(db.database().count("client").await, 1);
}

pub(crate) async fn a_link_is_used_once_and_none_is_forged(db: TestStore) {
    stock(&db, 1).await;
    begin(&db, 1, real(1), 1, at(0)).await;
    let mut out = Out::default();
    for second in [0, 60, 180] {
        settle(&db, &mut out, at(second)).await;
    }
    let token = out.mailed[&pending(1)].clone();
    assert!(token.starts_with('m') && out.tokens[&pending(1)].starts_with('t'));
    let state = async |proof| db.link(pending(1), proof, at(181)).await.unwrap();
    for forged in ["", "m", "t", &format!("t{}", &token[1..]), &format!("{token}x"), &token[..token.len() - 1]] {
        assert_eq!(state(LinkProof::Token(forged.to_owned())).await, LinkState::Unknown, "{forged}");
        let used = db.use_link(using(1, LinkProof::Token(forged.to_owned()), at(181))).await.unwrap();
        assert_eq!(used, LinkOutcome::Unknown);
    }
    assert_eq!(state(LinkProof::Consent(token[1..].to_owned())).await, LinkState::Unknown);
    let proof = LinkProof::Token(token);
    assert_eq!(state(proof.clone()).await, LinkState::Open { language: Language::Fr });
    assert_eq!(stage(&db, 1).await, Stage::Open, "looking changes nothing");
    let used = db.use_link(using(1, proof.clone(), at(182))).await.unwrap();
    assert_eq!(used, LinkOutcome::Entered(Entered::Done, Language::Fr));
    assert_eq!(state(proof.clone()).await, LinkState::Over);
    let again = db.use_link(using(1, proof, at(183))).await.unwrap();
    assert_eq!(again, LinkOutcome::Entered(Entered::Over, Language::Fr));
}

pub(crate) async fn a_number_is_not_taken_over_with_an_address(db: TestStore) {
    clients(&db, 1).await;
    db.add_numbers(vec![number(proxy(9), NumberType::Local)], act(0)).await.unwrap();
    let it = begin(&db, 1, real(5), 1, at(0)).await;
    assert_eq!((it.proxy, it.sender), (proxy(1), proxy(9)));
    let mut out = Out::default();
    for second in [0, 60, 180] {
        settle(&db, &mut out, at(second)).await;
    }
    assert!(out.mailed.is_empty(), "a mailed link would prove the wrong thing");
    reply(&db, "SM1", real(5), proxy(9), &out.codes[&pending(1)], at(200)).await;
    assert_eq!(stage(&db, 1).await, Stage::AwaitingConsent);
    assert_eq!(db.client(id(1)).await.unwrap().unwrap().phone, real(1));
    settle(&db, &mut out, at(200)).await;
    let consent = LinkProof::Consent(out.consents[&pending(1)].clone());
    let no = UseLink { agreed: false, ..using(1, consent.clone(), at(201)) };
    assert_eq!(db.use_link(no).await.unwrap(), LinkOutcome::Declined(Language::Fr));
    assert_eq!(stage(&db, 1).await, Stage::Failed);
    let too_late = db.use_link(using(1, consent, at(202))).await.unwrap();
    assert_eq!(too_late, LinkOutcome::Entered(Entered::Over, Language::Fr));
    assert_eq!(db.client(id(1)).await.unwrap().unwrap().phone, real(1));
    assert_eq!(db.database().count("proxy_number WHERE status = 'reserved'").await, 0);
}

pub(crate) async fn consent_is_that_of_the_phone_that_was_asked(db: TestStore) {
    clients(&db, 1).await;
    db.add_numbers(vec![number(proxy(9), NumberType::Local)], act(0)).await.unwrap();
    begin(&db, 1, real(5), 1, at(0)).await;
    let mut out = Out::default();
    settle(&db, &mut out, at(0)).await;
    reply(&db, "SM1", real(5), proxy(9), &out.codes[&pending(1)], at(20)).await;
    settle(&db, &mut out, at(20)).await;
    let consent = LinkProof::Consent(out.consents[&pending(1)].clone());
    let elsewhere = ClientChanges { phone: Some(real(77)), ..ClientChanges::default() };
    db.update_client(UpdateClient { id: id(1), changes: elsewhere, now: at(21) }).await.unwrap();
    assert_eq!(db.link(pending(1), consent.clone(), at(22)).await.unwrap(), LinkState::Over);
    let used = db.use_link(using(1, consent, at(22))).await.unwrap();
    assert_eq!(used, LinkOutcome::Entered(Entered::Over, Language::Fr), "that phone has no say any more");
    assert_eq!(db.client(id(1)).await.unwrap().unwrap().phone, real(77));
    assert_eq!(stage(&db, 1).await, Stage::AwaitingConsent, "an operator may still decide");
}

pub(crate) async fn a_token_that_holds_a_number_already_is_a_conflict(db: TestStore) {
    stock(&db, 2).await;
    let wish = Wish::any("FR".parse().unwrap(), NumberType::Local);
    let token = ReservationToken::parse("token", "P-1").unwrap();
    db.reserve_number(ReserveNumber { wish, token, until: at(600), act: act(0) }).await.unwrap();
    let refused = db.create_confirmation(create(1, real(1), 1, at(0))).await.unwrap_err();
    assert_eq!(refused, LedgerError::ReservationInUse);
    assert_eq!(db.database().count("confirmation").await, 0);
}

pub(crate) async fn a_code_is_said_in_the_call_that_was_placed_and_in_no_other(db: TestStore) {
    stock(&db, 1).await;
    begin(&db, 1, real(1), 1, at(0)).await;
    let mut out = Out::default();
    settle(&db, &mut out, at(0)).await;
    let placed = || Some(DispatchResult::Sent { sid: Some("CA1".to_owned()) });
    carry_out(&db, &mut out, at(60), taken).await;
    carry_out(&db, &mut out, at(60), placed).await;
    let call = |sid: &str| CodeCall { id: out.calls[&pending(1)], call_sid: sid.to_owned(), to: real(1), now: at(61) };
    assert_eq!(db.begin_code_call(call("CA2")).await.unwrap(), CallStep::Over);
    assert!(matches!(db.begin_code_call(call("CA1")).await.unwrap(), CallStep::Speak { .. }));
}

pub(crate) async fn no_code_is_in_the_database(db: TestStore) {
    stock(&db, 1).await;
    begin(&db, 1, real(1), 1, at(0)).await;
    let mut out = Out::default();
    for second in [0, 60, 180] {
        settle(&db, &mut out, at(second)).await;
    }
    let code = &out.codes[&pending(1)];
    reply(&db, "SM0", real(1), proxy(1), "999999", at(200)).await;
    reply(&db, "SM1", real(1), proxy(1), code, at(201)).await;
    let hex: String = code.bytes().map(|byte| format!("{byte:02x}")).collect();
    for table in ["confirmation", "dispatch", "code_reply", "job", "interaction", "number_past", "client"] {
        for column in columns_in_hex(&db, table).await {
            let found = db.database().texts(&format!("SELECT {column} FROM {table}")).await;
            let shown = found.into_iter().flatten().any(|value| value.to_lowercase().contains(&hex));
            assert!(!shown, "{table}: {column} shows the code");
        }
    }
}

/// Each column of a table that may hold a text, as hexadecimal digits.
async fn columns_in_hex(db: &TestStore, table: &str) -> Vec<String> {
    let sql = match db.database().file() {
        Some(_) => {
            format!("SELECT 'hex(' || name || ')' FROM pragma_table_info('{table}') WHERE type IN ('TEXT', 'BLOB')")
        }
        None => format!(
            "SELECT CASE data_type WHEN 'bytea' THEN 'encode(' || column_name || ', ''hex'')' \
                ELSE 'encode(convert_to(' || column_name || ', ''UTF8''), ''hex'')' END \
             FROM information_schema.columns WHERE table_name = '{table}' AND data_type IN ('text', 'bytea')"
        ),
    };
    let columns: Vec<String> = db.database().texts(&sql).await.into_iter().flatten().collect();
    assert!(!columns.is_empty(), "{table} has no such column");
    columns
}

/// The state machine as a model: whatever happens, in whatever order, with crashes and jumps of the clock.
pub(crate) async fn no_order_of_events_crash_or_clock_breaks_a_rule(db: TestStore) {
    stock(&db, 12).await;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut pick = move |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let (mut out, mut now, mut over) = (Out::default(), at(0), HashMap::new());
    let mut reached = std::collections::HashSet::new();
    for step in 0..700_u64 {
        now += SignedDuration::from_secs(i64::try_from(pick(400)).unwrap());
        // A few at a time, so that they meet; new ones as the old ones end.
        let (n, phone) = (pick(5) + step / 40 * 5, real(u32::try_from(pick(7)).unwrap() + 1));
        let id = pending(n);
        match pick(20) {
            0..=3 => drop(db.create_confirmation(create(n, phone, pick(7), now)).await),
            4..=7 => {
                let fate = pick(8);
                let result = || match fate {
                    0 => None,
                    1 => Some(DispatchResult::Failed { error_code: Some(30_003) }),
                    2 => Some(DispatchResult::TryAgain {
                        at: now + SignedDuration::from_secs(2),
                        goes_on: step % 2 == 0,
                    }),
                    _ => taken(),
                };
                carry_out(&db, &mut out, now, result).await;
            }
            8..=10 => {
                if let Some(it) = db.confirmation(id.clone()).await.unwrap() {
                    let right = out.codes.get(&id).cloned().unwrap_or_default();
                    let body = if pick(3) > 0 { right } else { "100000".to_owned() };
                    reply(&db, &format!("SM{step}"), it.phone, it.sender, &body, now).await;
                }
            }
            11 => {
                if let Some(token) = out.tokens.get(&id).or(out.mailed.get(&id)) {
                    db.use_link(using(n, LinkProof::Token(token.clone()), now)).await.unwrap();
                }
            }
            12 => {
                if let (Some(call), Some(it)) = (out.calls.get(&id), db.confirmation(id.clone()).await.unwrap()) {
                    let call = CodeCall { id: *call, call_sid: format!("CA{}", pick(2)), to: it.phone, now };
                    db.begin_code_call(call.clone()).await.unwrap();
                    let entered = out.codes.get(&id).and_then(|code| EnteredCode::parse(code));
                    let attempt = u32::try_from(pick(4)).unwrap();
                    db.enter_code(CallEntry { call, attempt, entered, rules: rules(), spare: spare() }).await.unwrap();
                }
            }
            13 => {
                if let Some(consent) = out.consents.get(&id) {
                    let proof = LinkProof::Consent(consent.clone());
                    let link = UseLink { agreed: pick(2) == 0, ..using(n, proof, now) };
                    db.use_link(link).await.unwrap();
                }
            }
            14 => drop(db.approve_confirmation(ApproveConfirmation { id, rules: rules(), spare: spare(), now }).await),
            15 => {
                let channel =
                    [CodeChannel::Sms, CodeChannel::Voice, CodeChannel::Email][usize::try_from(pick(3)).unwrap()];
                drop(db.request_code(RequestCode { id, channel, rules: rules(), spare: spare(), now }).await);
            }
            16 => {
                if let Some(dispatch) = out.dispatches.last().copied() {
                    let reached = [None, Some(true), Some(false)][usize::try_from(pick(3)).unwrap()];
                    let (sid, rules, spare) = (format!("SM{dispatch}"), rules(), spare());
                    let report = DispatchReport { id: dispatch, sid, reached, error_code: None, rules, spare, now };
                    db.record_dispatch(report).await.unwrap();
                }
            }
            17 if pick(4) == 0 => now += SignedDuration::from_secs(i64::try_from(pick(12 * 3_600)).unwrap()),
            18 | 19 => {
                let newest = db.next_client_id().await.unwrap().get() - 1;
                if let Some(client) = u32::try_from(newest).ok().filter(|client| *client > 0 && pick(3) == 0) {
                    let mut closing = close(client, 0);
                    (closing.now, closing.quarantine_until) = (now, now + SignedDuration::from_secs(60));
                    db.close_client(closing).await.unwrap();
                } else if let Some(it) = db.confirmation(id.clone()).await.unwrap().filter(|_| pick(3) > 0) {
                    // An operator takes the number away.
                    let (to, act) = (MoveTo::Quarantine { until: now }, Act::new(Actor::Cli, "a test", now));
                    db.move_number(MoveNumber { phone: it.sender, to, force: true, act }).await.unwrap();
                } else {
                    db.expire_confirmations(now - SignedDuration::from_hours(20), now).await.unwrap();
                }
            }
            _ => {}
        }
        check(&db, step, now, &mut over, &mut reached).await;
    }
    now += SignedDuration::from_hours(25);
    for _ in 0..200 {
        now += SignedDuration::from_secs(31);
        if carry_out(&db, &mut out, now, taken).await == 0 {
            break;
        }
    }
    assert_eq!(db.database().count("confirmation WHERE ended_at IS NULL").await, 0, "every confirmation ends");
    assert_eq!(db.database().count("proxy_number WHERE status = 'reserved'").await, 0, "every reservation is settled");
    for stage in [Stage::Promoted, Stage::Updated, Stage::Expired, Stage::Failed, Stage::AwaitingConsent] {
        assert!(reached.contains(&stage), "the sequence never came to {}", stage.as_str());
    }
}

async fn check(
    db: &TestStore,
    step: u64,
    now: Timestamp,
    over: &mut HashMap<String, String>,
    reached: &mut std::collections::HashSet<Stage>,
) {
    let orphans = "proxy_number p WHERE p.status = 'reserved' AND NOT EXISTS \
        (SELECT 1 FROM confirmation c WHERE c.pending_id = p.reservation AND c.ended_at IS NULL)";
    assert_eq!(db.database().count(orphans).await, 0, "step {step}: a number is held for nobody");
    let rows = db.database().texts("SELECT pending_id || ' ' || stage FROM confirmation").await;
    for row in rows.into_iter().flatten() {
        let (id, stage) = row.split_once(' ').unwrap();
        let stage = Stage::parse(stage).unwrap();
        reached.insert(stage);
        if stage.is_over() {
            let first = over.entry(id.to_owned()).or_insert_with(|| stage.as_str().to_owned());
            assert_eq!(first, stage.as_str(), "step {step}: {id} ended twice");
        } else {
            assert!(!over.contains_key(id), "step {step}: {id} came back");
            let it = db.confirmation(PendingId::parse(id).unwrap()).await.unwrap().unwrap();
            assert!(!(it.is_live(now) && it.stage(now) == Stage::Expired), "step {step}: {id} is live and expired");
            assert!(it.progress.tries <= MAX_TRIES);
        }
    }
}
