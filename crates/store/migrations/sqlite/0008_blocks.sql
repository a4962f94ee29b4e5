-- Callers who are blocked, and clients who are paused.

-- Two more outcomes. SQLite cannot change a check in place, and making `interaction` anew means copying it: minutes without
-- service at ten million rows. Nothing on the disk differs under the wider check, so its text is changed where the schema
-- keeps it, as SQLite describes for this case (lang_altertable.html, section 7). CREATE TABLE, below, tells other connections.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
    SET sql = replace(sql, '''refused_loop'', ''refused_empty'')', '''refused_loop'', ''refused_empty'',
                      ''refused_blocked'', ''refused_paused'')')
    WHERE type = 'table' AND name = 'interaction';
PRAGMA writable_schema = RESET;

CREATE TABLE block (
    id         BLOB PRIMARY KEY,
    -- The one client who cannot be reached; null: no client can.
    client_id  INTEGER REFERENCES client (client_id),
    phone      BLOB NOT NULL,
    phone_key  BLOB NOT NULL,
    -- Sealed too: people write names and numbers into it.
    reason     BLOB NOT NULL,
    actor      TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
-- Somebody is blocked once, for a client and for all; and found with the facts of a call.
CREATE UNIQUE INDEX block_caller ON block (phone_key, COALESCE(client_id, 0));
CREATE INDEX block_client ON block (client_id, id) WHERE client_id IS NOT NULL;

-- Since when nobody is connected to the client, and until when; without an end: until somebody ends it.
ALTER TABLE client ADD COLUMN paused_at INTEGER;
ALTER TABLE client ADD COLUMN paused_until INTEGER CHECK ((paused_at IS NULL) <= (paused_until IS NULL));
