-- Which programs may work with this schema: those that know the migration named
-- here. A program that does not know later ones may go on, as migrations work
-- with the program before them; one that ends that raises this number to its own.
CREATE TABLE schema_floor (
    -- One row.
    singleton boolean PRIMARY KEY DEFAULT true,
    migration bigint  NOT NULL,
    CONSTRAINT schema_floor_singleton_check CHECK (singleton)
);

INSERT INTO schema_floor (migration) VALUES (31);
