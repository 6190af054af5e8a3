-- Why a rollout is halted, for programs: a code and its parameters. `reason` stays its sentence.
-- Null in rows that were halted before, and where it is not halted.
ALTER TABLE rollout ADD COLUMN halt jsonb;

-- A program of before, beside new ones, changes `reason` alone: what is said of another
-- halt does not outlive that.
CREATE FUNCTION rollout_halt_forget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.halt := NULL;
    RETURN NEW;
END
$$;

CREATE TRIGGER rollout_halt BEFORE UPDATE OF reason ON rollout
    FOR EACH ROW WHEN (NEW.reason IS DISTINCT FROM OLD.reason AND NEW.halt = OLD.halt)
    EXECUTE FUNCTION rollout_halt_forget();
