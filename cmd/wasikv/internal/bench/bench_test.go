package bench

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestRun measures too little to say anything, but everything: a row whose
// guest did not do its work would fail.
func TestRun(t *testing.T) {
	for _, shim := range []bool{false, true} {
		rows, err := Run(t.Context(), Options{Shim: shim, Rounds: 2, Batch: 50 * time.Microsecond})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, r := range rows {
			names = append(names, r.Name)
			if r.NS <= 0 || r.FloorNS <= 0 || r.Ratio <= 0 || r.Allocs < 0 {
				t.Errorf("%+v", r)
			}
		}
		if want := []string{"nop", "string-20", "list-16", "list-1024", "resource", "get-16", "get-1024", "set-16", "instantiate-small"}; !slices.Equal(names, want) {
			t.Errorf("rows %v, want %v", names, want)
		}
	}
}

func TestRunOfSomeRows(t *testing.T) {
	rows, err := Run(t.Context(), Options{Rounds: 1, Batch: time.Microsecond, Rows: []string{"set-16", "nop"}})
	if err != nil || len(rows) != 2 || rows[0].Name != "nop" || rows[1].Name != "set-16" {
		t.Errorf("gave %v, %v", rows, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, Options{Rows: []string{"nop"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled run gave %v", err)
	}
}

// TestSidesAgree has both sides do each operation and tell how much they got:
// a floor that does less than the product is none.
func TestSidesAgree(t *testing.T) {
	ctx := t.Context()
	p, err := newProduct(ctx, directGuest)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close(ctx)
	f, err := newFloor(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer f.close(ctx)
	for _, c := range []struct {
		export string
		n      int
		want   uint64
	}{
		{"get16", 3, 0}, {"set16", 2, 2}, {"get16", 3, 48}, {"set1024", 1, 1}, {"get1024", 2, 2048},
		{"list16", 2, 32}, {"list1024", 2, 2048}, {"nop", 9, 9}, {"string20", 9, 9}, {"make-drop", 9, 9},
	} {
		for name, call := range map[string]func(context.Context, string, int) (uint64, error){"product": p.count, "floor": f.count} {
			if got, err := call(ctx, c.export, c.n); got != c.want || err != nil {
				t.Errorf("%s: %d times %s gave %d, %v; want %d", name, c.n, c.export, got, err, c.want)
			}
		}
	}
	if open := len(f.handles) - 1 - len(f.free); open != 0 || p.in.Guest().Handles() != 0 {
		t.Errorf("%d and %d handles are left", open, p.in.Guest().Handles())
	}
}

// TestGuestsAreTheBuiltOnes compares the embedded copies.
func TestGuestsAreTheBuiltOnes(t *testing.T) {
	copies, err := filepath.Glob("guest/*.wasm")
	if err != nil || len(copies) != 3 {
		t.Fatalf("%v, %v", copies, err)
	}
	for _, name := range copies {
		have, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		built, err := os.ReadFile(filepath.Join("../../../../testdata/guests", filepath.Base(name)))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(have, built) {
			t.Errorf("%s is not the one in testdata/guests: copy it", name)
		}
	}
}
