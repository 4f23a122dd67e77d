-- A desktop that shows a QR code and waits for a phone, for two minutes. The name of a row stands in the QR code and is
-- random, so the sweep goes by time.
CREATE TABLE relay_tickets (
    ticket_id     TEXT    NOT NULL PRIMARY KEY,
    secret_hash   BLOB    NOT NULL,
    client_id     TEXT    NOT NULL,
    channel_id    TEXT    NOT NULL,
    scopes        TEXT    NOT NULL,
    number        INTEGER NOT NULL,
    address       TEXT    NOT NULL,
    browser       TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    wrong_numbers INTEGER NOT NULL,
    answer        TEXT,
    user_id       TEXT,
    auth_time     INTEGER,
    taken_at      INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX relay_tickets_by_expiry ON relay_tickets (expires_at);
-- Whom to wake: those that were answered and not fetched.
CREATE INDEX relay_tickets_answered ON relay_tickets (expires_at) WHERE answer IS NOT NULL AND taken_at IS NULL;
