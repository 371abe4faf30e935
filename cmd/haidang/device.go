package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/ingest"
	"haidang/internal/audit"
	"haidang/internal/config"
)

// deviceCmd is the registry of devices from the console.
type deviceCmd struct {
	Add     deviceAddCmd    `cmd:"" help:"Register one device and print its secret, once."`
	Import  deviceImportCmd `cmd:"" help:"Register devices from a CSV file, all or none, and write their secrets to a new file."`
	List    deviceListCmd   `cmd:"" help:"List the devices."`
	Disable deviceStopCmd   `cmd:"" help:"Refuse a device from now on; what it sent stays."`
	ACL     deviceACLCmd    `cmd:"" name:"acl" help:"Write the files that tell a broker of your own who may do what."`
	Limit   deviceLimitCmd  `cmd:"" help:"Say how often devices of a type may send; one that sends more is cut for a while."`
}

type deviceAddCmd struct {
	config.Shared `embed:""`
	Name          string   `arg:"" help:"1 to 64 of A-Z a-z 0-9 _ -; also its MQTT user name and client identifier."`
	Title         string   `required:"" help:"Its name for people, such as \"Trạm đo mặn Đại Ngãi\"."`
	Type          string   `required:"" help:"Device type: tide_gauge, salinity_station, rain_gauge, air_station, traffic_counter, pump, street_light."`
	Agency        string   `required:"" help:"Code of the agency that owns it."`
	Lon           float64  `required:"" help:"Longitude, degrees east."`
	Lat           float64  `required:"" help:"Latitude, degrees north."`
	Property      []string `required:"" help:"What it measures, such as salinity; may be given more than once."`
}

// Run registers the device. Its secret is shown here and nowhere again.
func (c *deviceAddCmd) Run(ctx context.Context) error {
	r := ingest.Registration{ID: haidang.ThingID(c.Name), Type: c.Type, Name: c.Title,
		Agency: haidang.AgencyCode(c.Agency), Lon: c.Lon, Lat: c.Lat, Secret: newSecret()}
	for _, p := range c.Property {
		r.Properties = append(r.Properties, haidang.PropertyCode(p))
	}
	return withDatabase(ctx, c.Shared, func(pool *pgxpool.Pool) error {
		if err := register(ctx, pool, r); err != nil {
			return err
		}
		fmt.Printf("%s %s\n", r.ID, r.Secret)
		return nil
	})
}

type deviceImportCmd struct {
	config.Shared `embed:""`
	File          string `arg:"" help:"CSV with a header: name,title,type,agency,lon,lat,properties (codes separated by spaces)."`
	Secrets       string `required:"" help:"New file for the secrets, one \"name,secret\" a line, readable by you alone."`
}

// Run registers every row, or none.
func (c *deviceImportCmd) Run(ctx context.Context) error {
	things, err := readDevices(c.File)
	if err != nil {
		return err
	}
	// The file comes first: a secret that is stored but written nowhere would be lost.
	out, err := os.OpenFile(c.Secrets, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("secrets: %w", err)
	}
	for _, t := range things {
		fmt.Fprintf(out, "%s,%s\n", t.ID, t.Secret)
	}
	if err := errors.Join(out.Sync(), out.Close()); err != nil {
		return fmt.Errorf("secrets: %w", err)
	}
	err = withDatabase(ctx, c.Shared, func(pool *pgxpool.Pool) error { return register(ctx, pool, things...) })
	if err != nil {
		return errors.Join(err, os.Remove(c.Secrets))
	}
	fmt.Printf("%d devices registered, secrets in %s\n", len(things), c.Secrets)
	return nil
}

type deviceListCmd struct {
	config.Shared `embed:""`
}

