-- At least one row in every table, for the test that dumps and restores.
INSERT INTO agency (code, name_vi, name_en) VALUES ('sonnptnt', 'Sở Nông nghiệp', 'Department of Agriculture');
INSERT INTO account (name, full_name, password_hash) VALUES ('ba.truong', 'Trương Thị Bá', '$argon2id$…');
INSERT INTO account_grant (account, role) VALUES ('ba.truong', 'admin');
INSERT INTO session (token_hash, account, expires_at) VALUES ('\x01', 'ba.truong', now());
INSERT INTO setup_token (token_hash, expires_at) VALUES ('\x02', now());
INSERT INTO audit_log (seq, at, actor, action, object, prev, hash) VALUES (1, now(), 'ba.truong', 'session.open', '', '\x', '\x03');

INSERT INTO administrative_unit (code, level, name_vi, name_km, source, geom)
VALUES ('31507', 3, 'Phường Phú Lợi', 'ភូឡើយ', 'test', ST_Multi(ST_MakeEnvelope(105.9, 9.5, 106.0, 9.7, 4326)));
INSERT INTO unit_validity (unit_id, period, recorded_by, reason) SELECT id, '[2025-07-01,)', 'test', 'test' FROM administrative_unit;
INSERT INTO layer (slug, title_vi, title_en, sector, owner_agency, table_name, storage_srid, geometry_type)
VALUES ('irrigation', 'Thuỷ lợi', 'Irrigation', 'sluice', 'sonnptnt', 'layer_irrigation', 959209, 'Geometry'),
       ('parcel', 'Thửa đất', 'Parcels', 'base', 'sonnptnt', 'layer_parcel', 959209, 'Polygon');
INSERT INTO layer_right VALUES ('irrigation', 'see', 'staff');
INSERT INTO code_list VALUES ('land_use', 'Loại đất', 'Land use');
INSERT INTO code_list_version (list, version, valid_from, source, recorded_by) VALUES ('land_use', 1, '2025-01-01', 'test', 'test');
INSERT INTO code_list_item VALUES ('land_use', 1, 'LUC', 1, 'Đất chuyên trồng lúa nước', 'Paddy', '#fffc8c');
INSERT INTO layer_irrigation (code, name, kind, geom)
VALUES ('K1', 'Kênh Xáng', 'canal', ST_GeomFromText('LINESTRING(546000 1060000, 547000 1061000)', 959209));
INSERT INTO layer_parcel (sheet, number, land_use, area_m2, geom)
VALUES (1, 1, 'LUC', 100, ST_MakeEnvelope(546000, 1060000, 546010, 1060010, 959209));
INSERT INTO overview_state (layer, method, class_column, min_zoom, live_from, built_version) VALUES ('parcel', 'surfaces', 'land_use', 6, 14, 1);
INSERT INTO overview_class VALUES ('parcel', 1, 'LUC');
INSERT INTO overview_unit VALUES ('parcel', 14, 13000, 7700, '\x01');
INSERT INTO overview_tile VALUES ('parcel', 13, 6500, 3850, '\x01', 0);
INSERT INTO base_unit (fid, band, period, level, code, name, approximate, geom_3857)
SELECT id, 0, '[2025-07-01,)', level, code, name_vi, approximate, geom_3857 FROM administrative_unit;
INSERT INTO base_unit_label (fid, period, code, name, name_km, kind, geom_3857)
SELECT id, '[2025-07-01,)', code, 'Phú Lợi', name_km, 'ward', ST_Transform(label, 3857) FROM administrative_unit;
INSERT INTO base_land (band, period, kind, approximate, geom_3857) SELECT 0, '[2025-07-01,)', 'inside', true, geom_3857 FROM administrative_unit;
INSERT INTO base_water (name, kind, grade, approximate, geom)
VALUES ('Sông Hậu', 'river', 1, true, ST_MakeLine(ST_Point(105.9, 9.6, 4326), ST_Point(106.2, 9.5, 4326)));

INSERT INTO observed_property (code, name_vi, name_en, unit, symbol) VALUES ('salinity', 'Độ mặn', 'Salinity', 'g/L', 'g/L');
INSERT INTO device_type (code, name_vi, name_en, sector) VALUES ('salinity_station', 'Trạm đo mặn', 'Salinity station', 'salinity');
INSERT INTO property_alias (device_type, alias, property) VALUES ('salinity_station', 'sal', 'salinity');
INSERT INTO thing (id, type, name, agency, location) VALUES ('man-dai-ngai', 'salinity_station', 'Đại Ngãi', 'sonnptnt', ST_Point(106.07, 9.73, 4326));
INSERT INTO device_credential (thing, secret_hash) VALUES ('man-dai-ngai', '\x04');
INSERT INTO datastream (thing, property) VALUES ('man-dai-ngai', 'salinity');
INSERT INTO retention_policy SELECT code, '-infinity', 60 FROM observed_property;
INSERT INTO retention_event (what, rows, reason) VALUES ('observation_k60_y2019m03', 289, 'older than 60 months');
INSERT INTO disk_sample (at, database, reserve) VALUES (now(), 1, 1);
SELECT make_observation_partition(60::smallint, '2026-03-01');
INSERT INTO observation SELECT id, 60, t, t, 3.42 FROM datastream, generate_series('2026-03-02Z'::timestamptz, '2026-03-03Z', '5 min') t;
INSERT INTO observation_latest SELECT id, '2026-03-03Z', '2026-03-03Z', 3.42 FROM datastream;
INSERT INTO observation_conflict (datastream, phenomenon_time, received_at, result) SELECT id, '2026-03-03Z', now(), 9.9 FROM datastream;
INSERT INTO observation_flag (datastream, phenomenon_time, flag, flagged_by) SELECT id, '2026-03-03Z', 'suspect', 'test' FROM datastream;
INSERT INTO thing_status (thing, at, online) VALUES ('man-dai-ngai', now(), true);
INSERT INTO thing_attribute (thing, name, value, updated_at) VALUES ('man-dai-ngai', 'firmware', '"1.2"', now());
INSERT INTO dead_letter (topic, reason, payload) VALUES ('v1/things/man-dai-ngai/telemetry', 'bad_json', '\x7b');
INSERT INTO device_account (thing, messages) VALUES ('man-dai-ngai', 1);
INSERT INTO ingest_store (id, base, sequence) VALUES ('store-1', 0, 12);
INSERT INTO ingest_lane (store, partition, accounted) VALUES ('store-1', 0, 12);
INSERT INTO ingest_tail (store, partition, batch, hashes) VALUES ('store-1', 0, 1, '\x0102030405060708');
INSERT INTO message_key (thing, key) VALUES ('man-dai-ngai', '\x05');
INSERT INTO account_snapshot VALUES (now(), 12, 0, 12, 0, 0, 12, 10, 1, 1, 0, 0);
INSERT INTO account_snapshot_device VALUES ('man-dai-ngai', now(), 12, 10, 1, 1, 0, 0);
INSERT INTO mqtt_refusal (thing, kind, topic) VALUES ('man-dai-ngai', 'publish', '$MQTT/msgs/x');

