-- Why a member cannot connect: it speaks no version of the protocol that the replica
-- speaks which refused it last. NULL for all that connected since. A row, and not
-- in memory, so that all replicas show the same.
ALTER TABLE member
    ADD COLUMN version_refusal text CHECK (version_refusal IN ('too_old', 'too_new'));
