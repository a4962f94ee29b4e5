-- What the operator's console reads: clients by the words that they are known by, and counts that are kept while things
-- happen, so that no page counts millions of rows.

-- The words of names, and the e-mail addresses: lower case, without accents. Those of clients who are not closed come first.
-- Each row has all words of its client, a space before each: who looks for several compares them without going elsewhere.
CREATE TABLE client_word (
    closed    BIGINT NOT NULL CHECK (closed IN (0, 1)),
    word      TEXT COLLATE "C" NOT NULL,
    client_id BIGINT NOT NULL,
    spelling  TEXT NOT NULL,
    PRIMARY KEY (closed, word, client_id)
);

-- Lower case without accents, as `proxycall_domain::search` makes it. Combining marks stand last: they go.
CREATE FUNCTION spelled_plainly(spelled TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN octet_length(spelled) = length(spelled) THEN spelled ELSE
        replace(replace(replace(translate(spelled,
            'àáâãäåāăąçćĉċčďđèéêëēĕėęěĝğġģĥħìíîïĩīĭįıĵķĺļľŀ' ||
            'łñńņňòóôõöøōŏőŕŗřśŝşšșţťŧțùúûüũūŭůűųŵýÿŷźżž’' ||
            U&'\2010\2011\00A0\202F\0300\0301\0302\0303\0304\0306\0307\0308\030A\030B\030C\0327\0328',
            'aaaaaaaaacccccddeeeeeeeeegggghhiiiiiiiiijkllll' ||
            'lnnnnooooooooorrrsssssttttuuuuuuuuuuwyyyzzz''' ||
            '--  '),
            'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss')
        END
$$;
-- All words of a name and an e-mail address, a space before each. Of a name with hyphens or apostrophes the parts too.
CREATE FUNCTION client_spelling(name_fold TEXT, mail_fold TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ' ' || name || ' ' || translate(name, '-''', '  ') || ' ' || spelled_plainly(mail_fold)
    FROM (SELECT spelled_plainly(name_fold) AS name) AS plain
$$;
-- Each of them once.
CREATE FUNCTION client_words(spelling TEXT) RETURNS SETOF TEXT LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT DISTINCT word FROM unnest(string_to_array(spelling, ' ')) AS word WHERE word <> ''
$$;
INSERT INTO client_word (closed, word, client_id, spelling)
    SELECT CASE WHEN closed_at IS NULL THEN 0 ELSE 1 END, word, client_id, spelling
    FROM client, client_spelling(name_fold, mail_fold) AS spelling, client_words(spelling) AS word;

-- For all rows of an import at once.
CREATE FUNCTION client_added_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO client_word (closed, word, client_id, spelling)
        SELECT CASE WHEN closed_at IS NULL THEN 0 ELSE 1 END, word, client_id, spelling
        FROM added, client_spelling(name_fold, mail_fold) AS spelling, client_words(spelling) AS word
        ORDER BY 1, 2, 3
        ON CONFLICT (closed, word, client_id) DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER client_added_words AFTER INSERT ON client REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION client_added_words();
CREATE FUNCTION client_changed_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM client_word w USING client_words(client_spelling(OLD.name_fold, OLD.mail_fold)) AS old_word
        WHERE w.closed = CASE WHEN OLD.closed_at IS NULL THEN 0 ELSE 1 END AND w.word = old_word
            AND w.client_id = OLD.client_id;
    INSERT INTO client_word (closed, word, client_id, spelling)
        SELECT CASE WHEN NEW.closed_at IS NULL THEN 0 ELSE 1 END, word, NEW.client_id, spelling
        FROM client_spelling(NEW.name_fold, NEW.mail_fold) AS spelling, client_words(spelling) AS word
        ON CONFLICT (closed, word, client_id) DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER client_changed_words AFTER UPDATE OF name_fold, mail_fold, closed_at ON client FOR EACH ROW
    WHEN (OLD.name_fold <> NEW.name_fold OR OLD.mail_fold <> NEW.mail_fold
            OR OLD.closed_at IS DISTINCT FROM NEW.closed_at)
    EXECUTE FUNCTION client_changed_words();
-- Whoever was written while the table was filled, before the triggers were there.
DELETE FROM client_word WHERE client_id IN (SELECT client_id FROM client
    WHERE updated_at >= CAST(extract(epoch FROM now()) * 1000 AS BIGINT) - 60000);
INSERT INTO client_word (closed, word, client_id, spelling)
    SELECT CASE WHEN closed_at IS NULL THEN 0 ELSE 1 END, word, client_id, spelling
    FROM client, client_spelling(name_fold, mail_fold) AS spelling, client_words(spelling) AS word
    WHERE updated_at >= CAST(extract(epoch FROM now()) * 1000 AS BIGINT) - 60000
    ON CONFLICT (closed, word, client_id) DO NOTHING;

-- What is counted is kept in several rows at once where many write at once: a slot each, to be added up. Each connection
-- has its own, so that nobody waits for another's commit.

-- How many numbers there are in each state.
CREATE TABLE stock_count (
    country     TEXT NOT NULL,
    number_type TEXT NOT NULL,
    status      TEXT NOT NULL,
    slot        BIGINT NOT NULL,
    count       BIGINT NOT NULL,
    PRIMARY KEY (country, number_type, status, slot)
);
-- How many were given to clients in each hour (Unix time in hours). What was imported was not given out here.
CREATE TABLE given_count (
    hour        BIGINT NOT NULL,
    country     TEXT NOT NULL,
    number_type TEXT NOT NULL,
    slot        BIGINT NOT NULL,
    count       BIGINT NOT NULL,
    PRIMARY KEY (hour, country, number_type, slot)
);

CREATE FUNCTION proxy_number_added_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stock_count (country, number_type, status, slot, count)
        SELECT country, number_type, status, pg_backend_pid() % 64, COUNT(*) FROM added
        GROUP BY country, number_type, status ORDER BY country, number_type, status
        ON CONFLICT (country, number_type, status, slot) DO UPDATE SET count = stock_count.count + excluded.count;
    RETURN NULL;
END $$;
CREATE TRIGGER proxy_number_added_count AFTER INSERT ON proxy_number REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION proxy_number_added_count();
-- In one order, so that two never wait for each other.
CREATE FUNCTION proxy_number_changed_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stock_count (country, number_type, status, slot, count)
        SELECT country, number_type, status, pg_backend_pid() % 64, more
        FROM (VALUES (OLD.country, OLD.number_type, OLD.status, -1), (NEW.country, NEW.number_type, NEW.status, 1))
            AS both_states (country, number_type, status, more)
        ORDER BY country, number_type, status
        ON CONFLICT (country, number_type, status, slot) DO UPDATE SET count = stock_count.count + excluded.count;
    IF NEW.status = 'assigned' AND OLD.status <> 'assigned' AND NEW.reason <> 'imported' THEN
        INSERT INTO given_count (hour, country, number_type, slot, count)
            VALUES (NEW.since / 3600000, NEW.country, NEW.number_type, pg_backend_pid() % 64, 1)
            ON CONFLICT (hour, country, number_type, slot) DO UPDATE SET count = given_count.count + 1;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER proxy_number_changed_count AFTER UPDATE OF country, number_type, status ON proxy_number FOR EACH ROW
    WHEN (OLD.status <> NEW.status OR OLD.country <> NEW.country OR OLD.number_type <> NEW.number_type)
    EXECUTE FUNCTION proxy_number_changed_count();
CREATE FUNCTION proxy_number_gone_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stock_count (country, number_type, status, slot, count)
        VALUES (OLD.country, OLD.number_type, OLD.status, pg_backend_pid() % 64, -1)
        ON CONFLICT (country, number_type, status, slot) DO UPDATE SET count = stock_count.count - 1;
    RETURN NULL;
END $$;
CREATE TRIGGER proxy_number_gone_count AFTER DELETE ON proxy_number
    FOR EACH ROW EXECUTE FUNCTION proxy_number_gone_count();
INSERT INTO stock_count (country, number_type, status, slot, count)
    SELECT country, number_type, status, 0, COUNT(*) FROM proxy_number GROUP BY country, number_type, status;
INSERT INTO given_count (hour, country, number_type, slot, count)
    SELECT hour, country, number_type, 0, COUNT(*) FROM (
        SELECT since / 3600000 AS hour, country, number_type FROM proxy_number
            WHERE status = 'assigned' AND reason <> 'imported'
                AND since >= CAST(extract(epoch FROM now()) * 1000 AS BIGINT) - 3456000000
        UNION ALL SELECT p.since / 3600000, n.country, n.number_type FROM number_past p
            JOIN proxy_number n ON n.phone = p.phone
            WHERE p.status = 'assigned' AND p.reason <> 'imported'
                AND p.since >= CAST(extract(epoch FROM now()) * 1000 AS BIGINT) - 3456000000) AS given
    GROUP BY hour, country, number_type;

-- To find closed clients, the numbers that a client had, numbers in a rare state, and confirmations by where they stand.
CREATE INDEX client_closed ON client (client_id) WHERE closed_at IS NOT NULL;
CREATE INDEX number_past_client ON number_past (client_id) WHERE client_id IS NOT NULL;
CREATE INDEX proxy_number_state ON proxy_number (status, phone) WHERE status <> 'assigned';
CREATE INDEX confirmation_board ON confirmation (stage, COALESCE(ended_at, created_at), pending_id);
CREATE INDEX confirmation_locked ON confirmation (created_at, pending_id) WHERE stage = 'open' AND tries >= 5;

-- How many calls and texts of each hour came to what. What is only on its way is not counted: it is looked at where it is.
CREATE TABLE traffic_count (
    hour    BIGINT NOT NULL,
    channel TEXT NOT NULL,
    outcome TEXT NOT NULL,
    slot    BIGINT NOT NULL,
    count   BIGINT NOT NULL,
    PRIMARY KEY (hour, channel, outcome, slot)
);

CREATE FUNCTION interaction_added_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO traffic_count (hour, channel, outcome, slot, count)
        VALUES (NEW.started_at / 3600000, NEW.channel, NEW.outcome, pg_backend_pid() % 64, 1)
        ON CONFLICT (hour, channel, outcome, slot) DO UPDATE SET count = traffic_count.count + 1;
    RETURN NULL;
END $$;
CREATE TRIGGER interaction_added_count AFTER INSERT ON interaction FOR EACH ROW
    WHEN (NEW.outcome NOT IN ('connecting', 'queued', 'sending'))
    EXECUTE FUNCTION interaction_added_count();
CREATE FUNCTION interaction_changed_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO traffic_count (hour, channel, outcome, slot, count)
        SELECT NEW.started_at / 3600000, NEW.channel, outcome, pg_backend_pid() % 64, more
        FROM (VALUES (OLD.outcome, -1), (NEW.outcome, 1)) AS both_outcomes (outcome, more)
        WHERE outcome NOT IN ('connecting', 'queued', 'sending')
        ORDER BY outcome
        ON CONFLICT (hour, channel, outcome, slot) DO UPDATE SET count = traffic_count.count + excluded.count;
    RETURN NULL;
END $$;
CREATE TRIGGER interaction_changed_count AFTER UPDATE OF outcome ON interaction FOR EACH ROW
    WHEN (OLD.outcome <> NEW.outcome)
    EXECUTE FUNCTION interaction_changed_count();
-- Last, as calls wait from the trigger on until all of this is committed. The last eight days, which is what a page shows. Ids
-- begin with the time they were made at.
INSERT INTO traffic_count (hour, channel, outcome, slot, count)
    SELECT started_at / 3600000, channel, outcome, 0, COUNT(*) FROM interaction
    WHERE id >= CAST(lpad(to_hex(CAST(extract(epoch FROM now()) * 1000 AS BIGINT) - 691200000), 12, '0')
            || '00000000000000000000' AS UUID)
        AND outcome NOT IN ('connecting', 'queued', 'sending')
    GROUP BY started_at / 3600000, channel, outcome;
