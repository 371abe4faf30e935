-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION forbid_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
-- +goose StatementEnd

CREATE TABLE agency (
    code    text PRIMARY KEY,
    name_vi text NOT NULL,
    name_en text NOT NULL
);

CREATE TABLE account (
    name          text PRIMARY KEY CHECK (name ~ '^[a-z0-9._-]{2,64}$'),
    full_name     text NOT NULL,
    password_hash text NOT NULL,               -- argon2id, PHC string
    disabled      boolean NOT NULL DEFAULT false,
    demo          boolean NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL DEFAULT now()
);

-- A grant gives a role within an agency and an area; empty means everywhere.
CREATE TABLE account_grant (
    account text NOT NULL REFERENCES account ON DELETE CASCADE,
    role    text NOT NULL CHECK (role IN ('viewer', 'operator', 'editor', 'reviewer', 'leader', 'admin')),
    agency  text NOT NULL DEFAULT '',
    unit    text NOT NULL DEFAULT '',          -- administrative unit code
    PRIMARY KEY (account, role, agency, unit)
);

CREATE TABLE session (
    token_hash   bytea PRIMARY KEY,            -- SHA-256 of the cookie
    account      text NOT NULL REFERENCES account ON DELETE CASCADE,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL
);
CREATE INDEX session_account ON session (account);

-- The one-time link by which the first administrator signs up.
CREATE TABLE setup_token (
    token_hash bytea PRIMARY KEY,
    expires_at timestamptz NOT NULL
);

-- Every act of a person. hash = SHA-256(prev || the row), so a row cannot be changed unseen.
CREATE TABLE audit_log (
    seq    bigint PRIMARY KEY,
    at     timestamptz NOT NULL,
    actor  text NOT NULL,
    action text NOT NULL,
    object text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}',
    origin text NOT NULL DEFAULT '',           -- network address
    prev   bytea NOT NULL,
    hash   bytea NOT NULL
);
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
