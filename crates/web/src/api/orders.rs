//! `/orders`.

use axum::{Json, extract::State, http::StatusCode};
use proxycall_domain::{
    ClientId, PhoneNumber,
    order::{Order, OrderId},
};
use proxycall_service::{audit::client_subject, clients::ClientFields};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{default_page_size, page_size};
use crate::{
    Problem, Shared,
    auth::Caller,
    json::{ApiJson, ApiPath, ApiQuery, PhoneText},
};

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(place, list)).routes(routes!(get))
}

/// An order and its client.
#[derive(Deserialize, ToSchema)]
struct NewOrderBody {
    /// The shop's id of the order: 1 to 64 characters.
    #[schema(example = "A-1001")]
    order_id: String,
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

/// An order, with the number to give to the courier.
#[derive(Serialize, ToSchema)]
struct OrderBody {
    #[schema(example = "A-1001")]
    order_id: String,
    #[schema(example = "42")]
    client_id: String,
    /// Empty once the client is closed.
    #[schema(example = "+33199000001")]
    client_proxy_number: String,
}

impl From<Order> for OrderBody {
    fn from(order: Order) -> Self {
        Self {
            order_id: order.id.as_str().to_owned(),
            client_id: order.client.to_string(),
            client_proxy_number: order.proxy.map(PhoneNumber::expose).unwrap_or_default(),
        }
    }
}

/// Record an order; its client is created when new. The same order again gets the same answer.
#[utoipa::path(post, path = "/orders", operation_id = "place_order", tag = "orders", request_body = NewOrderBody,
    responses(
        (status = 200, body = OrderBody),
        (status = 409, description = "An order with this id and other content exists, the client is closed, or no number of its country is left", body = Problem),
        (status = 422, description = "A field is not as it should be", body = Problem)))]
async fn place(
    State(app): State<Shared>,
    caller: Caller,
    ApiJson(body): ApiJson<NewOrderBody>,
) -> Result<Json<OrderBody>, Problem> {
    let client = ClientFields {
        id: &body.client_id,
        name: &body.client_name,
        mail: &body.client_mail,
        phone: &body.client_real_phone.0,
        residency: body.client_iso_residency.as_deref(),
    };
    let placed = app.service.place_order(&body.order_id, &client, caller.actor()).await?;
    caller.about(client_subject(placed.order.client));
    Ok(Json(OrderBody {
        order_id: placed.order.id.as_str().to_owned(),
        client_id: placed.order.client.to_string(),
        client_proxy_number: placed.proxy.expose(),
    }))
}

/// One order.
#[utoipa::path(get, path = "/orders/{order_id}", operation_id = "get_order", tag = "orders", params(("order_id" = String, Path)),
    responses((status = 200, body = OrderBody), (status = 404, body = Problem)))]
async fn get(State(app): State<Shared>, ApiPath(id): ApiPath) -> Result<Json<OrderBody>, Problem> {
    let order = app.service.ledger.order(OrderId::parse("order_id", &id)?).await?;
    order.map(|order| Json(order.into())).ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "Order not found"))
}

/// Which orders.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only this client's.
    client_id: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// 1 to 500; 50 when absent.
    #[serde(default = "default_page_size", deserialize_with = "page_size")]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: u32,
}

/// A page of orders.
#[derive(Serialize, ToSchema)]
struct OrdersBody {
    orders: Vec<OrderBody>,
    /// What to pass as `after` for the next page; null on the last.
    next: Option<String>,
}

/// Orders, newest first.
#[utoipa::path(get, path = "/orders", operation_id = "list_orders", tag = "orders", params(ListQuery),
    responses((status = 200, body = OrdersBody), (status = 422, body = Problem)))]
async fn list(State(app): State<Shared>, ApiQuery(query): ApiQuery<ListQuery>) -> Result<Json<OrdersBody>, Problem> {
    let client = query.client_id.as_deref().map(|id| ClientId::parse("client_id", id)).transpose()?;
    let after = query.after.as_deref().map(|id| OrderId::parse("after", id)).transpose()?;
    let after = after.map(|id| id.as_str().to_owned());
    let page = app.service.ledger.orders(client, after, query.limit).await?;
    Ok(Json(OrdersBody { orders: page.items.into_iter().map(OrderBody::from).collect(), next: page.next }))
}
