-- Users of the primary and their sessions.

CREATE TABLE "user" (
    -- `username`, or `server:username` for a directory's user.
    fullname         text        NOT NULL,
    username         text        NOT NULL,
    server           text        NOT NULL DEFAULT '',
    -- Argon2id as a PHC string; absent for a directory's user.
    password_hash    text,
    -- The first administrator's password still stands.
    default_password boolean     NOT NULL DEFAULT false,
    email            text        NOT NULL DEFAULT '',
    role             text        NOT NULL,
    -- Idle time in seconds after which a session ends.
    timeout          integer     NOT NULL DEFAULT 300,
    locale           text        NOT NULL DEFAULT 'en',
    last_login_at    timestamptz,
    login_count      bigint      NOT NULL DEFAULT 0,
    created_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT user_pkey PRIMARY KEY (fullname),
    CONSTRAINT user_timeout_check CHECK (timeout BETWEEN 30 AND 3600),
    CONSTRAINT user_password_check CHECK (server <> '' OR password_hash IS NOT NULL)
);

CREATE TABLE session (
    id           uuid        NOT NULL,
    fullname     text        NOT NULL,
    -- Where the login came from.
    address      text        NOT NULL,
    created_at   timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    -- The session ends then, whatever happens.
    ends_at      timestamptz NOT NULL,
    CONSTRAINT session_pkey PRIMARY KEY (id),
    CONSTRAINT session_fullname_fkey FOREIGN KEY (fullname) REFERENCES "user" (fullname)
        ON DELETE CASCADE
);

CREATE INDEX session_fullname_idx ON session (fullname);
