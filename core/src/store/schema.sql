-- Facts about this replica: instance, relay, cursor.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value ANY
) STRICT, WITHOUT ROWID;

CREATE TABLE document (
    id      INTEGER PRIMARY KEY,
    doc     BLOB NOT NULL UNIQUE,
    kind    TEXT NOT NULL,
    heads   BLOB NOT NULL,                -- hashes of the changes that nothing follows, sorted
    max_op  INTEGER NOT NULL,
    ops     INTEGER NOT NULL DEFAULT 0,
    bytes   INTEGER NOT NULL DEFAULT 0,
    digest  BLOB NOT NULL DEFAULT x'',    -- over tips and statements: equal means in sync
    version INTEGER NOT NULL DEFAULT 0,   -- place in this replica's sequence of commits
    synced  BLOB NOT NULL DEFAULT x'',    -- the digest that the relay last acknowledged
    refused TEXT                          -- why the relay refused, if it did
) STRICT;
CREATE INDEX document_version ON document (version);

-- Everybody who wrote, in their own history. The birth actor has no device.
CREATE TABLE actor (
    id     INTEGER PRIMARY KEY,
    doc    INTEGER NOT NULL,
    actor  BLOB NOT NULL,
    device BLOB,
    nonce  BLOB,
    seq    INTEGER NOT NULL DEFAULT 0,
    hash   BLOB,
    mine   INTEGER NOT NULL DEFAULT 0,    -- 1: the actor under which this device writes now
    UNIQUE (doc, actor)
) STRICT;

-- The log. Rows are in causal order by id.
CREATE TABLE change (
    id       INTEGER PRIMARY KEY,
    doc      INTEGER NOT NULL,
    actor    INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    hash     BLOB NOT NULL,
    start_op INTEGER NOT NULL,
    max_op   INTEGER NOT NULL,
    deps     BLOB NOT NULL,
    clock    BLOB,                        -- NULL: that of the actor's previous change, one further
    bytes    BLOB NOT NULL,
    UNIQUE (actor, seq),
    UNIQUE (doc, hash)
) STRICT;
CREATE INDEX change_doc ON change (doc, id);
CREATE INDEX change_clock ON change (actor, seq) WHERE clock IS NOT NULL;

-- Signatures over an actor's history: the latest, and one at every 64th seq.
CREATE TABLE tip (
    actor INTEGER NOT NULL,
    seq   INTEGER NOT NULL,
    hash  BLOB NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (actor, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE statement (
    digest   BLOB PRIMARY KEY,
    doc      BLOB,                        -- of this document, or
    identity BLOB,                        -- of this identity
    device   BLOB,                        -- the device that it certifies
    bytes    BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX statement_doc ON statement (doc) WHERE doc IS NOT NULL;
CREATE INDEX statement_identity ON statement (identity) WHERE identity IS NOT NULL;
CREATE INDEX statement_device ON statement (device) WHERE device IS NOT NULL;

-- Which identities a document's statements name, and what each may do there (NULL: nothing).
CREATE TABLE document_identity (
    did  BLOB NOT NULL,
    doc  INTEGER NOT NULL,
    role INTEGER,
    PRIMARY KEY (did, doc)
) STRICT, WITHOUT ROWID;
CREATE INDEX document_identity_doc ON document_identity (doc);

-- Changes that a statement took out of the document; kept, and offered to their author.
CREATE TABLE fallen (
    doc   INTEGER NOT NULL,
    hash  BLOB NOT NULL,
    actor BLOB NOT NULL,
    seq   INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (doc, hash)
) STRICT, WITHOUT ROWID;

-- Two signed histories under one actor: proof against whoever signed both.
CREATE TABLE fork (
    doc    INTEGER NOT NULL,
    actor  BLOB NOT NULL,
    seq    INTEGER NOT NULL,
    ours   BLOB NOT NULL,
    theirs BLOB NOT NULL,
    PRIMARY KEY (doc, actor, seq, theirs)
) STRICT, WITHOUT ROWID;

-- This device's own commands, kept until a relay acknowledged them: to be made again under
-- another actor if the history that holds them has to give way.
CREATE TABLE outbox (
    doc     INTEGER NOT NULL,
    actor   INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    command TEXT NOT NULL,
    PRIMARY KEY (doc, actor, seq)
) STRICT, WITHOUT ROWID;

-- Secrets of invites and device links that this replica gave out and waits for.
CREATE TABLE pending_link (
    id         BLOB PRIMARY KEY,
    secret     BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A relay's: who may put new documents here.
CREATE TABLE admitted (
    did BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- A relay's: what two devices leave for one another.
CREATE TABLE box (
    id         BLOB PRIMARY KEY,
    content    BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Caches from here on: all of it follows from the log and the statements.

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
    deleted_at INTEGER
) STRICT;

CREATE TABLE item (
    doc        INTEGER NOT NULL,
    task       TEXT NOT NULL,
    obj        INTEGER NOT NULL,
    author     INTEGER NOT NULL,          -- the actor that made it
    title      TEXT NOT NULL,
    notes      TEXT NOT NULL,
    url        TEXT,
    status     TEXT NOT NULL,
    priority   TEXT NOT NULL,
    due        TEXT,
    parent     TEXT,
    ord        TEXT NOT NULL,
    tags       TEXT NOT NULL,             -- JSON array of tag ids
    created_at INTEGER,
    deleted_at INTEGER,
    conflicts  TEXT NOT NULL,             -- JSON
    short      TEXT NOT NULL,             -- the id's hexadecimal digits, backwards
    PRIMARY KEY (doc, task)
) STRICT, WITHOUT ROWID;
CREATE INDEX item_short ON item (short);
-- Holds all that the shape of a list takes, so that its pages are found without its texts.
CREATE INDEX item_order ON item (doc, parent, ord, task, status, deleted_at);

CREATE TABLE tag (
    doc  INTEGER NOT NULL,
    tag  TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (doc, tag)
) STRICT, WITHOUT ROWID;

-- Lists that the person's space names.
CREATE TABLE space_list (
    doc  INTEGER NOT NULL,
    list TEXT NOT NULL,
    PRIMARY KEY (doc, list)
) STRICT, WITHOUT ROWID;
