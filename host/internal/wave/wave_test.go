package wave_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/abi/abitest"
	"github.com/wasikv/wasikv/host/internal/types"
	"github.com/wasikv/wasikv/host/internal/wave"
	"pgregory.net/rapid"
)

func must(t *types.Type, err error) *types.Type {
	if err != nil {
		panic(err)
	}
	return t
}

func prim(k types.Kind) *types.Type { return types.Primitive(k) }

var (
	u8, s8, u64, s64 = prim(types.U8), prim(types.S8), prim(types.U64), prim(types.S64)
	f32, f64         = prim(types.F32), prim(types.F64)
	boolean          = prim(types.Bool)
	char, str        = prim(types.Char), prim(types.String)
	bytes            = must(types.NewList(u8))
	two              = must(types.NewTuple([]*types.Type{u8, str}))
	optional         = must(types.NewOption(u8))
	nested           = must(types.NewOption(optional))
	result           = must(types.NewResult(u8, str))
	bareResult       = must(types.NewResult(nil, nil))
	deepResult       = must(types.NewResult(optional, nil))
	perms            = must(types.NewFlags([]string{"read", "write", "exec"}))
	keywords         = must(types.NewEnum([]string{"ok", "none", "true", "not-found", "HTTP3", "GET-all"}))
	variant          = must(types.NewVariant([]types.Case{{Name: "days", Type: u8}, {Name: "forever"}, {Name: "err", Type: two}}))
	record           = must(types.NewRecord([]types.Field{{Name: "must-have", Type: u8}, {Name: "opt", Type: optional}, {Name: "also", Type: must(types.NewOption(str))}}))
	options          = must(types.NewRecord([]types.Field{{Name: "opt", Type: optional}}))
)

// Texts and what String makes of the value that they are.
func TestParse(t *testing.T) {
	for _, c := range []struct {
		typ        *types.Type
		text, want string
	}{
		{boolean, "true", "true"},
		{boolean, " \t\r\n false // no\n // at all", "false"},
		{u8, "0", "0"},
		{u8, "255", "255"},
		{s8, "-128", "-128"},
		{u64, "18446744073709551615", "18446744073709551615"},
		{s64, "-9223372036854775808", "-9223372036854775808"},
		{f64, "3.14", "3.14"},
		{f64, "6.022e+23", "6.022e+23"},
		{f64, "-1E-05", "-0.00001"},
		{f64, "5", "5"},
		{f64, "-0", "-0"},
		{f32, "nan", "nan"},
		{f32, "inf", "inf"},
		{f64, "-inf", "-inf"},
		{char, "'x'", "'x'"},
		{char, `'☃'`, "'☃'"},
		{char, `'"'`, `'"'`},
		{char, `'\''`, `'\''`},
		{char, `'\"'`, `'"'`},
		{char, `'\\'`, `'\\'`},
		{char, `'\n'`, `'\n'`},
		{char, `'\u{0}'`, `'\u{0}'`},
		{char, `'\u{01F44B}'`, "'👋'"},
		{str, `""`, `""`},
		{str, `"abc\t123"`, `"abc\t123"`},
		{str, `"☃ \" ' \' \u{2603}"`, `"☃ \" ' ' ☃"`},
		{str, "\"\"\"\nA single line\n\"\"\"", `"A single line"`},
		{str, "\"\"\"\n    Indentation determined\n      by ending delimiter\n  \"\"\"", `"  Indentation determined\n    by ending delimiter"`},
		{str, "\"\"\"\r\n  Must escape carriage return at end of line: \\r\r\n  Must break up double quote triplets: \"\"\\\"\"\r\n  \"\"\"",
			`"Must escape carriage return at end of line: \r\nMust break up double quote triplets: \"\"\"\""`},
		{str, "\"\"\"\n\"\"\"", `""`},
		{str, "\"\"\"\n\n\n\"\"\"", `"\n"`},
		{bytes, "[]", "[]"},
		{bytes, "[ 1 , 2, 3, ]", "[1, 2, 3]"},
		{two, `(1, "a")`, `(1, "a")`},
		{two, `(1, "a",)`, `(1, "a")`},
		{optional, "none", "none"},
		{optional, "some(1)", "some(1)"},
		{optional, "1", "some(1)"},
		{nested, "some(some(1))", "some(some(1))"},
		{nested, "some(1)", "some(some(1))"},
		{nested, "some(none)", "some(none)"},
		{result, "ok(1)", "ok(1)"},
		{result, "1", "ok(1)"},
		{result, `err("oops")`, `err("oops")`},
		{bareResult, "ok", "ok"},
		{bareResult, "err", "err"},
		{deepResult, "ok(1)", "ok(some(1))"},
		{perms, "{}", "{}"},
		{perms, "{write, read,}", "{write, read}"},
		{perms, "{%exec}", "{exec}"},
		{keywords, "%ok", "%ok"},
		{keywords, "not-found", "not-found"},
		{keywords, "%not-found", "not-found"},
		{keywords, "HTTP3", "HTTP3"},
		{keywords, "GET-all", "GET-all"},
		{must(types.NewOption(keywords)), "%none", "some(%none)"},
		{must(types.NewOption(keywords)), "none", "none"},
		{variant, "days(30)", "days(30)"},
		{variant, "forever", "forever"},
		{variant, `%err ( (1, "x") )`, `%err((1, "x"))`},
		{record, "{must-have: 123}", "{must-have: 123}"},
		{record, "{must-have: 123, opt: none,}", "{must-have: 123}"},
		{record, `{also: "x", %must-have: 1}`, `{must-have: 1, also: some("x")}`},
		{options, "{:}", "{:}"},
		{options, "{ : }", "{:}"},
		{options, "{opt: none}", "{:}"},
		{options, "{opt: 3}", "{opt: some(3)}"},
	} {
		v, err := wave.Parse(c.typ, c.text)
		if err != nil {
			t.Errorf("%v %s: %v", c.typ, c.text, err)
			continue
		}
		if got := v.String(); got != c.want {
			t.Errorf("%v %s: %s, want %s", c.typ, c.text, got, c.want)
		}
		if err := abi.CheckArgs(nil, function(c.typ), []abi.Value{v}); err != nil {
			t.Errorf("%v %s: made %v, which is no %v: %v", c.typ, c.text, v, c.typ, err)
		}
	}
}

