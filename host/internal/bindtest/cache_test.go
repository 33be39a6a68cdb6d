package bindtest

import (
	"bytes"
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/poll"
	"github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/cache"
	kvtypes "github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/types"
	"github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/wasikeyvalueerror"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/internal/abi"
)

// still implements wasi:keyvalue and wasi:io/poll with one object, which
// answers as it is told to: a call allocates what its adapter allocates.
type still struct {
	key   string
	ttl   component.Option[uint32]
	body  []byte
	given []byte
	kind  answer
	ready []uint32
	polls int
}

// answer says how still's futures end.
type answer uint8

const (
	pending answer = iota
	absent
	present
	failed
	vacant
)

type (
	getFuture    struct{ *still }
	existsFuture struct{ *still }
	setFuture    struct{ *still }
	entryFuture  struct{ *still }
)

func (s *still) Get(_ context.Context, k string) (cache.FutureGetResult, error) {
	s.key = k
	return getFuture{s}, nil
}

func (s *still) Exists(context.Context, string) (cache.FutureExistsResult, error) {
	return existsFuture{s}, nil
}

func (s *still) Set(_ context.Context, k string, _ cache.OutgoingValue, ttl component.Option[uint32]) (cache.FutureResult, error) {
	s.key, s.ttl = k, ttl
	return setFuture{s}, nil
}

func (s *still) GetOrSet(context.Context, string) (cache.FutureGetOrSetResult, error) {
	return entryFuture{s}, nil
}

func (s *still) Delete(context.Context, string) (cache.FutureResult, error) { return setFuture{s}, nil }

func (f getFuture) FutureGetResultGet(context.Context) (r component.Option[component.Result[component.Option[cache.IncomingValue], cache.Error]], err error) {
	r.Some = f.kind != pending
	r.Value.IsErr, r.Value.Err = f.kind == failed, f.still
	if f.kind == present {
		r.Value.Ok = component.Some[cache.IncomingValue](f.still)
	}
	return r, nil
}

func (f getFuture) ListenToFutureGetResult(context.Context) (cache.Pollable, error) {
	return f.still, nil
}

func (f existsFuture) FutureExistsResultGet(context.Context) (r component.Option[component.Result[bool, cache.Error]], err error) {
	r.Some = f.kind != pending
	r.Value = component.Result[bool, cache.Error]{Ok: f.kind == present, Err: f.still, IsErr: f.kind == failed}
	return r, nil
}

func (f existsFuture) ListenToFutureExistsResult(context.Context) (cache.Pollable, error) {
	return f.still, nil
}

func (f setFuture) FutureResultGet(context.Context) (r component.Option[component.Result[component.Unit, cache.Error]], err error) {
	r.Some = f.kind != pending
	r.Value = component.Result[component.Unit, cache.Error]{Err: f.still, IsErr: f.kind == failed}
	return r, nil
}

func (f setFuture) ListenToFutureResult(context.Context) (cache.Pollable, error) { return f.still, nil }

func (f entryFuture) FutureGetOrSetResultGet(context.Context) (r component.Option[component.Result[cache.GetOrSetEntry, cache.Error]], err error) {
	r.Some = f.kind != pending
	switch f.kind {
	case failed:
		r.Value = component.Result[cache.GetOrSetEntry, cache.Error]{Err: f.still, IsErr: true}
	case vacant:
		r.Value.Ok = cache.GetOrSetEntry{Tag: cache.GetOrSetEntryTagVacant, Vacant: f.still}
	case present:
		r.Value.Ok = cache.GetOrSetEntry{Tag: cache.GetOrSetEntryTagOccupied, Occupied: f.still}
	}
	return r, nil
}

func (f entryFuture) ListenToFutureGetOrSetResult(context.Context) (cache.Pollable, error) {
	return f.still, nil
}

func (s *still) VacancyFill(_ context.Context, ttl component.Option[uint32]) (cache.OutgoingValue, error) {
	s.ttl = ttl
	return s, nil
}

func (s *still) OutgoingValueWriteBodyAsync(context.Context) (kvtypes.OutgoingValueBodyAsync, error) {
	return nil, component.Fail[kvtypes.Error](s)
}

func (s *still) OutgoingValueWriteBodySync(_ context.Context, body []byte) error {
	s.given = append(s.given[:0], body...)
	return nil
}

func (s *still) IncomingValueConsumeSync(context.Context) ([]byte, error) { return s.body, nil }

