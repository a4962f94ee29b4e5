//! Numbers are bought, and given to clients.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use proxycall_domain::{
    NumberType,
    pool::life::Actor,
    purchase::{self, Shopping},
};
use proxycall_service::{
    clients::RequestError,
    pool::{AssignFields, Buying, NotBought},
    ports::{LedgerError, ledger::AssignedNumber},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::country_of;
use crate::{
    Problem, Shared,
    auth::Caller,
    carrier_work::to_its_end,
    json::{ApiJson, LaxBool, LaxInt},
};

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(provision)).routes(routes!(assign))
}

fn one() -> LaxInt {
    LaxInt(1)
}

fn hundred() -> LaxInt {
    LaxInt(100)
}

fn mobile() -> String {
    NumberType::Mobile.as_str().to_owned()
}

/// What is to be bought.
#[derive(Deserialize, ToSchema)]
struct ProvisionBody {
    /// Two letters.
    #[schema(example = "FR")]
    country_iso: String,
    /// How many: 1 to 100.
    #[serde(default = "one")]
    #[schema(value_type = i64, example = 2)]
    batch_size: LaxInt,
    /// `mobile`, `local` or `national` (local). Where no mobile number is for sale, a local one is bought.
    #[serde(default = "mobile")]
    #[schema(example = "mobile")]
    number_type: String,
    #[serde(default)]
    #[schema(value_type = bool)]
    require_sms_capability: LaxBool,
    #[serde(default)]
    #[schema(value_type = bool)]
    require_voice_capability: LaxBool,
    /// How many numbers on offer are tried for each; 0 means 10, less means 1.
    #[serde(default = "hundred")]
    #[schema(value_type = i64)]
    candidates_limit: LaxInt,
    /// Buy nothing; show what would be bought.
    #[serde(default)]
    #[schema(value_type = bool)]
    dry_run: LaxBool,
}

/// What was bought.
#[derive(Serialize, ToSchema)]
struct ProvisionedBody {
    #[schema(example = "FR")]
    country_iso: String,
    /// Empty in a dry run.
    purchased_now: Vec<String>,
    /// As it was asked for; `GET /pool` shows the type of each number.
    number_type: String,
    require_sms_capability: bool,
    require_voice_capability: bool,
    candidates_limit: i64,
    dry_run: bool,
    /// In a dry run: what would be bought.
    candidates: Vec<String>,
    /// Why it is not as many as asked for, and what to do; null when it is.
    stopped_because: Option<String>,
}

impl ProvisionBody {
    fn buying(&self, actor: Actor) -> Result<Buying, Problem> {
        let shopping = Shopping {
            country: country_of("country_iso", &self.country_iso)?,
            number_type: self.number_type.parse()?,
            require_sms: self.require_sms_capability.0,
            require_voice: self.require_voice_capability.0,
            candidates: Shopping::candidates(self.candidates_limit.0),
            exactly: false,
        };
        let quantity = purchase::batch_size("batch_size", self.batch_size.0)?;
        Ok(Buying { shopping, quantity, actor, reason: "asked for through the API".to_owned() })
    }

    fn answer(self, bought: Vec<String>, candidates: Vec<String>, stopped: Option<NotBought>) -> ProvisionedBody {
        ProvisionedBody {
            country_iso: self.country_iso.trim().to_ascii_uppercase(),
            purchased_now: bought,
            number_type: self.number_type,
            require_sms_capability: self.require_sms_capability.0,
            require_voice_capability: self.require_voice_capability.0,
            candidates_limit: self.candidates_limit.0,
            dry_run: self.dry_run.0,
            candidates,
            stopped_because: stopped.map(|why| why.to_string()),
        }
    }
}

/// Why nothing at all was bought, where that is an error. A refusal to sell is an answer: 200 with fewer numbers.
fn problem(why: NotBought) -> Problem {
    match why {
        NotBought::Carrier(error) => error.into(),
        NotBought::Ledger(error) => error.into(),
        NotBought::InDoubt => Problem::new(StatusCode::SERVICE_UNAVAILABLE, why.to_string()),
        NotBought::NoneForSale { .. } | NotBought::Refused(_) => Problem::new(StatusCode::CONFLICT, why.to_string()),
    }
}

/// Buy numbers for the pool. What was bought is recorded even when a later one fails.
#[utoipa::path(post, path = "/pool/provision", operation_id = "buy_numbers", tag = "pool", request_body = ProvisionBody,
    responses(
        (status = 200, description = "Perhaps fewer than asked for: see stopped_because", body = ProvisionedBody),
        (status = 409, description = "The day's ceiling is reached", body = Problem),
        (status = 422, description = "A field is not as it should be", body = Problem),
        (status = 502, description = "The carrier refuses our credentials", body = Problem),
        (status = 503, description = "The carrier cannot be reached, or its answer was lost", body = Problem)))]
