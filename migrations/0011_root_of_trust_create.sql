-- Whose signatures of images count. Keys and certificates are in PEM; empty
-- where there is none.

CREATE TABLE root_of_trust (
    name                   text    PRIMARY KEY,
    -- Else the keys are those of Sigstore's public parts.
    is_private             boolean NOT NULL,
    rootless_keypairs_only boolean NOT NULL,
    rekor_public_key       text    NOT NULL,
    root_cert              text    NOT NULL,
    sct_public_key         text    NOT NULL,
    comment                text    NOT NULL,
    CONSTRAINT root_of_trust_name_check CHECK (name <> '')
);

CREATE TABLE verifier (
    root_of_trust text NOT NULL,
    name          text NOT NULL,
    verifier_type text NOT NULL,
    public_key    text NOT NULL,
    cert_issuer   text NOT NULL,
    cert_subject  text NOT NULL,
    comment       text NOT NULL,
    CONSTRAINT verifier_pkey PRIMARY KEY (root_of_trust, name),
    CONSTRAINT verifier_root_of_trust_fkey
        FOREIGN KEY (root_of_trust) REFERENCES root_of_trust (name) ON DELETE CASCADE,
    CONSTRAINT verifier_name_check CHECK (name <> ''),
    CONSTRAINT verifier_type_check CHECK (verifier_type IN ('keypair', 'keyless'))
);
