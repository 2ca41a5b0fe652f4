-- For whom a relay signs an actor's history, where it does.
ALTER TABLE actor ADD COLUMN witnessed BLOB;

-- A relay's: which clients came with which ticket, so that a ticket serves only so many.
CREATE TABLE ticket_use (
    ticket     BLOB NOT NULL,             -- its id
    sender     TEXT NOT NULL,             -- what the client calls itself
    expires_at INTEGER NOT NULL,          -- when the ticket ends, milliseconds since 1970
    PRIMARY KEY (ticket, sender)
) STRICT, WITHOUT ROWID;
CREATE INDEX ticket_use_expires ON ticket_use (expires_at);
