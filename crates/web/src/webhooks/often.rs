//! Promises: whoever calls or writes very often is told so kindly, and reaches neither the store nor anybody.
//!
//! Twilio's requests are never limited by their address, which is Twilio's. A text that is over the limit is answered
//! with a text once in ten minutes: more answers would cost money and tell nobody anything new.

use proxycall_domain::{
    Address, Language, PhoneNumber, Phrase,
    limits::Budget,
    routing::{CallAnswer, TextAnswer},
};

use crate::{App, rate_limit::Act};

/// What the log says of it.
pub(super) const OUTCOME: &str = "too_many";

impl App {
    /// Whether this is one too many from a caller.
    fn is_too_often(&self, act: Act, caller: &Address, proxy: PhoneNumber) -> bool {
        let limits = self.service.policy.current().limits;
        let (now, callers) = (self.service.clock.now(), &self.limits.callers);
        let caller = caller.phone();
        let to_this = self.limits.caller(caller, Some(proxy));
        if callers.take(act, to_this, Budget::in_ten_minutes(limits.caller_per_number), now).is_err() {
            return true;
        }
        // Those without a number are many people: they are counted for each proxy number alone.
        caller.is_some()
            && callers.take(act, self.limits.caller(caller, None), Budget::in_ten_minutes(limits.caller), now).is_err()
    }

    /// The language of the number's country, which is its client's: who the client is, only the store knows.
    fn language_of(&self, proxy: PhoneNumber) -> Language {
        let policy = self.service.policy.current();
        policy.countries().of(proxy).map_or(Language::Fr, |country| policy.language(country.code))
    }

    /// What a caller who calls too often hears; none: it is not too often.
    pub(super) fn calls_too_often(&self, caller: &Address, proxy: PhoneNumber) -> Option<CallAnswer> {
        self.is_too_often(Act::Call, caller, proxy)
            .then(|| self.service.say(Phrase::CallTooMany, self.language_of(proxy)))
    }

    /// What somebody who writes too often reads; none: it is not too often.
    pub(super) fn writes_too_often(&self, sender: &Address, proxy: PhoneNumber) -> Option<TextAnswer> {
        if !self.is_too_often(Act::Text, sender, proxy) {
            return None;
        }
        // Who has no number cannot be answered.
        let Some(phone) = sender.phone() else { return Some(TextAnswer::Nothing) };
        let key = self.limits.caller(Some(phone), Some(proxy));
        let told = self.limits.callers.take(Act::Notice, key, Act::Notice.budget(), self.service.clock.now());
        let notice = || self.service.sentence(Phrase::TextTooMany, self.language_of(proxy));
        Some(told.map_or(TextAnswer::Nothing, |()| TextAnswer::Notice(notice())))
    }
}
