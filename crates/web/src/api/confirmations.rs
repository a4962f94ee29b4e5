//! `/confirmations`: enrolment by a code. Field names, shapes and statuses are the original's
//! (`original-behaviour` §1.7); what it answered with 400 is 400 here.

use axum::{Json, extract::State, http::StatusCode};
use proxycall_domain::{CodeChannel, Confirmation, FieldError};
use proxycall_service::{clients::RequestError, confirmations::ConfirmationFields, ports::LedgerError};
use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Problem, Shared, audit,
    auth::Caller,
    json::{ApiJson, ApiPath, ApiQuery, OptionalJson, PhoneText},
};

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .routes(routes!(status))
        .routes(routes!(resend))
        .routes(routes!(expire))
        .routes(routes!(approve))
        .routes(routes!(cancel))
}

/// What the original answered with 400.
fn as_400(error: RequestError) -> Problem {
    match error {
        RequestError::Field(FieldError { field, problem }) => Problem::bad_request(field, &problem.to_string()),
        RequestError::Ledger(
            error @ (LedgerError::NoNumberLeft { .. } | LedgerError::NotNow { .. } | LedgerError::NumberIsProxy),
        ) => Problem::from(error).with_status(StatusCode::BAD_REQUEST),
        error => error.into(),
    }
}

/// A client to be confirmed.
#[derive(Deserialize, ToSchema)]
struct CreateBody {
    /// 1 to 128 visible characters, yours to choose.
    #[schema(example = "P-0190a3c2")]
    pending_id: String,
    #[schema(example = "Zoé Martin")]
    client_name: String,
    #[schema(example = "zoe@example.com")]
    client_mail: String,
    /// International, as text or number.
    #[schema(value_type = String, example = "+33639980001")]
    client_real_phone: PhoneText,
    /// The proxy number's country, two letters; without it, TWILIO_PHONE_COUNTRY.
    #[schema(example = "FR")]
    country_iso: Option<String>,
    /// mobile, local or national; without it, TWILIO_NUMBER_TYPE. The other type is taken when none of it is left.
    #[schema(example = "mobile")]
    number_type: Option<String>,
}

/// A confirmation that has begun.
#[derive(Serialize, ToSchema)]
struct BegunBody {
    #[schema(example = "P-0190a3c2")]
    pending_id: String,
    /// The number that the client has, or will have.
    #[schema(example = "+33199000001")]
    proxy_number: String,
    #[schema(example = "PENDING")]
    status: String,
    /// `mobile` or `local`; `existant` when an existing client keeps its number.
    #[schema(example = "mobile")]
    number_type: &'static str,
}

/// Begin a confirmation: a number is held, and a code goes out. The same again gets the first result.
#[utoipa::path(post, path = "/confirmations/create", operation_id = "create_confirmation", tag = "confirmations", request_body = CreateBody,
    responses(
        (status = 200, body = BegunBody),
        (status = 400, description = "A field is not as it should be, or no number is left", body = Problem),
        (status = 409, description = "A confirmation with this id and other content exists, or this phone is being confirmed already", body = Problem),
        (status = 429, description = "Codes were asked for too often", body = Problem)))]
async fn create(
    State(app): State<Shared>,
    caller: Caller,
    ApiJson(body): ApiJson<CreateBody>,
) -> Result<Json<BegunBody>, Problem> {
    let fields = ConfirmationFields {
        id: &body.pending_id,
        name: &body.client_name,
        mail: &body.client_mail,
        phone: &body.client_real_phone.0,
        country: body.country_iso.as_deref(),
        number_type: body.number_type.as_deref(),
    };
    let it = app.service.create_confirmation(&fields).await.map_err(as_400)?;
    caller.about(audit::subject("pending_id", it.id.as_str()));
    Ok(Json(BegunBody {
        proxy_number: it.proxy.expose(),
        status: it.status(app.service.clock.now()),
        number_type: it.held.as_api_str(),
        pending_id: it.id.to_string(),
    }))
}

/// Which confirmation.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct StatusQuery {
    pending_id: String,
}

/// Where a confirmation stands.
#[derive(Serialize, ToSchema)]
struct StatusBody {
    #[schema(example = "P-0190a3c2")]
    pending_id: String,
    /// PENDING, PENDING_CALL, PENDING_MAIL, VERIFIED, PROMOTED, UPDATED (…), EXPIRED or FAILED.
    #[schema(example = "PENDING_CALL")]
    status: String,
    /// What an operator should know besides: that the code is locked, whom it waits for, why it failed. Often empty.
    #[schema(example = "")]
    status_detail: &'static str,
}

fn standing(app: &Shared, it: &Confirmation) -> StatusBody {
    StatusBody {
        pending_id: it.id.to_string(),
        status: it.status(app.service.clock.now()),
        status_detail: it.progress.detail.in_words(),
    }
}

/// Where a confirmation stands.
#[utoipa::path(get, path = "/confirmations/status", operation_id = "confirmation_status", tag = "confirmations", params(StatusQuery),
    responses(
        (status = 200, body = StatusBody),
        (status = 400, description = "The id is empty", body = Problem),
        (status = 404, body = Problem)))]
async fn status(
    State(app): State<Shared>,
    ApiQuery(query): ApiQuery<StatusQuery>,
) -> Result<Json<StatusBody>, Problem> {
    let it = app.service.confirmation(&query.pending_id).await.map_err(as_400)?;
    Ok(Json(standing(&app, &it)))
}

