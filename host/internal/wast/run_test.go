package wast

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasikv/wasikv/host/internal/abi"
)

// fake is an Engine whose components are text: "refused", or the name of a
// definition followed by "uninstantiable", "unlinkable" or nothing. Instances
// count their calls, and know the functions below.
type fake struct{ open int }

type fakeDefinition struct {
	engine *fake
	name   string
	flaw   string
}

type fakeInstance struct {
	*fakeDefinition
	calls uint32
	deps  map[string]Instance
}

func (f *fake) Compile(_ context.Context, wasm []byte) (Definition, error) {
	name, flaw, _ := strings.Cut(string(wasm), " ")
	if name == "refused" {
		return nil, errors.New("refused")
	}
	f.open++
	return &fakeDefinition{f, name, flaw}, nil
}

func (d *fakeDefinition) Close(context.Context) error {
	d.engine.open--
	return nil
}

func (d *fakeDefinition) Instantiate(_ context.Context, registered map[string]Instance) (Instance, error) {
	switch d.flaw {
	case "uninstantiable":
		return nil, &Trap{errors.New("unreachable")}
	case "unlinkable":
		return nil, errors.New("missing import")
	}
	d.engine.open++
	return &fakeInstance{d, 0, registered}, nil
}

func (in *fakeInstance) Close(context.Context) error {
	in.engine.open--
	return nil
}

func (in *fakeInstance) Invoke(_ context.Context, field string, args []abi.Value) ([]abi.Value, error) {
	in.calls++
	switch field {
	case "name":
		return []abi.Value{abi.String(in.name)}, nil
	case "calls":
		return []abi.Value{abi.U32(in.calls)}, nil
	case "echo":
		return args, nil
	case "trap":
		return nil, &Trap{errors.New("unreachable")}
	case "panic":
		panic("a bug")
	}
	if dep := in.deps[field]; dep != nil {
		return dep.Invoke(context.Background(), "name", nil)
	}
	return nil, fmt.Errorf("no export %q", field)
}

// script writes a suite of one script and runs it.
func runScript(t *testing.T, semantics, known, commands string) (*Report, *fake) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"a", "b", "refused"} {
		write(t, filepath.Join(dir, "s", name+".wasm"), name)
	}
	write(t, filepath.Join(dir, "s", "trap.wasm"), "t uninstantiable")
	write(t, filepath.Join(dir, "s", "unlinkable.wasm"), "u unlinkable")
	write(t, filepath.Join(dir, "s", "wast.json"), `{"commands": [`+commands+`]}`)
	var all []struct{ MVP bool }
	if err := json.Unmarshal([]byte("["+commands+"]"), &all); err != nil {
		t.Fatal(err)
	}
	mvp := 0
	for _, c := range all {
		if c.MVP {
			mvp++
		}
	}
	write(t, filepath.Join(dir, "index.json"), fmt.Sprintf(
		`[{"suite": "s", "file": "d/x.wast", "json": "s/wast.json", "mvp_commands": %d, "module_semantics": %q}]`, mvp, semantics))
	k, err := ReadKnown(strings.NewReader(known))
	if err != nil {
		t.Fatal(err)
	}
	engine := &fake{}
	report, err := Run(context.Background(), dir, engine, k)
	if err != nil {
		t.Fatal(err)
	}
	if engine.open != 0 {
		t.Errorf("%d definitions and instances are still open", engine.open)
	}
	return report, engine
}

