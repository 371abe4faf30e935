-- +goose Up
-- What takes longer than a request, as pages show it. The queue itself is River's
-- (river_job and its kin, made by River's own migrations); it forgets a job a day
-- after its end, this table does after ninety.
CREATE TABLE job (
    id         bigint PRIMARY KEY,             -- of river_job
    kind       text NOT NULL,
    subject    text NOT NULL,                  -- what it works on, such as import/12
    by_account text NOT NULL,
    state      text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
    stage      text NOT NULL DEFAULT '',
    done       bigint NOT NULL DEFAULT 0,
    total      bigint NOT NULL DEFAULT 0,      -- 0: not known
    text_vi    text NOT NULL DEFAULT '',       -- why it failed
    text_en    text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX job_subject ON job (subject, id DESC);

-- A file on its way into a layer. The file lies in the data folder, its features in
-- the tables import_<id>_stage and import_<id>_change (unlogged: after a crash of the
-- server they are empty, which is found out by their counts), until it is over.
CREATE TABLE layer_import (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    layer         text NOT NULL DEFAULT '',    -- '' until it is decided; need not exist before it is applied
    agency        text NOT NULL DEFAULT '',    -- of the layer's owner, for who may see this
    by_account    text NOT NULL,
    state         text NOT NULL DEFAULT 'uploading' CHECK (state IN ('uploading', 'uploaded', 'examining', 'examined',
                  'checking', 'checked', 'applying', 'applied', 'failed', 'cancelled', 'expired')),
    file_name     text NOT NULL,
    file_size     bigint NOT NULL CHECK (file_size > 0),
    received      bigint NOT NULL DEFAULT 0 CHECK (received BETWEEN 0 AND file_size),
    sha256        bytea,                       -- once the file is whole
    options       jsonb NOT NULL DEFAULT '{}', -- what people decided
    findings      jsonb NOT NULL DEFAULT '{}', -- what was found in the file
    report        jsonb NOT NULL DEFAULT '{}', -- what checking and comparing gave
    layer_version bigint NOT NULL DEFAULT 0,   -- of the layer when the difference was taken
    job           bigint NOT NULL DEFAULT 0,   -- the job at work on it, 0 for none
    text_vi       text NOT NULL DEFAULT '',    -- why it failed
    text_en       text NOT NULL DEFAULT '',
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL         -- then the file and its tables are removed
);
CREATE INDEX layer_import_account ON layer_import (by_account, id DESC);
CREATE INDEX layer_import_expiry ON layer_import (expires_at) WHERE state NOT IN ('applied', 'cancelled', 'expired');

-- What checking had to say about single features.
CREATE TABLE layer_import_remark (
    import  bigint NOT NULL REFERENCES layer_import ON DELETE CASCADE,
    feature bigint NOT NULL,                   -- 1 is the first in the file
    kind    text NOT NULL CHECK (kind IN ('refused', 'mended')),
    field   text NOT NULL DEFAULT '',          -- the column at fault, '' for the geometry or the whole
    key     text NOT NULL DEFAULT '',          -- what names the feature for people
    text_vi text NOT NULL,
    text_en text NOT NULL
);
CREATE INDEX layer_import_remark_feature ON layer_import_remark (import, kind, feature);

-- Where what a layer holds came from: one row for each import that was applied.
CREATE TABLE layer_provenance (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    layer        text NOT NULL,
    import       bigint NOT NULL DEFAULT 0,    -- 0: by the program's verb
    at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    by_account   text NOT NULL,
    file_name    text NOT NULL,
    file_size    bigint NOT NULL,
    sha256       bytea NOT NULL,
    source_layer text NOT NULL,
    crs          text NOT NULL,                -- as read, such as EPSG:9209
    swapped      boolean NOT NULL,             -- X and Y were
    encoding     text NOT NULL,
    features     bigint NOT NULL,              -- in the file
    added        bigint NOT NULL,
    changed      bigint NOT NULL,
    deleted      bigint NOT NULL,
    same         bigint NOT NULL,
    refused      bigint NOT NULL,
    mended       bigint NOT NULL,
    options      jsonb NOT NULL
);
CREATE INDEX layer_provenance_layer ON layer_provenance (layer, at DESC);
CREATE TRIGGER layer_provenance_append_only BEFORE UPDATE OR DELETE ON layer_provenance
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
