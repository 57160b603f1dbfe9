-- +goose Up

-- A report is a narrow row that changes with its status, and the contents that it
-- has had, which never change: report_versions has its verbatims and report_revisions
-- all else that its source says. So no import overwrites what an earlier one
-- brought, and a status is written without the columns of the file.
ALTER TABLE reports RENAME TO ae_reports;
-- The newest of report_revisions.
ALTER TABLE ae_reports ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
-- 1: the source does not say whether the event is serious; serious is 1 then, so
-- that the report comes with the serious ones.
ALTER TABLE ae_reports ADD COLUMN serious_unknown INTEGER NOT NULL DEFAULT 0 CHECK (serious_unknown IN (0, serious));
-- 1: a file had further rows of this identity and verbatim (IDENTITY_REPEATED).
ALTER TABLE ae_reports ADD COLUMN repeated INTEGER NOT NULL DEFAULT 0 CHECK (repeated IN (0, 1));

CREATE TABLE report_revisions (
    report_id        INTEGER NOT NULL REFERENCES ae_reports (id),
    -- From 1. It rises with any change of the verbatim, the language, the
    -- seriousness or the columns; verbatim_version with the first two.
    revision         INTEGER NOT NULL,
    verbatim_version INTEGER NOT NULL,
    serious          INTEGER NOT NULL CHECK (serious IN (0, 1)),
    serious_unknown  INTEGER NOT NULL CHECK (serious_unknown IN (0, serious)),
    -- JSON: [{"n": name, "v": value}], or "b", base64, for bytes that are no text.
    fields           TEXT    NOT NULL,
    -- The import and line that this came from; '' and 0 for a call.
    import_id        TEXT    NOT NULL,
    line             INTEGER NOT NULL,
    received_at      INTEGER NOT NULL,
    PRIMARY KEY (report_id, revision)
) WITHOUT ROWID;
INSERT INTO report_revisions (report_id, revision, verbatim_version, serious, serious_unknown, fields, import_id, line, received_at)
    SELECT id, 1, verbatim_version, serious, 0, fields, import_id, import_line, updated_at FROM ae_reports;

ALTER TABLE ae_reports DROP COLUMN fields;
ALTER TABLE ae_reports DROP COLUMN import_id;
ALTER TABLE ae_reports DROP COLUMN import_line;
ALTER TABLE ae_reports DROP COLUMN language;

-- The latest values of volatile columns, which make no revision.
CREATE TABLE report_volatile (
    report_id  INTEGER PRIMARY KEY REFERENCES ae_reports (id),
    fields     TEXT    NOT NULL,
    updated_at INTEGER NOT NULL
);

-- The columns that identify a record in each source, in the words of the first
-- import that named them. A later import with others is refused.
CREATE TABLE sources (
    source    TEXT PRIMARY KEY,
    -- JSON: the names of the columns.
    identity  TEXT    NOT NULL,
    import_id TEXT    NOT NULL,
    fixed_at  INTEGER NOT NULL
) WITHOUT ROWID;

-- Rows that are in another count as well: see package report.
ALTER TABLE imports ADD COLUMN repeats            INTEGER NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN identity_repeated  INTEGER NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN duplicate_identity INTEGER NOT NULL DEFAULT 0;
-- JSON: how the file was read (format, encoding, separator, mapping).
ALTER TABLE imports ADD COLUMN reading            TEXT    NOT NULL DEFAULT '';

-- +goose StatementBegin
CREATE TRIGGER report_revisions_no_update BEFORE UPDATE ON report_revisions
BEGIN SELECT RAISE(ABORT, 'the contents of reports are never overwritten: a change is a further revision'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER report_revisions_no_delete BEFORE DELETE ON report_revisions
BEGIN SELECT RAISE(ABORT, 'the contents of reports are never overwritten: a change is a further revision'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER report_versions_no_update BEFORE UPDATE ON report_versions
BEGIN SELECT RAISE(ABORT, 'the contents of reports are never overwritten: a change is a further revision'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER report_versions_no_delete BEFORE DELETE ON report_versions
BEGIN SELECT RAISE(ABORT, 'the contents of reports are never overwritten: a change is a further revision'); END;
-- +goose StatementEnd

-- A program of before does not know these tables, and one process at a time uses the
-- file: to go back to it, start it on the backup from before this migration.
UPDATE schema_support SET version = 6, oldest_program_schema = 6;