// Run prints one device a line.
func (c *deviceListCmd) Run(ctx context.Context) error {
	return withDatabase(ctx, c.Shared, func(pool *pgxpool.Pool) error {
		things, err := ingest.NewRegistry(pool).Things(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		for _, t := range things {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", t.ID, t.Type, t.Agency, t.Name)
		}
		return w.Flush()
	})
}

type deviceStopCmd struct {
	config.Shared `embed:""`
	Name          string `arg:"" help:"The device."`
}

// Run shuts the device out; a running broker cuts it within seconds.
func (c *deviceStopCmd) Run(ctx context.Context) error {
	return withDatabase(ctx, c.Shared, func(pool *pgxpool.Pool) error {
		if err := ingest.NewRegistry(pool).SetDisabled(ctx, haidang.ThingID(c.Name), true); err != nil {
			return err
		}
		return recordAct(ctx, pool, "device.disable", "thing/"+c.Name, nil)
	})
}

type deviceLimitCmd struct {
	config.Shared `embed:""`
	Type          string `arg:"" help:"The device type."`
	PerMinute     int    `required:"" help:"Messages a minute; 0: as many as they like."`
	Burst         int    `default:"600" help:"Messages at once, for what a device kept while it had no network."`
}

// Run sets the limit; a running ingest knows it within half a minute.
func (c *deviceLimitCmd) Run(ctx context.Context) error {
	return withDatabase(ctx, c.Shared, func(pool *pgxpool.Pool) error {
		return ingest.NewRegistry(pool).SetLimit(ctx, console(), c.Type, c.PerMinute, c.Burst)
	})
}

// register makes new devices known and writes the act down. A known name is
// refused: registering it again would silently change its secret.
func register(ctx context.Context, pool *pgxpool.Pool, things ...ingest.Registration) error {
	known, err := ingest.NewRegistry(pool).Things(ctx)
	if err != nil {
		return err
	}
	taken := map[haidang.ThingID]bool{}
	for _, t := range known {
		taken[t.ID] = true
	}
	for _, t := range things {
		if taken[t.ID] {
			return haidang.RefuseField("name", fmt.Sprintf("Đã có thiết bị %s (hoặc tên lặp lại trong tệp). Hãy chọn tên khác.", t.ID),
				fmt.Sprintf("There is a device %s already (or twice in the file). Choose another name.", t.ID))
		}
		taken[t.ID] = true
	}
	if err := ingest.NewRegistry(pool).Register(ctx, things); err != nil {
		return err
	}
	return recordAct(ctx, pool, "device.register", fmt.Sprintf("%d devices from %s", len(things), things[0].ID), nil)
}

// recordAct writes what somebody did at the console to the audit log.
func recordAct(ctx context.Context, pool *pgxpool.Pool, action, object string, detail map[string]any) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		return audit.Record(ctx, tx, audit.Entry{Actor: console(), Action: action, Object: object, Detail: detail})
	})
}

// console is who acts when a verb does: whoever is at this machine's console.
func console() haidang.AccountName {
	if u, err := user.Current(); err == nil {
		return haidang.AccountName("console:" + u.Username)
	}
	return "console"
}

// newSecret makes 256 random bits in letters an MQTT client can be given.
func newSecret() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails since Go 1.24
	return base64.RawURLEncoding.EncodeToString(b)
}

var deviceColumns = []string{"name", "title", "type", "agency", "lon", "lat", "properties"}

func readDevices(file string) ([]ingest.Registration, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = len(deviceColumns)
	header, err := r.Read()
	if err != nil || strings.Join(header, ",") != strings.Join(deviceColumns, ",") {
		return nil, haidang.RefuseField("file", "Dòng đầu phải là: "+strings.Join(deviceColumns, ","), "The first line must be: "+strings.Join(deviceColumns, ","))
	}
	var things []ingest.Registration
	for {
		row, err := r.Read()
		if err == io.EOF && len(things) > 0 {
			return things, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		t, err := readDevice(row)
		if err != nil {
			line, _ := r.FieldPos(0)
			return nil, fmt.Errorf("%s, line %d: %w", file, line, err)
		}
		things = append(things, t)
	}
}

func readDevice(row []string) (ingest.Registration, error) {
	lon, errLon := strconv.ParseFloat(row[4], 64)
	lat, errLat := strconv.ParseFloat(row[5], 64)
	if err := errors.Join(errLon, errLat); err != nil {
		return ingest.Registration{}, err
	}
	t := ingest.Registration{ID: haidang.ThingID(row[0]), Name: row[1], Type: row[2],
		Agency: haidang.AgencyCode(row[3]), Lon: lon, Lat: lat, Secret: newSecret()}
	for _, p := range strings.Fields(row[6]) {
		t.Properties = append(t.Properties, haidang.PropertyCode(p))
	}
	return t, nil
}
