//! Promises: against a server that really speaks SMTP, a letter arrives as it was meant, and each way of failing says
//! what became of it.
#![expect(clippy::expect_used, reason = "helpers of tests, which clippy takes for production code")]

use std::time::Duration;

use proxycall_domain::{Language, MailAddress, PersonName};
use proxycall_notify::{SmtpConfig, SmtpMailer, SmtpTls};
use proxycall_sandbox::{MailFault, MailStep as Step, Options, Sandbox};
use proxycall_service::ports::{
    MailError, Mailer as _,
    mailer::{Letter, MailStep},
};
use rstest::rstest;

const LINK: &str = "https://calls.example.com/activate?id=cnf_1&token=canary-of-the-link";
const NAME: &str = "Zoé Canary-of-the-name";
const TO: &str = "canary-of-the-address@example.com";

async fn sandbox() -> Sandbox {
    Sandbox::start(Options::default()).await.expect("a sandbox")
}

fn config(sandbox: &Sandbox) -> SmtpConfig {
    let address = sandbox.mail_address();
    SmtpConfig {
        host: address.ip().to_string(),
        port: address.port(),
        tls: SmtpTls::None,
        login: None,
        from: "Ma Boutique <shop@example.com>".parse().expect("a sender"),
    }
}

fn mailer(sandbox: &Sandbox) -> SmtpMailer {
    SmtpMailer::new(config(sandbox)).expect("a mailer")
}

fn letter(language: Language) -> Letter {
    let name = PersonName::parse("name", NAME).expect("a name");
    Letter::ConfirmationLink { name, link: LINK.to_owned(), language, valid_hours: 24 }
}

async fn send(mailer: &SmtpMailer) -> Result<(), MailError> {
    let to = MailAddress::parse("mail", TO).expect("an address");
    let sent = mailer.send(&to, &letter(Language::Fr), "mail_1").await;
    if let Err(error) = &sent {
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("anary") && !shown.contains("127.0.0.1"), "{shown}");
    }
    sent
}

#[rstest]
#[case(Language::Fr, "Confirmez votre numéro de téléphone")]
#[case(Language::En, "Confirm your phone number")]
#[tokio::test]
async fn a_letter_arrives_with_both_parts_and_its_id(#[case] language: Language, #[case] subject: &str) {
    let sandbox = sandbox().await;
    let to = MailAddress::parse("mail", TO).expect("an address");
    mailer(&sandbox).send(&to, &letter(language), "mail_1").await.expect("it is taken");
    let [mail] = sandbox.world().mails().try_into().expect("one letter");
    assert_eq!((mail.from.as_str(), mail.to), ("shop@example.com", vec![TO.to_owned()]));
    assert_eq!((mail.subject.as_str(), mail.message_id.as_deref()), (subject, Some("mail_1@example.com")));
    assert!(mail.text.contains(NAME) && mail.html.contains(NAME), "{}", mail.html);
    assert_eq!(mail.text.split_whitespace().filter(|word| *word == LINK).count(), 1);
    assert!(mail.html.contains("token=canary-of-the-link"));
    sandbox.shutdown().await;
}

#[tokio::test]
async fn a_letter_sent_again_is_recognised_by_its_id() {
    let sandbox = sandbox().await;
    let mailer = mailer(&sandbox);
    for _ in 0..2 {
        send(&mailer).await.expect("it is taken");
    }
    let ids: Vec<_> = sandbox.world().mails().into_iter().map(|mail| mail.message_id).collect();
    assert_eq!(ids, [Some("mail_1@example.com".to_owned()), Some("mail_1@example.com".to_owned())]);
    sandbox.shutdown().await;
}

#[tokio::test]
async fn a_server_that_asks_for_a_login_gets_it_and_a_wrong_one_is_refused() {
    let sandbox = sandbox().await;
    sandbox.world().require_mail_login("shop", "secret");
    let with = |password: &str| {
        let login = Some(("shop".to_owned(), password.into()));
        SmtpMailer::new(SmtpConfig { login, ..config(&sandbox) }).expect("a mailer")
    };
    send(&with("secret")).await.expect("it is taken");
    assert_eq!(sandbox.world().mails().first().and_then(|mail| mail.signed_in_as.clone()).as_deref(), Some("shop"));
    with("secret").check().await.expect("all is well");
    for error in [with("canary").check().await, send(&with("canary")).await] {
        assert!(matches!(error, Err(MailError::Refused { code: 535, step: MailStep::SignIn, .. })), "{error:?}");
    }
    let error = send(&mailer(&sandbox)).await;
    assert!(matches!(error, Err(MailError::Refused { code: 530, step: MailStep::Sender, .. })), "{error:?}");
    sandbox.shutdown().await;
}

#[tokio::test]
async fn a_login_is_not_sent_to_a_server_that_asks_for_none() {
    let sandbox = sandbox().await;
    let login = Some(("shop".to_owned(), "secret".into()));
    let mailer = SmtpMailer::new(SmtpConfig { login, ..config(&sandbox) }).expect("a mailer");
    assert!(matches!(mailer.check().await, Err(MailError::Refused { code: 504, step: MailStep::SignIn, .. })));
    sandbox.shutdown().await;
}

