-- What was denied in a namespace or a cluster, with its kind: a page far behind looks at all that
-- comes before, and read of each event which of the two names it has. event_denial_idx and
-- event_denial_cluster_idx find no more than these, and are left out below a later number.
CREATE INDEX event_denial_namespace_kind_idx ON event (namespace, at, cluster_id, seq)
    INCLUDE (name, level, category)
    WHERE name IN ('Admission.Control.Denied', 'Admission.Control.Violation');
CREATE INDEX event_denial_cluster_kind_idx ON event (cluster_id, at, seq)
    INCLUDE (name, level, category)
    WHERE name IN ('Admission.Control.Denied', 'Admission.Control.Violation');
