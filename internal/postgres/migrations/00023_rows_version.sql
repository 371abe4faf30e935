-- +goose Up
-- The version at which features last changed. The layer's own version also rises when
-- an overview is redrawn or the catalogue is edited, which is no reason to compare a
-- file with the layer anew. Rows of layer_change cannot tell: they are tidied away.
ALTER TABLE layer ADD rows_version bigint NOT NULL DEFAULT 0;
UPDATE layer SET rows_version = version;

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION number_layer_changes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    change record;
    next   bigint;
BEGIN
    -- All rows of this transaction at the first call, by layer, so that two transactions
    -- on the same layers lock them in the same order. Other transactions' rows without a
    -- version are not visible here.
    FOR change IN SELECT id, layer, rows, at FROM layer_change WHERE version IS NULL ORDER BY layer, id LOOP
        UPDATE layer SET version = version + 1, rows_version = CASE WHEN change.rows > 0 THEN version + 1 ELSE rows_version END,
            changed_at = CASE WHEN change.rows > 0 THEN change.at ELSE changed_at END WHERE slug = change.layer RETURNING version INTO next;
        UPDATE layer_change SET version = next WHERE id = change.id;
    END LOOP;
    PERFORM pg_notify('haidang_places', '');
    RETURN NULL;
END $$;
-- +goose StatementEnd
