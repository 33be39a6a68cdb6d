package bench

import (
	"context"
	"encoding/binary"
	"errors"
	"unicode/utf8"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// floor runs the guest's core module on wazero, with what somebody would write
// who has this one guest to serve and knows the canonical ABI: flat host
// functions on the raw stack, a table of handles, a map. It checks what it must
// to be safe: pointers, the kind of each handle, that strings are UTF-8. It
// knows one guest, waits for nothing, and its cache neither bounds nor expires.
type floor struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	module   api.Module
	exports  map[string]api.Function
	config   wazero.ModuleConfig

	memory  api.Memory
	realloc api.Function
	stack   [4]uint64
	handles []slot // handle n is handles[n]; 0 is none
	free    []uint32
	cache   map[string][]byte
	list    [maxList]byte
}

// slot is a handle's resource.
type slot struct {
	kind  kind
	found bool   // of a get
	value []byte // of a get, an incoming or an outgoing value
}

type kind uint8

const (
	none kind = iota
	aThing
	aGet
	aSet
	aPollable
	incoming
	outgoing
)

func newFloor(ctx context.Context) (_ *floor, err error) {
	f := &floor{
		runtime: wazero.NewRuntime(ctx), cache: map[string][]byte{}, handles: make([]slot, 1, 64),
		config: wazero.NewModuleConfig().WithName("").WithStartFunctions(),
	}
	defer func() {
		if err != nil {
			f.close(ctx)
		}
	}()
	for i := range f.list {
		f.list[i] = byte(i)
	}
	if err = f.provide(ctx); err != nil {
		return f, err
	}
	if f.compiled, err = f.runtime.CompileModule(ctx, coreGuest); err != nil {
		return f, err
	}
	if f.module, err = f.runtime.InstantiateModule(ctx, f.compiled, f.config); err != nil {
		return f, err
	}
	f.memory, f.realloc = f.module.Memory(), f.module.ExportedFunction("cabi_realloc")
	f.exports = map[string]api.Function{}
	for name := range f.compiled.ExportedFunctions() {
		f.exports[name] = f.module.ExportedFunction(name)
	}
	return f, nil
}

func (f *floor) call(ctx context.Context, export string, n int) error {
	return check(n)(f.count(ctx, export, n))
}

func (f *floor) count(ctx context.Context, export string, n int) (uint64, error) {
	f.stack[0] = uint64(uint32(n))
	if err := f.exports[export].CallWithStack(ctx, f.stack[:1]); err != nil {
		return 0, err
	}
	return uint64(uint32(f.stack[0])), nil
}

