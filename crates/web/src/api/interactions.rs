//! `/interactions`: what passed through the numbers. Numbers are masked here.

use axum::{Json, extract::State};
use proxycall_domain::{Channel, ClientId, Direction, Interaction, InteractionId, Outcome, PhoneNumber};
use proxycall_service::ports::ledger::InteractionFilter;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{default_page_size, moment, page_size};
use crate::{Problem, Shared, json::ApiQuery};

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Which calls and messages.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only this client's.
    client_id: Option<String>,
    /// Only through this proxy number.
    proxy: Option<String>,
    /// Only those that came to this, such as `completed`, `no_answer`, `delivered`, `refused_region`.
    outcome: Option<String>,
    /// Only from this moment on (ISO 8601 with offset or Z).
    from: Option<String>,
    /// Only before this moment.
    to: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// 1 to 500; 50 when absent.
    #[serde(default = "default_page_size", deserialize_with = "page_size")]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: u32,
}

/// One call or message.
#[derive(Serialize, ToSchema)]
struct InteractionBody {
    #[schema(example = "int_0190a3c2f4e47cc28d3e5f6a7b8c9d0e")]
    id: String,
    /// `call` or `text`.
    #[schema(example = "call")]
    channel: &'static str,
    /// `to_client` or `from_client`; null when nobody was reached.
    direction: Option<&'static str>,
    client_id: Option<String>,
    /// Masked.
    #[schema(example = "+****0001")]
    proxy_number: Option<String>,
    /// The other side, masked.
    #[schema(example = "+****0002")]
    party: Option<String>,
    /// The carrier's id of the leg that came in.
    inbound_sid: String,
    /// The carrier's id of the leg that went out.
    outbound_sid: Option<String>,
    #[schema(example = "completed")]
    outcome: &'static str,
    /// The carrier's code, when it failed.
    error_code: Option<i32>,
    /// What the code means.
    error_meaning: Option<&'static str>,
    started_at: String,
    ended_at: Option<String>,
    /// How long both sides spoke, in seconds.
    duration_s: Option<i64>,
}

impl From<Interaction> for InteractionBody {
    fn from(it: Interaction) -> Self {
        let masked = |phone: PhoneNumber| phone.to_string();
        Self {
            id: it.id.to_string(),
            channel: Channel::as_str(it.channel),
            direction: it.direction.map(Direction::as_str),
            client_id: it.client.map(|id| id.to_string()),
            proxy_number: it.proxy.map(masked),
            party: it.party.map(masked),
            inbound_sid: it.inbound_sid,
            outbound_sid: it.outbound_sid,
            outcome: it.outcome.as_str(),
            error_code: it.error_code,
            error_meaning: it.error_code.map(|code| proxycall_twilio::explain(code).meaning),
            started_at: it.started_at.to_string(),
            ended_at: it.ended_at.map(|at| at.to_string()),
            duration_s: it.duration_s,
        }
    }
}

/// A page of calls and messages.
#[derive(Serialize, ToSchema)]
struct InteractionsBody {
    interactions: Vec<InteractionBody>,
    /// What to pass as `after` for the next page; null on the last.
    next: Option<String>,
}

/// Calls and messages, newest first.
#[utoipa::path(get, path = "/interactions", operation_id = "list_interactions", tag = "interactions", params(ListQuery),
    responses((status = 200, body = InteractionsBody), (status = 422, body = Problem)))]
async fn list(
    State(app): State<Shared>,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> Result<Json<InteractionsBody>, Problem> {
    let proxy = query.proxy.as_deref().map(PhoneNumber::parse).transpose();
    let after = query.after.as_deref().map(str::parse::<InteractionId>).transpose();
    let outcome = query.outcome.as_deref().map(|word| {
        Outcome::parse(word)
            .ok_or_else(|| Problem::field("outcome", "must be one of those in /docs, such as completed"))
    });
    let filter = InteractionFilter {
        client: query.client_id.as_deref().map(|id| ClientId::parse("client_id", id)).transpose()?,
        proxy: proxy.map_err(|error| Problem::field("proxy", &error.to_string()))?,
        outcome: outcome.transpose()?,
        from: moment("from", query.from.as_deref())?,
        to: moment("to", query.to.as_deref())?,
        after: after.map_err(|error| Problem::field("after", &error.to_string()))?,
        limit: query.limit,
    };
    let page = app.service.ledger.interactions(filter).await?;
    Ok(Json(InteractionsBody {
        interactions: page.items.into_iter().map(InteractionBody::from).collect(),
        next: page.next,
    }))
}
