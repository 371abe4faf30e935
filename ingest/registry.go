package ingest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/internal/postgres"
)

// Registry knows the devices, what they measure and what they said.
type Registry struct{ pool *pgxpool.Pool }

// NewRegistry makes a Registry on a migrated database.
func NewRegistry(pool *pgxpool.Pool) *Registry { return &Registry{pool} }

// Register makes the devices known, all or none. Doing it again changes nothing;
// properties are added, never taken away. A registration that breaks a rule is
// a haidang.ErrInvalid that names the field.
func (r *Registry) Register(ctx context.Context, things []Registration) error {
	batch := &pgx.Batch{}
	for _, t := range things {
		if err := t.check(); err != nil {
			return err
		}
		t.queue(batch)
	}
	err := pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error { return tx.SendBatch(ctx, batch).Close() })
	return explainRegistration(err)
}

func (t Registration) check() error {
	switch {
	case !t.ID.Valid():
		return haidang.RefuseField("id", "Tên thiết bị gồm 1 đến 64 chữ cái không dấu, chữ số, \"_\" hoặc \"-\".",
			"A device's name is 1 to 64 letters, digits, \"_\" or \"-\".")
	case !(math.Abs(t.Lon) <= 180 && math.Abs(t.Lat) <= 90): // so that NaN is refused too
		return haidang.RefuseField("location", "Vị trí phải là kinh độ và vĩ độ tính bằng độ.", "The location must be a longitude and a latitude in degrees.")
	case len(t.Properties) == 0:
		return haidang.RefuseField("properties", "Thiết bị phải đo ít nhất một đại lượng.", "A device must measure at least one property.")
	}
	return nil
}

func (t Registration) queue(b *pgx.Batch) {
	b.Queue(`INSERT INTO thing (id, type, name, agency, location, simulated, history)
		VALUES ($1, $2, $3, $4, ST_SetSRID(ST_MakePoint($5, $6), 4326), $7, $8)
		ON CONFLICT (id) DO UPDATE SET type = excluded.type, name = excluded.name, agency = excluded.agency,
			location = excluded.location, simulated = excluded.simulated WHERE thing.history = excluded.history`,
		t.ID, t.Type, t.Name, t.Agency, t.Lon, t.Lat, t.Simulated, t.History).Exec(t.keepsHistory)
	b.Queue(`INSERT INTO datastream (thing, property) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING`, t.ID, t.Properties)
	b.Queue(`INSERT INTO device_account (thing) VALUES ($1) ON CONFLICT DO NOTHING`, t.ID)
	if t.Secret == "" {
		return
	}
	hash := sha256.Sum256([]byte(t.Secret))
	b.Queue(`INSERT INTO device_credential (thing, secret_hash) VALUES ($1, $2)
		ON CONFLICT (thing) DO UPDATE SET secret_hash = excluded.secret_hash, disabled = false`, t.ID, hash[:])
}

// keepsHistory refuses to make a live device a replayed one, or the other way round:
// its readings lie where readings of that kind are kept, and would be stored twice.
func (t Registration) keepsHistory(tag pgconn.CommandTag) error {
	if tag.RowsAffected() > 0 {
		return nil
	}
	return haidang.RefuseField("history", "Thiết bị "+string(t.ID)+" đã được đăng ký với giá trị \"history\" khác; hãy dùng một tên khác.",
		"Device "+string(t.ID)+" is registered with the other value of \"history\"; use another name.")
}

// explainRegistration turns a foreign key's refusal into words about the field.
func explainRegistration(err error) error {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || !postgres.IsOrphan(pg) {
		return err
	}
	field := map[string]string{"thing_type_fkey": "type", "thing_agency_fkey": "agency", "datastream_property_fkey": "properties",
		"datastream_thing_fkey": "thing", "property_alias_device_type_fkey": "type", "property_alias_property_fkey": "property"}[pg.ConstraintName]
	refusal := haidang.RefuseField(field, "Giá trị không có trong danh mục; hãy chọn một giá trị đã đăng ký: "+pg.Detail,
		"The value is not in the catalogue; choose a registered one: "+pg.Detail)
	refusal.Cause = err
	return refusal
}

