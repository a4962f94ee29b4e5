-- Callers who are blocked, and clients who are paused.

-- Two more outcomes. NOT VALID, and not validated: every old row obeys the narrower check that it replaces, so a scan would
-- find nothing, and it would keep all calls waiting, as the lock of the exchange lasts until this migration is committed.
ALTER TABLE interaction DROP CONSTRAINT interaction_outcome_check;
ALTER TABLE interaction ADD CONSTRAINT interaction_outcome_check CHECK (outcome IN (
    'connecting', 'completed', 'busy', 'no_answer', 'canceled',
    'queued', 'sending', 'sent', 'delivered', 'undelivered', 'unknown', 'failed', 'opt_out',
    'refused_unknown_number', 'refused_region', 'refused_withheld', 'refused_no_recent_caller',
    'refused_destination', 'refused_loop', 'refused_empty',
    'refused_blocked', 'refused_paused')) NOT VALID;

CREATE TABLE block (
    id         UUID PRIMARY KEY,
    -- The one client who cannot be reached; null: no client can.
    client_id  BIGINT REFERENCES client (client_id),
    phone      BYTEA NOT NULL,
    phone_key  BYTEA NOT NULL,
    -- Sealed too: people write names and numbers into it.
    reason     BYTEA NOT NULL,
    actor      TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
-- Somebody is blocked once, for a client and for all; and found with the facts of a call.
CREATE UNIQUE INDEX block_caller ON block (phone_key, COALESCE(client_id, 0));
CREATE INDEX block_client ON block (client_id, id) WHERE client_id IS NOT NULL;

-- Since when nobody is connected to the client, and until when; without an end: until somebody ends it.
ALTER TABLE client ADD COLUMN paused_at BIGINT;
ALTER TABLE client ADD COLUMN paused_until BIGINT;
ALTER TABLE client ADD CONSTRAINT client_pause CHECK ((paused_at IS NULL) <= (paused_until IS NULL)) NOT VALID;
