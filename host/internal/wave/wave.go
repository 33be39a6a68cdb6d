// Package wave reads WAVE, the WebAssembly Value Encoding: the text form of
// component values that a command line passes to a function, f(1, "x").
//
// It reads all of WAVE's syntax: comments, labels with %, trailing commas,
// fields that are omitted because they are none, options and results without
// their some or ok, multi-line strings. Resources have no text form. Writing is
// not here: a Value's String spells WAVE.
//
// The type directs the reading, so that the nesting of the text is bounded by
// the type's; its size, and the values it makes, are bounded by MaxText and
// MaxValues. The functions keep no state and may be used concurrently.
package wave

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/types"
)

const (
	// MaxText bounds a text, in bytes.
	MaxText = 4 << 20
	// MaxValues bounds the values that a text makes, parts of values included:
	// fields that it leaves out make some as well.
	MaxValues = 1 << 20
)

// Error says where a text is not WAVE, or not a value of its type.
type Error struct {
	// Line and Column are where, from 1; columns count characters.
	Line, Column int
	// Reason says what was wanted there.
	Reason string
}

// Error implements error.
func (e *Error) Error() string {
	if e.Line > 1 {
		return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Reason)
	}
	return fmt.Sprintf("column %d: %s", e.Column, e.Reason)
}

// Parse reads a value of a type. The error is an *Error.
func Parse(t *types.Type, text string) (v abi.Value, err error) {
	err = parse(text, func(p *parser) {
		p.space()
		v = p.value(t)
		p.end()
	})
	return v, err
}

// ParseCall reads a call: the name of a function, and in parentheses its
// arguments, of which those that are none may be left out at the end. resolve
// gives the type of the function; its error is returned as it is. Any other
// error is an *Error.
func ParseCall(text string, resolve func(name string) (*types.Func, error)) (name string, args []abi.Value, err error) {
	var unresolved error
	err = parse(text, func(p *parser) {
		name = p.function()
		var ft *types.Func
		if ft, unresolved = resolve(name); unresolved == nil {
			args = p.arguments(ft)
			p.end()
		}
	})
	if err == nil {
		err = unresolved
	}
	if err != nil {
		return name, nil, err
	}
	return name, args, nil
}

// parse runs a parser over a text; it stops at the first error by panic.
func parse(text string, run func(p *parser)) (err error) {
	if len(text) > MaxText {
		return &Error{Line: 1, Column: 1, Reason: fmt.Sprintf("the text has %d bytes, the limit is %d", len(text), MaxText)}
	}
	p := &parser{text: text}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *Error:
			err = r
		default:
			panic(r)
		}
	}()
	if !utf8.ValidString(text) {
		for i, r := range text {
			if r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd") {
				p.failAt(i, "the text is not UTF-8")
			}
		}
	}
	run(p)
	return nil
}
