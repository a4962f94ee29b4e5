//! Promises: a handset dials, and the TwiML that the service answers is carried out verb by verb, as the carrier would.
//!
//! Nothing takes real time: pauses and conversations are counted, not waited for. Only where a person holds the handset
//! ([`World::call_by_hand`]) a call rings, speaks and lasts as long as it does for that person.

mod by_hand;
mod dial;
mod outgoing;

use std::collections::VecDeque;

pub(crate) use self::outgoing::Order;
use crate::{
    contract::Violation,
    journal::Happening,
    transcript::{Event, Transcript},
    twiml::{BAD_TWIML, Gather, Link, Prompt, VoiceVerb, parse_voice},
    webhook::{WEBHOOK_FAILED, WRONG_CONTENT_TYPE, call_params, param, resolve},
    world::{Behaviour, Call, Hook, World},
    xml::is_xml,
};

/// Keys whatever was said digit by digit, as whoever listens does.
pub(crate) const HEARD: &str = "heard";

/// How many documents one call may go through by `<Redirect>`, `<Gather>` and `<Dial action>`.
const MAX_DOCUMENTS: usize = 30;
/// How many numbers of the account one call may lead through.
const MAX_DEPTH: usize = 5;
/// How long people talk when nothing else is said, in seconds.
const USUAL_TALK: u32 = 30;

/// A call to be made from a handset.
#[derive(Debug, Clone, Default)]
pub struct CallScript {
    /// The caller ID that the carrier gets: a number, or how a withheld one is written (`anonymous`, empty, …).
    pub from: String,
    /// The number dialled.
    pub to: String,
    /// What whoever is rung does; none: what their handset is set to.
    pub answer: Option<Behaviour>,
    /// What the caller keys at each `<Gather>`, in order; afterwards nothing.
    pub digits: VecDeque<String>,
    /// How long the parties talk, in seconds; none: 30.
    pub seconds: Option<u32>,
    /// Further parameters of the first webhook, such as `ForwardedFrom`.
    pub extra: Vec<(String, String)>,
}

impl CallScript {
    /// A plain call.
    pub fn new(from: impl Into<String>, to: impl Into<String>) -> Self {
        Self { from: from.into(), to: to.into(), ..Self::default() }
    }
}

impl World {
    /// Makes a call and ends when it is over: all TwiML carried out, all its callbacks answered.
    pub async fn call(&self, script: CallScript) -> Transcript {
        self.carry_out(script, None).await
    }

    async fn carry_out(&self, script: CallScript, person: Option<String>) -> Transcript {
        let (from, to) = (script.from.clone(), script.to.clone());
        let mut run = Run::new(self, script, person);
        let leg = run.inbound(&from, &to, 1).await;
        Transcript { sid: leg.sid, status: leg.status.to_owned(), seconds: leg.seconds, events: run.events }
    }
}

/// One call being made, with all that it leads to.
struct Run<'a> {
    world: &'a World,
    script: CallScript,
    /// Whose handset it is that a person holds and that this call is heard on; none: nobody waits, the script decides.
    person: Option<String>,
    /// The carrier's id of the leg that all the others came from: what the journal files it under.
    story: String,
    events: Vec<Event>,
}

/// One leg of it.
struct Leg {
    sid: String,
    from: String,
    to: String,
    direction: &'static str,
    status: &'static str,
    seconds: u32,
    /// Asked, once, when a document of this call cannot be got or carried out.
    fallback: Option<Hook>,
}

impl Leg {
    /// Whoever hears what is said and keys digits: the caller or, when the service called, the called party.
    fn listener(&self) -> &str {
        if self.direction == "outbound-api" { &self.to } else { &self.from }
    }

    /// The number of the account that they see.
    fn sees(&self) -> &str {
        if self.direction == "outbound-api" { &self.from } else { &self.to }
    }
}

/// A document to be asked for.
struct Request {
    hook: Hook,
    params: Vec<(String, String)>,
}

/// What follows a verb.
enum Flow {
    Next,
    Ask(Request),
    End,
}

impl<'a> Run<'a> {
    fn new(world: &'a World, script: CallScript, person: Option<String>) -> Self {
        Self { world, script, person, story: String::new(), events: Vec::new() }
    }
}

