-- What a token is limited to, as JSON (null: by nothing); when it was last used, give or take a minute; and, once it was
-- rotated, the token that takes its place. From now on `hash` is there for every token, not for refresh tokens alone;
-- those that were given out before have none.
ALTER TABLE token ADD COLUMN scope TEXT;
ALTER TABLE token ADD COLUMN last_used_at INTEGER;
ALTER TABLE token ADD COLUMN rotated_to TEXT;
