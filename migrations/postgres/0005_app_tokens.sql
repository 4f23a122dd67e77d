-- WeChat's app-level tokens, one of each account for all replicas, sealed to their row. One replica at a time fetches: the
-- one that holds the lease. A token that WeChat refuses is told from the one that replaced it by the version.
CREATE TABLE app_tokens (
    app_id       TEXT   NOT NULL PRIMARY KEY,
    sealed       BYTEA,
    version      BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    lease_until  BIGINT NOT NULL,
    forced_at    BIGINT NOT NULL,
    forced_count BIGINT NOT NULL
);

-- Where WeChat vouched for a person's phone number and an application asked for it. Few people have one, so it is a row of
-- its own, which is read only where it goes out.
CREATE TABLE phone_numbers (
    user_id      TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES users (user_id),
    phone_number TEXT   NOT NULL,
    confirmed_at BIGINT NOT NULL
);
