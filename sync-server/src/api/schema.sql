-- What the API keeps beside the documents. Names begin with host_, so that the engine's own tables
-- stay apart. Times are milliseconds since 1970.

-- Agents that act through this relay.
CREATE TABLE IF NOT EXISTS host_agent (
    did             BLOB PRIMARY KEY,
    owner           BLOB NOT NULL,
    -- The public half of the key with which the relay signs for it, and the other half, sealed.
    signer          BLOB NOT NULL UNIQUE,
    sealed          BLOB NOT NULL,
    created_at      INTEGER NOT NULL,
    last_active_at  INTEGER,
    disconnected_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS host_agent_owner ON host_agent (owner);

-- Keys of the API. Of the secret there is only a digest.
CREATE TABLE IF NOT EXISTS host_key (
    id           TEXT PRIMARY KEY,
    digest       BLOB NOT NULL,
    -- Who made it, and for whom it acts: that person, or an agent of theirs.
    owner        BLOB NOT NULL,
    subject      BLOB NOT NULL,
    name         TEXT NOT NULL,
    -- JSON arrays. Without lists it is for all that its subject may see.
    scopes       TEXT NOT NULL,
    lists        TEXT,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER,
    revoked_at   INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS host_key_owner ON host_key (owner);
CREATE INDEX IF NOT EXISTS host_key_subject ON host_key (subject);

-- Sessions of people who proved who they are.
CREATE TABLE IF NOT EXISTS host_session (
    id         TEXT PRIMARY KEY,
    digest     BLOB NOT NULL,
    did        BLOB NOT NULL,
    device     BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

-- What was signed once and counts no second time: challenges, and the names of tokens.
CREATE TABLE IF NOT EXISTS host_spent (
    what       BLOB PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Answers to POSTs that came with a key.
CREATE TABLE IF NOT EXISTS host_reply (
    did         BLOB NOT NULL,
    key         TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    status      INTEGER NOT NULL,
    body        TEXT,
    etag        TEXT,
    location    TEXT,
    expires_at  INTEGER NOT NULL,
    PRIMARY KEY (did, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS host_reply_expires ON host_reply (expires_at);

-- What was done with keys and agents, by whom.
CREATE TABLE IF NOT EXISTS host_audit (
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    owner  BLOB NOT NULL,
    actor  BLOB NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS host_audit_owner ON host_audit (owner, id);
