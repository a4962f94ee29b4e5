//! Promises: one world per sandbox, in which what a test arranged, what the service did and what each handset saw
//! can always be asked.
//!
//! *Arrange the world, act, ask the world.* Acting is [`World::call`], [`World::text`] or the REST API; asking needs no
//! sleep: [`World::settle`] ends when every status callback was answered, [`World::wait_for`] when a condition holds.

mod market;
mod records;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use self::market::Market;
pub use self::market::{Bundle, Requirements, Shelf, Stock};
pub use self::records::{
    Account, Behaviour, Call, Capabilities, CarrierError, Handset, Hook, HookMethod, Message, MessageDirection,
    MessageStatus, Number, Person, ReceivedText, Ring, SentWebhook,
};
use crate::{
    contract::{RecordedRequest, Violation},
    delivery::Delivery,
    endpoints::Operation,
    fault::{Fault, Faults, MailFault},
    geography::is_e164,
    google::GoogleState,
    journal::Journal,
    lines::Lines,
    mailbox::{Login, ReceivedMail},
    sid::SidSource,
    transcript::Transcript,
    webhook::{BaseUrl, BaseUrlError},
};

/// Tells the time. Handed in, so that a test decides how late it is.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The machine's own clock, for the sandbox that people use.
#[must_use]
pub fn system_clock() -> Clock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the sandbox's default clock is made")]
    Arc::new(Timestamp::now)
}

/// The carrier, the phones around it, and all that happened between them. Cloning it is cheap and gives the same world.
#[derive(Clone)]
pub struct World {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: watch::Sender<()>,
    deliveries: TaskTracker,
    http: reqwest::Client,
    clock: Clock,
}

/// Everything that changes.
pub(crate) struct State {
    pub(crate) account: Account,
    pub(crate) sids: SidSource,
    pub(crate) base_urls: Vec<BaseUrl>,
    pub(crate) numbers: BTreeMap<String, Number>,
    pub(crate) market: Market,
    /// The messaging services of the account and the numbers in each.
    pub(crate) services: BTreeMap<String, Vec<String>>,
    pub(crate) handsets: BTreeMap<String, Handset>,
    /// (number of the account, handset) pairs between which the handset's owner stopped texts.
    pub(crate) opted_out: BTreeSet<(String, String)>,
    /// Beginnings of numbers that the account may not text.
    pub(crate) closed_regions: Vec<String>,
    pub(crate) messages: Vec<Message>,
    pub(crate) calls: Vec<Call>,
    /// The calls that the service placed and that are over.
    pub(crate) placed: Vec<Transcript>,
    pub(crate) faults: Faults,
    pub(crate) requests: Vec<RecordedRequest>,
    pub(crate) violations: Vec<Violation>,
    pub(crate) errors: Vec<CarrierError>,
    pub(crate) webhooks: Vec<SentWebhook>,
    /// The letters that the mail server took, oldest first.
    pub(crate) mails: Vec<ReceivedMail>,
    /// One for each of the next conversations with the mail server.
    pub(crate) mail_faults: VecDeque<MailFault>,
    /// Who may send; none: whoever connects.
    pub(crate) mail_login: Option<Login>,
    pub(crate) google: GoogleState,
    /// The handsets in people's hands.
    pub(crate) lines: Lines,
    pub(crate) journal: Journal,
    /// Who is known by name.
    pub(crate) people: Vec<Person>,
    /// Where the service that this world belongs to is asked what became of a call or text, and by which token.
    pub(crate) service: Option<(String, Option<String>)>,
    /// Whoever is rung or texted has a handset from then on.
    pub(crate) everyone_has_a_handset: bool,
    pub(crate) hold_callbacks: bool,
    /// Messages accepted while callbacks are held, oldest first.
    pub(crate) held: Vec<Delivery>,
}

impl State {
    /// The handset with this number, made now where everyone has one.
    pub(crate) fn handset(&mut self, phone: &str) -> Option<&mut Handset> {
        if self.everyone_has_a_handset && is_e164(phone) && !self.numbers.contains_key(phone) {
            return Some(self.handsets.entry(phone.to_owned()).or_insert_with(|| Handset::new(phone)));
        }
        self.handsets.get_mut(phone)
    }
}

