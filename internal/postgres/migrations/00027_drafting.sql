-- +goose Up
-- How the map is edited: these functions are the only way, and decide every right. They
-- run as the owner of the tables; the role that calls them owns and may read nothing.
-- Each takes the account that acts. What they refuse has an SQLSTATE HDnnn, a kind as its
-- message and the particulars as JSON in its detail.

-- The database's role that calls them, and its password, which opens nothing else.
CREATE TABLE editor_role (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    role     text NOT NULL CHECK (role ~ '^haidang_edit_[a-z0-9]+$'),
    password text NOT NULL CHECK (password ~ '^[A-Za-z0-9]{20,}$')
);

-- +goose StatementBegin
CREATE FUNCTION refuse_edit(code text, kind text, detail jsonb DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', kind USING ERRCODE = code, DETAIL = detail::text;
END $$;

-- rights_of are the rights by which an account may do that with a layer, each bound to
-- the units of the right, the unit of the person's grant, and columns.
CREATE FUNCTION rights_of(who text, slug text, what text) RETURNS TABLE (units text[], unit text, columns text[]) LANGUAGE sql STABLE AS $$
    WITH enabled AS (SELECT name FROM account WHERE name = who AND NOT disabled),
    held AS (SELECT g.role, g.agency, g.unit FROM account_grant g JOIN enabled e ON g.account = e.name)
    SELECT '{}'::text[], '', '{}'::text[] FROM held WHERE role = 'admin'
    UNION ALL
    SELECT r.units, '', r.columns FROM layer_right r, enabled e WHERE r.layer = slug AND r.verb = what AND r.grantee IN ('public', 'staff', 'account:' || e.name)
    UNION ALL
    SELECT r.units, h.unit, r.columns FROM layer_right r JOIN held h ON r.grantee = 'role:' || h.role WHERE r.layer = slug AND r.verb = what
    UNION ALL
    SELECT r.units, h.unit, r.columns FROM layer_right r JOIN held h ON r.grantee = 'agency:' || h.agency OR h.agency = '' AND r.grantee LIKE 'agency:%'
    WHERE r.layer = slug AND r.verb = what AND h.role = CASE what WHEN 'edit' THEN 'editor' WHEN 'review' THEN 'reviewer' END
$$;

-- ground_of is the ground of the units as they are today, a metre wider than drawn (in
-- VN-2000 TM-3 105°30', whatever the layer is kept in): surveys of a border differ by more. No units: everywhere, NULL; none known: empty.
CREATE FUNCTION ground_of(units text[], srid integer) RETURNS geometry LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN cardinality(units) = 0 THEN NULL
        ELSE coalesce(ST_Transform(ST_Buffer(ST_Transform(ST_Union(u.geom), 959209), 1), srid), ST_SetSRID('POLYGON EMPTY'::geometry, srid)) END
    FROM units_on((now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) u WHERE u.code = ANY (units)
$$;

-- edits_denied are the edits of a changeset (or of one feature in it) that no right of the
-- account covers: the shape before and after within its ground, and all columns that change.
CREATE FUNCTION edits_denied(who text, id bigint, what text, which bigint DEFAULT NULL) RETURNS TABLE (fid bigint, why text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    l layer := (SELECT l FROM layer l JOIN changeset c ON c.layer = l.slug WHERE c.id = edits_denied.id);
BEGIN
    IF EXISTS (SELECT FROM rights_of(who, l.slug, what) r WHERE r.units = '{}' AND r.unit = '' AND r.columns = '{}') THEN RETURN; END IF; -- everything, everywhere
    RETURN QUERY EXECUTE format($q$
        WITH held AS MATERIALIZED (SELECT DISTINCT units, unit, columns FROM rights_of($1, $2, $3)),
        ground AS MATERIALIZED (SELECT h.columns, ground_of(h.units, $4) AS first, ground_of(CASE h.unit WHEN '' THEN '{}' ELSE ARRAY[h.unit] END, $4) AS second FROM held h),
        touched AS (SELECT e.fid, e.op, ARRAY(SELECT jsonb_object_keys(e.attributes)) || CASE WHEN e.geom IS NOT NULL AND e.op = 'update' THEN '{geometry}'::text[] ELSE '{}' END AS columns,
                coalesce(t.geom, e.base_geom) AS before, e.geom AS after
            FROM changeset_edit e LEFT JOIN %s t USING (fid) WHERE e.changeset = $5 AND ($6 IS NULL OR e.fid = $6))
        SELECT t.fid, CASE WHEN EXISTS (SELECT FROM ground g WHERE (g.first IS NULL OR ST_CoveredBy(t.before, g.first) IS NOT false AND ST_CoveredBy(t.after, g.first) IS NOT false)
                    AND (g.second IS NULL OR ST_CoveredBy(t.before, g.second) IS NOT false AND ST_CoveredBy(t.after, g.second) IS NOT false)) THEN 'columns'
                WHEN EXISTS (SELECT FROM ground) THEN 'area' ELSE 'verb' END
        FROM touched t
        WHERE NOT EXISTS (SELECT FROM ground g
            WHERE (g.columns = '{}' OR t.op = 'update' AND t.columns <@ g.columns)
                AND (g.first IS NULL OR ST_CoveredBy(t.before, g.first) IS NOT false AND ST_CoveredBy(t.after, g.first) IS NOT false)
                AND (g.second IS NULL OR ST_CoveredBy(t.before, g.second) IS NOT false AND ST_CoveredBy(t.after, g.second) IS NOT false))
        ORDER BY t.fid LIMIT 100$q$, l.table_name)
    USING who, l.slug, what, l.storage_srid, id, which;
END $$;

-- hold_changeset returns a changeset that stays as it is until the end of the
-- transaction, if it is still at the version that the account saw (0: whichever).
CREATE FUNCTION hold_changeset(id bigint, seen bigint) RETURNS changeset LANGUAGE plpgsql AS $$
DECLARE
    c changeset;
BEGIN
    SELECT * INTO c FROM changeset h WHERE h.id = hold_changeset.id FOR UPDATE;
    IF c.id IS NULL THEN PERFORM refuse_edit('HD404', 'no changeset'); END IF;
    IF seen <> 0 AND seen <> c.version THEN PERFORM refuse_edit('HD412', 'moved', jsonb_build_object('version', c.version)); END IF;
    RETURN c;
END $$;

CREATE FUNCTION want_state(c changeset, states text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF c.state <> ALL (states) THEN PERFORM refuse_edit('HD409', 'state', jsonb_build_object('state', c.state)); END IF;
END $$;

CREATE FUNCTION want_author(c changeset, who text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF c.author <> who OR NOT EXISTS (SELECT FROM account WHERE name = who AND NOT disabled) THEN PERFORM refuse_edit('HD403', 'not the author'); END IF;
END $$;

-- want_rights refuses what no right of a person covers; another: it is not they who ask.
CREATE FUNCTION want_rights(who text, c changeset, what text, which bigint DEFAULT NULL, another boolean DEFAULT false) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    denied jsonb := (SELECT jsonb_agg(jsonb_build_object('fid', d.fid, 'why', d.why)) FROM edits_denied(who, c.id, what, which) d);
BEGIN
    IF denied IS NOT NULL OR NOT EXISTS (SELECT FROM rights_of(who, c.layer, what)) THEN
        PERFORM refuse_edit('HD403', 'rights', jsonb_build_object('what', what, 'denied', coalesce(denied, '[]'), 'whose', CASE WHEN another THEN who END));
    END IF;
END $$;

-- changeset_begin opens a draft for whoever may edit something of the layer.
CREATE FUNCTION changeset_begin(who text, slug text, why text, how text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    most CONSTANT integer := 500;
    made bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM rights_of(who, slug, 'edit')) THEN PERFORM refuse_edit('HD403', 'rights', '{"what": "edit", "denied": []}'); END IF;
    IF NOT EXISTS (SELECT FROM layer_clock WHERE layer = slug) THEN PERFORM refuse_edit('HD409', 'no history'); END IF;
    IF (SELECT count(*) FROM changeset WHERE author = who AND state = 'draft') >= most THEN PERFORM refuse_edit('HD422', 'drafts', jsonb_build_object('most', most)); END IF;
    INSERT INTO changeset (layer, title, source, author) VALUES (slug, why, how, who) RETURNING id INTO made;
    RETURN made;
END $$;

-- version_of returns a feature as it was at one version: attributes and shape.
CREATE FUNCTION version_of(l layer, which bigint, wanted bigint, OUT attributes jsonb, OUT geom geometry) LANGUAGE plpgsql STABLE AS $$
BEGIN
    EXECUTE format('SELECT to_jsonb(v) - house_columns(), v.geom FROM
        (SELECT * FROM %1$I WHERE fid = $1 AND row_version = $2) v', l.table_name) INTO attributes, geom USING which, wanted;
    IF geom IS NULL THEN
        EXECUTE format('SELECT to_jsonb(v) - house_columns(), v.geom FROM
            (SELECT * FROM history_%1$s WHERE fid = $1 AND row_version = $2) v', l.table_name) INTO attributes, geom USING which, wanted;
    END IF;
END $$;

-- version_now returns the version at which a feature is, NULL when it is gone.
CREATE FUNCTION version_now(l layer, which bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    v bigint;
BEGIN
    EXECUTE format('SELECT row_version FROM %I WHERE fid = $1', l.table_name) INTO v USING which;
    RETURN v;
END $$;

-- own_base is the version that a program's edit is really made from: what it sent itself
-- it has seen, so its own versions straight after the one that it names are its base.
CREATE FUNCTION own_base(l layer, who text, which bigint, since bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    v bigint;
BEGIN
    EXECUTE format('WITH later AS (SELECT t.row_version, t._changeset FROM %1$I t WHERE t.fid = $1 AND t.row_version > $2
            UNION ALL SELECT t.row_version, t._changeset FROM history_%1$s t WHERE t.fid = $1 AND t.row_version > $2),
        told AS (SELECT later.row_version, coalesce(c.author = $3 AND c.source = ''qgis'' AND c.gathers_until IS DISTINCT FROM ''-infinity'', false) AS own FROM later LEFT JOIN changeset c ON c.id = later._changeset)
        SELECT max(row_version) FROM told WHERE row_version < coalesce((SELECT min(row_version) FROM told WHERE NOT own), %2$s)', l.table_name, 9223372036854775807)
        INTO v USING which, since, who;
    RETURN coalesce(v, since);
END $$;

-- as_layer_says returns attributes written as the layer's table writes them, or raises
-- what the types of its columns do not take.
CREATE FUNCTION as_layer_says(l layer, given jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    said jsonb;
BEGIN
    EXECUTE format('SELECT to_jsonb(jsonb_populate_record(NULL::%I, $1))', l.table_name) INTO said USING given;
    RETURN coalesce((SELECT jsonb_object_agg(k, said -> k) FROM jsonb_object_keys(given) k), '{}');
END $$;

-- with_period says valid_from and valid_until of a dated layer as its period; the end
-- that is not named stays.
CREATE FUNCTION with_period(l layer, op text, which bigint, was changeset_edit, given jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    period daterange := coalesce((was.attributes ->> 'period')::daterange, '(,)');
BEGIN
    IF NOT l.dated OR op <> 'insert' AND NOT given ?| '{valid_from,valid_until}' THEN RETURN given; END IF;
    IF was.attributes -> 'period' IS NULL THEN
        EXECUTE format('SELECT coalesce((SELECT period FROM %I WHERE fid = $1), $2)', l.table_name) INTO period USING which, period;
    END IF;
    period := daterange(CASE WHEN given ? 'valid_from' THEN (given ->> 'valid_from')::date ELSE lower(period) END,
        CASE WHEN given ? 'valid_until' THEN (given ->> 'valid_until')::date ELSE upper(period) END);
    IF isempty(period) THEN PERFORM refuse_edit('HD422', 'period'); END IF;
    RETURN given - '{valid_from,valid_until}'::text[] || jsonb_build_object('period', period);
END $$;

-- shaped makes a shape fit the layer's column, or refuses it.
CREATE FUNCTION shaped(l layer, shape geometry) RETURNS geometry LANGUAGE plpgsql STABLE AS $$
DECLARE
    most CONSTANT integer := 100000;
BEGIN
    IF shape IS NULL THEN RETURN NULL; END IF;
    shape := ST_Transform(ST_Force2D(shape), l.storage_srid); -- of its own system: as it is
    IF l.geometry_type LIKE 'Multi%' THEN shape := ST_Multi(shape); END IF;
    IF ST_IsEmpty(shape) OR l.geometry_type <> 'Geometry' AND GeometryType(shape) <> upper(l.geometry_type) THEN
        PERFORM refuse_edit('HD422', 'geometry', jsonb_build_object('got', GeometryType(shape), 'want', l.geometry_type));
    END IF;
    IF ST_NPoints(shape) > most THEN PERFORM refuse_edit('HD422', 'vertices', jsonb_build_object('got', ST_NPoints(shape), 'most', most)); END IF;
    IF NOT ST_Transform(shape, 4326) @ ST_MakeEnvelope(95, 0, 125, 30, 4326) THEN PERFORM refuse_edit('HD422', 'place'); END IF; -- nor can it be drawn
    RETURN shape;
END $$;

-- different keeps what of the attributes is not as it was.
CREATE FUNCTION different(given jsonb, before jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(given) WHERE value IS DISTINCT FROM coalesce(before -> key, 'null')
$$;

-- changeset_put adds edits to a draft, in their order: [{op, fid, base_version, alone,
-- attributes, geom}], geom as hexadecimal EWKB. alone: a program has seen that version and
-- not what it sent itself since. An edit of a feature that the draft
-- changes already goes on from there. Returns the features' numbers and the draft's version.
CREATE FUNCTION changeset_put(who text, id bigint, seen bigint, edits jsonb) RETURNS TABLE (fids bigint[], version bigint) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    most          CONSTANT integer := 20000;
    most_vertices CONSTANT integer := 2000000;
    c      changeset := hold_changeset(id, seen);
    l      layer := (SELECT l FROM layer l WHERE slug = c.layer);
    given  jsonb;
    was    changeset_edit;
    e      changeset_edit;
BEGIN
    PERFORM want_author(c, who), want_state(c, '{draft}');
    fids := '{}';
    FOR given IN SELECT value FROM jsonb_array_elements(edits) LOOP
        e := NULL;
        e.changeset := c.id;
        e.op := given ->> 'op';
        e.fid := (given ->> 'fid')::bigint;
        e.geom := shaped(l, (given ->> 'geom')::geometry);
        IF e.op = 'insert' AND e.fid IS NULL THEN
            e.fid := nextval(pg_get_serial_sequence(quote_ident(l.table_name), 'fid'));
        END IF;
        SELECT * INTO was FROM changeset_edit h WHERE h.changeset = c.id AND h.fid = e.fid;
        IF e.op = 'insert' AND given ->> 'fid' IS NOT NULL AND was.op IS NULL THEN
            e.base_geom := last_shape(l, e.fid); -- it comes back: its ground counts, too
        END IF;
        e.attributes := as_layer_says(l, with_period(l, e.op, e.fid, was, coalesce(given -> 'attributes', '{}')));
        e := edit_after(l, who, c.source = 'qgis' AND NOT given ? 'alone', was, e, (given ->> 'base_version')::bigint);
        DELETE FROM changeset_edit h WHERE h.changeset = c.id AND h.fid = e.fid;
        IF e.op = 'insert' OR e.op = 'delete' AND was.op IS DISTINCT FROM 'insert' OR e.op = 'update' AND (e.attributes <> '{}' OR e.geom IS NOT NULL) THEN
            INSERT INTO changeset_edit (changeset, fid, op, base_version, base, base_geom, attributes, geom)
            VALUES (e.changeset, e.fid, e.op, e.base_version, e.base, e.base_geom, e.attributes, e.geom);
        END IF;
        fids := fids || e.fid;
    END LOOP;
    IF (SELECT count(*) FROM changeset_edit h WHERE h.changeset = c.id) > most THEN PERFORM refuse_edit('HD422', 'edits', jsonb_build_object('most', most)); END IF;
    IF (SELECT sum(ST_NPoints(h.geom)) FROM changeset_edit h WHERE h.changeset = c.id) > most_vertices THEN PERFORM refuse_edit('HD422', 'all vertices', jsonb_build_object('most', most_vertices)); END IF;
    version := touch_changeset(c.id, true);
    RETURN NEXT;
END $$;

-- touch_changeset raises a changeset's version and forgets what the last check found. An
-- inverse that was altered is the inverse of nothing any more. What gathered for a program
-- does so no longer: its author has it in hand.
CREATE FUNCTION touch_changeset(which bigint, altered boolean) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    raised bigint;
BEGIN
    DELETE FROM changeset_problem WHERE changeset = which;
    UPDATE changeset SET version = version + 1, updated_at = clock_timestamp(), reverts = CASE WHEN NOT altered THEN reverts END, gathers_until = kept(gathers_until) WHERE id = which RETURNING version INTO raised;
    RETURN raised;
END $$;

-- kept is until when a draft gathers that its author is to hand in, if it ever did.
CREATE FUNCTION kept(until timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE
RETURN CASE WHEN until IS NOT NULL THEN '-infinity'::timestamptz END;

-- last_shape is the shape that a deleted feature had; there must have been one.
CREATE FUNCTION last_shape(l layer, which bigint) RETURNS geometry LANGUAGE plpgsql STABLE AS $$
DECLARE
    shape geometry;
BEGIN
    EXECUTE format('SELECT geom FROM history_%s WHERE fid = $1 ORDER BY row_version DESC LIMIT 1', l.table_name) INTO shape USING which;
    IF shape IS NULL THEN PERFORM refuse_edit('HD404', 'no feature', jsonb_build_object('fid', which)); END IF;
    RETURN shape;
END $$;

-- edit_after is the edit e with its base, after the edit that the draft had already. own:
-- what a program of its author sent since counts as seen.
CREATE FUNCTION edit_after(l layer, who text, own boolean, was changeset_edit, e changeset_edit, seen bigint) RETURNS changeset_edit LANGUAGE plpgsql AS $$
BEGIN
    IF e.op = 'insert' THEN
        IF was.op = 'delete' THEN -- thought better of
            e.op := 'update';
        ELSIF was.op IS NOT NULL OR version_now(l, e.fid) IS NOT NULL THEN
            PERFORM refuse_edit('HD409', 'there already', jsonb_build_object('fid', e.fid));
        ELSE
            IF e.geom IS NULL THEN PERFORM refuse_edit('HD422', 'no geometry', jsonb_build_object('fid', e.fid)); END IF;
            e.attributes := jsonb_strip_nulls(e.attributes);
            RETURN e;
        END IF;
    ELSIF was.op = 'insert' THEN
        e.attributes := jsonb_strip_nulls(was.attributes || e.attributes);
        e.geom := coalesce(e.geom, was.geom);
        IF e.op = 'update' THEN e.op := 'insert'; END IF;
        RETURN e;
    END IF;
    IF was.op IS NOT NULL THEN
        e.base_version := was.base_version; e.base := was.base; e.base_geom := was.base_geom;
        IF was.op = 'update' AND e.op = 'update' THEN
            e.attributes := was.attributes || e.attributes;
            e.geom := coalesce(e.geom, was.geom);
        END IF;
    ELSE
        e.base_version := coalesce(seen, version_now(l, e.fid));
        IF e.base_version IS NULL THEN PERFORM refuse_edit('HD404', 'no feature', jsonb_build_object('fid', e.fid)); END IF;
        IF own THEN
            SELECT v.attributes, v.geom INTO e.base, e.base_geom FROM seen_by(l, who, e.fid, e.base_version) v;
            e.base_version := own_base(l, who, e.fid, e.base_version);
        ELSE
            SELECT v.attributes, v.geom INTO e.base, e.base_geom FROM version_of(l, e.fid, e.base_version) v;
        END IF;
        IF e.base_geom IS NULL AND version_now(l, e.fid) IS NOT NULL THEN -- of a version that never was
            PERFORM refuse_edit('HD412', 'moved on', jsonb_build_object('fid', e.fid, 'version', version_now(l, e.fid)));
        END IF;
        IF e.base IS NULL OR e.base_geom IS NULL THEN PERFORM refuse_edit('HD404', 'no version', jsonb_build_object('fid', e.fid, 'version', e.base_version)); END IF;
    END IF;
    IF e.op = 'delete' THEN
        e.attributes := '{}'; e.geom := NULL;
    ELSE
        e.attributes := different(e.attributes, e.base);
        IF e.geom = e.base_geom THEN e.geom := NULL; END IF;
    END IF;
    RETURN e;
END $$;

-- changeset_take_out takes the edit of one feature out of a draft.
CREATE FUNCTION changeset_take_out(who text, id bigint, seen bigint, which bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    c changeset := hold_changeset(id, seen);
BEGIN
    PERFORM want_author(c, who), want_state(c, '{draft}');
    DELETE FROM changeset_edit e WHERE e.changeset = c.id AND e.fid = which;
    IF NOT FOUND THEN PERFORM refuse_edit('HD404', 'no edit', jsonb_build_object('fid', which)); END IF;
    RETURN touch_changeset(c.id, true);
END $$;

-- changeset_say adds a comment.
CREATE FUNCTION changeset_say(who text, id bigint, words text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    most CONSTANT integer := 1000;
    c changeset := hold_changeset(id, 0);
BEGIN
    IF (SELECT count(*) FROM changeset_note n WHERE n.changeset = c.id AND n.kind = 'comment') >= most THEN PERFORM refuse_edit('HD422', 'notes', jsonb_build_object('most', most)); END IF;
    IF c.author <> who AND NOT EXISTS (SELECT FROM rights_of(who, c.layer, 'edit') UNION ALL SELECT FROM rights_of(who, c.layer, 'review')) THEN
        PERFORM refuse_edit('HD403', 'rights', '{"what": "review", "denied": []}');
    END IF;
    INSERT INTO changeset_note (changeset, by, kind, text) VALUES (c.id, who, 'comment', words);
END $$;

-- changeset_name gives a draft another title.
CREATE FUNCTION changeset_name(who text, id bigint, seen bigint, why text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    c changeset := hold_changeset(id, seen);
BEGIN
    PERFORM want_author(c, who), want_state(c, '{draft}');
    UPDATE changeset h SET title = why WHERE h.id = c.id;
    RETURN touch_changeset(c.id, false);
END $$;
-- +goose StatementEnd
