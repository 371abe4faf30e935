-- +goose Up
-- A box is asked for in the layer's own system, tiles in Web Mercator: what was in it at
-- an instant is found by either.
-- +goose StatementBegin
CREATE FUNCTION index_history(t regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE INDEX ON %I USING gist (geom, recorded)', 'history_' || (SELECT relname FROM pg_class WHERE oid = t));
END $$;
-- +goose StatementEnd

SELECT index_history(c.oid::regclass) FROM pg_class c
WHERE EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND tgname = 'layer_recording');
