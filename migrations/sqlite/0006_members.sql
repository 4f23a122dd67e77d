-- What an organisation in WeCom says of a member besides a profile; who they are stands in openids. The mailbox is one
-- person's of the organisation at most.
CREATE TABLE members (
    user_id  TEXT    NOT NULL REFERENCES users (user_id),
    app_id   TEXT    NOT NULL,
    userid   TEXT    NOT NULL,
    mail     TEXT,
    noted_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, app_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_mail ON members (app_id, mail);
