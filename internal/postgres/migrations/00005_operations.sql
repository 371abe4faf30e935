-- +goose Up
CREATE TABLE alarm (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cause      text NOT NULL,
    priority   smallint NOT NULL CHECK (priority BETWEEN 1 AND 4),
    state      text NOT NULL CHECK (state IN ('normal', 'unacked', 'acked', 'rtn_unack')),
    title_vi   text NOT NULL,
    title_en   text NOT NULL,
    detail     jsonb NOT NULL DEFAULT '{}',
    thing      text NOT NULL DEFAULT '',
    datastream integer NOT NULL DEFAULT 0,
    agency     text NOT NULL DEFAULT '',
    sector     text NOT NULL DEFAULT '',
    unit       text NOT NULL DEFAULT '',       -- code of the administrative unit of that day
    location   geometry(Point, 4326),
    simulated  boolean NOT NULL DEFAULT false,
    raised_at  timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    acked_by   text NOT NULL DEFAULT '',
    ack_note   text NOT NULL DEFAULT '',
    acked_at   timestamptz
);
-- One standing alarm per cause, whatever the rule code does.
CREATE UNIQUE INDEX alarm_one_per_cause ON alarm (cause) WHERE state <> 'normal';
CREATE INDEX alarm_changed ON alarm (changed_at DESC);

CREATE TABLE alarm_event (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alarm       bigint NOT NULL REFERENCES alarm,
    at          timestamptz NOT NULL,          -- when it was so
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(), -- when we knew
    kind        text NOT NULL CHECK (kind IN ('raise', 'raise_again', 'escalate', 'acknowledge', 'clear')),
    state       text NOT NULL,                 -- after
    priority    smallint NOT NULL,             -- after
    actor       text NOT NULL,
    note        text NOT NULL DEFAULT ''
);
CREATE INDEX alarm_event_alarm ON alarm_event (alarm, id);
CREATE TRIGGER alarm_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON alarm_event
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

CREATE TABLE service_category (
    code     text PRIMARY KEY,
    position smallint NOT NULL,
    name_vi  text NOT NULL,
    name_en  text NOT NULL,
    name_km  text NOT NULL,
    icon     text NOT NULL,
    agency   text NOT NULL REFERENCES agency
);

CREATE TABLE service_request (
    code         text PRIMARY KEY,
    number       bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    category     text NOT NULL REFERENCES service_category,
    description  text NOT NULL,
    language     text NOT NULL,
    location     geometry(Point, 4326) NOT NULL,
    exact        boolean NOT NULL,
    unit         text NOT NULL DEFAULT '',     -- code of the unit of that day
    unit_name    text NOT NULL DEFAULT '',
    photo        text NOT NULL DEFAULT '',     -- SHA-256 hex of the stored JPEG
    channel      text NOT NULL,
    channel_id   text NOT NULL,                -- the report's name in that channel; a second delivery has the same
    status       text NOT NULL CHECK (status IN ('received', 'in_progress', 'closed')),
    agency       text NOT NULL,
    simulated    boolean NOT NULL DEFAULT false,
    submitted_at timestamptz NOT NULL,
    stored_at    timestamptz NOT NULL DEFAULT now(),
    changed_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (channel, channel_id)
);
CREATE INDEX service_request_photo ON service_request (photo) WHERE photo <> '';
CREATE INDEX service_request_changed ON service_request (changed_at DESC);
CREATE INDEX service_request_location ON service_request USING gist (location);

CREATE TABLE service_request_event (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request text NOT NULL REFERENCES service_request,
    at      timestamptz NOT NULL DEFAULT now(),
    status  text NOT NULL,                     -- after
    actor   text NOT NULL,
    note    text NOT NULL DEFAULT ''           -- shown to the citizen
);
CREATE INDEX service_request_event_request ON service_request_event (request, id);
CREATE TRIGGER service_request_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON service_request_event
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

-- A report on its way through the broker: its code answers "not filed yet", and its
-- photo is kept. The row goes when the report is filed.
CREATE TABLE service_submission (
    code         text PRIMARY KEY,
    photo        text NOT NULL DEFAULT '',
    submitted_at timestamptz NOT NULL,
    published    boolean NOT NULL DEFAULT false -- the broker has acknowledged it
);
