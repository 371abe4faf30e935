// Package config is the one struct that configures the program. Flags, the
// environment and the manual (`haidang serve --help`) all come from its tags.
//
// In: a command line and the environment, read by kong. Out: checked values.
// It must never read a file, open a connection, or know what a value is used for.
package config

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"haidang"
)

// Shared is what every verb that touches the data needs.
type Shared struct {
	Data        string `help:"Folder that holds everything this machine keeps: database, messages, photos." env:"HAIDANG_DATA" default:"./var"`
	DatabaseURL string `help:"PostgreSQL 15+ with PostGIS 3.3+, as postgres://user:password@host:5432/database. Empty: a private server in the data folder." env:"HAIDANG_DATABASE_URL" placeholder:"URL"`
	LogLevel    string `help:"Least grave messages to log: ${enum}." env:"HAIDANG_LOG_LEVEL" enum:"debug,info,warn,error" default:"info"`
	LogFormat   string `help:"How to log: ${enum}." env:"HAIDANG_LOG_FORMAT" enum:"text,json" default:"text"`
	WeakSandbox bool   `help:"Open strangers' files with outside programs (GDAL) although this system cannot keep those from the network or from other files." env:"HAIDANG_WEAK_SANDBOX"`
}

// Config is everything `haidang serve` can be told.
type Config struct {
	Shared
	Importing

	HTTPAddr    string `help:"Where the pages and the API listen, as host:port." env:"HAIDANG_HTTP_ADDR" default:"127.0.0.1:8080"`
	PublicURL   string `help:"Address people type to get here, such as https://haidang.example.vn. Empty: made from the listening address." env:"HAIDANG_PUBLIC_URL" placeholder:"URL"`
	BehindProxy bool   `help:"One trusted proxy stands in front: the caller's address is the last of X-Forwarded-For." env:"HAIDANG_BEHIND_PROXY"`
	MQTTAddr    string `help:"Where the embedded broker listens for devices, as host:port." env:"HAIDANG_MQTT_ADDR" default:"127.0.0.1:1883"`
	MQTTURL     string `name:"mqtt-url" help:"An MQTT 3.1.1 broker of your own, as tcp://user:password@host:1883. Empty: the embedded broker." env:"HAIDANG_MQTT_URL" placeholder:"URL"`
	MQTTSync    string `help:"When the embedded broker forces messages to disk: ${enum}. A killed process loses nothing either way; a power cut can cost the last second." env:"HAIDANG_MQTT_SYNC" enum:"second,always" default:"second"`

	MQTTWindow  int   `name:"mqtt-window" help:"Messages that the embedded broker hands to a lane before it waits for acknowledgements, 65535 at most." env:"HAIDANG_MQTT_WINDOW" default:"8000"`
	MQTTStore   Bytes `name:"mqtt-store" help:"What the messages that wait may take on the disk, such as 20GB. Beyond it devices are turned away and keep theirs. 0: half of the room there is." env:"HAIDANG_MQTT_STORE" default:"0"`
	DiskReserve Bytes `help:"What the messages leave free on their disk, such as 2GB. Below it devices are turned away and keep theirs. 0: a twentieth of the disk, 1 GiB at most." env:"HAIDANG_DISK_RESERVE" default:"0"`

	TileMemory Bytes `help:"What map tiles may take in memory, such as 64MiB." env:"HAIDANG_TILE_MEMORY" default:"64MiB"`
	TileDisk   Bytes `help:"What map tiles may take on the disk, in the folder tiles, such as 1GiB. 0: none are kept there." env:"HAIDANG_TILE_DISK" default:"1GiB"`

	MQTTAuthAddr  string `name:"mqtt-auth-addr" help:"With a broker of your own: where it asks who may do what, as host:port (docs/external-broker.md). Empty: it is not asked here." env:"HAIDANG_MQTT_AUTH_ADDR" placeholder:"ADDR"`
	MQTTAuthToken string `name:"mqtt-auth-token" help:"The secret that your broker shows when it asks, 16 characters or more." env:"HAIDANG_MQTT_AUTH_TOKEN" placeholder:"SECRET"`
	MQTTProbe     string `name:"mqtt-probe" help:"With a broker of your own: a registered device, as name:secret or tcp://name:secret@host:1883, with which each start tries that no device can speak for another." env:"HAIDANG_MQTT_PROBE" placeholder:"NAME:SECRET"`
	TrustBroker   bool   `help:"Start although your own broker's rights could not be tried or do not hold: nothing then promises that a reading comes from the device it names." env:"HAIDANG_TRUST_BROKER"`

	Partitions  int    `name:"ingest-partitions" help:"Lanes that carry the devices' messages into the database side by side, 1 to 64. A store never has fewer than it once had." env:"HAIDANG_INGEST_PARTITIONS" default:"4"`
	Roles       string `help:"What this process does: all; or ingest, which helps another that runs the rest: with the same data folder, or from elsewhere by a database URL and an MQTT URL." env:"HAIDANG_ROLES" default:"all"`
	MetricsAddr string `help:"Where a process with --roles ingest answers /healthz, /readyz and /metrics, as host:port. Empty: nowhere." env:"HAIDANG_METRICS_ADDR" placeholder:"ADDR"`

	Demo bool `help:"Show a simulated province with demo accounts. Listens on this machine only." env:"HAIDANG_DEMO"`
}

