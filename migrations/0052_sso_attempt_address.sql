-- From where a login at a provider began: who begins them without end pushes out
-- their own alone. Of older programs: nowhere.
ALTER TABLE sso_attempt ADD COLUMN address text NOT NULL DEFAULT '';
CREATE INDEX sso_attempt_address_idx ON sso_attempt (address, expires_at);
