//! All that one page of the console shows of a client or a number: a few indexed reads, each of no more than a page.

use proxycall_domain::{ClientId, client::Client};
use proxycall_service::ports::ledger::{
    ActivityFilter, BlockFilter, BoardEntry, ClientFile, ClientView, ErasedClient, NumberFile,
};

use super::{confirmations::select_confirmations, *};

/// How many confirmations of a client are shown.
const CONFIRMATIONS: i64 = 50;

/// Those of a client, and those that the phone or the e-mail address was typed in for and nobody proved, unless another
/// open client has the phone: as `confirmations::of_client`, the newest only.
const OF_CLIENT: &str = select_confirmations!(
    "pending_id IN (SELECT pending_id FROM confirmation WHERE client_id = $1 \
         UNION SELECT pending_id FROM confirmation WHERE client_id IS NULL AND phone_key IN ($2, $4) \
             AND NOT EXISTS (SELECT 1 FROM client o WHERE o.phone_key IN ($2, $4) AND o.client_id <> $1 \
                 AND o.closed_at IS NULL) \
         UNION SELECT pending_id FROM confirmation WHERE client_id IS NULL AND mail = $3 \
             AND NOT EXISTS (SELECT 1 FROM client o WHERE o.phone_key IN ($2, $4) AND o.client_id <> $1 \
                 AND o.closed_at IS NULL)) \
     ORDER BY created_at DESC, pending_id DESC LIMIT $5"
);

async fn confirmations_of(db: &mut Connection, codec: &Codec, client: &Client) -> Result<Vec<BoardEntry>, UnitError> {
    let [key, other] = codec.phone_keys(client.phone)?;
    let query = sqlx::query(OF_CLIENT).bind(client.id.get()).bind(key).bind(client.mail.expose()).bind(other);
    let rows: Vec<Row> = query.bind(CONFIRMATIONS).fetch_all(&mut *db).await?;
    let mut entries = Vec::with_capacity(rows.len());
    for row in &rows {
        entries.push(board::entry_of(db, codec, row).await?);
    }
    Ok(entries)
}

const IN_SHOP: &str = "SELECT in_shop = 1 FROM client WHERE client_id = $1";

pub(crate) async fn client_view(
    db: &mut Connection,
    codec: &Codec,
    id: ClientId,
    limit: u32,
) -> Result<Option<ClientView>, UnitError> {
    let Some(client) = clients::find(db, codec, id).await? else { return Ok(None) };
    let activity = activity::of_client(db, codec, id, limit).await?;
    if client.phone == PhoneNumber::ERASED {
        let erasure = erasure::erasure(db, codec, id).await?;
        let Client { created_at, closed_at, .. } = client;
        return Ok(Some(ClientView::Erased(Box::new(ErasedClient { id, created_at, closed_at, erasure, activity }))));
    }
    let number = match client.proxy {
        Some(proxy) => numbers::number(db, codec, proxy).await?,
        None => None,
    };
    let mut held = export::numbers_of(db, codec, id).await?;
    held.reverse();
    Ok(Some(ClientView::Known(Box::new(ClientFile {
        number,
        in_shop: sqlx::query_scalar(IN_SHOP).bind(id.get()).fetch_one(&mut *db).await?,
        numbers: held,
        blocks: blocks::blocks(db, codec, &BlockFilter { client: Some(id), after: None, limit }).await?,
        orders: orders::orders(db, codec, Some(id), None, limit).await?,
        confirmations: confirmations_of(db, codec, &client).await?,
        activity,
        client,
    }))))
}

pub(crate) async fn number_file(
    db: &mut Connection,
    codec: &Codec,
    phone: PhoneNumber,
    limit: u32,
) -> Result<Option<NumberFile>, UnitError> {
    let Some(number) = numbers::number(db, codec, phone).await? else { return Ok(None) };
    let filter = ActivityFilter { proxy: Some(phone), limit, ..ActivityFilter::default() };
    Ok(Some(NumberFile {
        history: numbers::number_history(db, codec, phone).await?,
        activity: activity::activity(db, codec, &filter).await?,
        number,
    }))
}
