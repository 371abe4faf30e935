package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"haidang"
	"haidang/geo"
)

// welcome tells the person at the terminal where the house is and how to enter.
func (h *house) welcome(ctx context.Context, w io.Writer, took time.Duration) error {
	site := h.site()
	lines := []string{"", fmt.Sprintf("Hải Đăng is ready after %.1f s.", took.Seconds()), "",
		"  The room       " + site + "/",
		"  Citizens       " + site + "/phan-anh",
		"  Devices (MQTT) " + h.mqttSite()}
	if h.config.Demo {
		lines = append(lines, demoLines...)
	}
	first, err := h.firstAdmin(ctx, site)
	if err != nil {
		return err
	}
	lines = append(lines, first...)
	units, err := h.noUnits(ctx)
	if err != nil {
		return err
	}
	lines = append(lines, units...)
	lines = append(lines, "", "  Ctrl-C stops everything.", "")
	_, err = io.WriteString(w, strings.Join(lines, "\n")+"\n")
	return err
}

var demoLines = []string{"",
	"  Sign in as operator, editor, reviewer, leader or admin, with the password haidang-demo.",
	"  Simulated: every device and its values, some citizens' reports, the boundaries of the communes",
	"  (their names, codes and centres are real) and the irrigation map. Each is marked so on screen."}

// firstAdmin is the one-time link, when nobody can administer the house yet.
func (h *house) firstAdmin(ctx context.Context, site string) ([]string, error) {
	any, err := h.accounts.HasAny(ctx)
	if err != nil || any {
		return nil, err
	}
	token, err := h.accounts.NewSetupToken(ctx)
	if err != nil {
		return nil, err
	}
	return []string{"", "  Nobody can sign in yet. Make the first administrator here, once:",
		"  " + site + "/bat-dau?token=" + token}, nil
}

// noUnits says what to do when no administrative unit is known: a citizen can
// then report from nowhere.
func (h *house) noUnits(ctx context.Context) ([]string, error) {
	units, err := geo.UnitsOn(ctx, h.pool, haidang.Day(time.Now()))
	if err != nil || len(units) > 0 {
		return nil, err
	}
	return []string{"", "  No communes are known yet, so the map shows none and citizens cannot report. Bring them in:",
		"  haidang import areas FILE.geojson --name-field NAME --code-field CODE --valid-from 2025-07-01"}, nil
}

// site is the address people type.
func (h *house) site() string {
	if h.config.PublicURL != "" {
		return strings.TrimSuffix(h.config.PublicURL, "/")
	}
	return "http://" + reachable(h.config.HTTPAddr)
}

func (h *house) mqttSite() string {
	if h.config.MQTTURL != "" {
		return "your own broker"
	}
	return "mqtt://" + reachable(h.config.MQTTAddr)
}

// reachable writes a listening address so that it can be typed on this machine.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return net.JoinHostPort("localhost", port)
	}
	return addr
}
