-- +goose Up
-- How a draft becomes what the map says: conflicts, submitting, deciding, writing.

-- +goose StatementBegin
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

-- digest_of is what the edits of a changeset say; not numbered: whichever numbers new
-- features have been given.
CREATE FUNCTION digest_of(which bigint, numbered boolean DEFAULT true) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to(coalesce(string_agg(concat_ws('|', CASE WHEN numbered OR op <> 'insert' THEN fid END, op, base_version, base, md5(ST_AsEWKB(base_geom)), attributes, md5(ST_AsEWKB(geom))), E'\n' ORDER BY fid), ''), 'UTF8'))
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
    EXECUTE format($q$WITH ground AS MATERIALIZED (
            SELECT ST_Expand(ST_Transform(ST_Envelope(ST_Collect(coalesce(t.geom, e.base_geom), e.geom)), 3857), $4) AS box FROM changeset_edit e LEFT JOIN %I t USING (fid) WHERE e.changeset = $3)
        SELECT EXISTS (SELECT FROM layer_change n WHERE layer = $1 AND version > $2 AND rows > 0 AND (n.geom IS NULL OR EXISTS (SELECT FROM ground g WHERE g.box && n.geom)))$q$, l.table_name)
        INTO near USING l.slug, seen, c.id, metres;
    RETURN near;
END $$;

-- apply_changeset changes the layer as the changeset says, or refuses it whole. checked is
-- the version of the layer's features that was looked at for problems, 0 if none was.
CREATE FUNCTION apply_changeset(c changeset, who text, reviewer text, checked bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    l       layer := (SELECT l FROM layer l WHERE slug = c.layer);
    first   bigint := still_with(c);
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
    PERFORM want_rights(c.author, c, 'edit', another => reviewer IS NOT NULL);
    IF reviewer IS NOT NULL THEN PERFORM want_rights(reviewer, c, 'review'); END IF; -- on the ground as it is now
    SET CONSTRAINTS ALL DEFERRED; -- what is unique is so when all of it is done
    PERFORM write_edits(c, l);
    SET CONSTRAINTS ALL IMMEDIATE; -- with them the catalogue's lock, before the audit log's, as everywhere
    UPDATE changeset SET state = 'applied', applied_at = instant, version = version + 1, updated_at = clock_timestamp(), goes_with = first WHERE id = c.id;
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
    UPDATE changeset h SET state = becomes, version = h.version + 1, updated_at = clock_timestamp(), gathers_until = CASE verdict WHEN 'reopen' THEN kept(h.gathers_until) ELSE h.gathers_until END,
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
-- +goose StatementEnd

-- It runs at COMMIT, when the function that changed the layer is over.
ALTER FUNCTION number_layer_changes() SECURITY DEFINER SET search_path = public, pg_temp;
