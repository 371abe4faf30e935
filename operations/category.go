package operations

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/geo"
)

// categories are few and in plain words; what fits none goes to the office that
// receives citizens.
var categories = []Category{
	{"flood", haidang.Text{VI: "Ngập nước", EN: "Flooding", KM: "ទឹកលិច"}, "waves", geo.AgencyConstruction},
	{"road", haidang.Text{VI: "Đường hỏng, vỉa hè", EN: "Damaged road or pavement", KM: "ផ្លូវខូច"}, "construction", geo.AgencyTransport},
	{"waste", haidang.Text{VI: "Rác, vệ sinh", EN: "Waste", KM: "សំរាម"}, "trash-2", geo.AgencyCommunes},
	{"street_light", haidang.Text{VI: "Đèn đường", EN: "Street light", KM: "ភ្លើងបំភ្លឺផ្លូវ"}, "lightbulb", geo.AgencyConstruction},
	{"water", haidang.Text{VI: "Nước sinh hoạt, nước mặn", EN: "Tap water, salt water", KM: "ទឹកប្រើប្រាស់ ទឹកប្រៃ"}, "droplets", geo.AgencyAgriculture},
	{"canal", haidang.Text{VI: "Cống, kênh", EN: "Sluice or canal", KM: "ទ្វារទឹក ប្រឡាយ"}, "fold-vertical", geo.AgencyAgriculture},
	{"power", haidang.Text{VI: "Điện", EN: "Electricity", KM: "អគ្គិសនី"}, "zap", geo.AgencyIndustry},
	{"tree", haidang.Text{VI: "Cây ngã", EN: "Fallen tree", KM: "ដើមឈើរលំ"}, "trees", geo.AgencyCommunes},
	{"noise", haidang.Text{VI: "Tiếng ồn", EN: "Noise", KM: "សំឡេងរំខាន"}, "volume-2", geo.AgencyCommunes},
	{"other", haidang.Text{VI: "Việc khác", EN: "Something else", KM: "រឿងផ្សេងទៀត"}, "message-square", geo.AgencyCitizens},
}

// ReferenceData writes the categories of reports. geo.ReferenceData comes first: the
// categories name agencies. Calling it again changes nothing but what a new version
// corrected, so an agency that the province has set itself stays.
func ReferenceData(ctx context.Context, pool *pgxpool.Pool) error {
	batch := &pgx.Batch{}
	for i, c := range categories {
		batch.Queue(`INSERT INTO service_category (code, position, name_vi, name_en, name_km, icon, agency) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (code) DO UPDATE SET position = excluded.position, name_vi = excluded.name_vi, name_en = excluded.name_en,
				name_km = excluded.name_km, icon = excluded.icon`,
			c.Code, i+1, c.Name.VI, c.Name.EN, c.Name.KM, c.Icon, c.Agency)
	}
	if err := pool.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write categories of reports: %w", err)
	}
	return nil
}

// Categories returns what citizens can report, in the order of the page.
func (r *Requests) Categories(ctx context.Context) ([]Category, error) {
	rows, err := r.pool.Query(ctx, `SELECT code, name_vi, name_en, name_km, icon, agency FROM service_category ORDER BY position, code`)
	if err != nil {
		return nil, fmt.Errorf("list categories: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c Category, err error) {
		err = row.Scan(&c.Code, &c.Name.VI, &c.Name.EN, &c.Name.KM, &c.Icon, &c.Agency)
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("list categories: %w", err)
	}
	return list, nil
}
