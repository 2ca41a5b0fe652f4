-- Turns in who may do what, which no change says: each has a place of its own among those of the
-- log, kept when what is derived is made anew. So whoever follows what comes finds each once.
CREATE TABLE turn_place (
    place INTEGER PRIMARY KEY,
    doc   INTEGER NOT NULL,
    hash  BLOB NOT NULL,                  -- as in `activity`
    UNIQUE (doc, hash)
) STRICT;

DROP VIEW next_change;
CREATE VIEW next_change (id) AS
SELECT 1 + max(
    coalesce((SELECT max(id) FROM change), 0),
    coalesce((SELECT max(place) FROM turn_place), 0),
    coalesce((SELECT value FROM meta WHERE key = 'log_end'), 0)
);
