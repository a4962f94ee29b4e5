//! Purchases killed with SIGKILL at every step: what the carrier has sold, the store has, and nothing twice.
//!
//! In the suite a few rounds; `scripts/kill-purchases` runs 200.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use jiff::SignedDuration;
use proxycall_sandbox::{Fault, Options, Sandbox, endpoints::Operation};
use proxycall_service::ports::{Ledger, ledger::NumberFilter};
use proxycall_store::{Options as StoreOptions, SecretKey, Store};
use proxycall_testkit::{
    app::{carrier_at, pool_config, service},
    clock::TestClock,
};

use crate::support::*;

/// How many purchases are killed.
const ROUNDS: &str = "PROXYCALL_KILLED_PURCHASES";
/// How long the carrier thinks about a sale in every second round: killed then, the sale is not made. In the others it
/// is made while the program dies.
const THINKS: Duration = Duration::from_millis(150);

#[tokio::test]
async fn whatever_is_killed_account_and_store_have_the_same_numbers_in_the_end() {
    let rounds = std::env::var(ROUNDS).ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(10);
    let carrier = Sandbox::start(Options {
        account_sid: ACCOUNT_SID.to_owned(),
        auth_token: AUTH_TOKEN.to_owned(),
        ..Options::default()
    })
    .await
    .unwrap();
    let mut installation = Installation::new();
    installation.set("TWILIO_API_BASE_URL", &carrier.base_url());
    installation.set("PROXYCALL_MAX_PURCHASES_PER_DAY", "10000");
    let database = format!("sqlite:{}", installation.path("proxycall.db").display());
    installation.set("DATABASE_URL", &database);
    let world = carrier.world();
    for round in 0..rounds {
        if round % 2 == 0 {
            world.fail_next_of(Operation::BuyNumber, Fault::Slow(THINKS));
        }
        // Each round dies a request further on: at the search, the sale, the look-ups of what earlier rounds left.
        let last = world.requests().len() + 1 + round % 5;
        let buying =
            installation.start(&["number", "buy", "--country", "FR", "--type", "mobile", "--count", "3", "--yes"]);
        let asked = world.wait_for(PATIENCE, |world| (world.requests().len() >= last).then_some(())).await;
        asked.expect("the program asks the carrier");
        buying.kill().await;
    }
    // What a killed purchase left is settled by its job, a minute later; here that minute is over.
    let secret = SecretKey::parse(SECRET_KEY).unwrap();
    let options = StoreOptions { uri: database, secrets: vec![secret.clone()], first_secret: secret, migrate: true };
    let store = Arc::new(Store::open(options).await.unwrap());
    let clock = TestClock::default();
    clock.advance(SignedDuration::from_hours(24 * 3_650));
    let service = service(Arc::clone(&store) as Arc<dyn Ledger>, carrier_at(carrier.base_url()), clock, pool_config());
    while service.run_due_jobs().await.unwrap() > 0 {}
    assert_eq!(store.open_purchases().await.unwrap(), []);
    let sold: BTreeSet<_> = world.numbers().into_iter().map(|number| number.phone).collect();
    let pool = store.numbers(NumberFilter { limit: 100_000, ..NumberFilter::default() }).await.unwrap().items;
    let kept: BTreeSet<_> = pool.iter().map(|number| number.phone.expose()).collect();
    assert_eq!(sold, kept);
    assert!(!sold.is_empty(), "nothing was sold: nothing was shown");
    assert_eq!(world.violations(), []);
    store.close().await;
    carrier.shutdown().await;
}
