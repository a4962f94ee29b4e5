//! Promises: whoever speaks SMTP to the mail server, byte by byte, is answered as RFC 5321 says.
#![expect(clippy::expect_used, reason = "helpers of tests, which clippy takes for production code")]

use std::time::Duration;

use proxycall_sandbox::{MailFault, MailStep, Options, ReceivedMail, Sandbox, World, control::Client};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

/// Far longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(20);

/// A client that writes what it is told and reads replies.
struct Wire {
    read: BufReader<OwnedReadHalf>,
    write: OwnedWriteHalf,
}

impl Wire {
    /// Connects and reads no greeting.
    async fn silent(sandbox: &Sandbox) -> Self {
        let (read, write) = TcpStream::connect(sandbox.mail_address()).await.expect("a connection").into_split();
        Self { read: BufReader::new(read), write }
    }

    async fn greeted(sandbox: &Sandbox) -> Self {
        let mut wire = Self::silent(sandbox).await;
        assert!(wire.reply().await.starts_with("220 "));
        wire
    }

    async fn write(&mut self, text: &str) {
        self.write.write_all(text.as_bytes()).await.expect("the server reads");
    }

    /// The next reply, all of its lines; empty when the connection is closed.
    async fn reply(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let mut line = String::new();
            let read = self.read.read_line(&mut line);
            tokio::time::timeout(LIMIT, read).await.expect("an answer in time").unwrap_or_default();
            let last = line.as_bytes().get(3) != Some(&b'-');
            reply.push_str(&line);
            if last {
                return reply;
            }
        }
    }

    /// Writes one line; the code of the reply, 0 when the connection is closed.
    async fn code(&mut self, line: &str) -> u16 {
        self.write(&format!("{line}\r\n")).await;
        self.reply().await.get(..3).and_then(|code| code.parse().ok()).unwrap_or_default()
    }

    /// Says these lines and gets these codes.
    async fn talk(&mut self, lines: &[(&str, u16)]) {
        for (line, expected) in lines {
            assert_eq!(self.code(line).await, *expected, "{line}");
        }
    }

    async fn is_closed(&mut self) -> bool {
        let mut rest = Vec::new();
        let read = tokio::time::timeout(LIMIT, self.read.read_to_end(&mut rest)).await.expect("an end in time");
        read.is_err() || rest.is_empty()
    }
}

const FROM: (&str, u16) = ("MAIL FROM:<shop@example.com>", 250);
const TO: (&str, u16) = ("RCPT TO:<zoe@example.com>", 250);
const EHLO: (&str, u16) = ("EHLO test", 250);
const LETTER: &str = "Subject: Hello\r\n\r\nHello\r\n.";

async fn sandbox() -> (Sandbox, World) {
    let sandbox = Sandbox::start(Options::default()).await.expect("a sandbox");
    let world = sandbox.world();
    (sandbox, world)
}

fn only(world: &World) -> ReceivedMail {
    let mut mails = world.mails();
    assert_eq!(mails.len(), 1);
    mails.remove(0)
}

#[tokio::test]
async fn a_letter_is_kept_with_its_envelope_and_read_as_a_person_reads_it() {
    let (sandbox, world) = sandbox().await;
    let mut wire = Wire::greeted(&sandbox).await;
    wire.talk(&[EHLO, FROM, TO, ("RCPT TO:<amir@example.com>", 250), ("DATA", 354)]).await;
    let letter = "From: Shop <shop@example.com>\r\nTo: zoe@example.com\r\nMessage-ID: <1@example.com>\r\n\
        Subject: =?utf-8?q?Bonjour_Zo=C3=A9?=\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/alternative; boundary=x\r\n\r\n\
        --x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
        D=C3=A9j=C3=A0 http://127.0.0.1/a?b=\r\n=3D1\r\n..\r\n\
        --x\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n\
        PHA+RMOpasOgPC9wPg==\r\n--x--\r\n.";
    assert_eq!(wire.code(letter).await, 250);
    assert_eq!(wire.code("QUIT").await, 221);
    assert!(wire.is_closed().await);
    let mail = only(&world);
    assert_eq!(
        (mail.from.as_str(), mail.to.join(" ")),
        ("shop@example.com", "zoe@example.com amir@example.com".into())
    );
    assert_eq!((mail.subject.as_str(), mail.message_id.as_deref()), ("Bonjour Zoé", Some("1@example.com")));
    assert_eq!(mail.text.trim_end().replace("\r\n", "\n"), "Déjà http://127.0.0.1/a?b=1\n.", "one dot was added");
    assert_eq!((mail.html.as_str(), mail.links()), ("<p>Déjà</p>", vec!["http://127.0.0.1/a?b=1"]));
    assert!(mail.raw.starts_with("From: Shop <shop@example.com>\r\n") && mail.raw.ends_with("--x--\r\n"));
    assert_eq!(world.mails_to("AMIR@example.com"), [mail]);
    sandbox.shutdown().await;
}

