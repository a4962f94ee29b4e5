//! Promises: each way in which a carrier's or Google's API fails its user, one at a time and on demand.

use std::{collections::VecDeque, time::Duration};

use serde::{Deserialize, Serialize};

use crate::endpoints::Operation;

/// What goes wrong with one REST request. Handed to [`World::fail_next`](crate::World::fail_next) or
/// [`World::fail_next_of`](crate::World::fail_next_of), or to those of [`Google`](crate::google::Google); each is used
/// up by one request, in the order given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Answer with this HTTP status and do nothing.
    Status(u16),
    /// Answer with this HTTP status and `Retry-After` (whole seconds), and do nothing.
    StatusWithRetryAfter(u16, u64),
    /// Refuse with this Twilio error code (HTTP 400; at Google without it) and do nothing.
    Code(i32),
    /// Answer with this HTTP status and a page of HTML, as a proxy between would, and do nothing.
    Html(u16),
    /// Do what was asked, then drop the connection before a byte of the answer leaves.
    HangUpAfterAccepting,
    /// Drop the connection and do nothing. The client cannot tell this from the case above.
    HangUpBeforeAccepting,
    /// Do what was asked, and answer the first half of the JSON.
    HalfAnAnswer,
    /// Answer a page of a list that names itself as the next one. At Google, whose answers are one page, nothing
    /// happens.
    RepeatedPage,
    /// Wait this long, then do what was asked and answer.
    Slow(Duration),
    /// Be silent for this long, then drop the connection and do nothing.
    Silent(Duration),
}

/// What goes wrong with one conversation with the mail server. Handed to
/// [`World::fail_next_mail`](crate::World::fail_next_mail); each is used up by one connection, in the order given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailFault {
    /// Answer this step with this code, 400 to 599, and do nothing.
    Refuse(MailStep, u16),
    /// Drop the connection when this step comes, without an answer. At [`MailStep::Letter`] nothing is kept.
    HangUp(MailStep),
    /// Keep the letter, then drop the connection before a byte of the answer leaves. The client cannot tell this from
    /// a [`MailFault::HangUp`] at [`MailStep::Letter`].
    HangUpAfterAccepting,
    /// Wait this long before this step is answered, then go on as usual.
    Slow(MailStep, Duration),
}

/// A step of a conversation with a mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailStep {
    /// The connection, before the greeting.
    Connect,
    /// `EHLO` or `HELO`.
    Hello,
    /// `AUTH`.
    Auth,
    /// `MAIL FROM`.
    Sender,
    /// `RCPT TO`.
    Receiver,
    /// `DATA`, before the letter.
    Data,
    /// The end of the letter.
    Letter,
}

impl MailFault {
    /// The step that it waits for.
    pub(crate) fn step(&self) -> MailStep {
        match self {
            Self::Refuse(step, _) | Self::HangUp(step) | Self::Slow(step, _) => *step,
            Self::HangUpAfterAccepting => MailStep::Letter,
        }
    }
}

/// Faults that wait for their requests; `K` says what a request is for.
#[derive(Debug)]
pub(crate) struct Faults<K = Operation>(VecDeque<(Option<K>, Fault)>);

impl<K> Default for Faults<K> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<K: PartialEq> Faults<K> {
    /// For the next request of `operation`; none: for the next of any kind.
    pub(crate) fn plan(&mut self, operation: Option<K>, fault: Fault) {
        self.0.push_back((operation, fault));
    }

    /// The fault of a request for `operation`, if one waits for it.
    pub(crate) fn take(&mut self, operation: Option<K>) -> Option<Fault> {
        let meant = |(wanted, _): &(Option<K>, Fault)| wanted.is_none() || *wanted == operation;
        let at = self.0.iter().position(meant)?;
        self.0.remove(at).map(|(_, fault)| fault)
    }
}
