//! `/tokens`: who may use the API. Only a token of scope `admin` comes here.

use axum::{Json, extract::State};
use proxycall_service::{
    access::{MadeToken, TokenFields},
    ports::ledger::ApiToken,
};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Problem, Shared,
    auth::Caller,
    json::{ApiJson, ApiPath},
};

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(rotate)).routes(routes!(revoke))
}

/// A token, as far as it is kept: never the token itself.
#[derive(Serialize, ToSchema)]
struct TokenBody {
    #[schema(example = "shop")]
    name: String,
    /// `read`, `operate` or `admin`.
    #[schema(example = "operate")]
    scope: &'static str,
    /// `active`, `expired` or `revoked`.
    #[schema(example = "active")]
    status: &'static str,
    created_at: String,
    /// When it was replaced last.
    rotated_at: Option<String>,
    /// From when on it is not valid; null: it does not end.
    expires_at: Option<String>,
    /// When it was used last, to the minute.
    last_used_at: Option<String>,
    revoked_at: Option<String>,
}

impl TokenBody {
    fn new(token: &ApiToken, now: jiff::Timestamp) -> Self {
        let moment = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string());
        Self {
            name: token.name.to_string(),
            scope: token.scope.as_str(),
            status: token.status(now),
            created_at: token.created_at.to_string(),
            rotated_at: moment(token.rotated_at),
            expires_at: moment(token.expires_at),
            last_used_at: moment(token.last_used_at),
            revoked_at: moment(token.revoked_at),
        }
    }
}

/// Every token but those of the environment.
#[derive(Serialize, ToSchema)]
struct TokensBody {
    tokens: Vec<TokenBody>,
}

/// Tokens by name, revoked ones too.
#[utoipa::path(get, path = "/tokens", operation_id = "list_tokens", tag = "access",
    responses((status = 200, body = TokensBody)))]
async fn list(State(app): State<Shared>) -> Result<Json<TokensBody>, Problem> {
    let now = app.service.clock.now();
    let tokens = app.service.ledger.tokens().await?;
    Ok(Json(TokensBody { tokens: tokens.iter().map(|token| TokenBody::new(token, now)).collect() }))
}

/// A token to be made.
#[derive(Deserialize, ToSchema)]
struct NewTokenBody {
    /// 1 to 32 small letters, digits, `-` and `_`, a letter first. Never given twice.
    #[schema(example = "shop")]
    name: String,
    /// `read`, `operate` or `admin`.
    #[schema(example = "operate")]
    scope: String,
    /// 1 to 3650; without it, the token does not end.
    #[serde(default, deserialize_with = "days")]
    #[schema(example = 365)]
    expires_in_days: Option<u32>,
}

fn days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    Option::<u32>::deserialize(deserializer).map_err(|_| D::Error::custom("expected a whole number of days"))
}

/// A token that was made.
#[derive(Serialize, ToSchema)]
struct MadeTokenBody {
    /// Shown this once and kept nowhere.
    #[schema(example = "pct_…")]
    token: String,
    #[serde(flatten)]
    about: TokenBody,
}

impl MadeTokenBody {
    fn new(made: &MadeToken, now: jiff::Timestamp) -> Self {
        Self { token: made.secret.expose_secret().to_owned(), about: TokenBody::new(&made.token, now) }
    }
}

/// Make a token. It is shown this once.
#[utoipa::path(post, path = "/tokens", operation_id = "add_token", tag = "access", request_body = NewTokenBody,
    responses(
        (status = 200, body = MadeTokenBody),
        (status = 409, description = "The name is given, or was", body = Problem),
        (status = 422, description = "A field is not as it should be", body = Problem)))]
async fn add(
    State(app): State<Shared>,
    caller: Caller,
    ApiJson(body): ApiJson<NewTokenBody>,
) -> Result<Json<MadeTokenBody>, Problem> {
    let fields = TokenFields { name: &body.name, scope: &body.scope, expires_in_days: body.expires_in_days };
    let made = app.service.add_token(fields).await?;
    caller.about(format!("token {}", made.token.name));
    Ok(Json(MadeTokenBody::new(&made, app.service.clock.now())))
}

/// Put another token in the place of this one, which opens nothing five seconds later. It is shown this once.
#[utoipa::path(post, path = "/tokens/{name}/rotate", operation_id = "rotate_token", tag = "access",
    params(("name" = String, Path, example = "shop")),
    responses(
        (status = 200, body = MadeTokenBody),
        (status = 404, body = Problem),
        (status = 409, description = "It was revoked", body = Problem)))]
async fn rotate(State(app): State<Shared>, ApiPath(name): ApiPath) -> Result<Json<MadeTokenBody>, Problem> {
    let made = app.service.rotate_token(&name).await?;
    Ok(Json(MadeTokenBody::new(&made, app.service.clock.now())))
}

/// Revoke a token for good: five seconds later it opens nothing.
#[utoipa::path(delete, path = "/tokens/{name}", operation_id = "revoke_token", tag = "access",
    params(("name" = String, Path, example = "shop")),
    responses((status = 200, body = TokenBody), (status = 404, body = Problem)))]
async fn revoke(State(app): State<Shared>, ApiPath(name): ApiPath) -> Result<Json<TokenBody>, Problem> {
    let token = app.service.revoke_token(&name).await?;
    Ok(Json(TokenBody::new(&token, app.service.clock.now())))
}
