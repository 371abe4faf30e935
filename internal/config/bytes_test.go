package config

import "testing"

func TestBytes(t *testing.T) {
	for text, want := range map[string]Bytes{"0": 0, "20GB": 20e9, "1.5 GiB": 3 << 29, "512m": 512 << 20, "7": 7, " 3 kB ": 3000} {
		var got Bytes
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%q: got %d (error %v), want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "GB", "-1", "1e30", "nan", "12 apples", "1GB2"} {
		var got Bytes
		if err := got.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was read as %d", text, got)
		}
	}
}
