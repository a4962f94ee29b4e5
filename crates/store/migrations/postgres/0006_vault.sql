-- Sealing what is private, and going over from one secret to another.

-- One row: which secret is used, and how far the work of sealing anew has come. Secrets are named by fingerprint.
CREATE TABLE vault (
    one         BIGINT PRIMARY KEY CHECK (one = 1),
    -- What writes use; null: the secret that the store was made with, which meta names.
    writes_with TEXT,
    -- Since when.
    begun_at    BIGINT,
    -- How far this time through all tables has come: the step, the last row, when it began, how many rows were not as they
    -- should be, and how many could not be opened.
    step        TEXT,
    last_row    TEXT,
    pass_at     BIGINT NOT NULL DEFAULT 0,
    renewed     BIGINT NOT NULL DEFAULT 0,
    unreadable  BIGINT NOT NULL DEFAULT 0,
    -- The secret that everything was found to be sealed with.
    sealed_with TEXT,
    -- Secrets that were given up, with spaces between: none is gone over to again.
    retired     TEXT NOT NULL DEFAULT ''
);
INSERT INTO vault (one) VALUES (1);

-- Names the keys that a confirmation's codes and links are made with; null: those of the store, from before keys had names.
ALTER TABLE confirmation ADD COLUMN code_key BYTEA;
