//! Promises: every column that is sealed, with what is keyed beside it, is in one list; whatever is in it follows a new
//! secret. A new sealed column is one line here.

use super::*;

/// What the rows of a table are told apart by.
#[derive(Clone, Copy)]
pub(super) enum Id {
    Number,
    Uuid,
    Text,
}

/// What is renewed with a sealed number.
#[derive(Clone, Copy)]
pub(super) enum Beside {
    Nothing,
    PhoneKey,
    PhoneAndLastFourKey,
}

/// What is to be done with the rows of one step.
pub(super) enum Task {
    /// A sealed column, and the keyed hashes beside it.
    Seal {
        column: Column,
        beside: Beside,
        /// Renews one row, if it is still as it was read.
        write: &'static str,
        /// Counts rows that are not sealed as they would be now.
        left: &'static str,
    },
    /// The contents of orders.
    Orders,
    /// Whom codes went to.
    Dispatches,
}

/// One way through a table.
pub(super) struct Step {
    /// Says how far the work has come, in the store too.
    pub(super) name: &'static str,
    pub(super) id: Id,
    /// Reads at most `$2` rows after `$1`.
    pub(super) read: &'static str,
    pub(super) task: Task,
    /// Forgets hashes in the rows after `$1` up to `$2` that nothing has been compared with since `$3`.
    pub(super) forget: Option<&'static str>,
}

macro_rules! sealed {
    ($column:ident, $id:ident $key:literal, $table:literal, $value:literal, $set:literal, $beside:ident, $forget:expr) => {
        sealed!($column, $id $key, $table, $value, "", "", $set, $beside, $forget)
    };
    ($column:ident, $id:ident $key:literal, $table:literal, $value:literal, $of:literal, $and:literal, $set:literal,
     $beside:ident, $forget:expr) => {
        Step {
            name: concat!($table, ".", $value, $of),
            id: Id::$id,
            read: concat!(
                "SELECT ", $key, " AS id, ", $value, " AS sealed FROM ", $table, " WHERE ", $key, " > $1", $and,
                " ORDER BY ", $key, " LIMIT $2"
            ),
            task: Task::Seal {
                column: $column,
                beside: Beside::$beside,
                write: concat!(
                    "UPDATE ", $table, " SET ", $value, " = $2", $set, " WHERE ", $key, " = $1 AND ", $value, " = $3",
                    $and
                ),
                left: concat!(
                    "SELECT COUNT(*) FROM ", $table, " WHERE ", $value, " IS NOT NULL AND substr(", $value,
                    ", 1, 5) <> $1", $and
                ),
            },
            forget: $forget,
        }
    };
    ($column:ident, $id:ident $key:literal, $table:literal, $value:literal) => {
        sealed!($column, $id $key, $table, $value, "", "", "", Nothing, None)
    };
    ($column:ident, $id:ident $key:literal, $table:literal, $value:literal, $of:literal, $and:literal) => {
        sealed!($column, $id $key, $table, $value, $of, $and, "", Nothing, None)
    };
}

/// Requests are compared for a day.
const FORGET_MAKERS: &str = "UPDATE client SET request_key = NULL \
    WHERE client_id > $1 AND client_id <= $2 AND request_key IS NOT NULL AND created_at < $3";
/// What is over asks for no code any more. That it was begun on the page stays known.
const FORGET_ASKERS: &str = "UPDATE confirmation SET requester = substr(requester, 1, 0), brought_code = NULL \
    WHERE pending_id > $1 AND pending_id <= $2 AND ended_at < $3 AND (length(requester) > 0 OR brought_code IS NOT NULL)";

const READ_ORDERS: &str = "SELECT o.order_id AS id, o.content_key, o.created_at, c.client_id, c.name, c.mail, c.phone, \
        c.country \
    FROM client_order o JOIN client c ON c.client_id = o.client_id WHERE o.order_id > $1 ORDER BY o.order_id LIMIT $2";
const READ_DISPATCHES: &str = "SELECT d.id, d.phone_key, d.mail_key, f.phone AS confirmed, f.mail, c.phone AS on_record \
    FROM dispatch d JOIN confirmation f ON f.pending_id = d.pending_id LEFT JOIN client c ON c.client_id = f.client_id \
    WHERE d.id > $1 ORDER BY d.id LIMIT $2";

/// All that is sealed or keyed and lasts longer than a day. Requests and what the page was asked do not: they are waited for.
#[rustfmt::skip]
pub(super) const STEPS: [Step; 18] = [
    sealed!(CLIENT_PHONE, Number "client_id", "client", "phone", ", phone_key = $4, last_four_key = $5",
        PhoneAndLastFourKey, Some(FORGET_MAKERS)),
    sealed!(CLIENT_LAST_CALLER, Number "client_id", "client", "last_caller"),
    sealed!(CONFIRMATION_PHONE, Text "pending_id", "confirmation", "phone", ", phone_key = $4", PhoneKey,
        Some(FORGET_ASKERS)),
    sealed!(INTERACTION_PARTY, Uuid "id", "interaction", "party", ", party_key = $4", PhoneKey, None),
    sealed!(INTERACTION_ANSWER, Uuid "id", "interaction", "answer"),
    sealed!(INTERACTION_BODY, Uuid "id", "interaction", "body"),
    sealed!(INTERACTION_RELAY_TO, Uuid "id", "interaction", "relay_to"),
    sealed!(CODE_REPLY_ANSWER, Text "inbound_sid", "code_reply", "answer"),
    sealed!(JOB_WORK, Uuid "id", "job", "work"),
    sealed!(SHEET_ROW_CELLS, Text "key", "sheet_row", "cells", " of Clients", " AND tab = 'Clients'"),
    sealed!(SHEET_ROW_CELLS, Text "key", "sheet_row", "cells", " of TwilioPools", " AND tab = 'TwilioPools'"),
    sealed!(SHEET_ROW_CELLS, Text "key", "sheet_row", "cells", " of CONFIRMATION_PENDING", " AND tab = 'CONFIRMATION_PENDING'"),
    sealed!(SHEET_INTENT_INTENTS, Text "tab", "sheet_intent", "intents"),
    sealed!(BLOCK_PHONE, Uuid "id", "block", "phone", ", phone_key = $4", PhoneKey, None),
    sealed!(BLOCK_REASON, Uuid "id", "block", "reason"),
    sealed!(ERASURE_WANTED, Number "client_id", "erasure", "wanted"),
    Step { name: "client_order.content_key", id: Id::Text, read: READ_ORDERS, task: Task::Orders, forget: None },
    Step { name: "dispatch.phone_key", id: Id::Uuid, read: READ_DISPATCHES, task: Task::Dispatches, forget: None },
];
