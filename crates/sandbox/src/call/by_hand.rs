//! Promises: where a person holds a handset, a call takes the time that it takes: it rings, speaks and lasts.

use jiff::{SignedDuration, Timestamp};

use super::{
    CallScript, Run,
    dial::{Dialled, Will},
};
use crate::{
    journal::Happening,
    lines::{NotNow, Phase, Sentence},
    transcript::{Event, Transcript},
    twiml::Gather,
    world::{State, World},
};

/// How long a call that the service places rings, in seconds: Twilio's usual time.
const USUAL_RING: u32 = 60;
/// How long it takes to say one character, in milliseconds.
const SPEECH_PER_CHARACTER: i64 = 55;
/// No sentence is over sooner, however short.
const SHORTEST_SPEECH: i64 = 1_500;

impl World {
    /// The holder of a handset dials a number of the account. The call goes on by itself, and ends when somebody hangs
    /// up; see [`World::act`].
    ///
    /// # Errors
    /// The handset is in a call.
    pub fn call_by_hand(
        &self,
        phone: &str,
        to: &str,
        withheld: bool,
    ) -> Result<tokio::task::JoinHandle<Transcript>, NotNow> {
        self.begin_line(phone, Phase::Dialling, to)?;
        let script = CallScript::new(if withheld { "anonymous" } else { phone }, to);
        let (world, phone) = (self.clone(), phone.to_owned());
        Ok(tokio::spawn(async move {
            let transcript = world.carry_out(script, Some(phone.clone())).await;
            world.end_line(&phone, &transcript.status);
            transcript
        }))
    }
}

/// What people did while handsets rang.
enum Decision {
    Taken(String),
    Declined,
    CallerGone,
}

