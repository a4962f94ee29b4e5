-- What the operator's console reads: clients by the words that they are known by, and counts that are kept while things
-- happen, so that no page counts millions of rows.

-- The words of names, and the e-mail addresses: lower case, without accents. Those of clients who are not closed come first.
-- Each row has all words of its client, a space before each: who looks for several compares them without going elsewhere.
CREATE TABLE client_word (
    closed    INTEGER NOT NULL CHECK (closed IN (0, 1)),
    word      TEXT NOT NULL,
    client_id INTEGER NOT NULL,
    spelling  TEXT NOT NULL,
    PRIMARY KEY (closed, word, client_id)
) STRICT, WITHOUT ROWID;

-- The words of each client, as `proxycall_domain::search` makes them. Of a name with hyphens or apostrophes the parts too. A
-- trigger has no loops: hence long expressions, in parts that older parsers bear too, each computed once by json_each.
CREATE VIEW client_spelling AS
    SELECT c.closed_at IS NOT NULL AS closed, word.value AS word, c.client_id, spelling.value AS spelling
    FROM client c
    JOIN json_each(json_array(c.name_fold || char(10) || c.mail_fold)) AS s0
    JOIN json_each(json_array(CASE WHEN length(CAST(s0.value AS BLOB)) = length(s0.value) THEN s0.value ELSE
        replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
        replace(replace(replace(replace(s0.value
        , 'à', 'a'), 'á', 'a'), 'â', 'a'), 'ã', 'a'), 'ä', 'a'), 'å', 'a'), 'ā', 'a'), 'ă', 'a'), 'ą', 'a')
        , 'ç', 'c'), 'ć', 'c'), 'ĉ', 'c'), 'ċ', 'c'), 'č', 'c'), 'ď', 'd'), 'đ', 'd') END)) AS s1
    JOIN json_each(json_array(CASE WHEN length(CAST(s1.value AS BLOB)) = length(s1.value) THEN s1.value ELSE
        replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
        replace(replace(replace(s1.value
        , 'è', 'e'), 'é', 'e'), 'ê', 'e'), 'ë', 'e'), 'ē', 'e'), 'ĕ', 'e'), 'ė', 'e'), 'ę', 'e'), 'ě', 'e')
        , 'ĝ', 'g'), 'ğ', 'g'), 'ġ', 'g'), 'ģ', 'g'), 'ĥ', 'h'), 'ħ', 'h') END)) AS s2
    JOIN json_each(json_array(CASE WHEN length(CAST(s2.value AS BLOB)) = length(s2.value) THEN s2.value ELSE
        replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
        replace(replace(replace(replace(s2.value
        , 'ì', 'i'), 'í', 'i'), 'î', 'i'), 'ï', 'i'), 'ĩ', 'i'), 'ī', 'i'), 'ĭ', 'i'), 'į', 'i'), 'ı', 'i')
        , 'ĵ', 'j'), 'ķ', 'k'), 'ĺ', 'l'), 'ļ', 'l'), 'ľ', 'l'), 'ŀ', 'l'), 'ł', 'l') END)) AS s3
    JOIN json_each(json_array(CASE WHEN length(CAST(s3.value AS BLOB)) = length(s3.value) THEN s3.value ELSE
        replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
        replace(replace(replace(replace(s3.value
        , 'ñ', 'n'), 'ń', 'n'), 'ņ', 'n'), 'ň', 'n')
        , 'ò', 'o'), 'ó', 'o'), 'ô', 'o'), 'õ', 'o'), 'ö', 'o'), 'ø', 'o'), 'ō', 'o'), 'ŏ', 'o'), 'ő', 'o')
        , 'ŕ', 'r'), 'ŗ', 'r'), 'ř', 'r') END)) AS s4
    JOIN json_each(json_array(CASE WHEN length(CAST(s4.value AS BLOB)) = length(s4.value) THEN s4.value ELSE
        replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
        replace(replace(replace(replace(replace(replace(replace(s4.value
        , 'ś', 's'), 'ŝ', 's'), 'ş', 's'), 'š', 's'), 'ș', 's'), 'ţ', 't'), 'ť', 't'), 'ŧ', 't'), 'ț', 't')
        , 'ù', 'u'), 'ú', 'u'), 'û', 'u'), 'ü', 'u'), 'ũ', 'u'), 'ū', 'u'), 'ŭ', 'u')
        , 'ů', 'u'), 'ű', 'u'), 'ų', 'u') END)) AS s5
    JOIN json_each(json_array(CASE WHEN length(CAST(s5.value AS BLOB)) = length(s5.value) THEN s5.value ELSE
        replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(s5.value
        , 'ŵ', 'w'), 'ý', 'y'), 'ÿ', 'y'), 'ŷ', 'y'), 'ź', 'z'), 'ż', 'z'), 'ž', 'z'), 'œ', 'oe'), 'æ', 'ae')
        , 'ß', 'ss') END)) AS s6
    JOIN json_each(json_array(CASE WHEN length(CAST(s6.value AS BLOB)) = length(s6.value) THEN s6.value ELSE
        replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
        replace(replace(replace(replace(replace(replace(s6.value
        , char(768), ''), char(769), ''), char(770), ''), char(771), ''), char(772), ''), char(774), ''), char(775), '')
        , char(776), ''), char(778), ''), char(779), ''), char(780), ''), char(807), ''), char(808), '')
        , '’', ''''), char(8208), '-'), char(8209), '-'), char(160), ' '), char(8239), ' ') END)) AS plain
    JOIN json_each(json_array(
        ' ' || substr(plain.value, 1, instr(plain.value, char(10)) - 1)
        || ' ' || replace(replace(substr(plain.value, 1, instr(plain.value, char(10)) - 1), '-', ' '), '''', ' ')
        || ' ' || substr(plain.value, instr(plain.value, char(10)) + 1))) AS spelling
    JOIN json_each('[' || replace(json_quote(spelling.value), ' ', '","') || ']') AS word
    WHERE word.value <> '';