impl World {
    pub(crate) fn new(account: Account, seed: u64, clock: Clock, http: reqwest::Client) -> Self {
        let deliveries = TaskTracker::new();
        // A closed tracker still takes tasks; closed, its `wait` ends whenever there are none.
        deliveries.close();
        let state = State {
            account,
            sids: SidSource::new(seed),
            base_urls: Vec::new(),
            numbers: BTreeMap::new(),
            market: Market::default(),
            services: BTreeMap::new(),
            handsets: BTreeMap::new(),
            opted_out: BTreeSet::new(),
            closed_regions: Vec::new(),
            messages: Vec::new(),
            calls: Vec::new(),
            placed: Vec::new(),
            faults: Faults::default(),
            requests: Vec::new(),
            violations: Vec::new(),
            errors: Vec::new(),
            webhooks: Vec::new(),
            mails: Vec::new(),
            mail_faults: VecDeque::new(),
            mail_login: None,
            google: GoogleState::default(),
            lines: Lines::default(),
            journal: Journal::default(),
            people: Vec::new(),
            service: None,
            everyone_has_a_handset: false,
            hold_callbacks: false,
            held: Vec::new(),
        };
        let (changed, _) = watch::channel(());
        Self { shared: Arc::new(Shared { state: Mutex::new(state), changed, deliveries, http, clock }) }
    }

    // ── arrange ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// Gives the account a number, or rewires one it has.
    pub fn add_number(&self, number: Number) {
        let now = self.now();
        self.change(|state| state.add_number(number, now));
    }

    /// Gives the account a messaging service (`MG…`) with these of its numbers, or changes one it has.
    pub fn add_messaging_service(&self, sid: &str, numbers: &[&str]) {
        let numbers = numbers.iter().map(|phone| (*phone).to_owned()).collect();
        self.change(|state| state.services.insert(sid.to_owned(), numbers));
    }

    /// Puts a handset into the world, or replaces it.
    pub fn add_handset(&self, handset: Handset) {
        self.change(|state| state.handsets.insert(handset.phone.clone(), handset));
    }

    /// Names somebody, for the page of the phones.
    pub fn introduce(&self, person: Person) {
        self.change(|state| {
            state.people.retain(|known| known.phone != person.phone);
            state.people.push(person);
        });
    }

    /// Says where the service listens, such as `http://127.0.0.1:8000`, and by which token its API is asked: the page of
    /// the phones then shows what the service made of each call and text.
    pub fn set_service(&self, base_url: &str, token: Option<&str>) {
        let service = (base_url.trim_end_matches('/').to_owned(), token.map(str::to_owned));
        self.change(|state| state.service = Some(service));
    }

    /// Says what the owner of `phone` keys when the service calls, each time one entry; `heard` is
    /// whatever was said digit by digit. Adds the handset when there is none.
    pub fn set_keys(&self, phone: &str, keys: Vec<String>) {
        self.change(|state| {
            let handset = state.handsets.entry(phone.to_owned()).or_insert_with(|| Handset::new(phone));
            handset.digits = keys;
        });
    }

    /// Says what the owner of `phone` does from now on when it rings. Adds the handset when there is none.
    pub fn set_behaviour(&self, phone: &str, behaviour: Behaviour) {
        self.change(|state| {
            let handset = state.handsets.entry(phone.to_owned()).or_insert_with(|| Handset::new(phone));
            handset.behaviour = behaviour;
        });
    }

    /// Sends what is addressed to `public` (as the carrier has it configured, such as `https://proxycall.example`) to
    /// `connect` (where the service really listens, such as `http://127.0.0.1:8000`). Replaces an earlier mapping of
    /// the same public address.
    ///
    /// # Errors
    /// One of the two is no http or https address, or `connect` is not on this machine's loopback.
    pub fn map_base_url(&self, public: &str, connect: &str) -> Result<(), BaseUrlError> {
        let mapping = BaseUrl::new(public, connect)?;
        self.change(|state| {
            state.base_urls.retain(|known| known.public != mapping.public);
            state.base_urls.push(mapping);
        });
        Ok(())
    }

    /// Makes the next REST request fail in this way. Several are used up in the order given, one per request.
    pub fn fail_next(&self, fault: Fault) {
        self.change(|state| state.faults.plan(None, fault));
    }

