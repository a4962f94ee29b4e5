-- Who is signed in to the console.

CREATE TABLE console_session (
    -- SHA-256 of the cookie, which is 256 bits of chance.
    hash       BLOB PRIMARY KEY CHECK (length(hash) = 32),
    token      TEXT NOT NULL,
    -- SHA-256 of the token that opened it.
    token_hash BLOB NOT NULL CHECK (length(token_hash) = 32),
    begun_at   INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX console_session_token ON console_session (token);
CREATE INDEX console_session_age ON console_session (begun_at);
