//! What `scripts/bench` is made of: invented clients, signed calls, a cheap HTTP client, and the figures.
//!
//! Three programs stand on it: `clients` writes the clients, `bare` is the handler that ProxyCall is measured against,
//! `load` calls either of them. `docs/performance.md` says what is measured and why.

pub mod call;
pub mod figures;
pub mod http;
pub mod numbers;
pub mod process;
pub mod signature;