// Validate refuses what could not work or would not be safe. kong calls it.
func (c *Config) Validate() error {
	for field, addr := range map[string]string{"HAIDANG_HTTP_ADDR": c.HTTPAddr, "HAIDANG_MQTT_ADDR": c.MQTTAddr} {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return haidang.RefuseField(field, fmt.Sprintf("%q không phải địa chỉ host:port.", addr), fmt.Sprintf("%q is not an address of the form host:port.", addr))
		}
		if c.Demo && !loopback(host) {
			return haidang.RefuseField(field,
				fmt.Sprintf("--demo có tài khoản với mật khẩu ai cũng biết nên chỉ chạy trên chính máy này; %s mở ra ngoài. Hãy dùng 127.0.0.1.", addr),
				fmt.Sprintf("--demo has accounts with a password everybody knows, so it listens on this machine only; %s is open to others. Use 127.0.0.1.", addr))
		}
	}
	if err := checkURL("HAIDANG_MQTT_URL", c.MQTTURL); err != nil {
		return err
	}
	if err := c.validateRoles(); err != nil {
		return err
	}
	return c.validateOutside()
}

// validateOutside refuses what only makes sense with a broker of one's own, and a door that anybody could ask.
func (c *Config) validateOutside() error {
	for field, set := range map[string]bool{"HAIDANG_MQTT_AUTH_ADDR": c.MQTTAuthAddr != "", "HAIDANG_MQTT_PROBE": c.MQTTProbe != "", "HAIDANG_TRUST_BROKER": c.TrustBroker} {
		if set && c.MQTTURL == "" {
			return haidang.RefuseField(field, "Chỉ dùng cùng HAIDANG_MQTT_URL: máy chủ MQTT có sẵn tự giữ quyền.", "This goes with HAIDANG_MQTT_URL only: the embedded broker keeps rights by itself.")
		}
	}
	if c.MQTTAuthAddr == "" {
		return nil
	}
	if _, _, err := net.SplitHostPort(c.MQTTAuthAddr); err != nil {
		return haidang.RefuseField("HAIDANG_MQTT_AUTH_ADDR", fmt.Sprintf("%q không phải địa chỉ host:port.", c.MQTTAuthAddr), fmt.Sprintf("%q is not an address of the form host:port.", c.MQTTAuthAddr))
	}
	if len(c.MQTTAuthToken) < 16 {
		return haidang.RefuseField("HAIDANG_MQTT_AUTH_TOKEN", "Cần một khóa chung từ 16 ký tự trở lên, đặt cả ở máy chủ MQTT.", "It takes a shared secret of 16 characters or more, set at the broker too.")
	}
	return nil
}

// loopback reports whether only this machine can reach the host. A name counts
// when all it stands for does: "" and "0.0.0.0" are everybody's.
func loopback(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback()
	}
	return host == "localhost"
}

func checkURL(field, text string) error {
	if text == "" {
		return nil
	}
	if u, err := url.Parse(text); err != nil || u.Host == "" {
		return haidang.RefuseField(field, "Không phải địa chỉ dạng tcp://máy:1883.", "This is not an address of the form tcp://host:1883.")
	}
	return nil
}

// Folders of the data folder. Each belongs to one part.
func (s Shared) Cluster() string  { return s.in("postgres") }
func (s Shared) Messages() string { return s.in("messages") }
func (s Shared) Photos() string   { return s.in("photos") }
func (s Shared) Imports() string  { return s.in("imports") }
func (s Shared) Exports() string  { return s.in("exports") }
func (s Shared) Rasters() string  { return s.in("rasters") }
func (s Shared) Tiles() string    { return s.in("tiles") }

func (s Shared) in(name string) string {
	dir, err := filepath.Abs(s.Data)
	if err != nil { // no working directory: the relative path then fails with a better error
		dir = s.Data
	}
	return filepath.Join(dir, name)
}

// Logger makes the program's log on standard error.
func (s Shared) Logger() *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(strings.ToUpper(s.LogLevel))); err != nil {
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options))
}
