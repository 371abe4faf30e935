-- +goose Up
-- How long readings are kept. A policy holds from a month on and never changes what
-- holds for months that have begun: a reading's keep_months then depends on its
-- property and time alone, and the same reading always meets itself again.
CREATE TABLE retention_policy (
    property    text NOT NULL REFERENCES observed_property,
    from_month  date NOT NULL,                 -- the first of a month, UTC; -infinity: since ever
    keep_months smallint NOT NULL CHECK (keep_months BETWEEN 0 AND 1200), -- 0: for ever
    set_by      text NOT NULL DEFAULT '',      -- empty: the program's own choice
    set_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (property, from_month)
);
INSERT INTO retention_policy (property, from_month, keep_months)
SELECT code, '-infinity', CASE
    WHEN code IN ('water_level', 'salinity', 'rain') THEN 60
    WHEN code IN ('pump_power', 'pump_running', 'lamp_power', 'battery') THEN 12
    WHEN code IN ('traffic_flow', 'speed') THEN 24
    ELSE 36 END
FROM observed_property;

ALTER TABLE observation RENAME TO observation_before;

-- By how long they are kept, then by month: retention drops partitions and deletes
-- nothing. Within a partition keep_months is one value, so its primary key
-- (datastream, phenomenon_time) is unique over all.
CREATE TABLE observation (
    datastream      integer NOT NULL,
    keep_months     smallint NOT NULL,         -- 0: for ever
    phenomenon_time timestamptz NOT NULL,
    received_at     timestamptz NOT NULL,
    result          double precision NOT NULL
) PARTITION BY LIST (keep_months);

-- Makes the partition for the month (UTC) of a day unless it is there. Finished
-- tables are attached, which readers do not feel; CREATE … PARTITION OF would lock
-- them out.
-- +goose StatementBegin
CREATE FUNCTION make_observation_partition(keep smallint, day date) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    class text := 'observation_k' || keep;
    month date := date_trunc('month', day);
    leaf  text := class || to_char(month, '"_y"FMYYYY"m"MM');
BEGIN
    IF to_regclass(leaf) IS NOT NULL THEN
        RETURN leaf;
    END IF;
    LOCK TABLE ONLY observation IN SHARE UPDATE EXCLUSIVE MODE; -- one at a time; this also tells us of those made meanwhile
    IF to_regclass(class) IS NULL THEN
        EXECUTE format('CREATE TABLE %I (LIKE observation INCLUDING ALL) PARTITION BY RANGE (phenomenon_time)', class);
        EXECUTE format('ALTER TABLE observation ATTACH PARTITION %I FOR VALUES IN (%s)', class, keep);
    END IF;
    IF to_regclass(leaf) IS NULL THEN
        EXECUTE format('CREATE TABLE %I (LIKE observation INCLUDING ALL, PRIMARY KEY (datastream, phenomenon_time))', leaf);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', class, leaf,
            month::timestamp AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
    END IF;
    RETURN leaf;
END $$;
-- +goose StatementEnd

-- What was stored so far moves over, a month at a time, with the table's triggers.
-- +goose StatementBegin
DO $$
DECLARE
    old     regclass;
    keep    smallint;
    month   date;
    trigger text;
BEGIN
    CREATE TEMPORARY TABLE keep_of ON COMMIT DROP AS
        SELECT d.id AS datastream, CASE WHEN t.history THEN 0 ELSE p.keep_months END::smallint AS keep
        FROM datastream d JOIN thing t ON t.id = d.thing JOIN retention_policy p USING (property);
    FOR old IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'observation_before'::regclass ORDER BY inhrelid::regclass::text LOOP
        FOR keep, month IN EXECUTE format('SELECT DISTINCT coalesce(k.keep, 24), date_trunc(''month'', o.phenomenon_time AT TIME ZONE ''UTC'')::date
                FROM %s o LEFT JOIN keep_of k USING (datastream)', old) LOOP
            PERFORM make_observation_partition(keep, month);
        END LOOP;
        EXECUTE format('INSERT INTO observation (datastream, keep_months, phenomenon_time, received_at, result)
            SELECT o.datastream, coalesce(k.keep, 24), o.phenomenon_time, o.received_at, o.result
            FROM %s o LEFT JOIN keep_of k USING (datastream) ORDER BY 1, 3', old);
    END LOOP;
    FOR trigger IN SELECT replace(pg_get_triggerdef(oid), 'observation_before', 'observation') FROM pg_trigger
            WHERE tgrelid = 'observation_before'::regclass AND NOT tgisinternal LOOP
        EXECUTE trigger;
    END LOOP;
END $$;
-- +goose StatementEnd
DROP TABLE observation_before;

-- Append-only still; only the functions below lift it, for as long as they run.
DROP TRIGGER observation_flag_append_only ON observation_flag;
CREATE TRIGGER observation_flag_append_only BEFORE UPDATE OR DELETE ON observation_flag FOR EACH STATEMENT
    WHEN (current_setting('haidang.retention', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION forbid_change();
DROP TRIGGER observation_conflict_immutable ON observation_conflict;
CREATE TRIGGER observation_conflict_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON observation_conflict FOR EACH STATEMENT
    WHEN (current_setting('haidang.retention', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION forbid_change();
DROP TRIGGER thing_status_append_only ON thing_status;
CREATE TRIGGER thing_status_append_only BEFORE UPDATE OR DELETE ON thing_status FOR EACH STATEMENT
    WHEN (current_setting('haidang.retention', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION forbid_change();

-- Forgets what was said about readings of [since, until): they go with their partition.
-- +goose StatementBegin
CREATE FUNCTION forget_words_on(streams integer[], since timestamptz, until timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    flags bigint;
    losers bigint;
BEGIN
    PERFORM set_config('haidang.retention', 'on', true);
    DELETE FROM observation_flag WHERE datastream = ANY (streams) AND phenomenon_time >= since AND phenomenon_time < until;
    GET DIAGNOSTICS flags = ROW_COUNT;
    DELETE FROM observation_conflict WHERE datastream = ANY (streams) AND phenomenon_time >= since AND phenomenon_time < until;
    GET DIAGNOSTICS losers = ROW_COUNT;
    PERFORM set_config('haidang.retention', 'off', true);
    RETURN flags + losers;
END $$;
-- +goose StatementEnd

-- Forgets words about being there that are older, at most so many, but never a thing's last.
-- +goose StatementBegin
CREATE FUNCTION forget_statuses(before timestamptz, most integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    gone bigint;
BEGIN
    PERFORM set_config('haidang.retention', 'on', true);
    DELETE FROM thing_status WHERE id IN (SELECT id FROM thing_status s WHERE at < before AND EXISTS
        (SELECT FROM thing_status later WHERE later.thing = s.thing AND (later.at, later.id) > (s.at, s.id)) ORDER BY id LIMIT most);
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM set_config('haidang.retention', 'off', true);
    RETURN gone;
END $$;
-- +goose StatementEnd

-- What retention has let go.
CREATE TABLE retention_event (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at     timestamptz NOT NULL DEFAULT now(),
    what   text NOT NULL,                      -- a partition's or a table's name
    rows   bigint NOT NULL,                    -- of a partition: estimated
    reason text NOT NULL
);

-- Bytes, for the forecast. NULL: cannot be known from here.
CREATE TABLE disk_sample (
    at            timestamptz PRIMARY KEY,
    database      bigint NOT NULL,
    broker        bigint,
    total         bigint,                      -- of the data folder's disk
    free          bigint,
    reserve       bigint NOT NULL,             -- what shall stay free
    database_free bigint                       -- of the database's disk; the same one by default
);
