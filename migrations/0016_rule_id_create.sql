-- The highest id that a rule of each kind ever had, so that ids of deleted
-- rules are not given away again.

CREATE TABLE rule_id (
    -- As in object.
    kind    integer PRIMARY KEY,
    highest bigint  NOT NULL,
    CONSTRAINT rule_id_highest_check CHECK (highest BETWEEN 0 AND 4294967295)
);
