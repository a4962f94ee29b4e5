-- What SQLite does for a call, without what it does for nothing. The rules are the same.

-- SQLite makes a table in memory of a list of more than two words, anew for each row that it checks: the 22 outcomes were a
-- quarter of what recording a call cost. As equations they are compared one after the other, the most frequent first. Nothing on
-- the disk differs under the same check, so its text is changed where the schema keeps it, as in migration 8.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
    SET sql = substr(sql, 1, instr(sql, 'CHECK (outcome IN (') + 6)
        || 'outcome = ''connecting'' OR outcome = ''completed'' OR outcome = ''busy'' OR
            outcome = ''no_answer'' OR outcome = ''canceled'' OR outcome = ''queued'' OR
            outcome = ''sending'' OR outcome = ''sent'' OR outcome = ''delivered'' OR
            outcome = ''undelivered'' OR outcome = ''unknown'' OR outcome = ''failed'' OR
            outcome = ''opt_out'' OR outcome = ''refused_unknown_number'' OR
            outcome = ''refused_region'' OR outcome = ''refused_withheld'' OR
            outcome = ''refused_no_recent_caller'' OR outcome = ''refused_destination'' OR
            outcome = ''refused_loop'' OR outcome = ''refused_empty'' OR outcome = ''refused_blocked'' OR
            outcome = ''refused_paused'''
        || substr(sql, instr(sql, '''refused_paused'')') + 17)
    WHERE type = 'table' AND name = 'interaction';
UPDATE sqlite_schema
    SET sql = replace(sql, 'outcome IN (''queued'', ''sending'', ''sent'')',
                      'outcome = ''queued'' OR outcome = ''sending'' OR outcome = ''sent''')
    WHERE type = 'table' AND name = 'interaction';
PRAGMA writable_schema = RESET;

-- An insertion with a trigger keeps each page as it was until it is done. Most calls are not counted when they begin, so the
-- few that are over then, as they were refused, are counted by whoever inserts them. A version before this one, if it is gone
-- back to, leaves those out of its count.
DROP TRIGGER interaction_added_count;

DROP TRIGGER interaction_changed_count;
CREATE TRIGGER interaction_changed_count AFTER UPDATE OF outcome ON interaction
    WHEN OLD.outcome <> NEW.outcome
BEGIN
    UPDATE traffic_count SET count = count - 1
        WHERE hour = OLD.started_at / 3600000 AND channel = OLD.channel AND outcome = OLD.outcome AND slot = 0;
    INSERT INTO traffic_count (hour, channel, outcome, slot, count)
        SELECT NEW.started_at / 3600000, NEW.channel, NEW.outcome, 0, 1
        WHERE NEW.outcome <> 'connecting' AND NEW.outcome <> 'queued' AND NEW.outcome <> 'sending'
        ON CONFLICT (hour, channel, outcome, slot) DO UPDATE SET count = count + 1;
END;

-- Asked only where it may matter: a last caller who is remembered has nothing to do with it.
DROP TRIGGER client_erased;
CREATE TRIGGER client_erased BEFORE UPDATE OF erased_at ON client
    WHEN OLD.erased_at IS NOT NULL AND NEW.erased_at IS NOT OLD.erased_at
BEGIN
    SELECT RAISE(ABORT, 'client_erased');
END;

-- What passed through a number is found with the clients whose it was. Only what came while it was nobody's has no client.
CREATE INDEX interaction_nobody ON interaction (dialled, id) WHERE client_id IS NULL;
DROP INDEX interaction_dialled;
