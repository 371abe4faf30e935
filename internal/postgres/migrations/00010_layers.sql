-- +goose Up
-- Shared code lists. A version and its codes never change; a correction is a new version.
CREATE TABLE code_list (
    slug     text PRIMARY KEY CHECK (slug ~ '^[a-z][a-z0-9_]{0,40}$'),
    title_vi text NOT NULL,
    title_en text NOT NULL
);

CREATE TABLE code_list_version (
    list        text NOT NULL REFERENCES code_list,
    version     integer NOT NULL CHECK (version > 0),
    valid_from  date NOT NULL,
    source      text NOT NULL,                 -- the decree or circular, or who says so
    note        text NOT NULL DEFAULT '',
    recorded_at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL,
    PRIMARY KEY (list, version)
);
CREATE TRIGGER code_list_version_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON code_list_version
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

CREATE TABLE code_list_item (
    list     text NOT NULL,
    version  integer NOT NULL,
    code     text NOT NULL CHECK (code <> ''),
    position integer NOT NULL,                 -- order on the screen
    label_vi text NOT NULL,
    label_en text NOT NULL,
    colour   text NOT NULL DEFAULT '' CHECK (colour ~ '^(#[0-9a-f]{6})?$'),
    parent   text NOT NULL DEFAULT '',         -- code of the wider term
    PRIMARY KEY (list, version, code),
    FOREIGN KEY (list, version) REFERENCES code_list_version
);
CREATE TRIGGER code_list_item_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON code_list_item
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

ALTER TABLE layer
    ADD kind           text NOT NULL DEFAULT 'vector' CHECK (kind IN ('vector', 'raster')),
    ADD theme          text NOT NULL DEFAULT '',
    ADD description_vi text NOT NULL DEFAULT '',
    ADD description_en text NOT NULL DEFAULT '',
    ADD licence        text NOT NULL DEFAULT '',
    ADD update_rhythm  text NOT NULL DEFAULT '', -- in words or ISO 8601, as P1Y
    ADD template       text NOT NULL DEFAULT '', -- of which template it was made
    ADD key_columns    text[] NOT NULL DEFAULT '{}', -- what names a feature for people and when it is imported again
    ADD class_column   text NOT NULL DEFAULT '', -- what the style colours by and overviews keep apart
    ADD label_column   text NOT NULL DEFAULT '',
    ADD search_columns text[] NOT NULL DEFAULT '{}',
    ADD coverage       boolean NOT NULL DEFAULT false, -- polygons that share borders and do not overlap
    ADD style          jsonb NOT NULL DEFAULT '{}',
    ADD review         text NOT NULL DEFAULT 'none' CHECK (review IN ('none', 'approve')),
    ADD base_version   bigint NOT NULL DEFAULT 0; -- what changed up to this version is no longer in layer_change

-- A column is {name, type, label, unit, codeList, required, readOnly, fromZoom}; these were {name, from_zoom}.
UPDATE layer SET columns = coalesce((
    SELECT jsonb_agg(jsonb_build_object('name', c ->> 'name', 'fromZoom', c -> 'from_zoom',
        'type', CASE WHEN t.data_type IN ('smallint', 'integer', 'bigint') THEN 'integer'
                     WHEN t.data_type IN ('real', 'double precision', 'numeric') THEN 'number'
                     WHEN t.data_type = 'boolean' THEN 'boolean' ELSE 'text' END) ORDER BY n)
    FROM jsonb_array_elements(columns) WITH ORDINALITY AS list (c, n)
    LEFT JOIN information_schema.columns t ON t.table_schema = 'public' AND t.table_name = layer.table_name AND t.column_name = c ->> 'name'), '[]');

-- Who may do what with a layer. grantee: 'public', 'staff' (anybody signed in),
-- 'role:ROLE', 'agency:CODE' (anybody granted something there) or 'account:NAME'.
CREATE TABLE layer_right (
    layer   text NOT NULL REFERENCES layer ON UPDATE CASCADE ON DELETE CASCADE,
    verb    text NOT NULL CHECK (verb IN ('see', 'edit', 'review', 'export')),
    grantee text NOT NULL CHECK (grantee IN ('public', 'staff') OR grantee ~ '^(role|agency|account):.+$'),
    PRIMARY KEY (layer, verb, grantee)
);
INSERT INTO layer_right SELECT slug, 'see', CASE WHEN public THEN 'public' ELSE 'staff' END FROM layer;
INSERT INTO layer_right SELECT slug, verb, 'agency:' || owner_agency FROM layer, unnest(ARRAY['edit', 'review', 'export']) AS verb;
ALTER TABLE layer DROP COLUMN public;

