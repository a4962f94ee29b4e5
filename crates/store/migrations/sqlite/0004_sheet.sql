-- The Google Sheet as a mirror: what it last showed, what waits to be written there, and how it goes.

-- One row: whether there is a sheet at all, who mirrors it now, and what came of it.
CREATE TABLE sheet_state (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    -- Whether changes are marked.
    marking     INTEGER NOT NULL CHECK (marking IN (0, 1)),
    -- The one instance that reads and writes the sheet, until when.
    owner       BLOB,
    owned_until INTEGER,
    -- When the sheet's first content was taken over, or the store's put into it.
    begun_at    INTEGER,
    read_at     INTEGER,
    written_at  INTEGER,
    failure     TEXT,
    failed_at   INTEGER,
    CHECK ((owner IS NULL) = (owned_until IS NULL)),
    CHECK ((failure IS NULL) = (failed_at IS NULL))
) STRICT;
INSERT INTO sheet_state (one, marking) VALUES (1, 0);

-- A record that differs, or may differ, from its row. The sequence tells a change from a later one.
CREATE TABLE sheet_mark (
    tab   TEXT NOT NULL,
    key   TEXT NOT NULL,
    seq   INTEGER NOT NULL,
    -- When the mirror saw it first.
    since INTEGER,
    PRIMARY KEY (tab, key)
) STRICT, WITHOUT ROWID;

-- What was last the same in sheet and store.
CREATE TABLE sheet_row (
    tab   TEXT NOT NULL,
    key   TEXT NOT NULL,
    cells BLOB NOT NULL,
    PRIMARY KEY (tab, key)
) STRICT, WITHOUT ROWID;

-- What was sent to each tab in the last cycle, to be looked for in the next.
CREATE TABLE sheet_intent (
    tab     TEXT PRIMARY KEY,
    intents BLOB NOT NULL
) STRICT;

-- What a person should put right in the sheet, or had put back, and why. Never what stood in the cell.
CREATE TABLE sheet_problem (
    tab    TEXT NOT NULL,
    key    TEXT NOT NULL,
    reason   TEXT NOT NULL,
    -- Whether it is so until somebody puts it right; else it happened.
    standing INTEGER NOT NULL CHECK (standing IN (0, 1)),
    since    INTEGER NOT NULL,
    PRIMARY KEY (tab, key)
) STRICT, WITHOUT ROWID;

-- The code of a confirmation that was begun before us and taken over with the sheet, as a keyed hash: it holds for the first
-- generation, and is never sent again.
ALTER TABLE confirmation ADD COLUMN brought_code BLOB;

-- Every change of what the sheet shows marks its row, whoever makes it.
CREATE TRIGGER client_added_mark AFTER INSERT ON client
    WHEN EXISTS (SELECT 1 FROM sheet_state WHERE marking = 1)
BEGIN
    INSERT INTO sheet_mark (tab, key, seq)
        SELECT 'Clients', CAST(NEW.client_id AS TEXT), 1 WHERE TRUE
        ON CONFLICT (tab, key) DO UPDATE SET seq = sheet_mark.seq + 1;
END;
CREATE TRIGGER client_changed_mark AFTER UPDATE OF name, mail, phone, last_caller, closed_at ON client
    WHEN (OLD.name IS NOT NEW.name OR OLD.mail IS NOT NEW.mail OR OLD.phone IS NOT NEW.phone
            OR OLD.last_caller IS NOT NEW.last_caller
            OR OLD.closed_at IS NOT NEW.closed_at) AND EXISTS (SELECT 1 FROM sheet_state WHERE marking = 1)
BEGIN
    INSERT INTO sheet_mark (tab, key, seq)
        SELECT 'Clients', CAST(NEW.client_id AS TEXT), 1 WHERE TRUE
        ON CONFLICT (tab, key) DO UPDATE SET seq = sheet_mark.seq + 1;
    INSERT INTO sheet_mark (tab, key, seq)
        SELECT 'TwilioPools', '+' || CAST(phone AS TEXT), 1
        FROM proxy_number WHERE client_id = NEW.client_id AND OLD.name <> NEW.name
        ON CONFLICT (tab, key) DO UPDATE SET seq = sheet_mark.seq + 1;
