-- Rules of passwords, roles in namespaces, custom roles, API keys.

ALTER TABLE "user"
    -- Role to namespaces.
    ADD COLUMN role_domains        jsonb       NOT NULL DEFAULT '{}',
    ADD COLUMN password_changed_at timestamptz NOT NULL DEFAULT now(),
    -- The next login must bring a new password.
    ADD COLUMN reset_password      boolean     NOT NULL DEFAULT false,
    -- Failed logins since the last one that succeeded.
    ADD COLUMN failed_logins       integer     NOT NULL DEFAULT 0,
    -- When the last of too many failed logins was.
    ADD COLUMN blocked_at          timestamptz,
    -- An administrator chose the roles of a directory's user, so its groups
    -- change them no more.
    ADD COLUMN roles_chosen        boolean     NOT NULL DEFAULT false;

-- Former passwords, so that nobody takes one again.
CREATE TABLE password_history (
    id            bigint GENERATED ALWAYS AS IDENTITY,
    fullname      text NOT NULL,
    password_hash text NOT NULL,
    CONSTRAINT password_history_pkey PRIMARY KEY (id),
    CONSTRAINT password_history_fullname_fkey FOREIGN KEY (fullname) REFERENCES "user" (fullname)
        ON DELETE CASCADE
);

CREATE INDEX password_history_fullname_idx ON password_history (fullname, id);

CREATE TABLE user_role (
    name        text  NOT NULL,
    comment     text  NOT NULL,
    -- [{"id", "read", "write"}]
    permissions jsonb NOT NULL,
    CONSTRAINT user_role_pkey PRIMARY KEY (name)
);

CREATE TABLE api_key (
    name             text        NOT NULL,
    description      text        NOT NULL,
    role             text        NOT NULL,
    role_domains     jsonb       NOT NULL,
    -- SHA-256 of the secret.
    secret_hash      bytea       NOT NULL,
    expiration_type  text        NOT NULL,
    expiration_hours integer     NOT NULL,
    -- Absent: never.
    expires_at       timestamptz,
    created_at       timestamptz NOT NULL,
    created_by       text        NOT NULL,
    last_used_at     timestamptz,
    CONSTRAINT api_key_pkey PRIMARY KEY (name)
);
