-- Confirmations: a client proves that a phone is theirs. Codes are nowhere: they derive from the key. What was sent over
-- which channel, and what came back, is kept so that nothing is sent or counted twice.

CREATE TABLE confirmation (
    pending_id  TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    mail        TEXT NOT NULL,
    phone       BLOB NOT NULL,
    phone_key   BLOB NOT NULL,
    country     TEXT NOT NULL CHECK (length(country) = 2),
    language    TEXT NOT NULL CHECK (language IN ('fr', 'en')),
    -- The type of the number that is held for it; existing: a client has the number already.
    number_type TEXT NOT NULL CHECK (number_type IN ('mobile', 'local', 'existing')),
    proxy       INTEGER NOT NULL REFERENCES proxy_number (phone),
    -- Where codes come from.
    sender      INTEGER NOT NULL REFERENCES proxy_number (phone),
    stage       TEXT NOT NULL CHECK (stage IN ('open', 'awaiting_consent', 'promoted', 'updated', 'expired', 'failed')),
    channel     TEXT CHECK (channel IN ('sms', 'voice', 'email')),
    generation  INTEGER NOT NULL CHECK (generation > 0),
    -- One code is compared with five wrong ones at most, over all channels.
    tries       INTEGER NOT NULL CHECK (tries BETWEEN 0 AND 5),
    change      TEXT,
    detail      TEXT NOT NULL,
    client_id   INTEGER REFERENCES client (client_id),
    -- A keyed hash of the address that asked for it by the public page.
    requester   BLOB,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    verified_at INTEGER,
    ended_at    INTEGER,
    revision    INTEGER NOT NULL,
    CHECK ((stage IN ('open', 'awaiting_consent')) = (ended_at IS NULL)),
    CHECK (stage NOT IN ('promoted', 'updated') OR client_id IS NOT NULL),
    CHECK (stage <> 'open' OR verified_at IS NULL)
) STRICT;
-- One phone is being confirmed once at most.
CREATE UNIQUE INDEX confirmation_phone ON confirmation (phone_key) WHERE stage = 'open';
CREATE INDEX confirmation_age ON confirmation (created_at) WHERE stage IN ('open', 'awaiting_consent');

-- What is over stays over.
CREATE TRIGGER confirmation_over BEFORE UPDATE ON confirmation WHEN OLD.ended_at IS NOT NULL AND NEW.stage <> OLD.stage
BEGIN
    SELECT RAISE(ABORT, 'confirmation_over');
END;

-- One text, call or mail of a confirmation.
CREATE TABLE dispatch (
    id          BLOB PRIMARY KEY,
    pending_id  TEXT NOT NULL REFERENCES confirmation (pending_id),
    generation  INTEGER NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('sms', 'voice', 'link', 'mail', 'thanks', 'consent')),
    state       TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'delivered', 'unknown', 'failed', 'dropped')),
    -- Whether somebody asked for it: that is limited. The rest comes by itself.
    requested   INTEGER NOT NULL CHECK (requested IN (0, 1)),
    phone_key   BLOB NOT NULL,
    mail_key    BLOB NOT NULL,
    -- The carrier's id.
    sid         TEXT,
    error_code  INTEGER,
    -- A call that says a code: the call that was picked up, and how many codes were typed in it.
    call_sid    TEXT,
    entries     INTEGER NOT NULL DEFAULT 0 CHECK (entries BETWEEN 0 AND 3),
    last_entry  TEXT,
    queued_at   INTEGER NOT NULL,
    sent_at     INTEGER
) STRICT;
CREATE INDEX dispatch_confirmation ON dispatch (pending_id, generation, kind);
CREATE INDEX dispatch_phone ON dispatch (phone_key, queued_at) WHERE requested = 1;
CREATE INDEX dispatch_mail ON dispatch (mail_key, queued_at) WHERE requested = 1;

-- What was asked of the public page in the last day, also what came to nothing: who asks is limited by it.
CREATE TABLE page_request (
    -- Keyed hashes of the address on the network, the phone and the e-mail address.
    requester   BLOB NOT NULL,
    phone_key   BLOB NOT NULL,
    mail_key    BLOB NOT NULL,
    at          INTEGER NOT NULL
) STRICT;
CREATE INDEX page_request_requester ON page_request (requester, at);
CREATE INDEX page_request_age ON page_request (at);

-- A text that answered a code: the same text again gets the same answer, and counts once.
CREATE TABLE code_reply (
    inbound_sid TEXT PRIMARY KEY,
    outcome     TEXT NOT NULL,
    answer      BLOB NOT NULL,
    at          INTEGER NOT NULL
) STRICT;

-- Somebody who comes back is known by the e-mail address.
CREATE INDEX client_mail ON client (mail_fold) WHERE closed_at IS NULL;
