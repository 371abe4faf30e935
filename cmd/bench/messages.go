package main

import (
	"context"
	"errors"
)

// messagesBench measures messages/s, one reading each, from the first PUBLISH to
// the COMMIT of the last. Its floor is the bare loop with the same publishers: from
// the first PUBLISH to the last message in a client's hand, acknowledged.
type messagesBench struct {
	*path
	bare *bareLoop
}

func prepareMessages(ctx context.Context) (*bench, error) {
	w, err := openWorkshop(ctx)
	if err != nil {
		return nil, err
	}
	p, err := openPath(ctx, w, publishers, publishers)
	if err != nil {
		return nil, err
	}
	b := &messagesBench{path: p}
	if b.bare, err = openBareLoop(ctx, b.dir+"/bare", b.registry, b.names); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return &bench{floor: b.floor, value: b.value, close: b.close}, nil
}

func (b *messagesBench) value(ctx context.Context) (float64, error) {
	return b.run(ctx, messages, 1, oneReading)
}

func (b *messagesBench) floor(ctx context.Context) (float64, error) {
	return b.bare.run(ctx, b.packets(messages, oneReading))
}

func (b *messagesBench) close() error { return errors.Join(b.bare.close(), b.path.close()) }

// knownBench measures messages/s of a hundred devices among a hundred thousand that
// are registered. Its floor is the same path when only those hundred are.
type knownBench struct{ few, many *path }

const (
	fewKnown  = 100
	manyKnown = 100_000
)

func prepareKnown(ctx context.Context) (*bench, error) {
	b := &knownBench{}
	for _, p := range []struct {
		path  **path
		known int
	}{{&b.few, fewKnown}, {&b.many, manyKnown}} {
		w, err := openWorkshop(ctx)
		if err != nil {
			return nil, errors.Join(err, b.close())
		}
		if *p.path, err = openPath(ctx, w, p.known, fewKnown); err != nil {
			return nil, errors.Join(err, b.close())
		}
	}
	return &bench{floor: b.of(b.few), value: b.of(b.many), close: b.close}, nil
}

func (b *knownBench) of(p *path) func(context.Context) (float64, error) {
	return func(ctx context.Context) (float64, error) { return p.run(ctx, messages, 1, oneReading) }
}

func (b *knownBench) close() (err error) {
	for _, p := range []*path{b.few, b.many} {
		if p != nil {
			err = errors.Join(err, p.close())
		}
	}
	return err
}
