-- The first schema. Times are whole seconds since 1970, flags 0 or 1, hashes and sealed values bytes.
-- Ids of hot tables begin with the time they were made, so their trees grow at the end and need no second index.
-- Every table of the other engine has the same name and the same columns; a test compares them.

-- Facts about the database itself, such as whether it has ever served production.
CREATE TABLE meta (
    name     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value    TEXT NOT NULL,
    noted_at BIGINT NOT NULL
);

-- Applications added at run time; declared ones live in the configuration, so nothing refers to this table.
CREATE TABLE clients (
    client_id   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL,
    secret_hash BYTEA,
    scopes      TEXT NOT NULL,
    enabled     BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    details     TEXT NOT NULL
);

CREATE TABLE users (
    user_id            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    subject            TEXT NOT NULL,
    preferred_username TEXT NOT NULL,
    name               TEXT,
    picture            TEXT,
    gender             TEXT,
    locale             TEXT,
    state              TEXT NOT NULL,
    enrolled_at        BIGINT NOT NULL,
    updated_at         BIGINT NOT NULL,
    CONSTRAINT users_subject UNIQUE (subject),
    CONSTRAINT users_preferred_username UNIQUE (preferred_username)
);

-- The two keys by which WeChat names a person. Random by nature; written once per person and app.
CREATE TABLE openids (
    app_id      TEXT COLLATE "C" NOT NULL,
    openid      TEXT COLLATE "C" NOT NULL,
    user_id     TEXT COLLATE "C" NOT NULL REFERENCES users (user_id),
    attached_at BIGINT NOT NULL,
    PRIMARY KEY (app_id, openid)
);
CREATE INDEX openids_of_user ON openids (user_id);

CREATE TABLE unionids (
    platform    TEXT COLLATE "C" NOT NULL,
    unionid     TEXT COLLATE "C" NOT NULL,
    user_id     TEXT COLLATE "C" NOT NULL REFERENCES users (user_id),
    attached_at BIGINT NOT NULL,
    PRIMARY KEY (platform, unionid)
);
CREATE INDEX unionids_of_user ON unionids (user_id);

-- Contradictions between the two keys, for an administrator to settle; one row per contradiction, not per login.
CREATE TABLE identity_conflicts (
    user_id       TEXT COLLATE "C" NOT NULL REFERENCES users (user_id),
    platform      TEXT COLLATE "C" NOT NULL,
    unionid       TEXT COLLATE "C" NOT NULL,
    app_id        TEXT COLLATE "C" NOT NULL,
    other_user_id TEXT COLLATE "C" REFERENCES users (user_id),
    first_seen_at BIGINT NOT NULL,
    last_seen_at  BIGINT NOT NULL,
    PRIMARY KEY (user_id, platform, unionid)
);

CREATE TABLE sessions (
    session_id   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    secret_hash  BYTEA NOT NULL,
    user_id      TEXT COLLATE "C" NOT NULL,
    auth_time    BIGINT NOT NULL,
    kind         TEXT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    ended_at     BIGINT
);

-- One row per callback exchange; the outcome is sealed with a key that only the attempt's cookie yields.
CREATE TABLE claims (
    claim_key  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    claimed_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    outcome    BYTEA,
    settled_at BIGINT
);
CREATE INDEX claims_by_expiry ON claims (expires_at);

CREATE TABLE grants (
    grant_id        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    code_hash       BYTEA NOT NULL,
    client_id       TEXT COLLATE "C" NOT NULL,
    user_id         TEXT COLLATE "C" NOT NULL,
    session_id      TEXT COLLATE "C" NOT NULL,
    scopes          TEXT NOT NULL,
    scopes_narrowed BIGINT NOT NULL,
    redirect_uri    TEXT NOT NULL,
    nonce           TEXT,
    code_challenge  TEXT,
    auth_time       BIGINT NOT NULL,
    wants_auth_time BIGINT NOT NULL,
    kind            TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    code_expires_at BIGINT NOT NULL,
    code_used_at    BIGINT,
    revoked_at      BIGINT
);

CREATE TABLE consents (
    user_id   TEXT COLLATE "C" NOT NULL REFERENCES users (user_id),
    client_id TEXT COLLATE "C" NOT NULL,
    scopes    TEXT NOT NULL,
    given_at  BIGINT NOT NULL,
    PRIMARY KEY (user_id, client_id)
);

-- A key names the key it follows, once: two replicas that rotate at the same moment make one key, not two.
CREATE TABLE signing_keys (
    key_id       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kid          TEXT NOT NULL,
    algorithm    TEXT NOT NULL,
    follows      TEXT NOT NULL,
    published_at BIGINT NOT NULL,
    signs_from   BIGINT NOT NULL,
    sealed       BYTEA NOT NULL,
    public_jwk   TEXT NOT NULL,
    CONSTRAINT signing_keys_kid UNIQUE (kid),
    CONSTRAINT signing_keys_follows UNIQUE (algorithm, follows)
);

CREATE TABLE audit_events (
    event_id    BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    happened_at BIGINT NOT NULL,
    actor       TEXT NOT NULL,
    fact        TEXT NOT NULL
);
