-- The life of a proxy number: who may hold it, what each change was for, what it costs, and what an operator should know.
-- SQLite cannot change a column's checks in place: the table is made anew and filled from the old one.

CREATE TABLE number_move (
    from_status TEXT NOT NULL,
    to_status   TEXT NOT NULL,
    PRIMARY KEY (from_status, to_status)
) STRICT;

INSERT INTO number_move (from_status, to_status) VALUES
    ('available', 'reserved'), ('available', 'assigned'), ('available', 'quarantined'), ('available', 'released'), ('available', 'error'), ('available', 'missing'),
    ('reserved', 'available'), ('reserved', 'assigned'), ('reserved', 'quarantined'), ('reserved', 'released'), ('reserved', 'error'), ('reserved', 'missing'),
    ('assigned', 'quarantined'), ('assigned', 'released'), ('assigned', 'error'), ('assigned', 'missing'),
    ('quarantined', 'available'), ('quarantined', 'assigned'), ('quarantined', 'released'), ('quarantined', 'error'), ('quarantined', 'missing'),
    ('error', 'available'), ('error', 'assigned'), ('error', 'quarantined'), ('error', 'released'), ('error', 'missing'),
    ('missing', 'available'), ('missing', 'assigned'), ('missing', 'quarantined'), ('missing', 'released'), ('missing', 'error'),
    ('released', 'available'), ('released', 'quarantined'), ('released', 'error');

CREATE TABLE proxy_number_new (
    -- The digits of E.164.
    phone            INTEGER PRIMARY KEY CHECK (phone > 9999999),
    country          TEXT NOT NULL CHECK (length(country) = 2),
    number_type      TEXT NOT NULL CHECK (number_type IN ('mobile', 'local')),
    status           TEXT NOT NULL
                     CHECK (status IN ('available', 'reserved', 'assigned', 'quarantined', 'released', 'error', 'missing')),
    friendly_name    TEXT NOT NULL,
    -- A client has at most one number and a number at most one client; also while it is missing or set aside.
    client_id        INTEGER UNIQUE REFERENCES client (client_id),
    former_client_id INTEGER REFERENCES client (client_id),
    assigned_at      INTEGER,
    quarantine_until INTEGER,
    added_at         INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    -- Who brought it into its state, why, and when. What was before is in number_past.
    actor            TEXT NOT NULL DEFAULT 'system',
    reason           TEXT NOT NULL DEFAULT '',
    since            INTEGER NOT NULL DEFAULT 0,
    -- Whose reservation it is, from when and until when.
    reservation      TEXT,
    reserved_at      INTEGER,
    reserved_until   INTEGER,
    -- What the carrier knows of it.
    sid              TEXT,
    voice            INTEGER,
    sms              INTEGER,
    -- Its webhooks before we set ours, as JSON.
    wiring_before    TEXT,
    CHECK (status <> 'assigned' OR client_id IS NOT NULL),
    CHECK (client_id IS NULL OR status IN ('assigned', 'error', 'missing')),
    CHECK ((status = 'quarantined') = (quarantine_until IS NOT NULL)),
    CHECK ((status = 'reserved') = (reservation IS NOT NULL)),
    CHECK ((status = 'reserved') = (reserved_at IS NOT NULL)),
    CHECK ((status = 'reserved') = (reserved_until IS NOT NULL))
) STRICT;

INSERT INTO proxy_number_new (phone, country, number_type, status, friendly_name, client_id, former_client_id, assigned_at,
        quarantine_until, added_at, updated_at, since)
    SELECT phone, country, number_type, status, friendly_name, client_id, former_client_id, assigned_at,
        quarantine_until, added_at, updated_at, updated_at FROM proxy_number;
DROP TABLE proxy_number;
ALTER TABLE proxy_number_new RENAME TO proxy_number;