    /// Makes the next request for this operation fail in this way, whatever else is asked meanwhile.
    pub fn fail_next_of(&self, operation: Operation, fault: Fault) {
        self.change(|state| state.faults.plan(Some(operation), fault));
    }

    /// Makes the next conversation with the mail server go wrong in this way. Several are used up in the order given,
    /// one per connection.
    pub fn fail_next_mail(&self, fault: MailFault) {
        self.change(|state| state.mail_faults.push_back(fault));
    }

    /// From now on the mail server takes letters only from who signs in so.
    pub fn require_mail_login(&self, user: &str, password: &str) {
        let login = Login { user: user.to_owned(), password: password.to_owned() };
        self.change(|state| state.mail_login = Some(login));
    }

    /// Keeps the status callbacks of messages back (`true`), or lets those kept back go, oldest first, and all later
    /// ones too (`false`). A message whose callbacks are held stays `queued`.
    pub fn hold_status_callbacks(&self, hold: bool) {
        let released = self.change(|state| {
            state.hold_callbacks = hold;
            if hold { Vec::new() } else { std::mem::take(&mut state.held) }
        });
        for delivery in released {
            self.start_delivery(delivery);
        }
    }

    /// The owner of `phone` wants no texts from `number` of the account: they are refused with 21610.
    pub fn opt_out(&self, number: &str, phone: &str) {
        self.change(|state| state.opted_out.insert((number.to_owned(), phone.to_owned())));
    }

    /// Texts to numbers that begin with `prefix` (such as `+1`) are refused with 21408.
    pub fn close_region(&self, prefix: &str) {
        self.change(|state| state.closed_regions.push(prefix.to_owned()));
    }

    /// Changes the account: its token, its status.
    pub fn change_account(&self, change: impl FnOnce(&mut Account)) {
        self.change(|state| change(&mut state.account));
    }

    // ── ask ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// The account.
    #[must_use]
    pub fn account(&self) -> Account {
        self.ask(|state| state.account.clone())
    }

    /// The numbers of the account, in order.
    #[must_use]
    pub fn numbers(&self) -> Vec<Number> {
        self.ask(|state| state.numbers.values().cloned().collect())
    }

    /// All handsets, in the order of their numbers.
    #[must_use]
    pub fn handsets(&self) -> Vec<Handset> {
        self.ask(|state| state.handsets.values().cloned().collect())
    }

    /// The texts that `phone` received, oldest first; none when there is no such handset.
    #[must_use]
    pub fn inbox(&self, phone: &str) -> Vec<ReceivedText> {
        self.ask(|state| state.handsets.get(phone).map(|handset| handset.inbox.clone()).unwrap_or_default())
    }

    /// The times that `phone` rang, oldest first; none when there is no such handset.
    #[must_use]
    pub fn rings(&self, phone: &str) -> Vec<Ring> {
        self.ask(|state| state.handsets.get(phone).map(|handset| handset.rings.clone()).unwrap_or_default())
    }

