-- +goose Up

-- Which programs may use a database that a newer one has migrated: those that
-- know schema version oldest_program_schema or a later one. It holds for the
-- schema version named beside it, so that a migration that forgets to say it
-- admits nobody. Every later migration ends with an UPDATE of it; package store
-- says which number that takes.
CREATE TABLE schema_support (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL,
    oldest_program_schema BIGINT NOT NULL CHECK (oldest_program_schema <= version)
);
INSERT INTO schema_support (id, version, oldest_program_schema) VALUES (1, 3, 3);
