// Package command is the command line of wit-bindgen-host: flags, reading WIT,
// and writing files. What is written is package gen's.
package command

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"go.bytecodealliance.org/wit"
	"golang.org/x/mod/modfile"

	"github.com/wasikv/wasikv/cmd/wit-bindgen-host/internal/gen"
	"github.com/wasikv/wasikv/cmd/wit-bindgen-host/internal/model"
)

// Exit codes.
const (
	ok     = 0
	failed = 1
	usage  = 2
)

type options struct {
	wit, out   string
	prefix     string
	selection  model.Selection
	mappings   map[string]string
	noDefaults bool
	prune      bool
	check      bool
}

// Main runs the command and gives its exit code.
func Main(args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return ok
	case err != nil:
		fmt.Fprintf(stderr, "wit-bindgen-host: %v\nRun wit-bindgen-host -help for usage.\n", err)
		return usage
	}
	if err := run(o); err != nil {
		fmt.Fprintf(stderr, "wit-bindgen-host: %v\n", err)
		return failed
	}
	return ok
}

func parse(args []string, stdout io.Writer) (*options, error) {
	o := &options{mappings: map[string]string{}}
	set := flag.NewFlagSet("wit-bindgen-host", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Usage = func() { _, _ = io.WriteString(stdout, help) }
	set.StringVar(&o.wit, "wit", "wit", "")
	set.StringVar(&o.out, "out", ".", "")
	set.StringVar(&o.prefix, "package-prefix", "", "")
	add := func(list *[]string) func(string) error {
		return func(s string) error {
			*list = append(*list, s)
			return nil
		}
	}
	set.Func("world", "", add(&o.selection.Worlds))
	set.Func("interface", "", add(&o.selection.Interfaces))
	set.Func("feature", "", add(&o.selection.Features))
	explicit := map[string]string{}
	set.Func("map", "", func(s string) error {
		pkg, to, err := gen.ParseMapping(s)
		explicit[pkg] = to
		return err
	})
	set.BoolVar(&o.noDefaults, "no-default-maps", false, "")
	set.BoolVar(&o.prune, "prune", false, "")
	set.BoolVar(&o.check, "check", false, "")
	if err := set.Parse(args); err != nil {
		return nil, err
	}
	if set.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", set.Arg(0))
	}
	if !o.noDefaults {
		o.mappings = gen.ProjectMappings()
	}
	maps.Copy(o.mappings, explicit)
	if o.prefix == "" {
		prefix, err := prefixOf(o.out)
		if err != nil {
			return nil, err
		}
		o.prefix = prefix
	}
	if len(o.selection.Worlds)+len(o.selection.Interfaces) == 0 {
		return nil, errors.New("say what to generate: -world WORLD or -interface INTERFACE")
	}
	return o, nil
}

// prefixOf derives the import path of a directory from the go.mod above it.
func prefixOf(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for root := abs; ; root = filepath.Dir(root) {
		text, err := os.ReadFile(filepath.Join(root, "go.mod"))
		if err == nil {
			rel, err := filepath.Rel(root, abs)
			if err != nil {
				return "", err
			}
			module := modfile.ModulePath(text)
			if module == "" {
				return "", fmt.Errorf("%s names no module", filepath.Join(root, "go.mod"))
			}
			return path.Join(module, filepath.ToSlash(rel)), nil
		}
		if root == filepath.Dir(root) {
			return "", fmt.Errorf("%s is in no Go module: give the import path of the output with -package-prefix", abs)
		}
	}
}

func run(o *options) error {
	source, err := filepath.Abs(o.wit)
	if err != nil {
		return err
	}
	if _, err := os.Stat(source); err != nil {
		return fmt.Errorf("cannot read WIT: %w", err)
	}
	resolve, err := wit.LoadWIT(source)
	if err != nil {
		return fmt.Errorf("%s: %w", o.wit, err)
	}
	faces, err := model.Load(resolve, o.selection)
	if err != nil {
		return fmt.Errorf("%s: %w", o.wit, err)
	}
	files, err := gen.Generate(gen.Config{PackagePrefix: o.prefix, Mappings: o.mappings}, faces)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return errors.New("nothing to generate: bindings of all selected interfaces exist; -no-default-maps makes them anew")
	}
	var stale []string
	if o.prune || o.check {
		if stale, err = leftovers(o.out, files); err != nil {
			return err
		}
	}
	if o.check {
		return check(o.out, files, stale)
	}
	if o.prune {
		for _, s := range stale {
			if err := os.Remove(s); err != nil {
				return err
			}
			os.Remove(filepath.Dir(s)) // fails where the directory still holds something
		}
	}
	for _, f := range files {
		if err := write(filepath.Join(o.out, filepath.FromSlash(f.Path)), f.Content); err != nil {
			return err
		}
	}
	return nil
}

// write replaces a file only where it differs, so that build caches hold.
func write(path string, content []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, content) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o644)
}

// leftovers lists the generated files in the output that this run does not
// make.
func leftovers(out string, files []gen.File) ([]string, error) {
	made := map[string]bool{}
	for _, f := range files {
		made[filepath.Join(out, filepath.FromSlash(f.Path))] = true
	}
	var stale []string
	err := filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case d.IsDir() || filepath.Ext(path) != ".go" || made[path]:
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil && bytes.HasPrefix(text, []byte(gen.Header)) {
			stale = append(stale, path)
		}
		return err
	})
	return stale, err
}

// check compares the output with what would be written.
func check(out string, files []gen.File, stale []string) error {
	differ := slices.Clone(stale)
	for _, f := range files {
		path := filepath.Join(out, filepath.FromSlash(f.Path))
		if old, err := os.ReadFile(path); err != nil || !bytes.Equal(old, f.Content) {
			differ = append(differ, path)
		}
	}
	if len(differ) == 0 {
		return nil
	}
	slices.Sort(differ)
	return fmt.Errorf("not up to date, generate again:\n  %s", strings.Join(differ, "\n  "))
}
