-- +goose Up
-- The pyramid of tiles that a raster layer shows: the folder <layer>/<version> among
-- the rasters in the data folder. The row's commit is when the pyramid is served.
CREATE TABLE raster (
    layer       text PRIMARY KEY REFERENCES layer ON DELETE CASCADE,
    version     text NOT NULL CHECK (version ~ '^[0-9a-z-]{8,40}$'),
    file        text NOT NULL,                  -- name of what came in
    sha256      bytea NOT NULL,                 -- of what came in
    width       integer NOT NULL,               -- of what came in, pixels
    height      integer NOT NULL,
    crs         text NOT NULL,                  -- of what came in, as EPSG:9209
    resolution  double precision NOT NULL,      -- metres on the ground a pixel
    taken_on    date,                           -- day of the flight or the survey
    source      text NOT NULL DEFAULT '',
    bounds      double precision[] NOT NULL CHECK (cardinality(bounds) = 4), -- west, south, east, north in degrees
    min_zoom    smallint NOT NULL,
    max_zoom    smallint NOT NULL,
    tiles       integer NOT NULL,
    bytes       bigint NOT NULL,
    format      text NOT NULL CHECK (format IN ('png', 'jpg')),
    imported_at timestamptz NOT NULL DEFAULT now(),
    imported_by text NOT NULL
);
