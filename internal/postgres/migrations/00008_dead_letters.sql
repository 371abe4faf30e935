-- +goose Up
-- A dead letter stays open until each of its readings has found its end. What is
-- left of it is what may be counted again, and nothing else.
ALTER TABLE dead_letter
    ADD COLUMN account     text NOT NULL DEFAULT '',   -- the device_account that counts it as dead
    ADD COLUMN readings    integer NOT NULL DEFAULT 1, -- how many it counts there
    ADD COLUMN positions   integer[],                  -- which readings of the message; NULL: the message as a whole
    ADD COLUMN resolved_at timestamptz,
    ADD COLUMN resolved_by text NOT NULL DEFAULT '',
    ADD COLUMN stored      integer NOT NULL DEFAULT 0, -- how its readings ended when it was played again
    ADD COLUMN duplicate   integer NOT NULL DEFAULT 0,
    ADD COLUMN conflict    integer NOT NULL DEFAULT 0;
UPDATE dead_letter SET
    readings = 1 + coalesce(substring(detail FROM '\(and (\d+) more readings\)$')::integer, 0),
    account = CASE WHEN reason = 'unknown_thing' OR thing NOT IN (SELECT id FROM thing) THEN '' ELSE thing END;
CREATE INDEX dead_letter_reason ON dead_letter (reason, id) WHERE resolved_at IS NULL;
CREATE INDEX dead_letter_thing ON dead_letter (thing, id);

-- What devices of a type call a property.
CREATE TABLE property_alias (
    device_type text NOT NULL REFERENCES device_type,
    alias       text NOT NULL,
    property    text NOT NULL REFERENCES observed_property,
    PRIMARY KEY (device_type, alias)
);
