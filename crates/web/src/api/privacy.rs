//! `/clients/{client_id}/export`, `/erase` and `/erasure`: a person's rights.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use futures_util::stream;
use proxycall_domain::ClientId;
use proxycall_service::{
    audit::{Operator, client_subject},
    ports::{LedgerError, ledger::Erasure},
    privacy::Export,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::clients::id_of;
use crate::{
    App, Problem, Shared,
    auth::Caller,
    json::{ApiJson, ApiPath},
};

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(export)).routes(routes!(erase)).routes(routes!(erasure))
}

/// All that is known of a client (articles 15 and 20 of the GDPR).
#[derive(ToSchema)]
#[expect(dead_code, reason = "it says what the document holds, which is written part by part")]
struct ExportBody {
    #[schema(example = "proxycall-client-export/1")]
    format: String,
    exported_at: String,
    client: serde_json::Value,
    /// Proxy numbers, with from when to when.
    numbers: Vec<serde_json::Value>,
    confirmations: Vec<serde_json::Value>,
    /// Texts that are still on their way: others are not kept.
    texts_under_way: Vec<serde_json::Value>,
    /// What the sheet last showed; null: nothing.
    sheet: Option<serde_json::Value>,
    orders: Vec<serde_json::Value>,
    /// Calls and texts through the client's numbers, newest first.
    interactions: Vec<serde_json::Value>,
    /// Calls and texts from the client's phone to numbers of others.
    contacts_with_others: Vec<serde_json::Value>,
}

/// All that is known of a client, as one document. It is sent while it is read: one that breaks off is no JSON.
#[utoipa::path(get, path = "/clients/{client_id}/export", operation_id = "export_client", tag = "clients",
    params(("client_id" = i64, Path)),
    responses(
        (status = 200, body = ExportBody),
        (status = 404, body = Problem),
        (status = 409, description = "The client was erased", body = Problem),
        (status = 422, body = Problem)))]
async fn export(State(app): State<Shared>, caller: Caller, ApiPath(id): ApiPath) -> Result<Response, Problem> {
    Ok(exported(&app, caller.operator(), id_of(&id)?).await?)
}

/// All that is known of a client, sent while it is read. It changes nothing, and shows everything: an act all the same.
///
/// # Errors
/// No such client, or one that was erased.
pub(crate) async fn exported(app: &App, who: &Operator, id: ClientId) -> Result<Response, LedgerError> {
    let begin = Export::begin(Arc::clone(&app.service), id);
    let mut export = app.service.audited(who, "export_client", &client_subject(id), begin).await?;
    // The first part before anything is answered: most of what can fail fails here.
    let head = export.part().await?.unwrap_or_default();
    let rest = stream::try_unfold(export, async |mut export| match export.part().await {
        Ok(part) => Ok(part.map(|part| (part, export))),
        Err(error) => {
            tracing::error!(%error, "an export broke off");
            Err(error)
        }
    });
    let whole = futures_util::StreamExt::chain(stream::once(async { Ok(head) }), rest);
    Ok(([(header::CONTENT_TYPE, "application/json")], Body::from_stream(whole)).into_response())
}

/// How far an erasure is.
#[derive(Serialize, ToSchema)]
struct ErasureBody {
    #[schema(example = "42")]
    client_id: String,
    #[schema(example = "2026-11-26T12:00:00Z")]
    erased_at: String,
    /// Whether nothing is left anywhere.
    done: bool,
    /// Whether the whole record has been searched for the person, also where others called or were called.
    record_done: bool,
    /// Whether the sheet shows nothing of the person any more.
    sheet_done: bool,
    /// How many calls and messages the carrier has still to delete.
    left_at_carrier: u64,
    /// How many the carrier did not delete within 14 days: delete them in its console.
    given_up_at_carrier: u64,
}

impl From<Erasure> for ErasureBody {
    fn from(erasure: Erasure) -> Self {
        Self {
            client_id: erasure.client.to_string(),
            erased_at: erasure.begun_at.to_string(),
            done: erasure.is_done(),
            record_done: erasure.record_done,
            sheet_done: erasure.sheet_done,
            left_at_carrier: erasure.at_carrier,
            given_up_at_carrier: erasure.given_up,
        }
    }
}

/// That it is meant.
#[derive(Deserialize, ToSchema)]
struct EraseBody {
    /// The client_id again: erasing is final.
    #[schema(example = "42")]
    confirm: String,
}

/// Erase a client for good: here at once, then wherever else the record, the sheet and the carrier name the person. The
/// number rests; the id is never given again.
#[utoipa::path(post, path = "/clients/{client_id}/erase", operation_id = "erase_client", tag = "clients",
    params(("client_id" = i64, Path)), request_body = EraseBody,
    responses((status = 200, body = ErasureBody), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn erase(
    State(app): State<Shared>,
    caller: Caller,
    ApiPath(id): ApiPath,
    ApiJson(body): ApiJson<EraseBody>,
) -> Result<Json<ErasureBody>, Problem> {
    let id = id_of(&id)?;
    if body.confirm.trim() != id.to_string() {
        return Err(Problem::field("confirm", "must be the client_id of the address: erasing is final"));
    }
    Ok(Json(app.service.erase_client(id, caller.actor()).await?.into()))
}

/// How far the erasure of a client is.
#[utoipa::path(get, path = "/clients/{client_id}/erasure", operation_id = "get_erasure", tag = "clients",
    params(("client_id" = i64, Path)),
    responses(
        (status = 200, body = ErasureBody),
        (status = 404, description = "No such client", body = Problem),
        (status = 409, description = "The client is not erased", body = Problem),
        (status = 422, body = Problem)))]
async fn erasure(State(app): State<Shared>, ApiPath(id): ApiPath) -> Result<Json<ErasureBody>, Problem> {
    let erasure = app.service.erasure(id_of(&id)?).await?;
    let not_erased = || Problem::new(axum::http::StatusCode::CONFLICT, "The client is not erased");
    Ok(Json(erasure.ok_or_else(not_erased)?.into()))
}
