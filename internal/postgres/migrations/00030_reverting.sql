-- +goose Up
-- How what was applied is undone, and how a feature is as it was once.

-- +goose StatementBegin
-- inverse_of drafts the inverse of an applied changeset, from what the history says
-- it did.
CREATE FUNCTION inverse_of(who text, id bigint, seen bigint, why text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    made bigint;
    c changeset := hold_changeset(id, seen);
    l layer := (SELECT l FROM layer l WHERE slug = c.layer);
    most CONSTANT integer := 20000;
BEGIN
    PERFORM want_state(c, '{applied}');
    made := changeset_begin(who, c.layer, why, 'revert');
    UPDATE changeset h SET reverts = c.id WHERE h.id = made;
    EXECUTE format($q$
        WITH touched AS (SELECT fid FROM changeset_edit WHERE changeset = $1
            UNION SELECT fid FROM %1$I WHERE _changeset = $1 AND $3 UNION SELECT fid FROM history_%1$s WHERE (_changeset = $1 OR ended_by = $1) AND $3 LIMIT $4),
        made AS (SELECT DISTINCT ON (v.fid) v.* FROM (SELECT fid, row_version, geom, to_jsonb(t) AS a FROM %1$I t JOIN touched USING (fid) WHERE _changeset = $1
            UNION ALL SELECT fid, row_version, geom, to_jsonb(t) FROM history_%1$s t JOIN touched USING (fid) WHERE _changeset = $1) v ORDER BY v.fid, v.row_version DESC),
        ended AS (SELECT fid, row_version, geom, to_jsonb(t) AS a FROM history_%1$s t JOIN touched USING (fid) WHERE ended_by = $1 AND _changeset IS DISTINCT FROM $1)
        INSERT INTO changeset_edit (changeset, fid, op, base_version, base, base_geom, attributes, geom)
        SELECT $2, fid, CASE WHEN ended.fid IS NULL THEN 'delete' WHEN made.fid IS NULL THEN 'insert' ELSE 'update' END, made.row_version, made.a - house_columns(), coalesce(made.geom, ended.geom),
            CASE WHEN ended.fid IS NULL THEN '{}' WHEN made.fid IS NULL THEN jsonb_strip_nulls(ended.a - house_columns()) ELSE different(ended.a - house_columns(), made.a - house_columns()) END,
            CASE WHEN made.geom = ended.geom THEN NULL ELSE ended.geom END
        FROM made FULL JOIN ended USING (fid)$q$, l.table_name)
        USING c.id, made, NOT EXISTS (SELECT FROM changeset_edit e WHERE e.changeset = c.id), most + 1;
    IF (SELECT count(*) FROM changeset_edit e WHERE e.changeset = made) > most THEN PERFORM refuse_edit('HD422', 'too much to revert', jsonb_build_object('most', most)); END IF;
    DELETE FROM changeset_edit e WHERE e.changeset = made AND e.op = 'update' AND e.attributes = '{}' AND e.geom IS NULL;
    PERFORM want_rights(who, (SELECT h FROM changeset h WHERE h.id = made), 'edit');
    RETURN made;
END $$;

-- changeset_revert drafts the inverse of what went together, as one changeset that says
-- what all of it did. One alone of those is not undone: what was undone and is in effect
-- again is told by the first of them.
CREATE FUNCTION changeset_revert(who text, id bigint, seen bigint, why text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    c     changeset := hold_changeset(id, seen);
    made  bigint;
    which bigint;
BEGIN
    PERFORM want_state(c, '{applied}');
    IF c.goes_with IS NOT NULL THEN PERFORM refuse_edit('HD409', 'goes with', jsonb_build_object('first', c.goes_with)); END IF;
    FOR which IN SELECT h.id FROM changeset h WHERE (h.id = c.id OR h.goes_with = c.id) AND h.state = 'applied' ORDER BY h.applied_at DESC, h.id DESC LOOP
        IF made IS NULL THEN made := inverse_of(who, which, 0, why); ELSE PERFORM fold_inverse(made, inverse_of(who, which, 0, why)); END IF;
    END LOOP;
    UPDATE changeset h SET reverts = c.id WHERE h.id = made;
    UPDATE changeset_edit e SET attributes = different(e.attributes, e.base), geom = CASE WHEN NOT e.geom = e.base_geom THEN e.geom END WHERE e.changeset = made AND e.op = 'update';
    DELETE FROM changeset_edit e WHERE e.changeset = made AND e.op = 'update' AND e.attributes = '{}' AND e.geom IS NULL;
    IF NOT EXISTS (SELECT FROM changeset_edit e WHERE e.changeset = made) THEN PERFORM refuse_edit('HD409', 'so already'); END IF;
    RETURN made;
END $$;

-- fold_inverse adds to the inverse of what came later that of what came before it, which
-- is no changeset of its own then. Its base is what the earlier one made, with what the
-- later one made of it: what others did in between is in neither, and clashes.
CREATE FUNCTION fold_inverse(later bigint, earlier bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    o changeset_edit;
    n changeset_edit;
BEGIN
    FOR o IN SELECT * FROM changeset_edit WHERE changeset = earlier LOOP
        SELECT * INTO n FROM changeset_edit WHERE changeset = later AND fid = o.fid;
        IF n.fid IS NULL THEN
            UPDATE changeset_edit SET changeset = later WHERE changeset = earlier AND fid = o.fid;
        ELSIF n.op = 'insert' AND o.op = 'delete' THEN
            DELETE FROM changeset_edit WHERE changeset = later AND fid = o.fid;
        ELSIF n.op = 'insert' THEN
            UPDATE changeset_edit SET attributes = jsonb_strip_nulls(n.attributes || o.attributes), geom = coalesce(o.geom, n.geom) WHERE changeset = later AND fid = o.fid;
        ELSE
            UPDATE changeset_edit SET op = o.op, base_version = o.base_version,
                base = o.base || (SELECT coalesce(jsonb_object_agg(k, n.base -> k), '{}') FROM jsonb_object_keys(n.attributes) k),
                base_geom = CASE WHEN n.geom IS NULL THEN o.base_geom ELSE n.base_geom END,
                attributes = CASE o.op WHEN 'delete' THEN '{}' ELSE n.attributes || o.attributes END,
                geom = CASE o.op WHEN 'delete' THEN NULL ELSE coalesce(o.geom, n.geom) END
            WHERE changeset = later AND fid = o.fid;
        END IF;
    END LOOP;
    DELETE FROM changeset WHERE id = earlier;
END $$;

-- revert_what_went_with does the same to what went with it, also when the revert is reverted.
CREATE FUNCTION revert_what_went_with() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE changeset SET state = NEW.state, version = version + 1, updated_at = clock_timestamp() WHERE goes_with = NEW.id AND state = OLD.state;
    RETURN NULL;
END $$;

-- changeset_restore drafts what makes a feature again as it was at one version.
CREATE FUNCTION changeset_restore(who text, slug text, which bigint, wanted bigint, why text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    l    layer := (SELECT l FROM layer l WHERE l.slug = changeset_restore.slug);
    id   bigint := changeset_begin(who, slug, why, 'restore');
    was  record;
    base record;
    at   bigint := version_now(l, which);
BEGIN
    SELECT v.attributes, v.geom INTO was FROM version_of(l, which, wanted) v;
    IF was.geom IS NULL THEN PERFORM refuse_edit('HD404', 'no version', jsonb_build_object('fid', which, 'version', wanted)); END IF;
    SELECT v.attributes, v.geom INTO base FROM version_of(l, which, at) v;
    INSERT INTO changeset_edit (changeset, fid, op, base_version, base, base_geom, attributes, geom)
    VALUES (id, which, CASE WHEN at IS NULL THEN 'insert' ELSE 'update' END, at, base.attributes, coalesce(base.geom, was.geom),
        CASE WHEN at IS NULL THEN jsonb_strip_nulls(was.attributes) ELSE different(was.attributes - ARRAY(SELECT x ->> 'name' FROM jsonb_array_elements(l.columns) x WHERE (x ->> 'readOnly')::boolean), base.attributes) END,
        CASE WHEN was.geom = base.geom THEN NULL ELSE was.geom END);
    IF EXISTS (SELECT FROM changeset_edit e WHERE e.changeset = id AND e.op = 'update' AND e.attributes = '{}' AND e.geom IS NULL) THEN PERFORM refuse_edit('HD409', 'so already'); END IF;
    RETURN id;
END $$;
-- +goose StatementEnd
CREATE TRIGGER changeset_reverted AFTER UPDATE OF state ON changeset FOR EACH ROW WHEN (NEW.state = 'reverted' AND OLD.state = 'applied' OR NEW.state = 'applied' AND OLD.state = 'reverted') EXECUTE FUNCTION revert_what_went_with();
