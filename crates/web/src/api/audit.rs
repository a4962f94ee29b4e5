//! `/audit`: what operators did, by whatever way. Only a token of scope `admin` comes here.

use axum::{Json, extract::State};
use proxycall_domain::ActId;
use proxycall_service::ports::ledger::{AuditEntry, AuditFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{default_page_size, page_size};
use crate::{Problem, Shared, json::ApiQuery};

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Which acts.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only this actor's: a token's name, `environment`, `cli`, `sheet`, or `api` where no token is asked for.
    actor: Option<String>,
    /// Only of this kind, such as `close_client`.
    action: Option<String>,
    /// Only to this subject, such as `client 42`.
    subject: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// 1 to 500; 50 when absent.
    #[serde(default = "default_page_size", deserialize_with = "page_size")]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: u32,
}

/// One act.
#[derive(Serialize, ToSchema)]
struct ActBody {
    #[schema(example = "act_0190a3c2f4e47cc28d3e5f6a7b8c9d0e")]
    id: String,
    /// When it began.
    at: String,
    #[schema(example = "shop")]
    actor: String,
    #[schema(example = "close_client")]
    action: String,
    /// Often a client; numbers are masked.
    #[schema(example = "client 42")]
    subject: String,
    /// `done`, `refused`, `failed`; `begun` when it goes on or nobody learnt how it ended.
    #[schema(example = "done")]
    outcome: &'static str,
    /// Of the request, as in `X-Request-Id` and in the log; empty for what was no request.
    request_id: String,
}

impl From<AuditEntry> for ActBody {
    fn from(act: AuditEntry) -> Self {
        Self {
            id: act.id.to_string(),
            at: act.at.to_string(),
            actor: act.actor.as_str().to_owned(),
            action: act.action,
            subject: act.subject,
            outcome: act.outcome.as_str(),
            request_id: act.request_id,
        }
    }
}

/// A page of acts.
#[derive(Serialize, ToSchema)]
struct ActsBody {
    acts: Vec<ActBody>,
    /// What to pass as `after` for the next page; null on the last.
    next: Option<String>,
}

/// What operators did, newest first.
#[utoipa::path(get, path = "/audit", operation_id = "list_acts", tag = "access", params(ListQuery),
    responses((status = 200, body = ActsBody), (status = 422, body = Problem)))]
async fn list(State(app): State<Shared>, ApiQuery(query): ApiQuery<ListQuery>) -> Result<Json<ActsBody>, Problem> {
    let after = query.after.as_deref().map(str::parse::<ActId>).transpose();
    let word = |field: &str, text: Option<String>| match text {
        // A database refuses it.
        Some(text) if text.contains('\0') => Err(Problem::field(field, "must be printable")),
        text => Ok(text),
    };
    let filter = AuditFilter {
        actor: word("actor", query.actor)?,
        action: word("action", query.action)?,
        subject: word("subject", query.subject)?,
        after: after.map_err(|error| Problem::field("after", &error.to_string()))?,
        limit: query.limit,
    };
    let page = app.service.ledger.acts(filter).await?;
    Ok(Json(ActsBody { acts: page.items.into_iter().map(ActBody::from).collect(), next: page.next }))
}
