-- Events are stored all the time, and the partition of a day is made once: only
-- who does not find it waits for others who may be making it.
CREATE OR REPLACE FUNCTION event_partition_create(day date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    partition text := 'event_' || to_char(day, 'YYYYMMDD');
    review text := 'admission_review_' || to_char(day, 'YYYYMMDD');
BEGIN
    -- Not by to_regclass: that remembers what was not there, through the wait.
    IF (SELECT count(*) FROM pg_class
        WHERE relname IN (partition, review)
          AND relnamespace = current_schema()::regnamespace) = 2 THEN
        RETURN false;
    END IF;
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
