-- What images do not pass, in rows, so that the whole fleet can be asked.

-- Whether the checks of a report stand in image_check.
ALTER TABLE report ADD COLUMN checked boolean NOT NULL DEFAULT false;

CREATE INDEX report_unchecked_idx ON report (id) WHERE NOT checked;

-- A check that an image does not pass.
CREATE TABLE image_check (
    report      integer NOT NULL,
    -- For example I.4.1.
    test_number text    NOT NULL,
    category    text    NOT NULL,
    type        text    NOT NULL,
    level       text    NOT NULL,
    profile     text    NOT NULL,
    scored      boolean NOT NULL,
    description text    NOT NULL,
    remediation text    NOT NULL,
    -- What it is about, the first of them, and how many there are.
    message     text[]  NOT NULL,
    messages    integer NOT NULL,
    CONSTRAINT image_check_pkey PRIMARY KEY (report, test_number),
    CONSTRAINT image_check_report_fkey
        FOREIGN KEY (report) REFERENCES report (id) ON DELETE CASCADE
);

CREATE INDEX image_check_test_number_idx ON image_check (test_number, report);

-- The report that counts for an image that runs, brought up to date with the
-- rest of what is known of it.
ALTER TABLE running_image ADD COLUMN report integer;

CREATE INDEX running_image_report_idx ON running_image (report) WHERE report IS NOT NULL;
