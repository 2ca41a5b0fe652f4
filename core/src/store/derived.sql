-- All of this follows from the log and the statements. Where a program finds it in another version
-- than its own, it makes it anew from those.

-- A document as one compressed chunk, for who lacks most of it.
CREATE TABLE chunk (
    doc   INTEGER PRIMARY KEY,
    ends  BLOB NOT NULL,                  -- where the histories in it end, with the signatures there
    bytes BLOB NOT NULL
) STRICT;

CREATE TABLE object (
    id     INTEGER PRIMARY KEY,
    doc    INTEGER NOT NULL,
    ctr    INTEGER NOT NULL,              -- the operation that made it; 0 and 0: the root
    actor  INTEGER NOT NULL,
    parent INTEGER NOT NULL,
    key    TEXT NOT NULL,
    kind   INTEGER NOT NULL,              -- 0 map, 1 text
    UNIQUE (doc, ctr, actor)
) STRICT;

CREATE TABLE op (
    obj    INTEGER NOT NULL,
    key    TEXT NOT NULL,
    ctr    INTEGER NOT NULL,
    actor  INTEGER NOT NULL,
    over   INTEGER NOT NULL DEFAULT 0,    -- 1: a later operation that knew it took its place
    kind   INTEGER NOT NULL,              -- 0 scalar, 1 made a map, 2 made a text
    value  BLOB,
    PRIMARY KEY (obj, key, ctr, actor)
) STRICT, WITHOUT ROWID;

