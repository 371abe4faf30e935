package outside

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"haidang"
	"haidang/internal/mqttclient"
)

// Identity is the registered device with which a start tries what devices may do.
type Identity struct {
	Name    haidang.ThingID
	Secret  string
	Address string // where devices connect, without a user
}

// ParseIdentity reads "name:secret", for a device that connects where we do, or
// "tcp://name:secret@host:port".
func ParseIdentity(text, broker string) (Identity, error) {
	if strings.Contains(text, "://") {
		if u, err := url.Parse(text); err == nil && u.Host != "" && u.User != nil {
			secret, _ := u.User.Password()
			return checkedIdentity(Identity{haidang.ThingID(u.User.Username()), secret, address(text)})
		}
		return Identity{}, badIdentity()
	}
	name, secret, _ := strings.Cut(text, ":")
	return checkedIdentity(Identity{haidang.ThingID(name), secret, address(broker)})
}

func checkedIdentity(i Identity) (Identity, error) {
	if !i.Name.Valid() || i.Secret == "" {
		return Identity{}, badIdentity()
	}
	return i, nil
}

func badIdentity() error {
	return haidang.RefuseField("HAIDANG_MQTT_PROBE", "Phải có dạng tên:khóa của một thiết bị đã đăng ký, hoặc tcp://tên:khóa@máy:cổng khi thiết bị kết nối ở địa chỉ khác.",
		"This must look like name:secret of a registered device, or tcp://name:secret@host:port when devices connect elsewhere than we do.")
}

const (
	echo          = 5 * time.Second        // for what must arrive
	silence       = 500 * time.Millisecond // for what must not
	trialPatience = time.Minute
)

// trial is one try of what a device may do. Everything is seen from our own session.
type trial struct {
	broker   string
	device   Identity
	watch    *client
	stranger string // a name that nobody has registered
	sent     int    // control messages so far
	findings []haidang.Text
}

// CheckRights tries with a registered device's own credentials to do what no device
// may: sign in as nobody or with a wrong secret, speak for another, hear others, take
// our session. It fails with an ErrInvalid that lists what worked, and with
// ErrUnavailable when it could not try. The device's account counts the few empty
// attribute messages that it sends.
func CheckRights(ctx context.Context, broker string, device Identity) error {
	ctx, cancel := context.WithTimeout(ctx, trialPatience)
	defer cancel()
	t := &trial{broker: broker, device: device, stranger: "probe-" + strings.ToLower(rand.Text()[:12])}
	if err := t.listen(ctx); err != nil {
		return unreachable(err)
	}
	defer func() { t.watch.Disconnect(100) }()
	for _, try := range []func(context.Context) error{t.behave, t.signIn, t.speakForOthers, t.leaveForeignWill, t.hearOthers, t.takeSession} {
		if err := try(ctx); err != nil {
			return err
		}
	}
	if len(t.findings) > 0 {
		return refuse("HAIDANG_MQTT_URL", t.findings, rightsRemedy)
	}
	return nil
}

var rightsRemedy = haidang.Text{
	VI: "Hãy đặt quyền theo docs/external-broker.md (HAIDANG_MQTT_AUTH_ADDR, hoặc haidang device acl), hay chạy với --trust-broker: khi ấy không bảo đảm được số liệu là của đúng thiết bị.",
	EN: "Set rights as in docs/external-broker.md (HAIDANG_MQTT_AUTH_ADDR, or haidang device acl), or start with --trust-broker: then nothing promises that a reading comes from the device it names.",
}

func (t *trial) found(vi, en string) {
	t.findings = append(t.findings, haidang.Text{VI: vi, EN: en})
}

func (t *trial) topic(name, kind string) string { return "v1/things/" + name + "/" + kind }

// listen opens our own session on all that a device might wrongly reach.
func (t *trial) listen(ctx context.Context) error {
	w, err := dial(ctx, own(t.broker, "probe").SetCleanSession(true), false)
	if err != nil {
		return err
	}
	t.watch = w
	name := string(t.device.Name)
	return mqttclient.Subscribe(ctx, w, t.topic(t.stranger, "telemetry"), t.topic(t.stranger, "status"), t.topic(t.stranger, "attributes"),
		t.topic(t.stranger, "commands"), t.topic(name, "commands"), t.topic(name, "attributes"), probeTopics+t.stranger)
}

// options are those of the probe device.
func (t *trial) options() *mqtt.ClientOptions {
	return mqttclient.Options().AddBroker(t.device.Address).SetCleanSession(true).
		SetClientID(string(t.device.Name)).SetUsername(string(t.device.Name)).SetPassword(t.device.Secret)
}

// as opens a connection for as long as do takes. A refused one is an error.
func (t *trial) as(ctx context.Context, options *mqtt.ClientOptions, do func(*client)) error {
	c, err := dial(ctx, options, false)
	if err != nil {
		return err
	}
	defer c.Disconnect(50)
	if do != nil {
		do(c)
	}
	return nil
}

// control sends an empty set of attributes, each with another number of spaces, and
// reports whether it arrived: behind it nothing earlier is still on its way.
func (t *trial) control(ctx context.Context, c *client) bool {
	t.sent++
	h := heard{t.topic(string(t.device.Name), "attributes"), "{" + strings.Repeat(" ", t.sent) + "}"}
	if c.say(ctx, h.topic, h.payload, false) != nil {
		return false
	}
	arrived := t.watch.awaits(ctx, h, echo)
	pause(ctx, silence)
	return arrived
}

