-- What an operator added beside the configuration: the files by which WeChat sees that a host is theirs. A handful.
CREATE TABLE verification_files (
    name     TEXT    NOT NULL PRIMARY KEY,
    body     TEXT    NOT NULL,
    added_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