func function(params ...*types.Type) *types.Func {
	fields := make([]types.Field, len(params))
	for i, p := range params {
		fields[i] = types.Field{Name: "p", Type: p}
	}
	f, err := types.NewFunc(fields, nil)
	if err != nil {
		panic(err)
	}
	return f
}

func TestParseErrors(t *testing.T) {
	own := types.NewOwn(&types.Resource{Name: "r", Definer: -1})
	for _, c := range []struct {
		typ        *types.Type
		text, want string
	}{
		{boolean, "", "column 1: want true or false, got the end"},
		{boolean, "True", "column 1: want true or false, got T"},
		{boolean, "%true", "column 1: want true or false, got %true"},
		{boolean, "true false", "column 6: want nothing more, got false"},
		{u8, "256", "column 1: 256 is out of range of u8 (0 to 255)"},
		{u8, " -1", "column 2: -1 is out of range of u8 (0 to 255)"},
		{s8, "128", "column 1: 128 is out of range of s8 (-128 to 127)"},
		{s64, "9223372036854775808", "column 1: 9223372036854775808 is out of range of s64 (-9223372036854775808 to 9223372036854775807)"},
		{u64, "18446744073709551616", "column 1: 18446744073709551616 is out of range of u64 (0 to 18446744073709551615)"},
		{u8, "1.0", "column 1: want an integer (u8), got 1.0"},
		{u8, "1e2", "column 1: want an integer (u8), got 1e2"},
		{u8, "01", "column 2: want nothing more, got 1"},
		{u8, "+1", "column 1: want a number (u8), got '+'"},
		{u8, "0x1", "column 2: want nothing more, got x1"},
		{u8, "\"1\"", "column 1: want a number (u8), got a string"},
		{f64, "-nan", "column 1: want a number (f64), got '-'"},
		{f64, "1e999", "column 1: 1e999 is out of range of f64"},
		{f32, "1e39", "column 1: 1e39 is out of range of f32"},
		{f64, ".5", "column 1: want a number (f64), got '.'"},
		{f64, "infinity", "column 1: want a number (f64), got infinity"},
		{char, "''", "column 1: a char is one character"},
		{char, "'ab'", "column 1: a char is one character between ' and '"},
		{char, "'a", "column 1: the literal does not end: there is no second '"},
		{char, `'\x'`, `column 2: not an escape: \", \', \\, \t, \n, \r and \u{…} are`},
		{char, `'\u{d800}'`, `column 2: not an escape: \", \', \\, \t, \n, \r and \u{…} are`},
		{char, `'\u{}'`, `column 2: not an escape: \", \', \\, \t, \n, \r and \u{…} are`},
		{char, `'\u{0000041}'`, `column 2: not an escape: \", \', \\, \t, \n, \r and \u{…} are`},
		{char, "x", "column 1: want a char, such as 'x', got x"},
		{str, `"abc`, `column 1: the literal does not end: there is no second "`},
		{str, "\"é\n\"", `column 3: a line break in a literal is \n`},
		{str, `"ab\u{110000}"`, `column 4: not an escape: \", \', \\, \t, \n, \r and \u{…} are`},
		{str, "\"\xff\"", "column 2: the text is not UTF-8"},
		{str, "abc", `column 1: want a string, such as "x", got abc`},
		{str, `"""a"""`, `column 5: the ending """ stands on a line of its own, after spaces only`},
		{str, "\"\"\"\na", `column 1: the string does not end: there is no second """`},
		{str, "\"\"\"a\n\"\"\"", `column 4: a line break follows the beginning """`},
		{str, "\"\"\"\n  a\n b\n  \"\"\"", `line 3, column 1: each line begins with as many spaces as the ending """`},
		{str, "\"\"\"\na\\\n\"\"\"", `line 2, column 2: not an escape: \", \', \\, \t, \n, \r and \u{…} are`},
		{bytes, "[1, 2", "column 6: want ',' or ']', got the end"},
		{bytes, "[1 2]", "column 4: want ',' or ']', got 2"},
		{bytes, "[,]", "column 2: want a number (u8), got ','"},
		{bytes, "(1)", "column 1: want '[' (list), got '('"},
		{bytes, "[1,\n 2,\n 300]", "line 3, column 2: 300 is out of range of u8 (0 to 255)"},
		{two, `(1)`, "column 4: the tuple has 2 elements, got 1"},
		{two, `(1, "a", 2)`, "column 10: the tuple has 2 elements"},
		{optional, "some", "column 5: want '(', got the end"},
		{optional, "some()", "column 6: want a number (u8), got ')'"},
		{optional, "none(1)", "column 5: want nothing more, got '('"},
		{nested, "1", "column 1: want some(…) or none, got 1"},
		{result, "err", "column 4: want '(', got the end"},
		{bareResult, "ok(1)", `column 3: "ok" has no payload`},
		{bareResult, "1", "column 1: want ok or err, got 1"},
		{deepResult, "none", "column 1: want ok or err, got none"},
		{perms, "{read, fly}", `column 8: there is no flag "fly": there is read, write, exec`},
		{perms, "{read, read}", `column 8: the flag "read" comes twice`},
		{perms, "{read: true}", "column 6: want ',' or '}', got ':'"},
		{keywords, "ok", "column 1: want a case, got the keyword ok: a case of that name is %ok"},
		{keywords, "maybe", `column 1: there is no case "maybe": there is ok, none, true, not-found, HTTP3, GET-all`},
		{keywords, "not-found(1)", "column 10: want nothing more, got '('"},
		{variant, "days", "column 5: want '(', got the end"},
		{variant, "forever(1)", `column 8: "forever" has no payload`},
		{variant, "days(1", "column 7: want ')', got the end"},
		{variant, "1", "column 1: want a case, got 1"},
		{record, "{}", "column 2: a record without fields is {:}"},
		{record, "{:}", `column 1: the record lacks the field "must-have"`},
		{record, "{opt: 1}", `column 1: the record lacks the field "must-have"`},
		{record, "{must-have: 1, must-have: 2}", `column 16: the field "must-have" comes twice`},
		{record, "{must-have: 1, nope: 2}", `column 16: the record has no field "nope": it has must-have, opt, also`},
		{record, "{must-have 1}", "column 12: want ':', got 1"},
		{record, "{1: 1}", "column 2: want a field, got 1"},
		{own, "r(1)", "column 1: a resource (own<r>) has no text form"},
	} {
		v, err := wave.Parse(c.typ, c.text)
		var wrong *wave.Error
		if !errors.As(err, &wrong) || err.Error() != c.want {
			t.Errorf("%v %q: %v, error %q, want %q", c.typ, c.text, v, err, c.want)
		}
	}
}

