-- +goose Up

-- Every time is unix milliseconds of this database's clock. Booleans are 0 or 1.

-- The key of digests and fingerprints, made with the database and shared by all
-- replicas on it: what Redis holds cannot be guessed from a verbatim.
CREATE TABLE installation (
    id  INTEGER PRIMARY KEY CHECK (id = 1),
    key BLOB NOT NULL
);

CREATE TABLE imports (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT    NOT NULL UNIQUE,
    source     TEXT    NOT NULL,
    file_name  TEXT    NOT NULL,
    file_hash  TEXT    NOT NULL,
    -- rows = new + unchanged + changed + held + unreadable
    rows       INTEGER NOT NULL,
    new        INTEGER NOT NULL,
    unchanged  INTEGER NOT NULL,
    changed    INTEGER NOT NULL,
    held       INTEGER NOT NULL,
    unreadable INTEGER NOT NULL,
    last_sequence INTEGER NOT NULL,
    complete   INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK (rows = new + unchanged + changed + held + unreadable)
);

CREATE TABLE import_batches (
    import_number INTEGER NOT NULL REFERENCES imports (number),
    sequence      INTEGER NOT NULL,
    digest        TEXT    NOT NULL,
    -- The import's account after this batch, and the batch's problems: what a
    -- resend is answered with.
    account       TEXT    NOT NULL,
    problems      TEXT    NOT NULL,
    received_at   INTEGER NOT NULL,
    PRIMARY KEY (import_number, sequence)
) WITHOUT ROWID;

CREATE TABLE source_columns (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    name     TEXT NOT NULL UNIQUE
);

CREATE TABLE unreadable_rows (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    import_number INTEGER NOT NULL REFERENCES imports (number),
    file_name     TEXT    NOT NULL,
    file_hash     TEXT    NOT NULL,
    line          INTEGER NOT NULL,
    reason        TEXT    NOT NULL,
    raw           BLOB    NOT NULL,
    -- SHA-256 of raw: the pieces of one overlong line share their line.
    raw_hash      BLOB    NOT NULL,
    received_at   INTEGER NOT NULL,
    UNIQUE (file_hash, line, raw_hash)
);

CREATE TABLE reports (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    source           TEXT    NOT NULL,
    study            TEXT    NOT NULL,
    record_id        TEXT    NOT NULL,
    -- 0, or counts the further verbatims of one identity in one file.
    variant          INTEGER NOT NULL,
    status           TEXT    NOT NULL CHECK (status IN
        ('PENDING', 'CODED', 'REVIEW', 'PROPOSED', 'QUERY', 'UNCODABLE', 'WITHDRAWN')),
    review_reason    TEXT    NOT NULL DEFAULT '',
    verbatim_version INTEGER NOT NULL,
    serious          INTEGER NOT NULL CHECK (serious IN (0, 1)),
    language         TEXT    NOT NULL,
    -- The import and line that the present content came from; '' for a call.
    import_id        TEXT    NOT NULL,
    import_line      INTEGER NOT NULL,
    last_error       TEXT    NOT NULL DEFAULT '',
    failed_nights    INTEGER NOT NULL DEFAULT 0,
    failed_date      TEXT    NOT NULL DEFAULT '',
    human_decided    INTEGER NOT NULL DEFAULT 0 CHECK (human_decided IN (0, 1)),
    received_at      INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    -- JSON: [{"n": name, "v": value}], or "b", base64, for bytes that are no text.
    fields           TEXT    NOT NULL,
    UNIQUE (source, study, record_id, variant)
);
CREATE INDEX reports_status ON reports (status, id);

CREATE TABLE report_versions (
    report_id        INTEGER NOT NULL REFERENCES reports (id),
    verbatim_version INTEGER NOT NULL,
    verbatim         TEXT    NOT NULL,
    verbatim_raw     BLOB,
    language         TEXT    NOT NULL,
    import_id        TEXT    NOT NULL,
    line             INTEGER NOT NULL,
    received_at      INTEGER NOT NULL,
    PRIMARY KEY (report_id, verbatim_version)
) WITHOUT ROWID;

-- What each import made of each report it named: how a second verbatim under one
-- identity is known within a file, over all its batches.
CREATE TABLE import_rows (
    import_number INTEGER NOT NULL REFERENCES imports (number),
    report_id     INTEGER NOT NULL REFERENCES reports (id),
    line          INTEGER NOT NULL,
    outcome       TEXT    NOT NULL CHECK (outcome IN ('new', 'unchanged', 'changed', 'held')),
    PRIMARY KEY (import_number, report_id)
) WITHOUT ROWID;

