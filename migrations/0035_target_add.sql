-- Which clusters a federated object is for, and what of a change concerns only
-- some of them.

-- Null: every cluster. The form is that of the REST API.
ALTER TABLE object ADD COLUMN selector json;

CREATE INDEX object_selector_idx ON object (log, kind, name) WHERE selector IS NOT NULL;

-- The newest change with parts. While there was none, nobody looks for views.
ALTER TABLE log ADD COLUMN targeted bigint NOT NULL DEFAULT 0;
ALTER TABLE log ADD CONSTRAINT log_targeted_check CHECK (targeted BETWEEN 0 AND revision);

-- The encoded message palisade.sync.v1.Parts; null where everybody is sent the
-- batch.
ALTER TABLE change ADD COLUMN parts bytea;

-- What clusters that join with the token are labelled with.
ALTER TABLE token ADD COLUMN labels jsonb NOT NULL DEFAULT '{}';

CREATE INDEX audit_log_revision_idx ON audit (log, revision DESC, id) WHERE log IS NOT NULL;
