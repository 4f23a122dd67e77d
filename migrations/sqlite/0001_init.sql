-- The first schema. Times are whole seconds since 1970, flags 0 or 1, hashes and sealed values bytes.
-- Ids of hot tables begin with the time they were made, so their trees grow at the end and need no second index.
-- Every table of the other engine has the same name and the same columns; a test compares them.

-- Facts about the database itself, such as whether it has ever served production.
CREATE TABLE meta (
    name     TEXT    NOT NULL PRIMARY KEY,
    value    TEXT    NOT NULL,
    noted_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Applications added at run time; declared ones live in the configuration, so nothing refers to this table.
CREATE TABLE clients (
    client_id   TEXT    NOT NULL PRIMARY KEY,
    name        TEXT    NOT NULL,
    secret_hash BLOB,
    scopes      TEXT    NOT NULL,
    enabled     INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    details     TEXT    NOT NULL
) STRICT;

CREATE TABLE users (
    user_id            TEXT    NOT NULL PRIMARY KEY,
    subject            TEXT    NOT NULL,
    preferred_username TEXT    NOT NULL,
    name               TEXT,
    picture            TEXT,
    gender             TEXT,
    locale             TEXT,
    state              TEXT    NOT NULL,
    enrolled_at        INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    CONSTRAINT users_subject UNIQUE (subject),
    CONSTRAINT users_preferred_username UNIQUE (preferred_username)
) STRICT;

-- The two keys by which WeChat names a person. Random by nature; written once per person and app.
CREATE TABLE openids (
    app_id      TEXT    NOT NULL,
    openid      TEXT    NOT NULL,
    user_id     TEXT    NOT NULL REFERENCES users (user_id),
    attached_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, openid)
) STRICT, WITHOUT ROWID;
CREATE INDEX openids_of_user ON openids (user_id);

CREATE TABLE unionids (
    platform    TEXT    NOT NULL,
    unionid     TEXT    NOT NULL,
    user_id     TEXT    NOT NULL REFERENCES users (user_id),
    attached_at INTEGER NOT NULL,
    PRIMARY KEY (platform, unionid)
) STRICT, WITHOUT ROWID;
CREATE INDEX unionids_of_user ON unionids (user_id);

-- Contradictions between the two keys, for an administrator to settle; one row per contradiction, not per login.
CREATE TABLE identity_conflicts (
    user_id       TEXT    NOT NULL REFERENCES users (user_id),
    platform      TEXT    NOT NULL,
    unionid       TEXT    NOT NULL,
    app_id        TEXT    NOT NULL,
    other_user_id TEXT             REFERENCES users (user_id),
    first_seen_at INTEGER NOT NULL,
    last_seen_at  INTEGER NOT NULL,
    PRIMARY KEY (user_id, platform, unionid)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    session_id   TEXT    NOT NULL PRIMARY KEY,
    secret_hash  BLOB    NOT NULL,
    user_id      TEXT    NOT NULL,
    auth_time    INTEGER NOT NULL,
    kind         TEXT    NOT NULL,
    last_seen_at INTEGER NOT NULL,
    ended_at     INTEGER
) STRICT, WITHOUT ROWID;

-- One row per callback exchange; the outcome is sealed with a key that only the attempt's cookie yields.
CREATE TABLE claims (
    claim_key  TEXT    NOT NULL PRIMARY KEY,
    claimed_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    outcome    BLOB,
    settled_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX claims_by_expiry ON claims (expires_at);

CREATE TABLE grants (
    grant_id        TEXT    NOT NULL PRIMARY KEY,
    code_hash       BLOB    NOT NULL,
    client_id       TEXT    NOT NULL,
    user_id         TEXT    NOT NULL,
    session_id      TEXT    NOT NULL,
    scopes          TEXT    NOT NULL,
    scopes_narrowed INTEGER NOT NULL,
    redirect_uri    TEXT    NOT NULL,
    nonce           TEXT,
    code_challenge  TEXT,
    auth_time       INTEGER NOT NULL,
    wants_auth_time INTEGER NOT NULL,
    kind            TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    code_expires_at INTEGER NOT NULL,
    code_used_at    INTEGER,
    revoked_at      INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE consents (
    user_id   TEXT    NOT NULL REFERENCES users (user_id),
    client_id TEXT    NOT NULL,
    scopes    TEXT    NOT NULL,
    given_at  INTEGER NOT NULL,
    PRIMARY KEY (user_id, client_id)
) STRICT, WITHOUT ROWID;

-- A key names the key it follows, once: two replicas that rotate at the same moment make one key, not two.
CREATE TABLE signing_keys (
    key_id       TEXT    NOT NULL PRIMARY KEY,
    kid          TEXT    NOT NULL,
    algorithm    TEXT    NOT NULL,
    follows      TEXT    NOT NULL,
    published_at INTEGER NOT NULL,
    signs_from   INTEGER NOT NULL,
    sealed       BLOB    NOT NULL,
    public_jwk   TEXT    NOT NULL,
    CONSTRAINT signing_keys_kid UNIQUE (kid),
    CONSTRAINT signing_keys_follows UNIQUE (algorithm, follows)
) STRICT;

CREATE TABLE audit_events (
    event_id    INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    happened_at INTEGER NOT NULL,
    actor       TEXT    NOT NULL,
    fact        TEXT    NOT NULL
) STRICT;
