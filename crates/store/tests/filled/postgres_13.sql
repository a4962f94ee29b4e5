-- What a service of schema 13 adds: an alert that was told, a report that went out, somebody signed in to the console, calls that
-- were counted, one of them refused to somebody who dialled a number that is nobody's.

UPDATE alert SET seen_at = 1795420860000, told_at = 1795420860000;
INSERT INTO report_sent (week, sent_at) VALUES ('2026-W47', 1795420860000);
INSERT INTO console_session (hash, token, token_hash, begun_at, seen_at)
    VALUES ('\x0101010101010101010101010101010101010101010101010101010101010101', 'shop', '\x0202020202020202020202020202020202020202020202020202020202020202', 1795420860000, 1795420860000);
INSERT INTO interaction (id, channel, dialled, inbound_sid, outcome, answer, started_at, ended_at)
    VALUES ('01a20000-0000-7000-0000-000000000013', 'call', 33199000999, 'CAnobody', 'refused_unknown_number', '\x00', 1795420860000, 1795420860000);
