-- When changes and statements came here, in milliseconds since 1970: this replica's own knowledge,
-- which no other gets. Of what came before this was noted it is not known, and its author's claim
-- about the time stands.
ALTER TABLE change ADD COLUMN received INTEGER;
ALTER TABLE fallen ADD COLUMN received INTEGER;
ALTER TABLE statement ADD COLUMN received INTEGER;