INSERT INTO alarm (cause, priority, state, title_vi, title_en, location, raised_at, changed_at)
VALUES ('test/1', 2, 'unacked', 'Mặn cao', 'High salinity', ST_Point(106.07, 9.73, 4326), now(), now());
INSERT INTO alarm_event (alarm, at, kind, state, priority, actor) SELECT id, now(), 'raise', state, priority, 'test' FROM alarm;
INSERT INTO service_category (code, position, name_vi, name_en, name_km, icon, agency) VALUES ('road', 1, 'Đường', 'Road', 'ផ្លូវ', 'road', 'sonnptnt');
INSERT INTO service_request (code, category, description, language, location, exact, channel, channel_id, status, agency, submitted_at)
VALUES ('ABCD', 'road', 'Ổ gà', 'vi', ST_Point(105.97, 9.6, 4326), true, 'web', 'ABCD', 'received', 'sonnptnt', now());
INSERT INTO service_request_event (request, status, actor) VALUES ('ABCD', 'received', 'public');
INSERT INTO service_submission (code, submitted_at) VALUES ('EFGH', now());

INSERT INTO job (id, kind, subject, by_account) VALUES (1, 'import.check', 'import/1', 'admin');
INSERT INTO layer_export (layer, by_account, request, expires_at) VALUES ('irrigation', 'ba.truong', '{"format": "gpkg"}', now());
INSERT INTO layer_import (by_account, file_name, file_size, expires_at) VALUES ('admin', 'thua.gpkg', 10, now());
INSERT INTO layer_import_remark (import, feature, kind, text_vi, text_en) SELECT id, 1, 'refused', 'x', 'x' FROM layer_import;
INSERT INTO layer_provenance (layer, by_account, file_name, file_size, sha256, source_layer, crs, swapped, encoding, features, added, changed, deleted, same, refused, mended, options)
    VALUES ('parcel', 'admin', 'thua.gpkg', 10, '\x00', 'thua', 'EPSG:9209', false, 'utf-8', 1, 1, 0, 0, 0, 0, 0, '{}');
INSERT INTO layer (slug, kind, title_vi, title_en, sector, owner_agency, table_name, storage_srid, geometry_type)
VALUES ('old_plan', 'raster', 'Bản đồ giấy', 'Scanned plan', 'base', 'sonnptnt', 'layer_old_plan', 3857, '');
INSERT INTO raster (layer, version, file, sha256, width, height, crs, resolution, bounds, min_zoom, max_zoom, tiles, bytes, format, imported_by)
VALUES ('old_plan', '20260101t000000-a', 'plan.tif', '\x06', 400, 400, 'EPSG:9209', 0.25, '{105.9,9.5,106,9.6}', 12, 20, 18, 4715, 'png', 'test');
INSERT INTO open_reader (role, password) VALUES ('haidang_open_abc', 'abcdefghijklmnopqrstuvwxyz');
INSERT INTO layer_part VALUES ('parcel', 1, 14, 13000, 7700, 1, 'SRID=3857;POLYGON EMPTY');
INSERT INTO changeset (layer, title, source, author) VALUES ('parcel', 'Sửa ranh', 'page', 'admin');
INSERT INTO changeset_edit (changeset, fid, op, base_version) SELECT id, 1, 'delete', 1 FROM changeset WHERE state = 'draft';
INSERT INTO changeset_note (changeset, by, kind, text) SELECT id, 'admin', 'comment', 'x' FROM changeset WHERE state = 'draft';
INSERT INTO changeset_problem (changeset, n, kind, severity, fid) SELECT id, 1, 'invalid', 'block', 1 FROM changeset WHERE state = 'draft';
INSERT INTO editor_role (role, password) VALUES ('haidang_edit_abc', 'abcdefghijklmnopqrstuvwxyz');
SELECT set_config('haidang.at_' || slug, '', true), set_config('haidang.changeset_' || slug, '', true) FROM layer; -- as in another transaction
UPDATE layer_parcel SET land_use = land_use;
UPDATE layer_irrigation SET geom = geom;
