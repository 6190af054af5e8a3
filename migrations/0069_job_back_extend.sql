-- A scan that went to another registry, because the one that was asked first wanted to be left
-- alone for long, goes back there when the other one fails, too.
ALTER TABLE job
    -- Null where there is none to go back to.
    ADD COLUMN back_registry   text,
    ADD COLUMN back_repository text,
    -- When it is welcome again.
    ADD COLUMN back_after      timestamptz,
    -- Why it waits until then.
    ADD COLUMN back_result     text,
    ADD CONSTRAINT job_back_registry_fkey
        FOREIGN KEY (back_registry) REFERENCES registry (name) ON DELETE SET NULL;
