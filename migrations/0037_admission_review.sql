-- What clusters were asked to admit, so that rules can be tried on it before
-- they are in force: each different request once a day.

CREATE TABLE admission_review (
    -- Of UTC.
    day        date        NOT NULL,
    cluster_id uuid        NOT NULL,
    -- SHA-256 of the detail.
    digest     bytea       NOT NULL,
    -- When it was first asked that day, by the member's clock.
    at         timestamptz NOT NULL,
    -- The request, as palisade-policy keeps it.
    detail     json        NOT NULL,
    CONSTRAINT admission_review_pkey PRIMARY KEY (day, cluster_id, digest)
) PARTITION BY RANGE (day);

-- Events and reviews have their partitions together: made and dropped at once.

CREATE OR REPLACE FUNCTION event_partition_create(day date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    partition text := 'event_' || to_char(day, 'YYYYMMDD');
    review text := 'admission_review_' || to_char(day, 'YYYYMMDD');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('event_partition'));
    IF to_regclass(quote_ident(review)) IS NULL THEN
        EXECUTE format('CREATE TABLE %I (LIKE admission_review INCLUDING ALL)', review);
        EXECUTE format('ALTER TABLE admission_review ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                       review, day, day + 1);
    END IF;
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

CREATE OR REPLACE FUNCTION event_partition_drop(day date) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('event_partition'));
    EXECUTE format('DROP TABLE IF EXISTS %I', 'event_' || to_char(day, 'YYYYMMDD'));
    EXECUTE format('DROP TABLE IF EXISTS %I', 'admission_review_' || to_char(day, 'YYYYMMDD'));
END
$$;

SELECT event_partition_create(day) FROM event_partition ORDER BY day;
