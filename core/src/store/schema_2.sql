-- This device's own actions, in their order, so that they can be taken back and made again. Which
-- changes an action made is all that is kept: what to write follows from those.
CREATE TABLE undo (
    id     INTEGER PRIMARY KEY,
    action BLOB NOT NULL,                 -- one command, however many changes it made
    doc    INTEGER NOT NULL,
    actor  INTEGER NOT NULL,
    seq    INTEGER NOT NULL,
    what   TEXT NOT NULL,                 -- the command's name
    state  INTEGER NOT NULL DEFAULT 0     -- 0 done, 1 taken back
) STRICT;
CREATE INDEX undo_action ON undo (action);

-- Files that tasks carry, by what is in them.
CREATE TABLE blob (
    hash  BLOB PRIMARY KEY,               -- SHA-256
    size  INTEGER NOT NULL,
    bytes BLOB NOT NULL
) STRICT;
