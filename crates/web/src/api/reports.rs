//! `/reports/weekly`: a week in figures.

use axum::{Json, extract::State};
use proxycall_domain::{
    Week,
    report::{Compared, Duplicate, Shared as Common, Traffic, WeeklyReport},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Problem, Shared, json::ApiQuery};

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(weekly))
}

/// Which week.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct WeekQuery {
    /// An ISO week; this one when absent.
    #[param(example = "2026-W47")]
    week: Option<String>,
}

/// A figure of two weeks.
#[derive(Serialize, ToSchema)]
struct ComparedBody {
    /// Of the week before.
    last_week: u64,
    /// Of the week.
    this_week: u64,
}

impl From<Compared<u64>> for ComparedBody {
    fn from(of: Compared<u64>) -> Self {
        Self { last_week: of.before, this_week: of.week }
    }
}

/// Calls and texts.
#[derive(Serialize, ToSchema)]
struct TrafficBody {
    /// Refused ones too.
    calls: u64,
    answered: u64,
    /// Put through and not answered.
    missed: u64,
    /// Of a hundred calls that were put through; null when none was.
    answered_percent: Option<u64>,
    /// Refused ones too.
    texts: u64,
    /// Taken or delivered by the carrier.
    relayed: u64,
    /// Did not arrive.
    lost: u64,
    /// Calls and texts that the rules refused.
    refused: u64,
}

impl From<Traffic> for TrafficBody {
    fn from(of: Traffic) -> Self {
        let answered_percent = of.answered_percent();
        let Traffic { calls, answered, missed, texts, relayed, lost, refused } = of;
        Self { calls, answered, missed, answered_percent, texts, relayed, lost, refused }
    }
}

/// Clients who are not closed.
#[derive(Serialize, ToSchema)]
struct ClientFiguresBody {
    total: u64,
    with_number: u64,
    without_number: u64,
    /// With a number, and known to the shop.
    in_shop: u64,
    /// With a number, and not known to the shop.
    not_in_shop: u64,
    /// With a number, and nobody has said.
    shop_unknown: u64,
    /// With a number that somebody has called or texted.
    active: u64,
    /// With a number, and an order in the week.
    ordered: u64,
}

/// What may be given out.
#[derive(Serialize, ToSchema)]
struct ReportStockBody {
    #[schema(example = "FR")]
    country_iso: String,
    #[schema(example = "mobile")]
    number_type: &'static str,
    available: u64,
    /// Whether an alert says that they are too few.
    low: bool,
}

/// Clients who share something.
#[derive(Serialize, ToSchema)]
struct DuplicateBody {
    /// `phone` or `mail`.
    #[schema(example = "phone")]
    shared: &'static str,
    /// The first twenty.
    client_ids: Vec<String>,
    /// What they share, masked.
    #[schema(example = "+****0001")]
    masked: String,
}

impl From<&Duplicate> for DuplicateBody {
    fn from(of: &Duplicate) -> Self {
        let shared = match of.shared {
            Common::Phone => "phone",
            Common::Mail => "mail",
        };
        let client_ids = of.clients.iter().map(ToString::to_string).collect();
        Self { shared, client_ids, masked: of.masked.clone() }
    }
}

/// A week in figures.
#[derive(Serialize, ToSchema)]
struct WeeklyReportBody {
    #[schema(example = "2026-W47")]
    week: String,
    /// By whose clock a week begins on Monday at 00:00.
    #[schema(example = "Europe/Paris")]
    time_zone: String,
    /// Clients, available numbers and duplicates are as of this moment.
    made_at: String,
    clients: ClientFiguresBody,
    /// Numbers given to clients.
    assigned: ComparedBody,
    orders: ComparedBody,
    available: Vec<ReportStockBody>,
    last_week: TrafficBody,
    this_week: TrafficBody,
    /// Monday first.
    days: Vec<TrafficBody>,
    /// By the hour of the day, 0 to 23.
    hours: Vec<TrafficBody>,
    /// How many phones and e-mail addresses are shared.
    duplicate_count: u64,
    /// The first fifty of them.
    duplicates: Vec<DuplicateBody>,
}

impl From<WeeklyReport> for WeeklyReportBody {
    fn from(report: WeeklyReport) -> Self {
        let clients = report.clients;
        let available = report.available.iter().map(|of| ReportStockBody {
            country_iso: of.country.to_string(),
            number_type: of.number_type.as_str(),
            available: of.count,
            low: of.low,
        });
        Self {
            week: report.week.to_string(),
            time_zone: report.zone.name().to_owned(),
            made_at: report.made_at.to_string(),
            clients: ClientFiguresBody {
                total: clients.total,
                with_number: clients.with_number,
                without_number: clients.without_number(),
                in_shop: clients.in_shop,
                not_in_shop: clients.not_in_shop,
                shop_unknown: clients.shop_unknown(),
                active: clients.active,
                ordered: report.ordering_clients,
            },
            assigned: report.assigned.into(),
            orders: report.orders.into(),
            available: available.collect(),
            last_week: report.traffic.before.into(),
            this_week: report.traffic.week.into(),
            days: report.days.into_iter().map(TrafficBody::from).collect(),
            hours: report.hours.into_iter().map(TrafficBody::from).collect(),
            duplicate_count: report.duplicate_count,
            duplicates: report.duplicates.iter().map(DuplicateBody::from).collect(),
        }
    }
}

/// A week in figures: clients, numbers, orders, calls and texts, beside the week before. No name and no real number.
#[utoipa::path(get, path = "/reports/weekly", operation_id = "get_weekly_report", tag = "reports", params(WeekQuery),
    responses((status = 200, body = WeeklyReportBody), (status = 422, body = Problem)))]
async fn weekly(
    State(app): State<Shared>,
    ApiQuery(query): ApiQuery<WeekQuery>,
) -> Result<Json<WeeklyReportBody>, Problem> {
    let week = query.week.as_deref().map(|text| Week::parse("week", text)).transpose()?;
    let week = week.unwrap_or_else(|| app.service.this_week());
    Ok(Json(app.service.weekly_report(week).await?.into()))
}
