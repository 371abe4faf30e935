package ingest

import (
	"net/url"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"haidang"
	"haidang/ingest/broker"
	"haidang/internal/mqttclient"
)

// source is where the lanes get their messages from: the embedded broker of this
// process, that of another, or a broker of somebody else, which has one lane.
type source struct {
	partitions int                                                // lanes there are; 0: as many as the other processes say
	foreign    bool                                               // not ours: it knows no lanes
	options    func(clientID string) (*mqtt.ClientOptions, error) // fresh for each connection: the broker may have moved
}

// newSource refuses an address that cannot be read as ErrInvalid.
func newSource(c ServiceConfig) (source, error) {
	switch {
	case c.Broker != nil:
		return source{partitions: c.Broker.Partitions(), options: func(clientID string) (*mqtt.ClientOptions, error) {
			return c.Broker.ClientOptions(clientID), nil
		}}, nil
	case c.Folder != "":
		return source{options: func(clientID string) (*mqtt.ClientOptions, error) { return broker.RemoteOptions(c.Folder, clientID) }}, nil
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" {
		return source{}, haidang.RefuseField("HAIDANG_MQTT_URL", "Địa chỉ máy chủ MQTT phải có dạng tcp://tên:mật-khẩu@máy:1883.",
			"The MQTT broker's address must look like tcp://user:password@host:1883.")
	}
	s := source{partitions: 1, foreign: true, options: func(clientID string) (*mqtt.ClientOptions, error) {
		return mqttclient.Options().AddBroker(c.URL).SetClientID(clientID), nil
	}}
	if u.User.Username() == broker.UserIngest {
		s.partitions, s.foreign = 0, false
	}
	return s, nil
}

// session returns the client id and the topics of a lane.
func (s source) session(partition int) (clientID string, topics []string) {
	if s.foreign {
		return broker.UserIngest, broker.Topics
	}
	return broker.LaneClientID(partition), []string{broker.LaneTopic(partition)}
}
