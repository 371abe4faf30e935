-- +goose Up
-- +goose StatementBegin
-- Web Mercator is derived by trigger, not as a generated column: a restore fills tables
-- before spatial_ref_sys has the private SRIDs, and a generated column would fail there.
CREATE FUNCTION derive_geom_3857() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.geom_3857 := ST_Transform(NEW.geom, 3857);
    RETURN NEW;
END $$;
-- +goose StatementEnd

-- An administrative unit as drawn once; rows never change.
CREATE TABLE administrative_unit (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code        text NOT NULL,
    level       smallint NOT NULL CHECK (level BETWEEN 1 AND 3), -- 1 province, 2 district, 3 commune or ward
    name_vi     text NOT NULL,
    name_km     text NOT NULL DEFAULT '',
    approximate boolean NOT NULL DEFAULT false, -- drawn by us, not surveyed
    source      text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    geom        geometry(MultiPolygon, 4326) NOT NULL,
    geom_3857   geometry(MultiPolygon, 3857) NOT NULL
);
CREATE TRIGGER administrative_unit_3857 BEFORE INSERT OR UPDATE ON administrative_unit
    FOR EACH ROW EXECUTE FUNCTION derive_geom_3857();
CREATE INDEX administrative_unit_geom ON administrative_unit USING gist (geom);
CREATE INDEX administrative_unit_geom_3857 ON administrative_unit USING gist (geom_3857);
CREATE INDEX administrative_unit_code ON administrative_unit (code);

-- When a unit is in force, as known since recorded_at. The newest row of a unit wins;
-- older rows answer "what did we believe then". An empty period withdraws the unit.
CREATE TABLE unit_validity (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit_id     bigint NOT NULL REFERENCES administrative_unit,
    period      daterange NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL,
    reason      text NOT NULL
);
CREATE INDEX unit_validity_unit ON unit_validity (unit_id, recorded_at DESC);
CREATE TRIGGER unit_validity_append_only BEFORE UPDATE OR DELETE ON unit_validity
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

-- Units in force on a day, by what is known now.
-- +goose StatementBegin
CREATE FUNCTION units_on(day date) RETURNS SETOF administrative_unit LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT u.* FROM administrative_unit u
    WHERE day <@ (SELECT v.period FROM unit_validity v WHERE v.unit_id = u.id ORDER BY v.recorded_at DESC, v.id DESC LIMIT 1)
$$;
-- +goose StatementEnd

-- The catalogue. A layer is a table with fid, geom (its storage CRS) and geom_3857.
CREATE TABLE layer (
    slug          text PRIMARY KEY CHECK (slug ~ '^[a-z][a-z0-9_]{0,40}$'),
    title_vi      text NOT NULL,
    title_en      text NOT NULL,
    sector        text NOT NULL,
    owner_agency  text NOT NULL REFERENCES agency,
    table_name    text NOT NULL UNIQUE,
    storage_srid  integer NOT NULL,
    geometry_type text NOT NULL,
    min_zoom      smallint NOT NULL DEFAULT 0,
    max_zoom      smallint NOT NULL DEFAULT 18,
    columns       jsonb NOT NULL DEFAULT '[]', -- [{name, from_zoom}]: what a tile carries and from which zoom
    public        boolean NOT NULL DEFAULT false,
    attribution   text NOT NULL DEFAULT '',
    simulated     boolean NOT NULL DEFAULT false,
    version       bigint NOT NULL DEFAULT 1    -- raised by every edit; part of each tile's ETag
);

-- The one sector layer so far: canals, sluices and pumping stations.
CREATE TABLE layer_irrigation (
    fid         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code        text NOT NULL UNIQUE,
    name        text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('canal', 'sluice', 'pump', 'river')),
    grade       smallint NOT NULL DEFAULT 3,   -- 1 main, 2 secondary, 3 field
    row_version bigint NOT NULL DEFAULT 1,
    geom        geometry(Geometry, 959209) NOT NULL,
    geom_3857   geometry(Geometry, 3857) NOT NULL
);
CREATE TRIGGER layer_irrigation_3857 BEFORE INSERT OR UPDATE OF geom ON layer_irrigation
    FOR EACH ROW EXECUTE FUNCTION derive_geom_3857();
CREATE INDEX layer_irrigation_geom_3857 ON layer_irrigation USING gist (geom_3857);
