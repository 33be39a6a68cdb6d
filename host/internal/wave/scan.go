package wave

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// parser reads a text from the left. Tokens are read where they are wanted;
// after each, the space that follows is skipped, so that pos is at a token or
// at the end.
type parser struct {
	text   string
	pos    int
	values int // made so far
}

// fail stops with an error at the current token.
func (p *parser) fail(format string, args ...any) { p.failAt(p.pos, format, args...) }

func (p *parser) failAt(pos int, format string, args ...any) {
	before := p.text[:pos]
	line := 1 + strings.Count(before, "\n")
	start := strings.LastIndexByte(before, '\n') + 1
	panic(&Error{Line: line, Column: 1 + utf8.RuneCountInString(before[start:]), Reason: fmt.Sprintf(format, args...)})
}

// want stops with what was wanted and what is there.
func (p *parser) want(what string) { p.fail("want %s, got %s", what, p.found()) }

// found describes the current token for a message.
func (p *parser) found() string {
	rest := p.text[p.pos:]
	if rest == "" {
		return "the end"
	}
	if n := labelLength(rest); n > 0 {
		return rest[:min(n, 40)]
	}
	if n := numberLength(rest); n > 0 {
		return rest[:min(n, 40)]
	}
	switch rest[0] {
	case '"':
		return "a string"
	case '\'':
		return "a char"
	}
	r, _ := utf8.DecodeRuneInString(rest)
	return fmt.Sprintf("%q", r)
}

// space skips white space and comments.
func (p *parser) space() {
	for p.pos < len(p.text) {
		switch c := p.text[p.pos]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			p.pos++
		case strings.HasPrefix(p.text[p.pos:], "//"):
			n := strings.IndexByte(p.text[p.pos:], '\n')
			if n < 0 {
				n = len(p.text) - p.pos
			}
			p.pos += n
		default:
			return
		}
	}
}

// take moves over n bytes, which are a token, and gives them.
func (p *parser) take(n int) string {
	token := p.text[p.pos : p.pos+n]
	p.pos += n
	p.space()
	return token
}

// is reports whether the current token begins with c.
func (p *parser) is(c byte) bool { return p.pos < len(p.text) && p.text[p.pos] == c }

// accept takes the punctuation c if it is there.
func (p *parser) accept(c byte) bool {
	if !p.is(c) {
		return false
	}
	p.take(1)
	return true
}

func (p *parser) expect(c byte) {
	if !p.accept(c) {
		p.want(fmt.Sprintf("%q", c))
	}
}

// end checks that nothing follows.
func (p *parser) end() {
	if p.pos < len(p.text) {
		p.want("nothing more")
	}
}

// word gives the current token if it is a keyword: a label without %.
func (p *parser) word() string {
	rest := p.text[p.pos:]
	if rest == "" || rest[0] == '%' {
		return ""
	}
	return rest[:labelLength(rest)]
}

// label takes a label of a kind ("field", "case") and gives it without %.
func (p *parser) label(what string) string {
	n := labelLength(p.text[p.pos:])
	if n == 0 {
		p.want("a " + what)
	}
	return strings.TrimPrefix(p.take(n), "%")
}

// labelLength measures the label at the beginning of s: words of letters of
// one case and digits, the first word beginning with a letter, joined by
// hyphens.
func labelLength(s string) int {
	n := 0
	if strings.HasPrefix(s, "%") {
		n = 1
	}
	if n == len(s) || !isLower(s[n]) && !isUpper(s[n]) {
		return 0
	}
	n += wordLength(s[n:])
	for n+1 < len(s) && s[n] == '-' {
		w := wordLength(s[n+1:])
		if w == 0 {
			break
		}
		n += 1 + w
	}
	return n
}

// wordLength measures digits and letters, all in the case of the first letter.
func wordLength(s string) int {
	lower, upper := false, false
	for i := range len(s) {
		lower, upper = lower || isLower(s[i]), upper || isUpper(s[i])
		if lower && upper || !isLower(s[i]) && !isUpper(s[i]) && !isDigit(s[i]) {
			return i
		}
	}
	return len(s)
}

// numberLength measures the number at the beginning of s: JSON's form.
func numberLength(s string) int {
	n := 0
	if strings.HasPrefix(s, "-") {
		n = 1
	}
	whole := digitsLength(s[n:])
	if whole == 0 {
		return 0
	}
	if s[n] == '0' {
		whole = 1
	}
	n += whole
	if strings.HasPrefix(s[n:], ".") {
		if d := digitsLength(s[n+1:]); d > 0 {
			n += 1 + d
		}
	}
	if n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		sign := 1
		if n+1 < len(s) && (s[n+1] == '+' || s[n+1] == '-') {
			sign = 2
		}
		if d := digitsLength(s[min(n+sign, len(s)):]); d > 0 {
			n += sign + d
		}
	}
	return n
}

func digitsLength(s string) int {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return i
		}
	}
	return len(s)
}

func isLower(c byte) bool { return c >= 'a' && c <= 'z' }

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
