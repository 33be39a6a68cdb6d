package core

import "github.com/wasikv/wasikv/host/internal/binary"

// Parsed gives the core modules of a component in parsed form, each parsed
// once: for the stages that all look at them. It is for one goroutine.
type Parsed struct {
	// Limits bound each module.
	Limits Limits
	// All are the modules parsed so far, in the order of first use.
	All     []*Module
	modules map[*binary.CoreModule]*Module
}

// Module parses a module, or gives what it parsed before.
func (p *Parsed) Module(d *binary.CoreModule) (*Module, error) {
	if m := p.modules[d]; m != nil {
		return m, nil
	}
	m, err := Parse(d.Bytes, d.Pos(), p.Limits)
	if err != nil {
		return nil, err
	}
	if p.modules == nil {
		p.modules = map[*binary.CoreModule]*Module{}
	}
	p.modules[d] = m
	p.All = append(p.All, m)
	return m, nil
}
