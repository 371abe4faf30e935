package outside

import (
	"strings"

	"haidang"
)

// refuse makes one refusal of all findings: a start that is mended setting by setting
// takes as many tries as there are settings.
func refuse(field string, findings []haidang.Text, remedy haidang.Text) error {
	var vi, en []string
	for _, f := range append(findings, remedy) {
		vi, en = append(vi, f.VI), append(en, f.EN)
	}
	return haidang.RefuseField(field, strings.Join(vi, " "), strings.Join(en, " "))
}

// unreachable says that there was no trying.
func unreachable(err error) error {
	return &haidang.Error{Code: haidang.ErrUnavailable, Field: "HAIDANG_MQTT_URL", Cause: err, Text: haidang.Text{
		VI: "Không thử được máy chủ MQTT bên ngoài. Hãy kiểm tra địa chỉ, tên, mật khẩu và quyền của Hải Đăng trên máy chủ ấy: đọc v1/things/+/{telemetry,status,attributes} và v1/channels/+/reports; ghi v1/channels/+/reports; đọc và ghi v1/things/+/commands và haidang/probe/#.",
		EN: "The external MQTT broker could not be tried. Check its address, the user, the password and what that user may do there: read v1/things/+/{telemetry,status,attributes} and v1/channels/+/reports; write v1/channels/+/reports; read and write v1/things/+/commands and haidang/probe/#."}}
}
