//! Promises: texts are handed over once, found again page by page, and taken out of the carrier's record on demand.

use jiff::Timestamp;
use proxycall_domain::{PhoneNumber, TextSender};
use proxycall_service::ports::carrier::{CarrierError, CarrierText, OutgoingText};
use url::Url;

use super::{
    TwilioClient,
    asking::{unreadable, was_there},
};
use crate::wire::{Message, MessagePage};

/// Texts asked for in one page of a list.
const PAGE_SIZE: &str = "200";

/// Pages read of one list, at most: 4,000 texts from one number to another.
const MAX_PAGES: usize = 20;

pub(super) async fn send(client: &TwilioClient, text: &OutgoingText) -> Result<CarrierText, CarrierError> {
    let to = text.to.expose();
    let (sender, from) = match &text.from {
        TextSender::Number(phone) => ("From", phone.expose()),
        TextSender::Service(sid) => ("MessagingServiceSid", sid.clone()),
        TextSender::Name(name) => ("From", name.clone()),
    };
    let form = [(sender, from.as_str()), ("To", &to), ("Body", &text.body), ("StatusCallback", &text.status_callback)];
    let message: Message =
        client.ask("send_text", client.http.post(client.resource(&["Messages.json"])).form(&form)).await?;
    message.into_text().map_err(|_| unreadable())
}

fn message(client: &TwilioClient, sid: &str) -> Url {
    client.resource(&["Messages", &format!("{sid}.json")])
}

/// An empty text is Twilio's way to redact one.
pub(super) async fn redact(client: &TwilioClient, sid: &str) -> Result<bool, CarrierError> {
    was_there(client.deliver("redact_message", client.http.post(message(client, sid)).form(&[("Body", "")])).await)
}

pub(super) async fn delete(client: &TwilioClient, sid: &str) -> Result<bool, CarrierError> {
    was_there(client.deliver("delete_message", client.http.delete(message(client, sid))).await)
}

/// To the second, as the carrier's dates are: texts of the second in which `since` lies are included. More than can be
/// read is an error, because "not found" would then mean nothing.
pub(super) async fn find(
    client: &TwilioClient,
    from: PhoneNumber,
    to: PhoneNumber,
    since: Timestamp,
) -> Result<Vec<CarrierText>, CarrierError> {
    let (from, to) = (from.expose(), to.expose());
    let query = [("From", from.as_str()), ("To", &to), ("PageSize", PAGE_SIZE)];
    let mut request = client.http.get(client.resource(&["Messages.json"])).query(&query);
    let mut found = Vec::new();
    for _ in 0..MAX_PAGES {
        let page: MessagePage = client.ask_patiently("find_texts", request).await?;
        let texts = page
            .messages
            .into_iter()
            .filter(Message::is_ours)
            .map(Message::into_text)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| unreadable())?;
        let is_last = page.next_page_uri.is_none() || only_older_follow(&texts, since);
        found.extend(texts.into_iter().filter(|text| text.created_at.as_second() >= since.as_second()));
        match page.next_page_uri {
            Some(uri) if !is_last => request = client.http.get(client.next_page(&uri)?),
            _ => {
                // Newest first as listed: reversed, so that the stable sort keeps the order within a second.
                found.reverse();
                found.sort_by_key(|text| text.created_at);
                return Ok(found);
            }
        }
    }
    Err(CarrierError::AnswerLost(format!("the list is longer than {MAX_PAGES} pages")))
}

/// Whether a page is older than `since` as a whole and listed newest first, as Twilio lists. A page in another order
/// says nothing about those that follow.
fn only_older_follow(texts: &[CarrierText], since: Timestamp) -> bool {
    let newest_first = texts.is_sorted_by(|one, next| one.created_at >= next.created_at);
    let spans_time = texts.first().map(|text| text.created_at) > texts.last().map(|text| text.created_at);
    newest_first && spans_time && texts.iter().all(|text| text.created_at.as_second() < since.as_second())
}
