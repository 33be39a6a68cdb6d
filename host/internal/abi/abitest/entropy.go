package abitest

import (
	"fmt"
	"math"

	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/types"
)

// Entropy makes types and values out of bytes, for property tests and fuzzing.
// Once the bytes are used up it goes on with zeros, which make small things.
type Entropy []byte

// Byte takes a byte.
func (e *Entropy) Byte() byte {
	if len(*e) == 0 {
		return 0
	}
	b := (*e)[0]
	*e = (*e)[1:]
	return b
}

// Below gives a number from 0 to n-1; n is at most 256.
func (e *Entropy) Below(n int) int { return int(e.Byte()) % n }

func (e *Entropy) uint64() (n uint64) {
	for range 8 {
		n = n<<8 | uint64(e.Byte())
	}
	return n
}

// number favours the limits of integers.
func (e *Entropy) number() uint64 {
	shift := e.Below(64)
	switch e.Below(4) {
	case 0:
		return uint64(e.Byte())
	case 1:
		return 1<<shift - 1
	case 2:
		return -(1 << shift)
	}
	return e.uint64()
}

// labels are names that are easily confused: keywords of WAVE among them.
var labels = []string{"a", "b", "none", "some", "ok", "err", "error", "true", "nan", "long-name", "w1", "HTTP-get"}

func label(i int) string {
	if i < len(labels) {
		return labels[i]
	}
	return fmt.Sprintf("l%d", i)
}

// Type makes a type of at most a depth.
func (e *Entropy) Type(depth int) *types.Type {
	if depth <= 1 || e.Below(4) == 3 {
		return types.Primitive(types.Bool + types.Kind(e.Below(int(types.String))))
	}
	k := types.List + types.Kind(e.Below(int(types.Flags-types.List)+1))
	t, err := e.compound(k, depth-1)
	if err != nil {
		panic(err) // depth keeps types small
	}
	return t
}

func (e *Entropy) compound(k types.Kind, depth int) (*types.Type, error) {
	switch k {
	case types.List:
		return types.NewList(e.Type(depth))
	case types.Option:
		return types.NewOption(e.Type(depth))
	case types.Result:
		return types.NewResult(e.payload(depth), e.payload(depth))
	case types.Record:
		fields := make([]types.Field, 1+e.Below(5))
		for i := range fields {
			fields[i] = types.Field{Name: label(i), Type: e.Type(depth)}
		}
		return types.NewRecord(fields)
	case types.Tuple:
		elems := make([]*types.Type, 1+e.Below(4))
		for i := range elems {
			elems[i] = e.Type(depth)
		}
		return types.NewTuple(elems)
	case types.Variant:
		cases := make([]types.Case, 1+e.Below(6))
		for i := range cases {
			cases[i] = types.Case{Name: label(i), Type: e.payload(depth)}
		}
		return types.NewVariant(cases)
	case types.Enum:
		return types.NewEnum(e.names(300))
	}
	return types.NewFlags(e.names(types.MaxFlags))
}

// names makes up to n labels, few as a rule.
func (e *Entropy) names(n int) []string {
	count := 1 + e.Below(8)
	if e.Below(8) == 0 {
		count = 1 + (e.Below(256)*256+e.Below(256))%n
	}
	names := make([]string, min(count, n))
	for i := range names {
		names[i] = label(i)
	}
	return names
}

func (e *Entropy) payload(depth int) *types.Type {
	if e.Below(3) == 0 {
		return nil
	}
	return e.Type(depth)
}

// Value makes a value of a type.
func (e *Entropy) Value(t *types.Type) abi.Value {
	switch t.Kind {
	case types.Bool:
		return abi.Bool(e.Below(2) == 1)
	case types.S8:
		return abi.S8(int8(e.number()))
	case types.U8:
		return abi.U8(uint8(e.number()))
	case types.S16:
		return abi.S16(int16(e.number()))
	case types.U16:
		return abi.U16(uint16(e.number()))
	case types.S32:
		return abi.S32(int32(e.number()))
	case types.U32:
		return abi.U32(uint32(e.number()))
	case types.S64:
		return abi.S64(int64(e.number()))
	case types.U64:
		return abi.U64(e.number())
	case types.F32:
		return abi.F32(math.Float32frombits(uint32(e.uint64())))
	case types.F64:
		return abi.F64(math.Float64frombits(e.uint64()))
	case types.Char:
		return abi.Char(e.rune())
	case types.String:
		return abi.String(e.Text())
	case types.List:
		return abi.List(e.values(e.Below(5), func(int) *types.Type { return t.Elem })...)
	case types.Tuple:
		return abi.Tuple(e.values(len(t.Fields), func(i int) *types.Type { return t.Fields[i].Type })...)
	case types.Record:
		fields := make([]abi.Field, len(t.Fields))
		first := e.Below(len(fields)) // the order of names does not count
		for i := range fields {
			f := t.Fields[(i+first)%len(fields)]
			fields[i] = abi.Field{Name: f.Name, Value: e.Value(f.Type)}
		}
		return abi.Record(fields...)
	case types.Flags:
		var set []string
		for _, l := range t.Labels {
			if e.Below(2) == 1 {
				set = append(set, l)
			}
		}
		return abi.Flags(set...)
	case types.Enum:
		return abi.Enum(t.Labels[e.index(len(t.Labels))])
	}
	return e.sum(t)
}

func (e *Entropy) sum(t *types.Type) abi.Value {
	i := e.Below(len(t.Cases))
	var payload abi.Value
	if p := t.Cases[i].Type; p != nil {
		payload = e.Value(p)
	}
	switch {
	case t.Kind == types.Variant:
		return abi.Variant(t.Cases[i].Name, payload)
	case t.Kind == types.Option && i == 0:
		return abi.None()
	case t.Kind == types.Option:
		return abi.Some(payload)
	case i == 0:
		return abi.OkValue(payload)
	}
	return abi.ErrValue(payload)
}

func (e *Entropy) values(n int, t func(i int) *types.Type) []abi.Value {
	vs := make([]abi.Value, n)
	for i := range vs {
		vs[i] = e.Value(t(i))
	}
	return vs
}

func (e *Entropy) index(n int) int { return (e.Below(256)*256 + e.Below(256)) % n }

// Text makes a string, of one script or mixed.
func (e *Entropy) Text() string {
	n := e.Below(12)
	limit := e.Below(5)
	out := make([]rune, n)
	for i := range out {
		out[i] = e.rune() % []rune{0x80, 0x100, 0x800, 0xd800, 0x110000}[limit]
	}
	return string(out) // a surrogate becomes U+FFFD
}

func (e *Entropy) rune() rune {
	r := rune(e.Byte())
	switch e.Below(6) {
	case 0:
		r += rune(e.Below(8)) << 8
	case 1:
		r += rune(e.Below(0x100)) << 8
	case 2:
		r += 0x10000 + rune(e.Below(0x100))<<8
	}
	if r&^0x7ff == 0xd800 {
		r += 0x800
	}
	return r
}
