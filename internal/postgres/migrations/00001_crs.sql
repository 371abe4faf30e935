-- +goose Up
-- VN-2000 by the official parameters (EPSG:6960, Decision 05/2007/QD-BTNMT). Left to
-- itself PROJ picks EPSG:5194 in the Mekong delta, 0.82 m off; a private authority
-- name with +towgs84 pins the official operation. 95xxxx = 950000 + the EPSG code's
-- last four digits, so 959209 stands for EPSG:9209 (TM-3 105-30, Sóc Trăng).
INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, srtext, proj4text)
SELECT 950000 + code, 'VNGOV', 950000 + code,
       format('PROJCS["VN-2000 / TM-3 %s (official shift)",GEOGCS["VN-2000",DATUM["Vietnam_2000",SPHEROID["WGS 84",6378137,298.257223563],TOWGS84[-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",%s],PARAMETER["scale_factor",0.9999],PARAMETER["false_easting",500000],PARAMETER["false_northing",0],UNIT["metre",1],AXIS["Easting",EAST],AXIS["Northing",NORTH]]', meridian, meridian),
       format('+proj=tmerc +lat_0=0 +lon_0=%s +k=0.9999 +x_0=500000 +y_0=0 +ellps=WGS84 +towgs84=-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278 +units=m +no_defs', meridian)
FROM (VALUES (5896, 102.0), (5897, 105.0), (5898, 108.0), (5899, 107.75), (9205, 103.0), (9206, 104.0),
             (9207, 104.5), (9208, 104.75), (9209, 105.5), (9210, 105.75), (9211, 106.0), (9212, 106.25),
             (9213, 106.5), (9214, 107.0), (9215, 107.25), (9216, 107.5), (9217, 108.25), (9218, 108.5)) AS zone (code, meridian)
ON CONFLICT (srid) DO NOTHING;
