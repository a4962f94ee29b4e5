//! Promises: a mail server that speaks SMTP (RFC 5321) on this machine's loopback, takes every letter that is handed over
//! in order, keeps it in the world as it came and as a person reads it, and delivers it to nobody.
//!
//! It offers no encryption: what is sent to it does not leave the machine.

mod command;
mod session;

use std::net::{Ipv4Addr, SocketAddr};

use jiff::Timestamp;
use mail_parser::MessageParser;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::world::World;

/// A letter as the mail server took it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedMail {
    /// When.
    pub at: Timestamp,
    /// The sender of the envelope; empty: nobody, as for reports of failure.
    pub from: String,
    /// The receivers of the envelope.
    pub to: Vec<String>,
    /// As whom the client had signed in.
    pub signed_in_as: Option<String>,
    /// Headers and body as they came, without the dots that SMTP adds.
    pub raw: String,
    /// The Message-ID, without its brackets.
    pub message_id: Option<String>,
    /// The subject, decoded.
    pub subject: String,
    /// The part in plain text, decoded; empty when there is none.
    pub text: String,
    /// The part in HTML, decoded; empty when there is none.
    pub html: String,
}

impl ReceivedMail {
    /// Reads a letter as a mail program would.
    fn read(at: Timestamp, envelope: Envelope, signed_in_as: Option<String>, raw: &[u8]) -> Self {
        let parsed = MessageParser::default().parse(raw).unwrap_or_default();
        let part = |ids: &[u32]| {
            let part = ids.first().and_then(|id| usize::try_from(*id).ok()).and_then(|id| parsed.parts.get(id));
            part.and_then(|part| part.text_contents()).unwrap_or_default().to_owned()
        };
        let of_kind = |ids: &[u32], html: bool| {
            let here = ids.iter().copied().filter(|id| {
                let part = usize::try_from(*id).ok().and_then(|id| parsed.parts.get(id));
                part.is_some_and(|part| part.is_text_html() == html)
            });
            part(&here.collect::<Vec<_>>())
        };
        Self {
            at,
            from: envelope.from,
            to: envelope.to,
            signed_in_as,
            raw: String::from_utf8_lossy(raw).into_owned(),
            message_id: parsed.message_id().map(str::to_owned),
            subject: parsed.subject().unwrap_or_default().to_owned(),
            text: of_kind(&parsed.text_body, false),
            html: of_kind(&parsed.html_body, true),
        }
    }

    /// The web addresses in the plain text, in order, each once.
    #[must_use]
    pub fn links(&self) -> Vec<&str> {
        let mut links = Vec::new();
        for word in self.text.split_whitespace() {
            let word = word.trim_matches(|c: char| matches!(c, '<' | '>' | '(' | ')' | ',' | '"'));
            if (word.starts_with("http://") || word.starts_with("https://")) && !links.contains(&word) {
                links.push(word);
            }
        }
        links
    }
}

/// Who sends to whom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Envelope {
    from: String,
    to: Vec<String>,
}

/// Who may send.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: String,
}

/// The running mail server. Dropped, it stops at once.
pub(crate) struct Mailbox {
    address: SocketAddr,
    stop: CancellationToken,
    sessions: TaskTracker,
}

impl Mailbox {
    /// Listens on 127.0.0.1.
    pub(crate) async fn start(world: World, port: u16) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let (address, stop, sessions) = (listener.local_addr()?, CancellationToken::new(), TaskTracker::new());
        sessions.close();
        let (stopped, tracker) = (stop.clone(), sessions.clone());
        sessions.spawn(async move {
            loop {
                let accepted = tokio::select! {
                    () = stopped.cancelled() => return,
                    accepted = listener.accept() => accepted,
                };
                let Ok((stream, _)) = accepted else { continue };
                let (world, stopped) = (world.clone(), stopped.clone());
                tracker.spawn(async move {
                    tokio::select! {
                        () = stopped.cancelled() => {}
                        // A connection that breaks is the client's affair.
                        _ = session::serve(&world, stream) => {}
                    }
                });
            }
        });
        Ok(Self { address, stop, sessions })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends every conversation.
    pub(crate) async fn shutdown(&self) {
        self.stop.cancel();
        self.sessions.wait().await;
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
