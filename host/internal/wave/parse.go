package wave

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/types"
)

// function takes the name of a call, up to its parenthesis.
func (p *parser) function() string {
	p.space()
	n := strings.IndexByte(p.text[p.pos:], '(')
	if n < 0 {
		p.fail("want a call, such as NAME(1, \"text\"): there is no '('")
	}
	name := strings.TrimRight(p.text[p.pos:p.pos+n], " \t\r\n")
	if name == "" || strings.ContainsAny(name, " \t\r\n\"'") {
		p.fail("want the name of a function before '('")
	}
	p.pos += n
	return name
}

// arguments takes the arguments of a call.
func (p *parser) arguments(ft *types.Func) []abi.Value {
	p.expect('(')
	args := make([]abi.Value, 0, len(ft.Params))
	p.sequence(')', func() {
		if len(args) == len(ft.Params) {
			p.fail("the function takes %s", parameters(ft))
		}
		args = append(args, p.value(ft.Params[len(args)].Type))
	})
	for _, missing := range ft.Params[len(args):] {
		if missing.Type.Kind != types.Option {
			p.fail("the function takes %s, got %d", parameters(ft), len(args))
		}
		args = append(args, p.made(abi.None()))
	}
	return args
}

func parameters(ft *types.Func) string {
	switch len(ft.Params) {
	case 0:
		return "no arguments"
	case 1:
		return "1 argument"
	}
	return fmt.Sprintf("%d arguments", len(ft.Params))
}

// sequence takes items separated by commas, with one allowed after the last,
// up to and with the end; the opening is taken already.
func (p *parser) sequence(end byte, item func()) {
	for !p.accept(end) {
		item()
		if !p.accept(',') {
			if !p.accept(end) {
				p.want(fmt.Sprintf("',' or %q", end))
			}
			return
		}
	}
}

// made counts a value.
func (p *parser) made(v abi.Value) abi.Value {
	p.values++
	if p.values > MaxValues {
		p.fail("the text makes more than %d values", MaxValues)
	}
	return v
}

// value takes a value of a type.
func (p *parser) value(t *types.Type) abi.Value { return p.made(p.form(t)) }

func (p *parser) form(t *types.Type) abi.Value {
	switch t.Kind {
	case types.Bool:
		return p.bool()
	case types.S8, types.S16, types.S32, types.S64:
		return p.signed(t)
	case types.U8, types.U16, types.U32, types.U64:
		return p.unsigned(t)
	case types.F32, types.F64:
		return p.float(t)
	case types.Char:
		return p.char()
	case types.String:
		return p.string()
	case types.List:
		return p.list(t)
	case types.Tuple:
		return p.tuple(t)
	case types.Record:
		return p.record(t)
	case types.Flags:
		return p.flags(t)
	case types.Variant, types.Enum:
		return p.variant(t)
	case types.Option:
		return p.option(t)
	case types.Result:
		return p.result(t)
	}
	p.fail("a resource (%v) has no text form", t)
	return abi.Value{}
}

func (p *parser) bool() abi.Value {
	switch word := p.word(); word {
	case "true", "false":
		p.take(len(word))
		return abi.Bool(word == "true")
	}
	p.want("true or false")
	return abi.Value{}
}

// number takes the text of a number.
func (p *parser) number(t *types.Type) (token string, at int) {
	n := numberLength(p.text[p.pos:])
	if n == 0 {
		p.want("a number (" + t.Kind.String() + ")")
	}
	at = p.pos
	return p.take(n), at
}

func (p *parser) signed(t *types.Type) abi.Value {
	token, at := p.number(t)
	bits := int(8 * t.Size)
	n, err := strconv.ParseInt(token, 10, bits)
	if err != nil {
		p.notInteger(at, token, t, fmt.Sprintf("%d to %d", int64(-1)<<(bits-1), int64(1)<<(bits-1)-1))
	}
	switch t.Kind {
	case types.S8:
		return abi.S8(int8(n))
	case types.S16:
		return abi.S16(int16(n))
	case types.S32:
		return abi.S32(int32(n))
	}
	return abi.S64(n)
}

func (p *parser) unsigned(t *types.Type) abi.Value {
	token, at := p.number(t)
	bits := int(8 * t.Size)
	n, err := strconv.ParseUint(token, 10, bits)
	if err != nil {
		p.notInteger(at, token, t, fmt.Sprintf("0 to %d", uint64(math.MaxUint64)>>(64-bits)))
	}
	switch t.Kind {
	case types.U8:
		return abi.U8(uint8(n))
	case types.U16:
		return abi.U16(uint16(n))
	case types.U32:
		return abi.U32(uint32(n))
	}
	return abi.U64(n)
}

// notInteger stops at a number that is no integer, or not in the range.
func (p *parser) notInteger(at int, token string, t *types.Type, span string) {
	if strings.ContainsAny(token, ".eE") {
		p.failAt(at, "want an integer (%v), got %s", t.Kind, clip(token))
	}
	p.failAt(at, "%s is out of range of %v (%s)", clip(token), t.Kind, span)
}

func clip(token string) string {
	if len(token) > 40 {
		return token[:40] + "…"
	}
	return token
}