func write(t *testing.T, path, text string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// invoke is an assert_return of a function without arguments, as JSON.
func invoke(line int, module, field, want string) string {
	return fmt.Sprintf(`{"mvp": true, "line": %d, "type": "assert_return", "action": {"type": "invoke", "module": %q, "field": %q, "args": []}, "expected": [%s]}`,
		line, module, field, want)
}

func str(s string) string { return fmt.Sprintf(`{"type": "string", "value": %q}`, s) }

func load(line int, kind, file string, more ...string) string {
	return fmt.Sprintf(`{"mvp": true, "line": %d, "type": %q, "filename": "%s.wasm" %s}`, line, kind, file, strings.Join(more, ""))
}

func TestRunPasses(t *testing.T) {
	u32 := func(n int) string { return fmt.Sprintf(`{"type": "u32", "value": "%d"}`, n) }
	report, _ := runScript(t, "instantiate", "", strings.Join([]string{
		load(1, "module", "a", `, "name": "A"`),
		invoke(2, "", "calls", u32(1)),
		invoke(3, "", "calls", u32(2)),
		load(4, "module_definition", "b", `, "name": "B"`),
		`{"mvp": true, "line": 5, "type": "module_instance", "instance": "b1", "module": "B"}`,
		`{"mvp": true, "line": 6, "type": "module_instance", "module": "B"}`,
		invoke(7, "b1", "name", str("b")),
		invoke(8, "b1", "calls", u32(2)),
		invoke(9, "", "calls", u32(1)),
		invoke(10, "A", "name", str("a")),
		`{"mvp": true, "line": 11, "type": "register", "as": "dep", "name": "A"}`,
		load(12, "module", "b"),
		invoke(13, "", "dep", str("a")),
		`{"mvp": true, "line": 14, "type": "assert_trap", "action": {"type": "invoke", "field": "trap", "args": []}, "text": "unreachable"}`,
		load(15, "assert_invalid", "refused"),
		load(16, "assert_malformed", "refused"),
		load(17, "assert_uninstantiable", "trap"),
		load(18, "assert_unlinkable", "unlinkable"),
		`{"mvp": false, "line": 19, "type": "assert_return", "expected": [{"type": "stream", "value": 1}]}`,
		load(20, "module", "a"),
		`{"mvp": true, "line": 21, "type": "action", "action": {"type": "invoke", "field": "name", "args": []}}`,
		`{"mvp": true, "line": 22, "type": "assert_malformed", "filename": "x.wat", "binary_filename": "refused.wasm"}`,
	}, ","))
	for _, f := range report.Failures {
		t.Error(f.String())
	}
	want := []Tally{{"s", 21, 21}}
	if diff := cmp.Diff(want, report.Suites); diff != "" {
		t.Error(diff)
	}
	if !report.Ok() {
		t.Error("not ok")
	}
}

func TestRunFails(t *testing.T) {
	report, _ := runScript(t, "instantiate", "", strings.Join([]string{
		load(1, "module", "refused"),
		invoke(2, "", "name", str("a")),
		load(3, "module", "a"),
		invoke(4, "", "name", str("b")),
		invoke(5, "", "name", ""),
		invoke(6, "", "missing", str("a")),
		invoke(7, "", "panic", str("a")),
		invoke(8, "nobody", "name", str("a")),
		`{"mvp": true, "line": 9, "type": "assert_trap", "action": {"type": "invoke", "field": "name", "args": []}, "text": "boom"}`,
		`{"mvp": true, "line": 10, "type": "assert_trap", "action": {"type": "invoke", "field": "missing", "args": []}, "text": "boom"}`,
		load(11, "assert_invalid", "a"),
		load(12, "assert_malformed", "absent"),
		load(13, "module", "trap"),
		load(14, "assert_unlinkable", "a"),
		load(15, "assert_unlinkable", "trap"),
		load(16, "assert_uninstantiable", "a"),
		`{"mvp": true, "line": 17, "type": "module_instance", "module": "None"}`,
		`{"mvp": true, "line": 18, "type": "assert_exhaustion"}`,
	}, ","))
	var got []string
	for _, f := range report.Failures {
		got = append(got, f.String())
	}
	want := []string{
		`s/d/x.wast:1: refused`,
		`s/d/x.wast:2: there is no instance: the module before was refused`,
		`s/d/x.wast:4: name returned ["a"], want ["b"]`,
		`s/d/x.wast:5: name returned ["a"], want []`,
		`s/d/x.wast:6: no export "missing"`,
		`s/d/x.wast:7: the engine panicked: a bug`,
		`s/d/x.wast:8: there is no instance "nobody": it was refused`,
		`s/d/x.wast:9: it did not trap: boom`,
		`s/d/x.wast:10: it failed otherwise than by a trap (boom): no export "missing"`,
		`s/d/x.wast:11: it was accepted: `,
		`s/d/x.wast:12: open `,
		`s/d/x.wast:13: unreachable`,
		`s/d/x.wast:14: it was linked: `,
		`s/d/x.wast:15: it was linked, and trapped: unreachable`,
		`s/d/x.wast:16: it did not trap: `,
		`s/d/x.wast:17: there is no definition "None": it was refused`,
		`s/d/x.wast:18: unknown command "assert_exhaustion"`,
	}
	for i := range got {
		if strings.HasPrefix(got[i], "s/d/x.wast:12: open ") {
			got[i] = "s/d/x.wast:12: open "
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Tally{{"s/d", 1, 18}}, report.Directories); diff != "" {
		t.Error(diff)
	}
}

// A suite that only validates instantiates what is acted on, and no more.
func TestRunValidateOnly(t *testing.T) {
	report, _ := runScript(t, "validate-only", "", strings.Join([]string{
		load(1, "module", "trap"),
		load(2, "module", "a"),
		invoke(3, "", "name", str("a")),
		load(4, "module", "refused"),
	}, ","))
	if len(report.Failures) != 1 || report.Failures[0].Line != 4 {
		t.Errorf("failures: %v, want line 4 alone", report.Failures)
	}
}

func TestRunKnownFailures(t *testing.T) {
	commands := load(1, "module", "refused") + "," + load(2, "module", "a")
	tests := []struct {
		known string
		ok    bool
		text  string
	}{
		{"", false, "s/d/x.wast:1: refused\ns/d 1/2\ns 1/2\n"},
		{"# why\ns/d/x.wast:1 the engine is a fake\n", true, "s/d/x.wast:1: refused [known: the engine is a fake]\ns/d 1/2\ns 1/2\n"},
		{"s/d/x.wast:1 fake\ns/d/x.wast:2 fake", false,
			"s/d/x.wast:1: refused [known: fake]\ns/d/x.wast:2: it passes: take it off the list of known failures\ns/d 1/2\ns 1/2\n"},
	}
	for _, test := range tests {
		report, _ := runScript(t, "instantiate", test.known, commands)
		var b strings.Builder
		if _, err := report.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.text, b.String()); diff != "" || report.Ok() != test.ok {
			t.Errorf("with %q: ok %v (-want +got):\n%s", test.known, report.Ok(), diff)
		}
	}
}

func TestRunUnknownKnownFailure(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "index.json"), "[]")
	_, err := Run(context.Background(), dir, &fake{}, Known{{"s", "gone.wast", 3}: "it was there"})
	if err == nil || !strings.Contains(err.Error(), "s/gone.wast:3") {
		t.Errorf("Run: %v, want an error that names s/gone.wast:3", err)
	}
}

func TestReadKnownErrors(t *testing.T) {
	for _, list := range []string{"s/x.wast:1", "s/x.wast:a why", "x.wast why", "s/x.wast:1 a\ns/x.wast:1 b"} {
		if known, err := ReadKnown(strings.NewReader(list)); err == nil {
			t.Errorf("ReadKnown(%q) = %v", list, known)
		}
	}
}
