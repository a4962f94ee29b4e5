//! What an operator does with certain numbers: some are set aside or rest no longer, one is given to a client.

use axum::{Json, extract::State};
use proxycall_domain::{ClientId, client::parse_phone};
use proxycall_service::{audit::client_subject, ports::LedgerError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{FailureBody, buying::AssignedBody, failures};
use crate::{
    Problem, Shared, audit,
    auth::Caller,
    json::{ApiJson, ApiPath, LaxInt, PhoneText},
};

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(set_aside)).routes(routes!(end_rest)).routes(routes!(assign_this))
}

/// Which numbers.
#[derive(Deserialize, ToSchema)]
struct CertainNumbersBody {
    /// With or without `+`.
    #[schema(value_type = Vec<String>, example = json!(["+33199000001"]))]
    numbers: Vec<PhoneText>,
}

impl CertainNumbersBody {
    /// An empty list is 400, as it is wherever numbers are listed.
    fn numbers(self) -> Result<Vec<String>, Problem> {
        if self.numbers.is_empty() {
            return Err(Problem::bad_request("numbers", "is empty; expected at least one number"));
        }
        Ok(self.numbers.into_iter().map(|number| number.0).collect())
    }
}

/// What became of the numbers.
#[derive(Serialize, ToSchema)]
struct SetAsideBody {
    /// Those set aside before too.
    set_aside: Vec<String>,
    failed: Vec<FailureBody>,
}

/// Set numbers aside: nobody gets them. A client who has one keeps it; one that is reserved stays so. `POST /pool/adopt`
/// brings them back.
#[utoipa::path(post, path = "/pool/set-aside", operation_id = "set_numbers_aside", tag = "pool",
    request_body = CertainNumbersBody,
    responses((status = 200, body = SetAsideBody), (status = 400, description = "The list is empty", body = Problem),
        (status = 422, body = Problem)))]
async fn set_aside(
    State(app): State<Shared>,
    caller: Caller,
    ApiJson(body): ApiJson<CertainNumbersBody>,
) -> Result<Json<SetAsideBody>, Problem> {
    let numbers = body.numbers()?;
    caller.about(audit::numbers(&numbers));
    let each = app.service.set_numbers_aside(&numbers, caller.actor()).await?;
    Ok(Json(SetAsideBody { set_aside: each.done, failed: failures(each.failed) }))
}

/// What became of the numbers.
#[derive(Serialize, ToSchema)]
struct RestedBody {
    /// They are available.
    available: Vec<String>,
    failed: Vec<FailureBody>,
}

/// End the rest of numbers before its time. One that a client had rests for as long as its country asks, whatever is said.
#[utoipa::path(post, path = "/pool/end-rest", operation_id = "end_rests", tag = "pool", request_body = CertainNumbersBody,
    responses((status = 200, body = RestedBody), (status = 400, description = "The list is empty", body = Problem),
        (status = 422, body = Problem)))]
async fn end_rest(
    State(app): State<Shared>,
    caller: Caller,
    ApiJson(body): ApiJson<CertainNumbersBody>,
) -> Result<Json<RestedBody>, Problem> {
    let numbers = body.numbers()?;
    caller.about(audit::numbers(&numbers));
    let each = app.service.end_rests(&numbers, caller.actor()).await?;
    Ok(Json(RestedBody { available: each.done, failed: failures(each.failed) }))
}

/// Who gets the number.
#[derive(Deserialize, ToSchema)]
struct AssignThisBody {
    /// A positive whole number.
    #[schema(value_type = i64, example = 42)]
    client_id: LaxInt,
}

/// Give a client this very number: one that is available, or that rests and was this client's. The same request again gets
/// the same answer; a client who has another number keeps it, which is 409.
#[utoipa::path(post, path = "/pool/{number}/assign", operation_id = "assign_this_number", tag = "pool",
    params(("number" = String, Path, description = "A proxy number, with or without +")),
    request_body = AssignThisBody,
    responses(
        (status = 200, body = AssignedBody),
        (status = 404, description = "There is no such client or number", body = Problem),
        (status = 409, description = "The number is not free, or the client is closed or has another one", body = Problem),
        (status = 422, body = Problem)))]
async fn assign_this(
    State(app): State<Shared>,
    caller: Caller,
    ApiPath(number): ApiPath,
    ApiJson(body): ApiJson<AssignThisBody>,
) -> Result<Json<AssignedBody>, Problem> {
    let phone = parse_phone("number", &number)?;
    let client = ClientId::of("client_id", body.client_id.0)?;
    caller.about(client_subject(client));
    let assigned = app.service.assign_this_number(phone, client, caller.actor()).await?;
    if assigned.phone != phone {
        return Err(LedgerError::ClientHasNumber.into());
    }
    Ok(Json(AssignedBody::new(client.get(), assigned)))
}
