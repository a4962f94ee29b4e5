//! Promises: every error is an RFC 9457 document that keeps the original's `detail` string, and never echoes a phone,
//! a name or an e-mail address.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use proxycall_domain::FieldError;
use proxycall_service::{
    clients::RequestError,
    pool::PoolError,
    ports::{CarrierError, LedgerError},
};
use serde::Serialize;
use utoipa::ToSchema;

/// How long clients are asked to wait when the store is not available, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

/// An error document (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    kind: &'static str,
    /// The status in words.
    #[schema(example = "Unprocessable Entity")]
    title: &'static str,
    /// The HTTP status.
    #[schema(example = 422)]
    status: u16,
    /// What happened and what to do.
    #[schema(example = "client_real_phone: is empty; expected an international number such as +33639980001")]
    detail: String,
    /// The field that is meant, if one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "client_real_phone")]
    field: Option<String>,
}

impl Problem {
    /// A problem with a status and a sentence.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            field: None,
        }
    }

    /// Too much was asked: 429, and when to ask again.
    pub(crate) fn too_many(retry_after_s: u32) -> Response {
        let detail = format!("Too many requests; try again in {retry_after_s} seconds");
        let mut response = Self::new(StatusCode::TOO_MANY_REQUESTS, detail).into_response();
        response.headers_mut().insert(header::RETRY_AFTER, retry_after_s.into());
        response
    }

    /// A field that is not as it should be: 422.
    pub(crate) fn field(field: &str, problem: &str) -> Self {
        Self {
            field: Some(field.to_owned()),
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{field}: {problem}"))
        }
    }

    /// The same with another status, where the original documents one.
    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { title: status.canonical_reason().unwrap_or("Error"), status: status.as_u16(), ..self }
    }

    /// A field for which the original documents a 400.
    pub(crate) fn bad_request(field: &str, problem: &str) -> Self {
        Self { field: Some(field.to_owned()), ..Self::new(StatusCode::BAD_REQUEST, format!("{field}: {problem}")) }
    }
}

impl From<FieldError> for Problem {
    fn from(error: FieldError) -> Self {
        Self::field(error.field, &error.problem.to_string())
    }
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Field(error) => error.into(),
            RequestError::Ledger(error) => error.into(),
            RequestError::NumberNotBought { .. } => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, format!("{error}; send the same request again"))
            }
        }
    }
}

impl From<CarrierError> for Problem {
    fn from(error: CarrierError) -> Self {
        match &error {
            CarrierError::Refused { remedy, .. } => Self::new(StatusCode::BAD_GATEWAY, format!("{error} {remedy}")),
            _ => Self::new(StatusCode::SERVICE_UNAVAILABLE, format!("{error}; try again in a few seconds")),
        }
    }
}

impl From<PoolError> for Problem {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Field(error) => error.into(),
            PoolError::Ledger(error) => error.into(),
            PoolError::Carrier(error) => error.into(),
        }
    }
}

