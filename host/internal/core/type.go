package core

// valueType reads a value type.
func (p *parser) valueType() ValueType {
	at := p.Pos()
	b := p.Byte()
	switch {
	case b >= V128 && b <= I32, b == FuncRef, b == ExternRef:
		return b
	case b == 0x69 || b == 0x74:
		p.Refuse(at, FeatureExnRef)
	case b == 0x63 || b == 0x64 || b >= 0x68 && b <= 0x75:
		p.Refuse(at, FeatureTypedRefs)
	}
	p.Unknown(at, b, "value type")
	return 0
}

func (p *parser) refType() ValueType {
	at := p.Pos()
	t := p.valueType()
	if t >= V128 {
		p.Fail(at, "the elements of a table are references, not %#02x", t)
	}
	return t
}

func (p *parser) funcType() FuncType {
	at := p.Pos()
	switch b := p.Byte(); b {
	case 0x60:
	case 0x4e, 0x4f, 0x50, 0x5d, 0x5e, 0x5f:
		p.Refuse(at, FeatureGC)
	default:
		p.Unknown(at, b, "form of a type")
	}
	return FuncType{Params: p.valueTypes("parameters"), Results: p.valueTypes("results")}
}

// valueTypes reads a vector of value types in place.
func (p *parser) valueTypes(what string) []ValueType {
	n := p.count(what, 1, p.limits.Arity)
	start := p.here()
	for range n {
		p.valueType()
	}
	return p.m.wasm[start : start+n : start+n]
}

func (p *parser) tableType() TableType {
	at := p.Pos()
	if p.Peek() == 0x40 {
		p.Refuse(at, FeatureTableInit)
	}
	t := TableType{Elem: p.refType()}
	t.Min, t.Max = p.limitsOf(Table)
	return t
}

// maxPages is how many pages a 32-bit memory can have.
const maxPages = 1 << 16

func (p *parser) memoryType() MemoryType {
	at := p.Pos()
	m := MemoryType{}
	m.Min, m.Max = p.limitsOf(Memory)
	if m.Min > maxPages || m.Max != nil && *m.Max > maxPages {
		p.Fail(at, "a memory has at most %d pages (4 GiB)", maxPages)
	}
	return m
}

func (p *parser) limitsOf(k Kind) (least uint32, most *uint32) {
	at := p.Pos()
	flags := p.Byte()
	switch {
	case flags > 0x0f || flags&0x08 != 0 && k == Table:
		p.Fail(at, "%#02x are no flags of limits", flags)
	case flags&0x08 != 0:
		p.Refuse(at, FeaturePageSize)
	case flags&0x04 != 0:
		p.Refuse(at, FeatureMemory64)
	case flags&0x02 != 0:
		p.Refuse(at, FeatureThreads)
	}
	least = p.U32()
	if flags&0x01 != 0 {
		n := p.U32()
		most = &n
		if n < least {
			p.Fail(at, "the maximum %d is less than the minimum %d", n, least)
		}
	}
	return least, most
}

func (p *parser) globalType() GlobalType {
	t := GlobalType{Value: p.valueType()}
	at := p.Pos()
	b := p.Byte()
	if b > 1 {
		p.Fail(at, "the mutability of a global is 0 or 1, not %#02x", b)
	}
	t.Mutable = b == 1
	return t
}
