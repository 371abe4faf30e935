-- +goose Up
CREATE TABLE observed_property (
    code      text PRIMARY KEY,
    name_vi   text NOT NULL,
    name_en   text NOT NULL,
    unit      text NOT NULL,                   -- UCUM
    symbol    text NOT NULL,                   -- the unit as people write it
    decimals  smallint NOT NULL DEFAULT 1,
    valid_min double precision,                -- beyond these a sensor cannot measure
    valid_max double precision
);

CREATE TABLE device_type (
    code       text PRIMARY KEY,
    name_vi    text NOT NULL,
    name_en    text NOT NULL,
    sector     text NOT NULL,
    decoder    text NOT NULL DEFAULT 'haidang-json',
    interval_s integer NOT NULL DEFAULT 300    -- how often it should report
);

CREATE TABLE thing (
    id         text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9_-]{1,64}$'),
    type       text NOT NULL REFERENCES device_type,
    name       text NOT NULL,
    agency     text NOT NULL REFERENCES agency,
    location   geometry(Point, 4326) NOT NULL,
    simulated  boolean NOT NULL DEFAULT false,
    history    boolean NOT NULL DEFAULT false, -- replayed as recorded: exempt from retention
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX thing_location ON thing USING gist (location);

-- Secrets are 256 random bits, so a plain SHA-256 is enough and a thousand devices can sign in at once.
CREATE TABLE device_credential (
    thing       text PRIMARY KEY REFERENCES thing ON DELETE CASCADE,
    secret_hash bytea NOT NULL,
    disabled    boolean NOT NULL DEFAULT false,
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE datastream (
    id       integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    thing    text NOT NULL REFERENCES thing ON DELETE CASCADE,
    property text NOT NULL REFERENCES observed_property,
    UNIQUE (thing, property)
);

-- Partitions are made by ingest, one a month, before the first row that needs it.
CREATE TABLE observation (
    datastream      integer NOT NULL,
    phenomenon_time timestamptz NOT NULL,
    received_at     timestamptz NOT NULL,
    result          double precision NOT NULL,
    PRIMARY KEY (datastream, phenomenon_time)
) PARTITION BY RANGE (phenomenon_time);

CREATE TABLE observation_latest (
    datastream      integer PRIMARY KEY REFERENCES datastream ON DELETE CASCADE,
    phenomenon_time timestamptz NOT NULL,
    received_at     timestamptz NOT NULL,
    result          double precision NOT NULL
) WITH (fillfactor = 50);

-- The same instant with another value: both are kept, neither silently wins.
CREATE TABLE observation_conflict (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    datastream      integer NOT NULL,
    phenomenon_time timestamptz NOT NULL,
    received_at     timestamptz NOT NULL,
    result          double precision NOT NULL
);
CREATE INDEX observation_conflict_key ON observation_conflict (datastream, phenomenon_time);

CREATE TABLE observation_flag (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    datastream      integer NOT NULL,
    phenomenon_time timestamptz NOT NULL,
    flag            text NOT NULL,             -- out_of_range, suspect, …
    set             boolean NOT NULL DEFAULT true, -- false takes an earlier flag back
    flagged_at      timestamptz NOT NULL DEFAULT now(),
    flagged_by      text NOT NULL,             -- a model's or a person's name
    reason          text NOT NULL DEFAULT ''
);
CREATE INDEX observation_flag_key ON observation_flag (datastream, phenomenon_time);
CREATE TRIGGER observation_flag_append_only BEFORE UPDATE OR DELETE ON observation_flag
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

CREATE TABLE thing_status (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    thing  text NOT NULL,
    at     timestamptz NOT NULL,
    online boolean NOT NULL,
    detail text NOT NULL DEFAULT ''
);
CREATE INDEX thing_status_thing ON thing_status (thing, at DESC, id DESC);
CREATE TRIGGER thing_status_append_only BEFORE UPDATE OR DELETE ON thing_status
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

CREATE TABLE thing_attribute (
    thing      text NOT NULL REFERENCES thing ON DELETE CASCADE,
    name       text NOT NULL,
    value      jsonb NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (thing, name)
);

CREATE TABLE dead_letter (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now(),
    topic       text NOT NULL,
    thing       text NOT NULL DEFAULT '',
    reason      text NOT NULL,                 -- a stable code: bad_json, unknown_thing, unknown_property, bad_time, future, …
    detail      text NOT NULL DEFAULT '',
    decoder     text NOT NULL DEFAULT '',
    payload     bytea NOT NULL
);
CREATE INDEX dead_letter_received ON dead_letter (received_at DESC);

-- received = stored + duplicate + conflict + dead, per device; readings, not messages.
CREATE TABLE device_account (
    thing         text PRIMARY KEY,
    messages      bigint NOT NULL DEFAULT 0,
    stored        bigint NOT NULL DEFAULT 0,
    duplicate     bigint NOT NULL DEFAULT 0,
    conflict      bigint NOT NULL DEFAULT 0,
    dead          bigint NOT NULL DEFAULT 0,
    last_received timestamptz
) WITH (fillfactor = 50);

-- Attempts to do on the broker what one has no right to. Counted per device, kind and topic.
CREATE TABLE mqtt_refusal (
    thing    text NOT NULL,
    kind     text NOT NULL,                    -- publish, subscribe, sign_in, name
    topic    text NOT NULL,
    attempts bigint NOT NULL DEFAULT 1,
    first_at timestamptz NOT NULL DEFAULT now(),
    last_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (thing, kind, topic)
);
