package host_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/wasikv/wasikv/"

// rules say who may not import whom, by path prefixes within the module. They
// keep data flowing one way and prove that third parties can do what our own
// host interfaces do.
var rules = []struct {
	importer string
	except   []string // importers below the prefix that the rule is not for
	denied   []string
	allowed  []string // below what is denied
	why      string
}{
	{"cmd/", []string{"cmd/wit-bindgen-host/"}, []string{"host/internal/"}, nil, "commands use the public packages only"},
	{"bindings/", nil, []string{"host/", "backends"}, []string{"host/component"}, "bindings need host/component alone"},
	{"host/wasi/", nil, []string{"host/internal/"}, nil, "host interfaces are written as third parties write them"},
	{"host/keyvalue", nil, []string{"host/internal/"}, nil, "host interfaces are written as third parties write them"},
	{"host/component", nil, []string{"bindings/", "backends", "host/wasi", "host/keyvalue"}, nil, "it is below what implements interfaces"},
	{"host/internal/", []string{"host/internal/preview1", "host/internal/bindtest"}, []string{"bindings/", "backends", "host/wasi", "host/keyvalue"}, nil, "the runtime knows no interface"},
	{"host/", nil, []string{"backends/rediscache", "backends/natscache"}, nil, "the embedder chooses drivers, and links only those"},
	{"backends", nil, []string{"host/", "bindings/"}, nil, "backends serve more than the host"},
}

func TestImportRules(t *testing.T) {
	root := ".."
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			name := d.Name()
			if path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules") {
				return filepath.SkipDir
			}
			if path != root {
				if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil {
					return filepath.SkipDir // a module of its own
				}
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		importer := filepath.ToSlash(rel)
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if inner, ok := strings.CutPrefix(imported, module); ok {
				checkImport(t, importer, inner)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkImport(t *testing.T, importer, imported string) {
	t.Helper()
	for _, r := range rules {
		if !strings.HasPrefix(importer, r.importer) || hasPrefix(importer, r.except) {
			continue
		}
		if hasPrefix(imported, r.denied) && !hasPrefix(imported, r.allowed) {
			t.Errorf("%s imports %s: %s", importer, imported, r.why)
		}
	}
}

func hasPrefix(path string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(path, p) {
			return true
		}
	}
	return false
}
