package main

import (
	"context"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wasikv/wasikv/host/internal/suites"
)

// TestMutations corrupts the suites' components a byte or a few at a time, and
// compiles and instantiates each: whatever comes out, it comes out as an error
// or an instance, soon, and never as a panic.
func TestMutations(t *testing.T) {
	dir, err := suites.Dir()
	if err != nil {
		t.Skip(err)
	}
	var files []string
	err = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".wasm") {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	perFile := 4
	if testing.Short() {
		perFile = 1
	}
	rng := rand.New(rand.NewPCG(1, 2))
	compiled, instantiated := 0, 0
	for _, file := range files {
		wasm, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for range perFile {
			mutant := mutate(rng, wasm)
			began := time.Now()
			c, i := survive(t, file, mutant)
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("%s: a mutant took %v", file, took)
			}
			compiled, instantiated = compiled+c, instantiated+i
		}
	}
	t.Logf("%d mutants of %d files: %d compiled, %d instantiated", perFile*len(files), len(files), compiled, instantiated)
}

func survive(t *testing.T, file string, wasm []byte) (compiled, instantiated int) {
	defer func() {
		if r := recover(); r != nil {
			out := filepath.Join(os.TempDir(), "mutant.wasm")
			_ = os.WriteFile(out, wasm, 0o600)
			t.Errorf("%s: a mutant panicked, kept as %s: %v", file, out, r)
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	d, err := engine{}.Compile(ctx, wasm)
	if err != nil {
		return 0, 0
	}
	defer d.Close(ctx)
	if d.(*definition).plan == nil { // a core module
		return 1, 0
	}
	in, err := d.Instantiate(ctx, nil)
	if err != nil {
		return 1, 0
	}
	_ = in.Close(ctx)
	return 1, 1
}

func mutate(rng *rand.Rand, wasm []byte) []byte {
	out := append([]byte(nil), wasm...)
	for range 1 + rng.IntN(3) {
		if len(out) <= 8 {
			break
		}
		i := 8 + rng.IntN(len(out)-8)
		switch rng.IntN(4) {
		case 0:
			out[i] ^= 1 << rng.IntN(8)
		case 1:
			out[i] = byte(rng.Uint32())
		case 2:
			out = append(out[:i], out[i+1:]...)
		case 3:
			out[i] += byte(1 + rng.IntN(3))
		}
	}
	return out
}
