-- Spans of each length in a table of their own: a timeline reads rows that lie
-- side by side, not each on a page with others of shorter spans.

ALTER TABLE event_tally RENAME TO event_tally_whole;
ALTER TABLE event_tally_whole RENAME CONSTRAINT event_tally_pkey TO event_tally_whole_pkey;
ALTER INDEX event_tally_at_idx RENAME TO event_tally_whole_at_idx;
ALTER TABLE event_tally_namespace RENAME TO event_tally_namespace_whole;
ALTER TABLE event_tally_namespace_whole
    RENAME CONSTRAINT event_tally_namespace_pkey TO event_tally_namespace_whole_pkey;

CREATE TABLE event_tally (
    cluster_id uuid        NOT NULL,
    hours      smallint    NOT NULL,
    -- Where the span begins.
    at         timestamptz NOT NULL,
    name       text        NOT NULL,
    level      text        NOT NULL,
    category   text        NOT NULL,
    events     bigint      NOT NULL,
    CONSTRAINT event_tally_pkey PRIMARY KEY (cluster_id, hours, at, name, level, category)
) PARTITION BY LIST (hours);

CREATE TABLE event_tally_1 PARTITION OF event_tally FOR VALUES IN (1);
CREATE TABLE event_tally_6 PARTITION OF event_tally FOR VALUES IN (6);
CREATE TABLE event_tally_24 PARTITION OF event_tally FOR VALUES IN (24);

CREATE TABLE event_tally_namespace (
    namespace text        NOT NULL,
    hours     smallint    NOT NULL,
    at        timestamptz NOT NULL,
    name      text        NOT NULL,
    level     text        NOT NULL,
    category  text        NOT NULL,
    events    bigint      NOT NULL,
    CONSTRAINT event_tally_namespace_pkey
        PRIMARY KEY (hours, at, namespace, name, level, category)
) PARTITION BY LIST (hours);

CREATE TABLE event_tally_namespace_1 PARTITION OF event_tally_namespace FOR VALUES IN (1);
CREATE TABLE event_tally_namespace_6 PARTITION OF event_tally_namespace FOR VALUES IN (6);
CREATE TABLE event_tally_namespace_24 PARTITION OF event_tally_namespace FOR VALUES IN (24);

-- In the order of time, as they come later.
INSERT INTO event_tally SELECT * FROM event_tally_whole ORDER BY at;
INSERT INTO event_tally_namespace SELECT * FROM event_tally_namespace_whole ORDER BY at;
CREATE INDEX event_tally_at_idx ON event_tally (at);

DROP TABLE event_tally_whole;
DROP TABLE event_tally_namespace_whole;
