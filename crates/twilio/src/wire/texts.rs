//! Promises: a message resource becomes a text of the service's, with its date, or is unreadable.

use proxycall_service::ports::carrier::CarrierText;
use serde::Deserialize;

use super::parse_date;

/// `direction` of a text that was asked for through the API, as ours are.
const OUTBOUND: &str = "outbound-api";

/// A message resource.
#[derive(Deserialize)]
pub(crate) struct Message {
    sid: String,
    body: Option<String>,
    status: String,
    direction: Option<String>,
    error_code: Option<i32>,
    date_created: Option<String>,
}

/// A date that is missing or not RFC 2822.
pub(crate) struct NoDate;

impl Message {
    /// Whether the service asked for it: not received, and not an answer in TwiML.
    pub(crate) fn is_ours(&self) -> bool {
        self.direction.as_deref() == Some(OUTBOUND)
    }

    /// In the service's words.
    pub(crate) fn into_text(self) -> Result<CarrierText, NoDate> {
        let created_at = self.date_created.as_deref().and_then(parse_date).ok_or(NoDate)?;
        Ok(CarrierText {
            sid: self.sid,
            body: self.body.unwrap_or_default(),
            status: self.status,
            error_code: self.error_code,
            created_at,
        })
    }
}

/// One page of a list of messages.
#[derive(Deserialize)]
pub(crate) struct MessagePage {
    pub(crate) messages: Vec<Message>,
    /// Path and query of the next page; none on the last.
    pub(crate) next_page_uri: Option<String>,
}
