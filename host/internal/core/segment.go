package core

// constant reads a constant expression up to its end.
func (p *parser) constant() {
	for {
		at := p.Pos()
		switch op := p.Byte(); op {
		case 0x0b: // end
			return
		case 0x41: // i32.const
			p.signed(32)
		case 0x42: // i64.const
			p.signed(64)
		case 0x43: // f32.const
			p.Bytes(4)
		case 0x44: // f64.const
			p.Bytes(8)
		case 0x23, 0xd2: // global.get, ref.func
			p.U32()
		case 0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e: // add, sub, mul
		case 0xd0: // ref.null
			p.refType()
		case 0xfd:
			if sub := p.U32(); sub != 12 {
				p.Fail(at, "vector instruction %d is not constant", sub)
			}
			p.Bytes(16) // v128.const
		case 0xfb:
			p.Refuse(at, FeatureGC)
		default:
			p.Fail(at, "%#02x is no constant instruction", op)
		}
	}
}

// signed skips a signed LEB128 integer.
func (p *parser) signed(bits int) {
	at := p.Pos()
	for n := 0; ; n += 7 {
		if n >= bits {
			p.Fail(at, "LEB128 integer is longer than %d bits need", bits)
		}
		if p.Byte() < 0x80 {
			return
		}
	}
}

// element reads an element segment. Bit 0 of its flags says passive or
// declarative, bit 1 table index or declarative, bit 2 expressions.
func (p *parser) element() {
	at := p.Pos()
	flags := p.U32()
	if flags > 7 {
		p.Fail(at, "%#x are no flags of an element segment", flags)
	}
	active := flags&1 == 0
	if active {
		if flags&2 != 0 {
			p.index(len(p.tables), "table")
		}
		p.constant()
	}
	expressions := flags&4 != 0
	if flags&3 != 0 {
		if expressions {
			p.refType()
		} else {
			p.Expect(0x00, "the kind of an element segment (functions)")
		}
	}
	n := p.count("elements", 1, p.elements)
	p.elements -= n
	for range n {
		if expressions {
			p.constant()
		} else {
			p.index(len(p.funcs), "function")
		}
	}
}

func (p *parser) data() {
	at := p.Pos()
	switch mode := p.U32(); mode {
	case 0:
		p.constant()
	case 1:
	case 2:
		p.index(len(p.memories), "memory")
		p.constant()
	default:
		p.Fail(at, "%#x is no mode of a data segment", mode)
	}
	p.Bytes(p.Size("data segment"))
}

// body reads a function body: its locals, which take memory by their count.
func (p *parser) body() {
	at := p.Pos()
	size := p.Size("function body")
	if size > p.limits.BodyBytes {
		p.Fail(at, "a function body of %d bytes, the limit is %d", size, p.limits.BodyBytes)
	}
	outer := p.Narrow(size)
	locals := uint64(0)
	for range p.Count("groups of locals", 2) {
		at := p.Pos()
		locals += uint64(p.U32())
		if locals > uint64(p.limits.Locals) {
			p.Fail(at, "a function with more than %d locals", p.limits.Locals)
		}
		p.valueType()
	}
	p.locals -= int(locals)
	if p.locals < 0 {
		p.Fail(at, "the functions have more than %d locals", p.limits.AllLocals)
	}
	p.Bytes(p.Len())
	p.Widen(outer)
}
