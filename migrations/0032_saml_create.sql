-- Single sign-on by SAML.

-- Assertions and requests of providers that were taken: none is taken twice.
CREATE TABLE saml_assertion (
    server     text        NOT NULL,
    -- SHA-256 of its ID.
    id_hash    bytea       NOT NULL,
    -- After that it would be refused for its age.
    expires_at timestamptz NOT NULL,
    CONSTRAINT saml_assertion_pkey PRIMARY KEY (server, id_hash),
    CONSTRAINT saml_assertion_server_fkey FOREIGN KEY (server) REFERENCES auth_server (name)
        ON DELETE CASCADE
);

CREATE INDEX saml_assertion_expires_at_idx ON saml_assertion (expires_at);

-- SHA-256 of what the provider calls the user, and of the session there: by
-- them it ends sessions here.
ALTER TABLE session ADD COLUMN name_id_hash bytea;
ALTER TABLE session ADD COLUMN session_index_hash bytea;
CREATE INDEX session_name_id_hash_idx ON session (name_id_hash) WHERE name_id_hash IS NOT NULL;
