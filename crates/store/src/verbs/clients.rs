//! Clients: created with a number, changed, closed and opened again.

use proxycall_domain::{
    ClientId, MailAddress, NewClient, NumberType, Pause, PersonName, client::Client, pool::life::Wish,
};
use proxycall_service::ports::ledger::{
    ClientFilter, CloseClient, CreateClient, Page, RequestKey, RestoreClient, UpdateClient,
};

use super::{pool::Giver, *};

/// Clients with their numbers, where…
macro_rules! select_clients {
    ($rest:literal) => {
        concat!(
            "SELECT c.client_id, c.name, c.mail, c.phone, c.country, c.last_caller, c.paused_at, c.paused_until, \
                 c.closed_at, c.created_at, n.phone AS proxy \
             FROM client c LEFT JOIN proxy_number n ON n.client_id = c.client_id WHERE ",
            $rest
        )
    };
}

pub(super) fn client_of(codec: &Codec, row: &Row) -> Result<Client, UnitError> {
    Ok(Client {
        id: client_id(row.try_get("client_id")?)?,
        name: PersonName::from_store(row.try_get("name")?),
        mail: MailAddress::from_store(row.try_get("mail")?),
        phone: codec.open_phone(CLIENT_PHONE, row.try_get("phone")?)?,
        country: country(row.try_get("country")?)?,
        proxy: row.try_get::<Option<i64>, _>("proxy")?.map(proxy).transpose()?,
        last_caller: row
            .try_get::<Option<&[u8]>, _>("last_caller")?
            .map(|sealed| codec.open_phone(CLIENT_LAST_CALLER, sealed))
            .transpose()?,
        pause: pause_of(row)?,
        closed_at: row.try_get::<Option<i64>, _>("closed_at")?.map(time).transpose()?,
        created_at: time(row.try_get("created_at")?)?,
    })
}

/// The pause in a row with `paused_at` and `paused_until`.
pub(super) fn pause_of(row: &Row) -> Result<Option<Pause>, UnitError> {
    let Some(since) = row.try_get::<Option<i64>, _>("paused_at")? else { return Ok(None) };
    let until = row.try_get::<Option<i64>, _>("paused_until")?.map(time).transpose()?;
    Ok(Some(Pause { since: time(since)?, until }))
}

pub(super) use select_clients;

const ANY_CLIENT: &str = select_clients!("c.client_id = $1");

/// A client, open or closed.
pub(super) async fn find(db: &mut Connection, codec: &Codec, id: ClientId) -> Result<Option<Client>, UnitError> {
    let row: Option<Row> = sqlx::query(ANY_CLIENT).bind(id.get()).fetch_optional(&mut *db).await?;
    row.map(|row| client_of(codec, &row)).transpose()
}

/// A client of whom something is known.
pub(super) async fn not_erased(db: &mut Connection, codec: &Codec, id: ClientId) -> Result<Client, UnitError> {
    match find(db, codec, id).await? {
        Some(client) if client.phone == PhoneNumber::ERASED => Err(LedgerError::ClientErased.into()),
        Some(client) => Ok(client),
        None => Err(LedgerError::ClientUnknown.into()),
    }
}

/// What this unit wrote, or knows to be there.
async fn written(db: &mut Connection, codec: &Codec, id: ClientId) -> Result<Client, UnitError> {
    find(db, codec, id).await?.ok_or_else(|| LedgerError::ClientUnknown.into())
}

const INSERT: &str = "INSERT INTO client (client_id, name, name_fold, mail, mail_fold, phone, phone_key, last_four_key, \
        country, request_key, created_at, updated_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) ON CONFLICT (client_id) DO NOTHING";