func (f *floor) instantiate(ctx context.Context, n int) error {
	for range n {
		m, err := f.runtime.InstantiateModule(ctx, f.compiled, f.config)
		if err != nil {
			return err
		}
		if err := m.Close(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (f *floor) close(ctx context.Context) error { return f.runtime.Close(ctx) }

// provide makes the host modules.
func (f *floor) provide(ctx context.Context) error {
	i32 := func(n int) []api.ValueType {
		out := make([]api.ValueType, n)
		for i := range out {
			out[i] = api.ValueTypeI32
		}
		return out
	}
	type function struct {
		name            string
		params, results int
		call            api.GoModuleFunc
	}
	drop := func(name string, k kind) function {
		return function{"[resource-drop]" + name, 1, 0, func(_ context.Context, _ api.Module, stack []uint64) {
			f.drop(uint32(stack[0]), k)
		}}
	}
	for _, m := range []struct {
		name  string
		funcs []function
	}{
		{"wasikv:bench/host@0.1.0", []function{
			{"nop", 0, 0, func(context.Context, api.Module, []uint64) {}},
			{"take-string", 2, 0, f.takeString},
			{"give-list", 2, 0, f.giveList},
			{"[constructor]thing", 0, 1, func(_ context.Context, _ api.Module, stack []uint64) {
				stack[0] = f.add(slot{kind: aThing})
			}},
			drop("thing", aThing),
		}},
		{"wasi:io/poll@0.2.3", []function{
			{"[method]pollable.block", 1, 0, func(_ context.Context, _ api.Module, stack []uint64) {
				f.get(uint32(stack[0]), aPollable)
			}},
			drop("pollable", aPollable),
		}},
		{"wasi:keyvalue/types@0.1.0", []function{
			{"[static]outgoing-value.new-outgoing-value", 0, 1, func(_ context.Context, _ api.Module, stack []uint64) {
				stack[0] = f.add(slot{kind: outgoing})
			}},
			{"[method]outgoing-value.outgoing-value-write-body-sync", 4, 0, f.writeSync},
			{"[method]incoming-value.incoming-value-consume-sync", 2, 0, f.consumeSync},
			drop("outgoing-value", outgoing),
			drop("incoming-value", incoming),
		}},
		{"wasi:keyvalue/cache@0.1.0", []function{
			{"get", 2, 1, f.startGet},
			{"[method]future-get-result.listen-to-future-get-result", 1, 1, f.listen(aGet)},
			{"[method]future-get-result.future-get-result-get", 2, 0, f.takeGet},
			{"set", 5, 1, f.startSet},
			{"[method]future-result.listen-to-future-result", 1, 1, f.listen(aSet)},
			{"[method]future-result.future-result-get", 2, 0, f.takeSet},
			drop("future-get-result", aGet),
			drop("future-result", aSet),
		}},
	} {
		b := f.runtime.NewHostModuleBuilder(m.name)
		for _, fn := range m.funcs {
			b.NewFunctionBuilder().WithGoModuleFunction(fn.call, i32(fn.params), i32(fn.results)).Export(fn.name)
		}
		if _, err := b.Instantiate(ctx); err != nil {
			return err
		}
	}
	return nil
}

var (
	errHandle  = errors.New("bad handle")
	errPointer = errors.New("bad pointer")
	errText    = errors.New("a string is not UTF-8")
)

func (f *floor) add(s slot) uint64 {
	if n := len(f.free); n > 0 {
		h := f.free[n-1]
		f.free = f.free[:n-1]
		f.handles[h] = s
		return uint64(h)
	}
	f.handles = append(f.handles, s)
	return uint64(len(f.handles) - 1)
}

func (f *floor) get(h uint32, k kind) *slot {
	if h >= uint32(len(f.handles)) || f.handles[h].kind != k {
		panic(errHandle)
	}
	return &f.handles[h]
}

func (f *floor) drop(h uint32, k kind) {
	*f.get(h, k) = slot{}
	f.free = append(f.free, h)
}

// view gives guest memory.
func (f *floor) view(ptr, size uint64) []byte {
	b, ok := f.memory.Read(uint32(ptr), uint32(size))
	if !ok {
		panic(errPointer)
	}
	return b
}

// text gives a string in guest memory, which must be UTF-8.
func (f *floor) text(ptr, size uint64) []byte {
	b := f.view(ptr, size)
	if !utf8.Valid(b) {
		panic(errText)
	}
	return b
}

// lower copies bytes to where the guest allocates.
func (f *floor) lower(ctx context.Context, b []byte) uint32 {
	f.stack = [4]uint64{0, 0, 1, uint64(len(b))}
	if err := f.realloc.CallWithStack(ctx, f.stack[:]); err != nil {
		panic(err)
	}
	copy(f.view(f.stack[0], uint64(len(b))), b)
	return uint32(f.stack[0])
}

func (f *floor) takeString(_ context.Context, _ api.Module, stack []uint64) {
	f.text(stack[0], stack[1])
}

func (f *floor) giveList(ctx context.Context, _ api.Module, stack []uint64) {
	size := uint32(stack[0])
	ret := stack[1]
	if size > maxList {
		panic(errPointer)
	}
	p := f.lower(ctx, f.list[:size])
	area := f.view(ret, 8)
	binary.LittleEndian.PutUint32(area, p)
	binary.LittleEndian.PutUint32(area[4:], size)
}

func (f *floor) startGet(_ context.Context, _ api.Module, stack []uint64) {
	value, found := f.cache[string(f.text(stack[0], stack[1]))]
	stack[0] = f.add(slot{kind: aGet, value: value, found: found})
}

func (f *floor) listen(k kind) api.GoModuleFunc {
	return func(_ context.Context, _ api.Module, stack []uint64) {
		f.get(uint32(stack[0]), k)
		stack[0] = f.add(slot{kind: aPollable})
	}
}

func (f *floor) takeGet(_ context.Context, _ api.Module, stack []uint64) {
	s := f.get(uint32(stack[0]), aGet)
	area := f.view(stack[1], 16)
	area[0], area[4], area[8] = 1, 0, 0 // some(ok(none))
	if s.found {
		area[8] = 1
		binary.LittleEndian.PutUint32(area[12:], uint32(f.add(slot{kind: incoming, value: s.value})))
	}
}

func (f *floor) consumeSync(ctx context.Context, _ api.Module, stack []uint64) {
	value := f.get(uint32(stack[0]), incoming).value
	ret := stack[1]
	p := f.lower(ctx, value)
	area := f.view(ret, 12)
	area[0] = 0 // ok
	binary.LittleEndian.PutUint32(area[4:], p)
	binary.LittleEndian.PutUint32(area[8:], uint32(len(value)))
}

func (f *floor) writeSync(_ context.Context, _ api.Module, stack []uint64) {
	s := f.get(uint32(stack[0]), outgoing)
	s.value = append([]byte(nil), f.view(stack[1], stack[2])...)
	f.view(stack[3], 8)[0] = 0 // ok
}

func (f *floor) startSet(_ context.Context, _ api.Module, stack []uint64) {
	value := f.get(uint32(stack[2]), outgoing).value
	f.cache[string(f.text(stack[0], stack[1]))] = value
	stack[0] = f.add(slot{kind: aSet})
}

func (f *floor) takeSet(_ context.Context, _ api.Module, stack []uint64) {
	f.get(uint32(stack[0]), aSet)
	area := f.view(stack[1], 12)
	area[0], area[4] = 1, 0 // some(ok)
}