func (s *still) IncomingValueConsumeAsync(context.Context) (kvtypes.IncomingValueAsyncBody, error) {
	return nil, component.Fail[kvtypes.Error](s)
}

func (s *still) IncomingValueSize(context.Context) (uint64, error) { return uint64(len(s.body)), nil }

func (s *still) Trace(context.Context) (string, error) { return "it failed", nil }

func (s *still) Ready(context.Context) (bool, error) { return true, nil }

func (s *still) Block(context.Context) error { return nil }

func (s *still) Poll(_ context.Context, in []poll.Pollable) ([]uint32, error) {
	s.polls = len(in)
	return s.ready, nil
}

func (s *still) BucketOpenBucket(context.Context, string) (kvtypes.Bucket, error) {
	return nil, component.Fail[kvtypes.Error](s)
}

func (s *still) OutgoingValueNewOutgoingValue(context.Context) (kvtypes.OutgoingValue, error) {
	return s, nil
}

const (
	cacheFace = "wasi:keyvalue/cache@0.1.0"
	typesFace = "wasi:keyvalue/types@0.1.0"
)

func cacheGuest(t testing.TB, s *still, perGuest bool) *guest {
	l := component.NewLinker()
	err := cache.Register(l, s)
	if perGuest {
		l = component.NewLinker()
		err = cache.RegisterEach(l, func(*component.Guest) (cache.Host, error) { return s, nil })
	}
	for _, err := range []error{err, kvtypes.Register(l, s), wasikeyvalueerror.Register(l), poll.Register(l, s)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return newGuest(t, l, abi.UTF8, component.Limits{})
}

// The layouts of the cache interface, byte by byte: what guests in any
// language were compiled for.
func TestCacheLayout(t *testing.T) {
	s := &still{}
	g := cacheGuest(t, s, false)
	key, n := g.text("the key")
	get := g.mustInvoke(cacheFace, "get", key, n)
	if s.key != "the key" {
		t.Errorf("get of %q", s.key)
	}
	out := uint64(g.in.NewOwn(kvtypes.OutgoingValueResource, s))
	set := g.mustInvoke(cacheFace, "set", key, n, out, 1, 1500)
	if s.ttl != component.Some[uint32](1500) {
		t.Errorf("set with TTL %v", s.ttl)
	}
	g.mustInvoke(cacheFace, "set", key, n, out, 0, 99)
	if s.ttl.Some {
		t.Errorf("set with TTL %v, want none", s.ttl)
	}
	exists := g.mustInvoke(cacheFace, "exists", key, n)
	entry := g.mustInvoke(cacheFace, "get-or-set", key, n)

	const x = 0xee // not written
	h := byte(7)   // the next handle
	for _, c := range []struct {
		name   string
		future uint64
		kind   answer
		size   int
		want   []byte
	}{
		{"[method]future-get-result.future-get-result-get", get, pending, 16, []byte{0, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}},
		{"[method]future-get-result.future-get-result-get", get, absent, 16, []byte{1, x, x, x, 0, x, x, x, 0, x, x, x, x, x, x, x}},
		{"[method]future-get-result.future-get-result-get", get, present, 16, []byte{1, x, x, x, 0, x, x, x, 1, x, x, x, h, 0, 0, 0}},
		{"[method]future-get-result.future-get-result-get", get, failed, 16, []byte{1, x, x, x, 1, x, x, x, h + 1, 0, 0, 0, x, x, x, x}},
		{"[method]future-exists-result.future-exists-result-get", exists, pending, 12, []byte{0, x, x, x, x, x, x, x, x, x, x, x}},
		{"[method]future-exists-result.future-exists-result-get", exists, absent, 12, []byte{1, x, x, x, 0, x, x, x, 0, x, x, x}},
		{"[method]future-exists-result.future-exists-result-get", exists, present, 12, []byte{1, x, x, x, 0, x, x, x, 1, x, x, x}},
		{"[method]future-exists-result.future-exists-result-get", exists, failed, 12, []byte{1, x, x, x, 1, x, x, x, h + 2, 0, 0, 0}},
		{"[method]future-result.future-result-get", set, pending, 12, []byte{0, x, x, x, x, x, x, x, x, x, x, x}},
		{"[method]future-result.future-result-get", set, present, 12, []byte{1, x, x, x, 0, x, x, x, x, x, x, x}},
		{"[method]future-result.future-result-get", set, failed, 12, []byte{1, x, x, x, 1, x, x, x, h + 3, 0, 0, 0}},
		{"[method]future-get-or-set-result.future-get-or-set-result-get", entry, pending, 16, []byte{0, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}},
		{"[method]future-get-or-set-result.future-get-or-set-result-get", entry, present, 16, []byte{1, x, x, x, 0, x, x, x, 0, x, x, x, h + 4, 0, 0, 0}},
		{"[method]future-get-or-set-result.future-get-or-set-result-get", entry, vacant, 16, []byte{1, x, x, x, 0, x, x, x, 1, x, x, x, h + 5, 0, 0, 0}},
		{"[method]future-get-or-set-result.future-get-or-set-result-get", entry, failed, 16, []byte{1, x, x, x, 1, x, x, x, h + 6, 0, 0, 0, x, x, x, x}},
	} {
		s.kind = c.kind
		ret := uint64(g.alloc(16, 4))
		copy(g.arena.Bytes[ret:], bytes.Repeat([]byte{x}, 16))
		g.mustInvoke(cacheFace, c.name, c.future, ret)
		if diff := cmp.Diff(c.want, g.arena.Bytes[ret:][:c.size]); diff != "" {
			t.Errorf("%s, answer %d (-want +got):\n%s", c.name, c.kind, diff)
		}
	}

	s.body = []byte("the body")
	value := uint64(g.in.NewOwn(kvtypes.IncomingValueResource, s))
	ret := uint64(g.alloc(16, 8))
	g.mustInvoke(typesFace, "[method]incoming-value.incoming-value-consume-sync", value, ret)
	got := abi.LiftResult(&g.frame, g.types.function("func() -> result<list<u8>, u32>"), []uint64{ret})
	if !got.Equal(abi.OkValue(abi.Bytes(s.body))) {
		t.Errorf("consume-sync gives %v", got)
	}
	g.mustInvoke(typesFace, "[method]incoming-value.incoming-value-size", value, ret)
	got = abi.LiftResult(&g.frame, g.types.function("func() -> result<u64, u32>"), []uint64{ret})
	if !got.Equal(abi.OkValue(abi.U64(8))) {
		t.Errorf("size gives %v", got)
	}
	g.mustInvoke(typesFace, "[method]outgoing-value.outgoing-value-write-body-sync", out, key, n, ret)
	if string(s.given) != "the key" {
		t.Errorf("write-body-sync of %q", s.given)
	}
}

// Calls cost no allocation, whatever they pass and whoever the implementation
// belongs to.
func TestNoAllocations(t *testing.T) {
	for _, perGuest := range []bool{false, true} {
		s := &still{kind: present, body: make([]byte, 16), ready: []uint32{0, 1}}
		g := cacheGuest(t, s, perGuest)
		g.arena.Answer = func(int, uint32) uint32 { return 1024 } // memory that stays
		g.arena.Bytes = make([]byte, 64<<10)
		key, n := uint64(8), uint64(20)
		ret := uint64(512)
		future := uint64(g.in.NewOwn(cache.FutureGetResultResource, getFuture{s}))
		entry := uint64(g.in.NewOwn(cache.FutureGetOrSetResultResource, entryFuture{s}))
		out := uint64(g.in.NewOwn(kvtypes.OutgoingValueResource, s))
		in := uint64(g.in.NewOwn(kvtypes.IncomingValueResource, s))
		vac := uint64(g.in.NewOwn(cache.VacancyResource, s))
		p := uint64(g.in.NewOwn(poll.PollableResource, s))
		list := uint64(2048)
		for i := range 16 {
			g.arena.Bytes[2048+4*i] = byte(p)
		}
		drop := func(r *component.Resource, h uint64) { g.frame.Drop(context.Background(), r, uint32(h)) }
		handle := func(at uint64) uint64 { return uint64(g.arena.Bytes[at]) }
		for _, c := range []struct {
			face, name string
			args       []uint64
			after      func(stack []uint64)
		}{
			{cacheFace, "get", []uint64{key, n}, func(stack []uint64) { drop(cache.FutureGetResultResource, stack[0]) }},
			{cacheFace, "set", []uint64{key, n, out, 1, 100}, func(stack []uint64) { drop(cache.FutureResultResource, stack[0]) }},
			{cacheFace, "exists", []uint64{key, n}, func(stack []uint64) { drop(cache.FutureExistsResultResource, stack[0]) }},
			{cacheFace, "[method]future-get-result.future-get-result-get", []uint64{future, ret}, func([]uint64) { drop(kvtypes.IncomingValueResource, handle(ret+12)) }},
			{cacheFace, "[method]future-get-or-set-result.future-get-or-set-result-get", []uint64{entry, ret}, func([]uint64) { drop(kvtypes.IncomingValueResource, handle(ret+12)) }},
			{cacheFace, "[method]future-get-result.listen-to-future-get-result", []uint64{future}, func(stack []uint64) { drop(poll.PollableResource, stack[0]) }},
			{cacheFace, "[method]vacancy.vacancy-fill", []uint64{vac, 1, 5}, func(stack []uint64) { drop(kvtypes.OutgoingValueResource, stack[0]) }},
			{typesFace, "[method]incoming-value.incoming-value-size", []uint64{in, ret}, nil},
			{typesFace, "[method]outgoing-value.outgoing-value-write-body-sync", []uint64{out, key, n, ret}, nil},
			{"wasi:io/poll@0.2.12", "[method]pollable.ready", []uint64{p}, nil},
			{"wasi:io/poll@0.2.12", "[method]pollable.block", []uint64{p}, nil},
		} {
			fn := g.function(c.face, c.name)
			stack := make([]uint64, len(c.args)+1)
			allocs := testing.AllocsPerRun(100, func() {
				copy(stack, c.args)
				g.raw(fn, stack)
				if c.after != nil {
					c.after(stack)
				}
			})
			if allocs != 0 {
				t.Errorf("%s (per guest: %v) makes %v allocations", c.name, perGuest, allocs)
			}
		}
		// Those that allocate in the guest: what is measured is the arena's.
		empty := testing.AllocsPerRun(100, func() {
			g.arena.Reallocs = g.arena.Reallocs[:0]
			g.frame.Realloc(0, 0, 4, 8)
		})
		for _, c := range []struct {
			face, name string
			args       []uint64
		}{
			{typesFace, "[method]incoming-value.incoming-value-consume-sync", []uint64{in, ret}},
			{"wasi:io/poll@0.2.12", "poll", []uint64{list, 16, ret}},
		} {
			fn := g.function(c.face, c.name)
			stack := make([]uint64, len(c.args))
			allocs := testing.AllocsPerRun(100, func() {
				g.arena.Reallocs = g.arena.Reallocs[:0]
				copy(stack, c.args)
				g.raw(fn, stack)
			})
			if allocs > empty {
				t.Errorf("%s makes %v allocations, of which realloc %v", c.name, allocs, empty)
			}
		}
		if s.polls != 16 {
			t.Errorf("poll was given %d pollables, want 16", s.polls)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	s := &still{kind: present}
	g := cacheGuest(b, s, false)
	key, n := g.text("a key of 20 bytes...")
	fn := g.function(cacheFace, "get")
	stack := make([]uint64, 2)
	for b.Loop() {
		stack[0], stack[1] = key, n
		g.raw(fn, stack)
		g.frame.Drop(b.Context(), cache.FutureGetResultResource, uint32(stack[0]))
	}
}

func BenchmarkGetResult(b *testing.B) {
	s := &still{kind: present}
	g := cacheGuest(b, s, false)
	future := uint64(g.in.NewOwn(cache.FutureGetResultResource, getFuture{s}))
	ret := uint64(g.alloc(16, 4))
	fn := g.function(cacheFace, "[method]future-get-result.future-get-result-get")
	stack := make([]uint64, 2)
	for b.Loop() {
		stack[0], stack[1] = future, ret
		g.raw(fn, stack)
		g.frame.Drop(b.Context(), kvtypes.IncomingValueResource, uint32(g.arena.Bytes[ret+12]))
	}
}

func BenchmarkPoll16(b *testing.B) {
	s := &still{ready: []uint32{0}}
	g := cacheGuest(b, s, false)
	g.arena.Answer = func(int, uint32) uint32 { return 1024 }
	g.arena.Bytes = make([]byte, 64<<10)
	p := g.in.NewOwn(poll.PollableResource, s)
	for i := range 16 {
		g.arena.Bytes[2048+4*i] = byte(p)
	}
	fn := g.function("wasi:io/poll@0.2.12", "poll")
	stack := make([]uint64, 3)
	for b.Loop() {
		g.arena.Reallocs = g.arena.Reallocs[:0]
		stack[0], stack[1], stack[2] = 2048, 16, 512
		g.raw(fn, stack)
	}
}
