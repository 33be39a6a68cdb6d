package model

import (
	"errors"
	"fmt"
	"strings"

	"go.bytecodealliance.org/wit"
	"golang.org/x/mod/semver"
)

// Selection says which interfaces a generator run is about.
type Selection struct {
	// Worlds are names of worlds, plain or in full ("ns:pkg/world@1.0.0"),
	// whose imports are selected.
	Worlds []string
	// Interfaces are names of interfaces, plain or in full.
	Interfaces []string
	// Features are the @unstable features to take along.
	Features []string
}

// Load resolves WIT that package wit parsed. It returns the selected
// interfaces and all that they use, in dependency order, each once per
// compatible track: the newest version stands for the older ones.
func Load(r *wit.Resolve, sel Selection) ([]*Interface, error) {
	l := &loader{
		resolve:  r,
		newest:   map[string]*wit.Interface{},
		inline:   map[*wit.Interface]string{},
		faces:    map[*wit.Interface]*Interface{},
		defs:     map[*wit.TypeDef]*Def{},
		types:    map[*wit.TypeDef]*Type{},
		features: map[string]bool{},
	}
	for _, f := range sel.Features {
		l.features[f] = true
	}
	for _, i := range r.Interfaces {
		if i.Name == nil {
			continue
		}
		key := trackKey(i)
		if old := l.newest[key]; old == nil || semver.Compare("v"+version(i), "v"+version(old)) > 0 {
			l.newest[key] = i
		}
	}
	roots, err := l.roots(sel)
	if err != nil {
		return nil, err
	}
	for _, i := range roots {
		if _, err := l.face(i); err != nil {
			return nil, err
		}
	}
	return l.order, nil
}

type loader struct {
	resolve  *wit.Resolve
	newest   map[string]*wit.Interface // by package, interface and track
	inline   map[*wit.Interface]string
	faces    map[*wit.Interface]*Interface
	defs     map[*wit.TypeDef]*Def
	types    map[*wit.TypeDef]*Type
	features map[string]bool
	order    []*Interface
}

func version(i *wit.Interface) string {
	if v := i.Package.Name.Version; v != nil {
		return v.String()
	}
	return ""
}

func trackKey(i *wit.Interface) string {
	return i.Package.Name.UnversionedString() + "/" + *i.Name + "@" + Track(version(i))
}

func (l *loader) roots(sel Selection) ([]*wit.Interface, error) {
	var roots []*wit.Interface
	for _, name := range sel.Interfaces {
		n := len(roots)
		for _, i := range l.resolve.Interfaces {
			if i.Name != nil && i.Match(name) {
				roots = append(roots, i)
			}
		}
		if len(roots) == n {
			return nil, fmt.Errorf("no interface %s; there are %s", name, l.interfaceNames())
		}
	}
	for _, name := range sel.Worlds {
		n := len(roots)
		found := false
		for _, w := range l.resolve.Worlds {
			if !w.Match(name) {
				continue
			}
			found = true
			var err error
			w.Imports.All()(func(item string, wi wit.WorldItem) bool {
				switch wi := wi.(type) {
				case *wit.InterfaceRef:
					if !l.wanted(wi.Stability) {
						return true
					}
					if wi.Interface.Name == nil {
						l.inline[wi.Interface] = item
					}
					roots = append(roots, wi.Interface)
				case *wit.Function:
					err = fmt.Errorf("world %s imports the function %s directly; put it into an interface: bindings are made for interfaces", name, item)
				}
				return err == nil
			})
			if err != nil {
				return nil, err
			}
		}
		if !found {
			return nil, fmt.Errorf("no world %s; there are %s", name, l.worldNames())
		}
		if len(roots) == n {
			return nil, fmt.Errorf("world %s imports nothing", name)
		}
	}
	if len(roots) == 0 {
		return nil, errors.New("nothing selected: name a world or an interface")
	}
	return roots, nil
}

func (l *loader) interfaceNames() string {
	var names []string
	for _, i := range l.resolve.Interfaces {
		if i.Name != nil {
			id := i.Package.Name
			id.Extension = *i.Name
			names = append(names, id.String())
		}
	}
	return strings.Join(names, ", ")
}

func (l *loader) worldNames() string {
	var names []string
	for _, w := range l.resolve.Worlds {
		id := w.Package.Name
		id.Extension = w.Name
		names = append(names, id.String())
	}
	return strings.Join(names, ", ")
}

// wanted leaves out what is @unstable, unless its feature is asked for.
func (l *loader) wanted(s wit.Stability) bool {
	u, unstable := s.(*wit.Unstable)
	return !unstable || l.features[u.Feature]
}

// canonical gives the newest interface of a track.
func (l *loader) canonical(i *wit.Interface) *wit.Interface {
	if i.Name == nil {
		return i
	}
	return l.newest[trackKey(i)]
}

