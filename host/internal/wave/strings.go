package wave

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/wasikv/wasikv/host/internal/abi"
)

func (p *parser) char() abi.Value {
	if !p.is('\'') {
		p.want("a char, such as 'x'")
	}
	at := p.pos
	p.pos++
	if p.is('\'') {
		p.failAt(at, "a char is one character")
	}
	r := p.rune(p.line('\''))
	if !p.is('\'') {
		p.failAt(at, "a char is one character between ' and '")
	}
	p.take(1)
	return abi.Char(r)
}

func (p *parser) string() abi.Value {
	if strings.HasPrefix(p.text[p.pos:], `"""`) {
		return abi.String(p.multiline())
	}
	if !p.is('"') {
		p.want("a string, such as \"x\"")
	}
	p.pos++
	end := p.line('"')
	s := p.runes(end)
	p.take(1)
	return abi.String(s)
}

// line finds the quote that ends a literal on its line; pos is behind the one
// that begins it.
func (p *parser) line(quote byte) (end int) {
	for i := p.pos; i < len(p.text); i++ {
		switch p.text[i] {
		case quote:
			return i
		case '\\':
			i++
		case '\n':
			p.failAt(i, `a line break in a literal is \n`)
		}
	}
	p.failAt(p.pos-1, "the literal does not end: there is no second %c", quote)
	return 0
}

// runes takes characters and escapes up to end.
func (p *parser) runes(end int) string {
	if !strings.Contains(p.text[p.pos:end], `\`) {
		s := p.text[p.pos:end]
		p.pos = end
		return s
	}
	var b strings.Builder
	for p.pos < end {
		b.WriteRune(p.rune(end))
	}
	return b.String()
}

// rune takes a character or an escape, which ends before end.
func (p *parser) rune(end int) rune {
	text := p.text[p.pos:end]
	r, n := utf8.DecodeRuneInString(text)
	if r == '\\' {
		r, n = escape(text)
		if n == 0 {
			p.fail(`not an escape: \", \', \\, \t, \n, \r and \u{…} are`)
		}
	}
	p.pos += n
	return r
}

// escape reads the escape that s begins with, and gives its length; 0 for none.
func escape(s string) (rune, int) {
	if len(s) < 2 {
		return 0, 0
	}
	switch s[1] {
	case '"', '\'', '\\':
		return rune(s[1]), 2
	case 't':
		return '\t', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	}
	digits, _, ok := strings.Cut(s[2:], "}")
	if s[1] != 'u' || !ok || len(digits) < 2 || len(digits) > 7 || digits[0] != '{' {
		return 0, 0
	}
	r, err := strconv.ParseUint(digits[1:], 16, 32)
	if err != nil || !utf8.ValidRune(rune(r)) {
		return 0, 0
	}
	return rune(r), len(`\u`) + len(digits) + len("}")
}

// multiline takes a string between """ and """. The spaces before the ending
// are taken off each line; the first and the last line break do not count.
func (p *parser) multiline() string {
	start := p.pos
	p.pos += len(`"""`)
	n := strings.Index(p.text[p.pos:], `"""`)
	if n < 0 {
		p.failAt(start, `the string does not end: there is no second """`)
	}
	end := p.pos + n
	last := strings.LastIndexByte(p.text[p.pos:end], '\n') + 1 + p.pos
	indent := p.text[last:end]
	if strings.Trim(indent, " ") != "" || last == p.pos {
		p.failAt(end, `the ending """ stands on a line of its own, after spaces only`)
	}
	if p.is('\r') {
		p.pos++
	}
	if !p.is('\n') {
		p.fail(`a line break follows the beginning """`)
	}
	p.pos++
	var b strings.Builder
	for first := true; p.pos < last; first = false {
		if !first {
			b.WriteByte('\n')
		}
		if !strings.HasPrefix(p.text[p.pos:last], indent) {
			p.fail(`each line begins with as many spaces as the ending """`)
		}
		p.pos += len(indent)
		next := p.pos + strings.IndexByte(p.text[p.pos:], '\n')
		b.WriteString(p.runes(p.pos + len(strings.TrimSuffix(p.text[p.pos:next], "\r"))))
		p.pos = next + 1
	}
	p.pos = end
	p.take(len(`"""`))
	return b.String()
}
