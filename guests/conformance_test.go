package guests_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wasikv/wasikv/guests"
)

// The conformance guests have a folder and a manifest of their own, so that other
// hosts can be tested with the folder as it is.
func TestConformanceGuestsAreOfTheirSources(t *testing.T) {
	prebuilt := os.DirFS(filepath.Join(root, "testdata", "guests", "conformance"))
	tree := os.DirFS(root)
	all, err := guests.ReadManifest(prebuilt)
	if err != nil {
		t.Fatal(err)
	}
	files, sources := map[string]bool{guests.ManifestFile: true}, map[string]bool{}
	for _, g := range all {
		files[g.File] = true
		info, err := fs.Stat(prebuilt, g.File)
		if err != nil {
			t.Error(err)
			continue
		}
		if info.Size() != g.Size || hash(t, prebuilt, g.File) != g.SHA256 {
			t.Errorf("%s is not the one that the manifest describes: run make guests and commit what it writes", g.File)
		}
		for _, s := range g.Sources {
			sources[s.Path] = true
			if hash(t, tree, s.Path) != s.SHA256 {
				t.Errorf("%s has changed since %s was built: run make guests and commit what it writes", s.Path, g.File)
			}
		}
	}
	found, err := fs.ReadDir(prebuilt, ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if !files[f.Name()] {
			t.Errorf("%s is not in the manifest", f.Name())
		}
	}
	err = fs.WalkDir(tree, "guests/conformance", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasSuffix(name, ".md") && !sources[name] {
			t.Errorf("%s belongs to no guest of the manifest", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
