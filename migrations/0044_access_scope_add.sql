-- Roles that do not reach everything: the role, with the clusters and namespaces
-- that it is limited to. `role` is empty beside it, so that a program before this
-- one, which knows nothing of limits, takes such a user or key for one without a
-- role.

ALTER TABLE "user"
    ADD COLUMN scoped_role jsonb,
    ADD CONSTRAINT user_scoped_role_check CHECK (scoped_role IS NULL OR role = '');

ALTER TABLE api_key
    ADD COLUMN scoped_role jsonb,
    ADD CONSTRAINT api_key_scoped_role_check CHECK (scoped_role IS NULL OR role = '');