CREATE TABLE codings (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    report_id        INTEGER NOT NULL,
    verbatim_version INTEGER NOT NULL,
    dictionary       TEXT    NOT NULL,
    language         TEXT    NOT NULL,
    synonym_version  TEXT    NOT NULL,
    engine_version   TEXT    NOT NULL,
    llt_code         TEXT    NOT NULL,
    llt_name         TEXT    NOT NULL,
    pt_code          TEXT    NOT NULL,
    pt_name          TEXT    NOT NULL,
    hlt_code         TEXT    NOT NULL,
    hlt_name         TEXT    NOT NULL,
    hlgt_code        TEXT    NOT NULL,
    hlgt_name        TEXT    NOT NULL,
    soc_code         TEXT    NOT NULL,
    soc_name         TEXT    NOT NULL,
    method           TEXT    NOT NULL,
    score            REAL    NOT NULL,
    decided_by       TEXT    NOT NULL,
    decided_at       INTEGER NOT NULL,
    -- The pass that decided; '' and 0 outside one.
    run_id           TEXT    NOT NULL DEFAULT '',
    pass             INTEGER NOT NULL DEFAULT 0,
    superseded_at    INTEGER,
    FOREIGN KEY (report_id, verbatim_version) REFERENCES report_versions (report_id, verbatim_version)
);
CREATE UNIQUE INDEX codings_live ON codings (report_id, verbatim_version, dictionary)
    WHERE superseded_at IS NULL;

CREATE TABLE suggestions (
    report_id        INTEGER PRIMARY KEY REFERENCES reports (id),
    verbatim_version INTEGER NOT NULL,
    reason           TEXT    NOT NULL,
    dictionary       TEXT    NOT NULL,
    language         TEXT    NOT NULL,
    synonym_version  TEXT    NOT NULL,
    engine_version   TEXT    NOT NULL,
    suggested_at     INTEGER NOT NULL,
    candidates       TEXT    NOT NULL
);

CREATE TABLE runs (
    id         TEXT PRIMARY KEY,
    date       TEXT    NOT NULL,
    scope      TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (date, scope)
);

CREATE TABLE passes (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id          TEXT    NOT NULL REFERENCES runs (id),
    number          INTEGER NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN
        ('RUNNING', 'PAUSED', 'COMPLETED', 'PARTIAL', 'CANCELLED')),
    state_reason    TEXT    NOT NULL DEFAULT '',
    cutoff          INTEGER NOT NULL,
    opened_at       INTEGER NOT NULL,
    finished_at     INTEGER,
    deadline        INTEGER NOT NULL,
    dictionary      TEXT    NOT NULL,
    language        TEXT    NOT NULL,
    synonym_version TEXT    NOT NULL,
    engine_version  TEXT    NOT NULL,
    members         INTEGER NOT NULL DEFAULT 0,
    -- JSON, fixed when the pass ends: counts by kind and detail.
    summary         TEXT    NOT NULL DEFAULT '',
    audit_head      TEXT    NOT NULL DEFAULT '',
    audit_tx        INTEGER NOT NULL DEFAULT 0,
    UNIQUE (run_id, number)
);
CREATE UNIQUE INDEX passes_open ON passes (run_id) WHERE state IN ('RUNNING', 'PAUSED');

CREATE TABLE chunks (
    run_id      TEXT    NOT NULL,
    pass        INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('FREE', 'LEASED', 'DONE')),
    owner       TEXT    NOT NULL DEFAULT '',
    lease_until INTEGER NOT NULL DEFAULT 0,
    not_before  INTEGER NOT NULL DEFAULT 0,
    attempts    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (run_id, pass, seq),
    FOREIGN KEY (run_id, pass) REFERENCES passes (run_id, number)
) WITHOUT ROWID;

CREATE TABLE pass_members (
    run_id           TEXT    NOT NULL,
    pass             INTEGER NOT NULL,
    chunk_seq        INTEGER NOT NULL,
    report_id        INTEGER NOT NULL REFERENCES reports (id),
    verbatim_version INTEGER NOT NULL,
    -- What became of it; '' while it is still to do.
    outcome          TEXT    NOT NULL DEFAULT '' CHECK (outcome IN ('', 'coded', 'review', 'left', 'gone')),
    -- Where it stands in the balance: for 'gone' the report's state when found.
    tally            TEXT    NOT NULL DEFAULT '' CHECK (tally IN ('', 'coded', 'review', 'left')),
    -- Method, reason or error class.
    detail           TEXT    NOT NULL DEFAULT '',
    -- 1 until the pass has ended.
    open             INTEGER NOT NULL CHECK (open IN (0, 1)),
    PRIMARY KEY (run_id, pass, chunk_seq, report_id),
    FOREIGN KEY (run_id, pass) REFERENCES passes (run_id, number)
) WITHOUT ROWID;
CREATE UNIQUE INDEX pass_members_open ON pass_members (report_id) WHERE open = 1;

CREATE TABLE audit_chain (
    tx       INTEGER PRIMARY KEY,
    first_id INTEGER NOT NULL,
    last_id  INTEGER NOT NULL,
    previous TEXT    NOT NULL,
    hash     TEXT    NOT NULL
);

CREATE TABLE audit (
    id        INTEGER PRIMARY KEY,
    tx        INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    actor     TEXT    NOT NULL,
    action    TEXT    NOT NULL,
    report_id INTEGER,
    detail    TEXT    NOT NULL
);

-- +goose StatementBegin
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_chain_no_update BEFORE UPDATE ON audit_chain
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_chain_no_delete BEFORE DELETE ON audit_chain
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
-- +goose StatementEnd