-- Most of an import takes the short way: nothing to fold, and no parts.
CREATE TRIGGER client_added_words AFTER INSERT ON client
    WHEN length(CAST(NEW.name_fold || NEW.mail_fold AS BLOB)) = length(NEW.name_fold || NEW.mail_fold)
        AND instr(NEW.name_fold, '-') = 0 AND instr(NEW.name_fold, '''') = 0
BEGIN
    INSERT INTO client_word (closed, word, client_id, spelling)
        SELECT NEW.closed_at IS NOT NULL, value, NEW.client_id, ' ' || NEW.name_fold || ' ' || NEW.mail_fold
        FROM json_each('[' || replace(json_quote(NEW.name_fold || ' ' || NEW.mail_fold), ' ', '","') || ']')
        WHERE value <> ''
        ON CONFLICT (closed, word, client_id) DO NOTHING;
END;
CREATE TRIGGER client_added_spelling AFTER INSERT ON client
    WHEN length(CAST(NEW.name_fold || NEW.mail_fold AS BLOB)) <> length(NEW.name_fold || NEW.mail_fold)
        OR instr(NEW.name_fold, '-') > 0 OR instr(NEW.name_fold, '''') > 0
BEGIN
    INSERT INTO client_word (closed, word, client_id, spelling)
        SELECT closed, word, client_id, spelling FROM client_spelling WHERE client_id = NEW.client_id
        ON CONFLICT (closed, word, client_id) DO NOTHING;
END;
-- Before, the view still says what the words were.
CREATE TRIGGER client_old_words BEFORE UPDATE OF name_fold, mail_fold, closed_at ON client
    WHEN OLD.name_fold <> NEW.name_fold OR OLD.mail_fold <> NEW.mail_fold OR OLD.closed_at IS NOT NEW.closed_at
BEGIN
    DELETE FROM client_word WHERE (closed, word, client_id) IN
        (SELECT closed, word, client_id FROM client_spelling WHERE client_id = OLD.client_id);
END;
CREATE TRIGGER client_new_words AFTER UPDATE OF name_fold, mail_fold, closed_at ON client
    WHEN OLD.name_fold <> NEW.name_fold OR OLD.mail_fold <> NEW.mail_fold OR OLD.closed_at IS NOT NEW.closed_at
BEGIN
    INSERT INTO client_word (closed, word, client_id, spelling)
        SELECT closed, word, client_id, spelling FROM client_spelling WHERE client_id = NEW.client_id
        ON CONFLICT (closed, word, client_id) DO NOTHING;
END;
INSERT INTO client_word (closed, word, client_id, spelling)
    SELECT DISTINCT closed, word, client_id, spelling FROM client_spelling ORDER BY closed, word, client_id;

-- What is counted is kept in several rows at once where many write at once: a slot each, to be added up. SQLite has one writer.

-- How many numbers there are in each state.
CREATE TABLE stock_count (
    country     TEXT NOT NULL,
    number_type TEXT NOT NULL,
    status      TEXT NOT NULL,
    slot        INTEGER NOT NULL,
    count       INTEGER NOT NULL,
    PRIMARY KEY (country, number_type, status, slot)
) STRICT, WITHOUT ROWID;
-- How many were given to clients in each hour (Unix time in hours). What was imported was not given out here.
CREATE TABLE given_count (
    hour        INTEGER NOT NULL,
    country     TEXT NOT NULL,
    number_type TEXT NOT NULL,
    slot        INTEGER NOT NULL,
    count       INTEGER NOT NULL,
    PRIMARY KEY (hour, country, number_type, slot)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER proxy_number_added_count AFTER INSERT ON proxy_number
BEGIN
    INSERT INTO stock_count (country, number_type, status, slot, count)
        VALUES (NEW.country, NEW.number_type, NEW.status, 0, 1)
        ON CONFLICT (country, number_type, status, slot) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER proxy_number_changed_count AFTER UPDATE OF country, number_type, status ON proxy_number
    WHEN OLD.status <> NEW.status OR OLD.country <> NEW.country OR OLD.number_type <> NEW.number_type
BEGIN
    UPDATE stock_count SET count = count - 1
        WHERE country = OLD.country AND number_type = OLD.number_type AND status = OLD.status AND slot = 0;
    INSERT INTO stock_count (country, number_type, status, slot, count)
        VALUES (NEW.country, NEW.number_type, NEW.status, 0, 1)
        ON CONFLICT (country, number_type, status, slot) DO UPDATE SET count = count + 1;
    INSERT INTO given_count (hour, country, number_type, slot, count)
        SELECT NEW.since / 3600000, NEW.country, NEW.number_type, 0, 1
        WHERE NEW.status = 'assigned' AND OLD.status <> 'assigned' AND NEW.reason <> 'imported'
        ON CONFLICT (hour, country, number_type, slot) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER proxy_number_gone_count AFTER DELETE ON proxy_number
BEGIN
    UPDATE stock_count SET count = count - 1
        WHERE country = OLD.country AND number_type = OLD.number_type AND status = OLD.status AND slot = 0;
END;
INSERT INTO stock_count (country, number_type, status, slot, count)
    SELECT country, number_type, status, 0, COUNT(*) FROM proxy_number GROUP BY country, number_type, status;
INSERT INTO given_count (hour, country, number_type, slot, count)
    SELECT hour, country, number_type, 0, COUNT(*) FROM (
        SELECT since / 3600000 AS hour, country, number_type FROM proxy_number
            WHERE status = 'assigned' AND reason <> 'imported' AND since >= (unixepoch() - 40 * 86400) * 1000
        UNION ALL SELECT p.since / 3600000, n.country, n.number_type FROM number_past p
            JOIN proxy_number n ON n.phone = p.phone
            WHERE p.status = 'assigned' AND p.reason <> 'imported' AND p.since >= (unixepoch() - 40 * 86400) * 1000)
    GROUP BY hour, country, number_type;

-- How many calls and texts of each hour came to what. What is only on its way is not counted: it is looked at where it is.
CREATE TABLE traffic_count (
    hour    INTEGER NOT NULL,
    channel TEXT NOT NULL,
    outcome TEXT NOT NULL,
    slot    INTEGER NOT NULL,
    count   INTEGER NOT NULL,
    PRIMARY KEY (hour, channel, outcome, slot)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER interaction_added_count AFTER INSERT ON interaction
    WHEN NEW.outcome NOT IN ('connecting', 'queued', 'sending')
BEGIN
    INSERT INTO traffic_count (hour, channel, outcome, slot, count)
        VALUES (NEW.started_at / 3600000, NEW.channel, NEW.outcome, 0, 1)
        ON CONFLICT (hour, channel, outcome, slot) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER interaction_changed_count AFTER UPDATE OF outcome ON interaction
    WHEN OLD.outcome <> NEW.outcome
BEGIN
    UPDATE traffic_count SET count = count - 1
        WHERE hour = OLD.started_at / 3600000 AND channel = OLD.channel AND outcome = OLD.outcome AND slot = 0;
    INSERT INTO traffic_count (hour, channel, outcome, slot, count)
        SELECT NEW.started_at / 3600000, NEW.channel, NEW.outcome, 0, 1
        WHERE NEW.outcome NOT IN ('connecting', 'queued', 'sending')
        ON CONFLICT (hour, channel, outcome, slot) DO UPDATE SET count = count + 1;
END;
-- The last eight days, which is what a page shows. Ids begin with the time they were made at.
INSERT INTO traffic_count (hour, channel, outcome, slot, count)
    SELECT started_at / 3600000, channel, outcome, 0, COUNT(*) FROM interaction
    WHERE id >= unhex(printf('%012x', (unixepoch() - 8 * 86400) * 1000) || '00000000000000000000')
        AND outcome NOT IN ('connecting', 'queued', 'sending')
    GROUP BY started_at / 3600000, channel, outcome;

-- To find closed clients, the numbers that a client had, numbers in a rare state, and confirmations by where they stand.
CREATE INDEX client_closed ON client (client_id) WHERE closed_at IS NOT NULL;
CREATE INDEX number_past_client ON number_past (client_id) WHERE client_id IS NOT NULL;
CREATE INDEX proxy_number_state ON proxy_number (status, phone) WHERE status <> 'assigned';
CREATE INDEX confirmation_board ON confirmation (stage, COALESCE(ended_at, created_at), pending_id);
CREATE INDEX confirmation_locked ON confirmation (created_at, pending_id) WHERE stage = 'open' AND tries >= 5;
