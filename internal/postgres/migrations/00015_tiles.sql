-- +goose Up
-- The outbox begins here: what changed before is one base, so that every process gives
-- the same version to a tile that has not changed since.
UPDATE layer SET base_version = version;
ALTER TABLE layer ALTER COLUMN base_version SET DEFAULT 1; -- a new layer's version
