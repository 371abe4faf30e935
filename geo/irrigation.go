package geo

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"haidang/geo/catalogue"
)

// work is one object of the simulated irrigation layer, in WGS 84.
type work struct {
	code, name, kind string
	grade            int
	wkt              string
}

// The canals follow the base map's; sluices stand where canals meet the Hậu, the
// Mỹ Thanh or the sea, pumps at the rice and shrimp land behind them. Numbers
// instead of local names say that none of them is a real structure.
var works = []work{
	{"K-01", "Kênh cấp I Saintard", "canal", 1, `LINESTRING(106.074 9.752, 106.045 9.712, 106.012 9.660, 105.976 9.604)`},
	{"K-02", "Kênh cấp I Phú Lộc - Ngã Năm", "canal", 1, `LINESTRING(105.748 9.430, 105.690 9.485, 105.640 9.535, 105.600 9.568)`},
	{"K-03", "Kênh cấp II Tiếp Nhật", "canal", 2, `LINESTRING(106.040 9.640, 106.085 9.585, 106.125 9.545, 106.178 9.530)`},
	{"K-04", "Kênh cấp II Số Một", "canal", 2, `LINESTRING(105.880 9.862, 105.910 9.800, 105.925 9.742, 105.940 9.690, 105.965 9.635)`},
	{"K-05", "Kênh cấp II Mỹ Phước", "canal", 2, `LINESTRING(105.600 9.568, 105.680 9.580, 105.760 9.590, 105.840 9.600, 105.910 9.615)`},
	{"K-06", "Kênh cấp II ven biển Vĩnh Châu", "canal", 2, `LINESTRING(105.850 9.290, 105.920 9.345, 105.985 9.370, 106.050 9.385, 106.068 9.424)`},
	{"K-07", "Kênh nội đồng Long Phú 1", "canal", 3, `LINESTRING(106.085 9.585, 106.105 9.620, 106.135 9.632)`},
	{"K-08", "Kênh nội đồng Kế Sách 1", "canal", 3, `LINESTRING(105.925 9.742, 105.960 9.735, 106.000 9.728, 106.052 9.722)`},
	{"K-09", "Kênh nội đồng Mỹ Tú 1", "canal", 3, `LINESTRING(105.760 9.590, 105.775 9.630, 105.790 9.670, 105.800 9.720)`},
	{"K-10", "Kênh nội đồng Trần Đề 1", "canal", 3, `LINESTRING(106.125 9.545, 106.110 9.500, 106.095 9.460, 106.068 9.424)`},
	{"C-01", "Cống số 01 (đầu kênh Saintard)", "sluice", 1, `POINT(106.072 9.749)`},
	{"C-02", "Cống số 02 (Rạch Mọp)", "sluice", 1, `POINT(106.038 9.792)`},
	{"C-03", "Cống số 03 (Cái Côn)", "sluice", 1, `POINT(105.887 9.926)`},
	{"C-04", "Cống số 04 (Long Phú)", "sluice", 2, `POINT(106.135 9.632)`},
	{"C-05", "Cống số 05 (cuối kênh Tiếp Nhật)", "sluice", 1, `POINT(106.176 9.530)`},
	{"C-06", "Cống số 06 (Trần Đề)", "sluice", 2, `POINT(106.196 9.500)`},
	{"C-07", "Cống số 07 (Mỹ Thanh bờ bắc)", "sluice", 1, `POINT(106.110 9.436)`},
	{"C-08", "Cống số 08 (Mỹ Thanh bờ nam)", "sluice", 1, `POINT(106.067 9.420)`},
	{"C-09", "Cống số 09 (Vĩnh Hải)", "sluice", 2, `POINT(106.160 9.362)`},
	{"C-10", "Cống số 10 (Vĩnh Châu)", "sluice", 2, `POINT(106.035 9.312)`},
	{"C-11", "Cống số 11 (Vĩnh Phước)", "sluice", 2, `POINT(105.915 9.275)`},
	{"C-12", "Cống số 12 (Lai Hoà)", "sluice", 2, `POINT(105.848 9.258)`},
	{"C-13", "Cống số 13 (Phú Lộc)", "sluice", 2, `POINT(105.745 9.432)`},
	{"C-14", "Cống số 14 (Ngã Năm)", "sluice", 1, `POINT(105.602 9.566)`},
	{"C-15", "Cống số 15 (Cù Lao Dung)", "sluice", 3, `POINT(106.214 9.566)`},
	{"B-01", "Trạm bơm số 01 (Kế Sách)", "pump", 2, `POINT(105.928 9.745)`},
	{"B-02", "Trạm bơm số 02 (Long Phú)", "pump", 2, `POINT(106.104 9.618)`},
	{"B-03", "Trạm bơm số 03 (Tân Thạnh)", "pump", 3, `POINT(106.060 9.612)`},
	{"B-04", "Trạm bơm số 04 (Mỹ Tú)", "pump", 2, `POINT(105.776 9.632)`},
	{"B-05", "Trạm bơm số 05 (Mỹ Hương)", "pump", 3, `POINT(105.842 9.602)`},
	{"B-06", "Trạm bơm số 06 (Tân Long)", "pump", 2, `POINT(105.666 9.512)`},
	{"B-07", "Trạm bơm số 07 (Liêu Tú)", "pump", 3, `POINT(106.108 9.498)`},
	{"B-08", "Trạm bơm số 08 (Khánh Hoà)", "pump", 3, `POINT(105.984 9.372)`},
}

// seedIrrigation writes the simulated layer, stored in VN-2000 TM-3 105°30', once: what
// people made of it stays.
func seedIrrigation(ctx context.Context, tx pgx.Tx) error {
	if err := catalogue.Adopt(ctx, tx, irrigationLayer); err != nil {
		return err
	}
	var seeded bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM layer_irrigation)`).Scan(&seeded); err != nil || seeded {
		return err
	}
	batch := &pgx.Batch{}
	for _, w := range works {
		batch.Queue(`INSERT INTO layer_irrigation (code, name, kind, grade, geom)
			VALUES ($1, $2, $3, $4, ST_Transform(ST_GeomFromText($5, 4326), 959209))`,
			w.code, w.name, w.kind, w.grade, w.wkt)
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write the irrigation layer: %w", err)
	}
	return nil
}
