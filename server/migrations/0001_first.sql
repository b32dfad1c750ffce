-- What the server remembers. Times are milliseconds since 1970 in UTC.

-- `number` stands for the device in all other tables, because an id is long.
CREATE TABLE device (
    number         INTEGER PRIMARY KEY,
    id             TEXT    NOT NULL UNIQUE,       -- follows from the public key
    public_key     BLOB    NOT NULL,
    organisation   TEXT    NOT NULL,
    device_group   TEXT    NOT NULL,              -- from a signed token, never from a request
    enrolled       INTEGER NOT NULL,
    departure      TEXT,                          -- retired, revoked; NULL while it is in use
    departed       INTEGER,
    replaced_by    TEXT,                          -- the id of the device in its place
    last_contact   INTEGER,                       -- when the last new report came
    sequence       INTEGER NOT NULL DEFAULT 0,    -- the highest report number that came
    missing        INTEGER NOT NULL DEFAULT 0,    -- how many numbers below it did not come
    numbers        BLOB    NOT NULL DEFAULT x'',  -- which report numbers came
    intervals      INTEGER NOT NULL DEFAULT 0,    -- how many rows of `interval` it has
    latest         TEXT,                          -- the newest report, without controls and events
    contradictions TEXT    NOT NULL DEFAULT '[]', -- where it contradicts what was published
    reused_number  INTEGER,                       -- the last number under which two reports came
    reused         INTEGER,                       -- when
    reused_before  INTEGER                        -- when this happened the time before
) STRICT;

-- The ids of deleted devices whose keys were revoked: they do not enrol again. No key follows from an id.
CREATE TABLE revoked_key (
    device TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Which device joined with which token: a token's uses are the rows that name it. The use stays
-- when its device is deleted.
CREATE TABLE token_use (
    nonce  TEXT NOT NULL,
    device INTEGER REFERENCES device (number) ON DELETE SET NULL
) STRICT;
CREATE INDEX token_use_by_nonce ON token_use (nonce);
CREATE INDEX token_use_by_device ON token_use (device);

-- Reports with news as they were signed, for as many days as the server keeps them.
CREATE TABLE report (
    device    INTEGER NOT NULL REFERENCES device (number) ON DELETE CASCADE,
    sequence  INTEGER NOT NULL,
    received  INTEGER NOT NULL,
    payload   BLOB    NOT NULL,                   -- DEFLATE
    signature BLOB    NOT NULL,                   -- of the DSSE envelope, by the device's key
    PRIMARY KEY (device, sequence)
) STRICT;
CREATE INDEX report_by_age ON report (received);

-- Controls that were published. No other name is stored.
CREATE TABLE control (
    number INTEGER PRIMARY KEY,
    id     TEXT NOT NULL UNIQUE
) STRICT;

-- Periods that were published. A report that names another is refused.
CREATE TABLE period (
    id TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- How each control was on each device, from when until when.
CREATE TABLE interval (
    device  INTEGER NOT NULL REFERENCES device (number) ON DELETE CASCADE,
    control INTEGER NOT NULL REFERENCES control (number),
    since   INTEGER NOT NULL,
    until   INTEGER,                              -- NULL while it is so
    state   TEXT    NOT NULL,
    PRIMARY KEY (device, control, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX open_interval ON interval (device, control) WHERE until IS NULL;
-- Findings are few and are read one by one. Gaps are many: they are counted.
CREATE INDEX finding ON interval (device, control)
    WHERE until IS NULL AND state <> 'in-force' AND state <> 'gap';
CREATE INDEX gap ON interval (device, control) WHERE until IS NULL AND state = 'gap';

-- The newest events of each device, so that the fleet is read without opening old reports.
CREATE TABLE recent_event (
    device   INTEGER NOT NULL REFERENCES device (number) ON DELETE CASCADE,
    sequence INTEGER NOT NULL,
    position INTEGER NOT NULL,
    body     TEXT    NOT NULL,
    PRIMARY KEY (device, sequence, position)
) STRICT, WITHOUT ROWID;

-- Every revision that the server has read.
CREATE TABLE publication (
    revision INTEGER PRIMARY KEY
) STRICT;

-- The controls and periods that a bundle asks a device to report. Many bundles share them.
CREATE TABLE reported_controls (
    number INTEGER PRIMARY KEY,
    body   TEXT NOT NULL UNIQUE
) STRICT;

-- Which bundle was published for a group from a revision on; no digest where none was.
CREATE TABLE edition (
    device_group TEXT    NOT NULL,
    revision     INTEGER NOT NULL,
    digest       BLOB,
    controls     INTEGER REFERENCES reported_controls (number),
    PRIMARY KEY (device_group, revision)
) STRICT, WITHOUT ROWID;

-- Who took a device out of the fleet, or back into it, and when.
CREATE TABLE fleet_action (
    number INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    actor  TEXT    NOT NULL,
    action TEXT    NOT NULL,
    device TEXT    NOT NULL,                      -- its id, which outlives its row
    other  TEXT                                   -- the id of the device in its place
) STRICT;

CREATE TABLE account (
    name     TEXT    PRIMARY KEY,
    password TEXT    NOT NULL,                    -- argon2id, in PHC form
    created  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    token   BLOB    PRIMARY KEY,                  -- SHA-256 of the cookie
    account TEXT    NOT NULL REFERENCES account (name) ON DELETE CASCADE,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
