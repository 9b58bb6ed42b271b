-- Who a user is at an issuer (an OpenID Connect provider, by its address): from the first sign-in on the issuer's subject
-- counts, and not a name or an e-mail address, which may come to be another person's.
CREATE TABLE identity_link (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id TEXT NOT NULL,
    linked_at INTEGER NOT NULL,
    PRIMARY KEY (issuer, subject)
) WITHOUT ROWID;
CREATE UNIQUE INDEX identity_link_user ON identity_link (user_id, issuer);
