package core

// Limits bound what a module may be made of. A zero field takes the default.
type Limits struct {
	// Types, Imports, Funcs, Globals and Exports bound the entries of those
	// sections; default 100,000 each, Funcs 200,000.
	Types, Imports, Funcs, Globals, Exports int
	// Tables bounds the table section; default 100.
	Tables int
	// Segments bounds the element and the data section, each; default 100,000.
	Segments int
	// Elements bounds the entries of all element segments; default 1,000,000.
	Elements int
	// Arity bounds the parameters, and the results, of a function type;
	// default 1,000.
	Arity int
	// Locals bounds the locals of a function, AllLocals those of all
	// functions; default 50,000 and 5,000,000.
	Locals, AllLocals int
	// BodyBytes bounds a function body; default 1 MiB.
	BodyBytes int
	// NameBytes bounds each import and export name; default 100,000.
	NameBytes int
	// DebugNames bounds the entries of the name section, which Rewrite drops
	// where it has more; default 500,000.
	DebugNames int
}

func (l Limits) withDefaults() Limits {
	fill := func(n *int, value int) {
		if *n == 0 {
			*n = value
		}
	}
	fill(&l.Types, 100_000)
	fill(&l.Imports, 100_000)
	fill(&l.Funcs, 200_000)
	fill(&l.Globals, 100_000)
	fill(&l.Exports, 100_000)
	fill(&l.Tables, 100)
	fill(&l.Segments, 100_000)
	fill(&l.Elements, 1_000_000)
	fill(&l.Arity, 1_000)
	fill(&l.Locals, 50_000)
	fill(&l.AllLocals, 5_000_000)
	fill(&l.BodyBytes, 1<<20)
	fill(&l.NameBytes, 100_000)
	fill(&l.DebugNames, 500_000)
	return l
}
