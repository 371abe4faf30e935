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

-- edits_denied are the edits of a changeset that no right of the account covers: the
-- shape before and after within its ground, and all columns that change.
CREATE FUNCTION edits_denied(who text, id bigint, what text) RETURNS TABLE (fid bigint, why text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    l layer := (SELECT l FROM layer l JOIN changeset c ON c.layer = l.slug WHERE c.id = edits_denied.id);
BEGIN
    IF EXISTS (SELECT FROM rights_of(who, l.slug, what) r WHERE r.units = '{}' AND r.unit = '' AND r.columns = '{}') THEN RETURN; END IF; -- everything, everywhere
    RETURN QUERY EXECUTE format($q$
        WITH held AS MATERIALIZED (SELECT DISTINCT units, unit, columns FROM rights_of($1, $2, $3)),
        ground AS MATERIALIZED (SELECT h.columns, ground_of(h.units, $4) AS first, ground_of(CASE h.unit WHEN '' THEN '{}' ELSE ARRAY[h.unit] END, $4) AS second FROM held h),
        touched AS (SELECT e.fid, e.op, ARRAY(SELECT jsonb_object_keys(e.attributes)) || CASE WHEN e.geom IS NOT NULL AND e.op = 'update' THEN '{geometry}'::text[] ELSE '{}' END AS columns,
                coalesce(t.geom, e.base_geom) AS before, e.geom AS after
            FROM changeset_edit e LEFT JOIN %s t USING (fid) WHERE e.changeset = $5)
        SELECT t.fid, CASE WHEN EXISTS (SELECT FROM ground g WHERE (g.first IS NULL OR ST_CoveredBy(t.before, g.first) IS NOT false AND ST_CoveredBy(t.after, g.first) IS NOT false)
                    AND (g.second IS NULL OR ST_CoveredBy(t.before, g.second) IS NOT false AND ST_CoveredBy(t.after, g.second) IS NOT false)) THEN 'columns'
                WHEN EXISTS (SELECT FROM ground) THEN 'area' ELSE 'verb' END
        FROM touched t
        WHERE NOT EXISTS (SELECT FROM ground g
            WHERE (g.columns = '{}' OR t.op = 'update' AND t.columns <@ g.columns)
                AND (g.first IS NULL OR ST_CoveredBy(t.before, g.first) IS NOT false AND ST_CoveredBy(t.after, g.first) IS NOT false)
                AND (g.second IS NULL OR ST_CoveredBy(t.before, g.second) IS NOT false AND ST_CoveredBy(t.after, g.second) IS NOT false))
        ORDER BY t.fid LIMIT 100$q$, l.table_name)
    USING who, l.slug, what, l.storage_srid, id;
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

CREATE FUNCTION want_rights(who text, c changeset, what text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    denied jsonb := (SELECT jsonb_agg(jsonb_build_object('fid', d.fid, 'why', d.why)) FROM edits_denied(who, c.id, what) d);
BEGIN
    IF denied IS NOT NULL OR NOT EXISTS (SELECT FROM rights_of(who, c.layer, what)) THEN
        PERFORM refuse_edit('HD403', 'rights', jsonb_build_object('what', what, 'denied', coalesce(denied, '[]')));
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

-- changeset_put adds edits to a draft, in their order: [{op, fid, base_version,
-- attributes, geom}], geom as hexadecimal EWKB. An edit of a feature that the draft
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
        e := edit_after(l, who, c.source, was, e, (given ->> 'base_version')::bigint);
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
-- inverse that was altered is the inverse of nothing any more.
CREATE FUNCTION touch_changeset(which bigint, altered boolean) RETURNS bigint LANGUAGE sql AS $$
    DELETE FROM changeset_problem WHERE changeset = which;
    UPDATE changeset SET version = version + 1, updated_at = clock_timestamp(), reverts = CASE WHEN NOT altered THEN reverts END WHERE id = which RETURNING version
$$;

-- last_shape is the shape that a deleted feature had; there must have been one.
CREATE FUNCTION last_shape(l layer, which bigint) RETURNS geometry LANGUAGE plpgsql STABLE AS $$
DECLARE
    shape geometry;
BEGIN
    EXECUTE format('SELECT geom FROM history_%s WHERE fid = $1 ORDER BY row_version DESC LIMIT 1', l.table_name) INTO shape USING which;
    IF shape IS NULL THEN PERFORM refuse_edit('HD404', 'no feature', jsonb_build_object('fid', which)); END IF;
    RETURN shape;
END $$;

-- edit_after is the edit e with its base, after the edit that the draft had already.
CREATE FUNCTION edit_after(l layer, who text, how text, was changeset_edit, e changeset_edit, seen bigint) RETURNS changeset_edit LANGUAGE plpgsql AS $$
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
        IF how = 'qgis' THEN
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

-- changeset_conflicts are what the edits of a changeset would overwrite unseen: columns
-- (or 'geometry', or '*' for all of a feature) that are neither as the author saw them
-- nor as the author wants them. What is deleted may have other versions than its author
-- saw, if it is as its author saw it.
CREATE FUNCTION changeset_conflicts(id bigint, which bigint DEFAULT NULL) RETURNS TABLE (fid bigint, field text, now_version bigint, base jsonb, theirs jsonb, mine jsonb) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    l layer := (SELECT l FROM layer l JOIN changeset c ON c.layer = l.slug WHERE c.id = changeset_conflicts.id);
BEGIN
    RETURN QUERY EXECUTE format($q$
        WITH moved AS (SELECT e.*, t.row_version, to_jsonb(t) - house_columns() AS now, t.geom AS now_geom FROM changeset_edit e LEFT JOIN %I t USING (fid)
            WHERE e.changeset = $1 AND ($2 IS NULL OR e.fid = $2) AND e.base_version IS DISTINCT FROM t.row_version)
        SELECT m.fid, '*', m.row_version, m.base, m.now, m.attributes FROM moved m
        WHERE m.op = 'insert' AND m.row_version IS NOT NULL OR m.op = 'update' AND m.row_version IS NULL
            OR m.op = 'delete' AND m.row_version IS NOT NULL AND (m.now IS DISTINCT FROM m.base OR NOT m.now_geom = m.base_geom)
        UNION ALL
        SELECT m.fid, k.key, m.row_version, m.base -> k.key, m.now -> k.key, k.value FROM moved m, jsonb_each(m.attributes) k
        WHERE m.op = 'update' AND m.row_version IS NOT NULL AND m.now -> k.key IS DISTINCT FROM coalesce(m.base -> k.key, 'null') AND m.now -> k.key IS DISTINCT FROM k.value
        UNION ALL
        SELECT m.fid, 'geometry', m.row_version, NULL, NULL, NULL FROM moved m
        WHERE m.op = 'update' AND m.row_version IS NOT NULL AND m.geom IS NOT NULL AND NOT m.now_geom = m.base_geom AND NOT m.now_geom = m.geom
        ORDER BY 1, 2 LIMIT 1000$q$, l.table_name) USING id, which;
END $$;

-- changeset_resolve settles the conflicts of one feature: by field "mine" or "theirs"
-- ('*': the whole feature). now is the version of the feature that the account saw (0: it
-- is gone), and from which the edit goes on.
CREATE FUNCTION changeset_resolve(who text, id bigint, seen bigint, which bigint, now bigint, take jsonb) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    c   changeset := hold_changeset(id, seen);
    l   layer := (SELECT l FROM layer l WHERE slug = c.layer);
    e   changeset_edit;
    at  bigint;
BEGIN
    PERFORM want_author(c, who), want_state(c, '{draft}');
    SELECT * INTO e FROM changeset_edit h WHERE h.changeset = c.id AND h.fid = which;
    IF e.fid IS NULL THEN PERFORM refuse_edit('HD404', 'no edit', jsonb_build_object('fid', which)); END IF;
    EXECUTE format('SELECT FROM %I WHERE fid = $1 FOR SHARE', l.table_name) USING which;
    at := version_now(l, which);
    IF coalesce(at, 0) <> now THEN PERFORM refuse_edit('HD412', 'moved on', jsonb_build_object('fid', which, 'version', at)); END IF;
    IF EXISTS (SELECT FROM changeset_conflicts(c.id, which) k WHERE coalesce(take ->> k.field, take ->> '*', '') NOT IN ('mine', 'theirs')) THEN
        PERFORM refuse_edit('HD422', 'undecided', jsonb_build_object('fid', which));
    END IF;
    DELETE FROM changeset_edit h WHERE h.changeset = c.id AND h.fid = which;
    IF take ->> '*' = 'theirs' OR at IS NULL AND e.op = 'delete' THEN RETURN touch_changeset(c.id, true); END IF;
    IF at IS NULL THEN -- mine, of a feature that somebody deleted: it comes back
        e.attributes := jsonb_strip_nulls(e.base || e.attributes);
        e.geom := coalesce(e.geom, e.base_geom);
        e.op := 'insert'; e.base_version := NULL; e.base := NULL;
    ELSE
        SELECT at, v.attributes, v.geom INTO e.base_version, e.base, e.base_geom FROM version_of(l, which, at) v;
        IF e.op = 'insert' THEN -- all of mine, also what has no value
            e.op := 'update';
            e.attributes := (SELECT jsonb_object_agg(k, 'null'::jsonb) FROM jsonb_object_keys(e.base) k) || e.attributes;
        END IF;
        e.attributes := different((SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(e.attributes) WHERE take ->> key IS DISTINCT FROM 'theirs'), e.base);
        IF take ->> 'geometry' = 'theirs' OR e.geom = e.base_geom THEN e.geom := NULL; END IF;
    END IF;
    IF e.op <> 'update' OR e.attributes <> '{}' OR e.geom IS NOT NULL THEN
        INSERT INTO changeset_edit (changeset, fid, op, base_version, base, base_geom, attributes, geom)
        VALUES (e.changeset, e.fid, e.op, e.base_version, e.base, e.base_geom, e.attributes, e.geom);
    END IF;
    RETURN touch_changeset(c.id, EXISTS (SELECT FROM jsonb_each_text(take) WHERE value = 'theirs'));
END $$;

-- digest_of is what the edits of a changeset say.
CREATE FUNCTION digest_of(which bigint) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to(coalesce(string_agg(concat_ws('|', fid, op, base_version, base, md5(ST_AsEWKB(base_geom)), attributes, md5(ST_AsEWKB(geom))), E'\n' ORDER BY fid), ''), 'UTF8'))
    FROM changeset_edit WHERE changeset = which
$$;

-- write_edits does what the edits of a changeset say, some thousands at a time: what
-- keeps tiles of a layer asks each statement where it was.
CREATE FUNCTION write_edits(c changeset, l layer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    each CONSTANT integer := 4000;
    names text := (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY attnum) FROM pg_attribute a WHERE attrelid = l.table_name::regclass AND attnum > 0 AND NOT attisdropped
        AND attname <> ALL (house_columns()));
    sets  text := (SELECT string_agg(format('%1$I = r.%1$I', a.attname), ', ' ORDER BY attnum) FROM pg_attribute a WHERE attrelid = l.table_name::regclass AND attnum > 0 AND NOT attisdropped
        AND attname <> ALL (house_columns()));
    part bigint[];
BEGIN
    FOR part IN SELECT array_agg(fid) FROM (SELECT fid, (row_number() OVER (ORDER BY fid) - 1) / each AS lot FROM changeset_edit WHERE changeset = c.id AND op = 'delete') p GROUP BY lot ORDER BY lot LOOP
        EXECUTE format('DELETE FROM %I WHERE fid = ANY ($1)', l.table_name) USING part;
    END LOOP;
    FOR part IN SELECT array_agg(fid) FROM (SELECT fid, (row_number() OVER (ORDER BY fid) - 1) / each AS lot FROM changeset_edit WHERE changeset = c.id AND op = 'update' AND geom IS NULL) p GROUP BY lot ORDER BY lot LOOP
        EXECUTE format('UPDATE %1$I t SET %2$s FROM changeset_edit e JOIN %1$I o USING (fid), jsonb_populate_record(o, e.attributes) r WHERE e.changeset = $1 AND e.fid = ANY ($2) AND t.fid = e.fid', l.table_name, sets) USING c.id, part;
    END LOOP;
    FOR part IN SELECT array_agg(fid) FROM (SELECT fid, (row_number() OVER (ORDER BY fid) - 1) / each AS lot FROM changeset_edit WHERE changeset = c.id AND op = 'update' AND geom IS NOT NULL) p GROUP BY lot ORDER BY lot LOOP
        EXECUTE format('UPDATE %1$I t SET %2$s FROM changeset_edit e JOIN %1$I o USING (fid), jsonb_populate_record(o, e.attributes) r WHERE e.changeset = $1 AND e.fid = ANY ($2) AND t.fid = e.fid',
            l.table_name, concat_ws(', ', sets, 'geom = e.geom')) USING c.id, part;
    END LOOP;
    FOR part IN SELECT array_agg(fid) FROM (SELECT fid, (row_number() OVER (ORDER BY fid) - 1) / each AS lot FROM changeset_edit WHERE changeset = c.id AND op = 'insert') p GROUP BY lot ORDER BY lot LOOP
        EXECUTE format('INSERT INTO %1$I (fid, row_version, %2$s) OVERRIDING SYSTEM VALUE SELECT e.fid, coalesce((SELECT max(row_version) + 1 FROM history_%1$s h WHERE h.fid = e.fid), 1), %3$s
            FROM changeset_edit e, jsonb_populate_record(NULL::%1$I, e.attributes) r WHERE e.changeset = $1 AND e.fid = ANY ($2) ORDER BY e.fid',
            l.table_name, concat_ws(', ', names, 'geom'), concat_ws(', ', (SELECT string_agg('r.' || n, ', ') FROM unnest(string_to_array(names, ', ')) n), 'e.geom')) USING c.id, part;
    END LOOP;
    EXECUTE format('UPDATE changeset_edit e SET applied_version = t.row_version FROM %I t WHERE e.changeset = $1 AND t.fid = e.fid AND e.op <> ''delete''', l.table_name) USING c.id;
END $$;

-- moved_near tells whether features within so many metres of those that a changeset edits
-- have changed since the layer's features were at a version. What is changed elsewhere
-- meanwhile alters nothing that was looked at.
CREATE FUNCTION moved_near(c changeset, l layer, seen bigint, metres double precision) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
    near boolean;
BEGIN
    IF (SELECT rows_version = seen FROM layer WHERE slug = l.slug) THEN RETURN false; END IF;
    IF (SELECT base_version > seen FROM layer WHERE slug = l.slug) THEN RETURN true; END IF; -- nobody knows where any more
    EXECUTE format($q$SELECT EXISTS (SELECT FROM layer_change n WHERE layer = $1 AND version > $2 AND rows > 0 AND (n.geom IS NULL OR EXISTS (
            SELECT FROM changeset_edit e LEFT JOIN %I t USING (fid)
            WHERE e.changeset = $3 AND n.geom && ST_Expand(ST_Transform(ST_Envelope(ST_Collect(coalesce(t.geom, e.base_geom), e.geom)), 3857), $4))))$q$, l.table_name)
        INTO near USING l.slug, seen, c.id, metres;
    RETURN near;
END $$;

-- apply_changeset changes the layer as the changeset says, or refuses it whole. checked is
-- the version of the layer's features that was looked at for problems, 0 if none was.
CREATE FUNCTION apply_changeset(c changeset, who text, reviewer text, checked bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    l       layer := (SELECT l FROM layer l WHERE slug = c.layer);
    instant timestamptz;
    clashes jsonb;
BEGIN
    IF c.digest IS DISTINCT FROM digest_of(c.id) THEN PERFORM refuse_edit('HD409', 'altered'); END IF;
    IF c.reverts IS NOT NULL THEN PERFORM want_state(hold_changeset(c.reverts, 0), '{applied}'); END IF;
    PERFORM set_config('haidang.changeset_' || c.layer, c.id::text, true), set_config('haidang.at_' || c.layer, '', true);
    instant := begin_recording(c.layer, true); -- from here on no other changeset changes the layer
    EXECUTE format('SELECT FROM %I WHERE fid IN (SELECT fid FROM changeset_edit WHERE changeset = $1) ORDER BY fid FOR UPDATE', l.table_name) USING c.id;
    IF checked <> 0 AND moved_near(c, l, checked, 10) THEN PERFORM refuse_edit('HD409', 'check again'); END IF; -- a check looks five metres about what is edited
    clashes := (SELECT jsonb_agg(to_jsonb(k)) FROM changeset_conflicts(c.id) k);
    IF clashes IS NOT NULL THEN PERFORM refuse_edit('HD409', 'conflict', jsonb_build_object('conflicts', clashes)); END IF;
    PERFORM want_rights(c.author, c, 'edit');
    IF reviewer IS NOT NULL THEN PERFORM want_rights(reviewer, c, 'review'); END IF; -- on the ground as it is now
    PERFORM write_edits(c, l);
    SET CONSTRAINTS layer_change_numbered IMMEDIATE; -- the catalogue's lock before the audit log's, as everywhere
    UPDATE changeset SET state = 'applied', applied_at = instant, version = version + 1, updated_at = clock_timestamp() WHERE id = c.id;
    INSERT INTO changeset_note (changeset, by, kind) VALUES (c.id, who, 'applied');
    IF c.reverts IS NOT NULL THEN
        UPDATE changeset SET state = 'reverted', version = version + 1, updated_at = clock_timestamp() WHERE id = c.reverts AND state = 'applied';
        INSERT INTO changeset_note (changeset, by, kind) VALUES (c.reverts, c.author, 'reverted');
        UPDATE changeset SET state = 'applied', version = version + 1, updated_at = clock_timestamp() -- in effect again
        WHERE id = (SELECT reverts FROM changeset WHERE id = c.reverts) AND state = 'reverted';
    END IF;
END $$;

-- changeset_submit hands a draft in, with the problems that the check found: [{kind,
-- severity, fid, other_fid, geom, measure}]. A layer without review takes it at once.
CREATE FUNCTION changeset_submit(who text, id bigint, seen bigint, problems jsonb, checked bigint, words text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    c changeset := hold_changeset(id, seen);
    clashes jsonb;
BEGIN
    PERFORM want_author(c, who), want_state(c, '{draft}');
    IF NOT EXISTS (SELECT FROM changeset_edit e WHERE e.changeset = c.id) THEN PERFORM refuse_edit('HD422', 'empty'); END IF;
    PERFORM want_rights(who, c, 'edit'), keep_problems(c.id, problems);
    IF EXISTS (SELECT FROM changeset_problem p WHERE p.changeset = c.id AND p.severity = 'block') THEN PERFORM refuse_edit('HD422', 'problems'); END IF;
    clashes := (SELECT jsonb_agg(to_jsonb(k)) FROM changeset_conflicts(c.id) k);
    IF clashes IS NOT NULL THEN PERFORM refuse_edit('HD409', 'conflict', jsonb_build_object('conflicts', clashes)); END IF;
    UPDATE changeset h SET state = 'submitted', digest = digest_of(c.id), submitted_at = clock_timestamp(), version = h.version + 1, updated_at = clock_timestamp() WHERE h.id = c.id RETURNING * INTO c;
    INSERT INTO changeset_note (changeset, by, kind, text) VALUES (c.id, who, 'submitted', words);
    IF (SELECT review FROM layer WHERE slug = c.layer) = 'none' THEN
        PERFORM apply_changeset(c, who, NULL, checked);
        RETURN 'applied';
    END IF;
    RETURN 'submitted';
END $$;

CREATE FUNCTION keep_problems(which bigint, problems jsonb) RETURNS void LANGUAGE sql AS $$
    DELETE FROM changeset_problem WHERE changeset = which;
    INSERT INTO changeset_problem (changeset, n, kind, severity, fid, other_fid, geom, measure)
    SELECT which, row_number() OVER (ORDER BY p.severity <> 'block'), p.kind, p.severity, p.fid, p.other_fid, p.geom::geometry, p.measure
    FROM jsonb_to_recordset(problems) p (kind text, severity text, fid bigint, other_fid bigint, geom text, measure double precision) ORDER BY p.severity <> 'block' LIMIT 1000
$$;

-- changeset_check keeps what a check of a draft found.
CREATE FUNCTION changeset_check(who text, id bigint, seen bigint, problems jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    c changeset := hold_changeset(id, seen);
BEGIN
    PERFORM want_author(c, who), want_state(c, '{draft}'), keep_problems(c.id, problems);
END $$;

-- changeset_decide is what a reviewer (approve, hold, apply, reject) or the author
-- (reopen, drop) says of a changeset. hold approves and applies later. Nobody approves
-- what is their own.
CREATE FUNCTION changeset_decide(who text, id bigint, seen bigint, verdict text, checked bigint, words text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    c    changeset := hold_changeset(id, seen);
    becomes text;
BEGIN
    CASE verdict
    WHEN 'approve', 'hold', 'reject' THEN
        PERFORM want_state(c, '{submitted}'), want_rights(who, c, 'review');
        IF c.author = who AND verdict <> 'reject' THEN PERFORM refuse_edit('HD403', 'own'); END IF;
        becomes := CASE verdict WHEN 'reject' THEN 'rejected' ELSE 'approved' END;
    WHEN 'apply' THEN
        PERFORM want_state(c, '{approved}'), want_rights(who, c, 'review');
        IF c.author = who THEN PERFORM refuse_edit('HD403', 'own'); END IF;
        becomes := 'approved';
    WHEN 'reopen' THEN
        PERFORM want_author(c, who), want_state(c, '{submitted,approved,rejected,dropped}');
        becomes := 'draft';
    WHEN 'drop' THEN
        PERFORM want_author(c, who), want_state(c, '{draft,rejected}');
        becomes := 'dropped';
    END CASE;
    UPDATE changeset h SET state = becomes, version = h.version + 1, updated_at = clock_timestamp(),
        decided_by = CASE WHEN verdict IN ('approve', 'hold', 'reject') THEN who ELSE h.decided_by END,
        decided_at = CASE WHEN verdict IN ('approve', 'hold', 'reject') THEN clock_timestamp() ELSE h.decided_at END WHERE h.id = c.id RETURNING * INTO c;
    IF verdict <> 'apply' THEN
        INSERT INTO changeset_note (changeset, by, kind, text) VALUES (c.id, who, CASE becomes WHEN 'draft' THEN 'reopened' ELSE becomes END, words);
    END IF;
    IF verdict IN ('approve', 'apply') THEN
        PERFORM apply_changeset(c, who, who, checked);
        becomes := 'applied';
    END IF;
    RETURN becomes;
END $$;

-- changeset_revert drafts the inverse of an applied changeset, from what the history says
-- it did.
CREATE FUNCTION changeset_revert(who text, id bigint, seen bigint, why text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
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

-- It runs at COMMIT, when the function that changed the layer is over.
ALTER FUNCTION number_layer_changes() SECURITY DEFINER SET search_path = public, pg_temp;
