//! Promises: texts that differ between the databases in a word or two are written once, and filled in when compiled.

/// Takes due jobs, at most `$3` of those due at `$1`: their due time becomes the end of the lease, `$2`. `$4` says
/// whether they are people's or the house's (`Work::lane`); without it they are of both. What this program does not
/// know is the house's.
macro_rules! claim_jobs {
    ($lock:literal) => {
        concat!(
            "UPDATE job SET attempt = attempt + 1, run_at = $2 \
             WHERE run_at <= $1 AND id IN (SELECT id FROM job WHERE run_at <= $1 \
                 AND ($4 IS NULL OR $4 = (kind IN \
                     ('send_text', 'wire_number', 'dispatch', 'go_on', 'expire_confirmation'))) \
                 ORDER BY run_at LIMIT $3",
            $lock,
            ") RETURNING id, work, attempt, created_at"
        )
    };
}

/// Takes the number of country `$1` and type `$2` that has been available for longest, at `$3`, for `$4` (who) because of
/// `$5` (why). `$state` says what it becomes, `$unless` when it is not taken all the same.
macro_rules! take_number {
    ($state:literal, $unless:literal, $lock:literal) => {
        concat!(
            "UPDATE proxy_number SET ",
            $state,
            ", actor = $4, reason = $5, since = $3, updated_at = $3 \
             WHERE status = 'available' AND phone = \
                 (SELECT phone FROM proxy_number WHERE country = $1 AND number_type = $2 AND status = 'available' \
                  ORDER BY since, phone LIMIT 1",
            $lock,
            ")",
            $unless,
            " RETURNING phone"
        )
    };
}

/// It becomes the number of client `$6`.
macro_rules! take_for_client {
    ($lock:literal) => {
        take_number!("status = 'assigned', client_id = $6, former_client_id = NULL, assigned_at = $3", "", $lock)
    };
}

/// It is held for owner `$6` until `$7`, unless that owner holds one.
macro_rules! take_for_owner {
    ($lock:literal) => {
        take_number!(
            "status = 'reserved', reservation = $6, reserved_at = $3, reserved_until = $7",
            " AND NOT EXISTS (SELECT 1 FROM proxy_number WHERE reservation = $6)",
            $lock
        )
    };
}

/// What becomes of a number at `$now` that is held no longer or has rested: available, unless a code was sent from it lately.
macro_rules! end_hold {
    ($now:literal) => {
        concat!(
            "status = CASE WHEN status = 'reserved' AND rest_until > ",
            $now,
            " THEN 'quarantined' ELSE 'available' END, quarantine_until = CASE WHEN status = 'reserved' AND rest_until > ",
            $now,
            " THEN rest_until END, rest_until = CASE WHEN status = 'reserved' AND rest_until > ",
            $now,
            " THEN rest_until END"
        )
    };
}

/// Whether what lapsed is free now, and does not go on to rest because a code was sent from it. In front stands the moment.
macro_rules! lapsed_free {
    ($now:literal) => {
        concat!("(status = 'quarantined' OR rest_until IS NULL OR rest_until <= ", $now, ")")
    };
}

/// Makes at most `$2` numbers available whose rest or reservation was over at `$1`, the earliest first. One that a code was
/// sent from rests first.
macro_rules! free_lapsed {
    ($lock:literal) => {
        concat!(
            "UPDATE proxy_number SET ",
            end_hold!("$1"),
            ", reservation = NULL, reserved_at = NULL, reserved_until = NULL, actor = 'system', \
                 reason = CASE status WHEN 'reserved' THEN 'its reservation was not used' ELSE 'it has rested' END, \
                 since = $1, updated_at = $1 \
             WHERE status IN ('quarantined', 'reserved') AND phone IN \
                 (SELECT phone FROM proxy_number WHERE status IN ('quarantined', 'reserved') \
                      AND COALESCE(quarantine_until, reserved_until) <= $1 \
                  ORDER BY COALESCE(quarantine_until, reserved_until) LIMIT $2",
            $lock,
            ")"
        )
    };
}

/// Records a call or text, unless it is there.
macro_rules! insert_interaction {
    () => {
        "INSERT INTO interaction \
             (id, channel, direction, dialled, client_id, party, party_key, inbound_sid, outcome, answer, body, relay_to, \
              started_at, ended_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
         ON CONFLICT (inbound_sid) DO NOTHING"
    };
}

/// Remembers `$15`, unless it is null, as the last caller of the client of `insert_interaction`, when `$new` holds.
macro_rules! remember_caller {
    ($new:literal) => {
        concat!(
            "UPDATE client SET last_caller = $15, updated_at = $13 \
             WHERE client_id = $5 AND closed_at IS NULL AND $15 IS NOT NULL AND ",
            $new
        )
    };
}

/// The rows of an import, or of whatever is written many at once. `$rows` reads a JSON array as rows with a column `value`, which is kept: SQLite would
/// otherwise write each row as text, and read it again, for each of its fields.
macro_rules! import_rows {
    ($rows:literal) => {
        concat!("WITH r AS MATERIALIZED (SELECT value FROM ", $rows, ") ")
    };
}

