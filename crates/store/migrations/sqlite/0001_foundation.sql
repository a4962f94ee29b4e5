-- The record of clients, their proxy numbers, orders, and of every call and message. Times are UTC milliseconds.
-- Real numbers, bodies and stored answers are sealed by the codec; *_key columns are keyed hashes to look up by.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE setting (
    key        TEXT PRIMARY KEY,
    value      TEXT NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE client (
    client_id     INTEGER PRIMARY KEY CHECK (client_id > 0),
    name          TEXT NOT NULL,
    name_fold     TEXT NOT NULL,
    mail          TEXT NOT NULL,
    mail_fold     TEXT NOT NULL,
    phone         BLOB NOT NULL,
    phone_key     BLOB NOT NULL,
    last_four_key BLOB NOT NULL,
    country       TEXT NOT NULL CHECK (length(country) = 2),
    last_caller   BLOB,
    closed_at     INTEGER,
    -- The idempotency key of the request that created it: found again after a crash.
    request_key   BLOB,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX client_phone ON client (phone_key);
CREATE INDEX client_last_four ON client (last_four_key, client_id);

CREATE TABLE proxy_number (
    -- The digits of E.164.
    phone            INTEGER PRIMARY KEY CHECK (phone > 9999999),
    country          TEXT NOT NULL CHECK (length(country) = 2),
    number_type      TEXT NOT NULL CHECK (number_type IN ('mobile', 'local')),
    status           TEXT NOT NULL
                     CHECK (status IN ('available', 'reserved', 'assigned', 'quarantined', 'released', 'error', 'missing')),
    friendly_name    TEXT NOT NULL,
    -- A client has at most one number and a number at most one client.
    client_id        INTEGER UNIQUE REFERENCES client (client_id),
    former_client_id INTEGER REFERENCES client (client_id),
    assigned_at      INTEGER,
    quarantine_until INTEGER,
    added_at         INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    CHECK ((status = 'assigned') = (client_id IS NOT NULL)),
    CHECK ((status = 'quarantined') = (quarantine_until IS NOT NULL))
) STRICT;
CREATE INDEX proxy_number_stock ON proxy_number (country, status, number_type, phone);
CREATE INDEX proxy_number_former ON proxy_number (former_client_id);

CREATE TABLE client_order (
    order_id    TEXT PRIMARY KEY,
    client_id   INTEGER NOT NULL REFERENCES client (client_id),
    -- A keyed hash of all that was sent: the same order again is told from another one.
    content_key BLOB NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX client_order_newest ON client_order (created_at, order_id);
CREATE INDEX client_order_client ON client_order (client_id, created_at, order_id);

CREATE TABLE interaction (
    id            BLOB PRIMARY KEY,
    channel       TEXT NOT NULL CHECK (channel IN ('call', 'text')),
    direction     TEXT CHECK (direction IN ('to_client', 'from_client')),
    dialled       INTEGER NOT NULL,
    client_id     INTEGER REFERENCES client (client_id),
    party         BLOB,
    party_key     BLOB,
    inbound_sid   TEXT NOT NULL UNIQUE,
    outbound_sid  TEXT UNIQUE,
    outcome       TEXT NOT NULL CHECK (outcome IN (
                      'connecting', 'completed', 'busy', 'no_answer', 'canceled',
                      'queued', 'sending', 'sent', 'delivered', 'undelivered', 'unknown', 'failed', 'opt_out',
                      'refused_unknown_number', 'refused_region', 'refused_withheld', 'refused_no_recent_caller',
                      'refused_destination', 'refused_loop', 'refused_empty')),
    error_code    INTEGER,
    -- What the carrier was answered: a repeated webhook gets the same.
    answer        BLOB NOT NULL,
    -- A relayed text, and whom it goes to: only until its delivery is final.
    body          BLOB,
    relay_to      BLOB,
    sending_since INTEGER,
    started_at    INTEGER NOT NULL,
    ended_at      INTEGER,
    duration_s    INTEGER,
    CHECK (body IS NULL OR outcome IN ('queued', 'sending', 'sent')),
    CHECK ((body IS NULL) = (relay_to IS NULL))
) STRICT;
CREATE INDEX interaction_client ON interaction (client_id, id);
CREATE INDEX interaction_dialled ON interaction (dialled, id);
CREATE INDEX interaction_outcome ON interaction (outcome, id);

CREATE TABLE job (
    id         BLOB PRIMARY KEY,
    kind       TEXT NOT NULL,
    work       BLOB NOT NULL,
    -- When it is due; while somebody holds it, when the holder's lease ends.
    run_at     INTEGER NOT NULL,
    attempt    INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX job_due ON job (run_at);

CREATE TABLE request (
    key         BLOB PRIMARY KEY,
    content_key BLOB NOT NULL,
    started_at  INTEGER NOT NULL,
    status      INTEGER,
    answer      BLOB,
    CHECK ((status IS NULL) = (answer IS NULL))
) STRICT;
CREATE INDEX request_age ON request (started_at);
