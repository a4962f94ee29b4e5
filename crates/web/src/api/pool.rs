//! `/pool`: what there is. What is bought and given is in [`buying`], what is set right with the carrier in [`account`],
//! what an operator does with certain numbers in [`certain`].

mod account;
mod buying;
mod certain;

use axum::{Json, extract::State, http::StatusCode};
use jiff::Timestamp;
use proxycall_domain::{
    CountryCode, NumberStatus, NumberType,
    pool::{NumberPast, ProxyNumber, stock::Stock},
};
use proxycall_service::{
    pool::NumberFailure,
    ports::ledger::{Alert, NumberFilter},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{default_page_size, page_size};
use crate::{
    Problem, Shared,
    carrier_work::NotEnded,
    json::{ApiPath, ApiQuery},
};

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(available))
        .routes(routes!(list))
        .routes(routes!(summary))
        .routes(routes!(history))
        .merge(buying::router())
        .merge(account::router())
        .merge(certain::router())
}

impl From<NotEnded> for Problem {
    fn from(why: NotEnded) -> Self {
        match why {
            NotEnded::Broken => Self::new(StatusCode::INTERNAL_SERVER_ERROR, "An error of ours; see the log"),
            NotEnded::TooLong => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "This takes longer than a request may; it goes on, and GET /pool shows what came of it",
            ),
        }
    }
}

/// Times as the original wrote them: UTC without an offset, microseconds included.
fn naive(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%6f").to_string()
}

/// One number that something could not be done with.
#[derive(Serialize, ToSchema)]
struct FailureBody {
    #[schema(example = "+33199000001")]
    phone_number: String,
    /// Why, in words.
    err: String,
}

impl From<NumberFailure> for FailureBody {
    fn from(failure: NumberFailure) -> Self {
        Self { phone_number: failure.number, err: failure.why }
    }
}

fn failures(failed: Vec<NumberFailure>) -> Vec<FailureBody> {
    failed.into_iter().map(FailureBody::from).collect()
}

/// Which numbers.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AvailableQuery {
    /// Two letters.
    country_iso: String,
    /// `mobile`, `local` or `national`; empty, `all` or `none`: any.
    number_type: Option<String>,
}

/// A number, in the columns of the sheet's `TwilioPools` tab.
#[derive(Serialize, ToSchema)]
struct NumberBody {
    #[schema(example = "FR")]
    country_iso: String,
    #[schema(example = "+33199000001")]
    phone_number: String,
    #[schema(example = "available")]
    status: &'static str,
    friendly_name: String,
    /// When it joined the pool (ISO 8601, UTC).
    date_achat: String,
    date_attribution: String,
    attribution_to_client_name: String,
    #[schema(example = "mobile")]
    number_type: &'static str,
    reserved_token: String,
    reserved_at: String,
    reserved_by_client_id: String,
}

fn text(at: Option<Timestamp>) -> String {
    at.map(|at| at.to_string()).unwrap_or_default()
}

impl From<&ProxyNumber> for NumberBody {
    fn from(number: &ProxyNumber) -> Self {
        Self {
            country_iso: number.country.to_string(),
            phone_number: number.phone.expose(),
            status: number.status.as_str(),
            friendly_name: number.friendly_name.clone(),
            date_achat: number.added_at.to_string(),
            date_attribution: text(number.assigned_at),
            attribution_to_client_name: number
                .client_name
                .as_ref()
                .map(|name| name.expose().to_owned())
                .unwrap_or_default(),
            number_type: number.number_type.as_str(),
            reserved_token: number.reservation.clone().unwrap_or_default(),
            reserved_at: text(number.reservation.as_ref().map(|_| number.since)),
            reserved_by_client_id: number.client.map(|id| id.to_string()).unwrap_or_default(),
        }
    }
}

/// Numbers that may be given to a client.
#[derive(Serialize, ToSchema)]
struct AvailableBody {
    #[schema(example = "FR")]
    country_iso: String,
    /// As it was asked for, or `all`.
    #[schema(example = "all")]
    number_type: String,
    available: Vec<NumberBody>,
}

fn country_of(field: &'static str, text: &str) -> Result<CountryCode, Problem> {
    text.parse().map_err(|_| Problem::field(field, "must be a two-letter ISO code, such as FR"))
}

/// Reads a type; empty, `all` and `none` mean any.
fn type_of(text: Option<&str>) -> Result<Option<NumberType>, Problem> {
    match text.map(|text| text.trim().to_ascii_lowercase()).as_deref() {
        None | Some("" | "all" | "none") => Ok(None),
        Some(text) => Ok(Some(text.parse()?)),
    }
}