#[tokio::test]
async fn what_comes_out_of_order_is_answered_503_and_changes_nothing() {
    let (sandbox, world) = sandbox().await;
    let mut wire = Wire::greeted(&sandbox).await;
    wire.talk(&[("MAIL FROM:<shop@example.com>", 503), EHLO, ("RCPT TO:<zoe@example.com>", 503), ("DATA", 503)]).await;
    wire.talk(&[FROM, ("MAIL FROM:<other@example.com>", 503), ("DATA", 503), TO, ("RSET", 250), ("DATA", 503)]).await;
    wire.talk(&[("NOOP", 250), ("VRFY zoe", 252), ("HELP", 214), ("FROBNICATE", 500), ("STARTTLS", 502)]).await;
    // Greeting again forgets the letter under way.
    wire.talk(&[FROM, TO, ("HELO test", 250), ("DATA", 503), FROM, TO, ("DATA", 354), (LETTER, 250)]).await;
    assert_eq!(only(&world).from, "shop@example.com");
    sandbox.shutdown().await;
}

#[tokio::test]
async fn commands_sent_at_once_are_answered_in_order() {
    let (sandbox, world) = sandbox().await;
    let mut wire = Wire::greeted(&sandbox).await;
    wire.talk(&[EHLO]).await;
    wire.write(&format!("{}\r\n{}\r\nDATA\r\n", FROM.0, TO.0)).await;
    for expected in ["250", "250", "354"] {
        assert!(wire.reply().await.starts_with(expected));
    }
    wire.write(&format!("{LETTER}\r\nQUIT\r\n")).await;
    for expected in ["250", "221"] {
        assert!(wire.reply().await.starts_with(expected));
    }
    assert_eq!(only(&world).subject, "Hello");
    sandbox.shutdown().await;
}

#[tokio::test]
async fn only_who_signs_in_may_send_where_that_is_asked_for() {
    let (sandbox, world) = sandbox().await;
    world.require_mail_login("shop", "secret");
    let mut wire = Wire::greeted(&sandbox).await;
    wire.write("EHLO test\r\n").await;
    assert!(wire.reply().await.contains("AUTH PLAIN LOGIN"));
    wire.talk(&[
        ("MAIL FROM:<shop@example.com>", 530),
        ("AUTH CRAM-MD5", 504),
        ("AUTH PLAIN AHNob3AAd3Jvbmc=", 535), // shop, wrong
        ("AUTH PLAIN !", 501),
        ("AUTH LOGIN", 334),
        ("*", 501),
        ("AUTH LOGIN", 334),
        ("c2hvcA==", 334),
        ("c2VjcmV0", 235),
        ("AUTH PLAIN AHNob3AAc2VjcmV0", 503),
        FROM,
        TO,
        ("DATA", 354),
        (LETTER, 250),
    ])
    .await;
    let mut wire = Wire::greeted(&sandbox).await;
    wire.talk(&[EHLO, ("AUTH PLAIN", 334), ("AHNob3AAc2VjcmV0", 235)]).await;
    assert_eq!(only(&world).signed_in_as.as_deref(), Some("shop"));
    sandbox.shutdown().await;
}

