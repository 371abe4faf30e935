-- +goose Up
-- When a layer's entry or features last changed; NULL: before this was kept.
ALTER TABLE layer ADD changed_at timestamptz;
UPDATE layer SET changed_at = (SELECT max(at) FROM layer_change WHERE layer = slug AND rows > 0);
ALTER TABLE layer ALTER COLUMN changed_at SET DEFAULT now();

-- +goose StatementBegin
CREATE FUNCTION date_layer_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE layer SET changed_at = NEW.at WHERE slug = NEW.layer;
    RETURN NULL;
END $$;
-- +goose StatementEnd
-- Only rows of features count: what overviews show follows from them. At COMMIT and,
-- by its name, after layer_change_numbered, which takes the layers' locks in their order.
CREATE CONSTRAINT TRIGGER layer_change_then_dated AFTER INSERT ON layer_change DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.rows > 0) EXECUTE FUNCTION date_layer_change();
