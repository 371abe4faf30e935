package web

import (
	"container/list"
	"encoding/json"
	"log/slog"
	"math"
	"reflect"
	"sync"

	"haidang/internal/auth"
)

// kind is what an entity of the live state is.
type kind string

// The kinds of entities on the board.
const (
	kindThing   kind = "thing"
	kindAlarm   kind = "alarm"
	kindRequest kind = "request"
)

// kindActions says which action it is to see an entity of a kind.
var kindActions = map[kind]auth.Action{
	kindThing:   auth.LiveRead,
	kindAlarm:   auth.AlarmRead,
	kindRequest: auth.RequestRead,
}

// ref names one entity.
type ref struct {
	Kind kind   `json:"kind"`
	ID   string `json:"id"`
}

// entity is the newest state of one thing, alarm or request.
type entity struct {
	ref
	version uint64       // of the board when it changed last
	scopes  []auth.Scope // where it belongs now, then where it belonged before
	gone    bool         // a tombstone
	value   any
	encoded json.RawMessage // value as JSON, made when somebody first wants it
}

// maxTombstones bounds what is remembered of entities that left. A reader older
// than the oldest one starts afresh.
const maxTombstones = 2_000

// board is the newest state of every entity, in the order in which they changed. A
// reader that knows the version it has asks only for what moved since, so nobody
// keeps anything for a slow reader. It is safe for concurrent use.
type board struct {
	mu         sync.Mutex
	version    uint64
	floor      uint64 // version of the newest tombstone that was forgotten
	tombstones int
	entities   map[ref]*list.Element // of *entity
	order      *list.List            // by version, ascending
}

func newBoard() *board { return &board{entities: map[ref]*list.Element{}, order: list.New()} }

// put sets an entity's state. A state equal to the present one changes nothing.
func (b *board) put(r ref, scope auth.Scope, value any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.set(r, scope, value)
}

func (b *board) set(r ref, scope auth.Scope, value any) {
	at, ok := b.entities[r]
	if !ok {
		b.entities[r] = b.order.PushBack(&entity{ref: r, scopes: []auth.Scope{scope}, value: value, version: b.next()})
		return
	}
	e := at.Value.(*entity)
	if !e.gone && e.scopes[0] == scope && reflect.DeepEqual(e.value, value) {
		return
	}
	if e.gone {
		e.gone = false
		b.tombstones--
	}
	e.value = value
	e.moveTo(scope)
	b.touch(at)
}

// maxScopes bounds the places remembered of one entity: those who could see it at
// the last few are told when it leaves.
const maxScopes = 8

func (e *entity) moveTo(scope auth.Scope) {
	if e.scopes[0] != scope {
		e.scopes = append([]auth.Scope{scope}, e.scopes[:min(len(e.scopes), maxScopes-1)]...)
	}
}

// change lets do alter the value of an entity that is there; do says whether it did.
func (b *board) change(r ref, do func(value any) (changed bool)) (found bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	at, ok := b.entities[r]
	if !ok || at.Value.(*entity).gone {
		return false
	}
	if do(at.Value.(*entity).value) {
		b.touch(at)
	}
	return true
}

// remove leaves a tombstone in the entity's place.
func (b *board) remove(r ref) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bury(r)
}

func (b *board) bury(r ref) {
	at, ok := b.entities[r]
	if !ok || at.Value.(*entity).gone {
		return
	}
	e := at.Value.(*entity)
	e.gone, e.value = true, nil
	b.tombstones++
	b.touch(at)
	if b.tombstones > maxTombstones {
		b.forget()
	}
}

// forget drops the older half of the tombstones.
func (b *board) forget() {
	for at := b.order.Front(); at != nil && b.tombstones > maxTombstones/2; {
		next := at.Next()
		if e := at.Value.(*entity); e.gone {
			b.floor = e.version
			b.tombstones--
			delete(b.entities, e.ref)
			b.order.Remove(at)
		}
		at = next
	}
}

func (b *board) next() uint64 {
	b.version++
	return b.version
}

