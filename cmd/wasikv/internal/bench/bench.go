// Package bench measures what a call across the component boundary costs, and
// beside it, in the same run, what hand-written code on wazero alone takes for
// the same work: the floor.
//
// The guest is one program (guests/wat/bench.wat) whose exports make a call in
// a loop. The product runs it as a component, with generated adapters and the
// memory cache; the floor runs the core module that the component is made of,
// with adapters written by hand and a Go map. Batches of both alternate, and the
// fastest of each counts: it is the one that nothing disturbed.
//
// A benchmark wants the machine for itself. Run is not safe for concurrent use.
package bench

import (
	"context"
	_ "embed"
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"
)

//go:generate go run ../../../wit-bindgen-host -wit wit -interface wasikv:bench/host -out bindings -prune

// The bench guest, copied from testdata/guests: as a core module, as a component
// that binds the host's functions directly, and as toolchains make it, through
// wit-component's shim.
var (
	//go:embed guest/wat-bench.wasm
	coreGuest []byte
	//go:embed guest/wat-bench.component.wasm
	directGuest []byte
	//go:embed guest/wat-bench-shim.component.wasm
	shimGuest []byte
)

// Row is the result for one operation.
type Row struct {
	Name string `json:"name"`
	// NS and FloorNS are nanoseconds an operation takes in the product and on
	// the floor; Ratio is the one by the other.
	NS      float64 `json:"ns"`
	FloorNS float64 `json:"floor_ns"`
	Ratio   float64 `json:"ratio"`
	// Allocs are the Go allocations of an operation in the product.
	Allocs float64 `json:"allocs"`
}

// Options say how to measure. The zero Options are useful.
type Options struct {
	// Shim has the product run the guest as toolchains make components, with
	// wit-component's shim and fixup modules.
	Shim bool
	// Rounds is how many batches of each side alternate; 0: 30.
	Rounds int
	// Batch is about how long a batch takes; 0: 5 ms.
	Batch time.Duration
	// Rows are the names of those to measure; none: all.
	Rows []string
}

// operation is a row before it is measured.
type operation struct {
	name   string
	export string // of the guest; "": instantiation
}

var operations = []operation{
	{"nop", "nop"},
	{"string-20", "string20"},
	{"list-16", "list16"},
	{"list-1024", "list1024"},
	{"resource", "make-drop"},
	{"get-16", "get16"},
	{"get-1024", "get1024"},
	{"set-16", "set16"},
	{"instantiate-small", ""},
}

// Names lists the rows.
func Names() []string {
	out := make([]string, len(operations))
	for i, o := range operations {
		out[i] = o.name
	}
	return out
}

// side is what does the work: the product or the floor.
type side interface {
	// call has the guest do an operation n times.
	call(ctx context.Context, export string, n int) error
	// instantiate makes and closes an instance of the guest n times.
	instantiate(ctx context.Context, n int) error
	close(ctx context.Context) error
}

// check fails where the guest says that it got less than it should have: at
// least one an operation.
func check(n int) func(uint64, error) error {
	return func(got uint64, err error) error {
		if err == nil && got < uint64(n) {
			err = fmt.Errorf("%d operations gave the guest %d results", n, got)
		}
		return err
	}
}

// Run measures and gives a row for each operation, in their order.
func Run(ctx context.Context, o Options) (_ []Row, err error) {
	if o.Rounds <= 0 {
		o.Rounds = 30
	}
	if o.Batch <= 0 {
		o.Batch = 5 * time.Millisecond
	}
	guest := directGuest
	if o.Shim {
		guest = shimGuest
	}
	p, err := newProduct(ctx, guest)
	if err != nil {
		return nil, err
	}
	defer p.close(ctx)
	f, err := newFloor(ctx)
	if err != nil {
		return nil, err
	}
	defer f.close(ctx)
	for _, s := range []side{p, f} { // what get16 and get1024 find
		for _, export := range []string{"set16", "set1024"} {
			if err := s.call(ctx, export, 1); err != nil {
				return nil, err
			}
		}
	}
	var rows []Row
	for _, op := range operations {
		if len(o.Rows) > 0 && !slices.Contains(o.Rows, op.name) {
			continue
		}
		r, err := measure(ctx, op, p, f, o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", op.name, err)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func (op *operation) run(ctx context.Context, s side, n int) error {
	if op.export == "" {
		return s.instantiate(ctx, n)
	}
	return s.call(ctx, op.export, n)
}

func measure(ctx context.Context, op operation, product, floor side, o Options) (Row, error) {
	runtime.GC()
	n, err := calibrate(ctx, op, product, o.Batch)
	if err != nil {
		return Row{}, err
	}
	best := [2]time.Duration{math.MaxInt64, math.MaxInt64}
	for range o.Rounds {
		if err := ctx.Err(); err != nil {
			return Row{}, err
		}
		for i, s := range []side{product, floor} {
			start := time.Now()
			if err := op.run(ctx, s, n); err != nil {
				return Row{}, err
			}
			best[i] = min(best[i], time.Since(start))
		}
	}
	allocs, err := countAllocs(ctx, op, product, n)
	if err != nil {
		return Row{}, err
	}
	r := Row{Name: op.name, NS: perOp(best[0], n), FloorNS: perOp(best[1], n), Allocs: allocs}
	r.Ratio = round(r.NS / r.FloorNS)
	return r, nil
}

// calibrate finds how many operations fill a batch.
func calibrate(ctx context.Context, op operation, s side, batch time.Duration) (int, error) {
	for n := 16; ; n *= 2 {
		start := time.Now()
		if err := op.run(ctx, s, n); err != nil {
			return 0, err
		}
		if took := time.Since(start); took >= batch/2 {
			return n, nil
		}
	}
}

// countAllocs counts the allocations of an operation: the least of some batches,
// since whatever else runs allocates as well.
func countAllocs(ctx context.Context, op operation, s side, n int) (float64, error) {
	least := uint64(math.MaxUint64)
	for range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := op.run(ctx, s, n); err != nil {
			return 0, err
		}
		runtime.ReadMemStats(&after)
		least = min(least, after.Mallocs-before.Mallocs)
	}
	return round(float64(least) / float64(n)), nil
}

func perOp(d time.Duration, n int) float64 { return round(float64(d.Nanoseconds()) / float64(n)) }

func round(x float64) float64 { return math.Round(x*100) / 100 }
