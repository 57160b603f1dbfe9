-- +goose Up

-- A report is a narrow row that changes with its status, and the contents that it
-- has had, which never change: report_versions has its verbatims and report_revisions
-- all else that its source says. So no import overwrites what an earlier one
-- brought, and a status is written without the columns of the file.
ALTER TABLE reports RENAME TO ae_reports;
ALTER TABLE ae_reports
    -- The newest of report_revisions.
    ADD COLUMN revision INTEGER NOT NULL DEFAULT 1,
    -- 1: the source does not say whether the event is serious; serious is 1 then, so
    -- that the report comes with the serious ones.
    ADD COLUMN serious_unknown INTEGER NOT NULL DEFAULT 0 CHECK (serious_unknown IN (0, serious)),
    -- 1: a file had further rows of this identity and verbatim (IDENTITY_REPEATED).
    ADD COLUMN repeated INTEGER NOT NULL DEFAULT 0 CHECK (repeated IN (0, 1));

CREATE TABLE report_revisions (
    report_id        BIGINT  NOT NULL REFERENCES ae_reports (id),
    -- From 1. It rises with any change of the verbatim, the language, the
    -- seriousness or the columns; verbatim_version with the first two.
    revision         INTEGER NOT NULL,
    verbatim_version INTEGER NOT NULL,
    serious          INTEGER NOT NULL CHECK (serious IN (0, 1)),
    serious_unknown  INTEGER NOT NULL CHECK (serious_unknown IN (0, serious)),
    -- JSON: [{"n": name, "v": value}], or "b", base64, for bytes that are no text.
    fields           TEXT    NOT NULL,
    -- The import and line that this came from; '' and 0 for a call.
    import_id        TEXT COLLATE "C" NOT NULL,
    line             BIGINT  NOT NULL,
    received_at      BIGINT  NOT NULL,
    PRIMARY KEY (report_id, revision)
);
INSERT INTO report_revisions (report_id, revision, verbatim_version, serious, serious_unknown, fields, import_id, line, received_at)
    SELECT id, 1, verbatim_version, serious, 0, fields, import_id, import_line, updated_at FROM ae_reports;

ALTER TABLE ae_reports DROP COLUMN fields, DROP COLUMN import_id, DROP COLUMN import_line, DROP COLUMN language;

-- The latest values of volatile columns, which make no revision.
CREATE TABLE report_volatile (
    report_id  BIGINT PRIMARY KEY REFERENCES ae_reports (id),
    fields     TEXT   NOT NULL,
    updated_at BIGINT NOT NULL
);

-- The columns that identify a record in each source, in the words of the first
-- import that named them. A later import with others is refused.
CREATE TABLE sources (
    source    TEXT COLLATE "C" PRIMARY KEY,
    -- JSON: the names of the columns.
    identity  TEXT   NOT NULL,
    import_id TEXT COLLATE "C" NOT NULL,
    fixed_at  BIGINT NOT NULL
);

ALTER TABLE imports
    -- Rows that are in another count as well: see package report.
    ADD COLUMN repeats            BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN identity_repeated  BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN duplicate_identity BIGINT NOT NULL DEFAULT 0,
    -- JSON: how the file was read (format, encoding, separator, mapping).
    ADD COLUMN reading            TEXT   NOT NULL DEFAULT '';

-- +goose StatementBegin
CREATE FUNCTION contents_are_never_overwritten() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the contents of reports are never overwritten: a change is a further revision';
END $$;
-- +goose StatementEnd
CREATE TRIGGER report_revisions_no_update BEFORE UPDATE OR DELETE ON report_revisions
    FOR EACH ROW EXECUTE FUNCTION contents_are_never_overwritten();
CREATE TRIGGER report_revisions_no_truncate BEFORE TRUNCATE ON report_revisions
    FOR EACH STATEMENT EXECUTE FUNCTION contents_are_never_overwritten();
CREATE TRIGGER report_versions_no_update BEFORE UPDATE OR DELETE ON report_versions
    FOR EACH ROW EXECUTE FUNCTION contents_are_never_overwritten();
CREATE TRIGGER report_versions_no_truncate BEFORE TRUNCATE ON report_versions
    FOR EACH STATEMENT EXECUTE FUNCTION contents_are_never_overwritten();

-- The table reports as the release before knows it, which runs on beside this one
-- while replicas are replaced. What it writes makes revisions too. A later release
-- drops it.
CREATE VIEW reports AS
    SELECT a.id, a.source, a.study, a.record_id, a.variant, a.status, a.review_reason, a.verbatim_version, a.serious,
        v.language, n.import_id, n.line AS import_line, a.last_error, a.failed_nights, a.failed_date, a.human_decided,
        a.received_at, a.updated_at, n.fields, a.status_since
    FROM ae_reports a
    JOIN report_revisions n ON n.report_id = a.id AND n.revision = a.revision
    JOIN report_versions v ON v.report_id = a.id AND v.verbatim_version = a.verbatim_version;

-- +goose StatementBegin
CREATE FUNCTION reports_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ae_reports (source, study, record_id, variant, status, review_reason, verbatim_version, serious,
            last_error, failed_nights, failed_date, human_decided, received_at, updated_at, status_since)
        VALUES (NEW.source, NEW.study, NEW.record_id, NEW.variant, NEW.status, coalesce(NEW.review_reason, ''), NEW.verbatim_version, NEW.serious,
            coalesce(NEW.last_error, ''), coalesce(NEW.failed_nights, 0), coalesce(NEW.failed_date, ''), coalesce(NEW.human_decided, 0),
            NEW.received_at, NEW.updated_at, coalesce(NEW.status_since, NEW.received_at))
        RETURNING id INTO NEW.id;
    INSERT INTO report_revisions (report_id, revision, verbatim_version, serious, serious_unknown, fields, import_id, line, received_at)
        VALUES (NEW.id, 1, NEW.verbatim_version, NEW.serious, 0, NEW.fields, NEW.import_id, NEW.import_line, NEW.received_at);
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER reports_insert INSTEAD OF INSERT ON reports FOR EACH ROW EXECUTE FUNCTION reports_insert();

-- +goose StatementBegin
CREATE FUNCTION reports_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    unknown   INTEGER;
    following INTEGER;
BEGIN
    SELECT CASE WHEN NEW.serious = OLD.serious THEN serious_unknown ELSE 0 END, revision + 1 INTO unknown, following
        FROM ae_reports WHERE id = OLD.id;
    IF (NEW.verbatim_version, NEW.serious, NEW.fields) IS NOT DISTINCT FROM (OLD.verbatim_version, OLD.serious, OLD.fields) THEN
        following := following - 1;
    ELSE
        INSERT INTO report_revisions (report_id, revision, verbatim_version, serious, serious_unknown, fields, import_id, line, received_at)
            VALUES (OLD.id, following, NEW.verbatim_version, NEW.serious, unknown, NEW.fields, NEW.import_id, NEW.import_line, NEW.updated_at);
    END IF;
    UPDATE ae_reports SET status = NEW.status, review_reason = NEW.review_reason, verbatim_version = NEW.verbatim_version,
            serious = NEW.serious, serious_unknown = unknown, revision = following, last_error = NEW.last_error,
            failed_nights = NEW.failed_nights, failed_date = NEW.failed_date, human_decided = NEW.human_decided,
            updated_at = NEW.updated_at, status_since = NEW.status_since
        WHERE id = OLD.id;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER reports_update INSTEAD OF UPDATE ON reports FOR EACH ROW EXECUTE FUNCTION reports_update();

UPDATE schema_support SET version = 5, oldest_program_schema = 4;
