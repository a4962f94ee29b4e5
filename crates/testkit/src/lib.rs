//! For tests only: the app under test over the simulators of the sandbox, a clock in hand, throwaway databases.
//!
//! ```no_run
//! # use proxycall_testkit::{run_test, app::{CLIENT, COURIER}};
//! # async fn rule() {
//! run_test(async |app| {
//!     let proxy = app.client(1, CLIENT).await;
//!     let call = app.call(COURIER, &proxy).await;
//!     assert_eq!(call.rings(), [(CLIENT, proxy.as_str())]);
//! })
//! .await;
//! # }
//! ```

pub mod app;
pub mod browser;
pub mod clock;
pub mod console;
pub mod database;
pub mod stage;

pub use app::{TestApp, run_test};
pub use console::Console;
// So that the tests of a layer need no arrow to what the layer itself must not know.
pub use proxycall_prometheus::METRICS;
pub use proxycall_sandbox as sandbox;
pub use reqwest;
