//! `/clients`.

use axum::{Extension, Json, extract::State, http::StatusCode};
use proxycall_domain::{ClientId, CountryCode, PhoneNumber, client::Client};
use proxycall_service::{
    audit::client_subject,
    clients::{ChangeFields, ClientFields},
    ports::ledger::{ClientFilter, Page, RequestKey},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{default_page_size, moment, page_size};
use crate::{
    App, Problem, Shared,
    auth::Caller,
    json::{ApiJson, ApiPath, ApiQuery, OptionalJson, PhoneText},
};

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(next_id))
        .routes(routes!(search))
        .routes(routes!(by_proxy))
        .routes(routes!(get, update, close))
        .routes(routes!(restore))
        .routes(routes!(pause))
        .routes(routes!(resume))
}

/// A client. Texts only; empty where nothing is known.
#[derive(Serialize, ToSchema)]
pub(super) struct ClientBody {
    #[schema(example = "42")]
    client_id: String,
    #[schema(example = "Zoé Martin")]
    client_name: String,
    #[schema(example = "zoe@example.com")]
    client_mail: String,
    #[schema(example = "+33639980001")]
    client_real_phone: String,
    #[schema(example = "+33199000001")]
    client_proxy_number: String,
    #[schema(example = "FR")]
    client_iso_residency: String,
    #[schema(example = "33")]
    client_country_code: String,
    #[schema(example = "+33639980002")]
    client_last_caller: String,
    /// Whether nobody is connected to the client now.
    paused: bool,
    /// Until when; null when not paused, or until somebody ends it.
    #[schema(example = "2026-11-23T18:00:00Z")]
    paused_until: Option<String>,
}

fn exposed(phone: Option<PhoneNumber>) -> String {
    phone.map(PhoneNumber::expose).unwrap_or_default()
}

impl ClientBody {
    fn new(client: &Client, app: &App) -> Self {
        let policy = app.service.policy.current();
        let country = policy.countries().get(client.country);
        let pause = client.pause.filter(|pause| pause.lasts(app.service.clock.now()));
        Self {
            client_id: client.id.to_string(),
            client_name: client.name.expose().to_owned(),
            client_mail: client.mail.expose().to_owned(),
            client_real_phone: client.phone.expose(),
            client_proxy_number: exposed(client.proxy),
            client_iso_residency: client.country.to_string(),
            client_country_code: country.map(|country| country.calling_code().to_string()).unwrap_or_default(),
            client_last_caller: exposed(client.last_caller),
            paused: pause.is_some(),
            paused_until: pause.and_then(|pause| pause.until).map(|until| until.to_string()),
        }
    }
}

/// A client to be created.
#[derive(Deserialize, ToSchema)]
struct NewClientBody {
    /// A positive whole number, as text.
    #[schema(example = "42")]
    client_id: String,
    #[schema(example = "Zoé Martin")]
    client_name: String,
    #[schema(example = "zoe@example.com")]
    client_mail: String,
    /// International, as text or number.
    #[schema(value_type = String, example = "+33639980001")]
    client_real_phone: PhoneText,
    /// Two letters; without it, the phone's country.
    #[schema(example = "FR")]
    client_iso_residency: Option<String>,
}

/// A client that was created.
#[derive(Serialize, ToSchema)]
struct CreatedBody {
    #[schema(example = "42")]
    client_id: String,
    #[schema(example = "+33199000001")]
    client_proxy_number: String,
}

/// Create a client and give it an available number of its country.
#[utoipa::path(post, path = "/clients", operation_id = "create_client", tag = "clients", request_body = NewClientBody,
    responses(
        (status = 200, body = CreatedBody),
        (status = 400, description = "The client_id is taken", body = Problem),
        (status = 409, description = "No number of the country is left; says how many of each type", body = Problem),
        (status = 422, description = "A field is not as it should be", body = Problem)))]
async fn create(
    State(app): State<Shared>,
    caller: Caller,
    request: Option<Extension<RequestKey>>,
    ApiJson(body): ApiJson<NewClientBody>,
) -> Result<Json<CreatedBody>, Problem> {
    let fields = ClientFields {
        id: &body.client_id,
        name: &body.client_name,
        mail: &body.client_mail,
        phone: &body.client_real_phone.0,
        residency: body.client_iso_residency.as_deref(),
    };
    let client = app.service.create_client(&fields, request.map(|Extension(key)| key), caller.actor()).await?;
    caller.about(client_subject(client.id));
    Ok(Json(CreatedBody { client_id: client.id.to_string(), client_proxy_number: exposed(client.proxy) }))
}

/// The next free id.
#[derive(Serialize, ToSchema)]
struct NextIdBody {
    #[schema(example = 43)]
    next_client_id: i64,
}

