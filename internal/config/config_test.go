package config

import (
	"os"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// parse reads a command line as `haidang serve` does.
func parse(args ...string) (Config, error) {
	var c Config
	parser, err := kong.New(&c, kong.Exit(func(int) {}))
	if err != nil {
		return c, err
	}
	_, err = parser.Parse(args)
	return c, err
}

func TestDefaults(t *testing.T) {
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "HAIDANG_") {
			t.Setenv(name, "")
			os.Unsetenv(name)
		}
	}
	c, err := parse()
	if err != nil {
		t.Fatal(err)
	}
	want := Config{HTTPAddr: "127.0.0.1:8080", MQTTAddr: "127.0.0.1:1883", MQTTSync: "second", Partitions: 4, MQTTWindow: 8000, Roles: "all", TileMemory: 64 << 20, TileDisk: 1 << 30,
		Importing: Importing{ImportSize: 2 << 30, ImportFeatures: 5_000_000, ImportVertices: 100_000_000, ImportFeatureVertices: 1_000_000, ImportReserve: 1 << 30},
		Shared:    Shared{Data: "./var", LogLevel: "info", LogFormat: "text"}}
	if c != want {
		t.Errorf("got %+v, want %+v", c, want)
	}
}

func TestEnvironment(t *testing.T) {
	for name, value := range map[string]string{
		"HAIDANG_DATA": "/srv/haidang", "HAIDANG_HTTP_ADDR": "0.0.0.0:80", "HAIDANG_MQTT_ADDR": "0.0.0.0:1884",
		"HAIDANG_DATABASE_URL": "postgres://x/y", "HAIDANG_MQTT_URL": "tcp://u:p@broker:1883", "HAIDANG_MQTT_SYNC": "always",
	} {
		t.Setenv(name, value)
	}
	c, err := parse("--http-addr", "127.0.0.1:81") // a flag wins
	if err != nil {
		t.Fatal(err)
	}
	if c.Data != "/srv/haidang" || c.HTTPAddr != "127.0.0.1:81" || c.MQTTAddr != "0.0.0.0:1884" ||
		c.DatabaseURL != "postgres://x/y" || c.MQTTURL != "tcp://u:p@broker:1883" || c.MQTTSync != "always" {
		t.Errorf("got %+v", c)
	}
}

func TestValidate(t *testing.T) {
	for args, say := range map[string]string{
		"--http-addr 8080":                              "HAIDANG_HTTP_ADDR",
		"--mqtt-addr somewhere":                         "HAIDANG_MQTT_ADDR",
		"--mqtt-url broker":                             "HAIDANG_MQTT_URL",
		"--mqtt-sync never":                             "mqtt-sync",
		"--ingest-partitions 0":                         "HAIDANG_INGEST_PARTITIONS",
		"--ingest-partitions 65":                        "HAIDANG_INGEST_PARTITIONS",
		"--roles web":                                   "HAIDANG_ROLES",
		"--roles ingest --demo":                         "HAIDANG_ROLES",
		"--roles ingest --mqtt-url tcp://h:1":           "HAIDANG_DATABASE_URL",
		"--roles ingest":                                "",
		"--demo --http-addr 0.0.0.0:8080":               "HAIDANG_HTTP_ADDR",
		"--demo --http-addr :8080":                      "HAIDANG_HTTP_ADDR",
		"--demo --http-addr [::]:8080":                  "HAIDANG_HTTP_ADDR",
		"--demo --mqtt-addr 192.168.1.4:1883":           "HAIDANG_MQTT_ADDR",
		"--demo --http-addr haidang.local:8080":         "HAIDANG_HTTP_ADDR",
		"--mqtt-auth-addr 127.0.0.1:9001":               "HAIDANG_MQTT_AUTH_ADDR",
		"--trust-broker":                                "HAIDANG_TRUST_BROKER",
		"--mqtt-probe a:b":                              "HAIDANG_MQTT_PROBE",
		"--mqtt-url tcp://b:1883 --mqtt-auth-addr 9001": "HAIDANG_MQTT_AUTH_ADDR",
		"--mqtt-url tcp://b:1883 --mqtt-auth-addr 127.0.0.1:9001 --mqtt-auth-token short":            "HAIDANG_MQTT_AUTH_TOKEN",
		"--mqtt-url tcp://b:1883 --mqtt-auth-addr 127.0.0.1:9001 --mqtt-auth-token 0123456789abcdef": "",
		"--demo --http-addr [::1]:8080":     "",
		"--demo --http-addr localhost:8080": "",
		"--http-addr 0.0.0.0:8080":          "",
	} {
		_, err := parse(strings.Fields(args)...)
		if fine := err == nil; fine != (say == "") || !fine && !strings.Contains(err.Error(), say) {
			t.Errorf("%s: got %v, want %q", args, err, say)
		}
	}
}
