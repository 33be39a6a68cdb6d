package suites

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/abi/abitest"
	"github.com/wasikv/wasikv/host/internal/types"
)

// flatBase is where the vectors' allocator begins when a value is lowered to
// core values.
const flatBase = 16

// vector is a value with what the specification makes of it.
type vector struct {
	Encoding   encoding    `json:"encoding"`
	Type       typeRef     `json:"type"`
	Size       uint32      `json:"size"`
	Align      uint32      `json:"align"`
	Flat       []string    `json:"flat"`
	Value      value       `json:"value"`
	Ptr        uint32      `json:"ptr"`
	Mem        hexBytes    `json:"mem"`
	Reallocs   [][5]uint32 `json:"reallocs"`
	FlatValues []string    `json:"flat_values"`
	FlatMem    hexBytes    `json:"flat_mem"`
}

// mutant is a corrupted image.
type mutant struct {
	Encoding encoding `json:"encoding"`
	Type     typeRef  `json:"type"`
	Ptr      uint32   `json:"ptr"`
	Mem      hexBytes `json:"mem"`
	MemLen   int      `json:"mem_len"`
	Outcome  string   `json:"outcome"`
	Value    value    `json:"value"`
}

func (v *vector) run() error {
	for _, step := range []func() error{v.layout, v.memory, v.flat} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (v *vector) layout() error {
	t := v.Type.Type
	if t.Size != v.Size || t.Align != v.Align {
		return fmt.Errorf("size %d align %d, want %d and %d", t.Size, t.Align, v.Size, v.Align)
	}
	if len(v.Flat) > types.MaxFlat {
		if t.FlatCount <= types.MaxFlat {
			return fmt.Errorf("%d core values, want %d", t.FlatCount, len(v.Flat))
		}
		return nil
	}
	got := make([]string, len(t.Flat))
	for i, c := range t.Flat {
		got[i] = c.String()
	}
	if !slices.Equal(got, v.Flat) {
		return fmt.Errorf("flattens to %v, want %v", got, v.Flat)
	}
	return nil
}

// memory lowers the value to a return area at Ptr and lifts it from there, as
// a function does that a guest imports, and one that it exports.
func (v *vector) memory() error {
	in, end := abitest.Guest(abi.Limits{})
	defer end()
	arena := &abitest.Arena{Bytes: make([]byte, v.Ptr+v.Size), Next: v.Ptr + v.Size}
	frame := arena.Frame(in, abi.Encoding(v.Encoding))
	ft := &types.Func{ParamTuple: noParams, Result: v.Type.Type, SpillResult: true}
	stack := []uint64{uint64(v.Ptr)}
	if trap := abitest.Trap(func() { abi.LowerResult(&frame, ft, v.Value.Value, stack) }); trap != nil {
		return fmt.Errorf("lowering to memory: %w", trap)
	}
	if err := sameReallocs(arena.Reallocs, v.Reallocs, 0); err != nil {
		return fmt.Errorf("lowering to memory: %w", err)
	}
	if !bytes.Equal(arena.Bytes, v.Mem) {
		return fmt.Errorf("memory is\n%x, want\n%x", arena.Bytes, v.Mem)
	}
	var got abi.Value
	if trap := abitest.Trap(func() { got = abi.LiftResult(&frame, ft, stack) }); trap != nil {
		return fmt.Errorf("lifting from memory: %w", trap)
	}
	if !got.Equal(v.Value.Value) {
		return fmt.Errorf("lifts from memory as %v, want %v", got, v.Value.Value)
	}
	return nil
}

// flat passes the value as a parameter: in core values, or, where it has too
// many, through an area that the guest allocates.
func (v *vector) flat() error {
	in, end := abitest.Guest(abi.Limits{})
	defer end()
	arena := &abitest.Arena{Bytes: make([]byte, flatBase), Next: flatBase}
	frame := arena.Frame(in, abi.Encoding(v.Encoding))
	ft, err := types.NewFunc([]types.Field{{Name: "v", Type: v.Type.Type}}, nil)
	if err != nil {
		return err
	}
	var stack [types.MaxFlat]uint64
	trap := abitest.Trap(func() { err = abi.LowerParams(&frame, ft, []abi.Value{v.Value.Value}, stack[:]) })
	if trap != nil {
		return fmt.Errorf("lowering to core values: %w", trap)
	}
	if err != nil {
		return err
	}
	if err := v.checkFlat(arena, stack[:]); err != nil {
		return err
	}
	var got []abi.Value
	if trap := abitest.Trap(func() { got = abi.LiftParams(&frame, ft, stack[:], nil) }); trap != nil {
		return fmt.Errorf("lifting from core values: %w", trap)
	}
	if len(got) != 1 || !got[0].Equal(v.Value.Value) {
		return fmt.Errorf("lifts from core values as %v, want %v", got, v.Value.Value)
	}
	return nil
}

func (v *vector) checkFlat(arena *abitest.Arena, stack []uint64) error {
	if len(v.Flat) > types.MaxFlat {
		// The area begins where the vector's image does, and what is in it
		// follows, so that the image must be the same.
		if v.Ptr != flatBase || stack[0] != flatBase {
			return fmt.Errorf("spilled to %#x, want %#x", stack[0], v.Ptr)
		}
		if err := sameReallocs(arena.Reallocs, v.Reallocs, 1); err != nil {
			return fmt.Errorf("lowering to spilled parameters: %w", err)
		}
		if !bytes.Equal(arena.Bytes, v.Mem) {
			return fmt.Errorf("spilled parameters are\n%x, want\n%x", arena.Bytes, v.Mem)
		}
		return nil
	}
	for i, s := range v.FlatValues {
		want, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			return err
		}
		if stack[i] != want {
			return fmt.Errorf("core value %d is %d, want %d", i, stack[i], want)
		}
	}
	if !bytes.Equal(arena.Bytes, v.FlatMem) {
		return fmt.Errorf("memory of core values is\n%x, want\n%x", arena.Bytes, v.FlatMem)
	}
	return nil
}

