package broker

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// recordFile is the file inside the store that says what it is.
const recordFile = "store.json"

// storeRecord is what is remembered of a store beside the messages.
type storeRecord struct {
	StoreID    string `json:"id"`         // empty: not ready for devices
	Base       uint64 `json:"base"`       // the stream's sequence from which Account counts
	Partitions int    `json:"partitions"` // the most lanes that were ever configured: all have a session
	Window     int    `json:"window"`     // of their sessions
}

// readRecord returns an empty record for a new store, or for that of an older version.
func readRecord(dir string) (r storeRecord, err error) {
	text, err := os.ReadFile(filepath.Join(dir, recordFile))
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}

func (r storeRecord) write(dir string) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return writeDurably(filepath.Join(dir, recordFile), string(text))
}

func newStoreID() string { return rand.Text() }

// writeDurably replaces a file that only its owner may read.
func writeDurably(path, text string) error {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