fn status_of(field: &'static str, text: Option<&str>) -> Result<Option<NumberStatus>, Problem> {
    let text = text.map(|text| text.trim().to_ascii_lowercase()).filter(|text| !text.is_empty());
    let Some(text) = text else { return Ok(None) };
    let expected = "must be available, reserved, assigned, quarantined, released, error or missing";
    NumberStatus::parse(&text).map(Some).ok_or_else(|| Problem::field(field, expected))
}

/// The numbers of a country that may be given to a client.
#[utoipa::path(get, path = "/pool/available", operation_id = "list_available_numbers", tag = "pool", params(AvailableQuery),
    responses((status = 200, body = AvailableBody), (status = 422, body = Problem)))]
async fn available(
    State(app): State<Shared>,
    ApiQuery(query): ApiQuery<AvailableQuery>,
) -> Result<Json<AvailableBody>, Problem> {
    let country = country_of("country_iso", &query.country_iso)?;
    let number_type = type_of(query.number_type.as_deref())?;
    let numbers = app.service.ledger.available_numbers(country, number_type, app.service.clock.now()).await?;
    Ok(Json(AvailableBody {
        country_iso: country.to_string(),
        number_type: query.number_type.filter(|text| !text.trim().is_empty()).unwrap_or_else(|| "all".to_owned()),
        available: numbers.iter().map(NumberBody::from).collect(),
    }))
}

/// A number and why it is in its state.
#[derive(Serialize, ToSchema)]
struct PoolNumberBody {
    #[serde(flatten)]
    number: NumberBody,
    /// Since when it is in its state.
    since: String,
    /// Who brought it there: a token's name, `environment`, `cli`, `sheet` or `system`; `api` where no token is asked for.
    #[schema(example = "shop")]
    actor: String,
    /// And why.
    #[schema(example = "a new client")]
    reason: String,
    /// Until when it rests or is reserved; empty otherwise.
    until: String,
    /// Whose it is; empty when nobody's.
    #[schema(example = "42")]
    client_id: String,
    /// Whether it takes calls, as the carrier says; null until it was asked.
    voice: Option<bool>,
    /// Whether it takes texts.
    sms: Option<bool>,
}

impl From<&ProxyNumber> for PoolNumberBody {
    fn from(number: &ProxyNumber) -> Self {
        Self {
            number: number.into(),
            since: number.since.to_string(),
            actor: number.actor.as_str().to_owned(),
            reason: number.reason.clone(),
            until: text(number.held_until),
            client_id: number.client.map(|id| id.to_string()).unwrap_or_default(),
            voice: number.carrier.as_ref().map(|facts| facts.voice),
            sms: number.carrier.as_ref().map(|facts| facts.sms),
        }
    }
}

/// Which numbers.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only this country.
    country_iso: Option<String>,
    /// Only this type.
    number_type: Option<String>,
    /// Only in this state.
    status: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// 1 to 500; 50 when absent.
    #[serde(default = "default_page_size", deserialize_with = "page_size")]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: u32,
}

/// A page of numbers.
#[derive(Serialize, ToSchema)]
struct NumbersBody {
    numbers: Vec<PoolNumberBody>,
    /// What to pass as `after` for the next page; null on the last.
    next: Option<String>,
}

/// All numbers, in whatever state, by number.
#[utoipa::path(get, path = "/pool", operation_id = "list_numbers", tag = "pool", params(ListQuery),
    responses((status = 200, body = NumbersBody), (status = 422, body = Problem)))]
async fn list(State(app): State<Shared>, ApiQuery(query): ApiQuery<ListQuery>) -> Result<Json<NumbersBody>, Problem> {
    let country = query.country_iso.as_deref().filter(|text| !text.trim().is_empty());
    let filter = NumberFilter {
        country: country.map(|text| country_of("country_iso", text)).transpose()?,
        number_type: type_of(query.number_type.as_deref())?,
        status: status_of("status", query.status.as_deref())?,
        after: query.after.as_deref().map(|text| proxycall_domain::client::parse_phone("after", text)).transpose()?,
        limit: query.limit,
    };
    let page = app.service.ledger.numbers(filter).await?;
    Ok(Json(NumbersBody { numbers: page.items.iter().map(PoolNumberBody::from).collect(), next: page.next }))
}

/// The numbers of one country and type.
#[derive(Serialize, ToSchema)]
struct StockBody {
    #[schema(example = "FR")]
    country_iso: String,
    #[schema(example = "mobile")]
    number_type: &'static str,
    available: u64,
    reserved: u64,
    assigned: u64,
    quarantined: u64,
    error: u64,
    missing: u64,
    released: u64,
    /// How many were given to clients in the last 28 days.
    assigned_last_28_days: u64,
    /// For how many days the available ones last at that pace; null when none was given out.
    #[schema(example = 12.5)]
    days_left: Option<f64>,
}

