-- +goose Up

-- How many attempts failed by themselves, as their owners counted. attempts counts
-- every claim, also of one that was interrupted or whose owner died.
ALTER TABLE chunks ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
