package core

import (
	"fmt"

	"github.com/wasikv/wasikv/host/internal/binary/cursor"
)

const preamble = "\x00asm\x01\x00\x00\x00"

// Parse reads a core module that stands at an offset of its file, which
// errors count from; 0 for a module of its own. The result aliases wasm, which
// must not be written afterwards.
//
// It fails with *Error where the module is malformed or exceeds the limits,
// and with *UnsupportedError where it uses a feature that wazero lacks.
func Parse(wasm []byte, offset int64, limits Limits) (m *Module, err error) {
	defer cursor.Catch(&err)
	p := &parser{
		Cursor: cursor.New(wasm, offset),
		m:      &Module{wasm: wasm},
		offset: offset,
		limits: limits.withDefaults(),

		exported:  map[string]struct{}{},
		dataCount: -1,
	}
	p.locals, p.elements, p.debugNames = p.limits.AllLocals, p.limits.Elements, p.limits.DebugNames
	p.Item = p.place
	p.module()
	return p.m, nil
}

// parser reads one module.
type parser struct {
	*cursor.Cursor
	m      *Module
	offset int64
	limits Limits

	kind string // what is being read, for errors
	n    int    // which of its kind, -1: the kind says enough

	// Index spaces, imports first.
	funcs    []uint32 // type index of each function
	tables   []TableType
	memories []MemoryType
	globals  []GlobalType

	exported  map[string]struct{}
	bodies    int
	segments  int // of data
	dataCount int // -1: not announced
	hasNames  bool

	// What limits on the whole module leave.
	elements   int // elements that may still come
	locals     int // locals that may still come
	debugNames int // names that may still come
}

// place names what is being read, for errors.
func (p *parser) place() string {
	switch {
	case p.kind == "":
		return "core module"
	case p.n < 0:
		return "core module, " + p.kind
	}
	return fmt.Sprintf("core module, %s %d", p.kind, p.n)
}

// Section ids.
const (
	sectionCustom = iota
	sectionType
	sectionImport
	sectionFunc
	sectionTable
	sectionMemory
	sectionGlobal
	sectionExport
	sectionStart
	sectionElement
	sectionCode
	sectionData
	sectionDataCount
	sectionTag
	sectionString
	numSections

	partVerbatim = numSections
)

// order gives the place of each section but the custom ones.
var order = [numSections]int{
	sectionType: 1, sectionImport: 2, sectionFunc: 3, sectionTable: 4, sectionMemory: 5, sectionTag: 6,
	sectionString: 7, sectionGlobal: 8, sectionExport: 9, sectionStart: 10, sectionElement: 11,
	sectionDataCount: 12, sectionCode: 13, sectionData: 14,
}

var sectionNames = [numSections]string{
	"custom section", "type", "import", "function", "table", "memory", "global", "export", "start function",
	"element segment", "function body", "data segment", "data count", "tag", "string",
}

func (p *parser) module() {
	at := p.Pos()
	if head := p.Bytes(min(p.Len(), len(preamble))); string(head) != preamble {
		p.Fail(at, "a module begins with 00 61 73 6d 01 00 00 00")
	}
	p.verbatim(0)
	last := 0
	for p.Len() > 0 {
		start := p.here()
		at := p.Pos()
		id := p.Byte()
		if id >= numSections {
			p.Unknown(at, id, "section of a core module")
		}
		p.kind, p.n = sectionNames[id], -1
		if id != sectionCustom {
			if order[id] <= last {
				p.Fail(at, "section out of order: the %s section may stand once, before later ones", sectionNames[id])
			}
			last = order[id]
		}
		outer := p.Narrow(p.Size("section"))
		keep := p.section(id, at)
		p.Widen(outer)
		switch {
		case !keep:
		case id == sectionImport || id == sectionTable || id == sectionMemory:
			p.m.parts = append(p.m.parts, part{id, start, p.here()})
		default:
			p.verbatim(start)
		}
		p.kind = ""
	}
	if defined := len(p.funcs) - p.imported(Func); p.bodies != defined {
		p.Fail(p.Pos(), "%d functions are declared, and %d have a body", defined, p.bodies)
	}
	p.m.Funcs = p.bodies
	if p.dataCount >= 0 && p.dataCount != p.segments {
		p.Fail(p.Pos(), "%d data segments are announced, and %d follow", p.dataCount, p.segments)
	}
}

// here is the position in the module.
func (p *parser) here() int { return int(p.Pos() - p.offset) }

// verbatim has Rewrite copy what was read from start on.
func (p *parser) verbatim(start int) {
	if n := len(p.m.parts); n > 0 && p.m.parts[n-1].id == partVerbatim && p.m.parts[n-1].end == start {
		p.m.parts[n-1].end = p.here()
		return
	}
	p.m.parts = append(p.m.parts, part{partVerbatim, start, p.here()})
}

