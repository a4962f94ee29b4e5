//! `/pool`.

use axum::{Json, extract::State};
use proxycall_domain::{CountryCode, NumberType, pool::ProxyNumber};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Problem, Shared, json::ApiQuery};

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(available))
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

impl From<ProxyNumber> for NumberBody {
    fn from(number: ProxyNumber) -> Self {
        Self {
            country_iso: number.country.to_string(),
            phone_number: number.phone.expose(),
            // A number that has rested long enough is available again, whatever it was.
            status: "available",
            friendly_name: number.friendly_name,
            date_achat: number.added_at.to_string(),
            date_attribution: number.assigned_at.map(|at| at.to_string()).unwrap_or_default(),
            attribution_to_client_name: String::new(),
            number_type: number.number_type.as_str(),
            reserved_token: String::new(),
            reserved_at: String::new(),
            reserved_by_client_id: String::new(),
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

/// The numbers of a country that may be given to a client.
#[utoipa::path(get, path = "/pool/available", operation_id = "list_available_numbers", tag = "pool", params(AvailableQuery),
    responses((status = 200, body = AvailableBody), (status = 422, body = Problem)))]
async fn available(
    State(app): State<Shared>,
    ApiQuery(query): ApiQuery<AvailableQuery>,
) -> Result<Json<AvailableBody>, Problem> {
    let country: CountryCode = query
        .country_iso
        .parse()
        .map_err(|_| Problem::field("country_iso", "must be a two-letter ISO code, such as FR"))?;
    let asked = query.number_type.filter(|text| !text.trim().is_empty());
    let number_type = match asked.as_deref().map(|text| text.trim().to_ascii_lowercase()).as_deref() {
        None | Some("all" | "none") => None,
        Some(text) => Some(text.parse::<NumberType>()?),
    };
    let numbers = app.service.ledger.available_numbers(country, number_type, app.service.clock.now()).await?;
    Ok(Json(AvailableBody {
        country_iso: country.to_string(),
        number_type: asked.unwrap_or_else(|| "all".to_owned()),
        available: numbers.into_iter().map(NumberBody::from).collect(),
    }))
}
