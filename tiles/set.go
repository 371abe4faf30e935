package tiles

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"haidang"
)

// maxParts is how many layers one tile may be made of.
const maxParts = 16

// set is what one address of tiles serves: a layer, or several one after another.
type set []*layer

// Slugs reads the name of a set: one slug, or several with commas. ErrInvalid: too
// many, or one twice.
func Slugs(name string) ([]haidang.LayerSlug, error) {
	parts := strings.Split(name, ",")
	list := make([]haidang.LayerSlug, len(parts))
	for i, p := range parts {
		if list[i] = haidang.LayerSlug(p); slices.Contains(list[:i], list[i]) || i >= maxParts {
			return nil, haidang.RefuseField("layer", fmt.Sprintf("Một mảnh gộp có tối đa %d lớp, mỗi lớp một lần.", maxParts),
				fmt.Sprintf("A composite tile has at most %d layers, each once.", maxParts))
		}
	}
	return list, nil
}

func (s *Service) set(name string) (set, error) {
	slugs, err := Slugs(name)
	if err != nil {
		return nil, err
	}
	parts := make(set, len(slugs))
	for i, slug := range slugs {
		if parts[i], err = s.layer(slug); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// at returns the parts that have something at the zoom: a layer alone within its zooms,
// parts of a composite also beyond their last, so that each is as fine as the finest.
func (p set) at(z uint32) set {
	return slices.DeleteFunc(slices.Clone(p), func(l *layer) bool {
		return int(z) < l.MinZoom || int(z) > p.maxZoom()
	})
}

func (p set) minZoom() int {
	return slices.MinFunc(p, func(a, b *layer) int { return a.MinZoom - b.MinZoom }).MinZoom
}

func (p set) maxZoom() int {
	return slices.MaxFunc(p, func(a, b *layer) int { return a.MaxZoom - b.MaxZoom }).MaxZoom
}

func (p set) name() haidang.LayerSlug {
	names := make([]string, len(p))
	for i, l := range p {
		names[i] = string(l.Slug)
	}
	return haidang.LayerSlug(strings.Join(names, ","))
}

func (p set) open() bool {
	return !slices.ContainsFunc(p, func(l *layer) bool { return !l.Open() })
}

// key is the key of the layer's tile as it is known now, of that instant.
func (l *layer) key(day string, at int64, z, x, y uint32) key {
	k := key{name: l.Slug, print: l.prints[z], version: l.ledger.at(z, x, y), z: z, x: x, y: y}
	if l.Dated {
		k.day = day
	}
	if at != 0 {
		return l.pastKey(k, at)
	}
	return k
}

func (p set) keys(day string, at int64, z, x, y uint32) []key {
	keys := make([]key, len(p))
	for i, l := range p {
		keys[i] = l.key(day, at, z, x, y)
	}
	return keys
}

// joined is the key of what is made of the parts' tiles.
func joined(parts []key) key {
	if len(parts) == 1 {
		return parts[0]
	}
	prints, versions := fnv.New64a(), fnv.New64a()
	var names []string
	k := key{at: parts[0].at, z: parts[0].z, x: parts[0].x, y: parts[0].y}
	for _, part := range parts {
		names = append(names, string(part.name))
		_ = binary.Write(prints, binary.BigEndian, part.print) // never fails
		_ = binary.Write(versions, binary.BigEndian, part.version)
		k.day = max(k.day, part.day) // the dated ones are of one day
	}
	k.name, k.print, k.version = haidang.LayerSlug(strings.Join(names, ",")), prints.Sum64(), int64(versions.Sum64())
	return k
}

// compose returns the tile of all parts, one after another, from the cache or from
// theirs. It is made as little as it is asked for, so it does not go to the disk.
func (s *Service) compose(ctx context.Context, parts set, keys []key) (result, error) {
	if len(parts) == 1 {
		return s.load(ctx, parts[0], keys[0])
	}
	k := joined(keys)
	if t, ok := s.cacheOf(k).GetIfPresent(k); ok {
		return result{t, k, true}, nil
	}
	return s.flights.join(ctx, k, askerOf(ctx), func(ctx context.Context, _ *flight) (result, error) {
		return s.assemble(ctx, parts, keys)
	})
}

func (s *Service) assemble(ctx context.Context, parts set, keys []key) (result, error) {
	found := make([]result, len(parts))
	group, ctx := errgroup.WithContext(ctx)
	for i, l := range parts {
		group.Go(func() (err error) {
			found[i], err = s.load(ctx, l, keys[i])
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return result{}, err
	}
	var all bytes.Buffer
	as, hit := make([]key, len(parts)), true
	for i, r := range found {
		plain, err := expand(r.tile)
		if err != nil {
			return result{}, fmt.Errorf("unpack a tile of %s: %w", r.key.name, err)
		}
		all.Write(plain) // layers of a tile stand side by side: it is as simple as that
		as[i], hit = r.key, hit && r.hit
	}
	t, err := compress(all.Bytes())
	if err != nil {
		return result{}, err
	}
	k := joined(as)
	s.cacheOf(k).Set(k, t)
	return result{tile: t, key: k, hit: hit}, nil
}
