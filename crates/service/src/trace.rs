//! Promises: whatever a request causes, also jobs that run later and elsewhere, can be told to be its doing.
//!
//! The id of the request in hand goes along with its task and not through every signature: nothing is decided by it, it is
//! for logs alone.

use std::{fmt, future::Future, str::FromStr};

use serde::{Deserialize, Serialize};

tokio::task_local! {
    static CURRENT: Option<RequestId>;
}

/// The id of a request: what the answer says in `X-Request-Id` and the log in `request`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct RequestId(u64);

/// What is no id of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 14 hexadecimal digits")]
pub struct NotARequestId;

impl RequestId {
    /// An id that differs within a process by the count, between processes by the start, of which the lower 32 and 24
    /// bits are taken.
    #[must_use]
    pub const fn new(start: u64, count: u64) -> Self {
        Self((start & 0xffff_ffff) << 24 | count & 0xff_ffff)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:014x}", self.0)
    }
}

impl FromStr for RequestId {
    type Err = NotARequestId;

    fn from_str(text: &str) -> Result<Self, NotARequestId> {
        if text.len() != 14 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(NotARequestId);
        }
        u64::from_str_radix(text, 16).map(Self).map_err(|_| NotARequestId)
    }
}

impl From<RequestId> for String {
    fn from(id: RequestId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for RequestId {
    type Error = NotARequestId;

    fn try_from(text: String) -> Result<Self, NotARequestId> {
        text.parse()
    }
}

/// Whose doing this is; none: nobody asked, a schedule did.
#[must_use]
pub fn current() -> Option<RequestId> {
    CURRENT.try_with(|current| *current).ok().flatten()
}

/// Does something on behalf of a request. Needed again where work moves to another task.
pub fn on_behalf_of<F: Future>(request: Option<RequestId>, work: F) -> impl Future<Output = F::Output> {
    CURRENT.scope(request, work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_as_it_is_written_and_nothing_else_does() {
        let id = RequestId::new(0x0005_37f1_bdb2, 0x0100_0001);
        assert_eq!(id.to_string(), "37f1bdb2000001");
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in ["", "37f1bdb200000", "37f1bdb2000001\n", "+7f1bdb2000001", "37f1bdb2000001a", "37f1bdb200000é"] {
            assert_eq!(text.parse::<RequestId>(), Err(NotARequestId), "{text:?}");
        }
    }

    #[tokio::test]
    async fn what_is_done_for_one_request_is_not_the_doing_of_another() {
        let [one, other] = [1, 2].map(|count| Some(RequestId::new(7, count)));
        let yielding = async {
            tokio::task::yield_now().await;
            current()
        };
        let inner = on_behalf_of(one, async { (current(), on_behalf_of(other, async { current() }).await, current()) });
        assert_eq!(tokio::join!(on_behalf_of(one, yielding), inner), (one, (one, other, one)));
        assert_eq!(current(), None);
    }
}
