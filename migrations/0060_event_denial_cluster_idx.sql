-- What admission control denied, by clusters: a page of it read all that other events say.
CREATE INDEX event_denial_cluster_idx ON event (cluster_id, at, seq)
    WHERE name IN ('Admission.Control.Denied', 'Admission.Control.Violation');
