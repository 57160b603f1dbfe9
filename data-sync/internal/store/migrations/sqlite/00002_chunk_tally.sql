-- +goose Up

-- JSON: the chunk's members with an outcome, counted by tally and detail, so
-- that the progress of an open pass is a sum over its chunks.
ALTER TABLE chunks ADD COLUMN tally TEXT NOT NULL DEFAULT '';

UPDATE chunks SET tally = (
    SELECT json_group_object(k.tally, json(k.details)) FROM (
        SELECT d.tally, json_group_object(d.detail, d.n) AS details FROM (
            SELECT m.tally, m.detail, count(*) AS n FROM pass_members m
            WHERE m.run_id = chunks.run_id AND m.pass = chunks.pass AND m.chunk_seq = chunks.seq AND m.outcome <> ''
            GROUP BY m.tally, m.detail) AS d
        GROUP BY d.tally) AS k)
WHERE EXISTS (SELECT 1 FROM passes p
    WHERE p.run_id = chunks.run_id AND p.number = chunks.pass AND p.state IN ('RUNNING', 'PAUSED'));

-- Claims look at what is left, however much is done.
CREATE INDEX chunks_open ON chunks (run_id, pass, seq) WHERE state <> 'DONE';

CREATE INDEX audit_report ON audit (report_id, id) WHERE report_id IS NOT NULL;