func TestParseCall(t *testing.T) {
	unknown := errors.New("unknown function")
	resolve := func(name string) (*types.Func, error) {
		switch name {
		case "f", "my:pkg/iface@1.0.0#f":
			return function(u8, str), nil
		case "none":
			return function(), nil
		case "opt":
			return function(u8, optional, optional), nil
		}
		return nil, unknown
	}
	for _, c := range []struct{ text, name, args, err string }{
		{`f(1, "x")`, "f", `1 "x"`, ""},
		{` my:pkg/iface@1.0.0#f ( 1 , "x" , ) // call`, "my:pkg/iface@1.0.0#f", `1 "x"`, ""},
		{"none()", "none", "", ""},
		{"none( )", "none", "", ""},
		{"opt(1)", "opt", "1 none none", ""},
		{"opt(1, 2)", "opt", "1 some(2) none", ""},
		{"opt(1, none, 3)", "opt", "1 none some(3)", ""},
		{"opt()", "opt", "", "column 6: the function takes 3 arguments, got 0"},
		{"f(1)", "f", "", "column 5: the function takes 2 arguments, got 1"},
		{`f(1, "x", 2)`, "f", "", "column 11: the function takes 2 arguments"},
		{`f("x", 1)`, "f", "", "column 3: want a number (u8), got a string"},
		{"none(1)", "none", "", "column 6: the function takes no arguments"},
		{"none() none()", "none", "", "column 8: want nothing more, got none"},
		{"g()", "g", "", "unknown function"},
		{"f", "", "", "column 1: want a call, such as NAME(1, \"text\"): there is no '('"},
		{"(1)", "", "", "column 1: want the name of a function before '('"},
		{"f g(1)", "", "", "column 1: want the name of a function before '('"},
	} {
		name, args, err := wave.ParseCall(c.text, resolve)
		text := ""
		if err != nil {
			text = err.Error()
		}
		got := make([]string, len(args))
		for i, a := range args {
			got[i] = a.String()
		}
		if name != c.name || strings.Join(got, " ") != c.args || text != c.err {
			t.Errorf("%s: %s(%s), error %q; want %s(%s), error %q", c.text, name, strings.Join(got, " "), text, c.name, c.args, c.err)
		}
	}
	if _, _, err := wave.ParseCall("g()", resolve); !errors.Is(err, unknown) {
		t.Errorf("the resolver's error becomes %v", err)
	}
}

