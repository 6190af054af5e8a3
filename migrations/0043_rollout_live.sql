-- A rollout that is halted or goes on changes no object: portals are told of it
-- as of changes of those.
CREATE TRIGGER rollout_live AFTER INSERT OR UPDATE ON rollout
    FOR EACH ROW EXECUTE FUNCTION live_notify('rules');
