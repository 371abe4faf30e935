// Command bench measures the house against floors taken in the same run: what
// the bare part underneath can do. It asserts nothing about seconds.
//
// In: nothing but a PostgreSQL with PostGIS on the machine. Out: figures on
// standard output and in var/bench.json. It must never measure against a
// database without fsync, or keep anything it made.
//
// A figure is a file here: a function that prepares a bench, listed in figures.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime/pprof"
	"syscall"
	"time"
)

// figures is what is measured, in this order.
var figures = []figure{
	{name: "ingest_rows", unit: "rows/s", prepare: prepareIngest},
	{name: "messages", unit: "msg/s", prepare: prepareMessages},
	{name: "known_devices", unit: "msg/s", prepare: prepareKnown},
	{name: "latency_commit", unit: "ms", prepare: prepareCommit},
	{name: "latency_live", unit: "ms", prepare: prepareLive},
	{name: "memory_per_10k", unit: "MB", prepare: prepareMemory},
	{name: "tiles_z14_uncached", unit: "tiles/s", prepare: uncached(14)},
	{name: "tiles_z12_uncached", unit: "tiles/s", prepare: uncached(12)},
	{name: "tiles_random_parcels", unit: "tiles/s", prepare: random(parcelData)},
	{name: "tiles_random_landuse", unit: "tiles/s", prepare: random(liechtenstein("landuse", "MultiPolygon", "landuse", "multipolygons", "landuse IS NOT NULL"))},
	{name: "tiles_random_buildings", unit: "tiles/s", prepare: random(liechtenstein("osm_building", "MultiPolygon", "building", "multipolygons", "building IS NOT NULL"))},
	{name: "tiles_random_roads", unit: "tiles/s", prepare: random(liechtenstein("osm_road", "MultiLineString", "highway", "lines", "highway IS NOT NULL"))},
	{name: "tiles_cached", unit: "tiles/s", prepare: prepareCached},
	{name: "import_rate", unit: "rows/s", prepare: prepareImport},
	{name: "tiles_known", unit: "tiles/s", prepare: prepareKnownTiles},
	{name: "tiles_edit", unit: "ms", prepare: prepareEdit},
	{name: "tiles_voided", unit: "tiles", prepare: prepareVoided},
	{name: "edit_rate", unit: "edits/s", prepare: prepareEditRate},
	{name: "edit_large", unit: "ms", prepare: prepareEditLarge},
	{name: "asof_read", unit: "ms", prepare: prepareAsOf},
	{name: "tiles_crowd", unit: "ms", prepare: prepareCrowd},
}

func main() {
	if len(os.Args) == 4 && os.Args[1] == hostWord {
		slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
		if err := playHost(context.Background(), os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, "bench, broker's process:", err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) == 2 && os.Args[1] == crowdWord {
		if err := playCrowd(context.Background(), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "bench, crowd:", err)
			os.Exit(1)
		}
		return
	}
	only := flag.String("only", ".", "regular expression of the figures to measure")
	runs := flag.Int("runs", 5, "interleaved runs of floor and value")
	out := flag.String("out", "var/bench.json", "file for the figures")
	profile := flag.String("cpuprofile", "", "file for a CPU profile of the values")
	verbose := flag.Bool("v", false, "show the log of the parts")
	flag.Parse()
	if !*verbose {
		slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *only, *runs, *out, *profile); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, only string, runs int, out, profile string) error {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	var results []result
	for _, f := range figures {
		if !wanted.MatchString(f.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s  %s, %d runs\n", time.Now().Format(time.TimeOnly), f.name, runs)
		r, err := measure(ctx, f, runs)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		fmt.Println(r.line())
		results = append(results, r)
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	return writeResults(out, results)
}
