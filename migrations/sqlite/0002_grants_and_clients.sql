-- Refresh tokens, pushed requests, devices, logout messages, registered clients, and values that count once.

-- A grant keeps what its tokens are bound to, and its refresh token: the present one and the one before.
ALTER TABLE grants ADD COLUMN resources TEXT NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN asked_claims TEXT;
ALTER TABLE grants ADD COLUMN dpop_jkt TEXT;
ALTER TABLE grants ADD COLUMN refresh_hash BLOB;
ALTER TABLE grants ADD COLUMN refresh_previous_hash BLOB;
ALTER TABLE grants ADD COLUMN refresh_generation INTEGER;
ALTER TABLE grants ADD COLUMN refresh_rotated_at INTEGER;
ALTER TABLE grants ADD COLUMN refresh_retries INTEGER;
ALTER TABLE grants ADD COLUMN refresh_expires_at INTEGER;
ALTER TABLE grants ADD COLUMN refresh_ends_at INTEGER;
-- Access tokens issued up to then have been revoked, one by one; the refresh token has not.
ALTER TABLE grants ADD COLUMN access_revoked_at INTEGER;
-- A logout ends what one browser session gave. Session ids begin with time, so this index too grows at its end.
CREATE INDEX grants_of_session ON grants (session_id);

-- Two secrets may be live while an application is moved; a registered client has a token to manage itself with.
ALTER TABLE clients ADD COLUMN previous_secret_hash BLOB;
ALTER TABLE clients ADD COLUMN previous_secret_until INTEGER;
ALTER TABLE clients ADD COLUMN registration_token_hash BLOB;

-- What counts once: assertion and proof ids, by who showed them and for what.
CREATE TABLE seen_once (
    seen_key   BLOB    NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_once_by_expiry ON seen_once (expires_at);

-- An authorization request that an authenticated client pushed; its parameters as they came.
CREATE TABLE pushed_requests (
    pushed_id   TEXT    NOT NULL PRIMARY KEY,
    secret_hash BLOB    NOT NULL,
    client_id   TEXT    NOT NULL,
    parameters  TEXT    NOT NULL,
    dpop_jkt    TEXT,
    expires_at  INTEGER NOT NULL,
    used_at     INTEGER
) STRICT, WITHOUT ROWID;

-- A device that waits. The person's code is unique while it lives; the grant is named once the person allowed it.
CREATE TABLE devices (
    device_id      TEXT    NOT NULL PRIMARY KEY,
    secret_hash    BLOB    NOT NULL,
    user_code_hash BLOB    NOT NULL,
    client_id      TEXT    NOT NULL,
    scopes         TEXT    NOT NULL,
    resources      TEXT    NOT NULL,
    dpop_jkt       TEXT,
    poll_interval  INTEGER NOT NULL,
    polled_at      INTEGER,
    expires_at     INTEGER NOT NULL,
    answer         TEXT,
    grant_id       TEXT,
    redeemed_at    INTEGER,
    CONSTRAINT devices_user_code UNIQUE (user_code_hash)
) STRICT, WITHOUT ROWID;

-- The outbox of back-channel logout: one row per application that is to be told. A row is leased while it is sent.
CREATE TABLE logout_deliveries (
    delivery_id TEXT    NOT NULL PRIMARY KEY,
    client_id   TEXT    NOT NULL,
    user_id     TEXT    NOT NULL,
    session_id  TEXT    NOT NULL,
    due_at      INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    gives_up_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX logout_deliveries_by_due ON logout_deliveries (due_at);
