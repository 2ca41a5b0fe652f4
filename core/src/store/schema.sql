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
