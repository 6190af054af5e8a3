-- Counts of images without what is accepted or does no harm, in every list.

-- Vulnerabilities as the database found them: critical, high, medium, low,
-- unknown. Null where all of them count: then the columns of these names are
-- that; else those are what is left, written with the verdict.
ALTER TABLE report
    ADD COLUMN found integer[],
    ADD CONSTRAINT report_found_check CHECK (array_length(found, 1) = 5);

-- What was accepted before counts less from now on.
UPDATE report SET publish = true
WHERE EXISTS (SELECT FROM accepted_vulnerability) OR EXISTS (SELECT FROM vex_document);
