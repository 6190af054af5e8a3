-- Events by the text of an image and by level, as fast as by the rest.

-- Every image that events are about: few, so that a text is looked for among
-- them and not in all events.
CREATE TABLE event_image (
    image text PRIMARY KEY,
    -- The last day that has such an event.
    day   date NOT NULL
);

INSERT INTO event_image (image, day)
SELECT image, max((at AT TIME ZONE 'UTC')::date) FROM event WHERE image <> '' GROUP BY image;

CREATE INDEX event_image_idx ON event (image, at, cluster_id, seq) WHERE image <> '';
CREATE INDEX event_level_idx ON event (level, at, cluster_id, seq);
