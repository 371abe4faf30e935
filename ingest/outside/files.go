package outside

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"haidang"
)

// Formats of the files that Files writes.
const (
	FormatMosquitto = "mosquitto"
	FormatEMQX      = "emqx"
)

// Device is one registered device as a broker's files name it.
type Device struct {
	Name haidang.ThingID
	Hash []byte // SHA-256 of its secret; nil when it may not sign in
}

// Files writes by file name what tells a broker the registry: who may sign in, as far
// as its format allows, and who may do what. own is our user there.
func Files(format string, devices []Device, own *url.Userinfo) (map[string]string, error) {
	if slices.ContainsFunc(devices, func(d Device) bool { return string(d.Name) == own.Username() }) {
		return nil, haidang.RefuseField("HAIDANG_MQTT_URL", "Một thiết bị trùng tên với tài khoản của Hải Đăng trên máy chủ MQTT nên sẽ có quyền của tài khoản ấy. Hãy dùng tên khác.",
			"A device has the name that Hải Đăng has on that broker, and would have its rights. Use another name there.")
	}
	switch format {
	case FormatMosquitto:
		return map[string]string{"acl": mosquittoACL(devices, own)}, nil
	case FormatEMQX:
		return map[string]string{"acl.conf": emqxACL(own), "users.csv": emqxUsers(devices, own)}, nil
	}
	return nil, haidang.RefuseField("format", "Chỉ có mosquitto hoặc emqx.", "It is mosquitto or emqx.")
}

// mosquittoACL gives devices their topics by pattern, and takes them back from those
// that may not sign in: Mosquitto's password file is not ours to write.
func mosquittoACL(devices []Device, own *url.Userinfo) string {
	var b strings.Builder
	b.WriteString("# acl_file for Mosquitto. Write it again after a device was disabled.\n")
	fmt.Fprintf(&b, "\n# Hải Đăng itself.\nuser %s\n", own.Username())
	for _, t := range OwnTopics(Subscribe) {
		fmt.Fprintf(&b, "topic read %s\n", t)
	}
	for _, t := range OwnTopics(Publish) {
		fmt.Fprintf(&b, "topic write %s\n", t)
	}
	b.WriteString("\n# Devices that may not sign in.\n")
	for _, d := range devices {
		if d.Hash == nil {
			fmt.Fprintf(&b, "user %s\ntopic deny #\n", d.Name)
		}
	}
	b.WriteString("\n# Every device: its own topics, by its user name.\n")
	for _, t := range DeviceTopics("%u", Publish) {
		fmt.Fprintf(&b, "pattern write %s\n", t)
	}
	for _, t := range DeviceTopics("%u", Subscribe) {
		fmt.Fprintf(&b, "pattern read %s\n", t)
	}
	return b.String()
}

// emqxACL is EMQX's file of rights, for authorization.sources type = file.
func emqxACL(own *url.Userinfo) string {
	list := func(topics []string) string { return `["` + strings.Join(topics, `", "`) + `"]` }
	var b strings.Builder
	b.WriteString("%% acl.conf for EMQX 5.\n")
	fmt.Fprintf(&b, "{allow, {user, %q}, subscribe, %s}.\n", own.Username(), list(OwnTopics(Subscribe)))
	fmt.Fprintf(&b, "{allow, {user, %q}, publish, %s}.\n", own.Username(), list(OwnTopics(Publish)))
	fmt.Fprintf(&b, "{allow, all, publish, %s}.\n", list(DeviceTopics("${username}", Publish)))
	fmt.Fprintf(&b, "{allow, all, subscribe, %s}.\n", list(DeviceTopics("${username}", Subscribe)))
	b.WriteString("{deny, all}.\n")
	return b.String()
}

// emqxUsers is the bootstrap file of EMQX's built-in database with sha256 and no salt,
// just as the registry keeps secrets.
func emqxUsers(devices []Device, own *url.Userinfo) string {
	var b strings.Builder
	b.WriteString("user_id,password_hash,salt,is_superuser\n")
	password, _ := own.Password()
	hash := sha256.Sum256([]byte(password))
	fmt.Fprintf(&b, "%s,%s,,false\n", own.Username(), hex.EncodeToString(hash[:]))
	for _, d := range devices {
		if d.Hash != nil {
			fmt.Fprintf(&b, "%s,%s,,false\n", d.Name, hex.EncodeToString(d.Hash))
		}
	}
	return b.String()
}
