-- The tickets made on this device, so that they can be listed and taken back. What would let
-- anybody in is not kept.
CREATE TABLE ticket_made (
    name       BLOB PRIMARY KEY,          -- what a revocation calls it
    document   BLOB,                      -- the one document that it is for; NULL: all
    uses       INTEGER NOT NULL,
    made_at    INTEGER NOT NULL,          -- milliseconds since 1970
    expires_at INTEGER NOT NULL           -- milliseconds since 1970
) STRICT, WITHOUT ROWID;