// sameReallocs compares the allocations after the first skip of them.
func sameReallocs(got []abitest.Realloc, want [][5]uint32, skip int) error {
	if len(got) != len(want)+skip {
		return fmt.Errorf("%d allocations, want %d", len(got)-skip, len(want))
	}
	for i, w := range want {
		if g := got[i+skip]; g != (abitest.Realloc{Old: w[0], OldSize: w[1], Align: w[2], Size: w[3], Returned: w[4]}) {
			return fmt.Errorf("allocation %d is %v, want %v", i, g, w)
		}
	}
	return nil
}

var noParams = func() *types.Type {
	t, err := types.NewTuple(nil)
	if err != nil {
		panic(err)
	}
	return t
}()

func (m *mutant) run() error {
	in, end := abitest.Guest(abi.Limits{})
	defer end()
	arena := &abitest.Arena{Bytes: make([]byte, m.MemLen)}
	copy(arena.Bytes, m.Mem)
	frame := arena.Frame(in, abi.Encoding(m.Encoding))
	ft := &types.Func{ParamTuple: noParams, Result: m.Type.Type, SpillResult: true}
	var got abi.Value
	trap := abitest.Trap(func() { got = abi.LiftResult(&frame, ft, []uint64{uint64(m.Ptr)}) })
	switch {
	case m.Outcome == "trap" && trap == nil:
		return fmt.Errorf("lifts as %v, want a trap", got)
	case m.Outcome == "value" && trap != nil:
		return fmt.Errorf("traps (%w), want %v", trap, m.Value.Value)
	case m.Outcome == "value" && !got.Equal(m.Value.Value):
		return fmt.Errorf("lifts as %v, want %v", got, m.Value.Value)
	}
	return nil
}
