//! Promises: each port method goes to the body of its verb for the database at hand.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use proxycall_domain::{
    ClientId, Confirmation, CountryCode, Interaction, JobId, Language, NumberStatus, NumberType, PendingId,
    PhoneNumber, PurchaseId,
    client::Client,
    confirmation::Stage,
    order::{Order, OrderId},
    pool::{
        CarrierFacts, NewNumber, NumberPast, ProxyNumber,
        life::{Act, Reservation, ReservationToken},
        stock::Stock,
    },
    wiring::Wiring,
};
use proxycall_service::ports::{
    Ledger, LedgerError,
    ledger::{
        AdoptNumber, Alert, ApproveConfirmation, AssignNumber, AssignReserved, AssignThisNumber, AssignedNumber,
        BeginPurchase, Begun, BegunConfirmation, BringConfirmation, Brought, CallEnded, CallEntry, CallStep, Candidate,
        ClaimedJob, ClientFilter, ClientSearch, CloseClient, CodeCall, CodeRules, CreateClient, CreateConfirmation,
        DeliveryReport, DispatchReport, DispatchResult, DispatchStep, Entered, ImportClient, ImportFinding,
        InboundCall, InboundText, InteractionFilter, Lane, LinkOutcome, LinkProof, LinkState, MoveNumber, Moved,
        NumberDates, NumberFilter, OpenPurchase, Page, PlaceOrder, PlacedOrder, ProgressPage, PurchaseEnd,
        RecordedCall, RecordedText, ReleaseNumber, RequestCode, RequestKey, ReserveNumber, RestoreClient, SendStep,
        SpareIds, Standing, StoredAnswer, TextResult, UpdateClient, UseLink, Work,
    },
};

use crate::{Engine, Store, keys::SecretMeta, postgres, sqlite};

/// Runs a verb that writes, as one unit of work.
macro_rules! unit {
    ($store:ident, $noun:ident::$verb:ident($($argument:ident),*)) => { run!($store, unit, $noun::$verb($($argument),*)) };
}

/// Runs a verb that writes, each of whose statements may be kept without the next: on PostgreSQL without a transaction.
macro_rules! statements {
    ($store:ident, $noun:ident::$verb:ident($($argument:ident),*)) => {
        run!($store, statements, $noun::$verb($($argument),*))
    };
}

/// Hands a verb to the writer of SQLite, or to `$run` of PostgreSQL. It may run on another task than whoever asks: the
/// request on whose behalf it is done goes along, to be kept with the jobs that it enqueues.
///
/// PostgreSQL's way holds all that the verb may wait for, thousands of bytes. It is boxed, or SQLite's would move them too.
macro_rules! run {
    ($store:ident, $run:ident, $noun:ident::$verb:ident($($argument:ident),*)) => {{
        let arguments = Arc::new(($($argument,)*));
        let codec = Arc::clone(&$store.codec);
        let request = proxycall_service::trace::current();
        crate::observe::measured("unit", async { match &$store.engine {
            Engine::Sqlite(engine) => {
                engine.writer().unit(move |db| {
                    let (arguments, codec) = (Arc::clone(&arguments), Arc::clone(&codec));
                    Box::pin(proxycall_service::trace::on_behalf_of(request, async move {
                        let ($($argument,)*) = &*arguments;
                        sqlite::verbs::$noun::$verb(db, &codec, $($argument),*).await
                    }))
                }).await
            }
            Engine::Postgres(engine) => {
                Box::pin(engine.$run(move |db| {
                    let (arguments, codec) = (Arc::clone(&arguments), Arc::clone(&codec));
                    Box::pin(proxycall_service::trace::on_behalf_of(request, async move {
                        let ($($argument,)*) = &*arguments;
                        postgres::verbs::$noun::$verb(db, &codec, $($argument),*).await
                    }))
                })).await
            }
        } }).await
    }};
}