func (l *loader) face(i *wit.Interface) (*Interface, error) {
	i = l.canonical(i)
	if f := l.faces[i]; f != nil {
		return f, nil
	}
	f := &Interface{Docs: i.Docs.Contents}
	if i.Name == nil {
		name, ok := l.inline[i]
		if !ok {
			return nil, errors.New("an interface without a name is used outside its world")
		}
		f.Name, f.Inline = name, true
	} else {
		f.Name = *i.Name
	}
	f.Namespace, f.Package, f.Version = i.Package.Name.Namespace, i.Package.Name.Package, version(i)
	l.faces[i] = f
	var err error
	i.TypeDefs.All()(func(name string, t *wit.TypeDef) bool {
		if l.wanted(t.Stability) {
			_, err = l.def(t)
		}
		return err == nil
	})
	if err == nil {
		i.Functions.All()(func(name string, fn *wit.Function) bool {
			if l.wanted(fn.Stability) {
				err = l.function(f, fn)
			}
			return err == nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.ID(), err)
	}
	// Definitions were made as they were needed; WIT's order is the one to
	// show.
	f.Defs = f.Defs[:0]
	i.TypeDefs.All()(func(name string, t *wit.TypeDef) bool {
		if d := l.defs[t]; d != nil {
			f.Defs = append(f.Defs, d)
		}
		return true
	})
	l.order = append(l.order, f)
	return f, nil
}

// home finds the definition that stands for t: the one of the same name in
// the newest interface of the track.
func (l *loader) home(t *wit.TypeDef) (*wit.TypeDef, *wit.Interface, error) {
	owner, ok := t.Owner.(*wit.Interface)
	if !ok {
		return nil, nil, fmt.Errorf("type %s belongs to a world; put it into an interface", t.TypeName())
	}
	canonical := l.canonical(owner)
	if canonical == owner {
		return t, owner, nil
	}
	same, ok := canonical.TypeDefs.GetOK(t.TypeName())
	if !ok {
		return nil, nil, fmt.Errorf("type %s is in version %s of %s, and not in the newer %s",
			t.TypeName(), version(owner), *owner.Name, version(canonical))
	}
	return same, canonical, nil
}

// def resolves a named definition, in the interface that owns it.
func (l *loader) def(t *wit.TypeDef) (*Def, error) {
	t, owner, err := l.home(t)
	if err != nil {
		return nil, err
	}
	if d := l.defs[t]; d != nil {
		return d, nil
	}
	face, err := l.face(owner)
	if err != nil {
		return nil, err
	}
	if d := l.defs[t]; d != nil { // made along with its interface
		return d, nil
	}
	d := &Def{Interface: face, Name: t.TypeName(), Docs: t.Docs.Contents}
	switch k := t.Kind.(type) {
	case *wit.Resource:
	case *wit.TypeDef:
		if k.Name != nil {
			if d.Alias, err = l.def(k); err != nil {
				return nil, err
			}
		}
		if d.Alias == nil || !d.Alias.Resource() {
			under, err := l.typ(k)
			if err != nil {
				return nil, fmt.Errorf("type %s: %w", d.Name, err)
			}
			d.Type = under
		}
	case wit.Type:
		d.Renames = true
		if d.Type, err = l.typ(k); err != nil {
			return nil, fmt.Errorf("type %s: %w", d.Name, err)
		}
	default:
		switch k.(type) {
		case *wit.Record, *wit.Variant, *wit.Enum, *wit.Flags:
		default:
			d.Renames = true
		}
		if d.Type, err = l.structure(k); err != nil {
			return nil, fmt.Errorf("type %s: %w", d.Name, err)
		}
	}
	l.defs[t] = d
	face.Defs = append(face.Defs, d)
	if d.Type != nil {
		named := *d.Type
		named.Def = d
		l.types[t] = &named
	}
	return d, nil
}

// typ resolves a reference to a type.
func (l *loader) typ(t wit.Type) (*Type, error) {
	if t == nil {
		return nil, nil
	}
	td, ok := t.(*wit.TypeDef)
	if !ok {
		return primitiveOf(t)
	}
	if td.Name == nil {
		if known := l.types[td]; known != nil {
			return known, nil
		}
		made, err := l.structure(td.Kind)
		if err == nil {
			l.types[td] = made
		}
		return made, err
	}
	d, err := l.def(td)
	if err != nil {
		return nil, err
	}
	if d.Resource() {
		return handle(Own, d), nil
	}
	home, _, err := l.home(td)
	if err != nil {
		return nil, err
	}
	return l.types[home], nil
}

func (l *loader) function(f *Interface, fn *wit.Function) error {
	out := &Func{Name: fn.Name, Docs: fn.Docs.Contents}
	err := l.signature(out, fn)
	if err != nil {
		return fmt.Errorf("%s: %w", fn.Name, err)
	}
	f.Funcs = append(f.Funcs, out)
	return nil
}

func (l *loader) signature(out *Func, fn *wit.Function) error {
	var of wit.Type
	switch k := fn.Kind.(type) {
	case *wit.Freestanding:
		out.Base = fn.Name
	case *wit.Method:
		out.Kind, of = Method, k.Type
	case *wit.Static:
		out.Kind, of = Static, k.Type
	case *wit.Constructor:
		out.Kind, of = Constructor, k.Type
	default:
		return fmt.Errorf("%w: asynchronous functions", ErrUnsupported)
	}
	if td, ok := of.(*wit.TypeDef); ok {
		d, err := l.def(td)
		if err != nil {
			return err
		}
		out.Resource = d.Root()
		if out.Kind != Constructor {
			_, out.Base, _ = strings.Cut(fn.Name, ".")
		}
	}
	for _, p := range fn.Params {
		t, err := l.typ(p.Type)
		if err != nil {
			return fmt.Errorf("parameter %s: %w", p.Name, err)
		}
		out.Params = append(out.Params, Field{Name: p.Name, Type: t})
	}
	switch len(fn.Results) {
	case 0:
	case 1:
		var err error
		if out.Result, err = l.typ(fn.Results[0].Type); err != nil {
			return fmt.Errorf("result: %w", err)
		}
		if borrows(out.Result) {
			return errors.New("a result cannot hold a borrow")
		}
	default:
		return fmt.Errorf("%w: several named results", ErrUnsupported)
	}
	return out.layout()
}

func borrows(t *Type) bool {
	found := false
	t.Walk(func(t *Type) { found = found || t.Kind == Borrow })
	return found
}
