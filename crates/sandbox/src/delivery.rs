//! Promises: a text that the carrier accepts is on the handset at once, and its progress is reported in order, over
//! HTTP, by a task that [`World::settle`] waits for.

use crate::{
    contract::Violation,
    geography::{country, is_e164, is_name},
    journal::Happening,
    transcript::Event,
    webhook::param,
    world::{Hook, Message, MessageDirection, MessageStatus, ReceivedText, State, World},
};

/// The longest text the carrier takes, in characters.
const LONGEST_BODY: usize = 1600;
/// Twilio: the number is not in service.
const UNKNOWN_HANDSET: i32 = 30005;

/// A text to be sent.
pub(crate) struct Draft {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) body: String,
    pub(crate) media: usize,
    pub(crate) direction: MessageDirection,
    /// The messaging service that it goes out by.
    pub(crate) service: Option<String>,
    pub(crate) status_callback: Option<Hook>,
}

/// A text accepted, whose progress is not reported yet.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    sid: String,
    /// Why it does not arrive; none: it did.
    failure: Option<i32>,
}

/// A text accepted, and whether it arrived.
pub(crate) struct Accepted {
    pub(crate) message: Message,
    pub(crate) failure: Option<i32>,
}

impl Draft {
    /// Twilio's code, when the carrier would not take this text.
    fn refusal(&self, state: &State) -> Option<i32> {
        if self.body.chars().count() > LONGEST_BODY {
            return Some(21617);
        }
        if !is_e164(&self.to) {
            return Some(21211);
        }
        if self.from == self.to {
            return Some(21266);
        }
        if let Some(code) = self.refused_sender(state) {
            return Some(code);
        }
        if state.closed_regions.iter().any(|prefix| self.to.starts_with(prefix)) {
            return Some(21408);
        }
        if state.opted_out.contains(&(self.from.clone(), self.to.clone())) {
            return Some(21610);
        }
        state.handsets.get(&self.to).filter(|handset| handset.landline).map(|_| 21614)
    }

    /// Twilio's code, when the account may not send as this sender.
    fn refused_sender(&self, state: &State) -> Option<i32> {
        match state.numbers.get(&self.from) {
            Some(number) if number.capabilities.sms => None,
            Some(_) => Some(21661),
            None if is_name(&self.from) && state.account.kind.eq_ignore_ascii_case("trial") => Some(21267),
            // North America takes no names.
            None if is_name(&self.from) => self.to.starts_with("+1").then_some(21612),
            None if is_e164(&self.from) => Some(21659),
            None => Some(21212),
        }
    }
}

impl State {
    /// The number that a messaging service sends from: one of the receiver's country if it has any, else its first.
    ///
    /// # Errors
    /// Twilio's code: there is no such service, or it has no number that can send.
    pub(crate) fn sender_of(&self, service: &str, to: &str) -> Result<String, i32> {
        let pool = self.services.get(service).ok_or(21701)?;
        let able =
            || pool.iter().filter(|phone| self.numbers.get(*phone).is_some_and(|number| number.capabilities.sms));
        able().find(|phone| country(phone) == country(to)).or_else(|| able().next()).cloned().ok_or(21703)
    }
}

impl World {
    /// Takes a text: it is stored as `queued`, lies on the handset, and its delivery is under way (or held back).
    ///
    /// # Errors
    /// Twilio's code of the refusal; nothing is stored then.
    pub(crate) fn accept_text(&self, draft: Draft) -> Result<Accepted, i32> {
        let now = self.now();
        let (message, failure, due, own) = self.change(|state| {
            if let Some(code) = draft.refusal(state) {
                return Err(code);
            }
            let message = Message {
                sid: state.sids.next("SM"),
                from: draft.from,
                to: draft.to,
                body: draft.body,
                media: draft.media,
                direction: draft.direction,
                service: draft.service,
                status: MessageStatus::Queued,
                error_code: None,
                created_at: now,
                sent_at: None,
                updated_at: now,
                status_callback: draft.status_callback,
            };
            let failure = match state.handset(&message.to) {
                Some(handset) if handset.undeliverable.is_none() => {
                    handset.inbox.push(ReceivedText { from: message.from.clone(), body: message.body.clone() });
                    None
                }
                Some(handset) => handset.undeliverable,
                None => Some(UNKNOWN_HANDSET),
            };
            state.messages.push(message.clone());
            let delivery = Delivery { sid: message.sid.clone(), failure };
            let own = state.numbers.contains_key(&message.to);
            let due = if state.hold_callbacks {
                state.held.push(delivery);
                None
            } else {
                Some(delivery)
            };
            Ok((message, failure, due, own))
        })?;
        let phone = message.to.clone();
        let event = match failure {
            None => Event::Received { phone, from: message.from.clone(), body: message.body.clone() },
            Some(code) => Event::NotDelivered { phone, code },
        };
        self.journal(&message.sid, Happening::Noticed { event });
        if own {
            self.log_violation(Violation::TextToOwnNumber);
        }
        if let Some(delivery) = due {
            self.start_delivery(delivery);
        }
        Ok(Accepted { message, failure })
    }

    /// Reports `queued`, `sent`, then `delivered` or `undelivered`, each after the one before was answered.
    pub(crate) fn start_delivery(&self, delivery: Delivery) {
        let world = self.clone();
        self.deliveries().spawn(async move {
            let last = match delivery.failure {
                Some(_) => MessageStatus::Undelivered,
                None => MessageStatus::Delivered,
            };
            for status in [MessageStatus::Queued, MessageStatus::Sent, last] {
                // A message deleted or cancelled meanwhile goes no further.
                let Some(message) = world.advance(&delivery, status) else { return };
                if let Some(hook) = &message.status_callback {
                    world.notify(hook, &message.sid, &world.status_params(&message)).await;
                }
            }
        });
    }