/// Runs a verb that only reads: no unit, no queue.
macro_rules! read {
    ($store:ident, $noun:ident::$verb:ident($($argument:expr),*)) => {{
        crate::observe::measured("read", async { match &$store.engine {
            Engine::Sqlite(engine) => match engine.reader().await {
                Ok(mut db) => sqlite::verbs::$noun::$verb(&mut db, &$store.codec, $($argument),*).await,
                Err(error) => Err(error.into()),
            },
            Engine::Postgres(engine) => match engine.connection().await {
                Ok(mut db) => postgres::verbs::$noun::$verb(&mut db, &$store.codec, $($argument),*).await,
                Err(error) => Err(error.into()),
            },
        }.map_err(LedgerError::from) }).await
    }};
}

// Below the macros, which they use.
mod access;
mod blocks;
mod console;
mod operators;
mod privacy;
mod sheet;
mod vault;

impl Store {
    /// Which secrets the store uses; the first to come decides which it is made with.
    pub(crate) async fn claim_secret(
        &self,
        fingerprint: String,
        secret: Option<String>,
    ) -> Result<SecretMeta, LedgerError> {
        unit!(self, meta::claim_secret(fingerprint, secret))
    }
}

#[async_trait]
impl Ledger for Store {
    async fn record_inbound_call(&self, call: InboundCall) -> Result<RecordedCall, LedgerError> {
        unit!(self, calls::record_inbound_call(call))
    }

    async fn record_call_ended(&self, ended: CallEnded) -> Result<Option<CountryCode>, LedgerError> {
        unit!(self, calls::record_call_ended(ended))
    }

    async fn record_inbound_text(&self, text: InboundText) -> Result<RecordedText, LedgerError> {
        unit!(self, texts::record_inbound_text(text))
    }

    async fn record_delivery(&self, report: DeliveryReport) -> Result<bool, LedgerError> {
        unit!(self, texts::record_delivery(report))
    }

