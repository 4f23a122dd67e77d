-- What an organisation in WeCom says of a member besides a profile; who they are stands in openids. The mailbox is one
-- person's of the organisation at most.
CREATE TABLE members (
    user_id  TEXT COLLATE "C" NOT NULL REFERENCES users (user_id),
    app_id   TEXT COLLATE "C" NOT NULL,
    userid   TEXT COLLATE "C" NOT NULL,
    mail     TEXT COLLATE "C",
    noted_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, app_id)
);
CREATE INDEX members_by_mail ON members (app_id, mail);
