-- The authority that takes the place of the present one, while members still
-- hold certificates of the present one: it signs, both are trusted. It becomes
-- the present one when nobody depends on the old one any more.

CREATE TABLE authority_successor (
    -- One row.
    singleton   boolean     PRIMARY KEY DEFAULT true,
    -- DER.
    certificate bytea       NOT NULL,
    -- Its key, sealed: PKCS#8.
    sealed_key  bytea       NOT NULL,
    created_at  timestamptz NOT NULL,
    CONSTRAINT authority_successor_singleton_check CHECK (singleton)
);
