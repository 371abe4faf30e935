-- +goose Up
-- The rest of VN-2000 by the official parameters (see migration 1): geographic, and
-- UTM zones 48N and 49N. Between private SRIDs PROJ leaves the datum alone, so a
-- step from zone to zone is exact.
INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, srtext, proj4text)
VALUES (954756, 'VNGOV', 954756,
        'GEOGCS["VN-2000 (official shift)",DATUM["Vietnam_2000",SPHEROID["WGS 84",6378137,298.257223563],TOWGS84[-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AXIS["Longitude",EAST],AXIS["Latitude",NORTH]]',
        '+proj=longlat +ellps=WGS84 +towgs84=-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278 +no_defs')
ON CONFLICT (srid) DO NOTHING;
INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, srtext, proj4text)
SELECT 950000 + code, 'VNGOV', 950000 + code,
       format('PROJCS["VN-2000 / UTM zone %sN (official shift)",GEOGCS["VN-2000",DATUM["Vietnam_2000",SPHEROID["WGS 84",6378137,298.257223563],TOWGS84[-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",%s],PARAMETER["scale_factor",0.9996],PARAMETER["false_easting",500000],PARAMETER["false_northing",0],UNIT["metre",1],AXIS["Easting",EAST],AXIS["Northing",NORTH]]', zone, meridian),
       format('+proj=tmerc +lat_0=0 +lon_0=%s +k=0.9996 +x_0=500000 +y_0=0 +ellps=WGS84 +towgs84=-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278 +units=m +no_defs', meridian)
FROM (VALUES (3405, 48, 105), (3406, 49, 111)) AS utm (code, zone, meridian)
ON CONFLICT (srid) DO NOTHING;

-- Files made of layers for people to fetch; the folder holds them until they expire.
CREATE TABLE layer_export (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    layer      text NOT NULL REFERENCES layer ON UPDATE CASCADE ON DELETE CASCADE,
    by_account text NOT NULL,
    request    jsonb NOT NULL,                 -- format, CRS, box, filter, day
    job        bigint NOT NULL DEFAULT 0,
    file       text NOT NULL DEFAULT '',       -- name in the folder; empty: not made yet
    name       text NOT NULL DEFAULT '',       -- what it is called when it is fetched
    bytes      bigint NOT NULL DEFAULT 0,
    features   bigint NOT NULL DEFAULT 0,
    remark_vi  text NOT NULL DEFAULT '',       -- what was changed to fit the format
    remark_en  text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX layer_export_by ON layer_export (by_account, id);