CREATE TABLE text (
    obj   INTEGER PRIMARY KEY,
    runs  BLOB NOT NULL,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE list (
    doc        INTEGER PRIMARY KEY,
    title      TEXT NOT NULL,
    created_at INTEGER,
    deleted_at INTEGER,
    icon       TEXT,
    color      TEXT,
    view       TEXT NOT NULL DEFAULT 'list'
) STRICT;

CREATE TABLE item (
    doc         INTEGER NOT NULL,
    task        TEXT NOT NULL,
    obj         INTEGER NOT NULL,
    author      INTEGER NOT NULL,         -- the actor that made it
    title       TEXT NOT NULL,
    notes       TEXT NOT NULL,
    url         TEXT,
    status      TEXT NOT NULL,            -- as it was set
    priority    TEXT NOT NULL,
    due         TEXT,                     -- as it was set
    series      TEXT,
    next        TEXT,                     -- when it is due next: the series' next occurrence, or due
    day         TEXT,                     -- the calendar day of that
    context     TEXT,                     -- the series and occurrence that it is done for: its own,
                                          -- or that of the nearest task above that recurs
    done        INTEGER NOT NULL,         -- 1: nothing is left to do
    last        TEXT,                     -- the latest occurrence that was completed or skipped
    parent      TEXT,
    ord         TEXT NOT NULL,
    assignee    TEXT,
    assigned_at INTEGER,
    aisle       TEXT,
    tags        TEXT NOT NULL,            -- JSON array of tag ids
    reminders   TEXT NOT NULL,            -- JSON array
    blocked_by  TEXT NOT NULL,            -- JSON array of task ids
    attachments TEXT NOT NULL,            -- JSON array
    created_at  INTEGER,
    deleted_at  INTEGER,
    conflicts   TEXT NOT NULL,            -- JSON
    short       TEXT NOT NULL,            -- the id's hexadecimal digits, backwards
    texts       INTEGER NOT NULL,         -- its row in the search index
    PRIMARY KEY (doc, task)
) STRICT, WITHOUT ROWID;
CREATE INDEX item_short ON item (short);
-- Holds all that the shape of a list takes, so that its pages are found without its texts.
CREATE INDEX item_order ON item (doc, parent, ord, task, status, done, deleted_at);
CREATE INDEX item_day ON item (day) WHERE day IS NOT NULL AND done = 0 AND deleted_at IS NULL;
CREATE INDEX item_urgent ON item (doc, parent) WHERE priority = 'high' AND done = 0 AND deleted_at IS NULL;
CREATE INDEX item_assignee ON item (assignee) WHERE assignee IS NOT NULL;
-- Holds what decides which of the texts that were found are shown, and in which order.
CREATE INDEX item_texts ON item (texts, done, deleted_at);

-- Tasks that stand at the top although they name a parent.
CREATE TABLE lifted (
    doc  INTEGER NOT NULL,
    task TEXT NOT NULL,
    PRIMARY KEY (doc, task)
) STRICT, WITHOUT ROWID;

-- Which tasks name a file.
CREATE TABLE attached (
    hash    BLOB NOT NULL,
    doc     INTEGER NOT NULL,
    task    TEXT NOT NULL,
    trashed INTEGER NOT NULL,             -- 1: the task is in the trash by itself
    size    INTEGER NOT NULL,             -- as the task claims
    PRIMARY KEY (hash, doc, task)
) STRICT, WITHOUT ROWID;
CREATE INDEX attached_task ON attached (doc, task);

-- What is looked for: titles, notes and comments of tasks.
CREATE VIRTUAL TABLE search USING fts5 (
    title, notes, comments,
    tokenize = "unicode61 remove_diacritics 2",
    prefix = '2 3'
);

CREATE TABLE comment (
    doc        INTEGER NOT NULL,
    comment    TEXT NOT NULL,
    obj        INTEGER NOT NULL,
    author     INTEGER NOT NULL,
    task       TEXT,                      -- none: it is about the list
    body       TEXT NOT NULL,
    created_at INTEGER,
    edited_at  INTEGER,
    deleted_at INTEGER,
    PRIMARY KEY (doc, comment)
) STRICT, WITHOUT ROWID;
CREATE INDEX comment_task ON comment (doc, task, comment);

CREATE TABLE tag (
    doc   INTEGER NOT NULL,
    tag   TEXT NOT NULL,
    obj   INTEGER NOT NULL,
    name  TEXT NOT NULL,
    color TEXT,
    PRIMARY KEY (doc, tag)
) STRICT, WITHOUT ROWID;

-- A list's own aisles.
CREATE TABLE aisle (
    doc      INTEGER NOT NULL,
    aisle    TEXT NOT NULL,
    name     TEXT NOT NULL,
    keywords TEXT NOT NULL,               -- JSON array
    PRIMARY KEY (doc, aisle)
) STRICT, WITHOUT ROWID;

-- Who did what, in causal order by pos, ties by hash.
CREATE TABLE activity (
    doc     INTEGER NOT NULL,
    pos     INTEGER NOT NULL,             -- the change's first counter: a Lamport clock
    hash    BLOB NOT NULL,                -- of the change; where a statement says it: begins
                                          -- with ffff and the time, then follows from both
    n       INTEGER NOT NULL,             -- place within the change
    actor   INTEGER NOT NULL,             -- who wrote the change
    who     TEXT,                         -- where a statement says it: the DID of who did it
    at      INTEGER NOT NULL,             -- as its author claims, milliseconds since 1970
    placed  INTEGER NOT NULL,             -- the same, or when it came here if that was before: no
                                          -- claim lifts a row above what just came
    action  TEXT NOT NULL,
    task    TEXT,
    comment TEXT,
    day     TEXT,                         -- of a completion: the local day that counts
    detail  TEXT NOT NULL,                -- JSON
    PRIMARY KEY (doc, pos, hash, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX activity_placed ON activity (placed, pos, hash, n);
CREATE INDEX activity_task ON activity (doc, task, pos) WHERE task IS NOT NULL;
CREATE INDEX activity_members ON activity (doc, at) WHERE who IS NOT NULL;
CREATE INDEX activity_actor ON activity (actor, action, at);

-- The last change of each document that activity was derived from.
CREATE TABLE activity_end (
    doc    INTEGER PRIMARY KEY,
    change INTEGER NOT NULL
) STRICT;

-- What a person's space says: about lists, and beside them.
CREATE TABLE space_list (
    doc       INTEGER NOT NULL,
    list      TEXT NOT NULL,
    folder    TEXT,
    favorite  INTEGER NOT NULL DEFAULT 0,
    archived  INTEGER NOT NULL DEFAULT 0,
    sort      TEXT,
    PRIMARY KEY (doc, list)
) STRICT, WITHOUT ROWID;

CREATE TABLE folder (
    doc    INTEGER NOT NULL,
    folder TEXT NOT NULL,
    obj    INTEGER NOT NULL,
    name   TEXT NOT NULL,
    PRIMARY KEY (doc, folder)
) STRICT, WITHOUT ROWID;

CREATE TABLE template (
    doc      INTEGER NOT NULL,
    template TEXT NOT NULL,
    obj      INTEGER NOT NULL,
    title    TEXT NOT NULL,
    body     TEXT NOT NULL,               -- JSON
    PRIMARY KEY (doc, template)
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
    doc   INTEGER NOT NULL,
    name  TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (doc, name)
) STRICT, WITHOUT ROWID;
