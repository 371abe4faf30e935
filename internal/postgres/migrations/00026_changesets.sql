-- +goose Up
-- The map edited: changesets that are decided whole, and the history of every feature.
CREATE TABLE changeset (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    layer        text NOT NULL REFERENCES layer ON UPDATE CASCADE ON DELETE CASCADE,
    title        text NOT NULL CHECK (length(title) <= 500), -- why
    state        text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'submitted', 'approved', 'applied', 'rejected', 'reverted', 'dropped')),
    source       text NOT NULL CHECK (source IN ('page', 'qgis', 'import', 'sql', 'revert', 'restore')),
    author       text NOT NULL,                -- an account; of source sql the database's role
    reverts      bigint REFERENCES changeset ON DELETE CASCADE,
    version      bigint NOT NULL DEFAULT 1,    -- raised by every change of the changeset
    digest       bytea,                        -- of the edits as they were submitted
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    submitted_at timestamptz,
    decided_by   text,
    decided_at   timestamptz,
    applied_at   timestamptz
);
CREATE INDEX changeset_layer ON changeset (layer, id DESC);
CREATE INDEX changeset_author ON changeset (author, id DESC);
CREATE INDEX changeset_open ON changeset (state, id DESC) WHERE state IN ('draft', 'submitted', 'approved');
CREATE INDEX changeset_reverts ON changeset (reverts) WHERE reverts IS NOT NULL;

-- One change of one feature. base and base_geom are what its author saw; attributes hold
-- what is different then, by column.
CREATE TABLE changeset_edit (
    changeset       bigint NOT NULL REFERENCES changeset ON DELETE CASCADE,
    fid             bigint NOT NULL,
    n               bigint GENERATED ALWAYS AS IDENTITY, -- order of drafting
    op              text NOT NULL CHECK (op IN ('insert', 'update', 'delete')),
    base_version    bigint CHECK ((op = 'insert') = (base_version IS NULL)),
    base            jsonb,
    base_geom       geometry,
    attributes      jsonb NOT NULL DEFAULT '{}',
    geom            geometry,                  -- in the layer's CRS; NULL: stays
    applied_version bigint,                    -- row_version that it made
    PRIMARY KEY (changeset, fid)
);

CREATE TABLE changeset_note (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    changeset bigint NOT NULL REFERENCES changeset ON DELETE CASCADE,
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    by        text NOT NULL,
    kind      text NOT NULL CHECK (kind IN ('comment', 'submitted', 'approved', 'applied', 'rejected', 'reopened', 'reverted', 'dropped')),
    text      text NOT NULL DEFAULT '' CHECK (length(text) <= 4000)
);
CREATE INDEX changeset_note_changeset ON changeset_note (changeset, id);

-- What the check found when the changeset was submitted.
CREATE TABLE changeset_problem (
    changeset bigint NOT NULL REFERENCES changeset ON DELETE CASCADE,
    n         integer NOT NULL,
    kind      text NOT NULL,
    severity  text NOT NULL CHECK (severity IN ('warn', 'block')),
    fid       bigint NOT NULL,
    other_fid bigint,
    geom      geometry,                        -- in the layer's CRS
    measure   double precision,                -- square metres, metres or per cent, by kind
    PRIMARY KEY (changeset, n)
);

-- +goose StatementBegin
CREATE FUNCTION keep_edits_still() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.changeset, NEW.fid, NEW.op, NEW.base_version, NEW.base, NEW.base_geom, NEW.attributes, NEW.geom)
            IS NOT DISTINCT FROM (OLD.changeset, OLD.fid, OLD.op, OLD.base_version, OLD.base, OLD.base_geom, OLD.attributes, OLD.geom) THEN
        RETURN NEW; -- only what became of it
    END IF;
    IF EXISTS (SELECT FROM changeset WHERE id IN (OLD.changeset, NEW.changeset) AND state <> 'draft') THEN
        RAISE EXCEPTION 'only the edits of a draft change' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
-- +goose StatementEnd
CREATE TRIGGER changeset_edit_still BEFORE INSERT OR UPDATE OR DELETE ON changeset_edit FOR EACH ROW EXECUTE FUNCTION keep_edits_still();

