-- +goose Up
-- Programs such as QGIS edit feature by feature and do not say what belongs together.
-- What one person sends to a layer within a short time is taken as one piece of work:
-- where nobody reviews, as changesets that go with the first of them and are undone with
-- it; where somebody does, as one draft that is handed in when nothing more comes.
ALTER TABLE changeset
    ADD goes_with     bigint REFERENCES changeset ON DELETE CASCADE, -- the first of those that are one piece of work
    ADD gathers_until timestamptz; -- a draft takes in requests until then; -infinity: it is kept for its author to decide
CREATE INDEX changeset_goes_with ON changeset (goes_with) WHERE goes_with IS NOT NULL;
CREATE INDEX changeset_gathers ON changeset (gathers_until) WHERE state = 'draft' AND gathers_until IS NOT NULL;
CREATE INDEX changeset_edit_fid ON changeset_edit (fid);

-- +goose StatementBegin
-- seen_by is what a program of that person shows of a feature: the version that it read
-- (0: none, it made the feature itself) with what it sent since, whoever else changed it.
-- made is the version that its own insert made. waits: some of what it sent gathered for a
-- review, and who reads that version again does not see it; gone: a deletion, at that.
CREATE FUNCTION seen_by(l layer, who text, which bigint, since bigint, OUT attributes jsonb, OUT geom geometry, OUT made bigint, OUT waits boolean, OUT gone boolean) LANGUAGE plpgsql STABLE AS $$
DECLARE
    e record;
BEGIN
    waits := false; gone := false;
    IF since > 0 THEN SELECT v.attributes, v.geom INTO attributes, geom FROM version_of(l, which, since) v; END IF;
    FOR e IN SELECT h.op, h.attributes, h.geom, h.applied_version, c.gathers_until FROM changeset_edit h JOIN changeset c ON c.id = h.changeset
        WHERE h.fid = which AND c.layer = l.slug AND c.author = who AND c.source = 'qgis' AND c.gathers_until IS DISTINCT FROM '-infinity'
            AND (h.applied_version > since OR c.state IN ('submitted', 'approved') OR c.state = 'draft' AND c.gathers_until IS NOT NULL)
        ORDER BY h.n LOOP
        waits := waits OR e.gathers_until IS NOT NULL;
        gone := e.op = 'delete';
        CONTINUE WHEN gone;
        IF e.op = 'insert' THEN attributes := '{}'; made := e.applied_version; END IF;
        attributes := attributes || e.attributes;
        geom := coalesce(e.geom, geom);
    END LOOP;
END $$;

-- changeset_gather returns the open draft that takes in what a person's programs send to
-- the layer. Nobody else can hand it in before the transaction ends.
CREATE FUNCTION changeset_gather(who text, slug text, why text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    open bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('gather ' || who || ' ' || slug, 0)); -- two requests at once open one draft
    SELECT id INTO open FROM changeset WHERE layer = slug AND author = who AND source = 'qgis' AND state = 'draft' AND gathers_until > '-infinity' ORDER BY id DESC LIMIT 1 FOR UPDATE;
    IF open IS NULL THEN open := changeset_begin(who, slug, why, 'qgis'); END IF;
    RETURN open;
END $$;

-- changeset_wait has a draft wait for more, unless what it does to a feature (NULL: to
-- none) is not within the rights of its author.
CREATE FUNCTION changeset_wait(who text, which bigint, feature bigint, quiet interval) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    c changeset := hold_changeset(which, 0);
BEGIN
    PERFORM want_author(c, who), want_state(c, '{draft}');
    IF feature IS NOT NULL THEN PERFORM want_rights(who, c, 'edit', feature); END IF;
    UPDATE changeset SET gathers_until = clock_timestamp() + quiet WHERE id = which;
END $$;

-- changeset_join says of a draft that it goes with what the person's programs have
-- changed lately in the layer.
CREATE FUNCTION changeset_join(who text, which bigint, within interval) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    c changeset := hold_changeset(which, 0);
BEGIN
    PERFORM want_author(c, who), want_state(c, '{draft}');
    UPDATE changeset SET goes_with = (SELECT coalesce(b.goes_with, b.id) FROM changeset b
        WHERE b.layer = c.layer AND b.author = who AND b.source = 'qgis' AND b.state = 'applied' AND b.gathers_until IS NULL AND b.applied_at > clock_timestamp() - within
        ORDER BY b.id DESC LIMIT 1) WHERE id = which;
END $$;

-- still_with is the changeset that c goes with, unless somebody has begun to undo it: what
-- is undone then does not hold c. Nobody begins before the transaction ends.
CREATE FUNCTION still_with(c changeset) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM changeset WHERE id = c.goes_with FOR SHARE;
    RETURN (SELECT b.id FROM changeset b WHERE b.id = c.goes_with AND NOT EXISTS (SELECT FROM changeset r WHERE r.reverts = b.id));
END $$;

-- changeset_keep keeps a draft that could not be handed in for its author to decide, and
-- says why. What is kept already in the same words is not kept twice. Returns where it is.
CREATE FUNCTION changeset_keep(who text, which bigint, words text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    c    changeset := hold_changeset(which, 0);
    same bigint;
BEGIN
    PERFORM want_author(c, who), want_state(c, '{draft}');
    SELECT k.id INTO same FROM changeset k WHERE k.layer = c.layer AND k.author = who AND k.source = 'qgis' AND k.state = 'draft' AND k.gathers_until = '-infinity' AND k.id <> c.id
        AND digest_of(k.id, false) = digest_of(c.id, false) ORDER BY k.id LIMIT 1;
    IF same IS NOT NULL THEN
        PERFORM changeset_decide(who, c.id, 0, 'drop', 0, '');
        RETURN same;
    END IF;
    UPDATE changeset SET gathers_until = '-infinity', goes_with = NULL WHERE id = c.id;
    IF words <> '' THEN INSERT INTO changeset_note (changeset, by, kind, text) VALUES (c.id, who, 'comment', words); END IF;
    RETURN c.id;
END $$;
-- +goose StatementEnd
