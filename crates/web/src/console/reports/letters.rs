//! The letters to operators, to be looked at: each at an address of its own, where nothing runs and nothing is loaded.

use std::time::Duration;

use axum::{
    extract::{Path, State},
    http::{HeaderValue, Uri, header},
    response::{Html, IntoResponse as _, Response},
};
use proxycall_service::{
    Service,
    operators::SendFailure,
    pool::{self, alert},
    ports::{
        LedgerError,
        clock::Ids as _,
        ledger::{Alert, ToldAlert},
        mailer::{AlertNews, Letter},
    },
};

use super::{
    super::{ConsoleState, session::Session, trouble::Trouble},
    week_of,
};
use crate::pages::Fields;

/// A letter brings its own style and nothing else. It is shown on our own pages only, apart from them.
const SECURITY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox",
);
/// How long the figures of a letter may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// A letter as it would be read.
pub(super) async fn letter(
    State(console): ConsoleState,
    _session: Session,
    Path(kind): Path<String>,
    uri: Uri,
) -> Result<Response, Trouble> {
    let service = &console.app.service;
    let letter = match kind.as_str() {
        "alerts" => alerts(service).await?.0,
        "weekly" => {
            let fields = Fields::parse(uri.query().unwrap_or_default().as_bytes());
            let week = week_of(&fields, service)?;
            let report = console.counted.of(service, week, false, PATIENCE).await.ok_or(Trouble::TooLong)??;
            service.report_letter((*report).clone())
        }
        _ => return Err(Trouble::NotFound),
    };
    let written = match service.preview_letter(&letter) {
        Ok(written) => written,
        Err(SendFailure::NoMailServer) => return Err(Trouble::NotFound),
        Err(SendFailure::Ledger(error)) => return Err(error.into()),
        Err(SendFailure::Mail(error)) => {
            tracing::error!(%error, "a letter could not be written");
            return Err(Trouble::Broken);
        }
    };
    Ok(([(header::CONTENT_SECURITY_POLICY, SECURITY)], Html(written.html)).into_response())
}

/// The letter about what stands; about nothing, an example. Whether it is one.
pub(super) async fn alerts(service: &Service) -> Result<(Letter, bool), LedgerError> {
    if !service.ledger.alerts().await?.is_empty() {
        return Ok((service.standing_alerts_letter().await?, false));
    }
    let operators = &service.policy.current().operators;
    let subject = format!("{} {}", service.pool.country, service.preferred_type);
    let now = service.clock.now();
    let alert = Alert {
        id: service.chance.alert_id(now),
        kind: alert::LOW_STOCK.to_owned(),
        detail: pool::low_stock(2, &subject, 10),
        subject,
        raised_at: now,
    };
    let raised = vec![ToldAlert { alert, over_at: None }];
    let (repeat, language, zone) = (operators.repeat, operators.language, operators.zone.clone());
    let news = AlertNews { raised, standing: Vec::new(), over: Vec::new(), repeat, language, zone };
    Ok((Letter::Alerts(Box::new(news)), true))
}
