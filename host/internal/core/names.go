package core

import (
	"errors"

	"github.com/wasikv/wasikv/host/internal/binary/cursor"
)

// custom reads a custom section. Nothing depends on what it holds; but wazero
// reads the name section and fails where it is malformed, or given twice,
// which the specification says does not matter: such a one is not kept.
func (p *parser) custom() (keep bool) {
	name := p.NameBytes(p.Len())
	if string(name) != "name" {
		p.Bytes(p.Len())
		return true
	}
	at := p.Pos()
	section := p.Bytes(p.Len())
	if p.hasNames {
		return false
	}
	p.hasNames = wellNamed(section, at, p.limits.DebugNames)
	return p.hasNames
}

// Subsections of the name section that wazero reads.
const (
	namesModule = iota
	namesFuncs
	namesLocals
)

// wellNamed reports whether a name section is well-formed, with at most limit
// names.
func wellNamed(section []byte, at int64, limit int) bool {
	err := readNames(cursor.New(section, at), limit)
	var malformed *Error
	return !errors.As(err, &malformed)
}

func readNames(c *cursor.Cursor, limit int) (err error) {
	defer cursor.Catch(&err)
	spend := func(n int) int {
		limit -= n
		if limit < 0 {
			c.Fail(c.Pos(), "too many names")
		}
		return n
	}
	nameMap := func() {
		for range spend(c.Count("names", 2)) {
			c.U32()
			c.NameBytes(c.Len())
		}
	}
	for c.Len() > 0 {
		id := c.Byte()
		outer := c.Narrow(c.Size("subsection"))
		switch id {
		case namesModule:
			c.NameBytes(c.Len())
		case namesFuncs:
			nameMap()
		case namesLocals:
			for range spend(c.Count("functions", 2)) {
				c.U32()
				nameMap()
			}
		default:
			c.Bytes(c.Len())
		}
		c.Widen(outer)
	}
	return nil
}
