package command_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wasikv/wasikv/cmd/wit-bindgen-host/internal/command"
)

func run(args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = command.Main(args, &out, &err)
	return code, out.String(), err.String()
}

// What is committed is what the generator makes: the project's bindings, and
// the corpus that they are tested by.
func TestCommittedBindingsAreUpToDate(t *testing.T) {
	const root = "../../../../"
	for _, args := range [][]string{
		{"-wit", root + "wit", "-world", "wasikv:host/imports", "-out", root + "bindings"},
		{"-wit", root + "host/internal/bindtest/wit", "-world", "everything", "-out", root + "host/internal/bindtest/bindings"},
	} {
		if code, _, stderr := run(append(args, "-check")...); code != 0 {
			t.Errorf("wit-bindgen-host %s -check: %s", strings.Join(args, " "), stderr)
		}
	}
}

func TestUsage(t *testing.T) {
	code, stdout, stderr := run("-help")
	if code != 0 || !strings.HasPrefix(stdout, "wit-bindgen-host: ") || stderr != "" {
		t.Errorf("-help: exit %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	for _, line := range strings.Split(stdout, "\n") {
		if len(line) > 80 {
			t.Errorf("help is wider than a terminal: %q", line)
		}
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "-world WORLD or -interface INTERFACE"},
		{[]string{"-world", "w", "extra"}, `unexpected argument "extra"`},
		{[]string{"-nonsense"}, "not defined: -nonsense"},
		{[]string{"-world", "w", "-map", "x"}, "NAMESPACE:PACKAGE[@TRACK]=IMPORTPATH"},
		{[]string{"-world", "w", "-out", "/"}, "is in no Go module"},
	} {
		if code, _, stderr := run(c.args...); code != 2 || !strings.Contains(stderr, c.want) || !strings.Contains(stderr, "-help") {
			t.Errorf("%v: exit %d, %q, want 2 and %q", c.args, code, stderr, c.want)
		}
	}
}

