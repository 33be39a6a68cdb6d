package binary

// Limits bound what Decode makes of a file. A zero field takes the default.
type Limits struct {
	// Depth bounds how deep components, and component and instance types,
	// nest; default 100.
	Depth int
	// NameBytes bounds each name, in bytes of UTF-8; default 100,000.
	NameBytes int
	// Defs bounds the definitions and declarations of the file, those of
	// nested components and types included; default 250,000.
	Defs int
	// Items bounds what definitions are made of, over the file: fields,
	// cases, labels, parameters, arguments, exports of instances; default
	// 1,000,000.
	Items int
}

func (l Limits) withDefaults() Limits {
	fill := func(n *int, value int) {
		if *n == 0 {
			*n = value
		}
	}
	fill(&l.Depth, 100)
	fill(&l.NameBytes, 100_000)
	fill(&l.Defs, 250_000)
	fill(&l.Items, 1_000_000)
	return l
}
