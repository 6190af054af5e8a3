-- Events of a namespace are counted from the index alone, also those of some clusters: in the
-- table they lie among all others, of which each page would be read. event_namespace_idx
-- finds no more than this one, and is left out below a later number.
CREATE INDEX event_namespace_kind_idx ON event (namespace, at, cluster_id, seq)
    INCLUDE (name, level, category) WHERE namespace <> '';
