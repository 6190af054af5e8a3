-- What 0064 and 0066 made indexes in place of. By itself, since this waits for all who read
-- events: given up, it is tried again, and nothing is built once more.
DROP INDEX event_namespace_idx, event_denial_idx, event_denial_cluster_idx;
