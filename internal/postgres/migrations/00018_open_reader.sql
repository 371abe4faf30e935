-- +goose Up
-- The one database role that reads open layers for WMS and WFS. Its password is no
-- secret of weight: the role may read only what everybody may see.
CREATE TABLE open_reader (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    role     text NOT NULL CHECK (role ~ '^haidang_open_[a-z0-9]+$'),
    password text NOT NULL CHECK (password ~ '^[A-Za-z0-9]{20,}$')
);
