package wit_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	parser "go.bytecodealliance.org/wit"

	"github.com/wasikv/wasikv/wit"
)

func TestPackages(t *testing.T) {
	want := []wit.Package{
		{ID: "wasikv:host@0.1.0", Dir: "."},
		{ID: "wasi:cli@0.2.12", Dir: "deps/wasi-cli-0.2.12"},
		{ID: "wasi:clocks@0.2.12", Dir: "deps/wasi-clocks-0.2.12"},
		{ID: "wasi:filesystem@0.2.12", Dir: "deps/wasi-filesystem-0.2.12"},
		{ID: "wasi:io@0.2.12", Dir: "deps/wasi-io-0.2.12"},
		{ID: "wasi:io@0.2.3", Dir: "deps/wasi-io-0.2.3"},
		{ID: "wasi:keyvalue@0.1.0", Dir: "deps/wasi-keyvalue-0.1.0"},
		{ID: "wasi:random@0.2.12", Dir: "deps/wasi-random-0.2.12"},
	}
	if diff := cmp.Diff(want, wit.Packages()); diff != "" {
		t.Errorf("packages (-want +got):\n%s", diff)
	}
}

// Every file names the package of its directory, and everything is documented.
func TestFiles(t *testing.T) {
	for _, p := range wit.Packages() {
		names, err := p.Files()
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := fs.ReadFile(wit.FS(), name)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(string(text), "package "+p.ID+";\n") {
				t.Errorf("%s does not begin with the package %s", name, p.ID)
			}
		}
		text, err := p.Text()
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count("\n"+text, "\npackage "); n != 1 {
			t.Errorf("the text of %s declares %d packages", p.ID, n)
		}
	}
}

// What os.CopyFS writes is a tree that WIT tools resolve, with every interface
// and function documented.
func TestResolves(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "wit")
	if err := os.CopyFS(dir, wit.FS()); err != nil {
		t.Fatal(err)
	}
	r, err := parser.LoadWIT(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(r.Packages), len(wit.Packages()); got != want {
		t.Errorf("%d packages resolved, want %d", got, want)
	}
	for _, i := range r.Interfaces {
		where := i.Package.Name.String() + " " + *i.Name
		if i.Docs.Contents == "" {
			t.Errorf("%s has no doc comment", where)
		}
		i.Functions.All()(func(name string, f *parser.Function) bool {
			if f.Docs.Contents == "" {
				t.Errorf("%s: %s has no doc comment", where, name)
			}
			return true
		})
		i.TypeDefs.All()(func(name string, d *parser.TypeDef) bool {
			if _, used := d.Kind.(*parser.TypeDef); !used && d.Docs.Contents == "" {
				t.Errorf("%s: %s has no doc comment", where, name)
			}
			return true
		})
	}
}

// wasi:io@0.2.3 is there because wasi:keyvalue asks for it by that version; the
// two are one.
func TestCompatibleVersionsAgree(t *testing.T) {
	texts := map[string]string{}
	for _, p := range wit.Packages() {
		text, err := p.Text()
		if err != nil {
			t.Fatal(err)
		}
		_, texts[p.ID], _ = strings.Cut(text, ";\n")
	}
	if diff := cmp.Diff(texts["wasi:io@0.2.12"], texts["wasi:io@0.2.3"]); diff != "" {
		t.Errorf("wasi:io@0.2.3 differs from 0.2.12 (-0.2.12 +0.2.3):\n%s", diff)
	}
}