impl Run<'_> {
    /// Whether whoever the call is heard by has hung up.
    pub(super) fn gone(&self) -> bool {
        self.person.as_ref().is_some_and(|phone| self.world.ask(|state| state.lines.hung_up(phone)))
    }

    fn after(&self, seconds: u32) -> Timestamp {
        self.world.moment().saturating_add(SignedDuration::from_secs(seconds.into())).unwrap_or(Timestamp::MAX)
    }

    /// Says a sentence, for as long as that takes, unless the listener hangs up or presses a key.
    pub(super) async fn speak(&self, text: &str, language: Option<&str>) {
        let Some(phone) = &self.person else { return };
        let sentence = Sentence { text: text.to_owned(), language: language.map(str::to_owned) };
        self.world.let_hear(phone, sentence);
        let characters = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
        let millis = characters.saturating_mul(SPEECH_PER_CHARACTER).max(SHORTEST_SPEECH);
        let until = self.world.moment().saturating_add(SignedDuration::from_millis(millis));
        let interrupted =
            |state: &State| (state.lines.hung_up(phone) || !state.lines.keys(phone).is_empty()).then_some(());
        self.world.ask_until(until.unwrap_or(Timestamp::MAX), interrupted).await;
    }

    pub(super) async fn pause(&self, seconds: u32) {
        let Some(phone) = &self.person else { return };
        self.world.ask_until(self.after(seconds), |state| state.lines.hung_up(phone).then_some(())).await;
    }

    /// The keys that the person presses; none: no person, so the script keys.
    pub(super) async fn keys_by_hand(&self, gather: &Gather) -> Option<String> {
        let phone = self.person.as_ref()?;
        let enough = |keys: &str| {
            gather.num_digits.is_some_and(|most| keys.chars().count() >= most)
                || gather.finish_on_key.is_some_and(|key| keys.contains(key))
        };
        let mut pressed = self.world.ask(|state| state.lines.keys(phone).chars().count());
        loop {
            let more = |state: &State| {
                let keys = state.lines.keys(phone);
                let count = keys.chars().count();
                (state.lines.hung_up(phone) || enough(keys) || count > pressed).then_some((count, enough(keys)))
            };
            match self.world.ask_until(self.after(gather.timeout), more).await {
                Some((count, false)) if !self.gone() => pressed = count,
                _ => return Some(self.world.take_keys(phone)),
            }
        }
    }

    /// Waits until one of those that ring is answered, all are declined, the caller hangs up or the time is over, and
    /// settles what becomes of each.
    pub(super) async fn await_people(&self, dialled: &mut [Dialled], seconds: u32) {
        let asked: Vec<String> = dialled
            .iter()
            .filter(|dialled| dialled.will == Will::Ask)
            .map(|dialled| dialled.number.phone.clone())
            .collect();
        let taken = dialled.iter().any(|dialled| matches!(dialled.will, Will::Answer | Will::LeadOn));
        let decision = if asked.is_empty() || taken { None } else { self.decision(&asked, seconds).await };
        for dialled in dialled.iter_mut().filter(|dialled| dialled.will == Will::Ask) {
            let phone = &dialled.number.phone;
            dialled.will = match &decision {
                Some(Decision::Taken(by)) if by == phone => Will::Answer,
                Some(Decision::Taken(_) | Decision::CallerGone) => Will::Not("canceled"),
                _ if self.world.ask(|state| state.lines.hung_up(phone)) => Will::Not("busy"),
                _ => Will::Not("no-answer"),
            };
            if let Will::Not(outcome) = dialled.will {
                self.world.end_line(phone, outcome);
            }
        }
    }

    async fn decision(&self, asked: &[String], seconds: u32) -> Option<Decision> {
        let until = self.after(seconds);
        self.world
            .ask_until(until, |state| {
                if self.person.as_ref().is_some_and(|person| state.lines.hung_up(person)) {
                    return Some(Decision::CallerGone);
                }
                if asked.iter().all(|phone| state.lines.hung_up(phone)) {
                    return Some(Decision::Declined);
                }
                asked.iter().find(|phone| state.lines.answered(phone)).cloned().map(Decision::Taken)
            })
            .await
    }

    /// A call that the service placed rings; who takes it hears it by hand from then on.
    pub(super) async fn await_called(&mut self, phone: &str) -> Will {
        let will = match self.decision(&[phone.to_owned()], USUAL_RING).await {
            Some(Decision::Taken(_)) => Will::Answer,
            Some(_) => Will::Not("busy"),
            None => Will::Not("no-answer"),
        };
        if will == Will::Answer {
            self.world.set_phase(phone, Phase::Listening);
        }
        self.person = Some(phone.to_owned());
        will
    }

    /// The person's handset is in no call any more.
    pub(super) fn hang_up_line(&self, outcome: &str) {
        if let Some(phone) = &self.person {
            self.world.end_line(phone, outcome);
        }
    }

    /// Two people talk: by hand until one hangs up or the time given is over, else as long as `connected` says. Gives for
    /// how long, in seconds.
    pub(super) async fn talk(&mut self, phone: &str, mut connected: Event, by_hand: Option<u32>) -> u32 {
        let Event::Connected { seconds, .. } = &mut connected else { return 0 };
        let Some(time_limit) = by_hand else {
            let scripted = *seconds;
            self.record(connected);
            return scripted;
        };
        *seconds = 0;
        let began = self.world.moment();
        let both: Vec<&str> = self.person.as_deref().into_iter().chain([phone]).collect();
        both.iter().for_each(|phone| self.world.set_phase(phone, Phase::Talking));
        self.world.journal(&self.story, Happening::Noticed { event: connected.clone() });
        let until = self.after(time_limit);
        let hung_up = |state: &State| both.iter().any(|phone| state.lines.hung_up(phone)).then_some(());
        self.world.ask_until(until, hung_up).await;
        let talked = self.world.moment().duration_since(began).as_secs();
        let talked = u32::try_from(talked).unwrap_or_default().min(time_limit);
        both.iter().for_each(|phone| self.world.note_talk(phone, talked));
        self.world.end_line(phone, "completed");
        if let Event::Connected { seconds, .. } = &mut connected {
            *seconds = talked;
        }
        self.events.push(connected);
        talked
    }
}

#[cfg(test)]
mod tests;
