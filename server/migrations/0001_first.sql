-- What the server remembers. Times are milliseconds since 1970 in UTC.

CREATE TABLE device (
    id           TEXT    PRIMARY KEY,          -- follows from the public key
    public_key   BLOB    NOT NULL,
    organisation TEXT    NOT NULL,
    device_group TEXT    NOT NULL,             -- from a signed token, never from a request
    enrolled     INTEGER NOT NULL,
    last_contact INTEGER,
    sequence     INTEGER NOT NULL DEFAULT 0,   -- the highest report number stored
    reports      INTEGER NOT NULL DEFAULT 0    -- how many report numbers are stored
) STRICT, WITHOUT ROWID;

-- Which device joined with which token: a token's uses are the rows that name it.
CREATE TABLE token_use (
    nonce  TEXT NOT NULL,
    device TEXT NOT NULL REFERENCES device (id),
    PRIMARY KEY (nonce, device)
) STRICT, WITHOUT ROWID;

-- Every report as it was signed.
CREATE TABLE report (
    device     TEXT    NOT NULL REFERENCES device (id),
    sequence   INTEGER NOT NULL,
    received   INTEGER NOT NULL,
    payload    BLOB    NOT NULL,
    signatures TEXT    NOT NULL,               -- of the DSSE envelope, as JSON
    PRIMARY KEY (device, sequence)
) STRICT;

-- The newest events of each device, so that the fleet is read without opening old reports.
CREATE TABLE recent_event (
    device   TEXT    NOT NULL REFERENCES device (id),
    sequence INTEGER NOT NULL,
    position INTEGER NOT NULL,
    body     TEXT    NOT NULL,
    PRIMARY KEY (device, sequence, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
    name     TEXT    PRIMARY KEY,
    password TEXT    NOT NULL,                 -- argon2id, in PHC form
    created  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    token   BLOB    PRIMARY KEY,               -- SHA-256 of the cookie
    account TEXT    NOT NULL REFERENCES account (name) ON DELETE CASCADE,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
