-- +goose Up
-- What a tile needs of a shape with very many vertices: the shape cut to the tile's
-- ground, for all tiles of a quadtree until a part is small. A tile reads the part of
-- the nearest tile above it (or of itself), never the whole. Every part reaches a
-- sixteenth of its tile beyond it, farther than what a tile draws beyond its own edge:
-- so no line shows where a part was cut off.
CREATE TABLE layer_part (
    layer       text NOT NULL REFERENCES layer ON UPDATE CASCADE ON DELETE CASCADE,
    fid         bigint NOT NULL,
    z           smallint NOT NULL,
    x           integer NOT NULL,
    y           integer NOT NULL,
    row_version bigint NOT NULL,               -- of the row it was cut from
    geom_3857   geometry(Geometry, 3857) NOT NULL, -- empty: the shape does not reach here
    PRIMARY KEY (layer, fid, z, x, y)
);
ALTER TABLE layer_part ALTER geom_3857 SET STORAGE EXTERNAL; -- coordinates hardly pack, and unpacking costs

-- heavy says from how many vertices on a shape is kept in parts.
CREATE FUNCTION heavy(shape geometry) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ST_NPoints(shape) > 5000 AND ST_Dimension(shape) > 0;

-- part_ground is what a part of tile z, x, y covers.
CREATE FUNCTION part_ground(z integer, x integer, y integer) RETURNS geometry LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ST_TileEnvelope(z, x, y, margin => 1.0 / 16);

-- parts_of cuts a shape in Web Mercator. Parts with five hundred vertices are cut no
-- further, and none below zoom 16; those above zoom 10 are passed through and not kept.
CREATE FUNCTION parts_of(shape geometry) RETURNS TABLE (z integer, x integer, y integer, part geometry) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH RECURSIVE cell (z, x, y, part) AS (
        SELECT 0, 0, 0, shape
        UNION ALL
        SELECT c.z + 1, 2 * c.x + dx, 2 * c.y + dy,
            CASE WHEN c.part @ ground THEN c.part WHEN c.part && ground THEN ST_ClipByBox2D(c.part, ground::box2d) END
        FROM cell c, (VALUES (0, 0), (1, 0), (0, 1), (1, 1)) AS quarter (dx, dy), part_ground(c.z + 1, 2 * c.x + dx, 2 * c.y + dy) ground
        WHERE c.z < 16 AND ST_NPoints(c.part) > 500
    )
    SELECT z, x, y, coalesce(part, 'SRID=3857;POLYGON EMPTY') FROM cell WHERE z >= 10 OR z > 0 AND (part IS NULL OR ST_NPoints(part) <= 500)
$$;

-- keep_parts cuts the heavy ones among these rows anew, in the transaction that changes
-- them: there is no moment at which rows and parts differ.
-- +goose StatementBegin
CREATE FUNCTION keep_parts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM layer_part WHERE layer = TG_ARGV[0];
        RETURN NULL;
    END IF;
    IF TG_OP IN ('UPDATE', 'DELETE') THEN
        DELETE FROM layer_part p USING before_rows b WHERE p.layer = TG_ARGV[0] AND p.fid = b.fid;
    END IF;
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        INSERT INTO layer_part SELECT TG_ARGV[0], r.fid, p.z, p.x, p.y, r.row_version, p.part
        FROM after_rows r, parts_of(r.geom_3857) p WHERE heavy(r.geom_3857)
        ON CONFLICT (layer, fid, z, x, y) DO UPDATE SET row_version = excluded.row_version, geom_3857 = excluded.geom_3857; -- mend_parts came between
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- mend_parts makes right what went past the triggers (a restore without them, this table
-- emptied), and returns how many rows of the layer were cut. Until then tiles read those
-- rows whole: a part counts only for the version of the row that it was cut from.
-- +goose StatementBegin
CREATE FUNCTION mend_parts(slug text, t regclass) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    n integer;
BEGIN
    EXECUTE format('DELETE FROM layer_part p WHERE layer = $1 AND NOT EXISTS (SELECT FROM %s r WHERE r.fid = p.fid AND r.row_version = p.row_version)', t) USING slug;
    EXECUTE format('WITH lacking AS MATERIALIZED (SELECT fid, row_version, geom_3857 FROM %s r WHERE pg_column_size(geom_3857) > 16000 AND heavy(geom_3857)
            AND NOT EXISTS (SELECT FROM layer_part p WHERE p.layer = $1 AND p.fid = r.fid)),
        cut AS (INSERT INTO layer_part SELECT $1, r.fid, p.z, p.x, p.y, r.row_version, p.part FROM lacking r, parts_of(r.geom_3857) p ON CONFLICT DO NOTHING)
        SELECT count(*) FROM lacking', t) INTO n USING slug;
    RETURN n;
END $$;
-- +goose StatementEnd

-- watch_parts gives a layer's table the triggers, and cuts what is there.
-- +goose StatementBegin
CREATE FUNCTION watch_parts(slug text, t regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER layer_parts_inserted AFTER INSERT ON %s REFERENCING NEW TABLE AS after_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_parts(%L)', t, slug);
    EXECUTE format('CREATE TRIGGER layer_parts_updated AFTER UPDATE ON %s REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_parts(%L)', t, slug);
    EXECUTE format('CREATE TRIGGER layer_parts_deleted AFTER DELETE ON %s REFERENCING OLD TABLE AS before_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_parts(%L)', t, slug);
    EXECUTE format('CREATE TRIGGER layer_parts_truncated AFTER TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION keep_parts(%L)', t, slug);
    PERFORM mend_parts(slug, t);
END $$;
-- +goose StatementEnd

SELECT watch_parts(slug, table_name::regclass) FROM layer l
WHERE EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass(quote_ident(l.table_name)) AND tgname = 'layer_updated');
