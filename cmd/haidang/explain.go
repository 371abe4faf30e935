package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"syscall"

	"haidang"
	"haidang/internal/config"
)

// explainSystem says what the operating system's error means for the data folder dir.
func explainSystem(err error, dir string) error {
	refuse := func(vi, en string) error {
		return &haidang.Error{Code: haidang.ErrUnavailable, Cause: err, Text: haidang.Text{VI: vi, EN: en}}
	}
	switch {
	case diskFull(err):
		return refuse(fmt.Sprintf("Ổ đĩa chứa %s đã đầy; hãy giải phóng chỗ trống rồi chạy lại.", dir),
			fmt.Sprintf("The disk that holds %s is full; free some space and start again.", dir))
	case errors.Is(err, fs.ErrPermission):
		return refuse(fmt.Sprintf("Không có quyền trong thư mục dữ liệu %s; hãy chạy bằng chủ của nó hoặc đặt HAIDANG_DATA khác.", dir),
			fmt.Sprintf("No right to work in the data folder %s; run as its owner or set another HAIDANG_DATA.", dir))
	}
	return err
}

// diskFull knows the operating system's word for it and the database's.
func diskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) ||
		strings.Contains(err.Error(), "No space left on device") || strings.Contains(err.Error(), "SQLSTATE 53100")
}

// probePorts refuses a taken address before anything is started.
func probePorts(c config.Config) error {
	if err := probe("HAIDANG_HTTP_ADDR", c.HTTPAddr); err != nil {
		return err
	}
	if c.MQTTURL != "" {
		return nil
	}
	return probe("HAIDANG_MQTT_ADDR", c.MQTTAddr)
}

func probe(field, addr string) error {
	l, err := net.Listen("tcp", addr)
	if err == nil {
		return l.Close()
	}
	vi, en := "không lắng nghe được ở %s.", "cannot listen at %s."
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		vi = "địa chỉ %s đã có chương trình khác dùng; hãy dừng nó hoặc chọn địa chỉ khác."
		en = "%s is taken by another program; stop it or choose another address."
	case errors.Is(err, fs.ErrPermission):
		vi = "không có quyền mở cổng %s; hãy chọn cổng từ 1024 trở lên."
		en = "no right to open %s; choose a port of 1024 or more."
	}
	refusal := haidang.RefuseField(field, fmt.Sprintf(vi, addr), fmt.Sprintf(en, addr))
	if !errors.Is(err, syscall.EADDRINUSE) {
		refusal.Cause = err
	}
	return refusal
}
