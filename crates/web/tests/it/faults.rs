//! Faults of the database, the carrier, Google and the mail server: people hear a sentence in time, nothing is half-written, and all recovers by itself.

use std::{
    collections::BTreeSet,
    path::Path,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use proxycall_domain::NumberType;
use proxycall_service::ports::{Clock as _, Ledger as _};
use proxycall_testkit::reqwest::{Method, StatusCode};
use proxycall_testkit::sandbox::{
    Fault, MailFault, MailStep, endpoints::Operation, google::RequestKind, world::Handset,
};
use proxycall_testkit::{
    app::{CLIENT, COURIER, TestApp, run_sheet_test, run_test_on_both},
    database, run_test,
};
use serde_json::json;

use crate::{confirmations, sheet, support::at_once};

/// How long a caller waits for an answer, at most.
const LIMIT: Duration = Duration::from_secs(3);

/// What came in while the database was away, by its ids; sent again afterwards.
async fn a_call(app: &TestApp, proxy: &str) -> (u16, String) {
    app.webhook("/twilio/voice", &[("CallSid", "CAfault"), ("From", COURIER), ("To", proxy)]).await
}

async fn a_text(app: &TestApp, proxy: &str) -> (u16, String) {
    let form = [("MessageSid", "SMfault"), ("From", COURIER), ("To", proxy), ("Body", "Bonjour")];
    app.webhook("/twilio/sms", &form).await
}

async fn probe(app: &TestApp, path: &str) -> StatusCode {
    app.bare_request(Method::GET, path).send().await.unwrap().status()
}

/// Everything that the carrier and the platform may ask, all at once, each answered in time.
async fn all_answer_that_the_store_is_away(app: &TestApp, proxy: &str) {
    let ended = [("CallSid", "CAfault"), ("DialCallStatus", "busy")];
    let over = [("CallSid", "CAfault"), ("CallStatus", "completed"), ("CallDuration", "3")];
    let delivered = [("MessageSid", "SMsent"), ("MessageStatus", "delivered")];
    let start = Instant::now();
    let (call, text, ended, over, delivered, ready, live) = tokio::join!(
        a_call(app, proxy),
        a_text(app, proxy),
        app.webhook("/twilio/voice/ended", &ended),
        app.webhook("/twilio/status/voice", &over),
        app.webhook("/twilio/status/message", &delivered),
        probe(app, "/health/ready"),
        probe(app, "/health/live"),
    );
    assert!(start.elapsed() < LIMIT, "{:?}", start.elapsed());
    assert_eq!(call.0, 200);
    assert!(call.1.contains("<Say") && call.1.contains("momentanément indisponible"), "{call:?}");
    assert_eq!(text.0, 200);
    assert!(text.1.contains("<Message>") && text.1.contains("n’a pas été remis"), "{text:?}");
    assert_eq!(ended.0, 200);
    assert!(ended.1.contains("déjà en ligne"), "{ended:?}");
    assert_eq!((over.0, delivered.0), (503, 503));
    assert_eq!((ready, live), (StatusCode::SERVICE_UNAVAILABLE, StatusCode::OK));
}

/// The store is as it was, takes the same call and text, and everything goes on.
async fn all_recovers(app: &TestApp, proxy: &str) {
    assert_eq!(probe(app, "/health/ready").await, StatusCode::OK);
    let database = app.store.database();
    assert_eq!(database.count("interaction").await, 0, "those who heard that nothing was done heard the truth");
    assert_eq!(database.count("job").await, 0);
    assert_eq!(database.count("client WHERE last_caller IS NOT NULL").await, 0);
    let (_, answer) = a_call(app, proxy).await;
    assert!(answer.contains("<Dial") && answer.contains(CLIENT), "{answer}");
    assert!(!a_text(app, proxy).await.1.contains("<Message>"));
    app.drain_jobs().await;
    assert_eq!(app.outcomes().await, ["delivered", "connecting"]);
    assert_eq!(app.world.inbox(CLIENT).len(), 1);
    app.world.add_handset(Handset::new(COURIER));
    assert_eq!(app.call(CLIENT, proxy).await.connected(), Some((CLIENT, COURIER)));
}

#[tokio::test]
async fn while_the_database_is_locked_everybody_is_told_in_time_and_afterwards_all_goes_on() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let lock = app.store.database().lock().await;
        all_answer_that_the_store_is_away(app, &proxy).await;
        lock.release().await;
        all_recovers(app, &proxy).await;
    })
    .await;
}