func (b *board) touch(at *list.Element) {
	e := at.Value.(*entity)
	e.encoded = nil
	e.version = b.next()
	b.order.MoveToBack(at)
}

// placed is an entity as the database has it.
type placed struct {
	ref
	scope auth.Scope
	value any
}

// reconcile makes the entities of the kinds what the database said, except for
// those that moved after version asOf: the bus was ahead of the reading.
func (b *board) reconcile(asOf uint64, kinds []kind, found []placed) {
	b.mu.Lock()
	defer b.mu.Unlock()
	there := make(map[ref]bool, len(found))
	for _, f := range found {
		there[f.ref] = true
		if at, ok := b.entities[f.ref]; !ok || at.Value.(*entity).version <= asOf {
			b.set(f.ref, f.scope, f.value)
		}
	}
	var left []ref
	for r, at := range b.entities {
		for _, k := range kinds {
			if r.Kind == k && !there[r] && at.Value.(*entity).version <= asOf {
				left = append(left, r)
			}
		}
	}
	for _, r := range left {
		b.bury(r)
	}
}

func (b *board) now() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.version
}

// knows reports whether a reader at that version can be brought up to date by changes alone.
func (b *board) knows(version uint64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return version > 0 && version >= b.floor && version <= b.version
}

// changes is what a reader has not seen yet.
type changes struct {
	Version  uint64            `json:"version"` // what the reader has afterwards
	Things   []json.RawMessage `json:"things"`
	Alarms   []json.RawMessage `json:"alarms"`
	Requests []json.RawMessage `json:"requests"`
	Removed  []ref             `json:"removed"`

	more bool // there is more than fits
}

// empty reports whether there is nothing in it for this reader.
func (c *changes) empty() bool {
	return len(c.Things)+len(c.Alarms)+len(c.Requests)+len(c.Removed) == 0
}

// everything is the limit of one who wants all.
const everything = math.MaxInt

// since returns what moved after the version and p may see, at most limit entities, the oldest first.
func (b *board) since(version uint64, p *auth.Principal, limit int) changes {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := changes{Version: b.version, Things: []json.RawMessage{}, Alarms: []json.RawMessage{}, Requests: []json.RawMessage{}, Removed: []ref{}}
	n := 0
	for at := b.after(version); at != nil; at = at.Next() {
		if n++; n > limit {
			c.more = true
			c.Version = at.Prev().Value.(*entity).version
			break
		}
		c.add(at.Value.(*entity), p, version)
	}
	return c
}

// after returns the oldest entity that moved after the version.
func (b *board) after(version uint64) *list.Element {
	if version == 0 {
		return b.order.Front()
	}
	at := b.order.Back()
	if at == nil || at.Value.(*entity).version <= version {
		return nil
	}
	for at.Prev() != nil && at.Prev().Value.(*entity).version > version {
		at = at.Prev()
	}
	return at
}

// add takes the entity in as p may see it: its state, or that it left p's sight.
func (c *changes) add(e *entity, p *auth.Principal, since uint64) {
	action := kindActions[e.Kind]
	switch {
	case !e.gone && p.May(action, e.scopes[0]):
		c.state(e)
	case since > 0 && e.seenBy(p, action): // who starts afresh has nothing to remove
		c.Removed = append(c.Removed, e.ref)
	}
}

func (e *entity) seenBy(p *auth.Principal, action auth.Action) bool {
	for _, scope := range e.scopes {
		if p.May(action, scope) {
			return true
		}
	}
	return false
}

func (c *changes) state(e *entity) {
	if e.encoded == nil {
		data, err := json.Marshal(e.value)
		if err != nil { // a NaN or an infinity: the rest of the state is worth more
			slog.Error("web: state not encoded", "kind", e.Kind, "id", e.ID, "error", err)
			return
		}
		e.encoded = data
	}
	switch e.Kind {
	case kindThing:
		c.Things = append(c.Things, e.encoded)
	case kindAlarm:
		c.Alarms = append(c.Alarms, e.encoded)
	case kindRequest:
		c.Requests = append(c.Requests, e.encoded)
	}
}
