-- +goose Up
-- What holds for good: what was decided stays, and nobody calls what edits unless it is given them.

-- +goose StatementBegin
-- What was decided stays: who, why and when of an applied changeset never change, and it
-- goes only with its layer.
CREATE FUNCTION keep_decided_still() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    ELSIF TG_OP = 'DELETE' AND OLD.state <> 'draft' AND EXISTS (SELECT FROM layer WHERE slug = OLD.layer)
        OR TG_OP = 'UPDATE' AND OLD.state IN ('applied', 'reverted') AND (NEW.state NOT IN ('applied', 'reverted')
            OR (NEW.id, NEW.title, NEW.source, NEW.author, NEW.reverts, NEW.digest, NEW.created_at, NEW.submitted_at, NEW.decided_by, NEW.decided_at, NEW.applied_at)
                IS DISTINCT FROM (OLD.id, OLD.title, OLD.source, OLD.author, OLD.reverts, OLD.digest, OLD.created_at, OLD.submitted_at, OLD.decided_by, OLD.decided_at, OLD.applied_at)) THEN
        RAISE EXCEPTION 'an applied changeset does not change' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER changeset_decided BEFORE UPDATE OR DELETE ON changeset FOR EACH ROW EXECUTE FUNCTION keep_decided_still();
CREATE TRIGGER changeset_kept BEFORE TRUNCATE ON changeset FOR EACH STATEMENT EXECUTE FUNCTION keep_decided_still();
CREATE TRIGGER changeset_edit_kept BEFORE TRUNCATE ON changeset_edit FOR EACH STATEMENT EXECUTE FUNCTION keep_decided_still();
CREATE TRIGGER changeset_note_kept BEFORE TRUNCATE ON changeset_note FOR EACH STATEMENT EXECUTE FUNCTION keep_decided_still();

-- Nobody calls any of these unless it is given them.
DO $$
DECLARE
    f record;
BEGIN
    FOR f IN SELECT p.oid::regprocedure AS name FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef AND p.proname ~ '^changeset_' LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f.name);
    END LOOP;
END $$;
-- +goose StatementEnd
