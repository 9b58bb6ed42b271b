-- Every kind of entity in one table: the document as the wire shows it, and columns only for what is looked up,
-- sorted or counted. Versions count in tenths: 3 is 0.3 on the wire. Times are epoch milliseconds.
CREATE TABLE entity (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    fqn TEXT NOT NULL,
    parent_id TEXT,
    version INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    -- keyed digest of the PUT or POST body that the row answers unchanged; null when it may not be answered by digest
    put_digest BLOB,
    doc TEXT NOT NULL
);
CREATE UNIQUE INDEX entity_fqn ON entity (kind, fqn);
CREATE INDEX entity_page ON entity (kind, name, id, deleted);
CREATE INDEX entity_time ON entity (kind, updated_at, id);
CREATE INDEX entity_parent ON entity (parent_id) WHERE parent_id IS NOT NULL;

-- What an entity was: one whole document for each earlier version, with the references it had then.
CREATE TABLE version (
    entity_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    kind TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (entity_id, version)
);
CREATE INDEX version_time ON version (kind, updated_at, entity_id);

-- References by id: owners, tags, domains, followers … `data` is what a label says besides its tag, as JSON.
CREATE TABLE relation (
    entity_id TEXT NOT NULL,
    relation TEXT NOT NULL,
    target_id TEXT NOT NULL,
    data TEXT,
    PRIMARY KEY (entity_id, relation, target_id)
) WITHOUT ROWID;
CREATE INDEX relation_target ON relation (target_id, relation, entity_id);

-- The secrets of an entity, sealed as one; documents hold the mask.
CREATE TABLE secret (
    entity_id TEXT NOT NULL PRIMARY KEY,
    key_id TEXT NOT NULL,
    sealed BLOB NOT NULL
);
CREATE INDEX secret_key ON secret (key_id);

-- What happened, in order.
CREATE TABLE event (
    seq INTEGER PRIMARY KEY,
    type TEXT NOT NULL,
    kind TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX event_time ON event (timestamp);

-- How many entities of a kind there are, live and deleted: a list's total without counting.
CREATE TABLE tally (
    kind TEXT NOT NULL,
    deleted INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (kind, deleted)
) WITHOUT ROWID;

-- Single values: the key that seals, the identity epoch …
CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- Work promised with a 202, until it is done.
CREATE TABLE job (
    id TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX job_state ON job (state, created_at);
