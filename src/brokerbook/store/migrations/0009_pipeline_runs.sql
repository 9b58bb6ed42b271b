-- What ingestion pipelines report of their runs. A run is known by whatever is heard of it first, which need not be its
-- status: `touched_at` says when that was last, in epoch milliseconds; `timestamp` is what the status itself says.
CREATE TABLE pipeline_run (
    entity_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    touched_at INTEGER NOT NULL,
    timestamp INTEGER,
    state TEXT,
    doc TEXT,
    PRIMARY KEY (entity_id, run_id)
);
CREATE INDEX pipeline_run_time ON pipeline_run (entity_id, timestamp, run_id, state);
CREATE INDEX pipeline_run_touched ON pipeline_run (entity_id, touched_at);

-- The last updates of each run, in the order in which they came. A number is never given twice.
CREATE TABLE pipeline_progress (
    seq INTEGER PRIMARY KEY,
    entity_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    is_last INTEGER NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX pipeline_progress_run ON pipeline_progress (entity_id, run_id, seq);

-- How long operations took, summed up by what they were. Durations are milliseconds.
CREATE TABLE pipeline_metric (
    entity_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    category TEXT NOT NULL,
    operation TEXT NOT NULL,
    entity_type TEXT NOT NULL,
    n INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    timed INTEGER NOT NULL,
    total_ms INTEGER NOT NULL,
    min_ms INTEGER,
    max_ms INTEGER,
    PRIMARY KEY (entity_id, run_id, category, operation, entity_type)
) WITHOUT ROWID;

-- Logs in whole lines, which are numbered from 0. Once there are too many, the oldest go.
CREATE TABLE pipeline_log (
    entity_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    lines INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    touched_at INTEGER NOT NULL,
    closed_at INTEGER,
    PRIMARY KEY (entity_id, run_id)
) WITHOUT ROWID;
CREATE TABLE pipeline_log_part (
    entity_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    first_line INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (entity_id, run_id, first_line)
);