// section reads the contents of a section; Rewrite drops it where it is not
// kept.
func (p *parser) section(id byte, at int64) (keep bool) {
	switch id {
	case sectionCustom:
		return p.custom()
	case sectionType:
		p.m.Types = make([]FuncType, 0, p.count("types", 2, p.limits.Types))
		p.each(cap(p.m.Types), func() { p.m.Types = append(p.m.Types, p.funcType()) })
	case sectionImport:
		p.m.Imports = make([]Import, 0, p.count("imports", 4, p.limits.Imports))
		p.each(cap(p.m.Imports), p.importEntry)
	case sectionFunc:
		n := p.count("functions", 1, p.limits.Funcs)
		p.each(n, func() { p.funcs = append(p.funcs, p.typeIndex()) })
	case sectionTable:
		p.each(p.count("tables", 3, p.limits.Tables), func() {
			p.m.Tables = append(p.m.Tables, p.tableType())
			p.tables = append(p.tables, p.m.Tables[len(p.m.Tables)-1])
		})
	case sectionMemory:
		p.each(p.count("memories", 2, maxCount), func() {
			p.m.Memories = append(p.m.Memories, p.memoryType())
			p.addMemory(p.m.Memories[len(p.m.Memories)-1])
		})
	case sectionGlobal:
		p.each(p.count("globals", 4, p.limits.Globals), func() {
			p.m.Globals = append(p.m.Globals, p.globalType())
			p.globals = append(p.globals, p.m.Globals[len(p.m.Globals)-1])
			p.constant()
		})
	case sectionExport:
		p.m.Exports = make([]Export, 0, p.count("exports", 3, p.limits.Exports))
		p.each(cap(p.m.Exports), p.exportEntry)
	case sectionStart:
		p.m.HasStart = true
		p.index(len(p.funcs), "function")
	case sectionElement:
		p.each(p.count("segments", 3, p.limits.Segments), p.element)
	case sectionCode:
		p.bodies = p.count("bodies", 3, p.limits.Funcs)
		p.each(p.bodies, p.body)
	case sectionData:
		p.segments = p.count("segments", 2, p.limits.Segments)
		p.each(p.segments, p.data)
	case sectionDataCount:
		p.dataCount = int(p.U32())
	case sectionTag:
		p.Refuse(at, FeatureTags)
	case sectionString:
		p.Refuse(at, FeatureStringRef)
	}
	return true
}

// maxCount is the bound of a count that its section's size bounds enough.
const maxCount = 1<<31 - 1

// count reads how many items of at least so many bytes follow.
func (p *parser) count(what string, least, limit int) int {
	at := p.Pos()
	n := p.Count(what, least)
	if n > limit {
		p.Fail(at, "%d %s, the limit is %d", n, what, limit)
	}
	return n
}

// each reads the n entries of a section.
func (p *parser) each(n int, read func()) {
	for p.n = range n {
		read()
	}
	p.n = -1
}

func (p *parser) name() string { return p.Name(p.limits.NameBytes) }

// index reads an index into a space of n.
func (p *parser) index(n int, what string) uint32 {
	at := p.Pos()
	i := p.U32()
	if uint64(i) >= uint64(n) {
		p.Fail(at, "unknown %s %d: there are %d", what, i, n)
	}
	return i
}

func (p *parser) typeIndex() uint32 { return p.index(len(p.m.Types), "type") }

// imported counts the imports of a kind.
func (p *parser) imported(k Kind) (n int) {
	for i := range p.m.Imports {
		if p.m.Imports[i].Kind == k {
			n++
		}
	}
	return n
}

func (p *parser) addMemory(m MemoryType) {
	p.memories = append(p.memories, m)
	if len(p.memories) > 1 {
		p.Refuse(p.Pos(), FeatureMultiMemory)
	}
}

func (p *parser) importEntry() {
	i := Import{Module: p.name(), Name: p.name()}
	at := p.Pos()
	i.Kind = p.externKind("import")
	switch i.Kind {
	case Func:
		i.typeIndex = p.typeIndex()
		i.Func = &p.m.Types[i.typeIndex]
		p.funcs = append(p.funcs, i.typeIndex)
	case Table:
		i.Table = p.tableType()
		p.tables = append(p.tables, i.Table)
		if len(p.tables) > p.limits.Tables {
			p.Fail(at, "more than %d tables", p.limits.Tables)
		}
	case Memory:
		i.Memory = p.memoryType()
		p.addMemory(i.Memory)
	case Global:
		i.Global = p.globalType()
		p.globals = append(p.globals, i.Global)
	}
	p.m.Imports = append(p.m.Imports, i)
}

func (p *parser) externKind(what string) Kind {
	at := p.Pos()
	b := p.Byte()
	switch b {
	case 0x04:
		p.Refuse(at, FeatureTags)
	case 0x20:
		p.Refuse(at, FeatureExactFunc)
	}
	if b > byte(Global) {
		p.Unknown(at, b, "kind of "+what)
	}
	return Kind(b)
}

// exportEntry reads an export. The sections that define what can be exported
// come before, so that its type is known.
func (p *parser) exportEntry() {
	at := p.Pos()
	e := Export{Name: p.name()}
	if _, twice := p.exported[e.Name]; twice {
		p.Fail(at, "the name %q is exported twice", e.Name)
	}
	p.exported[e.Name] = struct{}{}
	e.Kind = p.externKind("export")
	switch e.Kind {
	case Func:
		e.Index = p.index(len(p.funcs), "function")
		e.Func = &p.m.Types[p.funcs[e.Index]]
	case Table:
		e.Index = p.index(len(p.tables), "table")
		e.Table = p.tables[e.Index]
	case Memory:
		e.Index = p.index(len(p.memories), "memory")
		e.Memory = p.memories[e.Index]
	case Global:
		e.Index = p.index(len(p.globals), "global")
		e.Global = p.globals[e.Index]
	}
	p.m.Exports = append(p.m.Exports, e)
}
