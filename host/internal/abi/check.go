package abi

import (
	"fmt"
	"unicode/utf8"

	"github.com/wasikv/wasikv/host/internal/types"
)

// TypeError says that a Value does not fit the type it is passed as. Nothing
// of the guest was touched.
type TypeError struct {
	// Path leads to the part that does not fit: "args[0].name", "result".
	Path string
	// Reason says what was wanted and what was there.
	Reason string
}

// Error implements error.
func (e *TypeError) Error() string { return e.Path + ": " + e.Reason }

// within prefixes the path on the way out of a nested check.
func (e *TypeError) within(path string) *TypeError {
	if e != nil {
		e.Path = path + e.Path
	}
	return e
}

// checker compares Values with types before anything of them is lowered. It
// reserves the own handles it meets, so that one cannot be passed twice.
type checker struct {
	guest   *Guest
	leaving []*Handle
}

// args checks the arguments of a call.
func (c *checker) args(ft *types.Func, args []Value) error {
	if len(args) != len(ft.Params) {
		return &TypeError{Path: "args", Reason: fmt.Sprintf("want %d arguments, got %d", len(ft.Params), len(args))}
	}
	for i := range args {
		if e := c.check(ft.Params[i].Type, &args[i]); e != nil {
			c.release()
			return e.within(fmt.Sprintf("args[%d]", i))
		}
	}
	return nil
}

// result checks the result of a function.
func (c *checker) result(t *types.Type, v *Value) error {
	if t == nil {
		if v.IsZero() {
			return nil
		}
		return &TypeError{Path: "result", Reason: "want no value, got " + describe(v)}
	}
	if e := c.check(t, v); e != nil {
		c.release()
		return e.within("result")
	}
	return nil
}

// release takes reservations back.
func (c *checker) release() {
	for _, h := range c.leaving {
		h.state = held
	}
	c.leaving = nil
}

// abandon ends the own handles that a trap kept from reaching the guest.
func (c *checker) abandon() {
	for _, h := range c.leaving {
		h.abandon()
	}
}

func mismatch(format string, args ...any) *TypeError {
	return &TypeError{Reason: fmt.Sprintf(format, args...)}
}

func (c *checker) check(t *types.Type, v *Value) *TypeError {
	if v.kind != t.Kind && (v.kind != types.Own || t.Kind != types.Borrow) {
		return mismatch("want %s, got %s", describeType(t), describe(v))
	}
	switch t.Kind {
	case types.Char:
		if v.bits >= 0x110000 || v.bits&^0x7ff == 0xd800 {
			return mismatch("%#x is not a Unicode scalar value", v.bits)
		}
	case types.String:
		return checkString(v)
	case types.List:
		return c.checkList(t, v)
	case types.Record:
		return c.checkRecord(t, v)
	case types.Tuple:
		if len(v.items) != len(t.Fields) {
			return mismatch("want a tuple of %d, got one of %d", len(t.Fields), len(v.items))
		}
		for i := range v.items {
			if e := c.check(t.Fields[i].Type, &v.items[i]); e != nil {
				return e.within(fmt.Sprintf(".%d", i))
			}
		}
	case types.Variant, types.Enum, types.Option, types.Result:
		return c.checkSum(t, v)
	case types.Flags:
		if v.names == &t.Labels {
			return nil
		}
		for name := range v.flags() {
			if indexName(t.Labels, -1, name) < 0 {
				return mismatch("the flags type has no %q", name)
			}
		}
	case types.Own:
		if why := v.handle.usable(c.guest, t.Resource, true); why != "" {
			return &TypeError{Reason: why}
		}
		v.handle.state = leaving
		c.leaving = append(c.leaving, v.handle)
	case types.Borrow:
		if why := v.handle.usable(c.guest, t.Resource, false); why != "" {
			return &TypeError{Reason: why}
		}
	}
	return nil
}

func checkString(v *Value) *TypeError {
	switch {
	case v.form != formUTF8: // a lifted one, which is valid
	case len(v.text) > types.MaxSize:
		return mismatch("string of %d bytes exceeds %d", len(v.text), types.MaxSize)
	case !utf8.ValidString(v.text):
		return mismatch("string is not valid UTF-8")
	}
	return nil
}

func (c *checker) checkList(t *types.Type, v *Value) *TypeError {
	n := v.Len()
	if size := uint64(n) * uint64(t.Elem.Size); size > types.MaxSize {
		return mismatch("list of %d elements of %d bytes exceeds %d bytes", n, t.Elem.Size, types.MaxSize)
	}
	switch {
	case v.elem == types.Invalid:
		for i := range v.items {
			if e := c.check(t.Elem, &v.items[i]); e != nil {
				return e.within(fmt.Sprintf("[%d]", i))
			}
		}
	case v.elem != t.Elem.Kind && n > 0:
		return mismatch("want a list of %s, got a list of %v", describeType(t.Elem), v.elem)
	}
	return nil
}

func (c *checker) checkRecord(t *types.Type, v *Value) *TypeError {
	for i := range t.Fields {
		f := &t.Fields[i]
		k := indexName(*v.names, i, f.Name)
		if k < 0 {
			return mismatch("the record lacks %q", f.Name)
		}
		if e := c.check(f.Type, &v.items[k]); e != nil {
			return e.within("." + f.Name)
		}
	}
	if len(v.items) > len(t.Fields) {
		for i, name := range *v.names {
			if indexName(t.Labels, i, name) < 0 {
				return mismatch("the record type has no %q", name)
			}
		}
		return mismatch("the record has a field twice")
	}
	return nil
}

func (c *checker) checkSum(t *types.Type, v *Value) *TypeError {
	name := (*v.names)[v.bits]
	i := caseIndex(t, v)
	if i < 0 {
		return mismatch("the %v type has no case %q", t.Kind, name)
	}
	p := t.Cases[i].Type
	switch {
	case p == nil && len(v.items) > 0:
		return mismatch("case %q has no payload, got %s", name, describe(&v.items[0]))
	case p == nil:
		return nil
	case len(v.items) == 0:
		return mismatch("case %q wants %s, got no payload", name, describeType(p))
	}
	if e := c.check(p, &v.items[0]); e != nil {
		return e.within("." + name)
	}
	return nil
}

// caseIndex finds the case of a variant-like value in a type; -1 for none.
func caseIndex(t *types.Type, v *Value) int {
	if t.Kind == types.Option || t.Kind == types.Result || v.names == &t.Labels {
		return int(v.bits)
	}
	return indexName(t.Labels, int(v.bits), (*v.names)[v.bits])
}

// flagBits gives the set bits of a flags value in the order of a type.
func flagBits(t *types.Type, v *Value) uint32 {
	if v.names == &t.Labels {
		return uint32(v.bits)
	}
	var bits uint32
	for name := range v.flags() {
		bits |= 1 << indexName(t.Labels, -1, name)
	}
	return bits
}

// describeType names a type for a message: primitives and resources fully, the
// others, which may be large, by their kind.
func describeType(t *types.Type) string {
	if t.Kind == types.Own || t.Kind == types.Borrow {
		return t.String()
	}
	return t.Kind.String()
}

func describe(v *Value) string {
	switch v.kind {
	case types.Invalid:
		return "no value"
	case types.Own, types.Borrow:
		return v.kind.String() + "<" + v.handle.resource.Name + ">"
	}
	return v.kind.String()
}
