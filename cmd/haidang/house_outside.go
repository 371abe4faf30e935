package main

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"

	"haidang"
	"haidang/ingest/broker"
	"haidang/ingest/outside"
)

// tryOutside opens the door for the external broker's questions, which may be about
// ourselves, then tries whether that broker would lose or let forge.
func (h *house) tryOutside(ctx context.Context) error {
	if u, err := url.Parse(h.config.MQTTURL); err == nil && u.User.Username() == broker.UserIngest {
		return nil // the embedded broker of another process of ours
	}
	if h.config.MQTTAuthAddr != "" {
		h.door = outside.NewDoor(outside.DoorConfig{Addr: h.config.MQTTAuthAddr, Token: h.config.MQTTAuthToken,
			Broker: h.config.MQTTURL, Credentials: h.registry})
		if err := h.door.Start(ctx); err != nil {
			h.door = nil
			return err
		}
	}
	begin := time.Now()
	if err := h.tryAlone(ctx); err != nil {
		return errors.Join(err, h.closeDoor(context.WithoutCancel(ctx)))
	}
	slog.Info("the external broker was tried", "took", time.Since(begin).Round(time.Millisecond))
	return nil
}

func (h *house) closeDoor(ctx context.Context) error {
	if h.door == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, stopPatience)
	defer cancel()
	return h.door.Stop(ctx)
}

// outsideLock keeps two processes of one database from trying the broker at once,
// under the same client identifiers.
const outsideLock = 0x6f757473

func (h *house) tryAlone(ctx context.Context) error {
	return pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, outsideLock); err != nil {
			return err
		}
		if err := outside.CheckLimits(ctx, h.config.MQTTURL); err != nil {
			return err
		}
		return h.tryRights(ctx)
	})
}

// tryRights starts without a proof of rights only when told to.
func (h *house) tryRights(ctx context.Context) error {
	err := h.checkRights(ctx)
	if err == nil || !h.config.TrustBroker {
		return err
	}
	slog.Warn("the external broker's rights do not hold or could not be tried; it is trusted, as asked: nothing promises that a reading comes from the device it names, that no device hears another's, nor that no device takes ingest's session and what waits in it",
		"why", err)
	return nil
}

func (h *house) checkRights(ctx context.Context) error {
	if h.config.MQTTProbe == "" {
		return haidang.RefuseField("HAIDANG_MQTT_PROBE",
			"Không biết máy chủ MQTT bên ngoài có giữ quyền hay không. Hãy đăng ký một thiết bị để thử và đặt HAIDANG_MQTT_PROBE=tên:khóa, hay chạy với --trust-broker: khi ấy không bảo đảm được số liệu là của đúng thiết bị.",
			"Whether the external broker keeps rights is unknown. Register a device for the trial and set HAIDANG_MQTT_PROBE=name:secret, or start with --trust-broker: then nothing promises that a reading comes from the device it names.")
	}
	device, err := outside.ParseIdentity(h.config.MQTTProbe, h.config.MQTTURL)
	if err != nil {
		return err
	}
	return outside.CheckRights(ctx, h.config.MQTTURL, device)
}
