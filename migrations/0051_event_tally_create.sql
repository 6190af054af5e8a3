-- How many events of each kind happened in spans of time, so that a timeline of
-- the fleet reads no event. A trigger counts, so that numbers and events are
-- of one transaction, whichever version of the program stores them. While what
-- is there is counted, nobody stores events; members send them again. Spans of each
-- length are a table of their own: a timeline reads rows that lie side by side, not
-- each on a page with others of shorter spans.

-- Hours of the spans that are counted; they begin at the hour, at 0, 6, 12 and
-- 18 o'clock, and at the day, all of UTC.
CREATE VIEW event_tally_span AS SELECT unnest(ARRAY[1, 6, 24]::smallint[]) AS hours;

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

-- The same by namespaces, of all clusters together.
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

-- Where the span of so many hours begins that a moment is in.
CREATE FUNCTION event_tally_begin(hours smallint, at timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE AS $$
    SELECT date_bin(make_interval(hours => hours), at, timestamptz '1970-01-01 00:00:00+00')
$$;

-- In the order of time, as they come later.
INSERT INTO event_tally
SELECT cluster_id, hours, event_tally_begin(hours, at), name, level, category, count(*)
FROM event CROSS JOIN event_tally_span GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 3;
CREATE INDEX event_tally_at_idx ON event_tally (at);

INSERT INTO event_tally_namespace
SELECT namespace, hours, event_tally_begin(hours, at), name, level, category, count(*)
FROM event CROSS JOIN event_tally_span GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 3;

-- Rows are written in an order that all writers keep.
CREATE FUNCTION event_tally_add() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO event_tally AS known
    SELECT cluster_id, hours, event_tally_begin(hours, at), name, level, category, count(*)
    FROM added CROSS JOIN event_tally_span GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
    ON CONFLICT (cluster_id, hours, at, name, level, category) DO UPDATE
    SET events = known.events + excluded.events;
    INSERT INTO event_tally_namespace AS known
    SELECT namespace, hours, event_tally_begin(hours, at), name, level, category, count(*)
    FROM added CROSS JOIN event_tally_span GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
    ON CONFLICT (hours, at, namespace, name, level, category) DO UPDATE
    SET events = known.events + excluded.events;
    RETURN NULL;
END
$$;

CREATE TRIGGER event_tally AFTER INSERT ON event
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION event_tally_add();