func (p *parser) float(t *types.Type) abi.Value {
	var x float64
	switch word := p.word(); {
	case word == "nan":
		p.take(len(word))
		x = math.NaN()
	case word == "inf":
		p.take(len(word))
		x = math.Inf(1)
	case strings.HasPrefix(p.text[p.pos:], "-inf") && labelLength(p.text[p.pos+1:]) == len("inf"):
		p.take(len("-inf"))
		x = math.Inf(-1)
	default:
		token, at := p.number(t)
		var err error
		if x, err = strconv.ParseFloat(token, int(8*t.Size)); err != nil {
			p.failAt(at, "%s is out of range of %v", clip(token), t.Kind)
		}
	}
	if t.Kind == types.F32 {
		return abi.F32(float32(x))
	}
	return abi.F64(x)
}

func (p *parser) list(t *types.Type) abi.Value {
	p.open('[', t)
	var items []abi.Value
	p.sequence(']', func() { items = append(items, p.value(t.Elem)) })
	return abi.List(items...)
}

// open takes the opening of a compound value.
func (p *parser) open(c byte, t *types.Type) {
	if !p.accept(c) {
		p.want(fmt.Sprintf("%q (%v)", c, t.Kind))
	}
}

func (p *parser) tuple(t *types.Type) abi.Value {
	p.open('(', t)
	items := make([]abi.Value, 0, len(t.Fields))
	p.sequence(')', func() {
		if len(items) == len(t.Fields) {
			p.fail("the tuple has %d elements", len(t.Fields))
		}
		items = append(items, p.value(t.Fields[len(items)].Type))
	})
	if len(items) < len(t.Fields) {
		p.fail("the tuple has %d elements, got %d", len(t.Fields), len(items))
	}
	return abi.Tuple(items...)
}

func (p *parser) record(t *types.Type) abi.Value {
	start := p.pos
	p.open('{', t)
	fields := make([]abi.Field, len(t.Fields))
	if p.accept(':') {
		p.expect('}')
	} else {
		if p.is('}') {
			p.fail("a record without fields is {:}")
		}
		p.sequence('}', func() { p.field(t, fields) })
	}
	for i := range fields {
		f := &t.Fields[i]
		switch {
		case !fields[i].Value.IsZero():
		case f.Type.Kind != types.Option:
			p.failAt(start, "the record lacks the field %q", f.Name)
		default:
			fields[i] = abi.Field{Name: f.Name, Value: p.made(abi.None())}
		}
	}
	return abi.Record(fields...)
}

func (p *parser) field(t *types.Type, fields []abi.Field) {
	at := p.pos
	name := p.label("field")
	i := slices.Index(t.Labels, name)
	if i < 0 {
		p.failAt(at, "the record has no field %q: it has %s", name, list(t.Labels))
	}
	if !fields[i].Value.IsZero() {
		p.failAt(at, "the field %q comes twice", name)
	}
	p.expect(':')
	fields[i] = abi.Field{Name: name, Value: p.value(t.Fields[i].Type)}
}

func (p *parser) flags(t *types.Type) abi.Value {
	p.open('{', t)
	var set []string
	p.sequence('}', func() {
		at := p.pos
		name := p.label("flag")
		switch {
		case !slices.Contains(t.Labels, name):
			p.failAt(at, "there is no flag %q: there is %s", name, list(t.Labels))
		case slices.Contains(set, name):
			p.failAt(at, "the flag %q comes twice", name)
		}
		set = append(set, name)
	})
	return abi.Flags(set...)
}

func (p *parser) variant(t *types.Type) abi.Value {
	at := p.pos
	switch word := p.word(); word {
	case "true", "false", "inf", "nan", "some", "none", "ok", "err":
		p.fail("want a case, got the keyword %s: a case of that name is %%%s", word, word)
	}
	name := p.label("case")
	i := slices.Index(t.Labels, name)
	if i < 0 {
		p.failAt(at, "there is no case %q: there is %s", name, list(t.Labels))
	}
	if t.Kind == types.Enum {
		return abi.Enum(name)
	}
	return abi.Variant(name, p.payload(name, t.Cases[i].Type))
}

// payload takes the payload of a case, which has one exactly where its type
// does.
func (p *parser) payload(name string, t *types.Type) (v abi.Value) {
	switch {
	case t == nil && p.is('('):
		p.fail("%q has no payload", name)
	case t != nil:
		p.expect('(')
		v = p.value(t)
		p.expect(')')
	}
	return v
}

func (p *parser) option(t *types.Type) abi.Value {
	switch word := p.word(); word {
	case "none":
		p.take(len(word))
		return abi.None()
	case "some":
		p.take(len(word))
		return abi.Some(p.payload(word, t.Elem))
	}
	if !bare(t.Elem) {
		p.want("some(…) or none")
	}
	return abi.Some(p.value(t.Elem))
}

func (p *parser) result(t *types.Type) abi.Value {
	ok, err := t.Cases[0].Type, t.Cases[1].Type
	switch word := p.word(); word {
	case "ok":
		p.take(len(word))
		return abi.OkValue(p.payload(word, ok))
	case "err":
		p.take(len(word))
		return abi.ErrValue(p.payload(word, err))
	}
	if !bare(ok) {
		p.want("ok or err")
	}
	return abi.OkValue(p.value(ok))
}

// bare reports whether the payload of a some or ok may stand without it.
func bare(t *types.Type) bool {
	return t != nil && t.Kind != types.Option && t.Kind != types.Result
}

// list spells names for a message.
func list(names []string) string {
	const enough = 12
	if len(names) > enough {
		return strings.Join(names[:enough], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}
