package gen

import (
	"fmt"
	"go/token"
	"path"
	"slices"
	"strings"

	"github.com/wasikv/wasikv/cmd/wit-bindgen-host/internal/model"
)

// Location is where the Go package of an interface lives.
type Location struct {
	// Dir is the directory, relative to the root of the output, with slashes;
	// empty where the package is not generated.
	Dir string
	// ImportPath is how other packages import it.
	ImportPath string
	// Name is the package clause.
	Name string
}

// locate places an interface: below its WIT package's mapping where there is
// one, else below the prefix at namespace/package/vTRACK/interface.
func (c *Config) locate(i *model.Interface) Location {
	leaf := strings.ReplaceAll(strings.ToLower(i.Name), "-", "")
	loc := Location{Name: packageName(i, leaf)}
	leaf = dirName(leaf)
	if to, ok := c.mapping(i); ok {
		loc.ImportPath = path.Join(to, leaf)
	} else {
		loc.ImportPath = path.Join(c.PackagePrefix, packageDir(i), leaf)
	}
	if dir, ok := strings.CutPrefix(loc.ImportPath, strings.TrimSuffix(c.PackagePrefix, "/")+"/"); ok {
		loc.Dir = dir
	}
	return loc
}

// packageDir places a WIT package: "wasi/io/v0_2".
func packageDir(i *model.Interface) string {
	dir := path.Join(dirName(strings.ToLower(i.Namespace)), dirName(strings.ToLower(i.Package)))
	if track := i.Track(); track != "" {
		dir = path.Join(dir, "v"+strings.NewReplacer(".", "_", "-", "_", "+", "_").Replace(track))
	}
	return dir
}

// dirName avoids directories that the go command gives a meaning.
func dirName(name string) string {
	switch name {
	case "internal", "vendor", "testdata":
		return name + "_"
	}
	return name
}

// packageName avoids names that Go gives a meaning: interface error of wasi:io
// is package ioerror.
func packageName(i *model.Interface, leaf string) string {
	if token.IsKeyword(leaf) || predeclared[leaf] || leaf == "main" {
		return strings.ReplaceAll(strings.ToLower(i.Package), "-", "") + leaf
	}
	return leaf
}

func (c *Config) mapping(i *model.Interface) (string, bool) {
	if i.Inline {
		return "", false
	}
	pkg := i.Namespace + ":" + i.Package
	for _, key := range []string{pkg + "@" + i.Track(), pkg} {
		if to, ok := c.Mappings[key]; ok {
			return to, true
		}
	}
	return "", false
}

// ParseMapping reads "wasi:io@0.2=example.com/io/v0_2": a WIT package, with
// the compatible track or without, and the import path that its interfaces'
// packages are below.
func ParseMapping(s string) (pkg, importPath string, err error) {
	pkg, importPath, ok := strings.Cut(s, "=")
	if !ok || !strings.Contains(pkg, ":") || importPath == "" {
		return "", "", fmt.Errorf("mapping %q: want NAMESPACE:PACKAGE[@TRACK]=IMPORTPATH, like wasi:io@0.2=example.com/bindings/wasi/io/v0_2", s)
	}
	if base, version, versioned := strings.Cut(pkg, "@"); versioned {
		pkg = base + "@" + model.Track(version)
	}
	return pkg, strings.TrimSuffix(importPath, "/"), nil
}

// ProjectMappings are the packages that wasikv itself generates, so that the
// bindings of everyone share their types.
func ProjectMappings() map[string]string {
	m := map[string]string{}
	for _, p := range []string{"wasi:io@0.2", "wasi:clocks@0.2", "wasi:random@0.2", "wasi:cli@0.2", "wasi:filesystem@0.2", "wasi:keyvalue@0.1"} {
		name, track, _ := strings.Cut(p, "@")
		m[p] = projectBindings + "/" + strings.ReplaceAll(name, ":", "/") + "/v" + strings.ReplaceAll(track, ".", "_")
	}
	return m
}

