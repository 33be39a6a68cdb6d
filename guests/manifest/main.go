// Manifest writes testdata/guests/MANIFEST.json, for guests.mk. Each recipe ends
// with "manifest row", which notes one guest in a file of its own, so that
// recipes may run side by side; "manifest merge" then puts the rows into the
// manifest.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/wasikv/wasikv/guests"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "manifest:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) > 0 && args[0] == "row":
		return row(args[1:])
	case len(args) == 3 && args[0] == "merge":
		return merge(args[1], args[2])
	}
	return errors.New("usage: manifest row [flags] GUEST SOURCE…, or manifest merge ROWS-DIR TESTDATA-DIR")
}

// row notes one guest and the sources that it was built from.
func row(args []string) error {
	flags := flag.NewFlagSet("row", flag.ContinueOnError)
	var g guests.Guest
	flags.StringVar(&g.Language, "language", "", "source `language`")
	flags.StringVar(&g.Form, "form", "", "\"core module\" or \"component\"")
	flags.StringVar(&g.Recipe, "recipe", "", "make `fragment`")
	flags.StringVar(&g.Toolchain, "toolchain", "", "compiler `version`")
	flags.BoolVar(&g.OnDemand, "on-demand", false, "the guest is not kept in the repository")
	dir := flags.String("rows", "", "`directory` of the rows")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() < 2 || *dir == "" {
		return errors.New("row needs -rows, a guest and its sources")
	}
	path, sources := flags.Arg(0), flags.Args()[1:]
	g.File = filepath.Base(path)
	if !g.OnDemand {
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		g.Size, g.SHA256 = int64(len(b)), sum(b)
	}
	slices.Sort(sources)
	for _, s := range slices.Compact(sources) {
		source := guests.Source{Path: filepath.ToSlash(s)}
		if !g.OnDemand {
			b, err := os.ReadFile(s)
			if err != nil {
				return err
			}
			source.SHA256 = sum(b)
		}
		g.Sources = append(g.Sources, source)
	}
	return write(filepath.Join(*dir, g.File+".json"), g)
}

// merge replaces the manifest's rows by newer ones, and leaves out those whose
// guest is gone: its file or, built on demand, its source.
func merge(rows, testdata string) error {
	names, err := filepath.Glob(filepath.Join(rows, "*.json"))
	if err != nil {
		return err
	}
	old, err := guests.ReadManifest(os.DirFS(testdata))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	all := map[string]guests.Guest{}
	for _, g := range old {
		all[g.File] = g
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		var g guests.Guest
		if err := json.Unmarshal(text, &g); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		all[g.File] = g
	}
	var merged struct {
		Guests []guests.Guest `json:"guests"`
	}
	for _, g := range all {
		kept := filepath.Join(testdata, g.File)
		if g.OnDemand {
			kept = g.Sources[0].Path
		}
		if _, err := os.Stat(kept); err == nil {
			merged.Guests = append(merged.Guests, g)
		}
	}
	slices.SortFunc(merged.Guests, func(a, b guests.Guest) int { return strings.Compare(a.File, b.File) })
	return write(filepath.Join(testdata, guests.ManifestFile), merged)
}

// write leaves a file alone that has the content already, so that its time says
// when it last changed.
func write(name string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if old, err := os.ReadFile(name); err == nil && string(old) == string(text) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, text, 0o644)
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}
