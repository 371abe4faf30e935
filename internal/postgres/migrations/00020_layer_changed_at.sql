-- +goose Up
-- When a layer's entry or features last changed; NULL: before this was kept.
ALTER TABLE layer ADD changed_at timestamptz;
UPDATE layer SET changed_at = (SELECT max(at) FROM layer_change WHERE layer = slug AND rows > 0);
ALTER TABLE layer ALTER COLUMN changed_at SET DEFAULT now();