const (
	module          = "github.com/wasikv/wasikv"
	projectBindings = module + "/bindings"
	componentPath   = module + "/host/component"
)

// imports are the packages that one generated file refers to.
type imports struct {
	names map[string]string // path → name in the file
	taken map[string]bool
	used  map[string]bool
}

// newImports fixes the names of the packages that a file may import: standard
// ones as they are, the bindings of other interfaces by their package name,
// lengthened where two agree.
func (g *generator) newImports(self *model.Interface) *imports {
	im := &imports{names: map[string]string{}, taken: map[string]bool{}, used: map[string]bool{}}
	for p, name := range libraries {
		im.names[p] = name
		im.taken[name] = true
	}
	for name := range ownNames {
		im.taken[name] = true
	}
	others := g.referred(self)
	slices.SortFunc(others, func(a, b *model.Interface) int { return strings.Compare(a.ID(), b.ID()) })
	for _, o := range others {
		loc := g.place(o)
		name := loc.Name
		for _, longer := range []string{o.Package, o.Namespace, "wit"} {
			if !im.taken[name] {
				break
			}
			name = strings.ReplaceAll(strings.ToLower(longer), "-", "") + name
		}
		for im.taken[name] {
			name += "_"
		}
		im.taken[name] = true
		im.names[loc.ImportPath] = name
	}
	return im
}

// libraries are the packages that every generated file may use.
var libraries = map[string]string{
	"context":         "context",
	"encoding/binary": "binary",
	"errors":          "errors",
	"math":            "math",
	"strconv":         "strconv",
	componentPath:     "component",
}

// ownNames are the unexported package-level names of generated code.
var ownNames = map[string]bool{"adapters": true, "state": true, "describe": true}

// use gives the name of a package in the file, and has it imported.
func (im *imports) use(importPath string) string {
	name, ok := im.names[importPath]
	if !ok {
		panic("gen: import of " + importPath + " was not foreseen")
	}
	im.used[importPath] = true
	return name
}

func (im *imports) component() string { return im.use(componentPath) }

// write gives the import declaration: standard library first.
func (im *imports) write(b *lines) {
	if len(im.used) == 0 {
		return
	}
	var std, rest []string
	for p := range im.used {
		spec := fmt.Sprintf("%q", p)
		if im.names[p] != path.Base(p) {
			spec = im.names[p] + " " + spec
		}
		if strings.Contains(strings.Split(p, "/")[0], ".") {
			rest = append(rest, spec)
		} else {
			std = append(std, spec)
		}
	}
	slices.SortFunc(std, byPath)
	slices.SortFunc(rest, byPath)
	b.f("import (")
	for _, s := range std {
		b.f("%s", s)
	}
	if len(std) > 0 && len(rest) > 0 {
		b.f("")
	}
	for _, s := range rest {
		b.f("%s", s)
	}
	b.f(")")
	b.f("")
}

func byPath(a, b string) int {
	return strings.Compare(a[strings.IndexByte(a, '"'):], b[strings.IndexByte(b, '"'):])
}

// referred lists the other interfaces whose types an interface names.
func (g *generator) referred(self *model.Interface) []*model.Interface {
	seen := map[*model.Interface]bool{self: true}
	var out []*model.Interface
	add := func(d *model.Def) {
		for ; d != nil; d = d.Alias {
			if !seen[d.Interface] {
				seen[d.Interface] = true
				out = append(out, d.Interface)
			}
		}
	}
	visit := func(t *model.Type) {
		add(t.Def)
		add(t.Resource)
	}
	for _, d := range self.Defs {
		add(d)
		if d.Type != nil {
			d.Type.Walk(visit)
		}
	}
	for _, f := range self.Funcs {
		for _, p := range f.Params {
			p.Type.Walk(visit)
		}
		if f.Result != nil {
			f.Result.Walk(visit)
		}
	}
	return out
}
