-- +goose Up

-- Since when a report stands as it does: the receipt of its present verbatim, or
-- its last change of status, whichever came later. How long the oldest has waited
-- is read from it, by an index of those that wait. What stood before this was noted
-- has none, and waits since it was updated: to write a million rows here would keep
-- the replicas at work waiting.
ALTER TABLE reports ADD COLUMN status_since BIGINT;
-- A program of before, which runs on until it is replaced, does not set it.
ALTER TABLE reports ALTER COLUMN status_since SET DEFAULT (extract(epoch FROM clock_timestamp()) * 1000)::bigint;

CREATE INDEX reports_pending ON reports (status_since, updated_at) WHERE status = 'PENDING';
CREATE INDEX reports_serious_review ON reports (status_since, updated_at) WHERE status = 'REVIEW' AND serious = 1;

UPDATE schema_support SET version = 4, oldest_program_schema = 3;
