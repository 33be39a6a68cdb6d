package model

import (
	"strings"

	"golang.org/x/mod/semver"
)

// Interface is a WIT interface, or an inline one of a world.
type Interface struct {
	// Namespace and Package are of the WIT package; empty for an interface
	// that a world declares inline.
	Namespace, Package string
	// Name is the interface's own name.
	Name string
	// Version is the package's, "" where it has none.
	Version string
	Docs    string
	// Inline says that a world declares the interface: its import name is
	// the plain Name.
	Inline bool
	Defs   []*Def
	Funcs  []*Func
}

// ID is the name that components import the interface by:
// "wasi:io/poll@0.2.12", or the plain name of an inline interface.
func (i *Interface) ID() string {
	if i.Inline {
		return i.Name
	}
	id := i.Namespace + ":" + i.Package + "/" + i.Name
	if i.Version != "" {
		id += "@" + i.Version
	}
	return id
}

// Track is the range of versions that the interface is compatible with; see
// the function Track.
func (i *Interface) Track() string { return Track(i.Version) }

// Def finds a definition by name, nil where there is none.
func (i *Interface) Def(name string) *Def {
	for _, d := range i.Defs {
		if d.Name == name {
			return d
		}
	}
	return nil
}

// FuncKind tells what a function belongs to.
type FuncKind uint8

// The kinds of functions.
const (
	Freestanding FuncKind = iota
	Method
	Static
	Constructor
)

// Func is a function of an interface.
type Func struct {
	Kind FuncKind
	// Name is the name in the component model, "[method]pollable.block".
	Name string
	// Base is the name proper, "block"; empty for a constructor.
	Base     string
	Docs     string
	Resource *Def // nil for a freestanding function
	// Params are all parameters; a method's first is self. Their offsets are
	// those of the spilled tuple.
	Params []Field
	Result *Type // nil: none

	// Tuple lays the parameters out for memory.
	Tuple *Type
	// SpillParams and SpillResult say what passes through memory.
	SpillParams, SpillResult bool
}

func (f *Func) layout() error {
	var err error
	if f.Tuple, err = product(Tuple, f.Params); err != nil {
		return err
	}
	f.SpillParams = f.Tuple.FlatCount > MaxFlat
	f.SpillResult = f.Result != nil && f.Result.FlatCount > MaxFlatResults
	return nil
}

// Core is the core signature of the lowered function, what a guest imports.
func (f *Func) Core() (params, results []Core) {
	params = f.Tuple.Flat
	if f.SpillParams {
		params = []Core{I32}
	}
	switch {
	case f.Result == nil:
	case f.SpillResult:
		params = append(params[:len(params):len(params)], I32)
	default:
		results = f.Result.Flat
	}
	return params, results
}

// Track gives the range of versions compatible with a version: "1" for 1.2.3,
// "0.2" for 0.2.12, "0.0.4" for 0.0.4, and a pre-release itself.
func Track(version string) string {
	v := "v" + version
	switch {
	case version == "" || !semver.IsValid(v) || semver.Prerelease(v) != "":
		return version
	case semver.Major(v) != "v0":
		return strings.TrimPrefix(semver.Major(v), "v")
	case semver.MajorMinor(v) != "v0.0":
		return strings.TrimPrefix(semver.MajorMinor(v), "v")
	}
	return strings.TrimPrefix(semver.Canonical(v), "v")
}
