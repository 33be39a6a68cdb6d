package gen

import (
	"go/token"
	"strconv"
	"strings"

	"github.com/wasikv/wasikv/cmd/wit-bindgen-host/internal/model"
)

// exported spells a WIT name in CamelCase: words keep their spelling but for
// a first capital. `TTL-ms` → TTLMs.
func exported(name string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(name, "-") {
		b.WriteString(capital(word))
	}
	return b.String()
}

// unexported spells a WIT name in camelCase: `TTL-ms` → ttlMs.
func unexported(name string) string {
	first, rest, more := strings.Cut(name, "-")
	first = strings.ToLower(first)
	if more {
		return first + exported(rest)
	}
	return first
}

func capital(word string) string {
	if word == "" {
		return ""
	}
	return strings.ToUpper(word[:1]) + word[1:]
}

// scope hands out Go names, each once: a name that is taken, or means
// something to Go, gets an underscore.
type scope map[string]bool

func newScope(taken ...string) scope {
	s := scope{}
	for _, t := range taken {
		s[t] = true
	}
	return s
}

func (s scope) pick(name string) string {
	for s[name] || token.IsKeyword(name) {
		name += "_"
	}
	s[name] = true
	return name
}

// temp hands out a name for a value that WIT has no name for: p, p2, p3.
func (s scope) temp(base string) string {
	name := base
	for i := 2; s[name]; i++ {
		name = base + strconv.Itoa(i)
	}
	s[name] = true
	return name
}

// names are the exported Go names of an interface's package. They depend on
// the interface alone, so that every package that refers to another agrees.
type names struct {
	defs      map[*model.Def]string
	resources map[*model.Def]string    // XResource
	tags      map[*model.Def]string    // XTag
	members   map[*model.Def][]string  // constants of enum, flags and variant; fields of a record
	payloads  map[*model.Def][]string  // a variant's payload fields, "" where none
	funcs     map[*model.Func]string   // method of Host or of the resource
	params    map[*model.Func][]string // Go parameters
	adapters  map[*model.Func]string   // unexported adapter functions
}

func nameInterface(i *model.Interface) *names {
	n := &names{
		defs: map[*model.Def]string{}, resources: map[*model.Def]string{}, tags: map[*model.Def]string{},
		members: map[*model.Def][]string{}, payloads: map[*model.Def][]string{},
		funcs: map[*model.Func]string{}, params: map[*model.Func][]string{}, adapters: map[*model.Func]string{},
	}
	pkg := newScope("Host", "Register", "RegisterEach")
	for _, d := range i.Defs {
		n.defs[d] = pkg.pick(exported(d.Name))
	}
	for _, d := range i.Defs {
		if d.Alias == nil && !d.Renames {
			n.nameMembers(pkg, d)
		}
	}
	host := newScope()
	methods := map[*model.Def]scope{}
	adapters := newScope()
	for _, kind := range []model.FuncKind{model.Freestanding, model.Method, model.Constructor, model.Static} {
		for _, f := range i.Funcs {
			if f.Kind == kind {
				n.nameFunc(f, host, methods, adapters)
			}
		}
	}
	return n
}

func (n *names) nameMembers(pkg scope, d *model.Def) {
	name := n.defs[d]
	if d.Resource() {
		n.resources[d] = pkg.pick(name + "Resource")
		return
	}
	switch t := d.Type; t.Kind {
	case model.Record:
		fields := newScope()
		for _, f := range t.Fields {
			n.members[d] = append(n.members[d], fields.pick(exported(f.Name)))
		}
	case model.Variant:
		n.tags[d] = pkg.pick(name + "Tag")
		fields := newScope("Tag")
		for _, c := range t.Cases {
			n.members[d] = append(n.members[d], pkg.pick(n.tags[d]+exported(c.Name)))
			payload := ""
			if c.Type != nil {
				payload = fields.pick(exported(c.Name))
			}
			n.payloads[d] = append(n.payloads[d], payload)
		}
	case model.Enum:
		for _, c := range t.Cases {
			n.members[d] = append(n.members[d], pkg.pick(name+exported(c.Name)))
		}
	case model.Flags:
		for _, l := range t.Labels {
			n.members[d] = append(n.members[d], pkg.pick(name+exported(l.Name)))
		}
	}
}

func (n *names) nameFunc(f *model.Func, host scope, methods map[*model.Def]scope, adapters scope) {
	switch f.Kind {
	case model.Freestanding:
		n.funcs[f] = host.pick(exported(f.Base))
		n.adapters[f] = adapters.pick("call" + exported(f.Base))
	case model.Constructor:
		n.funcs[f] = host.pick("New" + exported(f.Resource.Name))
		n.adapters[f] = adapters.pick("callNew" + exported(f.Resource.Name))
	case model.Static:
		n.funcs[f] = host.pick(exported(f.Resource.Name) + exported(f.Base))
		n.adapters[f] = adapters.pick("call" + exported(f.Resource.Name) + exported(f.Base))
	case model.Method:
		s := methods[f.Resource]
		if s == nil {
			// What the runtime looks for on resources.
			s = newScope("Drop", "Abandon")
			methods[f.Resource] = s
		}
		n.funcs[f] = s.pick(exported(f.Base))
		n.adapters[f] = adapters.pick("call" + exported(f.Resource.Name) + exported(f.Base))
	}
	params := newScope("ctx")
	for i, p := range f.Params {
		if f.Kind == model.Method && i == 0 {
			n.params[f] = append(n.params[f], "self")
			continue
		}
		n.params[f] = append(n.params[f], params.pick(unexported(p.Name)))
	}
}

// predeclared are Go's predeclared identifiers, which no package should be
// called.
var predeclared = map[string]bool{}

func init() {
	for name := range strings.FieldsSeq(`any bool byte comparable complex64 complex128 error float32 float64 int int8 int16 int32 int64
		rune string uint uint8 uint16 uint32 uint64 uintptr true false iota nil append cap clear close complex copy delete imag
		len make max min new panic print println real recover init`) {
		predeclared[name] = true
	}
}