/// A code wanted over a channel.
#[derive(Deserialize, ToSchema)]
struct ResendBody {
    #[schema(example = "P-0190a3c2")]
    pending_id: String,
    /// sms, voice or email (a link, by text and by e-mail).
    #[schema(example = "voice")]
    channel: String,
}

/// That it will go out.
#[derive(Serialize, ToSchema)]
struct ResentBody {
    #[schema(example = "P-0190a3c2")]
    pending_id: String,
    #[schema(example = "voice")]
    channel: &'static str,
    #[schema(example = "sent")]
    status: &'static str,
}

/// Send the code over a channel. Within three minutes the same channel is not sent again; a locked code is replaced.
#[utoipa::path(post, path = "/confirmations/resend", operation_id = "resend_code", tag = "confirmations", request_body = ResendBody,
    responses(
        (status = 200, body = ResentBody),
        (status = 400, description = "The channel is none, or the confirmation is over", body = Problem),
        (status = 404, body = Problem),
        (status = 429, description = "Codes were asked for too often", body = Problem)))]
async fn resend(
    State(app): State<Shared>,
    caller: Caller,
    ApiJson(body): ApiJson<ResendBody>,
) -> Result<Json<ResentBody>, Problem> {
    let channel = CodeChannel::parse(&body.channel.trim().to_lowercase())
        .ok_or_else(|| Problem::bad_request("channel", "must be email, sms or voice"))?;
    app.service.resend_code(&body.pending_id, channel).await.map_err(as_400)?;
    caller.about(audit::subject("pending_id", body.pending_id.trim()));
    Ok(Json(ResentBody { pending_id: body.pending_id.trim().to_owned(), channel: channel.as_str(), status: "sent" }))
}

/// How old, in whole hours: a bare number, as the original takes it. Without a body: 48.
#[derive(ToSchema)]
#[schema(value_type = i64, example = 48)]
struct Hours(i64);

impl Default for Hours {
    fn default() -> Self {
        Self(48)
    }
}

/// `12`, `"12"` and `12.0` are read; `1.5`, objects and null are not.
impl<'de> Deserialize<'de> for Hours {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Hours;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a whole number of hours")
            }

            fn visit_i64<E: de::Error>(self, hours: i64) -> Result<Hours, E> {
                Ok(Hours(hours))
            }

            fn visit_u64<E: de::Error>(self, hours: u64) -> Result<Hours, E> {
                i64::try_from(hours).map(Hours).map_err(|_| E::custom("expected a whole number of hours"))
            }

            fn visit_f64<E: de::Error>(self, hours: f64) -> Result<Hours, E> {
                // Every whole number up to there is exact.
                #[expect(clippy::cast_possible_truncation, reason = "whole, and within the range just checked")]
                if hours.fract() == 0.0 && hours.abs() < 9.0e15 {
                    return Ok(Hours(hours as i64));
                }
                Err(E::custom("expected a whole number of hours"))
            }

            fn visit_str<E: de::Error>(self, hours: &str) -> Result<Hours, E> {
                hours.trim().parse().map(Hours).map_err(|_| E::custom("expected a whole number of hours"))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

/// A confirmation that was ended.
#[derive(Serialize, ToSchema)]
struct ExpiredItem {
    #[schema(example = "P-0190a3c2")]
    pending_id: String,
    #[schema(example = "+33199000001")]
    proxy_number: String,
}

/// What was ended.
#[derive(Serialize, ToSchema)]
struct ExpiredBody {
    expired: Vec<ExpiredItem>,
    /// How many numbers were given back.
    released_total: u64,
}

/// End the confirmations that are older than so many hours (48 without a body), or than they may become at all.
#[utoipa::path(post, path = "/confirmations/expire", operation_id = "expire_confirmations", tag = "confirmations", request_body = Option<Hours>,
    responses((status = 200, body = ExpiredBody)))]
async fn expire(
    State(app): State<Shared>,
    OptionalJson(Hours(hours)): OptionalJson<Hours>,
) -> Result<Json<ExpiredBody>, Problem> {
    let (expired, released_total) = app.service.expire_confirmations(hours).await?;
    let item = |(id, proxy): (proxycall_domain::PendingId, proxycall_domain::PhoneNumber)| ExpiredItem {
        pending_id: id.to_string(),
        proxy_number: proxy.expose(),
    };
    Ok(Json(ExpiredBody { expired: expired.into_iter().map(item).collect(), released_total }))
}

/// Agree, in place of the contact on record, to a change that waits for it.
#[utoipa::path(post, path = "/confirmations/{pending_id}/approve", operation_id = "approve_confirmation", tag = "confirmations",
    params(("pending_id" = String, Path)),
    responses(
        (status = 200, body = StatusBody),
        (status = 404, body = Problem),
        (status = 409, description = "It waits for nobody", body = Problem)))]
async fn approve(State(app): State<Shared>, ApiPath(id): ApiPath) -> Result<Json<StatusBody>, Problem> {
    let it = app.service.approve_confirmation(&id).await?;
    Ok(Json(standing(&app, &it)))
}

/// End a confirmation before its time: its code is void, and the number is no longer held for it.
#[utoipa::path(post, path = "/confirmations/{pending_id}/cancel", operation_id = "cancel_confirmation", tag = "confirmations",
    params(("pending_id" = String, Path)),
    responses(
        (status = 200, body = StatusBody),
        (status = 404, body = Problem),
        (status = 409, description = "It is over", body = Problem)))]
async fn cancel(State(app): State<Shared>, caller: Caller, ApiPath(id): ApiPath) -> Result<Json<StatusBody>, Problem> {
    let it = app.service.cancel_confirmation(&id, caller.actor()).await?;
    Ok(Json(standing(&app, &it)))
}