END;
CREATE TRIGGER proxy_number_added_mark AFTER INSERT ON proxy_number
    WHEN EXISTS (SELECT 1 FROM sheet_state WHERE marking = 1)
BEGIN
    INSERT INTO sheet_mark (tab, key, seq)
        SELECT 'TwilioPools', '+' || CAST(NEW.phone AS TEXT), 1 WHERE TRUE
        ON CONFLICT (tab, key) DO UPDATE SET seq = sheet_mark.seq + 1;
    INSERT INTO sheet_mark (tab, key, seq)
        SELECT 'Clients', CAST(NEW.client_id AS TEXT), 1 WHERE NEW.client_id IS NOT NULL
        ON CONFLICT (tab, key) DO UPDATE SET seq = sheet_mark.seq + 1;
END;
CREATE TRIGGER proxy_number_changed_mark
    AFTER UPDATE OF country, number_type, status, friendly_name, client_id, assigned_at, reservation, reserved_at
    ON proxy_number
    WHEN (OLD.country IS NOT NEW.country OR OLD.number_type IS NOT NEW.number_type
            OR OLD.status IS NOT NEW.status OR OLD.friendly_name IS NOT NEW.friendly_name
            OR OLD.client_id IS NOT NEW.client_id OR OLD.assigned_at IS NOT NEW.assigned_at
            OR OLD.reservation IS NOT NEW.reservation
            OR OLD.reserved_at IS NOT NEW.reserved_at) AND EXISTS (SELECT 1 FROM sheet_state WHERE marking = 1)
BEGIN
    INSERT INTO sheet_mark (tab, key, seq)
        SELECT 'TwilioPools', '+' || CAST(NEW.phone AS TEXT), 1 WHERE TRUE
        ON CONFLICT (tab, key) DO UPDATE SET seq = sheet_mark.seq + 1;
    INSERT INTO sheet_mark (tab, key, seq)
        SELECT 'Clients', CAST(NEW.client_id AS TEXT), 1 WHERE NEW.client_id IS NOT NULL
        ON CONFLICT (tab, key) DO UPDATE SET seq = sheet_mark.seq + 1;
    INSERT INTO sheet_mark (tab, key, seq)
        SELECT 'Clients', CAST(OLD.client_id AS TEXT), 1
        WHERE OLD.client_id IS NOT NULL AND OLD.client_id IS NOT NEW.client_id
        ON CONFLICT (tab, key) DO UPDATE SET seq = sheet_mark.seq + 1;
END;
CREATE TRIGGER confirmation_added_mark AFTER INSERT ON confirmation
    WHEN EXISTS (SELECT 1 FROM sheet_state WHERE marking = 1)
BEGIN
    INSERT INTO sheet_mark (tab, key, seq)
        SELECT 'CONFIRMATION_PENDING', NEW.pending_id, 1 WHERE TRUE
        ON CONFLICT (tab, key) DO UPDATE SET seq = sheet_mark.seq + 1;
END;
CREATE TRIGGER confirmation_changed_mark
    AFTER UPDATE OF name, stage, channel, change, proxy, verified_at ON confirmation
    WHEN (OLD.name IS NOT NEW.name OR OLD.stage IS NOT NEW.stage OR OLD.channel IS NOT NEW.channel
            OR OLD.change IS NOT NEW.change OR OLD.proxy IS NOT NEW.proxy
            OR OLD.verified_at IS NOT NEW.verified_at) AND EXISTS (SELECT 1 FROM sheet_state WHERE marking = 1)
BEGIN
    INSERT INTO sheet_mark (tab, key, seq)
        SELECT 'CONFIRMATION_PENDING', NEW.pending_id, 1 WHERE TRUE
        ON CONFLICT (tab, key) DO UPDATE SET seq = sheet_mark.seq + 1;
END;
