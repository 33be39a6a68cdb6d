package keyvalue

// pool keeps objects that one guest used, for it to use again.
type pool[T any] struct{ free []*T }

// poolSize bounds what a pool keeps; a guest seldom holds more objects of a
// type at a time.
const poolSize = 64

// take gives an object that was put, or nil.
func (p *pool[T]) take() *T {
	n := len(p.free) - 1
	if n < 0 {
		return nil
	}
	o := p.free[n]
	p.free = p.free[:n]
	return o
}

// put keeps an object that nobody refers to any more.
func (p *pool[T]) put(o *T) {
	if len(p.free) < poolSize {
		p.free = append(p.free, o)
	}
}
