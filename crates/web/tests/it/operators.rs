//! What operators are told by letter: alerts as they come, stand and go, and the report of each week.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use proxycall_domain::{MailAddress, NumberType};
use proxycall_service::{
    Service,
    operators::OperatorDesk,
    ports::{
        Clock as _, Ledger as _,
        clock::Ids as _,
        ledger::{Alert, Work},
    },
};
use proxycall_testkit::{
    app::{CLIENT, COURIER, TestApp, carrier_at, run_desk_test},
    sandbox::{MailFault, MailStep, google::Role, mailbox::ReceivedMail, world::Behaviour},
};

use crate::sheet::sheet;

const OPS: &str = "ops@example.com";
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Nobody is told the week: these tests are about alerts.
async fn alerts_only(app: &TestApp) {
    app.setting("report.enabled", "off").await;
    app.service.schedule_telling().await.unwrap();
    app.drain_jobs().await;
    assert_eq!(app.world.mails(), []);
}

async fn raise(app: &TestApp, subject: &str) {
    let now = app.clock.now();
    let (kind, subject, detail) = ("low_stock".to_owned(), subject.to_owned(), "few are left".into());
    let alert = Alert { id: app.service.chance.alert_id(now), kind, subject, detail, raised_at: now };
    app.store.raise_alert(alert).await.unwrap();
}

async fn clear(app: &TestApp, subject: &str) {
    app.store.clear_alert("low_stock", subject.to_owned(), app.clock.now()).await.unwrap();
}

/// Time passes, and who looks every minute has looked.
async fn pass(app: &TestApp, seconds: i64) {
    app.advance(seconds - MINUTE).await;
    app.advance(MINUTE).await;
}

fn subjects(app: &TestApp) -> Vec<String> {
    app.world.mails_to(OPS).into_iter().map(|mail| mail.subject).collect()
}

fn ids(mails: &[ReceivedMail]) -> BTreeSet<String> {
    mails.iter().map(|mail| mail.message_id.clone().expect("a Message-ID")).collect()
}

#[tokio::test]
async fn a_low_stock_is_mailed_when_it_is_found_again_after_eight_hours_and_when_it_is_over() {
    run_desk_test(&[OPS], None, async |app| {
        alerts_only(app).await;
        app.client(1, CLIENT).await;
        app.setting("alerts.stock_below", "1").await;
        app.service.schedule_pool_care().await.unwrap();
        pass(app, 2 * MINUTE).await;
        assert_eq!(subjects(app), ["[ProxyCall] Alerte : Stock bas (FR mobile)"]);
        pass(app, 8 * HOUR - 3 * MINUTE).await;
        assert_eq!(subjects(app).len(), 1, "it was told less than 480 minutes ago");
        pass(app, 3 * MINUTE).await;
        assert_eq!(subjects(app)[1..], ["[ProxyCall] Rappel : Stock bas (FR mobile)"]);
        app.number("+33199009100", "FR", NumberType::Mobile).await;
        pass(app, 3 * MINUTE).await;
        assert_eq!(subjects(app)[2..], ["[ProxyCall] Terminé : Stock bas (FR mobile)"]);
        pass(app, 9 * HOUR).await;
        let mails = app.world.mails_to(OPS);
        assert_eq!((mails.len(), ids(&mails).len()), (3, 3), "nothing more is told, and each letter is one of its own");
        for mail in &mails {
            assert_eq!(mail.to, [OPS]);
            for part in [&mail.raw, &mail.text, &mail.html] {
                assert!(!part.contains(CLIENT) && !part.contains("Client 1") && !part.contains("client1@"), "{part}");
            }
        }
        assert!(mails[0].text.contains("Numéros FR mobile disponibles : 0 ; il en faudrait 1."), "{}", mails[0].text);
        assert!(mails[0].text.contains("toutes les 8\u{a0}heures"), "{}", mails[0].text);
    })
    .await;
}

