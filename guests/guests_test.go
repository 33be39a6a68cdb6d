package guests_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/wasikv/wasikv/guests"
)

// root is the repository's, from this package's directory.
const root = ".."

func prebuilt() fs.FS { return os.DirFS(filepath.Join(root, "testdata", "guests")) }

func manifest(t *testing.T) []guests.Guest {
	t.Helper()
	all, err := guests.ReadManifest(prebuilt())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func scenarios(t *testing.T) []guests.Scenario {
	t.Helper()
	all, err := guests.ReadScenarios(prebuilt())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func hash(t *testing.T, fsys fs.FS, name string) string {
	t.Helper()
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func TestPrebuiltGuestsAreOfTheirSources(t *testing.T) {
	tree := os.DirFS(root)
	for _, g := range manifest(t) {
		t.Run(g.File, func(t *testing.T) {
			if len(g.Sources) == 0 {
				t.Error("the manifest names no sources")
			}
			if g.OnDemand {
				if g.SHA256 != "" || g.Size != 0 {
					t.Error("a guest built on demand has no hash to keep")
				}
				return
			}
			info, err := fs.Stat(prebuilt(), g.File)
			if err != nil {
				t.Fatal(err)
			}
			if info.Size() != g.Size || hash(t, prebuilt(), g.File) != g.SHA256 {
				t.Error("the file is not the one that the manifest describes: run make guests and commit what it writes")
			}
			for _, s := range g.Sources {
				if hash(t, tree, s.Path) != s.SHA256 {
					t.Errorf("%s has changed since the guest was built: run make guests and commit what it writes", s.Path)
				}
			}
		})
	}
}

func TestManifestRowsAreComplete(t *testing.T) {
	languages := map[string]bool{"C": false, "Go": false, "JavaScript": false, "Rust": false, "WAT": false}
	magics := map[string]string{
		guests.Core:      "\x00asm\x01\x00\x00\x00",
		guests.Component: "\x00asm\x0d\x00\x01\x00",
	}
	for _, g := range manifest(t) {
		if _, ok := languages[g.Language]; !ok {
			t.Errorf("%s: unknown language %q", g.File, g.Language)
		}
		languages[g.Language] = true
		if !slices.ContainsFunc(g.Sources, func(s guests.Source) bool { return s.Path == g.Recipe }) {
			t.Errorf("%s: the recipe %q is not among its sources", g.File, g.Recipe)
		}
		magic, ok := magics[g.Form]
		switch {
		case !ok:
			t.Errorf("%s: unknown form %q", g.File, g.Form)
		case g.OnDemand:
		case g.Toolchain == "":
			t.Errorf("%s: no toolchain", g.File)
		default:
			b, err := fs.ReadFile(prebuilt(), g.File)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(string(b), magic) {
				t.Errorf("%s is no %s", g.File, g.Form)
			}
		}
	}
	for language, seen := range languages {
		if !seen {
			t.Errorf("there is no guest in %s", language)
		}
	}
}

// A program that no recipe picks up would be neither built nor run.
func TestEverySourceBelongsToAGuest(t *testing.T) {
	listed := map[string]bool{}
	for _, g := range manifest(t) {
		for _, s := range g.Sources {
			listed[s.Path] = true
		}
	}
	for _, language := range []string{"c", "go", "js", "rust", "wat"} {
		err := fs.WalkDir(os.DirFS(root), path.Join("guests", language), func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && d.Name() == "node_modules":
				return fs.SkipDir
			case d.IsDir(), d.Name() == "README.md", d.Name() == ".gitignore", strings.HasSuffix(name, "_test.go"):
			case !listed[name]:
				t.Errorf("%s belongs to no guest of the manifest: name it in %s and run make guests", name, path.Join("guests", language, "recipe.mk"))
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestEveryGuestHasAScenario(t *testing.T) {
	played := map[string]bool{}
	goPrograms := map[string]bool{}
	for _, s := range scenarios(t) {
		for _, step := range s.Steps {
			for _, g := range append(slices.Clone(s.Guests), step.Guest) {
				played[g] = true
				if strings.HasPrefix(g, "go-examples") && len(step.Args) > 0 {
					goPrograms[step.Args[0]] = true
				}
			}
		}
	}
	delete(played, "")
	for _, g := range manifest(t) {
		if !played[g.File] {
			t.Errorf("no scenario in %s plays %s", guests.ScenariosFile, g.File)
		}
		delete(played, g.File)
	}
	for g := range played {
		t.Errorf("a scenario plays %s, which is not in the manifest", g)
	}
	programs, err := filepath.Glob("go/examples/*.go")
	if err != nil || len(programs) == 0 {
		t.Fatalf("no Go examples found: %v", err)
	}
	for _, p := range programs {
		if name := strings.TrimSuffix(filepath.Base(p), ".go"); name != "main" && !goPrograms[name] {
			t.Errorf("no scenario in %s plays the Go example %s", guests.ScenariosFile, name)
		}
	}
}

func TestScenariosAreWellFormed(t *testing.T) {
	names := map[string]bool{}
	for _, s := range scenarios(t) {
		if s.Name == "" || names[s.Name] {
			t.Errorf("the name %q is empty or taken", s.Name)
		}
		names[s.Name] = true
		if len(s.Steps) == 0 {
			t.Errorf("%s has no steps", s.Name)
		}
		for i, step := range s.Steps {
			if (len(s.Guests) == 0) != (step.Guest != "") {
				t.Errorf("%s, step %d: the guest must be named either by the scenario or by the step", s.Name, i)
			}
			ways := 0
			for _, set := range []bool{step.Stdout != "", step.StdoutMatch != "", step.StdoutLines != nil} {
				if set {
					ways++
				}
			}
			if ways > 1 {
				t.Errorf("%s, step %d: stdout is expected in %d ways", s.Name, i, ways)
			}
			if (step.Call == "") != (step.Result == "") {
				t.Errorf("%s, step %d: a call needs a result", s.Name, i)
			}
			if step.Trap && step.Exit != 0 {
				t.Errorf("%s, step %d: a trap has no exit code", s.Name, i)
			}
			for _, re := range []string{step.StdoutMatch, step.StderrMatch} {
				if _, err := regexp.Compile(re); err != nil {
					t.Errorf("%s, step %d: %v", s.Name, i, err)
				}
			}
		}
	}
}

func TestNothingElseLiesBesideTheGuests(t *testing.T) {
	want := map[string]bool{guests.ManifestFile: true, guests.ScenariosFile: true}
	for _, g := range manifest(t) {
		want[g.File] = !g.OnDemand
	}
	entries, err := fs.ReadDir(prebuilt(), ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() && !want[e.Name()] {
			t.Errorf("testdata/guests/%s is in no manifest: remove it, or run make guests", e.Name())
		}
	}
}
