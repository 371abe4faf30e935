-- +goose Up
-- Overviews keep each block's true shares now; those built before do not know theirs.
DELETE FROM overview_state;