/// The statuses that the original documents stay; new cases are 409.
impl From<LedgerError> for Problem {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Unavailable(cause) => {
                tracing::error!(%cause, "the store is not available");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "The store is not available; try again in a few seconds")
            }
            LedgerError::Unreadable(what) => {
                tracing::error!(%what, "the store holds something unreadable");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Something in the store cannot be read; see the log")
            }
            LedgerError::ClientUnknown => Self::new(StatusCode::NOT_FOUND, "Client not found"),
            LedgerError::ClientExists => Self {
                field: Some("client_id".to_owned()),
                ..Self::new(StatusCode::BAD_REQUEST, "client_id: a client with this id exists already")
            },
            LedgerError::ClientClosed => Self::new(
                StatusCode::CONFLICT,
                "The client is closed; POST /clients/{client_id}/restore opens it again",
            ),
            LedgerError::ClientGone => {
                Self::new(StatusCode::CONFLICT, "The client was closed more than 30 days ago and cannot be restored")
            }
            LedgerError::ClientErased => Self::new(
                StatusCode::CONFLICT,
                "The client was erased, which is final; the same person may enrol again as a new client",
            ),
            LedgerError::NotTheirNumber => Self {
                field: Some("client_proxy_number".to_owned()),
                ..Self::new(StatusCode::CONFLICT, "client_proxy_number: is not this client's proxy number")
            },
            LedgerError::NumberIsProxy => Self::field(
                "client_real_phone",
                "is one of our proxy numbers, or becomes one; expected the client's own phone",
            ),
            LedgerError::NoNumberLeft { country, availability } => Self::new(
                StatusCode::CONFLICT,
                format!(
                    "No proxy number of {country} is available (mobile {}, local {}, total {}); add numbers to the \
                     pool and send the same request again",
                    availability.mobile,
                    availability.local,
                    availability.total()
                ),
            ),
            LedgerError::ClientHasNumber => Self::new(StatusCode::CONFLICT, "The client has a proxy number already"),
            LedgerError::NumberUnknown => Self::new(StatusCode::NOT_FOUND, "Number not found"),
            LedgerError::NumberNotFree { status } => {
                Self::new(StatusCode::CONFLICT, format!("The number is {}, not free", status.as_str()))
            }
            LedgerError::ReservationGone => {
                Self::new(StatusCode::CONFLICT, "There is no such reservation, or its time is over")
            }
            LedgerError::CeilingReached { ceiling } => Self::new(
                StatusCode::CONFLICT,
                format!(
                    "The day's ceiling of {ceiling} purchases is reached (PROXYCALL_MAX_PURCHASES_PER_DAY); it begins \
                     anew at midnight UTC"
                ),
            ),
            LedgerError::ReservationInUse => Self::new(
                StatusCode::CONFLICT,
                "A number is held under this id already, for something else; use another id, or wait until that ends",
            ),
            LedgerError::ConfirmationUnknown => Self {
                field: Some("pending_id".to_owned()),
                ..Self::new(StatusCode::NOT_FOUND, "pending_id: there is no such confirmation")
            },
            LedgerError::ConfirmationConflict => Self {
                field: Some("pending_id".to_owned()),
                ..Self::new(
                    StatusCode::CONFLICT,
                    "pending_id: a confirmation with this id and other content exists already",
                )
            },
            LedgerError::PhoneBusy => Self {
                field: Some("client_real_phone".to_owned()),
                ..Self::new(
                    StatusCode::CONFLICT,
                    "client_real_phone: is being confirmed already; wait until that ends, or end it with POST \
                     /confirmations/{pending_id}/cancel",
                )
            },
            LedgerError::NotNow { status } => {
                Self::new(StatusCode::CONFLICT, format!("The confirmation is {status}: this cannot be done with it"))
            }
            LedgerError::BlockUnknown => Self::new(StatusCode::NOT_FOUND, "Block not found"),
            LedgerError::InteractionUnknown => Self {
                field: Some("interaction_id".to_owned()),
                ..Self::new(StatusCode::NOT_FOUND, "interaction_id: there is no such interaction")
            },
            LedgerError::NobodyToBlock => Self {
                field: Some("interaction_id".to_owned()),
                ..Self::new(
                    StatusCode::CONFLICT,
                    "interaction_id: the caller hid the number, so there is nobody to block; calls.withheld keeps all who \
                     hide theirs away",
                )
            },
            LedgerError::OwnNumber => Self::new(
                StatusCode::CONFLICT,
                "That is the client's own number; POST /clients/{client_id}/pause keeps others from reaching it",
            ),
            LedgerError::TooManyCodes { per, again_at } => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                format!("Codes were asked for too often {per}; they can be asked for again at {again_at}"),
            ),
            LedgerError::TokenUnknown => Self::new(StatusCode::NOT_FOUND, "There is no token of this name"),
            LedgerError::TokenExists => Self {
                field: Some("name".to_owned()),
                ..Self::new(
                    StatusCode::CONFLICT,
                    "name: a token of this name exists, or did; a name is never given twice, since the audit log tells by it \
                     who acted",
                )
            },
            LedgerError::TokenRevoked => Self::new(StatusCode::CONFLICT, "The token was revoked; make another one"),
            LedgerError::OrderConflict => Self {
                field: Some("order_id".to_owned()),
                ..Self::new(StatusCode::CONFLICT, "order_id: an order with this id and other content exists already")
            },
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        response
    }
}

/// A defect of ours. What the panic says may quote data, so only its place is in the log (the panic hook's line).
pub(crate) fn of_panic() -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "An error of ours; see the log")
}
