package abi

import (
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/wasikv/wasikv/host/internal/types"
)

// String spells the Value in WAVE, the text form of component values. A
// resource, which WAVE has no form for, is spelled "own<name>" or
// "borrow<name>".
func (v Value) String() string { return string(v.AppendText(nil)) }

// AppendText appends what String gives.
func (v Value) AppendText(b []byte) []byte {
	switch v.kind {
	case types.Invalid:
		return b
	case types.Bool:
		return strconv.AppendBool(b, v.bits != 0)
	case types.S8, types.S16, types.S32, types.S64:
		return strconv.AppendInt(b, int64(v.bits), 10)
	case types.F32:
		return appendFloat(b, v, 32)
	case types.F64:
		return appendFloat(b, v, 64)
	case types.Char:
		b = append(b, '\'')
		b = appendRune(b, rune(v.bits), '\'')
		return append(b, '\'')
	case types.String:
		b = append(b, '"')
		for _, r := range v.text {
			b = appendRune(b, r, '"')
		}
		return append(b, '"')
	case types.List:
		return appendItems(b, &v, '[', ']')
	case types.Tuple:
		return appendItems(b, &v, '(', ')')
	case types.Record:
		return appendRecord(b, &v)
	case types.Flags:
		b = append(b, '{')
		sep := ""
		for name := range v.flags() {
			b = append(append(b, sep...), name...)
			sep = ", "
		}
		return append(b, '}')
	case types.Variant, types.Enum, types.Option, types.Result:
		return appendSum(b, &v)
	case types.Own, types.Borrow:
		return append(b, describe(&v)...)
	}
	return strconv.AppendUint(b, v.bits, 10)
}

func appendItems(b []byte, v *Value, open, end byte) []byte {
	b = append(b, open)
	for i := range v.Len() {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = v.at(i).AppendText(b)
	}
	return append(b, end)
}

// appendRecord leaves out fields that are none, as WAVE does.
func appendRecord(b []byte, v *Value) []byte {
	b = append(b, '{')
	empty := true
	for i, name := range *v.names {
		f := &v.items[i]
		if f.kind == types.Option && len(f.items) == 0 {
			continue
		}
		if !empty {
			b = append(b, ", "...)
		}
		empty = false
		b = append(append(b, name...), ": "...)
		b = f.AppendText(b)
	}
	if empty {
		b = append(b, ':') // {} would be flags
	}
	return append(b, '}')
}

func appendSum(b []byte, v *Value) []byte {
	name := (*v.names)[v.bits]
	switch {
	case v.kind == types.Result && v.bits == 1:
		name = "err"
	case (v.kind == types.Variant || v.kind == types.Enum) && waveKeyword(name):
		b = append(b, '%')
	}
	b = append(b, name...)
	if len(v.items) > 0 {
		b = append(b, '(')
		b = v.items[0].AppendText(b)
		b = append(b, ')')
	}
	return b
}

// waveKeyword reports whether WAVE reads a bare case name as something else.
func waveKeyword(name string) bool {
	switch name {
	case "true", "false", "inf", "nan", "some", "none", "ok", "err":
		return true
	}
	return false
}

// appendFloat spells a float as a JSON number, or as inf or nan. The exponent
// has no leading zero, which the WAVE grammar does not have.
func appendFloat(b []byte, v Value, size int) []byte {
	x, _ := v.Float()
	switch {
	case x != x:
		return append(b, "nan"...)
	case math.IsInf(x, 1):
		return append(b, "inf"...)
	case math.IsInf(x, -1):
		return append(b, "-inf"...)
	}
	format := byte('f')
	if abs := max(x, -x); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	s := strconv.FormatFloat(x, format, -1, size)
	if digits, exp, ok := strings.Cut(s, "e"); ok {
		s = digits + "e" + exp[:1] + strings.TrimLeft(exp[1:], "0")
	}
	return append(b, s...)
}

// appendRune spells a code point in a char or string. What does not print, or
// would change how a terminal shows the rest, is escaped.
func appendRune(b []byte, r, quote rune) []byte {
	switch {
	case r == quote || r == '\\':
		return append(b, '\\', byte(r))
	case r == '\t':
		return append(b, `\t`...)
	case r == '\n':
		return append(b, `\n`...)
	case r == '\r':
		return append(b, `\r`...)
	case unicode.IsPrint(r):
		return append(b, string(r)...)
	}
	b = append(b, `\u{`...)
	b = strconv.AppendInt(b, int64(r), 16)
	return append(b, '}')
}
