package main

import (
	"fmt"

	"haidang"
	"haidang/internal/config"
	"haidang/internal/postgres"
)

// databaseURLCmd lets the operator point pg_dump and psql at the private server.
type databaseURLCmd struct {
	config.Shared `embed:""`
}

// Run prints the address of the database that a running serve uses.
func (c *databaseURLCmd) Run() error {
	if c.DatabaseURL != "" {
		fmt.Println(c.DatabaseURL)
		return nil
	}
	url, running := postgres.Running(c.Cluster())
	if !running {
		return haidang.Refuse(haidang.ErrUnavailable, "Máy chủ riêng trong thư mục dữ liệu này không chạy. Hãy chạy haidang serve trước.",
			"The private server in this data folder is not running. Start haidang serve first.")
	}
	fmt.Println(url)
	return nil
}
