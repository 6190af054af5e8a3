-- How many events of each kind happened in longer spans of time, by the image that they are
-- about: a text may stand in most images, and events of all of these would be read. Events
-- without an image are counted as well, for who asks for those that are not about some. Hours
-- have hardly fewer rows than there are events, and so are counted from these.

-- Nobody stores events until all of this stands; members send them again.
LOCK TABLE event IN SHARE ROW EXCLUSIVE MODE;

CREATE TABLE event_tally_image (
    -- Its first letters, more than names of images have: an index takes no text of any length.
    image    text        NOT NULL,
    hours    smallint    NOT NULL,
    -- Where the span begins.
    at       timestamptz NOT NULL,
    name     text        NOT NULL,
    level    text        NOT NULL,
    category text        NOT NULL,
    events   bigint      NOT NULL,
    CONSTRAINT event_tally_image_pkey PRIMARY KEY (hours, at, image, name, level, category)
) PARTITION BY LIST (hours);

CREATE TABLE event_tally_image_6 PARTITION OF event_tally_image FOR VALUES IN (6);
CREATE TABLE event_tally_image_24 PARTITION OF event_tally_image FOR VALUES IN (24);

-- In the order of time, as they come later.
INSERT INTO event_tally_image
SELECT left(image, 384), 6::smallint, event_tally_begin(6::smallint, at), name, level, category,
       count(*)
FROM event GROUP BY 1, 3, 4, 5, 6 ORDER BY 3;
INSERT INTO event_tally_image
SELECT image, 24::smallint, event_tally_begin(24::smallint, at), name, level, category,
       sum(events)::bigint
FROM event_tally_image WHERE hours = 6 GROUP BY 1, 3, 4, 5, 6 ORDER BY 3;

-- Rows are written in an order that all writers keep.
CREATE FUNCTION event_tally_image_add() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO event_tally_image AS known
    SELECT left(image, 384), hours, event_tally_begin(hours, at), name, level, category, count(*)
    FROM added CROSS JOIN (VALUES (6::smallint), (24::smallint)) AS span (hours)
    GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
    ON CONFLICT (hours, at, image, name, level, category) DO UPDATE
    SET events = known.events + excluded.events;
    RETURN NULL;
END
$$;

CREATE TRIGGER event_tally_image AFTER INSERT ON event
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION event_tally_image_add();