/// Writes a client's row; false when the id is taken.
pub(super) async fn insert(
    db: &mut Connection,
    codec: &Codec,
    client: &NewClient,
    request_key: Option<&[u8]>,
    now: Timestamp,
) -> Result<bool, UnitError> {
    let inserted = sqlx::query(INSERT)
        .bind(client.id.get())
        .bind(client.name.expose())
        .bind(client.name.expose().to_lowercase())
        .bind(client.mail.expose())
        .bind(client.mail.expose().to_lowercase())
        .bind(codec.seal_phone(CLIENT_PHONE, client.phone)?)
        .bind(codec.writes()?.phone_key(client.phone))
        .bind(codec.writes()?.last_four_key(&client.phone.last_four()))
        .bind(client.country.to_string())
        .bind(request_key)
        .bind(millis(now))
        .execute(&mut *db)
        .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Writes a client's row and gives the client a number; none when the id is taken.
pub(super) async fn insert_with_number(
    db: &mut Connection,
    codec: &Codec,
    client: &NewClient,
    preferred: NumberType,
    request_key: Option<&[u8]>,
    giver: Giver<'_>,
) -> Result<Option<PhoneNumber>, UnitError> {
    if !insert(db, codec, client, request_key, giver.now).await? {
        return Ok(None);
    }
    pool::refuse_proxy(db, client.phone).await?;
    let (phone, _) = pool::give_number(db, codec, client.id, Wish::any(client.country, preferred), giver).await?;
    Ok(Some(phone))
}

const KEEP_OPEN: &str = "UPDATE client SET updated_at = $2 WHERE client_id = $1 AND closed_at IS NULL";

/// A client who is there, and whom nobody may close between here and the end of the unit.
pub(super) async fn hold_open(
    db: &mut Connection,
    codec: &Codec,
    id: ClientId,
    now: Timestamp,
) -> Result<Client, UnitError> {
    let client = not_erased(db, codec, id).await?;
    if client.closed_at.is_some() {
        return Err(LedgerError::ClientClosed.into());
    }
    let open = sqlx::query(KEEP_OPEN).bind(id.get()).bind(millis(now)).execute(&mut *db).await?;
    if open.rows_affected() == 0 {
        return Err(UnitError::Crossed);
    }
    Ok(client)
}

const MADE_BY: &str = "SELECT request_key FROM client WHERE client_id = $1";

pub(crate) async fn create_client(
    db: &mut Connection,
    codec: &Codec,
    create: &CreateClient,
) -> Result<Client, UnitError> {
    let id = create.client.id;
    let request_keys = create.request.as_ref().map(|request: &RequestKey| {
        codec.keys(|keys| keys.content_key(&[request.route.as_bytes(), request.key.as_bytes(), &request.content]))
    });
    let request_keys = request_keys.transpose()?;
    let request_key = request_keys.as_ref().map(|[now, _]| &now[..]);
    let giver = Giver { actor: create.actor, reason: "a new client", wire: create.wire, now: create.now };
    let given = insert_with_number(db, codec, &create.client, create.preferred, request_key, giver).await?;
    if given.is_none() {
        let made_by: Option<Vec<u8>> = sqlx::query_scalar(MADE_BY).bind(id.get()).fetch_one(&mut *db).await?;
        if !request_keys.zip(made_by).is_some_and(|(keys, made_by)| keys.contains(&made_by)) {
            return Err(LedgerError::ClientExists.into());
        }
    }
    written(db, codec, id).await
}

const UPDATE: &str = "UPDATE client SET name = COALESCE($2, name), name_fold = COALESCE($3, name_fold), \
        mail = COALESCE($4, mail), mail_fold = COALESCE($5, mail_fold), phone = COALESCE($6, phone), \
        phone_key = COALESCE($7, phone_key), last_four_key = COALESCE($8, last_four_key), updated_at = $9 \
    WHERE client_id = $1 AND closed_at IS NULL";

pub(crate) async fn update_client(
    db: &mut Connection,
    codec: &Codec,
    update: &UpdateClient,
) -> Result<Client, UnitError> {
    let changes = &update.changes;
    let client = not_erased(db, codec, update.id).await?;
    if client.closed_at.is_some() {
        return Err(LedgerError::ClientClosed.into());
    }
    if changes.proxy.is_some() && changes.proxy != client.proxy {
        return Err(LedgerError::NotTheirNumber.into());
    }
    let (keys, phone) = (codec.writes()?, changes.phone.filter(|phone| *phone != client.phone));
    if let Some(phone) = phone {
        pool::refuse_proxy(db, phone).await?;
    }
    let (name, mail) = (changes.name.as_ref().map(PersonName::expose), changes.mail.as_ref().map(MailAddress::expose));
    let updated = sqlx::query(UPDATE)
        .bind(update.id.get())
        .bind(name)
        .bind(name.map(str::to_lowercase))
        .bind(mail)
        .bind(mail.map(str::to_lowercase))
        .bind(phone.map(|phone| codec.seal_phone(CLIENT_PHONE, phone)).transpose()?)
        .bind(phone.map(|phone| keys.phone_key(phone)))
        .bind(phone.map(|phone| keys.last_four_key(&phone.last_four())))
        .bind(millis(update.now))
        .execute(&mut *db)
        .await?;
    if updated.rows_affected() == 0 {
        return Err(UnitError::Crossed);
    }
    written(db, codec, update.id).await
}

/// Who came last is no longer needed, so it is not kept.
const CLOSE: &str = "UPDATE client SET closed_at = $2, last_caller = NULL, updated_at = $2 \
    WHERE client_id = $1 AND closed_at IS NULL";

/// A number that is missing or set aside stays so; its rest begins all the same.
const GIVE_BACK: &str = "UPDATE proxy_number SET status = CASE status WHEN 'assigned' THEN 'quarantined' ELSE status END, \
        quarantine_until = CASE status WHEN 'assigned' THEN $2 END, owned_until = $3, rest_until = $2, \
        client_id = NULL, former_client_id = $1, \
        assigned_at = NULL, actor = CASE status WHEN 'assigned' THEN $4 ELSE actor END, \
        reason = CASE status WHEN 'assigned' THEN 'its client was closed' ELSE reason END, \
        since = CASE status WHEN 'assigned' THEN $3 ELSE since END, updated_at = $3 \
    WHERE client_id = $1";

pub(crate) async fn close_client(db: &mut Connection, codec: &Codec, close: &CloseClient) -> Result<Client, UnitError> {
    let closed = sqlx::query(CLOSE).bind(close.id.get()).bind(millis(close.now)).execute(&mut *db).await?;
    if closed.rows_affected() == 1 {
        sqlx::query(GIVE_BACK)
            .bind(close.id.get())
            .bind(millis(close.quarantine_until))
            .bind(millis(close.now))
            .bind(close.actor.as_str())
            .execute(&mut *db)
            .await?;
    }
    not_erased(db, codec, close.id).await
}

const REOPEN: &str = "UPDATE client SET closed_at = NULL, updated_at = $3 \
    WHERE client_id = $1 AND closed_at = $2 AND erased_at IS NULL";

/// The condition stands twice: whoever takes the number meanwhile keeps it.
const TAKE_BACK: &str = "UPDATE proxy_number SET status = 'assigned', client_id = $1, former_client_id = NULL, \
        assigned_at = $2, quarantine_until = NULL, rest_until = NULL, updated_at = $2, since = $2, actor = $3, \
        reason = 'its client was restored' \
    WHERE former_client_id = $1 AND status IN ('quarantined', 'available') \
        AND phone = (SELECT phone FROM proxy_number WHERE former_client_id = $1 \
            AND status IN ('quarantined', 'available') ORDER BY updated_at DESC, phone LIMIT 1) \
    RETURNING phone";

pub(crate) async fn restore_client(
    db: &mut Connection,
    codec: &Codec,
    restore: &RestoreClient,
) -> Result<Client, UnitError> {
    let client = not_erased(db, codec, restore.id).await?;
    let Some(closed_at) = client.closed_at else { return Ok(client) };
    if closed_at < restore.closed_since {
        return Err(LedgerError::ClientGone.into());
    }
    let reopened = sqlx::query(REOPEN)
        .bind(client.id.get())
        .bind(millis(closed_at))
        .bind(millis(restore.now))
        .execute(&mut *db)
        .await?;
    if reopened.rows_affected() == 0 {
        return Err(UnitError::Crossed);
    }
    // The number may have been somebody's real number from the start of the rest on, so it is looked at anew.
    pool::refuse_proxy(db, client.phone).await?;
    let back: Option<i64> = sqlx::query_scalar(TAKE_BACK)
        .bind(client.id.get())
        .bind(millis(restore.now))
        .bind(restore.actor.as_str())
        .fetch_optional(&mut *db)
        .await?;
    match back {
        Some(phone) => pool::look_after(db, codec, proxy(phone)?, restore.wire, restore.now).await?,
        None => {
            let wish = Wish::any(client.country, restore.preferred);
            let giver =
                Giver { actor: restore.actor, reason: "a client restored", wire: restore.wire, now: restore.now };
            pool::give_number(db, codec, client.id, wish, giver).await?;
        }
    }
    written(db, codec, client.id).await
}

const OPEN_CLIENT: &str = select_clients!("c.client_id = $1 AND c.closed_at IS NULL");
const BY_PROXY: &str = select_clients!("n.phone = $1 AND c.closed_at IS NULL");

pub(crate) async fn client(db: &mut Connection, codec: &Codec, id: ClientId) -> Result<Option<Client>, UnitError> {
    let row: Option<Row> = sqlx::query(OPEN_CLIENT).bind(id.get()).fetch_optional(&mut *db).await?;
    row.map(|row| client_of(codec, &row)).transpose()
}

pub(crate) async fn client_by_proxy(
    db: &mut Connection,
    codec: &Codec,
    proxy: PhoneNumber,
) -> Result<Option<Client>, UnitError> {
    let row: Option<Row> = sqlx::query(BY_PROXY).bind(digits(proxy)).fetch_optional(&mut *db).await?;
    row.map(|row| client_of(codec, &row)).transpose()
}

const HIGHEST: &str = "SELECT MAX(client_id) FROM client";

pub(crate) async fn next_client_id(db: &mut Connection, _codec: &Codec) -> Result<ClientId, UnitError> {
    let highest: Option<i64> = sqlx::query_scalar(HIGHEST).fetch_one(&mut *db).await?;
    Ok(client_id(highest.unwrap_or_default().saturating_add(1))?)
}

/// How many clients one page looks through for those of a country.
const LOOKED_THROUGH: i64 = 10_000;

/// `$2` is the last that is looked at.
const LIST_OPEN: &str = select_clients!(
    "c.client_id > $1 AND c.client_id <= $2 AND c.closed_at IS NULL AND ($3 IS NULL OR c.country = $3) \
     ORDER BY c.client_id LIMIT $4"
);
const LIST_CLOSED: &str = select_clients!(
    "c.client_id > $1 AND c.client_id <= $2 AND c.closed_at IS NOT NULL AND c.erased_at IS NULL \
         AND ($3 IS NULL OR c.country = $3) \
     ORDER BY c.client_id LIMIT $4"
);
const END_OPEN: &str = "SELECT client_id FROM client WHERE client_id > $1 ORDER BY client_id LIMIT 1 OFFSET $2";
const END_CLOSED: &str =
    "SELECT client_id FROM client WHERE client_id > $1 AND closed_at IS NOT NULL ORDER BY client_id LIMIT 1 OFFSET $2";

const NEWEST_OPEN: &str = select_clients!(
    "c.client_id < $1 AND c.client_id >= $2 AND c.closed_at IS NULL AND ($3 IS NULL OR c.country = $3) \
     ORDER BY c.client_id DESC LIMIT $4"
);
const NEWEST_CLOSED: &str = select_clients!(
    "c.client_id < $1 AND c.client_id >= $2 AND c.closed_at IS NOT NULL AND c.erased_at IS NULL \
         AND ($3 IS NULL OR c.country = $3) \
     ORDER BY c.client_id DESC LIMIT $4"
);
const END_NEWEST_OPEN: &str =
    "SELECT client_id FROM client WHERE client_id < $1 ORDER BY client_id DESC LIMIT 1 OFFSET $2";
const END_NEWEST_CLOSED: &str = "SELECT client_id FROM client WHERE client_id < $1 AND closed_at IS NOT NULL \
    ORDER BY client_id DESC LIMIT 1 OFFSET $2";

pub(crate) async fn clients(
    db: &mut Connection,
    codec: &Codec,
    filter: &ClientFilter,
) -> Result<Page<Client>, UnitError> {
    let (list, end) = match (filter.closed, filter.newest_first) {
        (false, false) => (LIST_OPEN, END_OPEN),
        (true, false) => (LIST_CLOSED, END_CLOSED),
        (false, true) => (NEWEST_OPEN, END_NEWEST_OPEN),
        (true, true) => (NEWEST_CLOSED, END_NEWEST_CLOSED),
    };
    let (first, last) = if filter.newest_first { (i64::MAX, 0) } else { (0, i64::MAX) };
    let after = filter.after.map_or(first, ClientId::get);
    let end: Option<i64> = sqlx::query_scalar(end).bind(after).bind(LOOKED_THROUGH).fetch_optional(&mut *db).await?;
    let query = sqlx::query(list)
        .bind(after)
        .bind(end.unwrap_or(last))
        .bind(filter.country.map(String::from))
        .bind(one_more(filter.limit));
    let mut page = page(codec, query.fetch_all(&mut *db).await?, filter.limit)?;
    // Not full, and not at the end: whoever follows is on the next page.
    page.next = page.next.or_else(|| end.map(|end| end.to_string()));
    Ok(page)
}

pub(super) fn page(codec: &Codec, rows: Vec<Row>, limit: u32) -> Result<Page<Client>, UnitError> {
    let clients: Vec<Client> = rows.iter().map(|row| client_of(codec, row)).collect::<Result<_, _>>()?;
    Ok(Page::cut(clients, limit, |client| client.id.to_string()))
}
