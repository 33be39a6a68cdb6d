package model_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"go.bytecodealliance.org/wit"

	"github.com/wasikv/wasikv/cmd/wit-bindgen-host/internal/model"
)

const (
	hostWIT   = "../../../../wit"
	corpusWIT = "../../../../host/internal/bindtest/wit"
)

// The core signatures agree with those that wasm-tools gives a guest: a dummy
// module for the world imports each function as it is lowered.
func TestCoreSignaturesAgreeWithWasmTools(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles wasm-tools")
	}
	ctx := context.Background()
	cache, err := wazero.NewCompilationCacheWithDir(filepath.Join(os.TempDir(), "wasikv-wasm-tools"))
	if err != nil {
		t.Fatal(err)
	}
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCompilationCache(cache))
	defer r.Close(ctx)
	wasi_snapshot_preview1.MustInstantiate(ctx, r)
	tools, err := r.CompileModule(ctx, wasmTools(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		dir, world string
		min        int
	}{{hostWIT, "wasikv:host/imports", 90}, {corpusWIT, "everything", 100}} {
		var module, stderr bytes.Buffer
		config := wazero.NewModuleConfig().WithStdout(&module).WithStderr(&stderr).WithRandSource(rand.Reader).
			WithFSConfig(wazero.NewFSConfig().WithReadOnlyDirMount(c.dir, "/wit")).
			WithArgs("wasm-tools", "component", "embed", "--all-features", "--dummy-names", "legacy", "--world", c.world, "/wit")
		if _, err := r.InstantiateModule(ctx, tools, config); err != nil {
			t.Fatalf("wasm-tools: %v\n%s", err, stderr.String())
		}
		dummy, err := r.CompileModule(ctx, module.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{}
		for _, f := range dummy.ImportedFunctions() {
			face, name, _ := f.Import()
			want[face+"#"+name] = signature(f.ParamTypes(), f.ResultTypes())
		}
		got := map[string]string{}
		for _, i := range load(t, c.dir, c.world) {
			for _, f := range i.Funcs {
				params, results := f.Core()
				got[i.ID()+"#"+f.Name] = signature(valueTypes(params), valueTypes(results))
			}
		}
		if len(got) < c.min {
			t.Errorf("%s has %d functions, want at least %d", c.world, len(got), c.min)
		}
		for name, sig := range want {
			if strings.Contains(name, "#[resource-drop]") || name == "corpus:awkward/foreign@0.3.1#not-yet" { // unstable
				continue
			}
			name = strings.Replace(name, "@0.2.3#", "@0.2.12#", 1) // the newer stands for both
			if diff := cmp.Diff(sig, got[name]); diff != "" {
				t.Errorf("%s (-wasm-tools +ours):\n%s", name, diff)
			}
		}
	}
}

func signature(params, results []api.ValueType) string {
	names := func(ts []api.ValueType) string {
		var out []string
		for _, t := range ts {
			out = append(out, api.ValueTypeName(t))
		}
		return strings.Join(out, " ")
	}
	return names(params) + " -> " + names(results)
}

func valueTypes(ts []model.Core) []api.ValueType {
	out := make([]api.ValueType, len(ts))
	for i, t := range ts {
		out[i] = map[model.Core]api.ValueType{
			model.I32: api.ValueTypeI32, model.I64: api.ValueTypeI64, model.CF32: api.ValueTypeF32, model.CF64: api.ValueTypeF64,
		}[t]
	}
	return out
}

// load resolves a world as the generator does.
func load(t *testing.T, dir, world string) []*model.Interface {
	t.Helper()
	faces, err := model.Load(resolve(t, dir), model.Selection{Worlds: []string{world}})
	if err != nil {
		t.Fatal(err)
	}
	return faces
}

func resolve(t *testing.T, dir string) *wit.Resolve {
	t.Helper()
	path, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := wit.LoadWIT(path)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// wasmTools finds the tool in the module that parses WIT with it.
func wasmTools(t *testing.T) []byte {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "go.bytecodealliance.org").Output()
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(strings.TrimSpace(string(dir)), "internal", "wasmtools", "wasm-tools.wasm.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	wasm, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}