    async fn claim_jobs(
        &self,
        limit: u32,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Vec<ClaimedJob>, LedgerError> {
        let lane = None;
        unit!(self, jobs::claim_jobs(lane, limit, now, lease_until))
    }

    async fn claim_jobs_of(
        &self,
        lane: Lane,
        limit: u32,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Vec<ClaimedJob>, LedgerError> {
        let lane = Some(lane);
        unit!(self, jobs::claim_jobs(lane, limit, now, lease_until))
    }

    async fn next_job_at(&self) -> Result<Option<Timestamp>, LedgerError> {
        // Whoever works looks here each second.
        self.follow_secrets().await?;
        read!(self, jobs::next_job_at())
    }

    async fn start_sending(&self, job: &ClaimedJob, now: Timestamp) -> Result<SendStep, LedgerError> {
        let job = job.clone();
        unit!(self, texts::start_sending(job, now))
    }

    async fn finish_sending(&self, job: &ClaimedJob, result: TextResult, now: Timestamp) -> Result<bool, LedgerError> {
        let job = job.clone();
        unit!(self, texts::finish_sending(job, result, now))
    }

    async fn create_client(&self, create: CreateClient) -> Result<Client, LedgerError> {
        unit!(self, clients::create_client(create))
    }

    async fn client(&self, id: ClientId) -> Result<Option<Client>, LedgerError> {
        read!(self, clients::client(id))
    }

    async fn client_by_proxy(&self, proxy: PhoneNumber) -> Result<Option<Client>, LedgerError> {
        read!(self, clients::client_by_proxy(proxy))
    }

    async fn next_client_id(&self) -> Result<ClientId, LedgerError> {
        read!(self, clients::next_client_id())
    }

    async fn update_client(&self, update: UpdateClient) -> Result<Client, LedgerError> {
        unit!(self, clients::update_client(update))
    }

    async fn close_client(&self, close: CloseClient) -> Result<Client, LedgerError> {
        unit!(self, clients::close_client(close))
    }

    async fn restore_client(&self, restore: RestoreClient) -> Result<Client, LedgerError> {
        unit!(self, clients::restore_client(restore))
    }

    async fn clients(&self, filter: ClientFilter) -> Result<Page<Client>, LedgerError> {
        read!(self, clients::clients(&filter))
    }

    async fn search_clients(&self, search: ClientSearch) -> Result<Page<Client>, LedgerError> {
        read!(self, client_search::search_clients(&search))
    }

    async fn import_clients(
        &self,
        rows: Vec<ImportClient>,
        dry_run: bool,
        now: Timestamp,
    ) -> Result<Vec<ImportFinding>, LedgerError> {
        if dry_run { read!(self, import::preview(&rows, now)) } else { unit!(self, import::import_clients(rows, now)) }
    }

    async fn others_wait(&self) -> bool {
        match &self.engine {
            Engine::Sqlite(engine) => engine.others_wait().await,
            Engine::Postgres(_) => false,
        }
    }

    async fn place_order(&self, place: PlaceOrder) -> Result<PlacedOrder, LedgerError> {
        unit!(self, orders::place_order(place))
    }

    async fn order(&self, id: OrderId) -> Result<Option<Order>, LedgerError> {
        read!(self, orders::order(&id))
    }

    async fn orders(
        &self,
        client: Option<ClientId>,
        after: Option<String>,
        limit: u32,
    ) -> Result<Page<Order>, LedgerError> {
        read!(self, orders::orders(client, after.as_deref(), limit))
    }

    async fn add_numbers(&self, numbers: Vec<NewNumber>, act: Act) -> Result<u64, LedgerError> {
        unit!(self, pool::add_numbers(numbers, act))
    }

    async fn take_over_numbers(&self, numbers: Vec<(NewNumber, Option<String>)>, act: Act) -> Result<u64, LedgerError> {
        unit!(self, pool::take_over_numbers(numbers, act))
    }

    async fn date_numbers(&self, dates: Vec<NumberDates>) -> Result<(), LedgerError> {
        unit!(self, numbers::date_numbers(dates))
    }

    async fn available_numbers(
        &self,
        country: CountryCode,
        number_type: Option<NumberType>,
        now: Timestamp,
    ) -> Result<Vec<ProxyNumber>, LedgerError> {
        read!(self, numbers::available_numbers(country, number_type, now))
    }

    async fn reserve_number(&self, reserve: ReserveNumber) -> Result<Reservation, LedgerError> {
        statements!(self, pool::reserve_number(reserve))?
    }

    async fn assign_reserved(&self, assign: AssignReserved) -> Result<PhoneNumber, LedgerError> {
        unit!(self, pool::assign_reserved(assign))
    }

    async fn cancel_reservation(&self, token: ReservationToken, act: Act) -> Result<bool, LedgerError> {
        unit!(self, pool::cancel_reservation(token, act))
    }

    async fn assign_number(&self, assign: AssignNumber) -> Result<AssignedNumber, LedgerError> {
        unit!(self, pool::assign_number(assign))
    }

    async fn assign_this_number(&self, assign: AssignThisNumber) -> Result<AssignedNumber, LedgerError> {
        unit!(self, assign_this::assign_this_number(assign))
    }

    async fn move_number(&self, change: MoveNumber) -> Result<Moved, LedgerError> {
        unit!(self, pool::move_number(change))
    }

    async fn release_number(&self, release: ReleaseNumber) -> Result<Moved, LedgerError> {
        unit!(self, pool::release_number(release))
    }

    async fn adopt_number(&self, adopt: AdoptNumber) -> Result<NumberStatus, LedgerError> {
        unit!(self, pool::adopt_number(adopt))
    }

    async fn note_carrier(
        &self,
        phone: PhoneNumber,
        facts: CarrierFacts,
        before: Option<Wiring>,
    ) -> Result<(), LedgerError> {
        unit!(self, wiring::note_carrier(phone, facts, before))
    }

    async fn wiring_before(&self, phone: PhoneNumber) -> Result<Option<Wiring>, LedgerError> {
        read!(self, wiring::wiring_before(phone))
    }

    async fn number(&self, phone: PhoneNumber) -> Result<Option<ProxyNumber>, LedgerError> {
        read!(self, numbers::number(phone))
    }

    async fn numbers(&self, filter: NumberFilter) -> Result<Page<ProxyNumber>, LedgerError> {
        read!(self, numbers::numbers(&filter))
    }

    async fn number_history(&self, phone: PhoneNumber) -> Result<Vec<NumberPast>, LedgerError> {
        read!(self, numbers::number_history(phone))
    }

    async fn stock(&self, now: Timestamp) -> Result<Vec<Stock>, LedgerError> {
        read!(self, numbers::stock(now))
    }

    async fn free_lapsed(&self, now: Timestamp) -> Result<u64, LedgerError> {
        unit!(self, pool::free_lapsed(now))
    }

    async fn begin_purchase(&self, begin: BeginPurchase) -> Result<(), LedgerError> {
        unit!(self, purchases::begin_purchase(begin))
    }

    async fn ask_purchase(
        &self,
        id: PurchaseId,
        candidate: PhoneNumber,
        number_type: NumberType,
        settle_at: Timestamp,
        now: Timestamp,
    ) -> Result<Candidate, LedgerError> {
        unit!(self, purchases::ask_purchase(id, candidate, number_type, settle_at, now))
    }

    async fn end_purchase(&self, id: PurchaseId, end: PurchaseEnd, act: Act) -> Result<bool, LedgerError> {
        unit!(self, purchases::end_purchase(id, end, act))
    }

    async fn bought_on(&self, day: Timestamp) -> Result<u64, LedgerError> {
        read!(self, purchases::bought_on(day))
    }

    async fn open_purchases(&self) -> Result<Vec<OpenPurchase>, LedgerError> {
        read!(self, purchases::open_purchases())
    }

    async fn raise_alert(&self, alert: Alert) -> Result<(), LedgerError> {
        unit!(self, alerts::raise_alert(alert))
    }

    async fn clear_alert(&self, kind: &'static str, subject: String, now: Timestamp) -> Result<(), LedgerError> {
        unit!(self, alerts::clear_alert(kind, subject, now))
    }

    async fn alerts(&self) -> Result<Vec<Alert>, LedgerError> {
        read!(self, alerts::alerts())
    }

    async fn end_release(&self, job: &ClaimedJob, phone: PhoneNumber) -> Result<bool, LedgerError> {
        let job = job.clone();
        unit!(self, pool::end_release(job, phone))
    }

    async fn ensure_job(&self, id: JobId, work: Work, at: Timestamp) -> Result<(), LedgerError> {
        unit!(self, jobs::ensure_job(id, work, at))
    }

    async fn finish_job(&self, job: &ClaimedJob, again_at: Option<Timestamp>) -> Result<bool, LedgerError> {
        let job = job.clone();
        unit!(self, jobs::finish_job(job, again_at))
    }

    async fn create_confirmation(&self, create: CreateConfirmation) -> Result<BegunConfirmation, LedgerError> {
        unit!(self, begin_confirmation::create_confirmation(create))
    }

    async fn bring_confirmation(&self, bring: BringConfirmation) -> Result<Brought, LedgerError> {
        unit!(self, bring_confirmation::bring_confirmation(bring))
    }

    async fn confirmation(&self, id: PendingId) -> Result<Option<Confirmation>, LedgerError> {
        read!(self, confirmations::confirmation(id))
    }

    fn progress_name(&self, id: &PendingId, begun: Timestamp) -> String {
        self.codec.progress_name(id, begun)
    }

    async fn confirmation_by_progress(&self, progress: String) -> Result<Option<ProgressPage>, LedgerError> {
        read!(self, confirmations::confirmation_by_progress(progress))
    }

    async fn request_code(&self, request: RequestCode) -> Result<bool, LedgerError> {
        unit!(self, dispatches::request_code(request))
    }

    async fn go_on(
        &self,
        job: &ClaimedJob,
        rules: CodeRules,
        spare: SpareIds,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let job = job.clone();
        unit!(self, dispatches::go_on(job, rules, spare, now))
    }

    async fn start_dispatch(
        &self,
        job: &ClaimedJob,
        rules: CodeRules,
        spare: SpareIds,
        now: Timestamp,
    ) -> Result<DispatchStep, LedgerError> {
        let job = job.clone();
        unit!(self, dispatches::start_dispatch(job, rules, spare, now))
    }

    async fn finish_dispatch(
        &self,
        job: &ClaimedJob,
        result: DispatchResult,
        rules: CodeRules,
        spare: SpareIds,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let job = job.clone();
        unit!(self, dispatches::finish_dispatch(job, result, rules, spare, now))
    }

    async fn record_dispatch(&self, report: DispatchReport) -> Result<bool, LedgerError> {
        unit!(self, dispatches::record_dispatch(report))
    }

    async fn begin_code_call(&self, call: CodeCall) -> Result<CallStep, LedgerError> {
        unit!(self, proving::begin_code_call(call))
    }

    async fn enter_code(&self, entry: CallEntry) -> Result<(Entered, Language), LedgerError> {
        unit!(self, proving::enter_code(entry))
    }

    async fn link(&self, id: PendingId, proof: LinkProof, now: Timestamp) -> Result<LinkState, LedgerError> {
        read!(self, proving::link(id, proof, now))
    }

    async fn use_link(&self, link: UseLink) -> Result<LinkOutcome, LedgerError> {
        unit!(self, proving::use_link(link))
    }

    async fn approve_confirmation(&self, approve: ApproveConfirmation) -> Result<Confirmation, LedgerError> {
        unit!(self, proving::approve_confirmation(approve))
    }

    async fn cancel_confirmation(&self, id: PendingId, act: Act) -> Result<Confirmation, LedgerError> {
        unit!(self, confirmations::cancel_confirmation(id, act))
    }

    async fn expire_confirmation(&self, job: &ClaimedJob, now: Timestamp) -> Result<Option<Stage>, LedgerError> {
        let job = job.clone();
        unit!(self, confirmations::expire_confirmation(job, now))
    }

    async fn expire_confirmations(
        &self,
        begun_before: Timestamp,
        now: Timestamp,
    ) -> Result<(Vec<(PendingId, PhoneNumber)>, u64), LedgerError> {
        unit!(self, confirmations::expire_confirmations(begun_before, now))
    }

    async fn interactions(&self, filter: InteractionFilter) -> Result<Page<Interaction>, LedgerError> {
        read!(self, interactions::interactions(&filter))
    }

    async fn settings(&self) -> Result<Vec<(String, String)>, LedgerError> {
        read!(self, settings::settings())
    }

    async fn set_setting(&self, key: String, value: Option<String>, now: Timestamp) -> Result<(), LedgerError> {
        unit!(self, settings::set_setting(key, value, now))
    }

    async fn begin_request(&self, key: RequestKey, now: Timestamp) -> Result<Begun, LedgerError> {
        unit!(self, requests::begin_request(key, now))
    }

    async fn hold_request(&self, key: RequestKey, now: Timestamp) -> Result<(), LedgerError> {
        unit!(self, requests::hold_request(key, now))
    }

    async fn finish_request(
        &self,
        key: RequestKey,
        answer: Option<StoredAnswer>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        unit!(self, requests::finish_request(key, answer, now))
    }

    async fn standing(&self, now: Timestamp) -> Result<Standing, LedgerError> {
        read!(self, standing::standing(now))
    }

    async fn ping(&self) -> Result<(), LedgerError> {
        unit!(self, meta::ping())
    }
}
