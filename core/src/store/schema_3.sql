-- Files that tasks carry, by what is in them. Nothing was kept in the table before.
DROP TABLE blob;

-- Those that are whole: their hash was checked.
CREATE TABLE blob (
    id            INTEGER PRIMARY KEY,    -- no number is that of a row in `partial`
    hash          BLOB NOT NULL UNIQUE,   -- SHA-256
    size          INTEGER NOT NULL,
    brought_by    BLOB NOT NULL,          -- whose share of the room it takes
    acknowledged  INTEGER NOT NULL DEFAULT 0, -- 1: the relay has it
    unnamed_since INTEGER                 -- since when no task was found that names it
) STRICT;
CREATE INDEX blob_brought_by ON blob (brought_by);
CREATE INDEX blob_acknowledged ON blob (acknowledged) WHERE acknowledged = 0;

-- Those that are still coming, each from its beginning to where it is.
CREATE TABLE partial (
    id         INTEGER PRIMARY KEY,
    hash       BLOB NOT NULL,
    size       INTEGER NOT NULL,          -- as announced
    received   INTEGER NOT NULL,
    brought_by BLOB NOT NULL,
    touched_at INTEGER NOT NULL,
    UNIQUE (brought_by, hash)
) STRICT;
CREATE INDEX partial_touched ON partial (touched_at);

-- The bytes of both, in parts of 256 KiB.
CREATE TABLE blob_part (
    blob  INTEGER NOT NULL,
    at    INTEGER NOT NULL,               -- the place of its first byte
    bytes BLOB NOT NULL,
    PRIMARY KEY (blob, at)
) STRICT;