#[tokio::test]
async fn what_is_too_large_is_refused_by_its_announcement_or_at_its_end() {
    let (sandbox, world) = sandbox().await;
    let mut wire = Wire::greeted(&sandbox).await;
    wire.talk(&[EHLO, ("MAIL FROM:<shop@example.com> SIZE=99999999", 552), FROM, TO, ("DATA", 354)]).await;
    let long_line = format!("Subject: {}\r\n\r\nHello\r\n.", "a".repeat(1_000));
    assert_eq!(wire.code(&long_line).await, 552);
    wire.talk(&[FROM, TO, ("DATA", 354)]).await;
    let large = format!("Subject: Hello\r\n\r\n{}.", format!("{}\r\n", "a".repeat(900)).repeat(1_200));
    assert_eq!(wire.code(&large).await, 552);
    wire.talk(&[FROM, TO, ("DATA", 354), (LETTER, 250)]).await;
    assert_eq!(only(&world).subject, "Hello");
    assert_eq!(wire.code(&"a".repeat(5_000)).await, 500);
    sandbox.shutdown().await;
}

#[tokio::test]
async fn a_letter_without_its_end_is_not_kept_and_a_bare_line_feed_ends_none() {
    let (sandbox, world) = sandbox().await;
    let mut wire = Wire::greeted(&sandbox).await;
    wire.talk(&[
        EHLO,
        FROM,
        TO,
        ("DATA", 354),
        ("Subject: Hello\r\n\r\nHello\n.\nMAIL FROM:<x@example.com>\r\n.", 250),
    ])
    .await;
    assert!(only(&world).text.contains("MAIL FROM"), "smuggled commands stay text");
    wire.write("NOOP\n").await;
    assert!(wire.reply().await.starts_with("500"));
    wire.talk(&[FROM, TO, ("DATA", 354)]).await;
    wire.write("Subject: Half\r\n").await;
    drop(wire);
    let mut other = Wire::greeted(&sandbox).await;
    assert_eq!(other.code("NOOP").await, 250);
    sandbox.shutdown().await;
    assert_eq!(world.mails().len(), 1);
}

#[tokio::test]
async fn each_fault_strikes_one_conversation_at_its_step() {
    let (sandbox, world) = sandbox().await;
    let client = Client::new(sandbox.base_url()).expect("a client");
    for fault in [MailFault::Refuse(MailStep::Connect, 554), MailFault::HangUp(MailStep::Connect)] {
        client.fail_next_mail(&proxycall_sandbox::control::MailFaultRequest { fault }).await.expect("it is noted");
    }
    assert!(Wire::silent(&sandbox).await.reply().await.starts_with("554"));
    assert!(Wire::silent(&sandbox).await.is_closed().await);
    let all = [EHLO, FROM, TO, ("DATA", 354), (LETTER, 250)];
    for (index, step) in [MailStep::Hello, MailStep::Sender, MailStep::Receiver, MailStep::Data, MailStep::Letter]
        .into_iter()
        .enumerate()
    {
        world.fail_next_mail(MailFault::Refuse(step, 451));
        world.fail_next_mail(MailFault::HangUp(step));
        for expected in [451, 0] {
            let mut wire = Wire::greeted(&sandbox).await;
            wire.talk(all.get(..index).expect("steps")).await;
            assert_eq!(wire.code(all.get(index).expect("a step").0).await, expected, "{step:?}");
        }
        assert_eq!(world.mails(), [], "{step:?}");
    }
    world.fail_next_mail(MailFault::HangUpAfterAccepting);
    let mut wire = Wire::greeted(&sandbox).await;
    wire.talk(&[EHLO, FROM, TO, ("DATA", 354), (LETTER, 0)]).await;
    assert_eq!(client.mails().await.expect("a list"), world.mails());
    assert_eq!(only(&world).subject, "Hello");
    sandbox.shutdown().await;
}
