package tiles

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
)

// temporary marks a file that is being written.
const temporary = ".new"

// magic begins every file of a tile; the number is the format's.
const magic = "hdtile1\n"

const sealSize = len(magic) + 8

var errBroken = errors.New("the file is not what was written")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// seal puts before a tile what tells it from a broken one, and from one of another key:
// magic, length, and a checksum over key and bytes.
func seal(k key, t tile) []byte {
	b := make([]byte, 0, sealSize+len(t))
	b = append(b, magic...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(t)))
	b = binary.BigEndian.AppendUint32(b, checksum(k, t))
	return append(b, t...)
}

func unseal(b []byte, k key) (tile, error) {
	if len(b) < sealSize || string(b[:len(magic)]) != magic {
		return nil, errBroken
	}
	length, sum, t := binary.BigEndian.Uint32(b[len(magic):]), binary.BigEndian.Uint32(b[len(magic)+4:]), tile(b[sealSize:])
	if int(length) != len(t) || sum != checksum(k, t) {
		return nil, errBroken
	}
	return t, nil
}

func checksum(k key, t tile) uint32 {
	return crc32.Update(crc32.Checksum([]byte(k.file()), castagnoli), castagnoli, t)
}

// writeWhole puts a file in its place when all of it is written. A power cut may leave
// one that is not: its seal tells.
func writeWhole(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(path+temporary, data, 0o600); err != nil {
		_ = os.Remove(path + temporary)
		return err
	}
	return os.Rename(path+temporary, path)
}
