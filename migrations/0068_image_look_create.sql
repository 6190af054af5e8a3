-- Tags that were looked at by themselves while their registry was being listed: what the listing
-- saw of them may be older than what is known by now. Gone when a listing has ended.
CREATE TABLE image_look (
    registry   text        NOT NULL,
    repository text        NOT NULL,
    tag        text        NOT NULL,
    -- When the registry had answered.
    looked_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT image_look_pkey PRIMARY KEY (registry, repository, tag),
    CONSTRAINT image_look_registry_fkey FOREIGN KEY (registry) REFERENCES registry (name) ON DELETE CASCADE
);
