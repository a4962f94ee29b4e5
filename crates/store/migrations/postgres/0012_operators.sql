-- What operators are told by letter: when an alert was seen last and told last, when its end was told, and which weeks'
-- reports went out.

ALTER TABLE alert ADD COLUMN seen_at BIGINT;
ALTER TABLE alert ADD COLUMN told_at BIGINT;
ALTER TABLE alert ADD COLUMN end_told_at BIGINT;
CREATE INDEX alert_end_untold ON alert (cleared_at) WHERE cleared_at IS NOT NULL AND told_at IS NOT NULL AND end_told_at IS NULL;

CREATE TABLE report_sent (
    -- ISO week: 2026-W47.
    week    TEXT PRIMARY KEY,
    sent_at BIGINT NOT NULL
);
