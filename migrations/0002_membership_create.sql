-- The federation that this primary holds: itself, its authority, the tokens
-- that let clusters join, and the members.

CREATE TABLE federation (
    -- One row.
    singleton             boolean     PRIMARY KEY DEFAULT true,
    -- The primary's own id among the clusters.
    cluster_id            uuid        NOT NULL DEFAULT gen_random_uuid(),
    promoted_at           timestamptz,
    -- Null: the configured name.
    name                  text,
    -- Where members reach the federation listener. Empty: as configured.
    master_server         text        NOT NULL DEFAULT '',
    master_port           integer     NOT NULL DEFAULT 0,
    -- Where the REST API is reached, for clients only.
    rest_server           text        NOT NULL DEFAULT '',
    rest_port             integer     NOT NULL DEFAULT 0,
    -- Minutes. Kept for clients: the link needs neither.
    ping_interval         integer     NOT NULL DEFAULT 1,
    poll_interval         integer     NOT NULL DEFAULT 1,
    use_proxy             text        NOT NULL DEFAULT '',
    deploy_repo_scan_data boolean     NOT NULL DEFAULT false,
    CONSTRAINT federation_singleton_check CHECK (singleton),
    CONSTRAINT federation_master_port_check CHECK (master_port BETWEEN 0 AND 65535),
    CONSTRAINT federation_rest_port_check CHECK (rest_port BETWEEN 0 AND 65535),
    CONSTRAINT federation_use_proxy_check CHECK (use_proxy IN ('', 'https'))
);

INSERT INTO federation DEFAULT VALUES;

CREATE TABLE authority (
    -- One row.
    singleton             boolean     PRIMARY KEY DEFAULT true,
    -- DER.
    certificate       bytea       NOT NULL,
    -- Keys, sealed: PKCS#8 of the authority, and of the key that signs join
    -- tickets.
    sealed_key        bytea       NOT NULL,
    sealed_ticket_key bytea       NOT NULL,
    created_at        timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT authority_singleton_check CHECK (singleton)
);

CREATE TABLE token (
    id         uuid        PRIMARY KEY,
    -- SHA-256 of the ticket; the ticket itself is nowhere.
    digest     bytea       NOT NULL,
    -- Whether the joining cluster becomes the home cluster.
    home       boolean     NOT NULL,
    max_uses   integer     NOT NULL,
    uses       integer     NOT NULL DEFAULT 0,
    created_by text        NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CONSTRAINT token_digest_key UNIQUE (digest),
    CONSTRAINT token_digest_check CHECK (octet_length(digest) = 32),
    CONSTRAINT token_uses_check CHECK (uses BETWEEN 0 AND max_uses),
    CONSTRAINT token_max_uses_check CHECK (max_uses > 0)
);

CREATE TABLE member (
    id                     uuid        PRIMARY KEY,
    name                   text        NOT NULL,
    home                   boolean     NOT NULL,
    labels                 jsonb       NOT NULL DEFAULT '{}',
    -- Where its REST API is reached, as it says itself.
    rest_server            text        NOT NULL,
    rest_port              integer     NOT NULL,
    -- uid of the kube-system namespace; empty outside Kubernetes.
    kube_system_uid        text        NOT NULL,
    -- Version of the agent's program.
    version                text        NOT NULL,
    token_id               uuid        NOT NULL,
    -- SHA-256 of the signing request it joined with: the same request again
    -- is the same cluster, whose answer was lost.
    request_digest         bytea       NOT NULL,
    certificate_serial     text        NOT NULL,
    certificate_expires_at timestamptz NOT NULL,
    joined_at              timestamptz NOT NULL,
    last_seen_at           timestamptz,
    -- A removed member stays as a record; its id never comes back.
    removed_at             timestamptz,
    removed_reason         text,
    CONSTRAINT member_token_fkey FOREIGN KEY (token_id) REFERENCES token (id),
    CONSTRAINT member_request_check CHECK (octet_length(request_digest) = 32),
    CONSTRAINT member_rest_port_check CHECK (rest_port BETWEEN 0 AND 65535),
    CONSTRAINT member_removed_check CHECK (
        (removed_at IS NULL) = (removed_reason IS NULL)
        AND removed_reason IN ('left', 'kicked', 'demoted')
    )
);

CREATE UNIQUE INDEX member_name_key ON member (name) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX member_home_key ON member (home) WHERE home AND removed_at IS NULL;
CREATE UNIQUE INDEX member_request_key ON member (request_digest);

-- What each member has acknowledged to hold of each log.
CREATE TABLE member_position (
    member_id uuid        NOT NULL,
    log       smallint    NOT NULL,
    epoch     uuid        NOT NULL,
    revision  bigint      NOT NULL,
    digest    bytea       NOT NULL,
    at        timestamptz NOT NULL,
    CONSTRAINT member_position_pkey PRIMARY KEY (member_id, log),
    CONSTRAINT member_position_member_fkey FOREIGN KEY (member_id) REFERENCES member (id)
        ON DELETE CASCADE,
    CONSTRAINT member_position_log_fkey FOREIGN KEY (log) REFERENCES log (id)
);
