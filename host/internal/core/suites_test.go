package core

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/wasikv/wasikv/host/internal/binary"
	"github.com/wasikv/wasikv/host/internal/suites"
)

// suiteModules gives the core modules inside the components of the component
// model's own tests, by file and offset; none where the suites are absent.
func suiteModules(tb testing.TB) map[string][]byte {
	dir, err := suites.Dir()
	if err != nil {
		tb.Log(err)
		return nil
	}
	modules := map[string][]byte{}
	var collect func(file string, c *binary.Component)
	collect = func(file string, c *binary.Component) {
		for _, def := range c.Defs {
			switch def := def.(type) {
			case *binary.CoreModule:
				modules[fmt.Sprintf("%s@%d", file, def.Pos())] = def.Bytes
			case *binary.Nested:
				collect(file, def.Component)
			}
		}
	}
	err = filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".wasm" {
			return err
		}
		wasm, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if c, err := binary.Decode(wasm, binary.Limits{}); err == nil {
			collect(path, c)
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return modules
}

func interpreter() wazero.Runtime {
	features := api.CoreFeaturesV2 | experimental.CoreFeaturesExtendedConst | experimental.CoreFeaturesTailCall
	return wazero.NewRuntimeWithConfig(context.Background(), wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(features))
}

// What wazero compiles parses, with the same imports and exports, and what
// Rewrite makes of it compiles as well.
func TestParseAgreesWithWazero(t *testing.T) {
	modules := suiteModules(t)
	if modules == nil {
		t.Skip(suites.ErrAbsent)
	}
	ctx := context.Background()
	r := interpreter()
	defer r.Close(ctx)
	compiled, refused := 0, 0
	for at, wasm := range modules {
		m, err := Parse(wasm, 0, Limits{})
		if err != nil {
			refused++
			if c, wazeroErr := r.CompileModule(ctx, wasm); wazeroErr == nil {
				t.Errorf("%s: wazero compiles it, but Parse says: %v", at, err)
				c.Close(ctx)
			}
			continue
		}
		names := make([]ImportName, len(m.Imports))
		for i := range names {
			names[i] = ImportName{fmt.Sprint("source ", i), m.Imports[i].Name}
		}
		rewritten, err := m.Rewrite(Edits{Imports: names})
		if err != nil {
			t.Errorf("%s: %v", at, err)
			continue
		}
		c, err := r.CompileModule(ctx, rewritten)
		if err != nil {
			t.Logf("%s: parses, and wazero says: %v", at, err)
			continue
		}
		compiled++
		compareFuncs(t, at, m, names, c)
		c.Close(ctx)
	}
	t.Logf("%d modules compiled after rewriting, %d refused", compiled, refused)
}

// compareFuncs compares the functions and memories that Parse and wazero see.
func compareFuncs(t *testing.T, at string, m *Module, names []ImportName, c wazero.CompiledModule) {
	t.Helper()
	type fn struct {
		Module, Name    string
		Params, Results []byte
	}
	var want, got []fn
	for _, f := range c.ImportedFunctions() {
		module, name, _ := f.Import()
		want = append(want, fn{module, name, f.ParamTypes(), f.ResultTypes()})
	}
	for i, im := range m.Imports {
		if im.Kind == Func {
			got = append(got, fn{names[i].Module, names[i].Name, im.Func.Params, im.Func.Results})
		}
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s: imported functions (-wazero +Parse):\n%s", at, diff)
	}
	exports := c.ExportedFunctions()
	memories := c.ExportedMemories()
	for _, e := range m.Exports {
		switch e.Kind {
		case Func:
			f := exports[e.Name]
			if f == nil || f.Index() != e.Index || !cmp.Equal(f.ParamTypes(), e.Func.Params, cmpopts.EquateEmpty()) ||
				!cmp.Equal(f.ResultTypes(), e.Func.Results, cmpopts.EquateEmpty()) {
				t.Errorf("%s: export %q: Parse says %+v, wazero %+v", at, e.Name, e.Func, f)
			}
			delete(exports, e.Name)
		case Memory:
			mem := memories[e.Name]
			most, bounded := mem.Max()
			if mem.Min() != e.Memory.Min || bounded != (e.Memory.Max != nil) || bounded && most != *e.Memory.Max {
				t.Errorf("%s: memory %q: Parse says %+v, wazero %d to %d", at, e.Name, e.Memory, mem.Min(), most)
			}
			delete(memories, e.Name)
		}
	}
	if len(exports)+len(memories) > 0 {
		t.Errorf("%s: Parse misses exports: %v %v", at, exports, memories)
	}
}

func FuzzParse(f *testing.F) {
	for _, wasm := range suiteModules(f) {
		f.Add(wasm)
	}
	f.Add(sample)
	ctx := context.Background()
	r := interpreter()
	f.Fuzz(func(t *testing.T, wasm []byte) {
		m, err := Parse(wasm, 0, Limits{})
		if err != nil {
			var malformed *Error
			var unsupported *UnsupportedError
			if !errors.As(err, &malformed) && !errors.As(err, &unsupported) {
				t.Errorf("error of type %T: %v", err, err)
			}
			return
		}
		names := make([]ImportName, len(m.Imports))
		for i := range names {
			names[i] = ImportName{"m", fmt.Sprint(i)}
		}
		most := uint32(1 << 16)
		rewritten, err := m.Rewrite(Edits{Imports: names, TableMax: &most, MemoryMax: &most})
		if err != nil {
			var over *CapError
			if !errors.As(err, &over) {
				t.Error(err)
			}
			return
		}
		again, err := Parse(rewritten, 0, Limits{})
		if err != nil {
			t.Fatalf("what Rewrite made does not parse: %v", err)
		}
		if diff := cmp.Diff(m.Exports, again.Exports, cmpopts.IgnoreFields(Extern{}, "Table", "Memory")); diff != "" {
			t.Errorf("rewriting changed the exports:\n%s", diff)
		}
		for i := range again.Imports {
			if got := (ImportName{again.Imports[i].Module, again.Imports[i].Name}); got != names[i] {
				t.Errorf("import %d is %+v, want %+v", i, got, names[i])
			}
		}
		// wazero must survive what parses: it may refuse, but not exhaust the
		// host.
		if c, err := r.CompileModule(ctx, rewritten); err == nil {
			c.Close(ctx)
		}
	})
}
