-- +goose Up

-- Since when a report stands as it does: the receipt of its present verbatim, or
-- its last change of status, whichever came later. How long the oldest has waited
-- is read from it, by an index of those that wait.
ALTER TABLE reports ADD COLUMN status_since INTEGER;

-- Of those in review it is not known since when: at most since this.
UPDATE reports SET status_since = (SELECT v.received_at FROM report_versions v
    WHERE v.report_id = reports.id AND v.verbatim_version = reports.verbatim_version)
WHERE status IN ('PENDING', 'REVIEW');

CREATE INDEX reports_pending ON reports (status_since) WHERE status = 'PENDING';
CREATE INDEX reports_serious_review ON reports (status_since) WHERE status = 'REVIEW' AND serious = 1;

UPDATE schema_support SET version = 5, oldest_program_schema = 4;
