package binary

import (
	"fmt"
	"strings"

	"github.com/wasikv/wasikv/host/internal/binary/cursor"
)

// Decode reads a component. The result aliases wasm, which must not be
// written afterwards.
//
// It fails with *Error where the file is no well-formed component or exceeds
// the limits, and with *UnsupportedError where it uses a feature beyond the
// 0.2 component model.
func Decode(wasm []byte, limits Limits) (c *Component, err error) {
	defer cursor.Catch(&err)
	d := &decoder{Cursor: cursor.New(wasm, 0), limits: limits.withDefaults()}
	d.defs, d.items = d.limits.Defs, d.limits.Items
	d.Item = d.place
	if !IsComponent(wasm) {
		d.Fail(0, "%s", preambleReason(wasm))
	}
	return d.component(), nil
}

// decoder reads one file.
type decoder struct {
	*cursor.Cursor
	limits Limits
	defs   int // definitions that may still come
	items  int // items that may still come
	path   []step
	// components counts the components around what is being read, itself
	// included; nesting counts types as well.
	components int
	nesting    int
}

// step is one level of where the decoder is: the nth definition of a kind.
type step struct {
	kind string
	n    int
}

// place names what is being read, for errors.
func (d *decoder) place() string {
	var b strings.Builder
	for i, s := range d.path {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s %d", s.kind, s.n)
	}
	return b.String()
}

// Section ids.
const (
	sectionCustom = iota
	sectionCoreModule
	sectionCoreInstance
	sectionCoreType
	sectionComponent
	sectionInstance
	sectionAlias
	sectionType
	sectionCanon
	sectionStart
	sectionImport
	sectionExport
	sectionValue
	numSections
)

// scope is a component being read.
type scope struct {
	*Component
	// seen counts the definitions by section id, so that messages can number
	// them.
	seen [numSections]int
}

// component reads a component, up to the end of the part being read.
func (d *decoder) component() *Component {
	d.nest()
	d.components++
	at := d.Pos()
	if head := d.Bytes(min(d.Len(), preambleSize)); !IsComponent(head) {
		d.Fail(at, "no nested component: %s", preambleReason(head))
	}
	s := &scope{Component: &Component{}}
	for d.Len() > 0 {
		d.section(s)
	}
	d.components--
	d.nesting--
	return s.Component
}

// nest enters a component or a component or instance type.
func (d *decoder) nest() {
	d.nesting++
	if d.nesting > d.limits.Depth {
		d.Fail(d.Pos(), "components and types nest deeper than %d", d.limits.Depth)
	}
}

func (d *decoder) section(s *scope) {
	at := d.Pos()
	id := d.Byte()
	if id >= numSections {
		d.Unknown(at, id, "section of a component")
	}
	outer := d.Narrow(d.Size("section"))
	switch id {
	case sectionCustom:
		name := d.name()
		d.spendDefs(1)
		s.Custom = append(s.Custom, Custom{At: At(at), Name: name, Bytes: d.Bytes(d.Len())})
	case sectionCoreModule:
		d.one(s, id, "core module", d.coreModule)
	case sectionComponent:
		d.one(s, id, "component", func() Def {
			n := &Nested{At: d.at()}
			n.Component = d.component()
			return n
		})
	case sectionCoreInstance:
		d.many(s, id, "core instance", d.coreInstance)
	case sectionCoreType:
		d.many(s, id, "core type", func() Def { return d.coreType() })
	case sectionInstance:
		d.many(s, id, "instance", d.instance)
	case sectionAlias:
		d.many(s, id, "alias", func() Def { return d.alias() })
	case sectionType:
		d.many(s, id, "type", func() Def { return d.typeDef() })
	case sectionCanon:
		d.many(s, id, "canonical definition", d.canon)
	case sectionImport:
		d.many(s, id, "import", func() Def { return d.importDef() })
	case sectionExport:
		d.many(s, id, "export", d.exportDef)
	case sectionStart:
		d.Refuse(at, FeatureStart)
	case sectionValue:
		d.Refuse(at, FeatureValueSection)
	}
	d.Widen(outer)
}

// one reads the single definition of a section.
func (d *decoder) one(s *scope, id byte, kind string, read func() Def) {
	d.spendDefs(1)
	d.path = append(d.path, step{kind, s.seen[id]})
	s.seen[id]++
	s.Defs = append(s.Defs, read())
	d.path = d.path[:len(d.path)-1]
}

// many reads the definitions of a section.
func (d *decoder) many(s *scope, id byte, kind string, read func() Def) {
	n := d.Count("definitions", 1)
	d.spendDefs(n)
	d.path = append(d.path, step{kind, 0})
	top := len(d.path) - 1
	for range n {
		d.path[top].n = s.seen[id]
		s.seen[id]++
		s.Defs = append(s.Defs, read())
	}
	d.path = d.path[:top]
}

// at marks a definition that begins here.
func (d *decoder) at() At { return At(d.Pos()) }

func (d *decoder) name() string { return d.Name(d.limits.NameBytes) }

func (d *decoder) spendDefs(n int) {
	d.defs -= n
	if d.defs < 0 {
		d.Fail(d.Pos(), "the file has more than %d definitions", d.limits.Defs)
	}
}

// count reads how many items follow, and allows memory for them.
func (d *decoder) count(what string, least int) int {
	at := d.Pos()
	n := d.Count(what, least)
	d.items -= n
	if d.items < 0 {
		d.Fail(at, "the definitions of the file have more than %d parts", d.limits.Items)
	}
	return n
}

// present reads the byte that says whether something optional follows.
func (d *decoder) present(what string) bool {
	at := d.Pos()
	switch b := d.Byte(); b {
	case 0:
		return false
	case 1:
		return true
	default:
		d.Fail(at, "the byte that says whether %s follows is %#02x, not 0 or 1", what, b)
		return false
	}
}

func (d *decoder) coreModule() Def {
	at := d.Pos()
	b := d.Bytes(d.Len())
	switch {
	case IsCoreModule(b):
	case IsComponent(b):
		d.Fail(at, "a component stands where a core module belongs")
	default:
		d.Fail(at, "no core module: it does not begin with 00 61 73 6d 01 00 00 00")
	}
	return &CoreModule{At: At(at), Bytes: b}
}
