-- A number rests after a client had it whatever becomes of it meanwhile: set aside, missing, given back and found again.

-- When the client who had it last lost it.
ALTER TABLE proxy_number ADD COLUMN owned_until BIGINT;
-- Until when nobody else gets it. It outlives the state in which the number rests.
ALTER TABLE proxy_number ADD COLUMN rest_until BIGINT;

-- Numbers that left a client before: as long as is usual, where nobody wrote down how long.
UPDATE proxy_number SET owned_until = (SELECT MAX(p.until) FROM number_past p
        WHERE p.phone = proxy_number.phone AND p.client_id IS NOT NULL)
    WHERE client_id IS NULL AND status IN ('quarantined', 'error', 'missing', 'released');
UPDATE proxy_number SET rest_until = COALESCE(quarantine_until, owned_until + 2592000000)
    WHERE client_id IS NULL AND status IN ('quarantined', 'error', 'missing', 'released');

-- No verb can forget it: nobody gets a number, but the client who had it, before its rest is over.
CREATE FUNCTION proxy_number_rest() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'number_rest' USING ERRCODE = 'check_violation', CONSTRAINT = 'number_rest';
END $$;
CREATE TRIGGER proxy_number_rest BEFORE UPDATE OF status ON proxy_number FOR EACH ROW
    WHEN ((NEW.status = 'available' AND OLD.status <> 'available' AND NEW.rest_until > NEW.since)
        OR (NEW.status = 'assigned' AND OLD.status IN ('quarantined', 'error', 'missing') AND OLD.client_id IS NULL
            AND OLD.rest_until > NEW.since AND OLD.former_client_id IS DISTINCT FROM NEW.client_id))
    EXECUTE FUNCTION proxy_number_rest();
