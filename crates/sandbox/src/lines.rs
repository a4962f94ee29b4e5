//! Promises: a handset in a person's hands rings until that person decides, and both sides stay connected until one of
//! them hangs up; what it shows is what a real one would show.
//!
//! A person uses it through [`World::call_by_hand`] and [`World::act`]. The time is the world's clock: a ring that
//! nobody answers ends when that clock says so.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::world::{State, World};

/// How often the clock is looked at. It is handed in, so nobody says when it has moved.
const LOOK: Duration = Duration::from_millis(200);

/// What a handset is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It has dialled, and nothing is heard yet.
    Dialling,
    /// A sentence is heard, or digits are asked for.
    Listening,
    /// The other side is being rung.
    RingsThere,
    /// It rings.
    Ringing,
    /// Two people talk.
    Talking,
    /// The call is over.
    Over,
}

/// A sentence that was heard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sentence {
    /// What was said.
    pub text: String,
    /// In which language, when the TwiML says.
    pub language: Option<String>,
}

/// A handset's call, from its own side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// What it is doing.
    pub phase: Phase,
    /// The number on its display.
    pub shows: String,
    /// Since when it does so.
    pub since: Timestamp,
    /// What was heard so far.
    pub heard: Vec<Sentence>,
    /// How long the two talked, in seconds.
    pub talked: u32,
    /// Twilio's word for how it ended; none while it lasts.
    pub outcome: Option<String>,
    #[serde(skip)]
    pressed: Pressed,
}

/// What its holder pressed and the call has not yet seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Pressed {
    answer: bool,
    hang_up: bool,
    keys: String,
}

/// What the holder of a handset does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Takes the call.
    Answer,
    /// Ends the call, or declines one that rings.
    HangUp,
    /// Presses keys: `0` to `9`, `*`, `#`.
    Keys(String),
}

/// Why a handset does not do that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotNow {
    /// It is in a call.
    #[error("this handset is in a call")]
    InACall,
    /// It does not ring.
    #[error("this handset does not ring")]
    DoesNotRing,
    /// It is in no call.
    #[error("this handset is in no call")]
    InNoCall,
    /// Not a key.
    #[error("a telephone has the keys 0 to 9, * and #")]
    NoSuchKey,
}

/// The handsets in people's hands.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    in_use: BTreeMap<String, Line>,
    /// How many hold it.
    held: BTreeMap<String, usize>,
}

impl Lines {
    /// Whether somebody holds it, and would hear it ring.
    pub(crate) fn is_held(&self, phone: &str) -> bool {
        self.held.contains_key(phone)
    }

    /// Its call, or the one it had last.
    pub(crate) fn get(&self, phone: &str) -> Option<&Line> {
        self.in_use.get(phone)
    }

    /// Whether it is in a call.
    pub(crate) fn is_occupied(&self, phone: &str) -> bool {
        self.in_use.get(phone).is_some_and(|line| line.phase != Phase::Over)
    }

    /// Whether its holder hung up, or declined.
    pub(crate) fn hung_up(&self, phone: &str) -> bool {
        self.in_use.get(phone).is_some_and(|line| line.pressed.hang_up)
    }

    /// Whether its holder took the call.
    pub(crate) fn answered(&self, phone: &str) -> bool {
        self.in_use.get(phone).is_some_and(|line| line.pressed.answer)
    }

    /// The keys pressed since they were taken last.
    pub(crate) fn keys(&self, phone: &str) -> &str {
        self.in_use.get(phone).map(|line| line.pressed.keys.as_str()).unwrap_or_default()
    }

    /// A call begins on it; the one before is forgotten.
    pub(crate) fn begin(&mut self, phone: &str, phase: Phase, shows: &str, now: Timestamp) {
        let line = Line {
            phase,
            shows: shows.to_owned(),
            since: now,
            heard: Vec::new(),
            talked: 0,
            outcome: None,
            pressed: Pressed::default(),
        };
        self.in_use.insert(phone.to_owned(), line);
    }

    fn live(&mut self, phone: &str) -> Option<&mut Line> {
        self.in_use.get_mut(phone).filter(|line| line.phase != Phase::Over)
    }
}

