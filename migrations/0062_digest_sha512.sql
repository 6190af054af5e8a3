-- Images and their parts may be named by SHA-512: the length tells the algorithm.
ALTER TABLE report
    DROP CONSTRAINT report_digest_check,
    ADD CONSTRAINT report_digest_check CHECK (octet_length(digest) IN (32, 64));

ALTER TABLE inventory
    DROP CONSTRAINT inventory_digest_check,
    ADD CONSTRAINT inventory_digest_check CHECK (octet_length(digest) IN (32, 64));

ALTER TABLE layer
    DROP CONSTRAINT layer_digest_check,
    ADD CONSTRAINT layer_digest_check CHECK (octet_length(digest) IN (32, 64));

ALTER TABLE repository_image
    DROP CONSTRAINT repository_image_digest_check,
    ADD CONSTRAINT repository_image_digest_check CHECK (octet_length(digest) IN (32, 64)),
    ADD CONSTRAINT repository_image_index_digest_check CHECK (octet_length(index_digest) IN (32, 64));

ALTER TABLE image
    ADD CONSTRAINT image_digest_check CHECK (octet_length(digest) IN (32, 64)),
    ADD CONSTRAINT image_index_digest_check CHECK (octet_length(index_digest) IN (32, 64));

ALTER TABLE job ADD CONSTRAINT job_digest_check CHECK (octet_length(digest) IN (32, 64));

ALTER TABLE running_image
    ADD CONSTRAINT running_image_digest_check CHECK (octet_length(digest) IN (32, 64));
