-- The last word of an authority that was replaced: which certificates of members that were
-- removed it has revoked, signed by itself. Such a member may have been away since, and
-- believes no other authority.
CREATE TABLE authority_former (
    -- SHA-256 of its certificate.
    fingerprint bytea       CONSTRAINT authority_former_pkey PRIMARY KEY,
    -- A list of revoked certificates, DER.
    revoked     bytea       NOT NULL,
    replaced_at timestamptz NOT NULL,
    CONSTRAINT authority_former_fingerprint_check CHECK (octet_length(fingerprint) = 32)
);
