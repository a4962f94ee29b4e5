//! All that is known of a person, read part by part.

use proxycall_domain::{
    ClientId, Confirmation, InteractionId,
    client::Client,
    pool::{NumberPast, life::Actor},
    sheet::{Cells, Tab},
};
use proxycall_service::ports::ledger::{Contact, Contacts, HeldNumber};
use uuid::Uuid;

use super::{calls::outcome, *};

/// How many interactions are looked through at once.
const LOOKED_THROUGH: i64 = 5_000;

pub(crate) async fn known_client(db: &mut Connection, codec: &Codec, id: ClientId) -> Result<Client, UnitError> {
    clients::not_erased(db, codec, id).await
}

const NUMBERS: &str = "SELECT phone, status, actor, reason, since, NULL AS until FROM proxy_number WHERE client_id = $1 \
    UNION ALL SELECT phone, status, actor, reason, since, until FROM number_past WHERE client_id = $1 \
    ORDER BY since, phone LIMIT 10000";

pub(crate) async fn numbers_of(
    db: &mut Connection,
    _codec: &Codec,
    client: ClientId,
) -> Result<Vec<HeldNumber>, UnitError> {
    let rows: Vec<Row> = sqlx::query(NUMBERS).bind(client.get()).fetch_all(&mut *db).await?;
    let held = |row: &Row| {
        let held = NumberPast {
            status: pool::status(row.try_get("status")?)?,
            client: Some(client),
            actor: Actor::parse(row.try_get("actor")?),
            reason: row.try_get("reason")?,
            since: time(row.try_get("since")?)?,
            until: row.try_get::<Option<i64>, _>("until")?.map(time).transpose()?,
        };
        Ok(HeldNumber { number: proxy(row.try_get("phone")?)?, held })
    };
    rows.iter().map(held).collect()
}

pub(crate) async fn confirmations_of(
    db: &mut Connection,
    codec: &Codec,
    client: &Client,
) -> Result<Vec<Confirmation>, UnitError> {
    Ok(confirmations::of_client(db, codec, client).await?.into_iter().map(|kept| kept.it).collect())
}

/// A text is kept until its delivery is final: there are few.
const KEPT: &str = "SELECT id, body FROM interaction WHERE client_id = $1 AND body IS NOT NULL ORDER BY id LIMIT 10000";

pub(crate) async fn kept_texts(
    db: &mut Connection,
    codec: &Codec,
    client: ClientId,
) -> Result<Vec<(InteractionId, String)>, UnitError> {
    let rows: Vec<Row> = sqlx::query(KEPT).bind(client.get()).fetch_all(&mut *db).await?;
    let text = |row: &Row| {
        let id = InteractionId::from_uuid(row.try_get::<Uuid, _>("id")?);
        Ok((id, codec.open_text(INTERACTION_BODY, row.try_get("body")?)?))
    };
    rows.iter().map(text).collect()
}

pub(crate) async fn shown_of(db: &mut Connection, codec: &Codec, client: ClientId) -> Result<Option<Cells>, UnitError> {
    let rows = sheet::sheet_rows_of(db, codec, Tab::Clients, vec![client.to_string()]).await?;
    Ok(rows.into_iter().next().map(|(_, cells)| cells))
}

const OF_PARTY: &str = "SELECT id, dialled, outcome, started_at FROM interaction \
    WHERE id > $1 AND id <= $2 AND party_key IN ($3, $4) ORDER BY id";

pub(crate) async fn contacts_of(
    db: &mut Connection,
    codec: &Codec,
    phone: PhoneNumber,
    after: Option<InteractionId>,
) -> Result<Contacts, UnitError> {
    let from = after.map_or(Uuid::nil(), InteractionId::uuid);
    let (to, more) = erasure::end_of_part(db, from, Uuid::max(), LOOKED_THROUGH).await?;
    let [key, other] = codec.phone_keys(phone)?;
    let query = sqlx::query(OF_PARTY).bind(from).bind(to).bind(key).bind(other);
    let rows: Vec<Row> = query.fetch_all(&mut *db).await?;
    let contact = |row: &Row| {
        Ok(Contact {
            id: InteractionId::from_uuid(row.try_get::<Uuid, _>("id")?),
            number: proxy(row.try_get("dialled")?)?,
            outcome: outcome(row.try_get("outcome")?)?,
            at: time(row.try_get("started_at")?)?,
        })
    };
    let found = rows.iter().map(contact).collect::<Result<_, UnitError>>()?;
    Ok(Contacts { found, reached: more.then(|| InteractionId::from_uuid(to)) })
}
