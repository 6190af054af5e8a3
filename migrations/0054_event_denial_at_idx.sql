-- The newest denials of all clusters, however much else happened since.
CREATE INDEX event_denial_at_idx ON event (at, cluster_id, seq)
    WHERE name IN ('Admission.Control.Denied', 'Admission.Control.Violation');
