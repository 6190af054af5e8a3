-- Tells the replicas, and they their portals, which lists changed: once a
-- transaction, however many rows it touches.

CREATE FUNCTION live_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('palisade_live', TG_ARGV[0]);
    RETURN NULL;
END
$$;

CREATE TRIGGER event_live AFTER INSERT ON event
    FOR EACH STATEMENT EXECUTE FUNCTION live_notify('events');

CREATE TRIGGER registry_live AFTER INSERT OR UPDATE OR DELETE ON registry
    FOR EACH STATEMENT EXECUTE FUNCTION live_notify('scans');
CREATE TRIGGER image_live AFTER INSERT OR UPDATE OR DELETE ON image
    FOR EACH STATEMENT EXECUTE FUNCTION live_notify('scans');
-- A job that is leased, and leased again, changes nothing that is shown.
CREATE TRIGGER job_live AFTER INSERT OR DELETE ON job
    FOR EACH STATEMENT EXECUTE FUNCTION live_notify('scans');

CREATE TRIGGER setting_live AFTER INSERT OR UPDATE ON setting
    FOR EACH ROW WHEN (NEW.name = 'import_task') EXECUTE FUNCTION live_notify('imports');
