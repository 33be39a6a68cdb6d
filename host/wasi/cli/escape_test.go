package cli_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/wasikv/wasikv/host/wasi/cli"
)

func TestEscapeFilter(t *testing.T) {
	for in, want := range map[string]string{
		"plain, ünïcode 🙂\t\r\n":                "plain, ünïcode 🙂\t\r\n",
		"\x1b[31mred\x1b[0m":                    "\x1b[31mred\x1b[0m",
		"\x1b[38;2;1;2;3m\x1b[m":                "\x1b[38;2;1;2;3m\x1b[m",
		"\x1b[2J":                               "␛[2J",
		"\x1b[?1049h":                           "␛[?1049h",
		"\x1b]52;c;YQ==\a":                      "␛]52;c;YQ==␇",
		"\x1b\x1b[31m":                          "␛\x1b[31m",
		"\x1b[31\x1b[1m":                        "␛[31\x1b[1m",
		"\x1b[3\nm":                             "␛[3\nm",
		"a\bb\x7f\x00":                          "a␈b␡␀",
		"\u009b31m":                             "\ufffd31m",
		"\x9b31m":                               "\ufffd31m",
		"\xff\xc0\xaf":                          "\ufffd\ufffd\ufffd",
		"\x1b[" + strings.Repeat("1", 80) + "m": "␛[" + strings.Repeat("1", 80) + "m",
	} {
		var whole, pieces plain
		if n, err := cli.EscapeFilter(&whole).Write([]byte(in)); n != len(in) || err != nil {
			t.Errorf("write of %q gave %d, error %v", in, n, err)
		}
		f := cli.EscapeFilter(&pieces)
		for i := range len(in) {
			if n, err := f.Write([]byte(in[i : i+1])); n != 1 || err != nil {
				t.Errorf("write of %q gave %d, error %v", in[i], n, err)
			}
		}
		if string(whole.text) != want || string(pieces.text) != want {
			t.Errorf("%q came out as\n%q, in pieces\n%q, want\n%q", in, whole.text, pieces.text, want)
		}
	}
}

// TestEscapeFilterLetsNoCommandThrough cuts arbitrary bytes anywhere.
func TestEscapeFilterLetsNoCommandThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var out plain
		f := cli.EscapeFilter(&out)
		piece := rapid.OneOf(rapid.SliceOfN(rapid.Byte(), 0, 20), rapid.SliceOfN(rapid.SampledFrom([]byte("\x1b[m;1\x9b\xc2\x07a")), 0, 100))
		for _, p := range rapid.SliceOfN(piece, 0, 10).Draw(t, "writes") {
			if n, err := f.Write(p); n != len(p) || err != nil {
				t.Fatalf("write gave %d, error %v", n, err)
			}
		}
		text := string(out.text)
		if !utf8.ValidString(text) {
			t.Fatalf("%q is not UTF-8", text)
		}
		for text != "" {
			if rest, ok := strings.CutPrefix(text, "\x1b["); ok {
				rest = strings.TrimLeft(rest, "0123456789;:")
				if !strings.HasPrefix(rest, "m") {
					t.Fatalf("%q is no colour", text)
				}
				text = rest[1:]
				continue
			}
			r, n := utf8.DecodeRuneInString(text)
			if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r >= 0x7f && r < 0xa0 {
				t.Fatalf("control character %U came through", r)
			}
			text = text[n:]
		}
	})
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestEscapeFilterReportsErrors(t *testing.T) {
	boom := errors.New("boom")
	for _, err := range []error{boom, nil} {
		if n, got := cli.EscapeFilter(failing{err}).Write([]byte("x")); n != 0 || got == nil || err != nil && got != err {
			t.Errorf("write gave %d, error %v", n, got)
		}
	}
}