/// What is known of the rows of an import, in their order. `$hex` and `$end` stand around hex that is read as bytes.
macro_rules! import_known {
    ($rows:literal, $hex:literal, $end:literal) => {
        concat!(
            import_rows!($rows),
            "SELECT c.name, c.mail, c.phone_key, c.country, c.closed_at, own.phone AS own_proxy, \
                 p.status, p.client_id AS owner, p.quarantine_until, \
                 EXISTS (SELECT 1 FROM proxy_number q WHERE q.phone = CAST(r.value ->> 'real' AS BIGINT) \
                     AND q.status NOT IN ('released', 'missing')) AS real_is_proxy, \
                 EXISTS (SELECT 1 FROM client o WHERE o.phone_key IN (",
            $hex,
            "r.value ->> 'proxy_key'",
            $end,
            ", ",
            $hex,
            "r.value ->> 'proxy_key_before'",
            $end,
            ")) AS proxy_is_real FROM r \
              LEFT JOIN client c ON c.client_id = CAST(r.value ->> 'id' AS BIGINT) \
              LEFT JOIN proxy_number own ON own.client_id = c.client_id \
              LEFT JOIN proxy_number p ON p.phone = CAST(r.value ->> 'proxy' AS BIGINT) \
              ORDER BY CAST(r.value ->> 'n' AS BIGINT)"
        )
    };
}

/// Writes the clients of an import at `$2`.
macro_rules! import_clients {
    ($rows:literal, $hex:literal, $end:literal) => {
        concat!(
            import_rows!($rows),
            "INSERT INTO client (client_id, name, name_fold, mail, mail_fold, phone, phone_key, last_four_key, \
                 country, last_caller, created_at, updated_at) \
             SELECT CAST(r.value ->> 'id' AS BIGINT), r.value ->> 'name', r.value ->> 'name_fold', \
                 r.value ->> 'mail', r.value ->> 'mail_fold', ",
            $hex,
            "r.value ->> 'phone'",
            $end,
            ", ",
            $hex,
            "r.value ->> 'phone_key'",
            $end,
            ", ",
            $hex,
            "r.value ->> 'last_four_key'",
            $end,
            ", r.value ->> 'country', ",
            $hex,
            "r.value ->> 'last_caller'",
            $end,
            ", $2, $2 FROM r WHERE true ON CONFLICT (client_id) DO NOTHING"
        )
    };
}

/// Gives them their numbers: only one that is free may change hands.
macro_rules! import_numbers {
    ($rows:literal) => {
        concat!(
            import_rows!($rows),
            "INSERT INTO proxy_number \
                 (phone, country, number_type, status, friendly_name, client_id, assigned_at, added_at, updated_at, \
                  since, actor, reason) \
             SELECT CAST(r.value ->> 'proxy' AS BIGINT), r.value ->> 'proxy_country', r.value ->> 'proxy_type', \
                 'assigned', '', CAST(r.value ->> 'id' AS BIGINT), $2, $2, $2, $2, 'cli', 'imported' FROM r \
              WHERE (r.value ->> 'proxy') IS NOT NULL \
              ON CONFLICT (phone) DO UPDATE SET status = 'assigned', client_id = excluded.client_id, \
                  former_client_id = NULL, assigned_at = excluded.assigned_at, quarantine_until = NULL, \
                  updated_at = excluded.updated_at, since = excluded.since, actor = excluded.actor, \
                  reason = excluded.reason \
              WHERE proxy_number.status IN ('available', 'quarantined')"
        )
    };
}

/// Keeps what rows of the sheet show, many in one statement: each is a hand-over to the database, and calls wait meanwhile.
macro_rules! keep_shown {
    ($rows:literal, $hex:literal, $end:literal) => {
        concat!(
            import_rows!($rows),
            "INSERT INTO sheet_row (tab, key, cells) SELECT r.value ->> 'tab', r.value ->> 'key', ",
            $hex,
            "r.value ->> 'cells'",
            $end,
            " FROM r WHERE TRUE ON CONFLICT (tab, key) DO UPDATE SET cells = excluded.cells"
        )
    };
}

/// Takes marks away, unless the record was marked again.
macro_rules! unmark {
    ($rows:literal) => {
        concat!(
            import_rows!($rows),
            "DELETE FROM sheet_mark WHERE (tab, key, seq) IN \
                 (SELECT r.value ->> 'tab', r.value ->> 'key', CAST(r.value ->> 'seq' AS BIGINT) FROM r)"
        )
    };
}

/// What rows of tab `$2` last showed.
macro_rules! last_shown {
    ($rows:literal) => {
        concat!(
            import_rows!($rows),
            "SELECT key, cells FROM sheet_row WHERE tab = $2 AND key IN (SELECT r.value ->> 'key' FROM r)"
        )
    };
}

pub(crate) use {
    claim_jobs, end_hold, free_lapsed, import_clients, import_known, import_numbers, import_rows, insert_interaction,
    keep_shown, lapsed_free, last_shown, remember_caller, take_for_client, take_for_owner, take_number, unmark,
};
