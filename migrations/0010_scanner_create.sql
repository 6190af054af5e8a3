-- Scan workers on other machines: members that are no cluster.

ALTER TABLE token ADD COLUMN kind text NOT NULL DEFAULT 'remote';
UPDATE token SET kind = 'home' WHERE home;
ALTER TABLE token
    DROP COLUMN home,
    ALTER COLUMN kind DROP DEFAULT,
    -- What who joins becomes.
    ADD CONSTRAINT token_kind_check CHECK (kind IN ('remote', 'home', 'scanner'));

ALTER TABLE member ADD COLUMN kind text NOT NULL DEFAULT 'remote';
UPDATE member SET kind = 'home' WHERE home;
DROP INDEX member_home_key;
ALTER TABLE member
    DROP COLUMN home,
    ALTER COLUMN kind DROP DEFAULT,
    ADD CONSTRAINT member_kind_check CHECK (kind IN ('remote', 'home', 'scanner'));
CREATE UNIQUE INDEX member_home_key ON member (kind) WHERE kind = 'home' AND removed_at IS NULL;

-- Who scans: the workers, and the replicas of the primary themselves.
CREATE TABLE scanner (
    -- The member's id, or the replica's.
    id             uuid        PRIMARY KEY,
    -- The member's name, or the replica's host.
    server         text        NOT NULL,
    -- Scans at a time.
    slots          integer     NOT NULL,
    joined_at      timestamptz NOT NULL,
    seen_at        timestamptz NOT NULL,
    scanned_images bigint      NOT NULL DEFAULT 0,
    CONSTRAINT scanner_slots_check CHECK (slots > 0)
);

CREATE INDEX scanner_seen_at_idx ON scanner (seen_at);