    /// All messages, oldest first, in and out.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        self.ask(|state| state.messages.clone())
    }

    /// The messages that the service sent through the API, oldest first.
    #[must_use]
    pub fn sent_messages(&self) -> Vec<Message> {
        let sent = |message: &&Message| message.direction == MessageDirection::OutboundApi;
        self.ask(|state| state.messages.iter().filter(sent).cloned().collect())
    }

    /// All legs of all calls, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.ask(|state| state.calls.clone())
    }

    /// What became of each call that the service placed, in the order in which they ended. See [`World::settle`].
    #[must_use]
    pub fn placed_calls(&self) -> Vec<Transcript> {
        self.ask(|state| state.placed.clone())
    }

    /// The letters that the mail server took, oldest first.
    #[must_use]
    pub fn mails(&self) -> Vec<ReceivedMail> {
        self.ask(|state| state.mails.clone())
    }

    /// Those of them that are addressed to `address`.
    #[must_use]
    pub fn mails_to(&self, address: &str) -> Vec<ReceivedMail> {
        let addressed = |mail: &&ReceivedMail| mail.to.iter().any(|to| to.eq_ignore_ascii_case(address));
        self.ask(|state| state.mails.iter().filter(addressed).cloned().collect())
    }

    /// Every REST request received, also the refused ones, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.ask(|state| state.requests.clone())
    }

    /// What the service did that it must never do to a carrier. A sound service leaves this empty.
    #[must_use]
    pub fn violations(&self) -> Vec<Violation> {
        self.ask(|state| state.violations.clone())
    }

    /// The carrier's error log: webhooks that failed, TwiML that could not be carried out.
    #[must_use]
    pub fn errors(&self) -> Vec<CarrierError> {
        self.ask(|state| state.errors.clone())
    }

    /// Every webhook sent, oldest first.
    #[must_use]
    pub fn webhooks(&self) -> Vec<SentWebhook> {
        self.ask(|state| state.webhooks.clone())
    }

    /// Ends when every status callback due was answered or failed and every call placed is over. Callbacks held back
    /// are not due.
    pub async fn settle(&self) {
        self.shared.deliveries.wait().await;
    }

    /// Asks `question` now and again after each change of the world, until it has an answer or `limit` has passed.
    pub async fn wait_for<T>(&self, limit: Duration, mut question: impl FnMut(&World) -> Option<T>) -> Option<T> {
        let mut changes = self.shared.changed.subscribe();
        let answer = async {
            loop {
                changes.borrow_and_update();
                if let Some(answer) = question(self) {
                    return Some(answer);
                }
                changes.changed().await.ok()?;
            }
        };
        tokio::time::timeout(limit, answer).await.ok().flatten()
    }

    // ── for the other modules ────────────────────────────────────────────────────────────────────────────────────

    /// Reads. Never held across an await.
    pub(crate) fn ask<T>(&self, question: impl FnOnce(&State) -> T) -> T {
        question(&self.shared.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the world and wakes whoever waits for a change.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let answer = change(&mut self.shared.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.shared.changed.send_replace(());
        answer
    }

    /// The time, to the whole second: all that the carrier's dates show.
    pub(crate) fn now(&self) -> Timestamp {
        let now = (self.shared.clock)();
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }

    /// The time as the clock tells it.
    pub(crate) fn moment(&self) -> Timestamp {
        (self.shared.clock)()
    }

    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.shared.changed.subscribe()
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.shared.http
    }

    pub(crate) fn deliveries(&self) -> &TaskTracker {
        &self.shared.deliveries
    }

    pub(crate) fn log_error(&self, code: i32, sid: &str, detail: impl Into<String>) {
        let error = CarrierError { code, detail: detail.into(), sid: sid.to_owned() };
        // The detail may hold numbers, which no log shows, not even fictional ones: tests search logs for them.
        tracing::warn!(code = error.code, "simulated carrier: error");
        self.change(|state| state.errors.push(error));
    }

    pub(crate) fn log_violation(&self, violation: Violation) {
        tracing::warn!(%violation, "simulated carrier: the service must not do this");
        self.change(|state| state.violations.push(violation));
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_service::{LIMIT, world};

    #[tokio::test]
    async fn waiting_ends_with_the_change_that_answers_and_at_the_limit_without_one() {
        let world = world();
        let rung = |world: &World| world.handsets().into_iter().find(|handset| handset.phone == "+33639980009");
        assert!(world.wait_for(Duration::ZERO, rung).await.is_none());
        let adding = world.clone();
        let (found, ()) = tokio::join!(world.wait_for(LIMIT, rung), async {
            adding.add_handset(Handset::new("+33639980009"));
        });
        assert!(found.is_some());
    }

    #[test]
    fn rewiring_a_number_keeps_its_id() {
        let world = world();
        let before = world.numbers();
        world.add_number(Number::new("+33199000001").voice_url("https://proxycall.example/twilio/voice"));
        assert_eq!(world.numbers()[0].sid, before[0].sid);
        assert!(before[0].sid.starts_with("PN"));
    }
    #[test]
    fn where_everyone_has_a_handset_whoever_is_reached_gets_one_and_nobody_else() {
        let world = world();
        let reached = |open, phone: &str| {
            world.change(|state| {
                state.everyone_has_a_handset = open;
                state.handset(phone).is_some()
            })
        };
        assert!(!reached(false, "+33639980009"));
        assert!(reached(true, "+33639980009"));
        for nobody in ["anonymous", "+33199000001"] {
            assert!(!reached(true, nobody), "{nobody}");
        }
    }
}
