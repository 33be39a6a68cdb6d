package suites

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/types"
)

// hexBytes is a memory image.
type hexBytes []byte

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// encoding is a string encoding by its name.
type encoding abi.Encoding

// UnmarshalText implements encoding.TextUnmarshaler.
func (e *encoding) UnmarshalText(text []byte) error {
	for _, known := range []abi.Encoding{abi.UTF8, abi.UTF16, abi.Latin1UTF16} {
		if known.String() == string(text) {
			*e = encoding(known)
			return nil
		}
	}
	return fmt.Errorf("unknown encoding %q", text)
}

// typeRef is a type in the suites' notation: a primitive's name, or an object
// with the constructor as its only key.
type typeRef struct{ *types.Type }

// UnmarshalJSON implements json.Unmarshaler.
func (r *typeRef) UnmarshalJSON(data []byte) (err error) {
	if data[0] == '"' {
		for k := types.Bool; k <= types.String; k++ {
			if string(data[1:len(data)-1]) == k.String() {
				r.Type = types.Primitive(k)
				return nil
			}
		}
		return fmt.Errorf("unknown type %s", data)
	}
	if string(data) == "null" {
		return nil
	}
	var t struct {
		List    *typeRef   `json:"list"`
		Option  *typeRef   `json:"option"`
		Result  []typeRef  `json:"result"`
		Tuple   []typeRef  `json:"tuple"`
		Record  []namedRef `json:"record"`
		Variant []namedRef `json:"variant"`
		Enum    []string   `json:"enum"`
		Flags   []string   `json:"flags"`
	}
	if err := json.Unmarshal(data, &t); err != nil {
		return err
	}
	switch {
	case t.List != nil:
		r.Type, err = types.NewList(t.List.Type)
	case t.Option != nil:
		r.Type, err = types.NewOption(t.Option.Type)
	case len(t.Result) == 2:
		r.Type, err = types.NewResult(t.Result[0].Type, t.Result[1].Type)
	case t.Tuple != nil:
		elems := make([]*types.Type, len(t.Tuple))
		for i, e := range t.Tuple {
			elems[i] = e.Type
		}
		r.Type, err = types.NewTuple(elems)
	case t.Record != nil:
		fields := make([]types.Field, len(t.Record))
		for i, f := range t.Record {
			fields[i] = types.Field{Name: f.name, Type: f.Type}
		}
		r.Type, err = types.NewRecord(fields)
	case t.Variant != nil:
		cases := make([]types.Case, len(t.Variant))
		for i, c := range t.Variant {
			cases[i] = types.Case{Name: c.name, Type: c.Type}
		}
		r.Type, err = types.NewVariant(cases)
	case t.Enum != nil:
		r.Type, err = types.NewEnum(t.Enum)
	case t.Flags != nil:
		r.Type, err = types.NewFlags(t.Flags)
	default:
		return fmt.Errorf("unknown type %s", data)
	}
	return err
}

// namedRef is a [name, type] pair; the type of a case may be null.
type namedRef struct {
	name string
	typeRef
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *namedRef) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[2]any{&n.name, &n.typeRef})
}

// value is a typed value: {"type": T, "value": V}. A null is no value.
type value struct{ abi.Value }

