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
    geom_3857   geometry(MultiPolygon, 3857) NOT NULL,
    label       geometry(Point, 4326) NOT NULL  -- where its name stands
);
-- +goose StatementBegin
CREATE FUNCTION derive_unit_label() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.label := coalesce(NEW.label, (ST_MaximumInscribedCircle(NEW.geom)).center);
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER administrative_unit_3857 BEFORE INSERT ON administrative_unit
    FOR EACH ROW EXECUTE FUNCTION derive_geom_3857();
CREATE TRIGGER administrative_unit_label BEFORE INSERT ON administrative_unit
    FOR EACH ROW EXECUTE FUNCTION derive_unit_label();
CREATE TRIGGER administrative_unit_fixed BEFORE UPDATE OR DELETE ON administrative_unit
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE INDEX administrative_unit_geom ON administrative_unit USING gist (geom);
CREATE INDEX administrative_unit_geom_3857 ON administrative_unit USING gist (geom_3857);
CREATE INDEX administrative_unit_code ON administrative_unit (code);

-- When a unit is in force, as known since recorded_at. The newest row of a unit wins;
-- older rows answer "what did we believe then". An empty period withdraws the unit.
CREATE TABLE unit_validity (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit_id     bigint NOT NULL REFERENCES administrative_unit,
    period      daterange NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(), -- not now(): an import that waited for another is later
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
    zoom_bands    smallint[] NOT NULL DEFAULT '{}', -- first zoom of each band; then the table has a column band with these values
    dated         boolean NOT NULL DEFAULT false, -- the table has a column period: rows are in force on some days only
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

-- Cadastral parcels; empty until somebody loads or generates some.
CREATE TABLE layer_parcel (
    fid         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sheet       integer NOT NULL,              -- map sheet and number of the parcel on it
    number      integer NOT NULL,
    land_use    text NOT NULL,
    area_m2     real NOT NULL,
    row_version bigint NOT NULL DEFAULT 1,
    geom        geometry(Polygon, 959209) NOT NULL,
    geom_3857   geometry(Polygon, 3857) NOT NULL,
    UNIQUE (sheet, number)
);
CREATE TRIGGER layer_parcel_3857 BEFORE INSERT OR UPDATE OF geom ON layer_parcel
    FOR EACH ROW EXECUTE FUNCTION derive_geom_3857();
CREATE INDEX layer_parcel_geom_3857 ON layer_parcel USING gist (geom_3857);

-- The base map. What follows is drawn from administrative_unit and unit_validity
-- whenever these change, once per zoom band, so that neighbours keep one border.
CREATE TABLE base_unit (
    fid         bigint NOT NULL REFERENCES administrative_unit,
    band        smallint NOT NULL,             -- from this zoom on
    period      daterange NOT NULL,
    level       smallint NOT NULL,
    code        text NOT NULL,
    name        text NOT NULL,
    approximate boolean NOT NULL,
    geom_3857   geometry(MultiPolygon, 3857) NOT NULL,
    PRIMARY KEY (fid, band)
);
CREATE INDEX base_unit_geom_3857 ON base_unit USING gist (geom_3857);

CREATE TABLE base_unit_label (
    fid         bigint PRIMARY KEY REFERENCES administrative_unit,
    period      daterange NOT NULL,
    code        text NOT NULL,
    name        text NOT NULL,                 -- without the word for ward or commune
    name_km     text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('ward', 'commune')),
    geom_3857   geometry(Point, 3857) NOT NULL
);

CREATE TABLE base_land (
    fid         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    band        smallint NOT NULL,
    period      daterange NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('inside', 'outside')), -- of the province
    approximate boolean NOT NULL,
    geom_3857   geometry(MultiPolygon, 3857) NOT NULL
);

-- Rivers and canals of the base map, drawn by hand.
CREATE TABLE base_water (
    fid         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('river', 'canal')),
    grade       smallint NOT NULL,             -- 1 main, 2 secondary
    approximate boolean NOT NULL,
    geom        geometry(Geometry, 4326) NOT NULL,
    geom_3857   geometry(Geometry, 3857) NOT NULL,
    UNIQUE (name, kind)
);
CREATE TRIGGER base_water_3857 BEFORE INSERT OR UPDATE OF geom ON base_water
    FOR EACH ROW EXECUTE FUNCTION derive_geom_3857();
