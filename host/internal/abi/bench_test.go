package abi_test

import (
	"testing"

	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/abi/abitest"
	"github.com/wasikv/wasikv/host/internal/types"
)

// What every lowered import pays must not allocate.
func TestFrameDoesNotAllocate(t *testing.T) {
	in, end := abitest.Guest(abi.Limits{})
	defer end()
	arena := &abitest.Arena{Bytes: make([]byte, 1<<16)}
	f := arena.Frame(in, abi.UTF8)
	r := &types.Resource{Name: "r", Definer: -1}
	object := &struct{ n int }{}
	run := func() {
		arena.Next, arena.Reallocs = 64, arena.Reallocs[:0]
		f.Enter()
		ptr, n := f.NewString("a string of some length")
		if s := f.String(ptr, n); len(s) != int(n) {
			t.Fatal(s)
		}
		h := f.Own(r, object)
		f.Borrow(r, h)
		f.Take(r, h)
	}
	if n := testing.AllocsPerRun(100, run); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkTransfer(b *testing.B) {
	rec := must(types.NewRecord([]types.Field{{Name: "name", Type: prim(types.String)}, {Name: "n", Type: prim(types.U64)}}))
	record := abi.Record(abi.Field{Name: "name", Value: abi.String("a string of some length")}, abi.Field{Name: "n", Value: abi.U64(7)})
	for name, c := range map[string]struct {
		typ *types.Type
		v   abi.Value
	}{
		"u32":        {prim(types.U32), abi.U32(1)},
		"string-23":  {prim(types.String), abi.String("a string of some length")},
		"bytes-1024": {listOf(prim(types.U8)), abi.Bytes(make([]byte, 1024))},
		"record":     {rec, record},
		"records-16": {listOf(rec), abi.List(record, record, record, record, record, record, record, record, record, record, record, record, record, record, record, record)},
	} {
		b.Run(name, func(b *testing.B) {
			in, end := abitest.Guest(abi.Limits{})
			defer end()
			arena := &abitest.Arena{Bytes: make([]byte, 1<<16)}
			f := arena.Frame(in, abi.UTF8)
			ft := mustFunc(nil, c.typ)
			stack := make([]uint64, types.MaxFlat)
			b.ReportAllocs()
			for b.Loop() {
				arena.Next, arena.Reallocs = 64, arena.Reallocs[:0]
				if err := abi.LowerParams(&f, ft, []abi.Value{c.v}, stack); err != nil {
					b.Fatal(err)
				}
				f.Enter()
				abi.LiftParams(&f, ft, stack, nil)
			}
		})
	}
}