/// The highest client id plus one.
#[utoipa::path(get, path = "/clients/next-id", operation_id = "next_client_id", tag = "clients", responses((status = 200, body = NextIdBody)))]
async fn next_id(State(app): State<Shared>) -> Result<Json<NextIdBody>, Problem> {
    let next = app.service.ledger.next_client_id().await?;
    Ok(Json(NextIdBody { next_client_id: next.get() }))
}

fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "Client not found")
}

pub(super) fn id_of(text: &str) -> Result<ClientId, Problem> {
    // 0 and negative ids are whole numbers that nobody has.
    match text.parse::<i64>() {
        Ok(id) => ClientId::new(id).ok_or_else(not_found),
        Err(_) => Err(Problem::field("client_id", "must be a whole number, such as 42")),
    }
}

/// One client.
#[utoipa::path(get, path = "/clients/{client_id}", operation_id = "get_client", tag = "clients", params(("client_id" = i64, Path)),
    responses((status = 200, body = ClientBody), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn get(State(app): State<Shared>, ApiPath(id): ApiPath) -> Result<Json<ClientBody>, Problem> {
    let client = app.service.client(id_of(&id)?).await?;
    Ok(Json(ClientBody::new(&client, &app)))
}

/// The client who has a proxy number, in any spelling.
#[utoipa::path(get, path = "/clients/by-proxy/{proxy}", operation_id = "get_client_by_proxy", tag = "clients",
    params(("proxy" = String, Path, example = "+33199000001")),
    responses((status = 200, body = ClientBody), (status = 404, body = Problem)))]
async fn by_proxy(State(app): State<Shared>, ApiPath(proxy): ApiPath) -> Result<Json<ClientBody>, Problem> {
    let proxy = PhoneNumber::parse_address(&proxy).map_err(|_| not_found())?;
    let client = app.service.ledger.client_by_proxy(proxy).await?.ok_or_else(not_found)?;
    Ok(Json(ClientBody::new(&client, &app)))
}

/// Changes. Absent, null or empty: unchanged.
#[derive(Default, Deserialize, ToSchema)]
struct ChangesBody {
    client_name: Option<String>,
    client_mail: Option<String>,
    #[schema(value_type = Option<String>)]
    client_real_phone: Option<PhoneText>,
    /// The client's own number, or nothing: another one is refused.
    #[schema(value_type = Option<String>)]
    client_proxy_number: Option<PhoneText>,
    /// Accepted and ignored, as a formula makes it in the sheet.
    #[serde(rename = "client_iso_residency")]
    _client_iso_residency: Option<String>,
    /// Accepted and ignored, as a formula makes it in the sheet.
    #[serde(rename = "client_country_code")]
    _client_country_code: Option<serde_json::Value>,
}

/// Change a client.
#[utoipa::path(put, path = "/clients/{client_id}", operation_id = "update_client", tag = "clients", params(("client_id" = i64, Path)),
    request_body = Option<ChangesBody>,
    responses(
        (status = 200, body = ClientBody),
        (status = 404, body = Problem),
        (status = 409, description = "That proxy number is not this client's, or the client is closed", body = Problem),
        (status = 422, body = Problem)))]
async fn update(
    State(app): State<Shared>,
    caller: Caller,
    ApiPath(id): ApiPath,
    OptionalJson(body): OptionalJson<ChangesBody>,
) -> Result<Json<ClientBody>, Problem> {
    let fields = ChangeFields {
        name: body.client_name.as_deref(),
        mail: body.client_mail.as_deref(),
        phone: body.client_real_phone.as_ref().map(|phone| phone.0.as_str()),
        proxy: body.client_proxy_number.as_ref().map(|phone| phone.0.as_str()),
    };
    let client = app.service.update_client(id_of(&id)?, &fields).await?;
    caller.about(client_subject(client.id));
    Ok(Json(ClientBody::new(&client, &app)))
}

/// Close a client: its number rests for 30 days, during which the client can be restored.
#[utoipa::path(delete, path = "/clients/{client_id}", operation_id = "close_client", tag = "clients", params(("client_id" = i64, Path)),
    responses(
        (status = 200, body = ClientBody),
        (status = 404, body = Problem),
        (status = 409, description = "The client was erased", body = Problem)))]
async fn close(State(app): State<Shared>, caller: Caller, ApiPath(id): ApiPath) -> Result<Json<ClientBody>, Problem> {
    let client = app.service.close_client(id_of(&id)?, caller.actor()).await?;
    caller.about(client_subject(client.id));
    Ok(Json(ClientBody::new(&client, &app)))
}

/// Open a closed client again, with its old number if that still rests.
#[utoipa::path(post, path = "/clients/{client_id}/restore", operation_id = "restore_client", tag = "clients", params(("client_id" = i64, Path)),
    responses(
        (status = 200, body = ClientBody),
        (status = 404, body = Problem),
        (status = 409, description = "Closed more than 30 days ago, erased, or no number is left", body = Problem)))]