async fn provision(
    State(app): State<Shared>,
    caller: Caller,
    ApiJson(body): ApiJson<ProvisionBody>,
) -> Result<Json<ProvisionedBody>, Problem> {
    let buying = body.buying(caller.actor())?;
    let dry = if body.dry_run.0 { ", dry run" } else { "" };
    caller.about(format!("{} numbers of {}{dry}", buying.quantity, buying.shopping.country));
    let service = Arc::clone(&app.service);
    if body.dry_run.0 {
        let candidates = match to_its_end(async move { service.preview_purchase(&buying).await }).await? {
            Ok(candidates) => candidates,
            Err(why) if why.is_refusal() => return Ok(Json(body.answer(Vec::new(), Vec::new(), Some(why)))),
            Err(why) => return Err(problem(why)),
        };
        let candidates = candidates.into_iter().map(|number| number.phone.expose()).collect();
        return Ok(Json(body.answer(Vec::new(), candidates, None)));
    }
    let purchases = to_its_end(async move { service.buy_numbers(&buying, &mut |_| {}).await }).await?;
    let bought: Vec<String> = purchases.bought.iter().map(|number| number.phone.expose()).collect();
    match purchases.stopped {
        Some(why) if bought.is_empty() && !why.is_refusal() => Err(problem(why)),
        stopped => Ok(Json(body.answer(bought, Vec::new(), stopped))),
    }
}

/// Who gets a number.
#[derive(Deserialize, ToSchema)]
struct AssignBody {
    /// A positive whole number.
    #[schema(value_type = i64, example = 42)]
    client_id: LaxInt,
    /// Two letters.
    #[schema(example = "FR")]
    country_iso: String,
    /// For the caller's own use; the client's name is known.
    #[serde(rename = "client_name")]
    #[schema(example = "Zoé Martin")]
    _client_name: String,
    /// `mobile`, `local` or `national` (local). Exactly this type: no other is given.
    #[serde(default = "mobile")]
    #[schema(example = "national")]
    number_type: String,
    /// What the carrier's console is to call it; without it, the client's name.
    friendly_name: Option<String>,
}

/// The number that the client has.
#[derive(Serialize, ToSchema)]
pub(super) struct AssignedBody {
    #[schema(example = 42)]
    client_id: i64,
    #[schema(example = "+33199000001")]
    proxy: String,
    /// Why this number, in words.
    #[schema(example = "FR local: the client's country and the type asked for; available for longest")]
    choice: String,
}

impl AssignedBody {
    pub(super) fn new(client_id: i64, assigned: AssignedNumber) -> Self {
        Self { client_id, proxy: assigned.phone.expose(), choice: assigned.choice }
    }
}

/// Give a client a number. A client who has one keeps it: the same request again gets the same answer.
#[utoipa::path(post, path = "/pool/assign", operation_id = "assign_number", tag = "pool", request_body = AssignBody,
    responses(
        (status = 200, body = AssignedBody),
        (status = 400, description = "A field, an unknown client, or no number of this country and type", body = Problem),
        (status = 422, body = Problem),
        (status = 503, description = "No number is left, and none could be bought in time", body = Problem)))]
async fn assign(
    State(app): State<Shared>,
    caller: Caller,
    ApiJson(body): ApiJson<AssignBody>,
) -> Result<Json<AssignedBody>, Problem> {
    let fields = AssignFields {
        client: body.client_id.0,
        country: &body.country_iso,
        number_type: &body.number_type,
        friendly_name: body.friendly_name.as_deref(),
    };
    match app.service.assign_number(&fields, caller.actor()).await {
        Ok(assigned) => {
            caller.about(format!("client {}", body.client_id.0));
            Ok(Json(AssignedBody::new(body.client_id.0, assigned)))
        }
        // What the original answered 400 to, whatever the cause.
        Err(RequestError::Field(error)) => Err(Problem::bad_request(error.field, &error.problem.to_string())),
        Err(RequestError::Ledger(LedgerError::ClientUnknown)) => {
            Err(Problem::bad_request("client_id", "there is no such client"))
        }
        Err(RequestError::Ledger(LedgerError::NoNumberLeft { country, availability })) => Err(Problem::bad_request(
            "country_iso",
            &format!(
                "no {} number of {country} is available (mobile {}, local {}, total {})",
                body.number_type,
                availability.mobile,
                availability.local,
                availability.total()
            ),
        )),
        Err(error) => Err(error.into()),
    }
}
