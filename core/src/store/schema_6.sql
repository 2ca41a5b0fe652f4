-- What a file is by what is in it, one bit for each kind; 0: nobody has looked.
ALTER TABLE blob ADD COLUMN kinds INTEGER NOT NULL DEFAULT 0;
