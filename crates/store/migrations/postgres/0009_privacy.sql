-- Erasing a person, what of it is still to be done at the carrier, and how far old data is emptied.

-- An erased client keeps its id, so that it is never given again, and nothing else.
ALTER TABLE client ADD COLUMN erased_at BIGINT
    CHECK (erased_at IS NULL OR (COALESCE(closed_at, 0) > 0 AND name = '' AND mail = '' AND last_caller IS NULL));
CREATE FUNCTION client_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'client_erased' USING ERRCODE = 'check_violation', CONSTRAINT = 'client_erased';
END $$;
CREATE TRIGGER client_erased BEFORE UPDATE ON client FOR EACH ROW
    WHEN (OLD.erased_at IS NOT NULL AND NEW.erased_at IS DISTINCT FROM OLD.erased_at)
    EXECUTE FUNCTION client_erased();

-- An erasure, from the moment it was asked for: how far the record was searched for the person.
CREATE TABLE erasure (
    client_id BIGINT PRIMARY KEY REFERENCES client (client_id),
    stage     TEXT NOT NULL CHECK (stage IN ('own', 'elsewhere', 'callers', 'answers', 'sheet', 'done')),
    -- Up to where the stage has come: an id.
    reached   TEXT NOT NULL,
    -- Who is looked for, sealed; only until the record has been searched.
    wanted    BYTEA,
    -- The rows of the sheet that the person is in, as JSON.
    shown     TEXT NOT NULL,
    begun_at  BIGINT NOT NULL,
    done_at   BIGINT,
    CHECK ((stage IN ('sheet', 'done')) = (wanted IS NULL)),
    CHECK ((stage = 'done') = (done_at IS NOT NULL))
);

-- A call or message that the carrier has a record of which is to be deleted there. Gone with it.
CREATE TABLE carrier_copy (
    sid         TEXT PRIMARY KEY,
    kind        TEXT NOT NULL CHECK (kind IN ('call', 'message')),
    -- Whose erasure it belongs to; null: it has been kept long enough.
    client_id   BIGINT REFERENCES client (client_id),
    -- Whether a message's text is gone already.
    redacted    BIGINT NOT NULL DEFAULT 0 CHECK (redacted IN (0, 1)),
    attempt     BIGINT NOT NULL DEFAULT 0,
    error_code  BIGINT,
    since       BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    given_up_at BIGINT
);
CREATE INDEX carrier_copy_due ON carrier_copy (due_at) WHERE given_up_at IS NULL;
CREATE INDEX carrier_copy_client ON carrier_copy (client_id) WHERE client_id IS NOT NULL;

-- How far each kind of data has been gone through that is kept for a time only.
CREATE TABLE retention (
    kind    TEXT PRIMARY KEY,
    reached TEXT NOT NULL,
    ran_at  BIGINT NOT NULL,
    emptied BIGINT NOT NULL
);

-- Whose code a text answered.
ALTER TABLE code_reply ADD COLUMN pending_id TEXT;
CREATE INDEX code_reply_confirmation ON code_reply (pending_id) WHERE pending_id IS NOT NULL;
CREATE INDEX code_reply_age ON code_reply (at);

-- To find the confirmations of a person, and those that are over.
CREATE INDEX confirmation_client ON confirmation (client_id) WHERE client_id IS NOT NULL;
CREATE INDEX confirmation_of_phone ON confirmation (phone_key);
CREATE INDEX confirmation_mail ON confirmation (mail);
CREATE INDEX confirmation_over ON confirmation (ended_at) WHERE name <> '';

-- What the carrier tells of a call or message only after the person was erased is to be deleted there too.
CREATE FUNCTION interaction_late_copy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO carrier_copy (sid, kind, client_id, since, due_at)
        SELECT NEW.outbound_sid, kind, client_id, since, due_at FROM carrier_copy WHERE sid = NEW.inbound_sid
        ON CONFLICT (sid) DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER interaction_late_copy AFTER UPDATE OF outbound_sid ON interaction FOR EACH ROW
    WHEN (OLD.outbound_sid IS NULL AND NEW.outbound_sid IS NOT NULL)
    EXECUTE FUNCTION interaction_late_copy();
