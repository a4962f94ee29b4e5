//! `/blocks`: callers who reach nobody, or not this client. Numbers are shown whole: the operator has to know who it is.

use axum::{Json, extract::State};
use proxycall_domain::{Block, BlockId, ClientId};
use proxycall_service::{blocks::BlockFields, ports::ledger::BlockFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{default_page_size, page_size};
use crate::{
    Problem, Shared,
    audit::subject,
    auth::Caller,
    json::{ApiJson, ApiPath, ApiQuery, PhoneText},
};

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(add, list)).routes(routes!(remove))
}

/// A caller who is blocked.
#[derive(Serialize, ToSchema)]
struct BlockBody {
    #[schema(example = "blk_0190a3c2f4e47cc28d3e5f6a7b8c9d0e")]
    id: String,
    #[schema(example = "+33639980002")]
    phone: String,
    /// The one client who cannot be reached; null: no client can.
    #[schema(example = "42")]
    client_id: Option<String>,
    /// Empty when none was given.
    #[schema(example = "rings at night")]
    reason: String,
    /// Whose word it is: a token's name, or `cli`.
    #[schema(example = "api")]
    actor: String,
    created_at: String,
}

impl From<Block> for BlockBody {
    fn from(block: Block) -> Self {
        Self {
            id: block.id.to_string(),
            phone: block.phone.expose(),
            client_id: block.client.map(|id| id.to_string()),
            reason: block.reason.expose().to_owned(),
            actor: block.actor.as_str().to_owned(),
            created_at: block.created_at.to_string(),
        }
    }
}

/// Whom to block: a phone, or the other side of an interaction.
#[derive(Deserialize, ToSchema)]
struct NewBlockBody {
    /// International, as text or number.
    #[schema(value_type = Option<String>, example = "+33639980002")]
    phone: Option<PhoneText>,
    /// Instead of a phone: a call or text, whose other side is meant.
    #[schema(example = "int_0190a3c2f4e47cc28d3e5f6a7b8c9d0e")]
    interaction_id: Option<String>,
    /// Only for this client; without it, for all.
    #[schema(example = "42")]
    client_id: Option<String>,
    /// Up to 200 characters, for whoever reads the list later.
    #[schema(example = "rings at night")]
    reason: Option<String>,
}

/// Block a caller. Whoever is blocked already stays so, with the reason given first.
#[utoipa::path(post, path = "/blocks", operation_id = "add_block", tag = "blocks", request_body = NewBlockBody,
    responses(
        (status = 200, body = BlockBody),
        (status = 404, description = "There is no such client or interaction", body = Problem),
        (status = 409, description = "The caller hid the number, or it is the client's own", body = Problem),
        (status = 422, description = "A field is not as it should be", body = Problem)))]
async fn add(
    State(app): State<Shared>,
    caller: Caller,
    ApiJson(body): ApiJson<NewBlockBody>,
) -> Result<Json<BlockBody>, Problem> {
    let fields = BlockFields {
        phone: body.phone.as_ref().map(|phone| phone.0.as_str()),
        interaction: body.interaction_id.as_deref(),
        client: body.client_id.as_deref(),
        reason: body.reason.as_deref(),
    };
    let block = app.service.add_block(&fields, caller.actor()).await?;
    caller.about(subject("block", &block.id.to_string()));
    Ok(Json(block.into()))
}

/// Let a caller call again.
#[utoipa::path(delete, path = "/blocks/{block_id}", operation_id = "remove_block", tag = "blocks",
    params(("block_id" = String, Path, example = "blk_0190a3c2f4e47cc28d3e5f6a7b8c9d0e")),
    responses(
        (status = 200, description = "What was removed", body = BlockBody),
        (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn remove(State(app): State<Shared>, caller: Caller, ApiPath(id): ApiPath) -> Result<Json<BlockBody>, Problem> {
    let id: BlockId = id.parse().map_err(|error| of_id("block_id", error))?;
    caller.about(subject("block", &id.to_string()));
    Ok(Json(app.service.remove_block(id).await?.into()))
}

fn of_id(field: &str, error: proxycall_domain::ids::IdError) -> Problem {
    Problem::field(field, &error.to_string())
}

/// Which blocks.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only those for this client alone.
    client_id: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// 1 to 500; 50 when absent.
    #[serde(default = "default_page_size", deserialize_with = "page_size")]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: u32,
}

/// A page of blocks.
#[derive(Serialize, ToSchema)]
struct BlocksBody {
    blocks: Vec<BlockBody>,
    /// What to pass as `after` for the next page; null on the last.
    next: Option<String>,
}

/// Callers who are blocked, newest first.
#[utoipa::path(get, path = "/blocks", operation_id = "list_blocks", tag = "blocks", params(ListQuery),
    responses((status = 200, body = BlocksBody), (status = 422, body = Problem)))]
async fn list(State(app): State<Shared>, ApiQuery(query): ApiQuery<ListQuery>) -> Result<Json<BlocksBody>, Problem> {
    let filter = BlockFilter {
        client: query.client_id.as_deref().map(|id| ClientId::parse("client_id", id)).transpose()?,
        after: query.after.as_deref().map(str::parse).transpose().map_err(|error| of_id("after", error))?,
        limit: query.limit,
    };
    let page = app.service.ledger.blocks(filter).await?;
    Ok(Json(BlocksBody { blocks: page.items.into_iter().map(BlockBody::from).collect(), next: page.next }))
}