    fn advance(&self, delivery: &Delivery, status: MessageStatus) -> Option<Message> {
        let now = self.now();
        self.change(|state| {
            let message = state.messages.iter_mut().find(|message| message.sid == delivery.sid)?;
            if message.status.is_final() {
                return None;
            }
            message.status = status;
            message.updated_at = now;
            if status == MessageStatus::Sent {
                message.sent_at = Some(now);
            }
            if status == MessageStatus::Undelivered {
                message.error_code = delivery.failure;
            }
            Some(message.clone())
        })
    }

    fn status_params(&self, message: &Message) -> Vec<(String, String)> {
        let mut params = vec![
            param("AccountSid", self.ask(|state| state.account.sid.clone())),
            param("ApiVersion", "2010-04-01"),
            param("From", &message.from),
            param("MessageSid", &message.sid),
            param("MessageStatus", message.status.as_str()),
            param("SmsSid", &message.sid),
            param("SmsStatus", message.status.as_str()),
            param("To", &message.to),
        ];
        if let Some(code) = message.error_code {
            params.push(param("ErrorCode", code.to_string()));
        }
        params
    }
}

/// The characters of GSM 03.38, basic set and extension, that are not ASCII.
const GSM_BEYOND_ASCII: &str = "£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà€";

/// In how many pieces the network carries `body`: of 160 characters (153 when several), or of 70 (67) as soon as one
/// character is outside GSM 03.38.
pub(crate) fn segments(body: &str) -> usize {
    let gsm = body.chars().all(|c| (c.is_ascii() && c != '`') || GSM_BEYOND_ASCII.contains(c));
    let (units, single, part) =
        if gsm { (body.chars().count(), 160, 153) } else { (body.encode_utf16().count(), 70, 67) };
    if units <= single { 1 } else { units.div_ceil(part) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        test_service::{TestService, world},
        world::Handset,
    };

    const PROXY: &str = "+33199000001";
    const CLIENT: &str = "+33639980001";

    fn draft(service: &TestService) -> Draft {
        Draft {
            from: PROXY.to_owned(),
            to: CLIENT.to_owned(),
            body: "Bonjour".to_owned(),
            media: 0,
            direction: MessageDirection::OutboundApi,
            service: None,
            status_callback: Some(Hook::post(format!("{}/status", service.base_url))),
        }
    }

    fn reported(service: &TestService) -> Vec<String> {
        service.seen().iter().map(|request| request.field("MessageStatus")).collect()
    }

    #[tokio::test]
    async fn a_text_lies_on_the_handset_and_its_progress_is_reported_in_order() {
        let service = TestService::start(|_| TestService::status(204)).await;
        let world = world();
        let accepted = world.accept_text(draft(&service)).unwrap();
        assert_eq!(accepted.message.status, MessageStatus::Queued);
        assert_eq!(world.inbox(CLIENT), [ReceivedText { from: PROXY.to_owned(), body: "Bonjour".to_owned() }]);
        world.settle().await;
        assert_eq!(reported(&service), ["queued", "sent", "delivered"]);
        assert_eq!(world.messages()[0].status, MessageStatus::Delivered);
        assert_eq!(world.errors(), []);
    }

    #[tokio::test]
    async fn a_handset_out_of_reach_is_reported_with_its_code_and_receives_nothing() {
        let service = TestService::start(|_| TestService::status(204)).await;
        let world = world();
        world.add_handset(Handset { undeliverable: Some(30003), ..Handset::new(CLIENT) });
        world.accept_text(draft(&service)).unwrap();
        world.settle().await;
        assert_eq!(reported(&service), ["queued", "sent", "undelivered"]);
        assert_eq!(service.seen()[2].field("ErrorCode"), "30003");
        assert_eq!(world.inbox(CLIENT), []);
    }

    #[tokio::test]
    async fn held_callbacks_leave_when_released_and_settle_does_not_wait_for_them() {
        let service = TestService::start(|_| TestService::status(204)).await;
        let world = world();
        world.hold_status_callbacks(true);
        world.accept_text(draft(&service)).unwrap();
        world.settle().await;
        assert_eq!(reported(&service), [""; 0]);
        assert_eq!(world.messages()[0].status, MessageStatus::Queued);
        world.hold_status_callbacks(false);
        world.settle().await;
        assert_eq!(reported(&service), ["queued", "sent", "delivered"]);
    }

    #[tokio::test]
    async fn a_callback_that_fails_is_in_the_error_log_and_the_text_goes_on() {
        let service = TestService::start(|_| TestService::status(500)).await;
        let world = world();
        world.accept_text(draft(&service)).unwrap();
        world.settle().await;
        assert_eq!(world.errors().iter().map(|error| error.code).collect::<Vec<_>>(), [11200; 3]);
        assert_eq!(world.messages()[0].status, MessageStatus::Delivered);
    }

    #[test]
    fn segments_are_counted_as_the_network_cuts_them() {
        for (body, expected) in [
            (String::new(), 1),
            ("é".repeat(160), 1),
            ("a".repeat(161), 2),
            ("ê".repeat(70), 1),
            ("ê".repeat(71), 2),
            ("🙂".repeat(36), 2),
        ] {
            assert_eq!(segments(&body), expected, "{} characters", body.chars().count());
        }
    }
}