#[tokio::test]
async fn several_alerts_are_one_letter_to_each_in_the_operators_language() {
    run_desk_test(&[OPS, "chief@example.com", "OPS@example.com"], None, async |app| {
        app.setting("alerts.language", "en").await;
        alerts_only(app).await;
        for subject in ["FR mobile", "GB mobile", "BE local"] {
            raise(app, subject).await;
        }
        app.advance(MINUTE).await;
        for receiver in [OPS, "chief@example.com"] {
            let mails = app.world.mails_to(receiver);
            assert_eq!(mails.len(), 1, "{receiver}");
            assert_eq!(mails[0].subject, "[ProxyCall] Alerts: 3 new");
            assert!(["FR mobile", "GB mobile", "BE local"].iter().all(|subject| mails[0].text.contains(subject)));
        }
        clear(app, "GB mobile").await;
        clear(app, "BE local").await;
        raise(app, "ES mobile").await;
        app.advance(MINUTE).await;
        let mails = app.world.mails();
        assert_eq!((mails.len(), ids(&mails).len()), (4, 4));
        assert!(mails[2..].iter().all(|mail| mail.subject == "[ProxyCall] Alerts: 1 new, 2 over"), "{mails:?}");
    })
    .await;
}

#[tokio::test]
async fn what_came_and_went_before_anybody_looked_is_not_mailed() {
    run_desk_test(&[OPS], None, async |app| {
        alerts_only(app).await;
        raise(app, "FR mobile").await;
        clear(app, "FR mobile").await;
        pass(app, HOUR).await;
        assert_eq!(app.world.mails(), []);
    })
    .await;
}

#[tokio::test]
async fn without_an_address_nothing_is_mailed_and_what_stands_is_told_to_whom_is_named_later() {
    run_desk_test(&[], None, async |app| {
        alerts_only(app).await;
        raise(app, "FR mobile").await;
        pass(app, 2 * DAY).await;
        assert_eq!(app.world.mails(), []);
        let restarted = Service { desk: OperatorDesk::new(vec![mail(OPS)]), ..again(app) };
        restarted.policy.refresh(restarted.ledger.as_ref()).await.unwrap();
        app.clock.advance(SignedDuration::from_secs(MINUTE));
        while restarted.run_due_jobs().await.unwrap() > 0 {}
        assert_eq!(subjects(app), ["[ProxyCall] Alerte : Stock bas (FR mobile)"]);
    })
    .await;
}

fn mail(address: &str) -> MailAddress {
    MailAddress::parse("mail", address).unwrap()
}

/// Another instance, or the same after a restart.
fn again(app: &TestApp) -> Service {
    app.instance(carrier_at(app.carrier_url()))
}

/// An instance takes the job, hands the letter over, and is killed before it can say so.
async fn die_after_sending(app: &TestApp) -> String {
    let now = app.clock.now();
    let jobs = app.store.claim_jobs(16, now, now + SignedDuration::from_secs(30)).await.unwrap();
    let [job] = jobs.as_slice() else { panic!("{jobs:?}") };
    let letter = match &job.work {
        Work::MailAlerts { .. } => app.service.standing_alerts_letter().await.unwrap(),
        Work::MailReport { week, .. } => app.service.report_letter(app.service.weekly_report(*week).await.unwrap()),
        other => panic!("{other:?}"),
    };
    app.service.send_letter(&app.service.desk.mails[0], &letter, job.id).await.unwrap();
    app.world.mails_to(OPS).pop().and_then(|mail| mail.message_id).expect("a Message-ID")
}

#[tokio::test]
async fn a_letter_that_left_before_a_crash_goes_out_again_as_the_same_letter() {
    run_desk_test(&[OPS], None, async |app| {
        alerts_only(app).await;
        raise(app, "FR mobile").await;
        app.clock.advance(SignedDuration::from_secs(MINUTE));
        // This run looks and enqueues the letter; the next one would send it.
        assert_eq!(app.service.run_due_jobs().await.unwrap(), 1);
        let id = die_after_sending(app).await;
        app.advance(29).await;
        assert_eq!(subjects(app).len(), 1, "the dead instance's lease still holds");
        app.advance(1).await;
        let mails = app.world.mails_to(OPS);
        assert_eq!((mails.len(), ids(&mails)), (2, BTreeSet::from([id])));
        assert_eq!(mails[0].subject, mails[1].subject);
        pass(app, HOUR).await;
        assert_eq!(subjects(app).len(), 2, "and then it is done");
    })
    .await;
}

