package host_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasikv/wasikv/host"
)

func inspector(t *testing.T) *host.Host {
	t.Helper()
	h, err := host.New(t.Context(), host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close(t.Context()) })
	return h
}

// uleb is a number below 128, or a string, as the binary format has them.
func uleb(s string) string { return string(rune(len(s))) + s }

func section(id byte, body string) string { return string([]byte{id, byte(len(body))}) + body }

func TestInspectCoreModule(t *testing.T) {
	// (type (func (param i32) (result i32))) (type (func (param v128)))
	// imports of preview1 and of the unknown, a function, a memory, exports.
	wasm := "\x00asm\x01\x00\x00\x00" +
		section(0, uleb("first")+"abc") +
		section(1, "\x02\x60\x01\x7f\x01\x7f\x60\x01\x7b\x00") +
		section(2, "\x02"+uleb("wasi_snapshot_preview1")+uleb("fd_close")+"\x00\x00"+uleb("env")+uleb("f")+"\x00\x00") +
		section(3, "\x02\x00\x01") +
		section(5, "\x01\x00\x02") +
		section(7, "\x03"+uleb("run")+"\x00\x02"+uleb("vector")+"\x00\x03"+uleb("memory")+"\x02\x00") +
		section(10, "\x02\x04\x00\x20\x00\x0b\x02\x00\x0b") +
		section(0, uleb("last"))
	got, err := inspector(t).Inspect([]byte(wasm))
	if err != nil {
		t.Fatal(err)
	}
	want := &host.Report{
		Kind: "core module", Bytes: len(wasm),
		Imports: []host.ReportImport{
			{
				Name: "wasi_snapshot_preview1", ServedBy: "wasi_snapshot_preview1", Satisfied: true,
				Items: []host.ReportItem{{Name: "fd_close", Type: "func(i32) -> i32"}},
			},
			{
				Name: "env", Problem: "the host does not provide this module",
				Items: []host.ReportItem{{Name: "f", Type: "function"}},
			},
		},
		Exports: []host.ReportExport{
			{Name: "run", Kind: "function", Type: "func(i32) -> i32", Callable: true},
			{Name: "vector", Kind: "function", Type: "func(0x7b)"},
			{Name: "memory", Kind: "memory"},
		},
		Modules: []host.ReportModule{{Bytes: len(wasm), Functions: 2, MemoryBytes: 2 << 16}},
		Custom:  []host.ReportSection{{Name: "first", Bytes: 3}, {Name: "last"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestInspectComponent(t *testing.T) {
	h := inspector(t)
	read := func(name string) *host.Report {
		t.Helper()
		wasm, err := os.ReadFile("../testdata/guests/" + name)
		if err != nil {
			t.Fatal(err)
		}
		r, err := h.Inspect(wasm)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	nop := read("wat-nop.component.wasm")
	if !nop.Runnable || !nop.Command || nop.Kind != "component" || len(nop.Modules) != 1 {
		t.Errorf("nop: %+v", nop)
	}
	want := []host.ReportExport{{
		Name: "wasi:cli/run@0.2.0", Kind: "instance",
		Items: []host.ReportExport{{Name: "run", Kind: "function", Type: "func() -> result", Callable: true}},
	}}
	if diff := cmp.Diff(want, nop.Exports); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	// A host without a cache, and without the benchmark's interface.
	bench := read("wat-bench.component.wasm")
	if bench.Runnable || bench.Command {
		t.Errorf("bench: %+v", bench)
	}
	problems := map[string]bool{}
	for _, imp := range bench.Imports {
		problems[imp.Name] = !imp.Satisfied
		if imp.Satisfied != (imp.Problem == "") || imp.Satisfied && !strings.HasPrefix(imp.ServedBy, "wasi:io/poll@0.2.") {
			t.Errorf("%+v", imp)
		}
	}
	if diff := cmp.Diff(map[string]bool{
		"wasikv:bench/host@0.1.0": true, "wasi:io/poll@0.2.3": false,
		"wasi:keyvalue/wasi-keyvalue-error@0.1.0": true, "wasi:keyvalue/types@0.1.0": true, "wasi:keyvalue/cache@0.1.0": true,
	}, problems); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestInspectRefuses(t *testing.T) {
	_, err := inspector(t).Inspect([]byte("no guest"))
	var format *host.FormatError
	if !errors.As(err, &format) {
		t.Errorf("gave %v", err)
	}
}
