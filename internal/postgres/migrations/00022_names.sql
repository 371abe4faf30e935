-- +goose Up
-- How a Vietnamese reader expects names in order: d before đ, and thửa 2 before thửa 10.
CREATE COLLATION vi_natural (provider = icu, locale = 'vi-u-kn-true');

-- The borders carry the Khmer names too, so that units are found by them.
ALTER TABLE base_unit ADD name_km text NOT NULL DEFAULT '';
UPDATE base_unit b SET name_km = u.name_km FROM administrative_unit u WHERE u.id = b.fid AND u.name_km <> '';
