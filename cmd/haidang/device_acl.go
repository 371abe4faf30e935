package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	"github.com/jackc/pgx/v5/pgxpool"

	"haidang"
	"haidang/ingest"
	"haidang/ingest/outside"
	"haidang/internal/config"
)

type deviceACLCmd struct {
	config.Shared `embed:""`
	Format        string `required:"" enum:"mosquitto,emqx" help:"For which broker: ${enum}."`
	Out           string `required:"" help:"Folder for the files; older ones there are replaced." placeholder:"DIR"`
	MQTTURL       string `name:"mqtt-url" required:"" help:"Your broker's address with our own user in it, as for serve." env:"HAIDANG_MQTT_URL" placeholder:"URL"`
}

// Run writes the files, readable by their owner alone, for they hold hashes of secrets.
func (c *deviceACLCmd) Run(ctx context.Context) error {
	u, err := url.Parse(c.MQTTURL)
	if err != nil || u.User == nil || u.User.Username() == "" {
		return haidang.RefuseField("HAIDANG_MQTT_URL", "Phải có tên mà Hải Đăng dùng trên máy chủ ấy: tcp://tên:mật-khẩu@máy:1883.",
			"It must hold the user that Hải Đăng has on that broker: tcp://user:password@host:1883.")
	}
	return withDatabase(ctx, c.Shared, func(pool *pgxpool.Pool) error {
		devices, err := devicesOf(ctx, ingest.NewRegistry(pool))
		if err != nil {
			return err
		}
		files, err := outside.Files(c.Format, devices, u.User)
		if err != nil {
			return err
		}
		if err := writeFiles(c.Out, files); err != nil {
			return err
		}
		return recordAct(ctx, pool, "device.acl", fmt.Sprintf("%d devices for %s", len(devices), c.Format), nil)
	})
}

// devicesOf lists the registry as a broker's files need it.
func devicesOf(ctx context.Context, registry *ingest.Registry) ([]outside.Device, error) {
	things, err := registry.Things(ctx)
	if err != nil {
		return nil, err
	}
	var names []haidang.ThingID
	for _, t := range things {
		names = append(names, t.ID)
	}
	hashes, err := registry.SecretHashes(ctx, names...)
	if err != nil {
		return nil, err
	}
	var devices []outside.Device
	for _, name := range names {
		devices = append(devices, outside.Device{Name: name, Hash: hashes[name]})
	}
	return devices, nil
}

func writeFiles(dir string, files map[string]string) error {
	errs := []error{os.MkdirAll(dir, 0o700)}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, name)
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) { // an older one keeps its mode, however many can read it
			errs = append(errs, err)
		}
		errs = append(errs, os.WriteFile(path, []byte(files[name]), 0o600))
		fmt.Println(path)
	}
	return errors.Join(errs...)
}
