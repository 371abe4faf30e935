-- +goose Up
-- What filters (CASEI, ACCENTI) and the search compare by. The bodies are bound when they
-- are made, so an index on them survives a restore, where no search path is set.

-- Case as Unicode folds it, whatever the locale of the database: STRASSE is Straße.
CREATE FUNCTION fold_case(t text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN lower(upper(t COLLATE "und-x-icu") COLLATE "und-x-icu") COLLATE "default";

-- Without marks: đường is duong. Letters that Unicode does not take apart are listed.
CREATE FUNCTION fold_marks(t text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE WHEN octet_length(t) = length(t) THEN t
        ELSE translate(normalize(regexp_replace(normalize(t, NFD), '[\u0300-\u036f]', '', 'g'), NFC), 'đĐøØłŁħĦıŧŦ', 'dDoOlLhHitT') END;

-- Words for the search: without marks, in lower case, parted by single spaces.
CREATE FUNCTION search_words(t text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN btrim(regexp_replace(lower(fold_marks(t) COLLATE "und-x-icu") COLLATE "default", '[^[:alnum:]]+', ' ', 'g'));
