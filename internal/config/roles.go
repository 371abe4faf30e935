package config

import (
	"fmt"

	"haidang"
)

// What a process does.
const (
	RoleAll    = "all"
	RoleIngest = "ingest"
)

// mostPartitions keeps what the lanes may hold at once within a small machine's memory.
const mostPartitions = 64

func (c *Config) validateRoles() error {
	switch {
	case c.Partitions < 1 || c.Partitions > mostPartitions:
		return haidang.RefuseField("HAIDANG_INGEST_PARTITIONS", fmt.Sprintf("%d không nằm trong khoảng 1 đến %d.", c.Partitions, mostPartitions),
			fmt.Sprintf("%d is not between 1 and %d.", c.Partitions, mostPartitions))
	case c.Roles != RoleAll && c.Roles != RoleIngest:
		return haidang.RefuseField("HAIDANG_ROLES", fmt.Sprintf("%q không phải vai trò nào; chọn all hoặc ingest.", c.Roles),
			fmt.Sprintf("%q is no role; choose all or ingest.", c.Roles))
	case c.Roles == RoleIngest && c.Demo:
		return haidang.RefuseField("HAIDANG_ROLES", "--demo cần mọi vai trò; bỏ --roles ingest.", "--demo needs every role; leave --roles ingest out.")
	case c.Roles == RoleIngest && c.DatabaseURL == "" && c.MQTTURL != "":
		return haidang.RefuseField("HAIDANG_DATABASE_URL",
			"--roles ingest với HAIDANG_MQTT_URL cần cả HAIDANG_DATABASE_URL; không có cả hai thì dùng chung HAIDANG_DATA với một haidang đang chạy.",
			"--roles ingest with HAIDANG_MQTT_URL needs HAIDANG_DATABASE_URL too; without both it shares the HAIDANG_DATA of a haidang that runs.")
	}
	return nil
}
