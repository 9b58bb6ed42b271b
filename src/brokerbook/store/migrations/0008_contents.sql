-- What many entities have in common and is large, stored once under the SHA-256 of it: the texts of schemas, and the
-- fields that are in them. Documents hold the hash.
CREATE TABLE content (
    hash TEXT NOT NULL PRIMARY KEY,
    doc TEXT NOT NULL
);

-- Which entities need it, or did in an earlier version; what nobody needs any more is removed.
CREATE TABLE content_use (
    entity_id TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (entity_id, hash)
) WITHOUT ROWID;
CREATE INDEX content_use_hash ON content_use (hash);

-- Some messages of a topic, as JSON: the last ones that somebody brought.
CREATE TABLE sample_data (
    entity_id TEXT NOT NULL PRIMARY KEY,
    doc TEXT NOT NULL
);
