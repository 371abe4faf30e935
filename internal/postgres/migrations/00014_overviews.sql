-- +goose Up
-- What tiles show at the zooms where a layer has too many rows to cut them live. All
-- of it is made from the layers and can be made again.
CREATE TABLE overview_state (
    layer         text PRIMARY KEY REFERENCES layer ON UPDATE CASCADE ON DELETE CASCADE,
    method        text NOT NULL CHECK (method IN ('surfaces', 'points', 'lines', 'live')),
    class_column  text NOT NULL,                  -- what its tiles keep apart
    min_zoom      smallint NOT NULL,              -- first zoom that has overviews
    live_from     smallint NOT NULL,              -- first zoom cut from the layer's own rows; 0: all are
    built_version bigint,                         -- the layer's version that the overviews show; NULL: never complete so far
    steps         integer NOT NULL DEFAULT 0,     -- of a build from the beginning
    steps_done    integer NOT NULL DEFAULT 0,
    started_at    timestamptz NOT NULL DEFAULT now(),
    finished_at   timestamptz
);

-- Numbers for the classes; 255 stands for all beyond the 254th.
CREATE TABLE overview_class (
    layer text NOT NULL REFERENCES layer ON UPDATE CASCADE ON DELETE CASCADE,
    id    smallint NOT NULL CHECK (id BETWEEN 1 AND 255),
    class text NOT NULL,
    PRIMARY KEY (layer, class)
);

-- The pyramid: from four tiles of a zoom comes one of the zoom above.
CREATE TABLE overview_unit (
    layer text NOT NULL REFERENCES layer ON UPDATE CASCADE ON DELETE CASCADE,
    z     smallint NOT NULL,
    x     integer NOT NULL,
    y     integer NOT NULL,
    data  bytea NOT NULL,
    PRIMARY KEY (layer, z, x, y)
);
ALTER TABLE overview_unit ALTER data SET STORAGE EXTERNAL; -- packed already

-- The tiles themselves, encoded.
CREATE TABLE overview_tile (
    layer text NOT NULL REFERENCES layer ON UPDATE CASCADE ON DELETE CASCADE,
    z     smallint NOT NULL,
    x     integer NOT NULL,
    y     integer NOT NULL,
    mvt   bytea NOT NULL,
    level smallint NOT NULL,                      -- of detail: 0 is the finest
    PRIMARY KEY (layer, z, x, y)
);
ALTER TABLE overview_tile ALTER mvt SET STORAGE EXTERNAL; -- unpacking would cost more than reading