func TestLimits(t *testing.T) {
	if _, err := wave.Parse(str, `"`+strings.Repeat("x", wave.MaxText)+`"`); err == nil {
		t.Error("a text beyond MaxText is read")
	}
	fields := make([]types.Field, 1000)
	for i := range fields {
		fields[i] = types.Field{Name: "f" + strings.Repeat("x", i), Type: optional}
	}
	many := must(types.NewList(must(types.NewRecord(fields))))
	_, err := wave.Parse(many, "["+strings.Repeat("{:},", 2000)+"]")
	if err == nil || !strings.Contains(err.Error(), "values") {
		t.Errorf("a short text makes many values: %v", err)
	}
	deep := u8
	text := "1"
	for deep.Depth < types.MaxDepth {
		deep = must(types.NewTuple([]*types.Type{deep}))
		text = "(" + text + ")"
	}
	if _, err := wave.Parse(deep, text); err != nil {
		t.Errorf("a value of the deepest type: %v", err)
	}
	if _, err := wave.Parse(bytes, strings.Repeat("[", 1<<20)); err == nil {
		t.Error("a text deeper than its type is read")
	}
}

// What String spells reads back as the same value.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		e := abitest.Entropy(rapid.SliceOfN(rapid.Byte(), 100, 400).Draw(rt, "entropy"))
		typ := e.Type(6)
		v := e.Value(typ)
		got, err := wave.Parse(typ, v.String())
		if err != nil || !got.Equal(v) {
			rt.Fatalf("%v %v reads back as %v, %v", typ, v, got, err)
		}
	})
}

// FuzzParse reads arbitrary text as arbitrary types; what it accepts is a value
// of the type, and is spelled so that it is accepted again.
func FuzzParse(f *testing.F) {
	f.Add([]byte{0, 0, 3, 12}, `["a", """`+"\n  b\n  "+`""", "\u{1F44B}"]`)
	f.Add([]byte{0, 1, 2, 3, 1, 5, 3, 12, 3, 9}, `{a: 1, b: some("x"), none: nan}`)
	f.Add([]byte{0, 3, 2, 0, 1, 3, 12}, `%none(1) // c`)
	f.Add([]byte{0, 7, 1}, `{a, %b,}`)
	f.Fuzz(func(t *testing.T, shape []byte, text string) {
		e := abitest.Entropy(shape)
		typ := e.Type(6)
		v, err := wave.Parse(typ, text)
		if err != nil {
			var wrong *wave.Error
			if !errors.As(err, &wrong) {
				t.Fatalf("%q: %v is no *Error", text, err)
			}
			return
		}
		if err := abi.CheckArgs(nil, function(typ), []abi.Value{v}); err != nil {
			t.Fatalf("%q becomes %v, which is no %v: %v", text, v, typ, err)
		}
		again, err := wave.Parse(typ, v.String())
		if err != nil || !again.Equal(v) {
			t.Fatalf("%q becomes %v, which becomes %v: %v", text, v, again, err)
		}
	})
}