-- What is written stays, for as long as its layer is there.
-- +goose StatementBegin
CREATE FUNCTION forbid_change_of_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' OR EXISTS (SELECT FROM changeset WHERE id = OLD.changeset) THEN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END $$;
-- +goose StatementEnd
CREATE TRIGGER changeset_note_append_only BEFORE UPDATE OR DELETE ON changeset_note FOR EACH ROW EXECUTE FUNCTION forbid_change_of_note();

-- History. The table of a layer holds what is now, with the instant since when (_since)
-- and the changeset that said so (_changeset, NULL: before there was a history). Beside
-- layer_x, history_layer_x has what was, from when to when (recorded) and the changeset
-- that ended it. No column of a layer begins with an underscore.

-- house_columns are those that say nothing of the feature itself, of the table and of its history.
CREATE FUNCTION house_columns() RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '{fid,row_version,geom,geom_3857,_since,_changeset,_clearance,recorded,ended_by}'::text[];

-- clearance says how far the vertices of a surface are from each other and from each
-- other's borders, in its units (ST_MinimumClearance): as long as none is moved by half of
-- it, the surface stays valid. Tiles need not look for tangles then. NULL: not known, of
-- what is no surface and of what is kept in parts.
CREATE FUNCTION clearance(shape geometry) RETURNS real LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN GeometryType(shape) IN ('POLYGON', 'MULTIPOLYGON') AND NOT heavy(shape) THEN ST_MinimumClearance(shape) END;

-- layer_clock gives each changeset its instant. The lock on its row is held until COMMIT:
-- the instants of a layer's changesets rise in the order of their commits.
CREATE TABLE layer_clock (
    layer text PRIMARY KEY,
    at    timestamptz NOT NULL,
    began timestamptz NOT NULL -- there is no history from before
);

-- begin_recording returns the instant of this transaction's change of the layer, and
-- makes sure that there is a changeset that it belongs to. alone waits for whoever else
-- records a change of the layer. A statement on the table does not: it may be one of
-- several, on several layers, and those would wait for each other.
-- +goose StatementBegin
CREATE FUNCTION begin_recording(slug text, alone boolean) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    instant timestamptz := nullif(current_setting('haidang.at_' || slug, true), '');
    made    bigint;
BEGIN
    IF instant IS NOT NULL THEN RETURN instant; END IF;
    IF alone THEN
        UPDATE layer_clock SET at = greatest(clock_timestamp(), at + interval '1 microsecond') WHERE layer = slug RETURNING at INTO instant;
    ELSE
        SELECT greatest(clock_timestamp(), at + interval '1 microsecond') INTO instant FROM layer_clock WHERE layer = slug;
    END IF;
    PERFORM set_config('haidang.at_' || slug, instant::text, true);
    IF coalesce(current_setting('haidang.changeset_' || slug, true), '') = '' THEN
        INSERT INTO changeset (layer, title, state, source, author, applied_at)
        VALUES (slug, coalesce(current_setting('haidang.why', true), ''), 'applied', coalesce(nullif(current_setting('haidang.source', true), ''), 'sql'),
            coalesce(nullif(current_setting('haidang.author', true), ''), session_user), instant) RETURNING id INTO made;
        PERFORM set_config('haidang.changeset_' || slug, made::text, true);
    END IF;
    RETURN instant;
END $$;

CREATE FUNCTION note_recording() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM begin_recording(TG_ARGV[0], false);
    RETURN NULL;
END $$;

