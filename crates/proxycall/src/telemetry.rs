//! Promises: logs as text for people or JSON for collectors; a panic is logged with its place, never with its message,
//! which may quote data.

use std::io::IsTerminal;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Layer, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::LogConfig;

/// Starts logging to standard error's sibling, standard output, as log collectors expect.
pub(crate) fn start(config: &LogConfig) {
    let level = match config.level.as_str() {
        "critical" | "error" => LevelFilter::ERROR,
        "warning" | "warn" => LevelFilter::WARN,
        "debug" => LevelFilter::DEBUG,
        "trace" => LevelFilter::TRACE,
        _ => LevelFilter::INFO,
    };
    // Libraries log statements, addresses and connections that are nobody's business.
    let ours = [
        "proxycall",
        "proxycall_domain",
        "proxycall_service",
        "proxycall_store",
        "proxycall_twilio",
        "proxycall_web",
        "proxycall_sandbox",
    ];
    let filter = ours.into_iter().fold(Targets::new().with_default(LevelFilter::WARN.min(level)), |filter, target| {
        filter.with_target(target, level)
    });
    let layer = if config.json {
        tracing_subscriber::fmt::layer().json().flatten_event(true).with_span_list(false).with_target(false).boxed()
    } else {
        tracing_subscriber::fmt::layer().with_target(false).with_ansi(std::io::stdout().is_terminal()).boxed()
    };
    // A second start, as in tests, keeps the first one's choice.
    let _started_before = tracing_subscriber::registry().with(layer.with_filter(filter)).try_init();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a defect: something panicked");
    }));
}
