-- When changes and statements came here, in milliseconds since 1970: this replica's own knowledge,
-- which no other gets. Of what came before this was noted it is not known, and its author's claim
-- about the time stands.
ALTER TABLE change ADD COLUMN received INTEGER;
ALTER TABLE fallen ADD COLUMN received INTEGER;
ALTER TABLE statement ADD COLUMN received INTEGER;

-- No place in the log is given twice, not even where the last changes fell out of it: whoever
-- follows what comes goes by them.
CREATE TRIGGER change_gone AFTER DELETE ON change
BEGIN
    INSERT INTO meta (key, value) VALUES ('log_end', old.id)
    ON CONFLICT (key) DO UPDATE SET value = max(value, excluded.value);
END;
CREATE VIEW next_change (id) AS
SELECT 1 + max(
    coalesce((SELECT max(id) FROM change), 0),
    coalesce((SELECT value FROM meta WHERE key = 'log_end'), 0)
);