#[tokio::test]
async fn a_lock_shorter_than_a_callers_patience_is_waited_for() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let lock = app.store.database().lock().await;
        let unlock = async {
            // By the time that the app has answered this, the call has most likely reached the store.
            probe(app, "/health/live").await;
            lock.release().await;
        };
        let ((_, answer), ()) = tokio::join!(a_call(app, &proxy), unlock);
        assert!(answer.contains("<Dial"), "{answer}");
    })
    .await;
}

/// Moves an SQLite file with its journal.
fn shift(from: &Path, to: &Path) {
    for end in ["", "-wal", "-shm"] {
        let name = |path: &Path| format!("{}{end}", path.display());
        if Path::new(&name(from)).exists() {
            std::fs::rename(name(from), name(to)).unwrap();
        }
    }
}

#[tokio::test]
async fn while_the_database_file_is_gone_everybody_is_told_and_afterwards_all_goes_on() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let file = app.store.database().file().unwrap();
        let away = file.with_extension("away");
        shift(&file, &away);
        all_answer_that_the_store_is_away(app, &proxy).await;
        assert!(!file.exists(), "no empty file takes its place");
        shift(&away, &file);
        all_recovers(app, &proxy).await;
    })
    .await;
}

/// As a full disk may do: one statement fails, and the database throws the whole transaction away, in which other
/// requests had their part.
#[tokio::test]
async fn when_the_database_throws_a_shared_transaction_away_nothing_acknowledged_is_lost() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let broken = "CREATE TRIGGER full_disk BEFORE INSERT ON interaction BEGIN SELECT RAISE(ROLLBACK, 'full'); END";
        app.store.database().execute(broken).await.unwrap();
        let settings = async {
            let now = app.clock.now();
            let set = (0..40).map(|n| app.store.set_setting(format!("key.{n}"), Some("1".to_owned()), now));
            join_all(set).await
        };
        let (set, answers, ()) = tokio::join!(settings, at_once(20, || a_call(app, &proxy)), async {
            a_text(app, &proxy).await;
        });
        assert!(answers.iter().all(|(status, answer)| *status == 200 && answer.contains("<Say")), "{answers:?}");
        let kept = app.store.database().texts("SELECT key FROM setting").await;
        for (n, done) in set.iter().enumerate() {
            assert_eq!(done.is_ok(), kept.contains(&Some(format!("key.{n}"))), "key.{n}: {done:?}");
        }
        app.store.database().execute("DROP TRIGGER full_disk").await.unwrap();
        all_recovers(app, &proxy).await;
    })
    .await;
}

/// Ends every session of the store's, as a restart of the server does.
const THROW_OUT: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
    WHERE datname = current_database() AND pid <> pg_backend_pid()";

async fn run_test_on_postgres(test: impl AsyncFnOnce(&mut TestApp)) {
    let mut app = TestApp::start(database::postgres().await).await;
    test(&mut app).await;
    app.finish().await;
}

#[tokio::test]
async fn when_the_server_ends_its_sessions_every_caller_is_answered_and_what_was_connected_is_recorded() {
    run_test_on_postgres(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let calls = join_all((0..60).map(|n| {
            let (app, proxy) = (&*app, proxy.as_str());
            async move {
                let sid = format!("CA{n}");
                let form = [("CallSid", sid.as_str()), ("From", COURIER), ("To", proxy)];
                let start = Instant::now();
                let (status, answer) = app.webhook("/twilio/voice", &form).await;
                assert!(start.elapsed() < LIMIT, "{:?}", start.elapsed());
                assert!(status == 200 && (answer.contains("<Dial") || answer.contains("<Say")), "{status} {answer}");
                answer.contains("<Dial").then_some(sid)
            }
        }));
        let thrown_out = async {
            let mut sessions = 0;
            for _ in 0..5 {
                sessions += app.store.database().execute(THROW_OUT).await.unwrap();
            }
            sessions
        };
        let (connected, sessions) = tokio::join!(calls, thrown_out);
        assert!(sessions > 0, "somebody was thrown out");
        let kept = app.store.database().texts("SELECT inbound_sid FROM interaction").await;
        for sid in connected.into_iter().flatten() {
            assert!(kept.contains(&Some(sid.clone())), "{sid} was connected and is not recorded");
        }
        app.store.database().execute("DELETE FROM interaction").await.unwrap();
        app.store.database().execute("UPDATE client SET last_caller = NULL").await.unwrap();
        all_recovers(app, &proxy).await;
    })
    .await;
}

#[tokio::test]
async fn while_the_server_lets_nobody_in_everybody_is_told_and_afterwards_all_goes_on() {
    run_test_on_postgres(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.store.database().admit(false).await;
        all_answer_that_the_store_is_away(app, &proxy).await;
        app.store.database().admit(true).await;
        all_recovers(app, &proxy).await;
    })
    .await;
}

