//! Promises: a call that the service places rings its handset, and what the service answers is carried out to whoever
//! takes it.

use super::{Leg, Request, Run, dial::Will};
use crate::{
    call::CallScript,
    geography::is_e164,
    transcript::{Event, Transcript},
    world::{Call, Hook, World},
};

/// Twilio: the caller ID is no number of the account.
const NOT_OURS: i32 = 21210;
/// Twilio: the receiver is no phone number.
const BAD_RECEIVER: i32 = 21211;
/// Twilio: the caller ID is no phone number.
const BAD_CALLER: i32 = 21212;

/// A call that the service wants placed.
pub(crate) struct Order {
    pub(crate) from: String,
    pub(crate) to: String,
    /// Asked for TwiML once somebody answers.
    pub(crate) answer: Hook,
    /// Asked when that fails.
    pub(crate) fallback: Option<Hook>,
    pub(crate) status_callback: Option<Hook>,
    /// Of `initiated`, `ringing`, `answered` and `completed`, those that are reported.
    pub(crate) events: Vec<String>,
}

impl World {
    /// Takes an order for a call. It is carried out by a task that [`World::settle`] waits for, unless somebody holds the
    /// handset.
    ///
    /// # Errors
    /// Twilio's code of the refusal; nobody is called then.
    pub(crate) fn place_call(&self, order: Order) -> Result<Call, i32> {
        if !is_e164(&order.from) {
            return Err(BAD_CALLER);
        }
        if !is_e164(&order.to) {
            return Err(BAD_RECEIVER);
        }
        if !self.ask(|state| state.numbers.contains_key(&order.from)) {
            return Err(NOT_OURS);
        }
        let to = order.to.clone();
        let script = CallScript::new(order.from.clone(), to.clone());
        let leg = Run::new(self, script.clone(), None).open_leg(None, &order.from, &order.to, "outbound-api");
        let call = self.ask(|state| state.calls.iter().find(|call| call.sid == leg.sid).cloned());
        let world = self.clone();
        let conduct = async move {
            let mut run = Run::new(&world, script, None);
            run.story.clone_from(&leg.sid);
            let leg = run.outgoing(leg, order).await;
            let (status, seconds, events) = (leg.status.to_owned(), leg.seconds, run.events);
            world.change(|state| state.placed.push(Transcript { sid: leg.sid, status, seconds, events }));
        };
        // Nobody can say when a person is done with a call.
        if self.ask(|state| state.lines.is_held(&to)) {
            tokio::spawn(conduct);
        } else {
            self.deliveries().spawn(conduct);
        }
        // It was put there a moment ago.
        call.ok_or(NOT_OURS)
    }
}

impl Run<'_> {
    async fn outgoing(&mut self, mut leg: Leg, order: Order) -> Leg {
        self.report(&leg, &order, "initiated").await;
        let mut will = self.reach(&order.from, &order.to);
        leg.status = "ringing";
        self.note_status(&leg);
        if matches!(will, Will::Answer | Will::Ask | Will::Not("no-answer")) {
            self.record(Event::Rings { phone: order.to.clone(), caller_id_seen: order.from.clone() });
            self.report(&leg, &order, "ringing").await;
        }
        if will == Will::Ask {
            will = self.await_called(&order.to).await;
        }
        let status = match will {
            Will::Not(outcome) => {
                self.record(Event::NotConnected { phone: order.to.clone(), outcome: outcome.to_owned() });
                outcome
            }
            // Decided by now.
            Will::Ask => "no-answer",
            Will::Answer => {
                let digits = self.world.ask(|state| state.handsets.get(&order.to).map(|phone| phone.digits.clone()));
                self.script.digits = digits.unwrap_or_default().into();
                leg.status = "in-progress";
                self.note_status(&leg);
                self.report(&leg, &order, "answered").await;
                leg.fallback = order.fallback.clone();
                self.conduct(&mut leg, Request { hook: order.answer.clone(), params: Vec::new() }, 1).await;
                "completed"
            }
            Will::LeadOn => {
                let inner = Box::pin(self.inbound(&order.from, &order.to, 2)).await;
                leg.seconds = inner.seconds;
                inner.status
            }
        };
        self.close_leg(&mut leg, status);
        self.hang_up_line(status);
        self.report(&leg, &order, "completed").await;
        leg
    }

    /// Reports the progress of the call, where the order asks for it.
    async fn report(&mut self, leg: &Leg, order: &Order, event: &str) {
        let Some(hook) = &order.status_callback else { return };
        if !order.events.iter().any(|wanted| wanted == event) {
            return;
        }
        let mut params = self.params(leg);
        if event == "completed" {
            params.extend(self.over_params(leg.seconds));
        }
        self.tell(hook, &leg.sid, &params).await;
    }
}
