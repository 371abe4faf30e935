package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"haidang"
	"haidang/geo"
	"haidang/ingest"
	"haidang/ingest/simulator"
)

// provinceSeed tells the story that the demo shows.
const provinceSeed = 2026

// simulationFile is where the secrets of the simulated devices lie in the data folder.
const simulationFile = "simulation.json"

// simulation is what `haidang simulate` needs to play a province: who its devices
// are to a broker, and the token by which the pages know its citizens.
type simulation struct {
	Seed     uint64                     `json:"seed"`
	Citizens string                     `json:"citizens"` // token of the simulated citizens
	Secrets  map[haidang.ThingID]string `json:"secrets"`
}

// seedDevices registers the simulated devices and writes their secrets, readable
// by their owner only, to the data folder. Doing it again keeps the secrets.
func seedDevices(ctx context.Context, registry *ingest.Registry, dataDir string) (simulation, error) {
	path := filepath.Join(dataDir, simulationFile)
	s, err := readSimulation(path)
	if errors.Is(err, fs.ErrNotExist) {
		s, err = simulation{Seed: provinceSeed, Citizens: newSecret(), Secrets: map[haidang.ThingID]string{}}, nil
	}
	if err != nil {
		return s, err
	}
	var list []ingest.Registration
	for _, d := range simulator.New(s.Seed).Devices() {
		if s.Secrets[d.ID] == "" {
			s.Secrets[d.ID] = newSecret()
		}
		list = append(list, ingest.Registration{ID: d.ID, Type: d.Type, Name: d.Name, Agency: ownerOf(d.Sector),
			Lon: d.Lon, Lat: d.Lat, Simulated: true, Properties: d.Properties, Secret: s.Secrets[d.ID]})
	}
	if err := s.write(path); err != nil {
		return s, err
	}
	return s, registry.Register(ctx, list)
}

// ownerOf is the agency that a device of a sector belongs to in the demo.
func ownerOf(sector string) haidang.AgencyCode {
	switch sector {
	case haidang.SectorAir:
		return geo.AgencyEnvironment
	case haidang.SectorTraffic:
		return geo.AgencyTransport
	case haidang.SectorPower:
		return geo.AgencyConstruction
	}
	return geo.AgencyAgriculture
}

func readSimulation(path string) (s simulation, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(data, &s); err != nil || s.Secrets == nil {
		return s, &haidang.Error{Code: haidang.ErrInvalid, Field: path, Cause: err, Text: haidang.Text{
			VI: "Tệp của tỉnh mô phỏng bị hỏng; hãy xóa đi, lần khởi động sau sẽ tạo lại.",
			EN: "The file of the simulated province is damaged; delete it, the next start makes a new one."}}
	}
	return s, nil
}

// write replaces the file in one step, so that a crash leaves the old one or the new one.
func (s simulation) write(path string) error {
	data, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return err
	}
	return replaceFile(path, data)
}

// replaceFile writes a file that only its owner may read, whole or not at all.
func replaceFile(path string, data []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(temporary.Name()) // gone already when all went well
	_, err = temporary.Write(data)
	if err == nil {
		err = temporary.Sync()
	}
	if err = errors.Join(err, temporary.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(temporary.Name(), path)
}
