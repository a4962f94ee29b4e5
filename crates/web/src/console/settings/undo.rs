//! Promises: whoever has just changed a setting may take that back, and only with the value that stood there before.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use super::super::session::Session;

/// For so many changes the value before is known.
const KNOWN: usize = 64;

/// What settings were before they were changed. It is kept here and not in an address: a value may be a range of numbers,
/// and an address may be anybody's. On another instance no undo is offered.
#[derive(Default)]
pub(in crate::console) struct Before(Mutex<VecDeque<Change>>);

struct Change {
    /// Whose change it was.
    session: String,
    key: String,
    /// What stood there; none: the default.
    before: Option<String>,
    after: Option<String>,
}

impl Before {
    pub(super) fn remember(&self, session: &Session, key: &str, before: Option<String>, after: Option<String>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|of| of.session != session.csrf() || of.key != key);
        if known.len() >= KNOWN {
            known.pop_front();
        }
        known.push_back(Change { session: session.csrf().to_owned(), key: key.to_owned(), before, after });
    }

    /// The fields of a form that takes this session's last change of a setting back, as long as it still holds.
    pub(super) fn of(&self, session: &Session, key: &str, now: Option<&str>) -> Option<Vec<(&'static str, String)>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let change = known.iter().find(|of| of.session == session.csrf() && of.key == key)?;
        if change.after.as_deref() != now || change.before == change.after {
            return None;
        }
        let value = match &change.before {
            Some(value) => ("value", value.clone()),
            None => ("reset", "1".to_owned()),
        };
        Some(vec![("key", key.to_owned()), value])
    }
}
