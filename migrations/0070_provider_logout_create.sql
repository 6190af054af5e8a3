-- What ended at providers of single sign-on a moment ago: a login that began before, and comes to its
-- end after, begins no session. Older programs write none, and let such a session begin.
CREATE TABLE provider_logout (
    id           bigint      GENERATED ALWAYS AS IDENTITY,
    server       text        NOT NULL,
    -- SHA-256 of what the provider calls the user; null: whoever it is.
    subject_hash bytea,
    -- SHA-256 of what it calls the session; null: all of the user.
    session_hash bytea,
    ended_at     timestamptz NOT NULL,
    CONSTRAINT provider_logout_pkey PRIMARY KEY (id),
    CONSTRAINT provider_logout_server_fkey FOREIGN KEY (server) REFERENCES auth_server (name)
        ON DELETE CASCADE,
    CONSTRAINT provider_logout_whose_check CHECK (subject_hash IS NOT NULL OR session_hash IS NOT NULL)
);

CREATE INDEX provider_logout_ended_at_idx ON provider_logout (server, ended_at);
