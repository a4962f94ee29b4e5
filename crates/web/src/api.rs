//! The operator's API. Field names, shapes and statuses are those of the original (`original-behaviour` §1).

mod audit;
mod blocks;
mod clients;
mod confirmations;
mod interactions;
mod orders;
mod pool;
pub(crate) mod privacy;
mod reports;
pub(crate) mod tokens;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de::Error as _};
use utoipa_axum::router::OpenApiRouter;

use crate::{Problem, Shared};

/// All but the tokens' routes, whose answers are never kept.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .merge(clients::router())
        .merge(privacy::router())
        .merge(orders::router())
        .merge(pool::router())
        .merge(confirmations::router())
        .merge(interactions::router())
        .merge(audit::router())
        .merge(blocks::router())
        .merge(reports::router())
}

/// How many items a page has when nobody says, and at most.
const PAGE: u32 = 50;
const PAGE_MAX: u32 = 500;

/// Reads `limit`: 1 to 500.
fn page_size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let limit = Option::<u32>::deserialize(deserializer).map(|limit| limit.unwrap_or(PAGE));
    limit
        .ok()
        .filter(|limit| (1..=PAGE_MAX).contains(limit))
        .ok_or_else(|| D::Error::custom("expected a number from 1 to 500"))
}

/// Reads a moment.
fn moment(field: &str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    text.map(str::parse).transpose().map_err(|_| Problem::field(field, "must be a moment such as 2026-11-23T08:00:00Z"))
}

fn default_page_size() -> u32 {
    PAGE
}
