//! Promises: whatever a page cannot do, it says as a page: what happened and what to do, in the reader's language.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use proxycall_domain::{FieldError, Language, Said, Scope, setting::SettingError};
use proxycall_service::{
    clients::RequestError,
    pool::PoolError,
    ports::{CarrierError, LedgerError},
    settings::SetError,
    sheet::SheetFailure,
};

use super::refusals;
use crate::carrier_work::NotEnded;

/// Why a page is not as it was asked for.
#[derive(Debug, Clone)]
pub(crate) enum Trouble {
    /// There is nothing there.
    NotFound,
    /// Somebody's token does not suffice.
    NotAllowed {
        /// What it may do.
        has: Scope,
        /// What is needed.
        needed: Scope,
    },
    /// The form is of another session, or of another site.
    Stale,
    /// The form is too large.
    TooLarge,
    /// Asked too often.
    TooMany {
        /// When to come back, in seconds.
        retry_after_s: u32,
    },
    /// A field is not as it should be.
    Field(FieldError),
    /// A setting cannot have that value.
    Setting(SettingError),
    /// The store's reason.
    Ledger(LedgerError),
    /// The carrier's reason.
    Carrier(CarrierError),
    /// Google's reason.
    Sheet(Said),
    /// None left, and none could be bought: why.
    NotBought(String),
    /// A reason of the page's own, with what it names.
    Because(String),
    /// It takes longer than somebody waits, and goes on.
    TooLong,
    /// A reason of the page's own.
    Refused(&'static str),
    /// A defect of ours.
    Broken,
}

impl Trouble {
    /// What the browser is told.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound
            | Self::Ledger(
                LedgerError::ClientUnknown
                | LedgerError::ConfirmationUnknown
                | LedgerError::BlockUnknown
                | LedgerError::NumberUnknown,
            ) => StatusCode::NOT_FOUND,
            Self::NotAllowed { .. } | Self::Stale => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Field(_) | Self::Setting(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Ledger(LedgerError::Unavailable(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Ledger(LedgerError::Unreadable(_)) | Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Carrier(CarrierError::Refused { .. }) => StatusCode::BAD_GATEWAY,
            Self::Carrier(_) | Self::Sheet(_) | Self::NotBought(_) | Self::TooLong => StatusCode::SERVICE_UNAVAILABLE,
            Self::Ledger(_) | Self::Refused(_) | Self::Because(_) => StatusCode::CONFLICT,
        }
    }

    /// What happened, in a few words.
    pub(super) fn title(&self, language: Language) -> &'static str {
        let w = refusals::Refusals::of(language);
        match self.status() {
            StatusCode::NOT_FOUND => w.not_found_title,
            StatusCode::FORBIDDEN => w.not_allowed_title,
            StatusCode::TOO_MANY_REQUESTS => w.too_many_title,
            StatusCode::UNPROCESSABLE_ENTITY => w.field_title,
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::BAD_GATEWAY => w.unavailable_title,
            StatusCode::INTERNAL_SERVER_ERROR => w.broken_title,
            _ => w.refused_title,
        }
    }

    /// What happened and what to do.
    pub(super) fn text(&self, language: Language) -> String {
        let w = refusals::Refusals::of(language);
        match self {
            Self::NotFound => w.not_found.to_owned(),
            Self::NotAllowed { has, needed } => format!("{} {} ({has} → {needed})", w.not_allowed, w.not_allowed_do),
            Self::Stale => w.stale.to_owned(),
            Self::TooLarge => w.too_large.to_owned(),
            Self::TooMany { retry_after_s } => format!("{} {retry_after_s} s.", w.too_many),
            Self::Field(error) => refusals::of_field(error, language),
            Self::Setting(error) => error.of(language),
            Self::Ledger(error) => refusals::of_ledger(error, language),
            Self::Carrier(error) => refusals::of_carrier(error, language),
            Self::Sheet(why) => format!("{} {}.", w.sheet, why.of(language)),
            Self::NotBought(why) => format!("{} {why}", w.not_bought),
            Self::Because(why) => why.clone(),
            Self::TooLong => w.too_long.to_owned(),
            Self::Refused(reason) => (*reason).to_owned(),
            Self::Broken => w.broken.to_owned(),
        }
    }
}

/// Has the layer around make a page of it: only that knows who asks, in which language.
impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<FieldError> for Trouble {
    fn from(error: FieldError) -> Self {
        Self::Field(error)
    }
}

impl From<SettingError> for Trouble {
    fn from(error: SettingError) -> Self {
        Self::Setting(error)
    }
}

impl From<SetError> for Trouble {
    fn from(error: SetError) -> Self {
        match error {
            SetError::Setting(error) => error.into(),
            SetError::Ledger(error) => error.into(),
        }
    }
}

impl From<SheetFailure> for Trouble {
    fn from(error: SheetFailure) -> Self {
        match error {
            SheetFailure::Sheet(error) => Self::Sheet(error.said()),
            SheetFailure::Ledger(error) => error.into(),
        }
    }
}

impl From<LedgerError> for Trouble {
    fn from(error: LedgerError) -> Self {
        match &error {
            LedgerError::Unavailable(cause) => tracing::error!(%cause, "the store is not available"),
            LedgerError::Unreadable(what) => tracing::error!(%what, "the store holds something unreadable"),
            _ => {}
        }
        Self::Ledger(error)
    }
}

impl From<CarrierError> for Trouble {
    fn from(error: CarrierError) -> Self {
        Self::Carrier(error)
    }
}

impl From<NotEnded> for Trouble {
    fn from(why: NotEnded) -> Self {
        match why {
            NotEnded::Broken => Self::Broken,
            NotEnded::TooLong => Self::TooLong,
        }
    }
}

impl From<RequestError> for Trouble {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Field(error) => error.into(),
            RequestError::Ledger(error) => error.into(),
            RequestError::NumberNotBought { why, .. } => Self::NotBought(why),
        }
    }
}

impl From<PoolError> for Trouble {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Field(error) => error.into(),
            PoolError::Ledger(error) => error.into(),
            PoolError::Carrier(error) => error.into(),
        }
    }
}
