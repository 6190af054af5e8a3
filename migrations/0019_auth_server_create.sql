-- Directories and providers of single sign-on that vouch for users.

CREATE TABLE auth_server (
    name       text        NOT NULL,
    -- Without secrets.
    settings   jsonb       NOT NULL,
    -- Sealed: the client's secret, or the password of the bind name.
    secret     bytea,
    -- Grows with each change.
    revision   bigint      NOT NULL DEFAULT 1,
    CONSTRAINT auth_server_pkey PRIMARY KEY (name)
);

-- Logins that a browser began and a provider has not answered yet.
CREATE TABLE sso_attempt (
    -- SHA-256 of the state.
    state_hash   bytea       NOT NULL,
    server       text        NOT NULL,
    -- Sealed: nonce, PKCE verifier, address of return.
    sealed       bytea       NOT NULL,
    -- SHA-256 of what the browser holds as a cookie; absent for other clients.
    browser_hash bytea,
    expires_at   timestamptz NOT NULL,
    CONSTRAINT sso_attempt_pkey PRIMARY KEY (state_hash),
    CONSTRAINT sso_attempt_server_fkey FOREIGN KEY (server) REFERENCES auth_server (name)
        ON DELETE CASCADE
);

CREATE INDEX sso_attempt_expires_at_idx ON sso_attempt (expires_at);

-- Who the provider says a user is, whatever the user is called.
ALTER TABLE "user" ADD COLUMN subject text;
CREATE INDEX user_server_idx ON "user" (server) WHERE server <> '';

-- Sealed: the provider's word, for logging out there.
ALTER TABLE session ADD COLUMN id_token bytea;