impl Run<'_> {
    /// A call to a number of the account, from ring to end.
    async fn inbound(&mut self, from: &str, to: &str, depth: usize) -> Leg {
        let mut leg = self.open_leg(None, from, to, "inbound");
        self.record(Event::Dials { from: from.to_owned(), to: to.to_owned() });
        let Some(number) = self.world.ask(|state| state.numbers.get(to).cloned()) else {
            self.record(Event::NotConnected { phone: to.to_owned(), outcome: "failed".to_owned() });
            self.close_leg(&mut leg, "failed");
            return leg;
        };
        leg.fallback = number.voice_fallback;
        match number.voice {
            _ if number.trunk_sid.is_some() || number.voice_application_sid.is_some() => self.application_error(
                &leg,
                WEBHOOK_FAILED,
                "the number's trunk or application takes its calls, and the sandbox has none".to_owned(),
            ),
            Some(hook) => {
                let params = if depth == 1 { self.script.extra.clone() } else { Vec::new() };
                self.conduct(&mut leg, Request { hook, params }, depth).await;
            }
            None => self.application_error(&leg, WEBHOOK_FAILED, "the number has no voice address".to_owned()),
        }
        let status = if matches!(leg.status, "busy" | "no-answer") { leg.status } else { "completed" };
        self.close_leg(&mut leg, status);
        if let Some(hook) = number.status_callback {
            let mut params = self.params(&leg);
            params.extend(self.over_params(leg.seconds));
            self.tell(&hook, &leg.sid, &params).await;
        }
        leg
    }

    async fn conduct(&mut self, leg: &mut Leg, first: Request, depth: usize) {
        let mut next = Some(first);
        for _ in 0..MAX_DOCUMENTS {
            let Some(request) = next.take() else { return };
            next = self.document(leg, request, depth).await;
        }
        if next.is_some() {
            self.world.log_violation(Violation::CallLoop { limit: MAX_DOCUMENTS });
            self.application_error(leg, BAD_TWIML, "the documents lead in a circle".to_owned());
        }
    }

    /// Asks for one document and carries it out; gives the one that follows, if any.
    async fn document(&mut self, leg: &mut Leg, request: Request, depth: usize) -> Option<Request> {
        let Request { hook, params } = request;
        let verbs = match self.ask_for_twiml(leg, &hook, params).await {
            Ok(verbs) => verbs,
            Err((code, detail)) => {
                if let Some(fallback) = leg.fallback.take() {
                    self.note(&leg.sid, code, detail);
                    let failed = hook.url.split('#').next().unwrap_or_default();
                    let params = vec![param("ErrorCode", code.to_string()), param("ErrorUrl", failed)];
                    return Some(Request { hook: fallback, params });
                }
                self.application_error(leg, code, detail);
                return None;
            }
        };
        if !matches!(verbs.first(), Some(VoiceVerb::Reject { .. })) {
            leg.status = "in-progress";
            self.note_status(leg);
        }
        for verb in verbs {
            if self.gone() {
                return None;
            }
            match self.verb(leg, &hook, verb, depth).await {
                Flow::Next => {}
                Flow::Ask(request) => return Some(request),
                Flow::End => return None,
            }
        }
        None
    }

    async fn ask_for_twiml(
        &mut self,
        leg: &Leg,
        hook: &Hook,
        extra: Vec<(String, String)>,
    ) -> Result<Vec<VoiceVerb>, (i32, String)> {
        let mut params = self.params(leg);
        params.extend(extra);
        let sent = self.world.send_webhook(hook, &params).await;
        self.events.push(Event::webhook(hook, &sent));
        let answer = sent.map_err(|error| (WEBHOOK_FAILED, error.to_string()))?;
        if !is_xml(&answer.media_type) {
            return Err((WRONG_CONTENT_TYPE, "the answer's Content-Type is not text/xml".to_owned()));
        }
        parse_voice(&answer.body).map_err(|error| (BAD_TWIML, error.to_string()))
    }

    async fn verb(&mut self, leg: &mut Leg, base: &Hook, verb: VoiceVerb, depth: usize) -> Flow {
        match verb {
            VoiceVerb::Prompt(prompt) => {
                self.prompt(leg, prompt).await;
                Flow::Next
            }
            VoiceVerb::Gather(gather) => self.gather(leg, base, gather).await,
            VoiceVerb::Dial(dial) => self.dial(leg, base, dial, depth).await,
            VoiceVerb::Redirect(link) => self.follow(leg, base, &link, Vec::new()),
            VoiceVerb::Hangup => Flow::End,
            VoiceVerb::Reject { busy } => {
                // Once the call is taken, rejecting it only hangs up.
                if leg.status == "ringing" {
                    leg.status = if busy { "busy" } else { "no-answer" };
                }
                Flow::End
            }
        }
    }

    async fn prompt(&mut self, leg: &mut Leg, prompt: Prompt) {
        match prompt {
            Prompt::Say { text, language } => {
                self.speak(&text, language.as_deref()).await;
                self.record(Event::Heard { who: leg.listener().to_owned(), text, language });
            }
            Prompt::Pause(seconds) => {
                self.pause(seconds).await;
                leg.seconds = leg.seconds.saturating_add(seconds);
                self.record(Event::Silence { seconds });
            }
        }
    }

    /// The last digits that were said one by one.
    fn heard_digits(&self) -> String {
        let spoken = |text: &str| -> Option<String> {
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            (digits.len() > 1).then_some(digits)
        };
        let mut said = self.events.iter().rev().filter_map(|event| match event {
            Event::Heard { text, .. } => spoken(text),
            _ => None,
        });
        said.next().unwrap_or_default()
    }

    async fn gather(&mut self, leg: &mut Leg, base: &Hook, gather: Gather) -> Flow {
        for prompt in gather.prompts.clone() {
            self.prompt(leg, prompt).await;
        }
        let mut keyed = match self.keys_by_hand(&gather).await {
            Some(keys) => keys,
            None => self.script.digits.pop_front().unwrap_or_default(),
        };
        if self.gone() {
            return Flow::End;
        }
        if keyed == HEARD {
            keyed = self.heard_digits();
        }
        self.record(Event::Digits { who: leg.listener().to_owned(), digits: keyed.clone() });
        let (mut digits, mut finished_by) = (keyed.clone(), String::new());
        if let Some((before, key)) = gather.finish_on_key.and_then(|key| Some((keyed.split_once(key)?.0, key))) {
            (digits, finished_by) = (before.to_owned(), key.to_string());
        }
        if let Some(most) = gather.num_digits.filter(|most| digits.chars().count() >= *most) {
            (digits, finished_by) = (digits.chars().take(most).collect(), String::new());
        }
        if digits.is_empty() && !gather.action_on_empty_result {
            return Flow::Next;
        }
        let params = vec![param("Digits", digits), param("msg", "Gather End"), param("FinishedOnKey", finished_by)];
        self.follow(leg, base, &gather.link, params)
    }

    fn follow(&mut self, leg: &Leg, base: &Hook, link: &Link, params: Vec<(String, String)>) -> Flow {
        if let Some(hook) = resolve(link, &base.url) {
            return Flow::Ask(Request { hook, params });
        }
        self.application_error(leg, WEBHOOK_FAILED, "the document leads to no address".to_owned());
        Flow::End
    }

    // ── legs and their callbacks ─────────────────────────────────────────────────────────────────────────────────

    fn open_leg(&mut self, parent: Option<&Leg>, from: &str, to: &str, direction: &'static str) -> Leg {
        let now = self.world.now();
        let status = if direction == "outbound-api" { "queued" } else { "ringing" };
        let sid = self.world.change(|state| {
            let sid = state.sids.next("CA");
            state.calls.push(Call {
                sid: sid.clone(),
                parent_sid: parent.map(|parent| parent.sid.clone()),
                from: from.to_owned(),
                to: to.to_owned(),
                direction: direction.to_owned(),
                status: status.to_owned(),
                started_at: now,
                seconds: None,
            });
            sid
        });
        if self.story.is_empty() {
            self.story.clone_from(&sid);
        }
        Leg { sid, from: from.to_owned(), to: to.to_owned(), direction, status, seconds: 0, fallback: None }
    }

    fn note_status(&self, leg: &Leg) {
        self.world.change(|state| {
            if let Some(call) = state.calls.iter_mut().find(|call| call.sid == leg.sid) {
                leg.status.clone_into(&mut call.status);
            }
        });
    }

    fn close_leg(&mut self, leg: &mut Leg, status: &'static str) {
        leg.status = status;
        self.note_status(leg);
        self.world.change(|state| {
            if let Some(call) = state.calls.iter_mut().find(|call| call.sid == leg.sid) {
                call.seconds = Some(leg.seconds);
            }
        });
        if leg.direction != "outbound-dial" {
            self.record(Event::HungUp { status: status.to_owned() });
        }
    }

    /// Keeps what happened, for the transcript and for whoever watches.
    fn record(&mut self, event: Event) {
        self.world.journal(&self.story, Happening::Noticed { event: event.clone() });
        self.events.push(event);
    }

    fn params(&self, leg: &Leg) -> Vec<(String, String)> {
        let account = self.world.ask(|state| state.account.sid.clone());
        call_params(&account, &leg.sid, &leg.from, &leg.to, leg.direction, leg.status)
    }

    /// What a progress callback adds when a leg is over; `Duration` is in minutes, begun ones counted.
    fn over_params(&self, seconds: u32) -> Vec<(String, String)> {
        vec![
            param("CallDuration", seconds.to_string()),
            param("Duration", seconds.div_ceil(60).to_string()),
            param("Timestamp", crate::rest::rfc2822(self.world.now())),
            param("CallbackSource", "call-progress-events"),
            param("SequenceNumber", "0"),
        ]
    }

    /// Sends a webhook whose answer changes nothing.
    async fn tell(&mut self, hook: &Hook, sid: &str, params: &[(String, String)]) {
        let sent = self.world.send_webhook(hook, params).await;
        self.events.push(Event::webhook(hook, &sent));
        if let Err(error) = sent {
            self.note(sid, WEBHOOK_FAILED, error.to_string());
        }
    }

    fn note(&mut self, sid: &str, code: i32, detail: String) {
        self.world.log_error(code, sid, detail.clone());
        self.record(Event::Error { code, detail });
    }

    /// What Twilio does when it cannot go on: it says so and hangs up.
    fn application_error(&mut self, leg: &Leg, code: i32, detail: String) {
        self.note(&leg.sid, code, detail);
        self.record(Event::Heard {
            who: leg.listener().to_owned(),
            text: "We are sorry, an application error has occurred. Goodbye.".to_owned(),
            language: Some("en-US".to_owned()),
        });
    }
}

#[cfg(test)]
mod tests;
