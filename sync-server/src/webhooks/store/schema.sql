-- Where events go, and what became of each. Times are milliseconds since 1970.

CREATE TABLE endpoint (
    id              TEXT PRIMARY KEY,
    owner           TEXT NOT NULL,             -- who registered it
    url             TEXT NOT NULL,
    description     TEXT NOT NULL,
    format          TEXT NOT NULL,             -- JSON
    lists           TEXT NOT NULL,             -- JSON array; none: all
    events          TEXT NOT NULL,             -- JSON array; none: all
    assignee        TEXT,
    enabled         INTEGER NOT NULL,
    disabled_reason TEXT,
    secret          BLOB NOT NULL,             -- sealed, as are the next and the token
    secret_before   BLOB,                      -- the one that was rotated out
    rotation_ends   INTEGER,                   -- until when that still signs
    token           BLOB,                      -- what the other side wants to see
    created_at      INTEGER NOT NULL,
    failing_since   INTEGER                    -- since when every attempt has failed
) STRICT;
CREATE INDEX endpoint_owner ON endpoint (owner, created_at);

CREATE TABLE delivery (
    n           INTEGER PRIMARY KEY,
    id          TEXT NOT NULL,                 -- the webhook-id: the same for each attempt
    endpoint    TEXT NOT NULL,
    kind        TEXT NOT NULL,
    list        TEXT,                          -- none: of no list
    body        TEXT NOT NULL,
    state       INTEGER NOT NULL,              -- 0 waits, 1 delivered, 2 dead
    attempts    INTEGER NOT NULL DEFAULT 0,
    next_at     INTEGER,                       -- when it is tried again, while it waits
    created_at  INTEGER NOT NULL,
    finished_at INTEGER,
    error       TEXT,                          -- why the last attempt came to nothing
    UNIQUE (endpoint, id)
) STRICT;
CREATE INDEX delivery_due ON delivery (endpoint, next_at) WHERE state = 0;
CREATE INDEX delivery_next ON delivery (next_at) WHERE state = 0;
CREATE INDEX delivery_finished ON delivery (finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE attempt (
    delivery    INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    status      INTEGER,                       -- of the answer, where there was one
    error       TEXT
) STRICT;
CREATE INDEX attempt_delivery ON attempt (delivery, at);

-- How far the stream of events has been put into deliveries.
CREATE TABLE progress (
    only  INTEGER PRIMARY KEY CHECK (only = 1),
    event TEXT NOT NULL
) STRICT;
