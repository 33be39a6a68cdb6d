package random_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"testing"

	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/wasi/random"
)

func newGuest(t *testing.T, seed string) *component.Guest {
	t.Helper()
	g := component.NewLinker().NewGuest(context.Background(), component.Limits{LiftBytes: 1 << 20})
	t.Cleanup(func() { g.Close(context.Background()) })
	random.Configure(g, seed)
	return g
}

// sources gives the two functions that make bytes.
func sources(g *component.Guest) map[string]func(context.Context, uint64) ([]byte, error) {
	return map[string]func(context.Context, uint64) ([]byte, error){
		"get-random-bytes":          random.NewRandom(g).GetRandomBytes,
		"get-insecure-random-bytes": random.NewInsecure(g).GetInsecureRandomBytes,
	}
}

func TestBytes(t *testing.T) {
	ctx := context.Background()
	for name, get := range sources(newGuest(t, "")) {
		t.Run(name, func(t *testing.T) {
			for _, n := range []uint64{0, 1, 8, 4095, 4096, 4097, 1 << 20} {
				b, err := get(ctx, n)
				if err != nil || uint64(len(b)) != n {
					t.Fatalf("%d bytes of %d, error %v", len(b), n, err)
				}
				for v := 0; v < 256 && n == 1<<20; v++ {
					if bytes.IndexByte(b, byte(v)) < 0 {
						t.Errorf("no byte %d among %d", v, n)
					}
				}
			}
			a, _ := get(ctx, 32)
			a = bytes.Clone(a)
			if b, _ := get(ctx, 32); bytes.Equal(a, b) {
				t.Error("the same bytes twice")
			}
		})
	}
}

func TestTooManyBytesTrap(t *testing.T) {
	for name, get := range sources(newGuest(t, "")) {
		for _, n := range []uint64{1<<20 + 1, math.MaxInt64, math.MaxUint64} {
			var trap *component.Trap
			if _, err := get(context.Background(), n); !errors.As(err, &trap) {
				t.Errorf("%s of %d gave %v, want a trap", name, n, err)
			}
		}
	}
}

// words asks each interface for numbers.
func words(t *testing.T, g *component.Guest) [6]uint64 {
	t.Helper()
	ctx := context.Background()
	r, i, s := random.NewRandom(g), random.NewInsecure(g), random.NewSeed(g)
	var out [6]uint64
	var errs [6]error
	out[0], errs[0] = r.GetRandomU64(ctx)
	out[1], errs[1] = r.GetRandomU64(ctx)
	out[2], errs[2] = i.GetInsecureRandomU64(ctx)
	out[3], errs[3] = i.GetInsecureRandomU64(ctx)
	pair, err := s.InsecureSeed(ctx)
	out[4], out[5], errs[4] = pair.F0, pair.F1, err
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSeedRepeats(t *testing.T) {
	a, b := words(t, newGuest(t, "seed")), words(t, newGuest(t, "seed"))
	if a != b {
		t.Errorf("the same seed gave %v and %v", a, b)
	}
	seen := map[uint64]bool{}
	for _, guest := range [][6]uint64{a, words(t, newGuest(t, "other")), words(t, newGuest(t, "")), words(t, newGuest(t, ""))} {
		for _, w := range guest {
			if seen[w] {
				t.Errorf("%d came twice", w)
			}
			seen[w] = true
		}
	}
}

func TestSmallAnswersAllocateNothing(t *testing.T) {
	ctx := context.Background()
	r := random.NewRandom(newGuest(t, ""))
	if n := testing.AllocsPerRun(100, func() {
		_, err := r.GetRandomBytes(ctx, 32)
		_, err2 := r.GetRandomU64(ctx)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestRegister(t *testing.T) {
	l := component.NewLinker()
	if err := random.Register(l); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"wasi:random/random@0.2.0", "wasi:random/insecure@0.2.3", "wasi:random/insecure-seed@0.2.12"} {
		if l.Lookup(name) == nil {
			t.Errorf("%s is not served", name)
		}
	}
}