// project makes a Go module with a WIT world, and gives its directory.
func project(t *testing.T, world string) string {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":                  "module example.com/project // a comment\n",
		"wit/world.wit":           world,
		"wit/deps/io/streams.wit": "package wasi:io@0.2.6;\ninterface streams { resource output-stream { flush: func(); } }\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const world = `package my:app@1.0.0;
world host { import log; import plain; @unstable(feature = more) import extra; }
interface log {
  use wasi:io/streams@0.2.6.{output-stream};
  attach: func(to: output-stream);
}
interface plain { f: func(); }
@unstable(feature = more)
interface extra { g: func(); }
`

func tree(t *testing.T, dir string) []string {
	var paths []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, err := filepath.Rel(dir, path)
			paths = append(paths, filepath.ToSlash(rel))
			return err
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func read(t *testing.T, path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A project of someone else: their world, the host's wasi:io.
func TestProject(t *testing.T) {
	dir := project(t, world)
	out := filepath.Join(dir, "internal", "gen")
	args := []string{"-wit", filepath.Join(dir, "wit"), "-world", "host", "-out", out}
	if code, stdout, stderr := run(args...); code != 0 || stdout+stderr != "" {
		t.Fatalf("exit %d: %s%s", code, stdout, stderr)
	}
	want := []string{"my/app/v1/log/adapters.go", "my/app/v1/log/interface.go", "my/app/v1/plain/adapters.go", "my/app/v1/plain/interface.go"}
	if diff := cmp.Diff(want, tree(t, out)); diff != "" {
		t.Fatalf("files (-want +got):\n%s", diff)
	}
	text := read(t, filepath.Join(out, "my/app/v1/log/interface.go"))
	if !strings.Contains(text, `"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/streams"`) {
		t.Errorf("the project's bindings are not used for wasi:io:\n%s", text)
	}
	if text = read(t, filepath.Join(out, "my/app/v1/log/adapters.go")); !strings.Contains(text, "streams.OutputStreamResource.Name") {
		t.Errorf("the name of the resource is not looked up:\n%s", text)
	}

	// Again, with what is there kept as it is.
	file := filepath.Join(out, "my/app/v1/plain/interface.go")
	then := time.Now().Add(-time.Hour).Truncate(time.Second)
	if err := os.Chtimes(file, then, then); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := run(args...); code != 0 {
		t.Fatal(stderr)
	}
	if info, err := os.Stat(file); err != nil || !info.ModTime().Equal(then) {
		t.Errorf("a file that is up to date is written: %v", err)
	}
	if code, _, stderr := run(append(args, "-check")...); code != 0 {
		t.Errorf("-check of what was just written: %s", stderr)
	}

	// With the feature, there is one more; -check says so and writes nothing.
	code, _, stderr := run(append(args, "-feature", "more", "-check")...)
	if code != 1 || !strings.Contains(stderr, "not up to date") || !strings.Contains(filepath.ToSlash(stderr), "v1/extra/interface.go") {
		t.Errorf("-check: exit %d, %s", code, stderr)
	}
	if diff := cmp.Diff(want, tree(t, out)); diff != "" {
		t.Errorf("-check writes (-before +after):\n%s", diff)
	}

	// Left behind by a smaller selection, and removed when asked.
	hand := filepath.Join(out, "my/app/v1/log/mine.go")
	if err := os.WriteFile(hand, []byte("package log\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	smaller := []string{"-wit", filepath.Join(dir, "wit"), "-interface", "my:app/plain@1.0.0", "-out", out}
	if code, _, stderr := run(smaller...); code != 0 {
		t.Fatal(stderr)
	}
	if code, _, stderr := run(append(smaller, "-check")...); code != 1 || !strings.Contains(filepath.ToSlash(stderr), "log/adapters.go") {
		t.Errorf("-check of leftovers: exit %d, %s", code, stderr)
	}
	if code, _, stderr := run(append(smaller, "-prune")...); code != 0 {
		t.Fatal(stderr)
	}
	want = []string{"my/app/v1/log/mine.go", "my/app/v1/plain/adapters.go", "my/app/v1/plain/interface.go"}
	if diff := cmp.Diff(want, tree(t, out)); diff != "" {
		t.Errorf("after -prune (-want +got):\n%s", diff)
	}
}

func TestMappings(t *testing.T) {
	dir := project(t, world)
	for _, c := range []struct {
		args []string
		want string // import path of streams
		own  bool   // streams is generated
	}{
		{nil, "github.com/wasikv/wasikv/bindings/wasi/io/v0_2/streams", false},
		{[]string{"-map", "wasi:io@0.2=example.com/theirs"}, "example.com/theirs/streams", false},
		{[]string{"-no-default-maps"}, "example.com/project/gen/wasi/io/v0_2/streams", true},
		{[]string{"-no-default-maps", "-package-prefix", "example.com/other"}, "example.com/other/wasi/io/v0_2/streams", true},
	} {
		out := filepath.Join(dir, "gen")
		args := append([]string{"-wit", filepath.Join(dir, "wit"), "-interface", "log", "-out", out, "-prune"}, c.args...)
		if code, _, stderr := run(args...); code != 0 {
			t.Fatalf("%v: %s", c.args, stderr)
		}
		if text := read(t, filepath.Join(out, "my/app/v1/log/interface.go")); !strings.Contains(text, `"`+c.want+`"`) {
			t.Errorf("%v: want an import of %s:\n%s", c.args, c.want, text)
		}
		_, err := os.Stat(filepath.Join(out, "wasi/io/v0_2/streams/interface.go"))
		if (err == nil) != c.own {
			t.Errorf("%v: wasi:io generated: %v, want %v", c.args, err == nil, c.own)
		}
	}
}

func TestFailures(t *testing.T) {
	dir := project(t, world)
	bad := project(t, "package my:app;\ninterface i { f: func(x: nonsense); }\n")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-wit", filepath.Join(dir, "nowhere"), "-world", "host"}, "cannot read WIT"},
		{[]string{"-wit", filepath.Join(bad, "wit"), "-world", "host"}, "nonsense"},
		{[]string{"-wit", filepath.Join(dir, "wit"), "-world", "other"}, "there are my:app/host@1.0.0"},
		{[]string{"-wit", filepath.Join(dir, "wit"), "-interface", "other"}, "my:app/log@1.0.0"},
		{[]string{"-wit", filepath.Join(dir, "wit"), "-interface", "streams"}, "nothing to generate"},
	} {
		args := append(c.args, "-out", t.TempDir(), "-package-prefix", "example.com/x")
		if code, _, stderr := run(args...); code != 1 || !strings.Contains(stderr, c.want) {
			t.Errorf("%v: exit %d, %q, want 1 and %q", c.args, code, stderr, c.want)
		}
	}
}