#[tokio::test]
async fn nothing_is_sent_where_encryption_is_expected_and_not_offered() {
    let sandbox = sandbox().await;
    let mailer = SmtpMailer::new(SmtpConfig { tls: SmtpTls::Auto, ..config(&sandbox) }).expect("a mailer");
    let Err(MailError::Unreachable(reason)) = send(&mailer).await else { panic!("it was sent") };
    assert!(reason.contains("STARTTLS"), "{reason}");
    assert!(sandbox.world().mails().is_empty());
    sandbox.shutdown().await;
}

#[rstest]
#[case(Step::Connect, MailStep::Greeting)]
#[case(Step::Hello, MailStep::Greeting)]
#[case(Step::Sender, MailStep::Sender)]
#[case(Step::Receiver, MailStep::Receiver)]
#[case(Step::Data, MailStep::Letter)]
#[case(Step::Letter, MailStep::Letter)]
#[tokio::test]
async fn a_refusal_says_where_and_whether_it_lasts(#[case] at: Step, #[case] told: MailStep) {
    let sandbox = sandbox().await;
    let mailer = mailer(&sandbox);
    sandbox.world().fail_next_mail(MailFault::Refuse(at, 451));
    assert_eq!(send(&mailer).await, Err(MailError::TryLater { code: 451, step: told }));
    sandbox.world().fail_next_mail(MailFault::Refuse(at, 554));
    let error = send(&mailer).await.expect_err("it is refused");
    assert!(matches!(error, MailError::Refused { code: 554, step, .. } if step == told), "{error:?}");
    assert!(error.to_string().contains("check") || error.to_string().contains("look"), "{error}");
    assert!(sandbox.world().mails().is_empty());
    send(&mailer).await.expect("the next one is taken");
    sandbox.shutdown().await;
}

#[rstest]
#[case(Step::Connect)]
#[case(Step::Hello)]
#[case(Step::Sender)]
#[case(Step::Receiver)]
#[case(Step::Data)]
#[tokio::test]
async fn a_connection_that_ends_before_the_letter_left_means_that_nothing_was_sent(#[case] at: Step) {
    let sandbox = sandbox().await;
    sandbox.world().fail_next_mail(MailFault::HangUp(at));
    let error = send(&mailer(&sandbox)).await;
    assert!(matches!(error, Err(MailError::Unreachable(_))), "{error:?}");
    sandbox.shutdown().await;
}

#[rstest]
#[case(MailFault::HangUp(Step::Letter), 0)]
#[case(MailFault::HangUpAfterAccepting, 1)]
#[tokio::test]
async fn a_connection_that_ends_after_the_letter_left_means_that_nobody_knows(
    #[case] fault: MailFault,
    #[case] kept: usize,
) {
    let sandbox = sandbox().await;
    sandbox.world().fail_next_mail(fault);
    let error = send(&mailer(&sandbox)).await;
    assert!(matches!(error, Err(MailError::AnswerLost(_))), "{error:?}");
    assert_eq!(sandbox.world().mails().len(), kept);
    sandbox.shutdown().await;
}

/// Longer than the mailer waits, and than the test.
const FOREVER: Duration = Duration::from_secs(600);

#[tokio::test]
async fn a_server_that_is_too_slow_is_given_up_and_the_error_says_whether_the_letter_left() {
    let sandbox = sandbox().await;
    let mailer = mailer(&sandbox).with_limit(Duration::from_millis(300));
    for at in [Step::Connect, Step::Sender, Step::Data] {
        sandbox.world().fail_next_mail(MailFault::Slow(at, FOREVER));
        assert!(matches!(send(&mailer).await, Err(MailError::Unreachable(_))), "{at:?}");
    }
    sandbox.world().fail_next_mail(MailFault::Slow(Step::Letter, FOREVER));
    assert!(matches!(send(&mailer).await, Err(MailError::AnswerLost(_))));
    sandbox.world().fail_next_mail(MailFault::Slow(Step::Connect, FOREVER));
    assert!(matches!(mailer.check().await, Err(MailError::Unreachable(_))));
    sandbox.shutdown().await;
}

#[tokio::test]
async fn nobody_there_means_that_nothing_was_sent() {
    let sandbox = sandbox().await;
    let mailer = mailer(&sandbox);
    sandbox.shutdown().await;
    for error in [send(&mailer).await, mailer.check().await] {
        assert!(matches!(error, Err(MailError::Unreachable(_))), "{error:?}");
    }
}

#[tokio::test]
async fn an_address_that_no_header_can_hold_is_never_tried() {
    let sandbox = sandbox().await;
    let to = MailAddress::from_store("zoe@example.com\r\nBcc: x@example.com".to_owned());
    let sent = mailer(&sandbox).send(&to, &letter(Language::Fr), "mail_1").await;
    assert_eq!(sent, Err(MailError::NotSendable));
    assert!(sandbox.world().mails().is_empty());
    sandbox.shutdown().await;
}

#[test]
fn settings_show_neither_login_nor_sender() {
    let config = SmtpConfig {
        host: "smtp.example.com".to_owned(),
        port: 587,
        tls: SmtpTls::Auto,
        login: Some(("canary-user".to_owned(), "canary-password".into())),
        from: "Canary <canary@example.com>".parse().expect("a sender"),
    };
    let shown = format!("{config:?} {:?}", SmtpMailer::new(config.clone()).expect("a mailer"));
    assert!(!shown.to_lowercase().contains("canary"), "{shown}");
    assert!(shown.contains("smtp.example.com"));
}