// behave does what a device may. Were that refused, every refusal after it would prove nothing.
func (t *trial) behave(ctx context.Context) error {
	arrived := false
	err := t.as(ctx, t.options(), func(c *client) { arrived = t.control(ctx, c) })
	if err == nil && arrived {
		return nil
	}
	return &haidang.Error{Code: haidang.ErrUnavailable, Field: "HAIDANG_MQTT_PROBE", Cause: err, Text: haidang.Text{
		VI: fmt.Sprintf("Không thử được quyền: thiết bị %s không đăng nhập được hoặc không gửi được vào chủ đề của chính nó. Hãy kiểm tra khóa và quyền của thiết bị ấy trên máy chủ MQTT, hay chạy với --trust-broker.", t.device.Name),
		EN: fmt.Sprintf("Rights could not be tried: the device %s cannot sign in or cannot publish to its own topics. Check its secret and its rights on the broker, or start with --trust-broker.", t.device.Name)}}
}

func (t *trial) signIn(ctx context.Context) error {
	anonymous := mqttclient.Options().AddBroker(t.device.Address).SetClientID(t.stranger)
	if t.as(ctx, anonymous, nil) == nil {
		t.found("Máy chủ MQTT cho vào không cần tên và mật khẩu (allow_anonymous).", "The broker lets in who gives no name and no secret (allow_anonymous).")
	}
	if t.as(ctx, t.options().SetPassword("not "+t.device.Secret), nil) == nil {
		t.found("Máy chủ MQTT cho thiết bị vào với khóa sai.", "The broker lets a device in with a wrong secret.")
	}
	if t.as(ctx, t.options().SetClientID(t.stranger).SetUsername(t.stranger), nil) == nil {
		t.found("Máy chủ MQTT cho một thiết bị chưa đăng ký vào.", "The broker lets an unregistered device in.")
	}
	return nil
}

// speakForOthers publishes where the device must not, each time on a connection of its own, for a broker may cut it.
func (t *trial) speakForOthers(ctx context.Context) error {
	foreign := []string{t.topic(t.stranger, "telemetry"), t.topic(t.stranger, "status"), t.topic(t.stranger, "attributes"),
		t.topic(t.stranger, "commands"), t.topic(string(t.device.Name), "commands"), probeTopics + t.stranger}
	for _, topic := range foreign {
		_ = t.as(ctx, t.options(), func(c *client) { _ = c.say(ctx, topic, "forged", false) })
	}
	if err := t.behave(ctx); err != nil {
		return err
	}
	var reached []string
	for _, topic := range foreign {
		if t.watch.has(heard{topic, "forged"}) {
			reached = append(reached, topic)
		}
	}
	if len(reached) > 0 {
		t.found("Thiết bị gửi được vào chủ đề không phải của nó: "+quoted(reached)+".", "A device can publish to topics that are not its own: "+quoted(reached)+".")
	}
	return nil
}

// leaveForeignWill takes over a connection, which lets the broker speak its will.
func (t *trial) leaveForeignWill(ctx context.Context) error {
	topic := t.topic(t.stranger, "telemetry")
	var err error
	_ = t.as(ctx, t.options().SetWill(topic, "forged will", 1, false), func(*client) { err = t.behave(ctx) })
	if t.watch.has(heard{topic, "forged will"}) {
		t.found("Di chúc (last will) của thiết bị vào được chủ đề không phải của nó.", "A device's last will reaches a topic that is not its own.")
	}
	return err
}

// hearOthers subscribes where the device must not. A broker may grant the
// subscription and still deliver nothing, so what counts is what is heard.
func (t *trial) hearOthers(ctx context.Context) error {
	var reached []string
	for _, filter := range []string{"#", "v1/things/+/attributes", "v1/things/+/commands", probeTopics + "#"} {
		_ = t.as(ctx, t.options(), func(c *client) {
			_ = mqttclient.Subscribe(ctx, c, filter)
			_ = t.watch.say(ctx, probeTopics+t.stranger, "for nobody else", false)
			_ = t.watch.say(ctx, t.topic(t.stranger, "commands"), "for nobody else", false)
			t.control(ctx, c)
			for _, topic := range c.topics() {
				reached = append(reached, topic+" ("+filter+")")
			}
		})
	}
	if len(reached) > 0 {
		slices.Sort(reached)
		t.found("Thiết bị nghe được chủ đề không phải của nó: "+quoted(slices.Compact(reached))+".", "A device can hear topics that are not its own: "+quoted(slices.Compact(reached))+".")
	}
	return nil
}

// takeSession signs in as the device under our own client identifier. It comes last,
// for where it works our own session is gone.
func (t *trial) takeSession(ctx context.Context) error {
	_ = t.as(ctx, t.options().SetClientID(OwnPrefix+"probe"), func(*client) { pause(ctx, silence) })
	if !t.watch.IsConnectionOpen() {
		t.found("Thiết bị chiếm được phiên của Hải Đăng bằng cách dùng mã máy khách (client id) của nó, và các tin đang chờ sẽ mất. Hãy buộc mã máy khách bằng tên thiết bị: use_username_as_clientid true ở cổng của thiết bị (Mosquitto, EMQX).",
			"A device can take Hải Đăng's session by using its client identifier, and what waits there would be lost. Tie the client identifier to the device's name: use_username_as_clientid true on the devices' listener (Mosquitto, EMQX).")
	}
	return nil
}