/// Somebody holds these handsets until this is dropped.
pub struct Held {
    world: World,
    phones: Vec<String>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.world.change(|state| {
            for phone in &self.phones {
                let left = state.lines.held.get_mut(phone).map(|holders| {
                    *holders -= 1;
                    *holders
                });
                if left == Some(0) {
                    state.lines.held.remove(phone);
                }
            }
        });
    }
}

impl World {
    /// From now on a call that the service places to one of these handsets rings until its holder decides.
    #[must_use]
    pub fn hold(&self, phones: Vec<String>) -> Held {
        self.change(|state| phones.iter().for_each(|phone| *state.lines.held.entry(phone.clone()).or_default() += 1));
        Held { world: self.clone(), phones }
    }

    /// What the handset is doing, or did last; none: it was in no call yet.
    #[must_use]
    pub fn line(&self, phone: &str) -> Option<Line> {
        self.ask(|state| state.lines.in_use.get(phone).cloned())
    }

    /// Its holder does something.
    ///
    /// # Errors
    /// The handset cannot do that now.
    pub fn act(&self, phone: &str, act: Act) -> Result<(), NotNow> {
        self.change(|state| {
            let line = state.lines.live(phone).ok_or(NotNow::InNoCall)?;
            match act {
                Act::Answer if line.phase == Phase::Ringing => line.pressed.answer = true,
                Act::Answer => return Err(NotNow::DoesNotRing),
                Act::HangUp => line.pressed.hang_up = true,
                Act::Keys(keys) if keys.chars().all(|key| key.is_ascii_digit() || matches!(key, '*' | '#')) => {
                    line.pressed.keys.push_str(&keys);
                }
                Act::Keys(_) => return Err(NotNow::NoSuchKey),
            }
            Ok(())
        })
    }

    // ── for the call ─────────────────────────────────────────────────────────────────────────────────────────────

    pub(crate) fn begin_line(&self, phone: &str, phase: Phase, shows: &str) -> Result<(), NotNow> {
        let now = self.moment();
        self.change(|state| {
            if state.lines.is_occupied(phone) {
                return Err(NotNow::InACall);
            }
            state.lines.begin(phone, phase, shows, now);
            Ok(())
        })
    }

    pub(crate) fn set_phase(&self, phone: &str, phase: Phase) {
        let now = self.moment();
        self.change(|state| {
            if let Some(line) = state.lines.live(phone) {
                (line.phase, line.since) = (phase, now);
            }
        });
    }

    pub(crate) fn let_hear(&self, phone: &str, sentence: Sentence) {
        self.set_phase(phone, Phase::Listening);
        self.change(|state| {
            if let Some(line) = state.lines.live(phone) {
                line.heard.push(sentence);
            }
        });
    }

    pub(crate) fn take_keys(&self, phone: &str) -> String {
        self.change(|state| {
            state.lines.live(phone).map(|line| std::mem::take(&mut line.pressed.keys)).unwrap_or_default()
        })
    }

    /// How long the two talked is noted on the line that is still in a call.
    pub(crate) fn note_talk(&self, phone: &str, seconds: u32) {
        self.change(|state| {
            if let Some(line) = state.lines.live(phone) {
                line.talked = seconds;
            }
        });
    }

    pub(crate) fn end_line(&self, phone: &str, outcome: &str) {
        let now = self.moment();
        self.change(|state| {
            if let Some(line) = state.lines.live(phone) {
                (line.phase, line.since, line.outcome) = (Phase::Over, now, Some(outcome.to_owned()));
            }
        });
    }

    /// Asks until there is an answer or the world's clock has reached `until`.
    pub(crate) async fn ask_until<T>(
        &self,
        until: Timestamp,
        mut question: impl FnMut(&State) -> Option<T>,
    ) -> Option<T> {
        let mut changes = self.changes();
        loop {
            changes.borrow_and_update();
            if let Some(answer) = self.ask(&mut question) {
                return Some(answer);
            }
            if self.moment() >= until {
                return None;
            }
            let _ = tokio::time::timeout(LOOK, changes.changed()).await;
        }
    }
}
