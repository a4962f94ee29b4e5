//! Orders: each belongs to a client, who is created when new; the same order again gets the same answer.

use proxycall_domain::{
    ClientId, NewClient,
    order::{NewOrder, Order, OrderId},
    pool::life::Wish,
};
use proxycall_service::ports::ledger::{Page, PlaceOrder, PlacedOrder};

use super::{pool::Giver, *};

const EARLIER: &str = "SELECT client_id, content_key, created_at FROM client_order WHERE order_id = $1";

const INSERT: &str = "INSERT INTO client_order (order_id, client_id, content_key, created_at) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (order_id) DO NOTHING";

/// Tells an order from another one with the same id.
pub(super) fn content_key(keys: &Keys, client: &NewClient) -> LookupKey {
    keys.content_key(&[
        &client.id.get().to_be_bytes(),
        client.name.expose().as_bytes(),
        client.mail.expose().as_bytes(),
        &client.phone.expose_digits().to_be_bytes(),
        client.country.to_string().as_bytes(),
    ])
}

pub(crate) async fn place_order(
    db: &mut Connection,
    codec: &Codec,
    place: &PlaceOrder,
) -> Result<PlacedOrder, UnitError> {
    let order = &place.order;
    let [content, content_before] = codec.keys(|keys| content_key(keys, &order.client))?;
    let earlier: Option<Row> = sqlx::query(EARLIER).bind(order.id.as_str()).fetch_optional(&mut *db).await?;
    if let Some(row) = earlier {
        let client = client_id(row.try_get("client_id")?)?;
        let same = match row.try_get::<&[u8], _>("content_key")? {
            // It could not be keyed anew when the secret was changed (decision 0015): whose it is still tells.
            [] => client == order.client.id,
            kept => kept == content || kept == content_before,
        };
        if !same {
            return Err(LedgerError::OrderConflict.into());
        }
        let proxy = number_of(db, codec, client, place).await?;
        return Ok(placed(order, client, proxy, time(row.try_get("created_at")?)?));
    }
    let giver = giver(place);
    let new = clients::insert_with_number(db, codec, &order.client, place.preferred, None, giver).await?;
    let proxy = match new {
        Some(proxy) => proxy,
        None => number_of(db, codec, order.client.id, place).await?,
    };
    let inserted = sqlx::query(INSERT)
        .bind(order.id.as_str())
        .bind(order.client.id.get())
        .bind(content)
        .bind(millis(place.now))
        .execute(&mut *db)
        .await?;
    // Another instance was faster with this id: what it wrote decides.
    if inserted.rows_affected() == 0 {
        return Err(UnitError::Crossed);
    }
    Ok(placed(order, order.client.id, proxy, time(millis(place.now))?))
}

fn placed(order: &NewOrder, client: ClientId, proxy: PhoneNumber, created_at: Timestamp) -> PlacedOrder {
    PlacedOrder { order: Order { id: order.id.clone(), client, proxy: Some(proxy), created_at }, proxy }
}

fn giver(place: &PlaceOrder) -> Giver<'static> {
    Giver { actor: place.actor, reason: "an order", wire: place.wire, now: place.now }
}

/// The number of a client who is there; one is given when there is none yet.
async fn number_of(
    db: &mut Connection,
    codec: &Codec,
    id: ClientId,
    place: &PlaceOrder,
) -> Result<PhoneNumber, UnitError> {
    let client = clients::hold_open(db, codec, id, place.now).await?;
    if let Some(proxy) = client.proxy {
        return Ok(proxy);
    }
    let wish = Wish::any(client.country, place.preferred);
    let (phone, _) = pool::give_number(db, codec, id, wish, giver(place)).await?;
    Ok(phone)
}

/// Orders with the numbers of their clients, where…
macro_rules! select_orders {
    ($rest:literal) => {
        concat!(
            "SELECT o.order_id, o.client_id, o.created_at, n.phone AS proxy \
             FROM client_order o LEFT JOIN proxy_number n ON n.client_id = o.client_id WHERE ",
            $rest
        )
    };
}

fn order_of(row: &Row) -> Result<Order, UnitError> {
    Ok(Order {
        id: OrderId::parse("order_id", row.try_get("order_id")?).map_err(|_| unreadable("an order id"))?,
        client: client_id(row.try_get("client_id")?)?,
        proxy: row.try_get::<Option<i64>, _>("proxy")?.map(proxy).transpose()?,
        created_at: time(row.try_get("created_at")?)?,
    })
}

const ONE: &str = select_orders!("o.order_id = $1");

pub(crate) async fn order(db: &mut Connection, _codec: &Codec, id: &OrderId) -> Result<Option<Order>, UnitError> {
    let row: Option<Row> = sqlx::query(ONE).bind(id.as_str()).fetch_optional(&mut *db).await?;
    row.map(|row| order_of(&row)).transpose()
}

const NEWEST: &str =
    select_orders!("(o.created_at, o.order_id) < ($1, $2) ORDER BY o.created_at DESC, o.order_id DESC LIMIT $3");

const NEWEST_OF_CLIENT: &str = select_orders!(
    "o.client_id = $4 AND (o.created_at, o.order_id) < ($1, $2) \
     ORDER BY o.created_at DESC, o.order_id DESC LIMIT $3"
);

pub(crate) async fn orders(
    db: &mut Connection,
    _codec: &Codec,
    client: Option<ClientId>,
    after: Option<&str>,
    limit: u32,
) -> Result<Page<Order>, UnitError> {
    let (mut before, mut before_id) = (i64::MAX, "");
    if let Some(after) = after {
        let row: Option<Row> = sqlx::query(EARLIER).bind(after).fetch_optional(&mut *db).await?;
        let Some(row) = row else { return Ok(Page { items: Vec::new(), next: None }) };
        (before, before_id) = (row.try_get("created_at")?, after);
    }
    let query = sqlx::query(if client.is_some() { NEWEST_OF_CLIENT } else { NEWEST });
    let mut query = query.bind(before).bind(before_id).bind(one_more(limit));
    if let Some(client) = client {
        query = query.bind(client.get());
    }
    let rows: Vec<Row> = query.fetch_all(&mut *db).await?;
    let orders: Vec<Order> = rows.iter().map(order_of).collect::<Result<_, _>>()?;
    Ok(Page::cut(orders, limit, |order| order.id.as_str().to_owned()))
}
