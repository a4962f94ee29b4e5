-- Who is signed in to the console.

CREATE TABLE console_session (
    -- SHA-256 of the cookie, which is 256 bits of chance.
    hash       BYTEA PRIMARY KEY CHECK (octet_length(hash) = 32),
    token      TEXT NOT NULL,
    -- SHA-256 of the token that opened it.
    token_hash BYTEA NOT NULL CHECK (octet_length(token_hash) = 32),
    begun_at   BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL
);
CREATE INDEX console_session_token ON console_session (token);
CREATE INDEX console_session_age ON console_session (begun_at);
