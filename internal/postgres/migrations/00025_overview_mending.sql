-- +goose Up
-- Set while what edits touched is made anew. Found set, the work was cut short: what was
-- stored already looks finished, though what lies above it may not be.
ALTER TABLE overview_state ADD mending boolean NOT NULL DEFAULT false;