-- Only what can be given out: numbers that are taken leave it, and an import of taken ones never touches it.
CREATE INDEX proxy_number_stock ON proxy_number (country, number_type, since, phone) WHERE status = 'available';
CREATE UNIQUE INDEX proxy_number_reservation ON proxy_number (reservation) WHERE reservation IS NOT NULL;
CREATE UNIQUE INDEX proxy_number_sid ON proxy_number (sid) WHERE sid IS NOT NULL;
CREATE INDEX proxy_number_former ON proxy_number (former_client_id) WHERE former_client_id IS NOT NULL;
CREATE INDEX proxy_number_lapse ON proxy_number (COALESCE(quarantine_until, reserved_until))
    WHERE status IN ('quarantined', 'reserved');

-- Written by the database itself at each change of state.
CREATE TABLE number_past (
    id        INTEGER PRIMARY KEY,
    phone     INTEGER NOT NULL REFERENCES proxy_number (phone),
    status    TEXT NOT NULL,
    client_id INTEGER,
    actor     TEXT NOT NULL,
    reason    TEXT NOT NULL,
    since     INTEGER NOT NULL,
    until     INTEGER NOT NULL
) STRICT;
CREATE INDEX number_past_phone ON number_past (phone, id);
CREATE INDEX number_past_pace ON number_past (since) WHERE status = 'assigned';

CREATE TRIGGER proxy_number_move BEFORE UPDATE OF status, client_id ON proxy_number
WHEN (NEW.status <> OLD.status
        AND NOT EXISTS (SELECT 1 FROM number_move WHERE from_status = OLD.status AND to_status = NEW.status))
    OR (NEW.client_id IS NOT NULL AND OLD.client_id IS NOT NULL AND NEW.client_id <> OLD.client_id)
BEGIN
    SELECT RAISE(ABORT, 'number_move');
END;

CREATE TRIGGER proxy_number_past AFTER UPDATE OF status ON proxy_number WHEN NEW.status <> OLD.status
BEGIN
    INSERT INTO number_past (phone, status, client_id, actor, reason, since, until)
    VALUES (OLD.phone, OLD.status, OLD.client_id, OLD.actor, OLD.reason, OLD.since, NEW.since);
END;

-- A number that is being bought: written before the carrier is asked, so that a crash loses no number and no money.
CREATE TABLE purchase (
    id          BLOB PRIMARY KEY,
    country     TEXT NOT NULL CHECK (length(country) = 2),
    number_type TEXT NOT NULL CHECK (number_type IN ('mobile', 'local')),
    state       TEXT NOT NULL CHECK (state IN ('open', 'asked', 'bought', 'failed')),
    -- The candidate that the carrier was asked for last.
    phone       INTEGER,
    asked_type  TEXT CHECK (asked_type IN ('mobile', 'local')),
    asked_at    INTEGER,
    -- The day (UTC) whose ceiling it counts for.
    day         TEXT NOT NULL,
    actor       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    error_code  INTEGER,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    CHECK (state NOT IN ('asked', 'bought') OR (phone IS NOT NULL AND asked_type IS NOT NULL AND asked_at IS NOT NULL))
) STRICT;
-- Nobody asks for a number that another purchase has asked for and does not know about yet.
CREATE UNIQUE INDEX purchase_asked ON purchase (phone) WHERE state = 'asked';
CREATE INDEX purchase_unsettled ON purchase (country, number_type) WHERE state IN ('open', 'asked');

CREATE TABLE purchase_day (
    day    TEXT PRIMARY KEY,
    bought INTEGER NOT NULL CHECK (bought >= 0)
) STRICT;

-- What an operator should know, until it is over.
CREATE TABLE alert (
    id         BLOB PRIMARY KEY,
    kind       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    detail     TEXT NOT NULL,
    raised_at  INTEGER NOT NULL,
    cleared_at INTEGER
) STRICT;
CREATE UNIQUE INDEX alert_open ON alert (kind, subject) WHERE cleared_at IS NULL;

-- Work that is there once at most: what comes again and again, and the settling of a purchase.
ALTER TABLE job ADD COLUMN once TEXT;
CREATE UNIQUE INDEX job_once ON job (once);
