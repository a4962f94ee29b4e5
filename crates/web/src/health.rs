//! Promises: `/health/live` says that the process answers, `/health/ready` that it can do its work.

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Problem, Shared};

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(ready))
}

/// Apart, because it is never limited: whoever asks decides by it whether we are started again.
pub(crate) fn liveness() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(live))
}

/// A good state.
#[derive(Serialize, ToSchema)]
struct Health {
    /// Always `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// The process answers.
#[utoipa::path(get, path = "/health/live", tag = "health", security(()), responses((status = 200, body = Health)))]
async fn live() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// The store takes writes: calls can be recorded.
#[utoipa::path(get, path = "/health/ready", tag = "health", security(()),
    responses((status = 200, body = Health), (status = 503, description = "The store is not available", body = Problem)))]
async fn ready(State(app): State<Shared>) -> Result<Json<Health>, Problem> {
    app.service.ready().await.map_err(|error| {
        tracing::warn!(%error, "not ready");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "The store is not available")
    })?;
    Ok(Json(Health { status: "ok" }))
}