#[tokio::test]
async fn a_mail_server_that_is_down_for_a_day_gets_each_letter_once_and_a_lost_answer_counts_as_sent() {
    run_desk_test(&[OPS], None, async |app| {
        alerts_only(app).await;
        app.setting("alerts.repeat_minutes", "10080").await;
        for _ in 0..40 {
            app.world.fail_next_mail(MailFault::Refuse(MailStep::Connect, 421));
        }
        raise(app, "FR mobile").await;
        for _ in 0..(24 * 12) {
            app.advance(5 * MINUTE).await;
        }
        assert_eq!(subjects(app).len(), 1);
        app.world.fail_next_mail(MailFault::HangUpAfterAccepting);
        raise(app, "GB mobile").await;
        pass(app, HOUR).await;
        assert_eq!(subjects(app).len(), 2);
    })
    .await;
}

#[tokio::test]
async fn two_instances_tell_an_alert_and_a_week_once() {
    run_desk_test(&[OPS, "chief@example.com"], None, async |app| {
        let other = again(app);
        app.service.schedule_telling().await.unwrap();
        other.schedule_telling().await.unwrap();
        raise(app, "FR mobile").await;
        for _ in 0..5 {
            loop {
                let (one, two) = tokio::join!(app.service.run_due_jobs(), other.run_due_jobs());
                if one.unwrap() + two.unwrap() == 0 {
                    break;
                }
            }
            app.clock.advance(SignedDuration::from_secs(MINUTE));
        }
        for receiver in [OPS, "chief@example.com"] {
            let told: BTreeSet<_> = app.world.mails_to(receiver).into_iter().map(|mail| mail.subject).collect();
            assert_eq!((app.world.mails_to(receiver).len(), told.len()), (2, 2), "an alert and a week: {told:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn calls_that_the_carrier_cannot_carry_are_told_and_that_it_can_again() {
    run_desk_test(&[OPS], None, async |app| {
        let proxy = app.client(1, CLIENT).await;
        alerts_only(app).await;
        app.world.set_behaviour(CLIENT, Behaviour::Reject);
        for _ in 0..4 {
            app.call(COURIER, &proxy).await;
        }
        pass(app, 2 * MINUTE).await;
        assert_eq!(subjects(app).len(), 0, "four are accidents");
        app.call(COURIER, &proxy).await;
        app.advance(MINUTE).await;
        assert_eq!(subjects(app), ["[ProxyCall] Alerte : Appels ou SMS en échec (Twilio)"]);
        let text = app.world.mails_to(OPS).remove(0).text;
        assert!(
            text.contains("Sur 5 appels et messages en 15 minutes, l’opérateur télécom n’a pas pu en acheminer 5."),
            "{text}"
        );
        assert!(![CLIENT, COURIER, proxy.as_str()].iter().any(|number| text.contains(number)), "{text}");
        pass(app, 16 * MINUTE).await;
        assert_eq!(subjects(app)[1..], ["[ProxyCall] Terminé : Appels ou SMS en échec (Twilio)"]);
    })
    .await;
}

#[tokio::test]
async fn calls_and_texts_that_the_store_missed_are_told_once_it_is_back() {
    run_desk_test(&[OPS], None, async |app| {
        let proxy = app.client(1, CLIENT).await;
        alerts_only(app).await;
        let lock = app.store.database().lock().await;
        let call = [("CallSid", "CAmissed"), ("From", COURIER), ("To", proxy.as_str())];
        let text = [("MessageSid", "SMmissed"), ("From", COURIER), ("To", proxy.as_str()), ("Body", "Bonjour")];
        tokio::join!(app.webhook("/twilio/voice", &call), app.webhook("/twilio/sms", &text));
        lock.release().await;
        app.service.tell_missed_webhooks().await.unwrap();
        app.advance(MINUTE).await;
        assert_eq!(subjects(app), ["[ProxyCall] Alerte : Appels ou SMS en échec (base de données)"]);
        let told = app.world.mails_to(OPS).remove(0).text;
        assert!(told.contains("2 appels ou messages n’ont pas pu être enregistrés"), "{told}");
        pass(app, 17 * MINUTE).await;
        assert_eq!(subjects(app)[1..], ["[ProxyCall] Terminé : Appels ou SMS en échec (base de données)"]);
    })
    .await;
}

#[tokio::test]
async fn a_sheet_that_stands_still_for_a_quarter_of_an_hour_is_told_and_that_it_goes_on() {
    run_desk_test(&[OPS], Some(sheet()), async |app| {
        let (id, _) = app.world.google().spreadsheets().remove(0);
        app.mirror().await;
        alerts_only(app).await;
        app.world.google().unshare(&id);
        for minute in 1..=20 {
            let _it_fails = app.service.mirror_sheet().await;
            app.advance(MINUTE).await;
            let told = subjects(app).len();
            assert!(if minute < 15 { told == 0 } else { told <= 1 }, "minute {minute}: {told}");
        }
        assert_eq!(subjects(app), ["[ProxyCall] Alerte : Feuille Google à l’arrêt"]);
        assert!(app.world.mails_to(OPS)[0].text.contains("partagez le classeur"));
        app.world.google().share(&id, Role::Editor);
        app.clock.advance(SignedDuration::from_secs(150));
        app.mirror().await;
        app.advance(MINUTE).await;
        assert_eq!(subjects(app)[1..], ["[ProxyCall] Terminé : Feuille Google à l’arrêt"]);
    })
    .await;
}

/// The app's clock begins on Monday, 23 November 2026, at 09:00 in Paris: week 47 was due ten hours ago.
#[tokio::test]
async fn a_week_is_reported_once_on_sunday_at_23_and_late_when_the_service_was_down() {
    run_desk_test(&[OPS], None, async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.call(COURIER, &proxy).await;
        app.service.schedule_telling().await.unwrap();
        app.drain_jobs().await;
        let title = |week| format!("[ProxyCall] Rapport hebdomadaire : semaine {week} de 2026");
        assert_eq!(subjects(app), [title(47)], "late");
        pass(app, DAY).await;
        // A restart is no reason to send it again.
        let restarted = again(app);
        restarted.schedule_telling().await.unwrap();
        while restarted.run_due_jobs().await.unwrap() > 0 {}
        app.advance(5 * DAY + 14 * HOUR - MINUTE).await;
        assert_eq!(subjects(app), [title(47)], "it is Sunday, 22:59 in Paris");
        app.advance(MINUTE).await;
        assert_eq!(subjects(app), [title(47), title(48)]);
        pass(app, 2 * DAY).await;
        assert_eq!(subjects(app).len(), 2);
        let report = app.world.mails_to(OPS).remove(1);
        assert!(report.text.contains("lundi\u{a0}: 1 appel, 0 SMS"), "{}", report.text);
        for part in [&report.raw, &report.text, &report.html] {
            assert!(!part.contains(CLIENT) && !part.contains(COURIER) && !part.contains("Client 1"), "{part}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_report_more_than_three_days_late_is_not_sent_and_neither_is_one_that_nobody_wants() {
    run_desk_test(&[OPS], None, async |app| {
        app.clock.advance(SignedDuration::from_secs(2 * DAY + 14 * HOUR + 1));
        app.service.schedule_telling().await.unwrap();
        app.drain_jobs().await;
        assert_eq!(app.world.mails(), [], "it is Wednesday, 23:00:01");
        app.setting("report.enabled", "off").await;
        pass(app, 5 * DAY).await;
        assert_eq!(app.world.mails(), []);
        app.setting("report.enabled", "on").await;
        app.advance(MINUTE).await;
        assert_eq!(subjects(app), ["[ProxyCall] Rapport hebdomadaire : semaine 48 de 2026"]);
    })
    .await;
}

#[tokio::test]
async fn a_report_that_left_before_a_crash_goes_out_again_as_the_same_letter() {
    run_desk_test(&[OPS], None, async |app| {
        app.service.schedule_telling().await.unwrap();
        assert_eq!(app.service.run_due_jobs().await.unwrap(), 1);
        let id = die_after_sending(app).await;
        app.advance(30).await;
        let mails = app.world.mails_to(OPS);
        assert_eq!((mails.len(), ids(&mails)), (2, BTreeSet::from([id])));
    })
    .await;
}
