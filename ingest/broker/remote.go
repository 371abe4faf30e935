package broker

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"haidang"
	"haidang/internal/mqttclient"
)

// Files inside the store's folder by which another process of ours on this
// machine finds the broker and signs in. Only the folder's owner can read them.
const (
	secretFile  = "secret"  // the password of our own users, made with the store
	addressFile = "address" // where the broker listens, host:port
)

// ClientOptions are those of our own clients of the broker, once it runs:
// clientID is UserWeb or a LaneClientID.
func (b *Broker) ClientOptions(clientID string) *mqtt.ClientOptions {
	return ownOptions(b.dialHost(), clientID, b.gate.secret)
}

// RemoteOptions are those of ClientOptions for another process of this machine:
// dir is the running broker's Config.Dir. They are to be asked for at each
// connection, for the broker may have moved. Without a broker's files in dir it
// is an ErrUnavailable.
func RemoteOptions(dir, clientID string) (*mqtt.ClientOptions, error) {
	secret, err1 := os.ReadFile(filepath.Join(dir, secretFile))
	address, err2 := os.ReadFile(filepath.Join(dir, addressFile))
	if err := errors.Join(err1, err2); err != nil {
		return nil, noBroker(dir, err)
	}
	return ownOptions(string(address), clientID, string(secret)), nil
}

func noBroker(dir string, err error) error {
	return &haidang.Error{Code: haidang.ErrUnavailable, Field: "HAIDANG_DATA", Cause: err, Text: haidang.Text{
		VI: "Không thấy máy chủ MQTT nào dùng thư mục " + dir + "; hãy chạy `haidang serve` với cùng HAIDANG_DATA trước.",
		EN: "No broker uses the folder " + dir + "; run `haidang serve` with the same HAIDANG_DATA first."}}
}

func ownOptions(address, clientID, secret string) *mqtt.ClientOptions {
	user := UserWeb
	if strings.HasPrefix(clientID, UserIngest) {
		user = UserIngest
	}
	return mqttclient.Options().AddBroker("tcp://" + address).SetClientID(clientID).SetUsername(user).SetPassword(secret)
}

// dialHost is where our own clients reach the listener, host:port.
func (b *Broker) dialHost() string {
	address := b.address.Load()
	if address == nil {
		return ""
	}
	host := "127.0.0.1"
	if address.IP != nil && !address.IP.IsUnspecified() {
		host = address.IP.String()
	}
	return net.JoinHostPort(host, strconv.Itoa(address.Port))
}

// shortestSecret is what a secret that was cut short falls below: with an empty one
// everybody would be let in.
const shortestSecret = 20

// readSecret reads the password of our own users, or makes it.
func readSecret(dir string) (string, error) {
	path := filepath.Join(dir, secretFile)
	secret, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if len(secret) >= shortestSecret {
		return string(secret), nil
	}
	made := rand.Text()
	return made, writeDurably(path, made)
}
