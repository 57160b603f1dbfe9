-- +goose Up

-- Since when a report stands as it does: the receipt of its present verbatim, or
-- its last change of status, whichever came later. How long the oldest has waited
-- is read from it, by an index of those that wait. What stood before this was noted
-- has none, and waits since it was updated.
ALTER TABLE reports ADD COLUMN status_since INTEGER;

CREATE INDEX reports_pending ON reports (status_since, updated_at) WHERE status = 'PENDING';
CREATE INDEX reports_serious_review ON reports (status_since, updated_at) WHERE status = 'REVIEW' AND serious = 1;

UPDATE schema_support SET version = 5, oldest_program_schema = 4;
