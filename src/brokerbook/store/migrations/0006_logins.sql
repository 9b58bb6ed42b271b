-- When a user last signed in, with a password or at an issuer, in epoch milliseconds.
CREATE TABLE login (
    user_id TEXT NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL
) WITHOUT ROWID;
