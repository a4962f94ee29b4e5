-- The record of clients, their proxy numbers, orders, and of every call and message. Times are UTC milliseconds.
-- Real numbers, bodies and stored answers are sealed by the codec; *_key columns are keyed hashes to look up by.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE setting (
    key        TEXT PRIMARY KEY,
    value      TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE client (
    client_id     BIGINT PRIMARY KEY CHECK (client_id > 0),
    name          TEXT NOT NULL,
    name_fold     TEXT COLLATE "C" NOT NULL,
    mail          TEXT NOT NULL,
    mail_fold     TEXT COLLATE "C" NOT NULL,
    phone         BYTEA NOT NULL,
    phone_key     BYTEA NOT NULL,
    last_four_key BYTEA NOT NULL,
    country       TEXT NOT NULL CHECK (length(country) = 2),
    last_caller   BYTEA,
    closed_at     BIGINT,
    -- The idempotency key of the request that created it: found again after a crash.
    request_key   BYTEA,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL
);
CREATE INDEX client_phone ON client (phone_key);
CREATE INDEX client_last_four ON client (last_four_key, client_id);

CREATE TABLE proxy_number (
    -- The digits of E.164.
    phone            BIGINT PRIMARY KEY CHECK (phone > 9999999),
    country          TEXT NOT NULL CHECK (length(country) = 2),
    number_type      TEXT NOT NULL CHECK (number_type IN ('mobile', 'local')),
    status           TEXT NOT NULL
                     CHECK (status IN ('available', 'reserved', 'assigned', 'quarantined', 'released', 'error', 'missing')),
    friendly_name    TEXT NOT NULL,
    -- A client has at most one number and a number at most one client.
    client_id        BIGINT UNIQUE REFERENCES client (client_id),
    former_client_id BIGINT REFERENCES client (client_id),
    assigned_at      BIGINT,
    quarantine_until BIGINT,
    added_at         BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL,
    CHECK ((status = 'assigned') = (client_id IS NOT NULL)),
    CHECK ((status = 'quarantined') = (quarantine_until IS NOT NULL))
);
CREATE INDEX proxy_number_stock ON proxy_number (country, status, number_type, phone);
CREATE INDEX proxy_number_former ON proxy_number (former_client_id);

CREATE TABLE client_order (
    order_id    TEXT COLLATE "C" PRIMARY KEY,
    client_id   BIGINT NOT NULL REFERENCES client (client_id),
    -- A keyed hash of all that was sent: the same order again is told from another one.
    content_key BYTEA NOT NULL,
    created_at  BIGINT NOT NULL
);
CREATE INDEX client_order_newest ON client_order (created_at, order_id);
CREATE INDEX client_order_client ON client_order (client_id, created_at, order_id);

CREATE TABLE interaction (
    id            UUID PRIMARY KEY,
    channel       TEXT NOT NULL CHECK (channel IN ('call', 'text')),
    direction     TEXT CHECK (direction IN ('to_client', 'from_client')),
    dialled       BIGINT NOT NULL,
    client_id     BIGINT REFERENCES client (client_id),
    party         BYTEA,
    party_key     BYTEA,
    inbound_sid   TEXT NOT NULL UNIQUE,
    outbound_sid  TEXT UNIQUE,
    outcome       TEXT NOT NULL CHECK (outcome IN (
                      'connecting', 'completed', 'busy', 'no_answer', 'canceled',
                      'queued', 'sending', 'sent', 'delivered', 'undelivered', 'unknown', 'failed', 'opt_out',
                      'refused_unknown_number', 'refused_region', 'refused_withheld', 'refused_no_recent_caller',
                      'refused_destination', 'refused_loop', 'refused_empty')),
    error_code    BIGINT,
    -- What the carrier was answered: a repeated webhook gets the same.
    answer        BYTEA NOT NULL,
    -- A relayed text, and whom it goes to: only until its delivery is final.
    body          BYTEA,
    relay_to      BYTEA,
    sending_since BIGINT,
    started_at    BIGINT NOT NULL,
    ended_at      BIGINT,
    duration_s    BIGINT,
    CHECK (body IS NULL OR outcome IN ('queued', 'sending', 'sent')),
    CHECK ((body IS NULL) = (relay_to IS NULL))
);
CREATE INDEX interaction_client ON interaction (client_id, id);
CREATE INDEX interaction_dialled ON interaction (dialled, id);
CREATE INDEX interaction_outcome ON interaction (outcome, id);

CREATE TABLE job (
    id         UUID PRIMARY KEY,
    kind       TEXT NOT NULL,
    work       BYTEA NOT NULL,
    -- When it is due; while somebody holds it, when the holder's lease ends.
    run_at     BIGINT NOT NULL,
    attempt    BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);
CREATE INDEX job_due ON job (run_at);

CREATE TABLE request (
    key         BYTEA PRIMARY KEY,
    content_key BYTEA NOT NULL,
    started_at  BIGINT NOT NULL,
    status      BIGINT,
    answer      BYTEA,
    CHECK ((status IS NULL) = (answer IS NULL))
);
CREATE INDEX request_age ON request (started_at);