#[tokio::test]
async fn jobs_wait_for_the_database_and_go_on_when_it_is_back() {
    run_test_on_postgres(async |app| {
        let proxy = app.client(1, CLIENT).await;
        assert!(!a_text(app, &proxy).await.1.contains("<Message>"));
        app.store.database().admit(false).await;
        assert!(app.service.run_due_jobs().await.is_err());
        app.store.database().admit(true).await;
        app.drain_jobs().await;
        assert_eq!(app.outcomes().await, ["delivered"]);
    })
    .await;
}

/// Longer than an answer may take in which something of this had to be waited for, and short enough for a test.
const SLOW: Duration = Duration::from_secs(1);

/// What goes wrong at the carrier, at Google and at the mail server at the same time: slow, failing, cut off.
fn outside_faults() -> [(Fault, Fault, MailFault); 4] {
    [
        (Fault::Slow(SLOW), Fault::Slow(SLOW), MailFault::Slow(MailStep::Hello, SLOW)),
        (Fault::Status(503), Fault::Status(500), MailFault::Refuse(MailStep::Connect, 421)),
        (Fault::HangUpBeforeAccepting, Fault::HangUpBeforeAccepting, MailFault::HangUp(MailStep::Sender)),
        (Fault::Silent(SLOW), Fault::Silent(SLOW), MailFault::Refuse(MailStep::Receiver, 451)),
    ]
}

#[tokio::test]
async fn while_carrier_google_and_mail_server_fail_every_call_is_connected_in_time_and_all_recovers() {
    run_sheet_test(sheet::sheet(), async |app, id| {
        sheet::one_client(app).await;
        app.world.add_handset(Handset::new(CLIENT));
        let applicant = "+33639980021";
        app.world.add_handset(Handset::new(applicant));
        app.number("+33199000601", "FR", NumberType::Local).await;
        let request = confirmations::request("P-1", applicant, "leo@example.com");
        let (status, body) = app.post("/confirmations/create", request).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        app.advance(1).await;
        let resend = json!({ "pending_id": "P-1", "channel": "email" });
        let (status, body) = app.post("/confirmations/resend", resend).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        for (round, (carrier, google, mail)) in outside_faults().into_iter().enumerate() {
            app.world.fail_next_of(Operation::CreateMessage, carrier);
            app.world.google().fail_next_of(RequestKind::Read, google.clone());
            app.world.google().fail_next_of(RequestKind::Write, google);
            app.world.fail_next_mail(mail);
            let sid = format!("SM{round}");
            let form = [("MessageSid", sid.as_str()), ("From", COURIER), ("To", sheet::PROXY), ("Body", sid.as_str())];
            assert!(!app.webhook("/twilio/sms", &form).await.1.contains("<Message>"));
            app.clock.advance(jiff::SignedDuration::from_secs(30));
            // The outside world is waited for by those who work for it, while somebody calls.
            let calls = async {
                for call in 0..5 {
                    let sid = format!("CA{round}-{call}");
                    let start = Instant::now();
                    let form = [("CallSid", sid.as_str()), ("From", COURIER), ("To", sheet::PROXY)];
                    let (status, answer) = app.webhook("/twilio/voice", &form).await;
                    assert!(start.elapsed() < LIMIT, "{:?}", start.elapsed());
                    assert!(status == 200 && answer.contains("<Dial") && answer.contains(CLIENT), "{answer}");
                }
            };
            let (jobs, _, ()) = tokio::join!(app.service.run_due_jobs(), app.service.mirror_sheet(), calls);
            jobs.unwrap();
        }
        for _ in 0..10 {
            app.advance(120).await;
        }
        for _ in 0..10 {
            app.clock.advance(jiff::SignedDuration::from_secs(30));
            let _ = app.service.mirror_sheet().await;
        }
        app.mirror().await;
        // What the carrier was silent about may have been sent: it is looked up, and not sent a second time.
        let delivered = app.outcomes().await.iter().filter(|outcome| *outcome == "delivered").count();
        let unknown = app.outcomes().await.iter().filter(|outcome| *outcome == "unknown").count();
        let texts: BTreeSet<_> = app.world.inbox(CLIENT).into_iter().map(|text| text.body).collect();
        assert_eq!((texts.len(), app.world.inbox(CLIENT).len(), delivered + unknown), (delivered, delivered, 4));
        assert!(unknown <= 2, "only what was cut off is in doubt: {:?}", app.outcomes().await);
        assert_eq!(app.world.mails_to("leo@example.com").len(), 1);
        assert_eq!(sheet::cell(app, id, "Clients!H3"), COURIER);
        assert!(app.service.ledger.sheet_state().await.unwrap().failure.is_none());
    })
    .await;
}
