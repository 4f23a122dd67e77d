-- People's pictures as they were fetched from WeChat, whose own addresses die when the picture changes. The name in our
-- address follows from person and source, so a new picture has a new address. `due_at` is when it is fetched (again);
-- null when that is done, or was given up.
CREATE TABLE avatars (
    avatar_id  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    user_id    TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES users (user_id),
    source     TEXT   NOT NULL,
    media_type TEXT,
    body       BYTEA,
    attempts   BIGINT NOT NULL DEFAULT 0,
    due_at     BIGINT
);
CREATE INDEX avatars_by_due ON avatars (due_at) WHERE due_at IS NOT NULL;
