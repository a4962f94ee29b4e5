//! A client gets one certain number, at an operator's word.

use proxycall_domain::NumberStatus;
use proxycall_service::ports::ledger::{AssignThisNumber, AssignedNumber, Former};

use super::*;

/// What rests is another client's yet, unless it was this one's. `$6`: only what was this one's.
const TAKE_THIS: &str = "UPDATE proxy_number SET status = 'assigned', client_id = $2, former_client_id = NULL, \
        assigned_at = $3, quarantine_until = NULL, rest_until = NULL, actor = $4, reason = $5, since = $3, updated_at = $3 \
    WHERE phone = $1 AND (former_client_id = $2 OR NOT $6) AND (status = 'available' \
        OR (status = 'quarantined' AND (former_client_id = $2 OR quarantine_until <= $3)))";
const WAS_THEIRS: &str = "SELECT 1 FROM proxy_number WHERE phone = $1 AND former_client_id = $2";

pub(crate) async fn assign_this_number(
    db: &mut Connection,
    codec: &Codec,
    assign: &AssignThisNumber,
) -> Result<AssignedNumber, UnitError> {
    let AssignThisNumber { phone, client, former, only_back, act, wire } = assign;
    let known = clients::hold_open(db, codec, *client, act.at).await?;
    let former = match (known.proxy, former) {
        (Some(has), Former::Kept) => return Ok(AssignedNumber::kept(has)),
        (Some(has), _) if has == *phone => return Ok(AssignedNumber::kept(has)),
        (Some(has), Former::Rests(until)) => Some(pool::give_up(db, has, *until, act).await?),
        (None, _) => None,
    };
    let taken = sqlx::query(TAKE_THIS)
        .bind(digits(*phone))
        .bind(client.get())
        .bind(millis(act.at))
        .bind(act.actor.as_str())
        .bind(&act.reason)
        .bind(*only_back)
        .execute(&mut *db)
        .await?;
    if taken.rows_affected() == 0 {
        let Some(number) = numbers::number(db, codec, *phone).await? else {
            return Err(LedgerError::NumberUnknown.into());
        };
        let theirs = sqlx::query(WAS_THEIRS).bind(digits(*phone)).bind(client.get());
        let theirs: Option<Row> = theirs.fetch_optional(&mut *db).await?;
        let free = matches!(number.status, NumberStatus::Available | NumberStatus::Quarantined);
        return Err(match theirs {
            None if *only_back && free => LedgerError::NotTheirNumber.into(),
            _ => LedgerError::NumberNotFree { status: number.status }.into(),
        });
    }
    pool::look_after(db, codec, *phone, *wire, act.at).await?;
    Ok(AssignedNumber { phone: *phone, choice: "asked for by an operator".to_owned(), before: false, former })
}
