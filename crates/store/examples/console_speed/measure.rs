//! Times each read that a page of the console makes: often enough for a 99th percentile, each time of another client or place.

use std::{io::Write as _, process::ExitCode, time::Instant};

use jiff::SignedDuration;
use proxycall_domain::{Channel, ClientId, Direction, NumberStatus, Outcome, OutcomeGroup};
use proxycall_service::ports::{
    Ledger as _,
    ledger::{
        AccessBook as _, ActivityFilter, AuditFilter, BlockFilter, Blocklist as _, BoardFilter, BoardGroup, CameTo,
        ClientFilter, ClientSearch, ConsoleBook as _, NumberFilter,
    },
};
use proxycall_store::Store;

use crate::{open, people};

/// What a page may take, and what a search may, in milliseconds.
const PAGE_BAR: f64 = 100.0;
const SEARCH_BAR: f64 = 50.0;
/// What a page shows.
const LIMIT: u32 = 50;

/// The times of each read, in milliseconds.
struct Table {
    store: Store,
    rounds: usize,
    rows: Vec<(String, Vec<f64>, f64, usize)>,
}

impl Table {
    /// Times one read; `read` gives how many items it found.
    async fn time(&mut self, name: &str, bar: f64, read: impl AsyncFn(&Store, usize) -> usize) {
        let (mut times, mut items) = (Vec::with_capacity(self.rounds), 0);
        for round in 0..self.rounds {
            let since = Instant::now();
            items = items.max(read(&self.store, round).await);
            times.push(since.elapsed().as_secs_f64() * 1_000.0);
        }
        times.sort_by(f64::total_cmp);
        self.rows.push((name.to_owned(), times, bar, items));
    }

    async fn search(&mut self, name: &str, search: impl Fn(usize) -> ClientSearch) {
        let read = async |store: &Store, round| store.search_clients(search(round)).await.expect("clients").items.len();
        self.time(&format!("search: {name}"), SEARCH_BAR, read).await;
    }

    async fn activity(&mut self, name: &str, filter: impl Fn(usize) -> ActivityFilter) {
        let read = async |store: &Store, round| store.activity(filter(round)).await.expect("activity").items.len();
        self.time(&format!("activity: {name}"), PAGE_BAR, read).await;
    }

    /// Prints all, the times as 50th and 99th percentile and longest. Whether all are under their bars.
    fn print(&self) -> bool {
        let mut out = std::io::stdout().lock();
        let mut well = true;
        writeln!(out, "{:<52} {:>6} {:>9} {:>9} {:>9}  bar", "read", "items", "p50 ms", "p99 ms", "max ms").unwrap();
        for (name, times, bar, items) in &self.rows {
            let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
            let (p99, longest) = (at(99), times[times.len() - 1]);
            well &= p99 < *bar;
            let mark = if p99 < *bar { "" } else { "  OVER" };
            writeln!(out, "{name:<52} {items:>6} {:>9.2} {p99:>9.2} {longest:>9.2}  {bar}{mark}", at(50)).unwrap();
        }
        well
    }
}

fn words(start: &str) -> ClientSearch {
    ClientSearch::Words { start: start.to_owned(), after: None, limit: LIMIT }
}

fn page() -> ActivityFilter {
    ActivityFilter { limit: LIMIT, ..ActivityFilter::default() }
}

