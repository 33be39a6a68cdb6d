package plan_test

import (
	"os"
	"path/filepath"
	"strconv"
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
	found, kept := 0, 0
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
		p, err := plan.New(def, nothing{}, new(core.Parsed).Module)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for i, step := range p.Steps {
			if step.Kind != plan.Instantiate || p.Modules[step.Module].Source.Shim() == nil {
				continue
			}
			// It may stay only for functions of another core instance, such as
			// an adapter's, which exists later than the module that calls it.
			if needed := imports(p, step.Instance); needed == 0 {
				t.Errorf("%s: step %d instantiates a shim that no module needs", file, i)
			} else {
				kept++
			}
		}
	}
	if found == 0 || kept == found {
		t.Errorf("of %d shims %d were kept: the test shows nothing", found, kept)
	}
}

// imports counts the functions that modules import from a core instance.
func imports(p *plan.Plan, instance int) (n int) {
	for i := range p.Modules {
		m := &p.Modules[i]
		for k, name := range m.Edits {
			if name.Module == strconv.Itoa(instance) && m.Source.Imports[k].Kind == core.Func {
				n++
			}
		}
	}
	return n
}
