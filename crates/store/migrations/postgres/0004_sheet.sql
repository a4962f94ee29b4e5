-- The Google Sheet as a mirror: what it last showed, what waits to be written there, and how it goes.

-- One row: whether there is a sheet at all, who mirrors it now, and what came of it.
CREATE TABLE sheet_state (
    one         BIGINT PRIMARY KEY CHECK (one = 1),
    -- Whether changes are marked.
    marking     BIGINT NOT NULL CHECK (marking IN (0, 1)),
    -- The one instance that reads and writes the sheet, until when.
    owner       UUID,
    owned_until BIGINT,
    -- When the sheet's first content was taken over, or the store's put into it.
    begun_at    BIGINT,
    read_at     BIGINT,
    written_at  BIGINT,
    failure     TEXT,
    failed_at   BIGINT,
    CHECK ((owner IS NULL) = (owned_until IS NULL)),
    CHECK ((failure IS NULL) = (failed_at IS NULL))
);
INSERT INTO sheet_state (one, marking) VALUES (1, 0);

-- A record that differs, or may differ, from its row. The sequence tells a change from a later one.
CREATE TABLE sheet_mark (
    tab   TEXT NOT NULL,
    key   TEXT NOT NULL,
    seq   BIGINT NOT NULL,
    -- When the mirror saw it first.
    since BIGINT,
    PRIMARY KEY (tab, key)
);

-- What was last the same in sheet and store.
CREATE TABLE sheet_row (
    tab   TEXT NOT NULL,
    key   TEXT NOT NULL,
    cells BYTEA NOT NULL,
    PRIMARY KEY (tab, key)
);

-- What was sent to each tab in the last cycle, to be looked for in the next.
CREATE TABLE sheet_intent (
    tab     TEXT PRIMARY KEY,
    intents BYTEA NOT NULL
);

-- What a person should put right in the sheet, or had put back, and why. Never what stood in the cell.
CREATE TABLE sheet_problem (
    tab    TEXT NOT NULL,
    key    TEXT NOT NULL,
    reason   TEXT NOT NULL,
    -- Whether it is so until somebody puts it right; else it happened.
    standing BIGINT NOT NULL CHECK (standing IN (0, 1)),
    since    BIGINT NOT NULL,
    PRIMARY KEY (tab, key)
);

-- The code of a confirmation that was begun before us and taken over with the sheet, as a keyed hash: it holds for the first
-- generation, and is never sent again.
ALTER TABLE confirmation ADD COLUMN brought_code BYTEA;

-- Every change of what the sheet shows marks its row, whoever makes it. Without a mirror the triggers are off, so that
-- nobody pays for them.
CREATE FUNCTION client_mark() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sheet_mark (tab, key, seq)
        SELECT 'Clients', CAST(NEW.client_id AS TEXT), 1 WHERE TRUE
        ON CONFLICT (tab, key) DO UPDATE SET seq = sheet_mark.seq + 1;
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO sheet_mark (tab, key, seq)
            SELECT 'TwilioPools', '+' || CAST(phone AS TEXT), 1
            FROM proxy_number WHERE client_id = NEW.client_id AND OLD.name <> NEW.name
            ON CONFLICT (tab, key) DO UPDATE SET seq = sheet_mark.seq + 1;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER client_added_mark AFTER INSERT ON client FOR EACH ROW EXECUTE FUNCTION client_mark();
CREATE TRIGGER client_changed_mark AFTER UPDATE OF name, mail, phone, last_caller, closed_at ON client FOR EACH ROW
    WHEN (OLD.name IS DISTINCT FROM NEW.name OR OLD.mail IS DISTINCT FROM NEW.mail
            OR OLD.phone IS DISTINCT FROM NEW.phone OR OLD.last_caller IS DISTINCT FROM NEW.last_caller
            OR OLD.closed_at IS DISTINCT FROM NEW.closed_at)
    EXECUTE FUNCTION client_mark();
CREATE FUNCTION proxy_number_mark() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sheet_mark (tab, key, seq)
        SELECT 'TwilioPools', '+' || CAST(NEW.phone AS TEXT), 1 WHERE TRUE
        ON CONFLICT (tab, key) DO UPDATE SET seq = sheet_mark.seq + 1;
    INSERT INTO sheet_mark (tab, key, seq)
        SELECT 'Clients', CAST(NEW.client_id AS TEXT), 1 WHERE NEW.client_id IS NOT NULL
        ON CONFLICT (tab, key) DO UPDATE SET seq = sheet_mark.seq + 1;
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO sheet_mark (tab, key, seq)
            SELECT 'Clients', CAST(OLD.client_id AS TEXT), 1
            WHERE OLD.client_id IS NOT NULL AND OLD.client_id IS DISTINCT FROM NEW.client_id
            ON CONFLICT (tab, key) DO UPDATE SET seq = sheet_mark.seq + 1;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER proxy_number_added_mark AFTER INSERT ON proxy_number FOR EACH ROW EXECUTE FUNCTION proxy_number_mark();
CREATE TRIGGER proxy_number_changed_mark
    AFTER UPDATE OF country, number_type, status, friendly_name, client_id, assigned_at, reservation, reserved_at
    ON proxy_number
    FOR EACH ROW
    WHEN (OLD.country IS DISTINCT FROM NEW.country OR OLD.number_type IS DISTINCT FROM NEW.number_type
            OR OLD.status IS DISTINCT FROM NEW.status OR OLD.friendly_name IS DISTINCT FROM NEW.friendly_name
            OR OLD.client_id IS DISTINCT FROM NEW.client_id OR OLD.assigned_at IS DISTINCT FROM NEW.assigned_at
            OR OLD.reservation IS DISTINCT FROM NEW.reservation
            OR OLD.reserved_at IS DISTINCT FROM NEW.reserved_at)
    EXECUTE FUNCTION proxy_number_mark();
CREATE FUNCTION confirmation_mark() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sheet_mark (tab, key, seq)
        SELECT 'CONFIRMATION_PENDING', NEW.pending_id, 1 WHERE TRUE
        ON CONFLICT (tab, key) DO UPDATE SET seq = sheet_mark.seq + 1;
    RETURN NULL;
END $$;
CREATE TRIGGER confirmation_added_mark AFTER INSERT ON confirmation FOR EACH ROW EXECUTE FUNCTION confirmation_mark();
CREATE TRIGGER confirmation_changed_mark
    AFTER UPDATE OF name, stage, channel, change, proxy, verified_at ON confirmation
    FOR EACH ROW
    WHEN (OLD.name IS DISTINCT FROM NEW.name OR OLD.stage IS DISTINCT FROM NEW.stage
            OR OLD.channel IS DISTINCT FROM NEW.channel OR OLD.change IS DISTINCT FROM NEW.change
            OR OLD.proxy IS DISTINCT FROM NEW.proxy OR OLD.verified_at IS DISTINCT FROM NEW.verified_at)
    EXECUTE FUNCTION confirmation_mark();
ALTER TABLE client DISABLE TRIGGER client_added_mark;
ALTER TABLE client DISABLE TRIGGER client_changed_mark;
ALTER TABLE proxy_number DISABLE TRIGGER proxy_number_added_mark;
ALTER TABLE proxy_number DISABLE TRIGGER proxy_number_changed_mark;
ALTER TABLE confirmation DISABLE TRIGGER confirmation_added_mark;
ALTER TABLE confirmation DISABLE TRIGGER confirmation_changed_mark;
