package plan_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/binary"
	"github.com/wasikv/wasikv/host/internal/core"
	"github.com/wasikv/wasikv/host/internal/plan"
)

type nothing struct{}

func (nothing) Lookup(string) *abi.Interface  { return nil }
func (nothing) Nearest(string) *abi.Interface { return nil }

// TestShimsAreBypassed plans the guests that toolchains made: what
// wit-component puts between a module and its imports is recognised in each,
// and nothing of it is left to instantiate.
func TestShimsAreBypassed(t *testing.T) {
	files, err := filepath.Glob("../../../testdata/guests/*.component.wasm")
	if err != nil || len(files) == 0 {
		t.Fatalf("no guests: %v", err)
	}
	found := 0
	for _, file := range files {
		wasm, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		def, err := binary.Decode(wasm, binary.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, d := range def.Defs {
			if m, ok := d.(*binary.CoreModule); ok {
				parsed, err := core.Parse(m.Bytes, 0, core.Limits{})
				if err != nil {
					t.Fatalf("%s: %v", file, err)
				}
				if parsed.Shim() != nil {
					found++
				}
			}
		}
		p, err := plan.New(def, nothing{}, core.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for i := range p.Modules {
			m := p.Modules[i].Source
			if m.Shim() != nil || m.Fixup() != nil {
				t.Errorf("%s: core module %d is still a shim or a fixup", file, i)
			}
		}
	}
	if found == 0 {
		t.Error("no guest has a shim: the test shows nothing")
	}
}
