-- +goose Up
-- What a sensor of this property does when it works. NULL: there is no such limit.
ALTER TABLE observed_property
    ADD COLUMN stuck_after_s integer,          -- the very same value for longer than this is no measurement
    ADD COLUMN jump_step     double precision, -- between two readings a value may move by this
    ADD COLUMN jump_per_hour double precision; -- … and by this for each hour between them

-- What quality remembers of a datastream, so that a restart does not forget it.
-- NULL, as in rows of before: known from this reading on.
ALTER TABLE observation_latest
    ADD COLUMN unchanged_since timestamptz,    -- since when every reading has had this value
    ADD COLUMN steady_time     timestamptz,    -- the last reading that was no jump
    ADD COLUMN steady_result   double precision;

-- A deleted reading is a tombstone: the flag "deleted", which can be taken back.
CREATE INDEX observation_flag_deleted ON observation_flag (datastream, phenomenon_time, id DESC) INCLUDE (set) WHERE flag = 'deleted';
CREATE VIEW observation_deleted AS
    SELECT datastream, phenomenon_time FROM (
        SELECT DISTINCT ON (datastream, phenomenon_time) datastream, phenomenon_time, set
        FROM observation_flag WHERE flag = 'deleted' ORDER BY datastream, phenomenon_time, id DESC) last
    WHERE set;

-- A result never changes. By row, so that it holds for each partition too, and a
-- partition can still be dropped.
CREATE TRIGGER observation_immutable BEFORE UPDATE OR DELETE ON observation
    FOR EACH ROW EXECUTE FUNCTION forbid_change();
CREATE TRIGGER observation_conflict_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON observation_conflict
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