impl From<&Stock> for StockBody {
    fn from(stock: &Stock) -> Self {
        let count = |status| stock.count(status);
        Self {
            country_iso: stock.country.to_string(),
            number_type: stock.number_type.as_str(),
            available: count(NumberStatus::Available),
            reserved: count(NumberStatus::Reserved),
            assigned: count(NumberStatus::Assigned),
            quarantined: count(NumberStatus::Quarantined),
            error: count(NumberStatus::Error),
            missing: count(NumberStatus::Missing),
            released: count(NumberStatus::Released),
            assigned_last_28_days: stock.assigned_lately,
            days_left: stock.days_left(),
        }
    }
}

/// Something that an operator should know.
#[derive(Serialize, ToSchema)]
struct AlertBody {
    /// Of numbers: `low_stock`, `purchase_failed`, `number_missing`, `used_elsewhere`, `release_failed`, `marked_faulty`. Of
    /// the sheet: `sheet_tab`, `sheet_stopped`. Of calls and texts: `webhooks_failing`. Of a person's rights:
    /// `erasure_failed`.
    #[schema(example = "low_stock")]
    kind: String,
    /// What it is about: country and type, a proxy number, a tab of the sheet or `sheet`, `carrier` or `store`, a client's id.
    #[schema(example = "FR mobile")]
    subject: String,
    /// In words.
    detail: String,
    /// Since when.
    since: String,
}

impl From<Alert> for AlertBody {
    fn from(alert: Alert) -> Self {
        Self {
            kind: alert.kind,
            subject: alert.subject,
            detail: alert.detail.to_string(),
            since: alert.raised_at.to_string(),
        }
    }
}

/// The pool at a glance.
#[derive(Serialize, ToSchema)]
struct SummaryBody {
    stock: Vec<StockBody>,
    alerts: Vec<AlertBody>,
}

/// How many numbers there are by country, type and state, how long they last, and what needs an operator.
#[utoipa::path(get, path = "/pool/summary", operation_id = "summarise_pool", tag = "pool",
    responses((status = 200, body = SummaryBody)))]
async fn summary(State(app): State<Shared>) -> Result<Json<SummaryBody>, Problem> {
    let stock = app.service.ledger.stock(app.service.clock.now()).await?;
    let alerts = app.service.ledger.alerts().await?;
    Ok(Json(SummaryBody {
        stock: stock.iter().map(StockBody::from).collect(),
        alerts: alerts.into_iter().map(AlertBody::from).collect(),
    }))
}

/// One state that a number was in.
#[derive(Serialize, ToSchema)]
struct PastBody {
    #[schema(example = "assigned")]
    status: &'static str,
    /// Whose it was; empty when nobody's.
    client_id: String,
    /// Who brought it there: a token's name, `environment`, `cli`, `sheet` or `system`; `api` where no token is asked for.
    actor: String,
    /// And why.
    reason: String,
    since: String,
    /// Empty: still.
    until: String,
}

impl From<NumberPast> for PastBody {
    fn from(past: NumberPast) -> Self {
        Self {
            status: past.status.as_str(),
            client_id: past.client.map(|id| id.to_string()).unwrap_or_default(),
            actor: past.actor.as_str().to_owned(),
            reason: past.reason,
            since: past.since.to_string(),
            until: text(past.until),
        }
    }
}

/// The life of a number.
#[derive(Serialize, ToSchema)]
struct HistoryBody {
    #[schema(example = "+33199000001")]
    phone_number: String,
    /// Newest first.
    history: Vec<PastBody>,
}

/// The states that a number was in, newest first, with who brought it there and why.
#[utoipa::path(get, path = "/pool/{number}/history", operation_id = "get_number_history", tag = "pool",
    params(("number" = String, Path, description = "A proxy number, with or without +")),
    responses((status = 200, body = HistoryBody), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn history(State(app): State<Shared>, ApiPath(number): ApiPath) -> Result<Json<HistoryBody>, Problem> {
    let phone = proxycall_domain::client::parse_phone("number", &number)?;
    let history = app.service.ledger.number_history(phone).await?;
    if history.is_empty() {
        return Err(Problem::new(StatusCode::NOT_FOUND, "Number not found"));
    }
    Ok(Json(HistoryBody { phone_number: phone.expose(), history: history.into_iter().map(PastBody::from).collect() }))
}