-- after is the instant, or later where a version is younger already: another transaction
-- began after this one and committed before.
CREATE FUNCTION after(instant timestamptz, since timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE
RETURN greatest(instant, since + interval '1 microsecond');

CREATE FUNCTION stamp_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW._since := current_setting(TG_ARGV[0])::timestamptz;
    IF TG_OP = 'UPDATE' THEN
        NEW.row_version := OLD.row_version + 1;
        IF OLD._changeset IS DISTINCT FROM current_setting(TG_ARGV[1])::bigint OR OLD._since < NEW._since THEN NEW._since := after(NEW._since, OLD._since); ELSE NEW._since := OLD._since; END IF;
    END IF;
    NEW._changeset := current_setting(TG_ARGV[1])::bigint;
    RETURN NEW;
END $$;

-- keep_history writes down what a statement has replaced. What lived within this
-- transaction only is no history.
CREATE FUNCTION keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    instant timestamptz := begin_recording(TG_ARGV[0], false);
BEGIN
    EXECUTE format('INSERT INTO history_%s SELECT tstzrange(_since, after($1, _since)), $2, b.* FROM %I b WHERE _since < $1 OR _changeset IS DISTINCT FROM $2',
            TG_TABLE_NAME, CASE TG_OP WHEN 'TRUNCATE' THEN TG_TABLE_NAME ELSE 'before_rows' END)
        USING instant, current_setting('haidang.changeset_' || TG_ARGV[0])::bigint;
    RETURN NULL;
END $$;

-- record_layer gives the table of a layer its history.
CREATE FUNCTION record_layer(slug text, t regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    past  text := 'history_' || (SELECT relname FROM pg_class WHERE oid = t);
    since text := 'haidang.at_' || slug;
    cause text := 'haidang.changeset_' || slug;
    now   timestamptz := clock_timestamp();
BEGIN
    INSERT INTO layer_clock (layer, at, began) VALUES (slug, now, now);
    EXECUTE format('ALTER TABLE %s ADD _since timestamptz NOT NULL DEFAULT %L, ADD _changeset bigint, ADD _clearance real GENERATED ALWAYS AS (clearance(geom_3857)) STORED', t, now);
    EXECUTE format('ALTER TABLE %s ALTER _since DROP DEFAULT', t);
    EXECUTE format('CREATE TABLE %I (recorded tstzrange NOT NULL, ended_by bigint NOT NULL, LIKE %s)', past, t);
    EXECUTE format('CREATE INDEX ON %I (fid, row_version)', past);
    EXECUTE format('CREATE INDEX ON %I USING gist (geom, recorded)', past); -- a box is asked for in the layer's own system, tiles in Web Mercator
    EXECUTE format('CREATE INDEX ON %I USING gist (geom_3857, recorded)', past);
    EXECUTE format('CREATE TRIGGER fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()', past);
    EXECUTE format('DROP TRIGGER layer_row_version ON %s', t);
    EXECUTE format('CREATE TRIGGER layer_recording BEFORE INSERT OR UPDATE OR DELETE ON %s FOR EACH STATEMENT EXECUTE FUNCTION note_recording(%L)', t, slug);
    EXECUTE format('CREATE TRIGGER layer_stamp BEFORE INSERT OR UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION stamp_row(%L, %L)', t, since, cause);
    EXECUTE format('CREATE TRIGGER layer_history_updated AFTER UPDATE ON %s REFERENCING OLD TABLE AS before_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_history(%L)', t, slug);
    EXECUTE format('CREATE TRIGGER layer_history_deleted AFTER DELETE ON %s REFERENCING OLD TABLE AS before_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_history(%L)', t, slug);
    EXECUTE format('CREATE TRIGGER layer_history_truncated BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION keep_history(%L)', t, slug);
END $$;
-- +goose StatementEnd

-- What must have a value, the catalogue says: a parcel that was just split has no number yet.
ALTER TABLE layer_parcel ALTER sheet DROP NOT NULL, ALTER number DROP NOT NULL, ALTER area_m2 DROP NOT NULL;
-- Two parcels may change numbers: the whole of a changeset counts, not one row after another.
ALTER TABLE layer_parcel DROP CONSTRAINT layer_parcel_sheet_number_key, ADD UNIQUE (sheet, number) DEFERRABLE;
ALTER TABLE layer_irrigation ALTER code DROP NOT NULL, ALTER name DROP NOT NULL, ALTER grade DROP NOT NULL;

SELECT record_layer(substr(relname, length('layer_') + 1), c.oid::regclass) FROM pg_class c
WHERE EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND tgname = 'layer_row_version');

-- Rights by ground and column.
ALTER TABLE layer_right
    ADD units   text[] NOT NULL DEFAULT '{}',  -- administrative units; none: everywhere
    ADD columns text[] NOT NULL DEFAULT '{}';  -- columns, and 'geometry'; none: all

-- topology is what is looked at when a changeset is submitted: {kind: warn or block}.
ALTER TABLE layer ADD topology jsonb NOT NULL DEFAULT '{}';
UPDATE layer SET topology = '{"overlap": {"severity": "block"}, "gap": {"severity": "warn"}, "sliver": {"severity": "warn"}}'
WHERE coverage AND geometry_type LIKE '%Polygon' AND table_name LIKE 'layer\_%';
