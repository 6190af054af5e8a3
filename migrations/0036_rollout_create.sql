-- Changes of federated objects that reach some clusters first.

CREATE TABLE rollout (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The revision that its objects have, wherever they are.
    revision    bigint      NOT NULL,
    state       text        NOT NULL,
    -- Why it is halted; empty otherwise.
    reason      text        NOT NULL DEFAULT '',
    -- Stages and limits, as they were when it began.
    policy      json        NOT NULL,
    -- The stage that was reached last, from 0, and when.
    stage       integer     NOT NULL,
    stage_at    timestamptz NOT NULL,
    actor       text        NOT NULL,
    created_at  timestamptz NOT NULL,
    finished_at timestamptz,
    CONSTRAINT rollout_state_check CHECK (
        state IN ('running', 'paused', 'halted', 'completed', 'aborted')
    ),
    CONSTRAINT rollout_finished_check CHECK (
        (finished_at IS NOT NULL) = (state IN ('completed', 'aborted'))
    )
);

CREATE INDEX rollout_active_idx ON rollout (id) WHERE finished_at IS NULL;

-- What its objects become.
CREATE TABLE rollout_object (
    rollout_id bigint  NOT NULL,
    kind       integer NOT NULL,
    name       text    NOT NULL,
    -- Null: every cluster.
    selector   json,
    -- Null: it is deleted.
    payload    bytea,
    CONSTRAINT rollout_object_pkey PRIMARY KEY (rollout_id, kind, name),
    CONSTRAINT rollout_object_rollout_fkey FOREIGN KEY (rollout_id) REFERENCES rollout (id)
        ON DELETE CASCADE
);

CREATE INDEX rollout_object_name_idx ON rollout_object (kind, name);

-- Whom it has reached, by which stage and revision.
CREATE TABLE rollout_member (
    rollout_id bigint  NOT NULL,
    member_id  uuid    NOT NULL,
    stage      integer NOT NULL,
    revision   bigint  NOT NULL,
    CONSTRAINT rollout_member_pkey PRIMARY KEY (rollout_id, member_id),
    CONSTRAINT rollout_member_rollout_fkey FOREIGN KEY (rollout_id) REFERENCES rollout (id)
        ON DELETE CASCADE
);

CREATE INDEX rollout_member_member_idx ON rollout_member (member_id);

-- Objects that the member holds and could not put in force.
ALTER TABLE member_position ADD COLUMN errors json NOT NULL DEFAULT '[]';

CREATE INDEX event_name_at_idx ON event (name, at);
