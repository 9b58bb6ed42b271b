-- What is searched, beside the words of it: whole values in lower case, and what is counted by. One row per entity.
CREATE TABLE search_entry (
    docid INTEGER PRIMARY KEY,
    entity_id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    deleted INTEGER NOT NULL,
    parent_id TEXT,
    service_type TEXT,
    name TEXT NOT NULL,
    title TEXT NOT NULL,
    fqn TEXT NOT NULL
);
CREATE INDEX search_entry_name ON search_entry (name, entity_id);
CREATE INDEX search_entry_fqn ON search_entry (fqn, entity_id);

-- The words, by the `docid` of their entry.
CREATE VIRTUAL TABLE search_text USING fts5(name, title, description, path, fields, more, tokenize = 'unicode61 remove_diacritics 2');

-- Entities that have changed since they were indexed. Written by triggers, so that no writer can forget it.
CREATE TABLE search_queue (
    seq INTEGER PRIMARY KEY,
    entity_id TEXT NOT NULL
);
INSERT INTO search_queue (entity_id) SELECT id FROM entity;
CREATE TRIGGER entity_search_new AFTER INSERT ON entity BEGIN INSERT INTO search_queue (entity_id) VALUES (NEW.id); END;
CREATE TRIGGER entity_search_changed AFTER UPDATE OF name, fqn, parent_id, deleted, doc ON entity BEGIN INSERT INTO search_queue (entity_id) VALUES (NEW.id); END;
CREATE TRIGGER entity_search_gone AFTER DELETE ON entity BEGIN INSERT INTO search_queue (entity_id) VALUES (OLD.id); END;
