-- The form of inventories in which an image turned out to be broken: nobody
-- reads it in vain again before there is another, or somebody asks. Null where
-- it is sound or another try may succeed.
ALTER TABLE image ADD COLUMN broken_format integer;
