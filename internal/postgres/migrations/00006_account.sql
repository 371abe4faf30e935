-- +goose Up
-- How many messages a device of the type may send. The bucket holds burst and
-- gains per_minute; 0 a minute: as many as it likes.
ALTER TABLE device_type
    ADD COLUMN per_minute integer NOT NULL DEFAULT 0 CHECK (per_minute >= 0),
    ADD COLUMN burst      integer NOT NULL DEFAULT 0 CHECK (burst >= 0),
    ADD COLUMN limited_by text NOT NULL DEFAULT '';   -- who chose these; empty: the program, which may choose anew

-- A device's own sequence numbers, and the cut for sending too often. They ride
-- in the row that each batch writes anyway.
ALTER TABLE device_account
    ADD COLUMN seq_last    bigint,                     -- NULL: it has not sent one
    ADD COLUMN seq_at      timestamptz,                -- time of the reading that brought it
    ADD COLUMN seq_since   timestamptz,                -- time of the first one of this run
    ADD COLUMN seq_missing bigint NOT NULL DEFAULT 0,  -- numbers never seen, of all runs
    ADD COLUMN seq_resets  bigint NOT NULL DEFAULT 0,  -- the counter began anew
    ADD COLUMN seq_gaps    text NOT NULL DEFAULT '',   -- [{"from":…,"to":…,"at":…}] of this run, the newest 64
    ADD COLUMN cut_until   timestamptz,                -- the broker refuses it until then
    ADD COLUMN cuts        smallint NOT NULL DEFAULT 0; -- in a row: each is twice as long

CREATE INDEX device_account_cut ON device_account (cut_until) WHERE cut_until IS NOT NULL;

-- A broker's message store. received = sequence - base; what was acknowledged
-- before this account began is in base. An external broker has no sequence.
CREATE TABLE ingest_store (
    id        text PRIMARY KEY,
    base      bigint NOT NULL DEFAULT 0,
    sequence  bigint,                                  -- as last seen
    opened_at timestamptz NOT NULL DEFAULT now()       -- the newest is the one in use
);

-- What each lane has committed of a store's messages; written in the batch's transaction.
CREATE TABLE ingest_lane (
    store       text NOT NULL,
    partition   smallint NOT NULL,
    accounted   bigint NOT NULL DEFAULT 0,             -- QoS above 0, each once
    redelivered bigint NOT NULL DEFAULT 0,             -- came again after their COMMIT
    qos0        bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (store, partition)
) WITH (fillfactor = 50);

-- The newest commits of a lane, by which it knows what comes again.
CREATE TABLE ingest_tail (
    store     text NOT NULL,
    partition smallint NOT NULL,
    batch     bigint NOT NULL,
    hashes    bytea NOT NULL,                          -- 8 bytes a message with QoS above 0, in order of arrival
    PRIMARY KEY (store, partition, batch)
);
ALTER TABLE ingest_tail ALTER COLUMN hashes SET STORAGE EXTERNAL; -- hashes do not compress

-- Messages without a time, by sequence or id: kept for a day.
CREATE TABLE message_key (
    thing text NOT NULL,
    key   bytea NOT NULL,
    at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (thing, key)
);
CREATE INDEX message_key_at ON message_key (at);

-- The counters as they once stood, so that one can subtract. Thinned with age.
CREATE TABLE account_snapshot (
    at          timestamptz PRIMARY KEY,
    received    bigint,                                -- NULL: the broker has no sequence
    waiting     bigint NOT NULL,
    accounted   bigint NOT NULL,
    redelivered bigint NOT NULL,
    qos0        bigint NOT NULL,
    messages    bigint NOT NULL,
    stored      bigint NOT NULL,
    duplicate   bigint NOT NULL,
    conflict    bigint NOT NULL,
    dead        bigint NOT NULL,
    refusals    bigint NOT NULL
);
-- A row only where something had changed: the newest up to an instant is the one in force.
CREATE TABLE account_snapshot_device (
    thing     text NOT NULL,
    at        timestamptz NOT NULL,
    messages  bigint NOT NULL,
    stored    bigint NOT NULL,
    duplicate bigint NOT NULL,
    conflict  bigint NOT NULL,
    dead      bigint NOT NULL,
    refusals  bigint NOT NULL,
    PRIMARY KEY (thing, at)
);
CREATE INDEX account_snapshot_device_at ON account_snapshot_device USING brin (at);