async fn restore(State(app): State<Shared>, caller: Caller, ApiPath(id): ApiPath) -> Result<Json<ClientBody>, Problem> {
    let client = app.service.restore_client(id_of(&id)?, caller.actor()).await?;
    caller.about(client_subject(client.id));
    Ok(Json(ClientBody::new(&client, &app)))
}

/// For how long.
#[derive(Default, Deserialize, ToSchema)]
struct PauseBody {
    /// Until when (ISO 8601 with offset or Z); without it, until `resume`.
    #[schema(example = "2026-11-23T18:00:00Z")]
    until: Option<String>,
}

/// Keep everybody from reaching a client; the client's own calls and texts still go out. A pause is changed by another.
#[utoipa::path(post, path = "/clients/{client_id}/pause", operation_id = "pause_client", tag = "clients", params(("client_id" = i64, Path)),
    request_body = Option<PauseBody>,
    responses(
        (status = 200, body = ClientBody),
        (status = 404, body = Problem),
        (status = 409, description = "The client is closed", body = Problem),
        (status = 422, description = "A moment that is none, or is over", body = Problem)))]
async fn pause(
    State(app): State<Shared>,
    ApiPath(id): ApiPath,
    OptionalJson(body): OptionalJson<PauseBody>,
) -> Result<Json<ClientBody>, Problem> {
    let until = moment("until", body.until.as_deref())?;
    let client = app.service.pause_client(id_of(&id)?, until).await?;
    Ok(Json(ClientBody::new(&client, &app)))
}

/// End a client's pause. Whoever has none stays so.
#[utoipa::path(post, path = "/clients/{client_id}/resume", operation_id = "resume_client", tag = "clients", params(("client_id" = i64, Path)),
    responses(
        (status = 200, body = ClientBody),
        (status = 404, body = Problem),
        (status = 409, description = "The client is closed", body = Problem)))]
async fn resume(State(app): State<Shared>, ApiPath(id): ApiPath) -> Result<Json<ClientBody>, Problem> {
    let client = app.service.resume_client(id_of(&id)?).await?;
    Ok(Json(ClientBody::new(&client, &app)))
}

/// A page of clients.
#[derive(Serialize, ToSchema)]
struct ClientsBody {
    clients: Vec<ClientBody>,
    /// What to pass as `after` for the next page; null on the last.
    next: Option<String>,
}

impl ClientsBody {
    fn new(page: &Page<Client>, app: &App) -> Self {
        Self {
            clients: page.items.iter().map(|client| ClientBody::new(client, app)).collect(),
            next: page.next.clone(),
        }
    }
}

/// Which clients.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only this country.
    country: Option<String>,
    /// Closed clients instead of open ones.
    #[serde(default)]
    closed: bool,
    /// The `next` of the page before.
    after: Option<String>,
    /// 1 to 500; 50 when absent.
    #[serde(default = "default_page_size", deserialize_with = "page_size")]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: u32,
}

/// Clients by id. To look for somebody, use the search.
#[utoipa::path(get, path = "/clients", operation_id = "list_clients", tag = "clients", params(ListQuery),
    responses((status = 200, body = ClientsBody), (status = 422, body = Problem)))]
async fn list(State(app): State<Shared>, ApiQuery(query): ApiQuery<ListQuery>) -> Result<Json<ClientsBody>, Problem> {
    let country = query.country.as_deref().map(str::parse::<CountryCode>).transpose();
    let filter = ClientFilter {
        country: country.map_err(|error| Problem::field("country", &error.to_string()))?,
        closed: query.closed,
        newest_first: false,
        after: query.after.as_deref().map(|after| ClientId::parse("after", after)).transpose()?,
        limit: query.limit,
    };
    Ok(Json(ClientsBody::new(&app.service.ledger.clients(filter).await?, &app)))
}

/// What to look for.
#[derive(Deserialize, ToSchema)]
struct SearchBody {
    /// A whole number in any spelling, real or proxy; the last four digits of a real number; the starts of words of
    /// the name, in any order, with or without accents; the start of the e-mail address; or `#` and a client's id.
    #[schema(example = "martin")]
    text: String,
    /// The `next` of the page before.
    after: Option<String>,
    /// 1 to 500; 50 when absent.
    #[serde(default = "default_page_size", deserialize_with = "page_size")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: u32,
}

/// Look for clients. A POST, so that no number stands in an address.
#[utoipa::path(post, path = "/clients/search", operation_id = "search_clients", tag = "clients", request_body = SearchBody,
    responses((status = 200, body = ClientsBody), (status = 422, body = Problem)))]
async fn search(State(app): State<Shared>, ApiJson(body): ApiJson<SearchBody>) -> Result<Json<ClientsBody>, Problem> {
    let after = body.after.as_deref().map(|after| ClientId::parse("after", after)).transpose()?;
    let page = app.service.search_clients(&body.text, after, body.limit).await?;
    Ok(Json(ClientsBody::new(&page, &app)))
}