// UnmarshalJSON implements json.Unmarshaler.
func (v *value) UnmarshalJSON(data []byte) (err error) {
	if string(data) == "null" {
		return nil
	}
	var raw struct {
		Type  string          `json:"type"`
		Value json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	v.Value, err = decodeValue(raw.Type, raw.Value)
	if err != nil {
		return fmt.Errorf("%s: %w", raw.Type, err)
	}
	return nil
}

func decodeValue(kind string, data json.RawMessage) (abi.Value, error) {
	switch kind {
	case "bool":
		return decoded(data, abi.Bool)
	case "char":
		return decoded(data, func(s string) abi.Value {
			r, _ := utf8.DecodeRuneInString(s)
			return abi.Char(r)
		})
	case "string":
		return decoded(data, abi.String)
	case "enum":
		return decoded(data, abi.Enum)
	case "flags":
		return decoded(data, func(names []string) abi.Value { return abi.Flags(names...) })
	case "list":
		return decoded(data, func(vs []value) abi.Value { return abi.List(plain(vs)...) })
	case "tuple":
		return decoded(data, func(vs []value) abi.Value { return abi.Tuple(plain(vs)...) })
	case "option":
		return decoded(data, func(v value) abi.Value {
			if v.IsZero() {
				return abi.None()
			}
			return abi.Some(v.Value)
		})
	case "result":
		return decoded(data, func(m map[string]value) abi.Value {
			if v, ok := m["Ok"]; ok {
				return abi.OkValue(v.Value)
			}
			return abi.ErrValue(m["Err"].Value)
		})
	case "variant":
		type variant struct {
			Case    string `json:"case"`
			Payload value  `json:"payload"`
		}
		return decoded(data, func(c variant) abi.Value { return abi.Variant(c.Case, c.Payload.Value) })
	case "record":
		return decoded(data, func(fs []field) abi.Value {
			fields := make([]abi.Field, len(fs))
			for i, f := range fs {
				fields[i] = abi.Field(f)
			}
			return abi.Record(fields...)
		})
	}
	return decodeNumber(kind, data)
}

func decoded[T any](data json.RawMessage, build func(T) abi.Value) (abi.Value, error) {
	var x T
	if err := json.Unmarshal(data, &x); err != nil {
		return abi.Value{}, err
	}
	return build(x), nil
}

// decodeNumber reads the decimal strings that numbers are spelled as; a float's
// is its IEEE bits, or nan:canonical or nan:arithmetic, which are one in the
// component model.
func decodeNumber(kind string, data json.RawMessage) (abi.Value, error) {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return abi.Value{}, err
	}
	if strings.HasPrefix(s, "nan:") {
		switch kind {
		case "f32":
			return abi.F32(float32(math.NaN())), nil
		case "f64":
			return abi.F64(math.NaN()), nil
		}
	}
	signed := func(bits int) (int64, error) { return strconv.ParseInt(s, 10, bits) }
	unsigned := func(bits int) (uint64, error) { return strconv.ParseUint(s, 10, bits) }
	switch kind {
	case "s8":
		n, err := signed(8)
		return abi.S8(int8(n)), err
	case "s16":
		n, err := signed(16)
		return abi.S16(int16(n)), err
	case "s32":
		n, err := signed(32)
		return abi.S32(int32(n)), err
	case "s64":
		n, err := signed(64)
		return abi.S64(n), err
	case "u8":
		n, err := unsigned(8)
		return abi.U8(uint8(n)), err
	case "u16":
		n, err := unsigned(16)
		return abi.U16(uint16(n)), err
	case "u32":
		n, err := unsigned(32)
		return abi.U32(uint32(n)), err
	case "u64":
		n, err := unsigned(64)
		return abi.U64(n), err
	case "f32":
		n, err := unsigned(32)
		return abi.F32(math.Float32frombits(uint32(n))), err
	case "f64":
		n, err := unsigned(64)
		return abi.F64(math.Float64frombits(n)), err
	}
	return abi.Value{}, fmt.Errorf("unknown value type %q", kind)
}

func plain(vs []value) []abi.Value {
	out := make([]abi.Value, len(vs))
	for i, v := range vs {
		out[i] = v.Value
	}
	return out
}

// field is a [name, value] pair.
type field abi.Field

// UnmarshalJSON implements json.Unmarshaler.
func (f *field) UnmarshalJSON(data []byte) error {
	var v value
	err := json.Unmarshal(data, &[2]any{&f.Name, &v})
	f.Value = v.Value
	return err
}

// DecodeValue reads a value in the notation of the suites: an object with type
// and value. A null is the zero Value.
func DecodeValue(data []byte) (abi.Value, error) {
	var v value
	err := json.Unmarshal(data, &v)
	return v.Value, err
}
