-- Events by days: written at one end, forgotten at the other by dropping a
-- table. While replicas are renewed, those of the earlier version cannot store
-- events; members keep them and send them again.

ALTER TABLE event RENAME TO event_whole;
ALTER TABLE event_whole RENAME CONSTRAINT event_pkey TO event_whole_pkey;
ALTER INDEX event_at_idx RENAME TO event_whole_at_idx;
ALTER INDEX event_category_at_idx RENAME TO event_whole_category_at_idx;

CREATE TABLE event (
    cluster_id uuid        NOT NULL,
    -- Grows with each event of the member.
    seq        bigint      NOT NULL,
    at         timestamptz NOT NULL,
    name       text        NOT NULL,
    level      text        NOT NULL,
    -- The log that shows it: audit, event, security.
    category   text        NOT NULL,
    -- What it is about, as far as it says so; else empty.
    namespace  text        NOT NULL,
    image      text        NOT NULL,
    -- The record as the REST list of that log shows it.
    detail     json        NOT NULL,
    -- The order of lists.
    CONSTRAINT event_pkey PRIMARY KEY (at, cluster_id, seq)
) PARTITION BY RANGE (at);

CREATE INDEX event_cluster_id_idx ON event (cluster_id, at, seq);
CREATE INDEX event_category_idx ON event (category, at, cluster_id, seq);
CREATE INDEX event_name_idx ON event (name, at, cluster_id, seq);
CREATE INDEX event_namespace_idx ON event (namespace, at, cluster_id, seq)
    WHERE namespace <> '';
-- Levels are few: what is grave is rare, and the rest is found by the order.
CREATE INDEX event_grave_idx ON event (at, cluster_id, seq)
    WHERE level IN ('Error', 'Critical');

-- The newest number that was received of each member: what is not above it is
-- dropped. Its row is the lock of those who store events of the member.
CREATE TABLE event_position (
    cluster_id uuid   PRIMARY KEY,
    seq        bigint NOT NULL
);

-- How many events happened, for questions about all clusters at once.
CREATE TABLE event_count (
    cluster_id uuid        NOT NULL,
    -- Its beginning.
    hour       timestamptz NOT NULL,
    events     bigint      NOT NULL,
    -- Of the levels Error and Critical.
    grave      bigint      NOT NULL,
    -- Requests that admission control denied, or would have denied.
    denials    bigint      NOT NULL,
    CONSTRAINT event_count_pkey PRIMARY KEY (cluster_id, hour)
);

CREATE INDEX event_count_hour_idx ON event_count (hour);

-- Makes the partition of a day (of UTC) and says whether there was none. It
-- is attached, not made as a partition: that lets others go on with the table.
CREATE FUNCTION event_partition_create(day date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    partition text := 'event_' || to_char(day, 'YYYYMMDD');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('event_partition'));
    IF to_regclass(quote_ident(partition)) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE event INCLUDING ALL)', partition);
    EXECUTE format('ALTER TABLE event ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                   partition, day::timestamp AT TIME ZONE 'UTC',
                   (day + 1)::timestamp AT TIME ZONE 'UTC');
    RETURN true;
END
$$;

-- The partitions and their days.
CREATE VIEW event_partition AS
    SELECT child.relname::text AS name, to_date(substr(child.relname, 7), 'YYYYMMDD') AS day,
           child.reltuples::bigint AS rows
    FROM pg_inherits JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
    WHERE pg_inherits.inhparent = 'event'::regclass;

-- Drops the partition of a day.
CREATE FUNCTION event_partition_drop(day date) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('event_partition'));
    EXECUTE format('DROP TABLE IF EXISTS %I', 'event_' || to_char(day, 'YYYYMMDD'));
END
$$;

-- What is there already. Clocks of members may have been wrong: what claims to
-- be of the future, or of long ago, must not make a partition for each such day.
CREATE TEMPORARY TABLE moved_event ON COMMIT DROP AS
    SELECT cluster_id, seq, least(at, now()) AS at FROM event_whole
    WHERE at > now() - interval '1000 days';

SELECT event_partition_create(day)
FROM (SELECT DISTINCT (at AT TIME ZONE 'UTC')::date AS day FROM moved_event) AS present
ORDER BY day;

-- An escape in the record may stand for a character that no text can hold.
INSERT INTO event (cluster_id, seq, at, name, level, category, namespace, image, detail)
SELECT whole.cluster_id, whole.seq, moved.at, whole.name, whole.level, whole.category,
       CASE WHEN whole.detail::text LIKE '%\\u%' THEN ''
            ELSE coalesce(whole.detail ->> 'workload_domain', '') END,
       CASE WHEN whole.detail::text LIKE '%\\u%' THEN ''
            ELSE coalesce(nullif(whole.detail ->> 'image', ''),
                          whole.detail ->> 'workload_image', '') END,
       whole.detail
FROM event_whole AS whole JOIN moved_event AS moved USING (cluster_id, seq);

INSERT INTO event_position (cluster_id, seq)
SELECT cluster_id, max(seq) FROM event_whole GROUP BY cluster_id;

INSERT INTO event_count (cluster_id, hour, events, grave, denials)
SELECT cluster_id, date_trunc('hour', at, 'UTC'), count(*),
       count(*) FILTER (WHERE level IN ('Error', 'Critical')),
       count(*) FILTER (WHERE name IN ('Admission.Control.Denied', 'Admission.Control.Violation'))
FROM event GROUP BY cluster_id, date_trunc('hour', at, 'UTC');

DROP TABLE event_whole;
