-- What data flows from where to where. `stated`: declared by a person, or ingested by a bot. `fields` says which fields
-- of the one make which of the other, as JSON [[[from …], to, function or null] …] with names below the entities' own;
-- `doc` is whatever else the edge says. The services are those that its ends lie in, where these are two.
CREATE TABLE lineage_edge (
    from_id TEXT NOT NULL,
    to_id TEXT NOT NULL,
    source TEXT NOT NULL,
    stated TEXT NOT NULL,
    pipeline_id TEXT,
    from_service_id TEXT,
    to_service_id TEXT,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT NOT NULL,
    fields TEXT,
    doc TEXT NOT NULL
);
CREATE UNIQUE INDEX lineage_edge_from ON lineage_edge (from_id, to_id);
CREATE INDEX lineage_edge_to ON lineage_edge (to_id, from_id);
CREATE INDEX lineage_edge_pipeline ON lineage_edge (pipeline_id) WHERE pipeline_id IS NOT NULL;
CREATE INDEX lineage_edge_from_service ON lineage_edge (from_service_id, to_service_id) WHERE from_service_id IS NOT NULL;
CREATE INDEX lineage_edge_to_service ON lineage_edge (to_service_id, from_service_id) WHERE to_service_id IS NOT NULL;
