// Package wit holds the WIT interfaces that this host speaks, a directory per
// package and version below deps, and the worlds that join them in host.wit.
//
// The tree is one that every WIT tool reads as it is: a package with its
// dependencies. It is data only; package bindings has what is made of it, and
// bindings of other WIT are made by cmd/wit-bindgen-host. Everything here is
// safe for concurrent use.
package wit

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
)

//go:embed host.wit deps
var files embed.FS

// Package is one version of a WIT package.
type Package struct {
	// ID is the name that other packages use it by: "wasi:io@0.2.12".
	ID string
	// Dir is its directory in FS: "deps/wasi-io-0.2.12", or "." for the package
	// of the worlds.
	Dir string
}

// FS gives all files: host.wit, and the packages that it uses in deps. Write
// them to a directory by os.CopyFS, and a WIT tool finds the worlds
// wasikv:host/imports and wasikv:host/command there.
func FS() fs.FS { return files }

// Packages lists the packages, that of the worlds first, others by their name.
func Packages() []Package { return slices.Clone(packages()) }

// Files lists the paths in FS of the package's files.
func (p Package) Files() ([]string, error) { return fs.Glob(files, path.Join(p.Dir, "*.wit")) }

// Text gives the package as one text, file after file in the order of Files.
func (p Package) Text() (string, error) {
	names, err := p.Files()
	if err != nil {
		return "", err
	}
	if len(names) == 0 {
		return "", fmt.Errorf("wit: no package in %q", p.Dir)
	}
	var b strings.Builder
	for i, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			return "", err
		}
		decl, rest := cutPackage(string(text))
		if i == 0 {
			b.WriteString("package " + decl + ";\n")
		}
		b.WriteString(rest)
	}
	return b.String(), nil
}

var packages = sync.OnceValue(func() []Package {
	dirs, err := fs.Glob(files, "deps/*")
	if err != nil {
		panic(err) // the pattern is constant
	}
	var list []Package
	for _, dir := range append([]string{"."}, dirs...) {
		p := Package{Dir: dir}
		names, err := p.Files()
		if err != nil || len(names) == 0 {
			panic(fmt.Sprintf("wit: %s holds no WIT: %v", dir, err))
		}
		text, err := files.ReadFile(names[0])
		if err != nil {
			panic(err) // just listed
		}
		p.ID, _ = cutPackage(string(text))
		list = append(list, p)
	}
	slices.SortFunc(list[1:], func(a, b Package) int { return strings.Compare(a.ID, b.ID) })
	return list
})

// cutPackage cuts a file that begins with a package declaration.
func cutPackage(text string) (id, rest string) {
	decl, rest, _ := strings.Cut(text, ";\n")
	return strings.TrimPrefix(decl, "package "), rest
}
