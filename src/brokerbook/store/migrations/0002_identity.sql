-- Passwords, as hashes only, with the failures that slow the next try down.
CREATE TABLE credential (
    user_id TEXT NOT NULL PRIMARY KEY,
    password_hash TEXT NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    last_failure_at INTEGER NOT NULL DEFAULT 0,
    changed_at INTEGER NOT NULL
);

-- Every token that is worth something, by its id (`jti`): bot, personal, session and refresh tokens. The token itself
-- is not kept; a refresh token's hash is. What one login made, and each refresh after it, shares a session.
CREATE TABLE token (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    session_id TEXT,
    hash TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
);
CREATE INDEX token_user ON token (user_id, kind);
CREATE UNIQUE INDEX token_hash ON token (hash) WHERE hash IS NOT NULL;

-- Values that no two entities of a kind may share, such as users' e-mail addresses.
CREATE TABLE unique_value (
    kind TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    PRIMARY KEY (kind, field, value)
) WITHOUT ROWID;
CREATE INDEX unique_value_entity ON unique_value (entity_id);
