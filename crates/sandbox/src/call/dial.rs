//! Promises: `<Dial>` rings whom it names with the caller ID it names, and reports what became of it.

use super::{Flow, Leg, MAX_DEPTH, Run, USUAL_TALK};
use crate::{
    contract::Violation,
    geography::is_e164,
    lines::Phase,
    transcript::Event,
    twiml::{BAD_TWIML, Dial, DialNumber},
    webhook::{param, resolve},
    world::{Behaviour, Hook, Ring},
};

/// Twilio: the caller ID is no number of the account.
const BAD_CALLER_ID: i32 = 13214;
/// Twilio: what is dialled is no phone number.
const BAD_NUMBER: i32 = 13223;

/// A leg that is being dialled.
pub(super) struct Dialled {
    pub(super) leg: Leg,
    pub(super) number: DialNumber,
    pub(super) will: Will,
    /// It rang in somebody's hands.
    by_hand: bool,
}

/// What becomes of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Will {
    /// A person takes the call.
    Answer,
    /// Whoever holds it is still to decide.
    Ask,
    /// It is a number of the account, which answers by its own TwiML.
    LeadOn,
    /// Nobody does; Twilio's word.
    Not(&'static str),
}

impl Run<'_> {
    pub(super) async fn dial(&mut self, leg: &mut Leg, base: &Hook, dial: Dial, depth: usize) -> Flow {
        let caller_id = dial.caller_id.clone().unwrap_or_else(|| leg.from.clone());
        let ours = self.world.ask(|state| state.numbers.contains_key(&caller_id));
        let mut dialled = Vec::new();
        if dial.caller_id.is_some() && !ours {
            self.note(&leg.sid, BAD_CALLER_ID, "callerId is no number of the account".to_owned());
        } else {
            for number in dial.numbers.clone() {
                dialled.push(self.ring(leg, base, &caller_id, number).await);
            }
        }
        self.await_people(&mut dialled, dial.timeout).await;
        let over = self.outcome(leg, base, dialled, dial.time_limit.unwrap_or(u32::MAX), depth).await;
        leg.seconds = leg.seconds.saturating_add(over.as_ref().map_or(0, |child| child.seconds));
        let Some(action) = dial.action else { return Flow::Next };
        let status = over.as_ref().map_or("failed", |child| child.status);
        let mut params =
            vec![param("DialCallStatus", status), param("DialBridged", (status == "completed").to_string())];
        if let Some(child) = over {
            params.push(param("DialCallSid", child.sid));
            if status == "completed" {
                params.push(param("DialCallDuration", child.seconds.to_string()));
            }
        }
        if !self.gone() {
            return self.follow(leg, base, &action, params);
        }
        // Whoever called has hung up: it is reported all the same, and nobody is left to hear the answer.
        leg.status = "completed";
        if let Flow::Ask(request) = self.follow(leg, base, &action, params) {
            let mut params = self.params(leg);
            params.extend(request.params);
            self.tell(&request.hook, &leg.sid, &params).await;
        }
        Flow::End
    }

    /// Rings `phone`, if it can be rung, and says what comes of it.
    pub(super) fn reach(&self, caller_id: &str, phone: &str) -> Will {
        let (now, moment) = (self.world.now(), self.world.moment());
        self.world.change(|state| {
            if state.numbers.contains_key(phone) {
                return Will::LeadOn;
            }
            let by_hand = self.script.answer.is_none() && (self.person.is_some() || state.lines.is_held(phone));
            let occupied = state.lines.is_occupied(phone);
            let Some(handset) = state.handset(phone) else { return Will::Not("failed") };
            let ring = Ring { caller_id: caller_id.to_owned(), at: now };
            if by_hand {
                if occupied {
                    return Will::Not("busy");
                }
                handset.rings.push(ring);
                state.lines.begin(phone, Phase::Ringing, caller_id, moment);
                return Will::Ask;
            }
            let behaviour = self.script.answer.unwrap_or(handset.behaviour);
            match behaviour {
                // The network refuses the call: the handset never rings.
                Behaviour::Reject => return Will::Not("failed"),
                Behaviour::Busy => return Will::Not("busy"),
                Behaviour::Answer | Behaviour::NoAnswer => {}
            }
            handset.rings.push(ring);
            if behaviour == Behaviour::Answer { Will::Answer } else { Will::Not("no-answer") }
        })
    }

    async fn ring(&mut self, parent: &Leg, base: &Hook, caller_id: &str, number: DialNumber) -> Dialled {
        let leg = self.open_leg(Some(parent), caller_id, &number.phone, "outbound-dial");
        let will = self.reach(caller_id, &number.phone);
        if !is_e164(&number.phone) {
            self.note(&parent.sid, BAD_NUMBER, "<Dial> names no phone number".to_owned());
        }
        let dialled = Dialled { leg, number, will, by_hand: will == Will::Ask };
        self.progress(parent, base, &dialled, "initiated").await;
        if matches!(will, Will::Answer | Will::Ask | Will::Not("no-answer")) {
            let phone = dialled.number.phone.clone();
            if let Some(person) = &self.person {
                self.world.set_phase(person, Phase::RingsThere);
            }
            self.record(Event::Rings { phone, caller_id_seen: caller_id.to_owned() });
            self.progress(parent, base, &dialled, "ringing").await;
        }
        dialled
    }

    /// Connects the first that answers and ends the other legs; gives the leg that decides the outcome.
    async fn outcome(
        &mut self,
        parent: &Leg,
        base: &Hook,
        dialled: Vec<Dialled>,
        time_limit: u32,
        depth: usize,
    ) -> Option<Leg> {
        let seconds = self.script.seconds.unwrap_or(USUAL_TALK).min(time_limit);
        let winner = dialled.iter().position(|dialled| matches!(dialled.will, Will::Answer | Will::LeadOn));
        let mut decisive = None;
        for (index, mut dialled) in dialled.into_iter().enumerate() {
            let phone = dialled.number.phone.clone();
            let status = match dialled.will {
                _ if winner.is_some_and(|winner| winner != index) => "canceled",
                Will::Not(outcome) => {
                    self.record(Event::NotConnected { phone, outcome: outcome.to_owned() });
                    outcome
                }
                // Decided by now; see `await_people`.
                Will::Ask => "no-answer",
                Will::Answer => {
                    dialled.leg.status = "in-progress";
                    self.note_status(&dialled.leg);
                    self.progress(parent, base, &dialled, "answered").await;
                    let (a, a_sees) = (parent.listener().to_owned(), parent.sees().to_owned());
                    let b_sees = dialled.leg.from.clone();
                    let connected = Event::Connected { a, a_sees, b: phone.clone(), b_sees, seconds };
                    dialled.leg.seconds = self.talk(&phone, connected, dialled.by_hand.then_some(time_limit)).await;
                    "completed"
                }
                Will::LeadOn if depth >= MAX_DEPTH => {
                    self.world.log_violation(Violation::CallLoop { limit: MAX_DEPTH });
                    self.note(&parent.sid, BAD_TWIML, "the account's numbers call one another in a circle".to_owned());
                    "failed"
                }
                Will::LeadOn => {
                    let caller_id = dialled.leg.from.clone();
                    let inner = Box::pin(self.inbound(&caller_id, &phone, depth + 1)).await;
                    dialled.leg.seconds = inner.seconds;
                    inner.status
                }
            };
            self.close_leg(&mut dialled.leg, status);
            self.progress(parent, base, &dialled, "completed").await;
            if winner.is_none_or(|winner| winner == index) {
                decisive = Some(dialled.leg);
            }
        }
        decisive
    }

    /// Reports the progress of a dialled leg, where the TwiML asks for it.
    async fn progress(&mut self, parent: &Leg, base: &Hook, dialled: &Dialled, event: &str) {
        let Some(link) = &dialled.number.status_callback else { return };
        if !dialled.number.status_callback_events.iter().any(|wanted| wanted == event) {
            return;
        }
        let Some(hook) = resolve(link, &base.url) else { return };
        let mut params = self.params(&dialled.leg);
        if event == "initiated" {
            params.iter_mut().filter(|(name, _)| name == "CallStatus").for_each(|(_, value)| event.clone_into(value));
        }
        params.push(param("ParentCallSid", &parent.sid));
        if event == "completed" {
            params.extend(self.over_params(dialled.leg.seconds));
        }
        self.tell(&hook, &dialled.leg.sid, &params).await;
    }
}
