-- What runs in the clusters, as their agents report it.

-- How far the primary knows what a cluster runs. The row is the lock of those
-- who write the cluster's workloads.
CREATE TABLE workload_state (
    cluster_id uuid        PRIMARY KEY,
    -- Digest of the set as the agent has it; null while all of it is being
    -- sent.
    digest     bytea,
    -- The number of the sending that the rows are of.
    whole      bigint      NOT NULL,
    workloads  integer     NOT NULL DEFAULT 0,
    nodes      integer     NOT NULL DEFAULT 0,
    images     integer     NOT NULL DEFAULT 0,
    at         timestamptz NOT NULL
);

CREATE TABLE node (
    cluster_id uuid    NOT NULL,
    id         text    NOT NULL,
    name       text    NOT NULL,
    os         text    NOT NULL,
    kernel     text    NOT NULL,
    cpus       integer NOT NULL,
    -- Bytes.
    memory     bigint  NOT NULL,
    CONSTRAINT node_pkey PRIMARY KEY (cluster_id, id)
);

-- An image that runs somewhere, by what the engines of nodes call it.
CREATE TABLE running_image (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text    NOT NULL,
    -- Digest of the configuration, without `sha256:`; empty when unknown.
    image_id   text    NOT NULL,
    -- The name taken apart. The tag is empty where a digest names the image.
    registry   text    NOT NULL,
    repository text    NOT NULL,
    tag        text    NOT NULL,
    -- SHA-256 of the manifest or of an index.
    digest     bytea,

    -- What is known of it, brought up to date now and then, so that lists can
    -- be in the order of it.

    clusters   integer NOT NULL DEFAULT 0,
    workloads  integer NOT NULL DEFAULT 0,
    -- When it was scanned; null when it was not.
    scanned_at timestamptz,
    critical   integer NOT NULL DEFAULT 0,
    high       integer NOT NULL DEFAULT 0,
    medium     integer NOT NULL DEFAULT 0,
    low        integer NOT NULL DEFAULT 0,
    CONSTRAINT running_image_key UNIQUE (name, image_id)
);

CREATE INDEX running_image_severity_idx ON running_image (critical, high, medium, id);
CREATE INDEX running_image_clusters_idx ON running_image (clusters, id);
CREATE INDEX running_image_workloads_idx ON running_image (workloads, id);
CREATE INDEX running_image_repository_idx ON running_image (repository, tag);
CREATE INDEX running_image_image_id_idx ON running_image (image_id) WHERE image_id <> '';
CREATE INDEX running_image_digest_idx ON running_image (digest) WHERE digest IS NOT NULL;

CREATE TABLE workload (
    cluster_id  uuid        NOT NULL,
    id          text        NOT NULL,
    name        text        NOT NULL,
    namespace   text        NOT NULL,
    pod         text        NOT NULL,
    host        text        NOT NULL,
    -- The name of the image, and its number.
    image       text        NOT NULL,
    running_image integer   NOT NULL,
    run_as_root boolean     NOT NULL,
    -- 1970 when unknown.
    started_at  timestamptz NOT NULL,
    whole       bigint      NOT NULL,
    CONSTRAINT workload_pkey PRIMARY KEY (cluster_id, id)
) PARTITION BY HASH (cluster_id);

CREATE TABLE workload_0 PARTITION OF workload FOR VALUES WITH (MODULUS 8, REMAINDER 0);
CREATE TABLE workload_1 PARTITION OF workload FOR VALUES WITH (MODULUS 8, REMAINDER 1);
CREATE TABLE workload_2 PARTITION OF workload FOR VALUES WITH (MODULUS 8, REMAINDER 2);
CREATE TABLE workload_3 PARTITION OF workload FOR VALUES WITH (MODULUS 8, REMAINDER 3);
CREATE TABLE workload_4 PARTITION OF workload FOR VALUES WITH (MODULUS 8, REMAINDER 4);
CREATE TABLE workload_5 PARTITION OF workload FOR VALUES WITH (MODULUS 8, REMAINDER 5);
CREATE TABLE workload_6 PARTITION OF workload FOR VALUES WITH (MODULUS 8, REMAINDER 6);
CREATE TABLE workload_7 PARTITION OF workload FOR VALUES WITH (MODULUS 8, REMAINDER 7);

CREATE INDEX workload_name_idx ON workload (name, cluster_id, id);
CREATE INDEX workload_namespace_idx ON workload (namespace, cluster_id, id);
CREATE INDEX workload_image_idx ON workload (image, cluster_id, id);
CREATE INDEX workload_started_at_idx ON workload (started_at, cluster_id, id);
CREATE INDEX workload_running_image_idx ON workload (running_image, cluster_id);

-- Which cluster runs which image.
CREATE TABLE cluster_image (
    cluster_id    uuid    NOT NULL,
    running_image integer NOT NULL,
    CONSTRAINT cluster_image_pkey PRIMARY KEY (cluster_id, running_image),
    CONSTRAINT cluster_image_running_image_fkey
        FOREIGN KEY (running_image) REFERENCES running_image (id) ON DELETE CASCADE
);

CREATE INDEX cluster_image_running_image_idx ON cluster_image (running_image, cluster_id);

-- What tells registries apart: host and port of a URL; Docker Hub has many.
CREATE FUNCTION registry_key(url text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN host IN ('docker.io', 'index.docker.io', 'registry.hub.docker.com',
                              'registry-1.docker.io', 'dockerhub') THEN 'docker.io'
                ELSE host END
    FROM (SELECT lower(split_part(regexp_replace(trim(url), '^https?://', ''), '/', 1)) AS host)
         AS known
$$;

CREATE INDEX image_repository_idx ON image (repository, tag);
CREATE INDEX image_index_digest_idx ON image (index_digest) WHERE index_digest IS NOT NULL;
CREATE INDEX repository_image_repository_idx ON repository_image (repository, tag);

-- Reports on images that run: by the digest of the configuration, by that of
-- the manifest or of an index, or by name.
CREATE VIEW running_report AS
    SELECT running.id AS running_image, report.id AS report
    FROM running_image AS running
    JOIN report ON report.image_id = running.image_id
    WHERE running.image_id <> ''
    UNION
    SELECT running.id, report.id
    FROM running_image AS running JOIN report ON report.digest = running.digest
    UNION
    SELECT running.id, report.id
    FROM running_image AS running
    JOIN image ON image.index_digest = running.digest
    JOIN report ON report.digest = image.digest
    UNION
    SELECT running.id, report.id
    FROM running_image AS running
    JOIN image ON image.repository = running.repository AND image.tag = running.tag
    JOIN object ON object.kind = 10 AND object.name = image.registry
    JOIN report ON report.digest = image.digest
    WHERE running.tag <> ''
      AND registry_key(convert_from(object.payload, 'UTF8')::json ->> 'registry')
          = running.registry
    UNION
    SELECT running.id, report.id
    FROM running_image AS running
    JOIN repository_image AS image
         ON image.repository = running.repository AND image.tag = running.tag
    JOIN report ON report.digest = image.digest
    WHERE running.tag <> '' AND registry_key(image.registry) = running.registry;