-- The outbox: what changed where, for whoever keeps something made of a layer.
-- A row gets its version when its transaction commits, under the lock of the layer's
-- row, so that a layer's versions become visible in their order: who has read up to
-- version n misses nothing by asking for those above n.
CREATE TABLE layer_change (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    layer     text NOT NULL REFERENCES layer ON UPDATE CASCADE ON DELETE CASCADE,
    version   bigint,
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    rows      integer NOT NULL,
    geom      geometry(Geometry, 3857),        -- the shapes before and after; NULL: it may be anywhere
    from_zoom smallint NOT NULL DEFAULT 0,
    to_zoom   smallint NOT NULL DEFAULT 22
);
CREATE INDEX layer_change_version ON layer_change (layer, version);

-- +goose StatementBegin
CREATE FUNCTION number_layer_changes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    change record;
    next   bigint;
BEGIN
    -- All rows of this transaction at the first call, by layer, so that two transactions
    -- on the same layers lock them in the same order. Other transactions' rows without a
    -- version are not visible here.
    FOR change IN SELECT id, layer FROM layer_change WHERE version IS NULL ORDER BY layer, id LOOP
        UPDATE layer SET version = version + 1 WHERE slug = change.layer RETURNING version INTO next;
        UPDATE layer_change SET version = next WHERE id = change.id;
    END LOOP;
    PERFORM pg_notify('haidang_places', '');
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER layer_change_numbered AFTER INSERT ON layer_change DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION number_layer_changes();
CREATE INDEX layer_change_unnumbered ON layer_change (layer, id) WHERE version IS NULL;

-- Written once for each statement on a layer's table. More rows than a handful of
-- tiles could show are one change that may be anywhere.
-- +goose StatementBegin
CREATE FUNCTION note_layer_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    most CONSTANT integer := 5000;
    n      integer := 0;
    shapes geometry;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT count(*) INTO n FROM after_rows;
        IF n BETWEEN 1 AND most THEN SELECT ST_Collect(geom_3857) INTO shapes FROM after_rows; END IF;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT count(*) INTO n FROM before_rows;
        IF n BETWEEN 1 AND most THEN SELECT ST_Collect(geom_3857) INTO shapes FROM before_rows; END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        SELECT count(*) INTO n FROM after_rows;
        IF n BETWEEN 1 AND most THEN
            SELECT ST_Collect(geom_3857) INTO shapes FROM (SELECT geom_3857 FROM before_rows UNION SELECT geom_3857 FROM after_rows) both_rows;
        END IF;
    ELSE
        n := most + 1; -- TRUNCATE
    END IF;
    IF n > 0 THEN
        INSERT INTO layer_change (layer, rows, geom) VALUES (TG_ARGV[0], n, shapes);
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION raise_row_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.row_version := OLD.row_version + 1;
    RETURN NEW;
END $$;
-- +goose StatementEnd

-- watch_layer gives a layer's table its indexes and triggers.
-- +goose StatementBegin
CREATE FUNCTION watch_layer(slug text, t regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER layer_3857 BEFORE INSERT OR UPDATE OF geom ON %s FOR EACH ROW EXECUTE FUNCTION derive_geom_3857()', t);
    EXECUTE format('CREATE TRIGGER layer_row_version BEFORE UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION raise_row_version()', t);
    EXECUTE format('CREATE TRIGGER layer_inserted AFTER INSERT ON %s REFERENCING NEW TABLE AS after_rows FOR EACH STATEMENT EXECUTE FUNCTION note_layer_change(%L)', t, slug);
    EXECUTE format('CREATE TRIGGER layer_updated AFTER UPDATE ON %s REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows FOR EACH STATEMENT EXECUTE FUNCTION note_layer_change(%L)', t, slug);
    EXECUTE format('CREATE TRIGGER layer_deleted AFTER DELETE ON %s REFERENCING OLD TABLE AS before_rows FOR EACH STATEMENT EXECUTE FUNCTION note_layer_change(%L)', t, slug);
    EXECUTE format('CREATE TRIGGER layer_truncated AFTER TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION note_layer_change(%L)', t, slug);
    EXECUTE format('CREATE INDEX ON %s USING gist (geom)', t);
    EXECUTE format('CREATE INDEX ON %s USING gist (geom_3857)', t);
END $$;
-- +goose StatementEnd

DROP TRIGGER layer_irrigation_3857 ON layer_irrigation;
DROP TRIGGER layer_parcel_3857 ON layer_parcel;
DROP INDEX layer_irrigation_geom_3857;
DROP INDEX layer_parcel_geom_3857;
SELECT watch_layer('irrigation', 'layer_irrigation'), watch_layer('parcel', 'layer_parcel');