/// Times all.
pub(crate) async fn measure(file: &str, rounds: usize) -> ExitCode {
    let store = open(file).await;
    let clients = u32::try_from(store.next_client_id().await.expect("an id").get() - 1).unwrap();
    let mut table = Table { store, rounds, rows: Vec::new() };
    let some = move |round: usize| 11 + u32::try_from(round).unwrap() * 7_919 % (clients - 20);
    let one = move |round| ClientId::new(i64::from(some(round))).unwrap();
    searches(&mut table, some).await;
    activities(&mut table, some).await;
    pages(&mut table, one).await;
    let well = table.print();
    table.store.close().await;
    if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn searches(table: &mut Table, some: impl Fn(usize) -> u32 + Copy) {
    for typed in
        ["m", "ma", "mar du", "m d", "marie martin", "martin élod", "jean pierre", "zzz", "m zzz", "wanda roy", "a b c"]
    {
        table.search(typed, |_| words(typed)).await;
    }
    table.search("a whole name", |round| words(&people::name(some(round)))).await;
    table.search("an e-mail address", |round| words(people::client(some(round)).client.mail.expose())).await;
    table.search("a real number", |round| ClientSearch::Phone(people::real(some(round)))).await;
    table.search("a proxy number", |round| ClientSearch::Phone(people::proxy(some(round)))).await;
    let four =
        |round| ClientSearch::LastFour { digits: format!("{:04}", round * 37 % 10_000), after: None, limit: LIMIT };
    table.search("four digits", four).await;
    table
        .search("m, a later page", |round| ClientSearch::Words {
            start: "m".to_owned(),
            after: (0..)
                .map(|n| some(round + n))
                .find(|n| people::name(*n).starts_with('M'))
                .and_then(|n| ClientId::new(n.into())),
            limit: LIMIT,
        })
        .await;
}

async fn activities(table: &mut Table, some: impl Fn(usize) -> u32 + Copy) {
    let busy = |round: usize| ClientId::new(i64::try_from(round % 10 + 1).unwrap());
    let one = |round| ClientId::new(i64::from(some(round)));
    let now = crate::now();
    let ago = |days: i64| now.checked_sub(SignedDuration::from_hours(24 * days)).unwrap();
    table.activity("newest", |_| page()).await;
    table
        .activity("newest, from an earlier day on", |round| ActivityFilter {
            to: Some(ago(i64::try_from(round % 80).unwrap())),
            ..page()
        })
        .await;
    table.activity("texts", |_| ActivityFilter { channel: Some(Channel::Text), ..page() }).await;
    table
        .activity("texts from clients", |_| ActivityFilter {
            channel: Some(Channel::Text),
            direction: Some(Direction::FromClient),
            ..page()
        })
        .await;
    for group in OutcomeGroup::ALL {
        table.activity(group.as_str(), |_| ActivityFilter { came_to: Some(CameTo::AnyOf(*group)), ..page() }).await;
        table
            .activity(&format!("{}, texts from clients", group.as_str()), |_| ActivityFilter {
                came_to: Some(CameTo::AnyOf(*group)),
                channel: Some(Channel::Text),
                direction: Some(Direction::FromClient),
                ..page()
            })
            .await;
    }
    for outcome in [Outcome::Unknown, Outcome::RefusedBlocked, Outcome::RefusedLoop, Outcome::Completed] {
        table.activity(outcome.as_str(), |_| ActivityFilter { came_to: Some(CameTo::One(outcome)), ..page() }).await;
        table
            .activity(&format!("{}, from clients", outcome.as_str()), |_| ActivityFilter {
                came_to: Some(CameTo::One(outcome)),
                direction: Some(Direction::FromClient),
                ..page()
            })
            .await;
    }
    table.activity("of a client", |round| ActivityFilter { client: one(round), ..page() }).await;
    table.activity("of a busy client", |round| ActivityFilter { client: busy(round), ..page() }).await;
    table
        .activity("of a busy client, refused_loop", |round| ActivityFilter {
            client: busy(round),
            came_to: Some(CameTo::One(Outcome::RefusedLoop)),
            ..page()
        })
        .await;
    table
        .activity("of a busy client, one day, failed texts", |round| ActivityFilter {
            client: busy(round),
            channel: Some(Channel::Text),
            came_to: Some(CameTo::AnyOf(OutcomeGroup::Failed)),
            from: Some(ago(41)),
            to: Some(ago(40)),
            ..page()
        })
        .await;
    table
        .activity("through a busy number, unknown", |round| ActivityFilter {
            proxy: busy(round).map(|id| people::proxy(u32::try_from(id.get()).unwrap())),
            came_to: Some(CameTo::One(Outcome::Unknown)),
            ..page()
        })
        .await;
}

async fn pages(table: &mut Table, one: impl Fn(usize) -> ClientId + Copy) {
    let now = crate::now();
    let ago = |hours| now.checked_sub(SignedDuration::from_hours(hours)).unwrap();
    table
        .time("today: traffic of 24 h", PAGE_BAR, async |store, _| store.traffic(ago(23), now).await.unwrap().len())
        .await;
    table
        .time("today: traffic of 7 days", PAGE_BAR, async |store, _| store.traffic(ago(167), now).await.unwrap().len())
        .await;
    table
        .time("today: under way", PAGE_BAR, async |store, _| {
            usize::try_from(store.under_way(now).await.unwrap().1).unwrap()
        })
        .await;
    table.time("today: stock", PAGE_BAR, async |store, _| store.stock(now).await.unwrap().len()).await;
    table.time("today: standing", PAGE_BAR, async |store, _| store.standing(now).await.unwrap().pool.len()).await;
    table.time("today: alerts", PAGE_BAR, async |store, _| store.alerts().await.unwrap().len()).await;
    for group in BoardGroup::ALL {
        table
            .time(&format!("confirmations: {}", group.as_str()), PAGE_BAR, async |store, _| {
                let filter = BoardFilter { group, after: None, limit: LIMIT };
                store.board(filter, now).await.unwrap().items.len()
            })
            .await;
    }
    table
        .time("confirmations: done, a later page", PAGE_BAR, async |store, round| {
            let after = Some(format!("P-{:09}", one(round).get() / 100 * 100 + 50));
            let filter = BoardFilter { group: BoardGroup::Done, after, limit: LIMIT };
            store.board(filter, now).await.unwrap().items.len()
        })
        .await;
    table
        .time("a client", PAGE_BAR, async |store, round| {
            usize::from(store.client_view(one(round), LIMIT).await.unwrap().is_some())
        })
        .await;
    table
        .time("a busy client", PAGE_BAR, async |store, round| {
            let id = ClientId::new(i64::try_from(round % 10 + 1).unwrap()).unwrap();
            usize::from(store.client_view(id, LIMIT).await.unwrap().is_some())
        })
        .await;
    table
        .time("a number", PAGE_BAR, async |store, round| {
            let number = people::proxy(u32::try_from(one(round).get()).unwrap());
            usize::from(store.number_file(number, LIMIT).await.unwrap().is_some())
        })
        .await;
    lists(table, one).await;
}

async fn lists(table: &mut Table, one: impl Fn(usize) -> ClientId + Copy) {
    for closed in [false, true] {
        table
            .time(&format!("clients, closed: {closed}"), PAGE_BAR, async |store, round| {
                let after = (!closed).then(|| one(round));
                let filter = ClientFilter { closed, after, limit: LIMIT, ..ClientFilter::default() };
                store.clients(filter).await.unwrap().items.len()
            })
            .await;
    }
    for status in NumberStatus::ALL {
        table
            .time(&format!("numbers, {}", status.as_str()), PAGE_BAR, async |store, _| {
                let filter = NumberFilter { status: Some(status), limit: LIMIT, ..NumberFilter::default() };
                store.numbers(filter).await.unwrap().items.len()
            })
            .await;
    }
    table
        .time("numbers, local in BE", PAGE_BAR, async |store, _| {
            let number_type = Some(proxycall_domain::NumberType::Local);
            let filter =
                NumberFilter { country: "BE".parse().ok(), number_type, limit: LIMIT, ..NumberFilter::default() };
            store.numbers(filter).await.unwrap().items.len()
        })
        .await;
    table.time("orders", PAGE_BAR, async |store, _| store.orders(None, None, LIMIT).await.unwrap().items.len()).await;
    table
        .time("blocks", PAGE_BAR, async |store, _| {
            store.blocks(BlockFilter { limit: LIMIT, ..BlockFilter::default() }).await.unwrap().items.len()
        })
        .await;
    table
        .time("audit log", PAGE_BAR, async |store, _| {
            store.acts(AuditFilter { limit: LIMIT, ..AuditFilter::default() }).await.unwrap().items.len()
        })
        .await;
}
