-- Who may use the API, and what operators did.

-- API tokens. Revoked ones stay: a name stands in the audit log and is never given twice.
CREATE TABLE api_token (
    name         TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 32),
    scope        TEXT NOT NULL CHECK (scope IN ('read', 'operate', 'admin')),
    -- SHA-256 of the token, which is 256 bits of chance.
    hash         BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    created_at   INTEGER NOT NULL,
    rotated_at   INTEGER,
    expires_at   INTEGER,
    last_used_at INTEGER,
    revoked_at   INTEGER
) STRICT;

-- What operators did: written before it is carried out, completed after.
CREATE TABLE audit (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    at         INTEGER NOT NULL,
    actor      TEXT NOT NULL,
    action     TEXT NOT NULL,
    -- A client's id, a masked number, a confirmation, a setting. Never a real number or a name.
    subject    TEXT NOT NULL,
    outcome    TEXT NOT NULL CHECK (outcome IN ('begun', 'done', 'refused', 'failed')),
    request_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_actor ON audit (actor, id);
CREATE INDEX audit_action ON audit (action, id);
CREATE INDEX audit_subject ON audit (subject, id);
