-- The life of a proxy number: who may hold it, what each change was for, what it costs, and what an operator should know.

CREATE TABLE number_move (
    from_status TEXT NOT NULL,
    to_status   TEXT NOT NULL,
    PRIMARY KEY (from_status, to_status)
);

INSERT INTO number_move (from_status, to_status) VALUES
    ('available', 'reserved'), ('available', 'assigned'), ('available', 'quarantined'), ('available', 'released'), ('available', 'error'), ('available', 'missing'),
    ('reserved', 'available'), ('reserved', 'assigned'), ('reserved', 'quarantined'), ('reserved', 'released'), ('reserved', 'error'), ('reserved', 'missing'),
    ('assigned', 'quarantined'), ('assigned', 'released'), ('assigned', 'error'), ('assigned', 'missing'),
    ('quarantined', 'available'), ('quarantined', 'assigned'), ('quarantined', 'released'), ('quarantined', 'error'), ('quarantined', 'missing'),
    ('error', 'available'), ('error', 'assigned'), ('error', 'quarantined'), ('error', 'released'), ('error', 'missing'),
    ('missing', 'available'), ('missing', 'assigned'), ('missing', 'quarantined'), ('missing', 'released'), ('missing', 'error'),
    ('released', 'available'), ('released', 'quarantined'), ('released', 'error');

-- Who brought it into its state, why, and when. What was before is in number_past.
ALTER TABLE proxy_number ADD COLUMN actor TEXT NOT NULL DEFAULT 'system';
ALTER TABLE proxy_number ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE proxy_number ADD COLUMN since BIGINT NOT NULL DEFAULT 0;
-- Whose reservation it is, from when and until when.
ALTER TABLE proxy_number ADD COLUMN reservation TEXT;
ALTER TABLE proxy_number ADD COLUMN reserved_at BIGINT;
ALTER TABLE proxy_number ADD COLUMN reserved_until BIGINT;
-- What the carrier knows of it.
ALTER TABLE proxy_number ADD COLUMN sid TEXT;
ALTER TABLE proxy_number ADD COLUMN voice BOOLEAN;
ALTER TABLE proxy_number ADD COLUMN sms BOOLEAN;
-- Its webhooks before we set ours, as JSON.
ALTER TABLE proxy_number ADD COLUMN wiring_before TEXT;
-- A client has at most one number and a number at most one client; also while it is missing or set aside.
ALTER TABLE proxy_number DROP CONSTRAINT proxy_number_check;
ALTER TABLE proxy_number ADD CHECK (status <> 'assigned' OR client_id IS NOT NULL);
ALTER TABLE proxy_number ADD CHECK (client_id IS NULL OR status IN ('assigned', 'error', 'missing'));
ALTER TABLE proxy_number ADD CHECK ((status = 'reserved') = (reservation IS NOT NULL));
ALTER TABLE proxy_number ADD CHECK ((status = 'reserved') = (reserved_at IS NOT NULL));
ALTER TABLE proxy_number ADD CHECK ((status = 'reserved') = (reserved_until IS NOT NULL));
UPDATE proxy_number SET since = updated_at;

DROP INDEX proxy_number_stock;
DROP INDEX proxy_number_former;
CREATE INDEX proxy_number_former ON proxy_number (former_client_id) WHERE former_client_id IS NOT NULL;
-- Only what can be given out: numbers that are taken leave it, and an import of taken ones never touches it.
CREATE INDEX proxy_number_stock ON proxy_number (country, number_type, since, phone) WHERE status = 'available';
CREATE UNIQUE INDEX proxy_number_reservation ON proxy_number (reservation) WHERE reservation IS NOT NULL;
CREATE UNIQUE INDEX proxy_number_sid ON proxy_number (sid) WHERE sid IS NOT NULL;
CREATE INDEX proxy_number_lapse ON proxy_number (COALESCE(quarantine_until, reserved_until))
    WHERE status IN ('quarantined', 'reserved');

-- Written by the database itself at each change of state.
CREATE TABLE number_past (
    id        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    phone     BIGINT NOT NULL REFERENCES proxy_number (phone),
    status    TEXT NOT NULL,
    client_id BIGINT,
    actor     TEXT NOT NULL,
    reason    TEXT NOT NULL,
    since     BIGINT NOT NULL,
    until     BIGINT NOT NULL
);
CREATE INDEX number_past_phone ON number_past (phone, id);
CREATE INDEX number_past_pace ON number_past (since) WHERE status = 'assigned';

CREATE FUNCTION proxy_number_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.status <> OLD.status
            AND NOT EXISTS (SELECT 1 FROM number_move WHERE from_status = OLD.status AND to_status = NEW.status))
        OR (NEW.client_id IS NOT NULL AND OLD.client_id IS NOT NULL AND NEW.client_id <> OLD.client_id)
    THEN
        RAISE EXCEPTION 'number_move' USING ERRCODE = 'check_violation', CONSTRAINT = 'number_move';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER proxy_number_move BEFORE UPDATE OF status, client_id ON proxy_number
    FOR EACH ROW EXECUTE FUNCTION proxy_number_move();

CREATE FUNCTION proxy_number_past() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO number_past (phone, status, client_id, actor, reason, since, until)
    VALUES (OLD.phone, OLD.status, OLD.client_id, OLD.actor, OLD.reason, OLD.since, NEW.since);
    RETURN NULL;
END $$;
CREATE TRIGGER proxy_number_past AFTER UPDATE OF status ON proxy_number
    FOR EACH ROW WHEN (NEW.status <> OLD.status) EXECUTE FUNCTION proxy_number_past();

-- A number that is being bought: written before the carrier is asked, so that a crash loses no number and no money.
CREATE TABLE purchase (
    id          UUID PRIMARY KEY,
    country     TEXT NOT NULL CHECK (length(country) = 2),
    number_type TEXT NOT NULL CHECK (number_type IN ('mobile', 'local')),
    state       TEXT NOT NULL CHECK (state IN ('open', 'asked', 'bought', 'failed')),
    -- The candidate that the carrier was asked for last.
    phone       BIGINT,
    asked_type  TEXT CHECK (asked_type IN ('mobile', 'local')),
    asked_at    BIGINT,
    -- The day (UTC) whose ceiling it counts for.
    day         TEXT NOT NULL,
    actor       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    error_code  BIGINT,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    CHECK (state NOT IN ('asked', 'bought') OR (phone IS NOT NULL AND asked_type IS NOT NULL AND asked_at IS NOT NULL))
);
-- Nobody asks for a number that another purchase has asked for and does not know about yet.
CREATE UNIQUE INDEX purchase_asked ON purchase (phone) WHERE state = 'asked';
CREATE INDEX purchase_unsettled ON purchase (country, number_type) WHERE state IN ('open', 'asked');

CREATE TABLE purchase_day (
    day    TEXT PRIMARY KEY,
    bought BIGINT NOT NULL CHECK (bought >= 0)
);

-- What an operator should know, until it is over.
CREATE TABLE alert (
    id         UUID PRIMARY KEY,
    kind       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    detail     TEXT NOT NULL,
    raised_at  BIGINT NOT NULL,
    cleared_at BIGINT
);
CREATE UNIQUE INDEX alert_open ON alert (kind, subject) WHERE cleared_at IS NULL;

-- Work that is there once at most: what comes again and again, and the settling of a purchase.
ALTER TABLE job ADD COLUMN once TEXT;
CREATE UNIQUE INDEX job_once ON job (once);
