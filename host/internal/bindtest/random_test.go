package bindtest

import (
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wasikv/wasikv/host/internal/abi/abitest"
	"github.com/wasikv/wasikv/host/internal/types"
)

var seed = flag.Uint64("seed", 0, "the seed of TestRandomTypes; 0: a new one")

// The corpus is what someone thought of. This makes WIT of random types,
// generates its bindings, and runs the echo test in them, as a package that
// exists for the go command alone.
func TestRandomTypes(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("go test -run TestRandomTypes -seed %d", *seed)
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}

	const home = "github.com/wasikv/wasikv/host/internal/bindtest/random"
	wit := randomWIT(rand.New(rand.NewPCG(*seed, 0)))
	run("run", "../../../cmd/wit-bindgen-host", "-wit", write("random.wit", wit), "-world", "all",
		"-out", filepath.Join(dir, "bindings"), "-package-prefix", home+"/bindings")

	generated := filepath.Join("bindings", "corpus", "random", "types")
	files := map[string]string{}
	for _, name := range []string{"interface.go", "adapters.go"} {
		files[filepath.Join(generated, name)] = filepath.Join(dir, generated, name)
	}
	for _, name := range []string{"guest_test.go", "signature_test.go", "clone_test.go"} {
		files[name] = filepath.Join(here, name)
	}
	files["echo_test.go"] = write("echo_test.go", echoTest(t, filepath.Join(dir, generated, "interface.go"), home+"/bindings/corpus/random/types"))
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for name, path := range files {
		overlay.Replace[filepath.Join(here, "random", name)] = path
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "random.test")
	run("test", "-c", "-vet=off", "-overlay", write("overlay.json", string(text)), "-o", binary, home)
	echo := exec.Command(binary, "-rapid.nofailfile")
	echo.Dir = dir
	if out, err := echo.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\nof\n%s", err, out, wit)
	}
}

// randomWIT writes an interface of echo functions.
func randomWIT(r *rand.Rand) string {
	w := &witWriter{}
	var funcs strings.Builder
	for i := range 48 {
		entropy := make(abitest.Entropy, 150)
		for k := range entropy {
			entropy[k] = byte(r.Uint32())
		}
		typ := w.typ(entropy.Type(3 + i%4))
		fmt.Fprintf(&funcs, "  echo%d: func(v: %s) -> %s;\n", i, typ, typ)
	}
	return "package corpus:random;\n\nworld all {\n  import types;\n}\n\ninterface types {\n" + w.defs.String() + funcs.String() + "}\n"
}

// witWriter writes types as WIT, with definitions for those that need one.
type witWriter struct {
	defs strings.Builder
	n    int
}

func (w *witWriter) typ(t *types.Type) string {
	switch t.Kind {
	case types.List:
		return "list<" + w.typ(t.Elem) + ">"
	case types.Option:
		return w.define("type", "option<"+w.typ(t.Elem)+">")
	case types.Tuple:
		elems := make([]string, len(t.Fields))
		for i, f := range t.Fields {
			elems[i] = w.typ(f.Type)
		}
		return "tuple<" + strings.Join(elems, ", ") + ">"
	case types.Result:
		ok, err := t.Cases[0].Type, t.Cases[1].Type
		switch {
		case ok == nil && err == nil:
			return "result"
		case err == nil:
			return "result<" + w.typ(ok) + ">"
		case ok == nil:
			return "result<_, " + w.typ(err) + ">"
		}
		return "result<" + w.typ(ok) + ", " + w.typ(err) + ">"
	case types.Record:
		var body string
		for _, f := range t.Fields {
			body += "%" + f.Name + ": " + w.typ(f.Type) + ", "
		}
		return w.define("record", body)
	case types.Variant:
		var body string
		for _, c := range t.Cases {
			body += "%" + c.Name
			if c.Type != nil {
				body += "(" + w.typ(c.Type) + ")"
			}
			body += ", "
		}
		return w.define("variant", body)
	case types.Enum, types.Flags:
		return w.define(t.Kind.String(), "%"+strings.Join(t.Labels, ", %"))
	}
	return t.Kind.String()
}

func (w *witWriter) define(keyword, body string) string {
	w.n++
	name := fmt.Sprintf("t%d", w.n)
	if keyword == "type" {
		fmt.Fprintf(&w.defs, "  type %s = %s;\n", name, body)
	} else {
		fmt.Fprintf(&w.defs, "  %s %s { %s }\n", keyword, name, body)
	}
	return name
}

// echoTest writes a test of an interface whose functions all give back their
// argument.
func echoTest(t *testing.T, path, importPath string) string {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var methods strings.Builder
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || spec.Name.Name != "Host" {
			return true
		}
		for _, m := range spec.Type.(*ast.InterfaceType).Methods.List {
			ft := m.Type.(*ast.FuncType)
			param := qualified(t, ft.Params.List[1].Type)
			body, result := "return clone(v), nil", "(r "+param+", err error)"
			if r := ft.Results.List; len(r) == 1 {
				body, result = "_, err := outcome(v)\nreturn err", "error"
			} else if first := qualified(t, r[0].Type); first != param {
				body, result = "return outcome(v)", "("+first+", error)"
			}
			fmt.Fprintf(&methods, "func (echo) %s(_ context.Context, v %s) %s {\n%s\n}\n\n", m.Names[0].Name, param, result, body)
		}
		return false
	})
	return strings.NewReplacer("IMPORT", importPath, "METHODS", methods.String()).Replace(echoTestText)
}

// qualified spells a type of the generated package from outside.
func qualified(t *testing.T, expr ast.Expr) string {
	ast.Inspect(expr, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			return false
		case *ast.Field:
			ast.Inspect(n.Type, func(inner ast.Node) bool { return qualifyIdent(inner) })
			return false
		}
		return qualifyIdent(n)
	})
	var b strings.Builder
	if err := format.Node(&b, token.NewFileSet(), expr); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func qualifyIdent(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.SelectorExpr:
		return false
	case *ast.Ident:
		if n.IsExported() {
			n.Name = "generated." + n.Name
		}
	}
	return true
}

const echoTestText = `package bindtest

import (
	"context"
	"testing"

	"pgregory.net/rapid"

	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/abi/abitest"

	generated "IMPORT"
)

type echo struct{}

METHODS
func TestEcho(t *testing.T) {
	l := component.NewLinker()
	if err := generated.Register(l, echo{}); err != nil {
		t.Fatal(err)
	}
	face := l.Interfaces()[0]
	for _, fn := range face.Funcs {
		t.Run(fn.Name, func(t *testing.T) {
			ft := newSignatures(l).function(fn.Signature)
			if got := ft.String(); got != fn.Signature {
				t.Errorf("the signature %s reads as %s", fn.Signature, got)
			}
			rapid.Check(t, func(rt *rapid.T) {
				e := abitest.Entropy(rapid.SliceOfN(rapid.Byte(), 0, 400).Draw(rt, "entropy"))
				enc := rapid.SampledFrom([]abi.Encoding{abi.UTF8, abi.UTF16, abi.Latin1UTF16}).Draw(rt, "encoding")
				want := e.Value(ft.Params[0].Type)
				got, trap := newGuest(t, l, enc, component.Limits{}).call(face.Name, fn.Name, want)
				if trap != nil {
					rt.Fatalf("%v: %v", want, trap)
				}
				if !got.Equal(want) {
					rt.Fatalf("%v comes back as %v", want, got)
				}
			})
		})
	}
}
`