// SetDisabled takes the right to sign in from a device, or gives it back. A
// device that is connected is cut within seconds.
func (r *Registry) SetDisabled(ctx context.Context, thing haidang.ThingID, disabled bool) error {
	tag, err := r.pool.Exec(ctx, `UPDATE device_credential SET disabled = $2 WHERE thing = $1`, thing, disabled)
	if err == nil && tag.RowsAffected() == 0 {
		return haidang.Refuse(haidang.ErrNotFound, "Không có thiết bị này, hoặc thiết bị chưa có khóa.", "There is no such device, or it has no secret.")
	}
	return err
}

// SecretHashes returns the SHA-256 of the secrets of those devices that may sign
// in. It makes Registry a Credentials.
func (r *Registry) SecretHashes(ctx context.Context, things ...haidang.ThingID) (map[haidang.ThingID][]byte, error) {
	rows, err := r.pool.Query(ctx, `SELECT thing, secret_hash FROM device_credential WHERE thing = ANY ($1) AND NOT disabled`, things)
	if err != nil {
		return nil, err
	}
	hashes := map[haidang.ThingID][]byte{}
	var thing haidang.ThingID
	var hash []byte
	_, err = pgx.ForEachRow(rows, []any{&thing, &hash}, func() error {
		hashes[thing] = append([]byte(nil), hash...)
		return nil
	})
	return hashes, err
}

// Properties returns the catalogue of observed properties in order of code.
func (r *Registry) Properties(ctx context.Context) ([]Property, error) {
	rows, err := r.pool.Query(ctx, `SELECT code, name_vi, name_en, unit, symbol, decimals, valid_min, valid_max FROM observed_property ORDER BY code`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p Property, err error) {
		err = row.Scan(&p.Code, &p.Name.VI, &p.Name.EN, &p.Unit, &p.Symbol, &p.Decimals, &p.Min, &p.Max)
		return p, err
	})
}

// DeviceTypes returns the catalogue of device types in order of code.
func (r *Registry) DeviceTypes(ctx context.Context) ([]DeviceType, error) {
	rows, err := r.pool.Query(ctx, `SELECT code, name_vi, name_en, sector, interval_s, per_minute, burst FROM device_type ORDER BY code`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (t DeviceType, err error) {
		err = row.Scan(&t.Code, &t.Name.VI, &t.Name.EN, &t.Sector, &t.IntervalS, &t.PerMinute, &t.Burst)
		return t, err
	})
}

// longestSeries bounds a chart: no screen is wider, no answer heavier.
const longestSeries = 5000

// notDeleted leaves out the tombstones of datastream $1 in [$2, $3). They are few:
// PostgreSQL hashes them once.
const notDeleted = `
	AND phenomenon_time NOT IN (SELECT phenomenon_time FROM observation_deleted
		WHERE datastream = $1 AND phenomenon_time >= $2 AND phenomenon_time < $3)`

// Series sums up the observations of [from, to) in equal stretches. Deleted ones
// are not among them.
func (r *Registry) Series(ctx context.Context, id haidang.DatastreamID, from, to time.Time, buckets int) ([]Bucket, error) {
	if !from.Before(to) {
		return nil, haidang.RefuseField("to", "\"to\" phải sau \"from\".", "\"to\" must be later than \"from\".")
	}
	buckets = min(max(buckets, 1), longestSeries)
	width := max(to.Sub(from)/time.Duration(buckets), time.Second)
	rows, err := r.pool.Query(ctx, `
		SELECT date_bin($4, phenomenon_time, $2) AS t, min(result), avg(result), max(result), count(*)
		FROM observation WHERE datastream = $1 AND phenomenon_time >= $2 AND phenomenon_time < $3`+notDeleted+`
		GROUP BY t ORDER BY t`, id, from, to, width)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Bucket])
}

// Raw returns the newest observations of [from, to) that are not deleted, oldest
// first, at most limit.
func (r *Registry) Raw(ctx context.Context, id haidang.DatastreamID, from, to time.Time, limit int) ([]haidang.Observation, error) {
	rows, err := r.pool.Query(ctx, `
		SELECT d.id, d.thing, d.property, o.phenomenon_time, o.received_at, o.result
		FROM (SELECT * FROM observation WHERE datastream = $1 AND phenomenon_time >= $2 AND phenomenon_time < $3`+notDeleted+`
		      ORDER BY phenomenon_time DESC LIMIT $4) o
		JOIN datastream d ON d.id = o.datastream ORDER BY o.phenomenon_time`, id, from, to, min(max(limit, 1), 100_000))
	if err != nil {
		return nil, fmt.Errorf("read observations: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[haidang.Observation])
}
