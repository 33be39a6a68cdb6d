package wast

import (
	"context"
	"errors"
	"testing"

	"github.com/wasikv/wasikv/host/internal/binary"
	"github.com/wasikv/wasikv/host/internal/core"
	"github.com/wasikv/wasikv/host/internal/suites"
)

// decoder is an Engine that decodes components and parses their core modules,
// and cannot instantiate anything.
type decoder struct{}

var errNotRun = errors.New("this engine only decodes")

func (decoder) Compile(_ context.Context, wasm []byte) (Definition, error) {
	c, err := binary.Decode(wasm, binary.Limits{})
	if err == nil {
		err = parseModules(c)
	}
	if err != nil {
		return nil, err
	}
	return decoded{}, nil
}

func parseModules(c *binary.Component) (err error) {
	for _, def := range c.Defs {
		switch def := def.(type) {
		case *binary.CoreModule:
			_, err = core.Parse(def.Bytes, def.Pos(), core.Limits{})
		case *binary.Nested:
			err = parseModules(def.Component)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

type decoded struct{}

func (decoded) Instantiate(context.Context, map[string]Instance) (Instance, error) {
	return nil, errNotRun
}

func (decoded) Close(context.Context) error { return nil }

// All that the suites accept decodes, and nothing that they call malformed.
func TestDecodeSuites(t *testing.T) {
	dir, err := suites.Dir()
	if err != nil {
		t.Skip(err)
	}
	index, err := readIndex(dir)
	if err != nil {
		t.Fatal(err)
	}
	type tally struct{ passed, total int }
	counts := map[string]*tally{}
	for _, e := range index {
		commands, err := readScript(dir, e)
		if err != nil {
			t.Fatal(err)
		}
		e.Semantics = "validate-only"
		s := newScript(dir, e, decoder{})
		for i := range commands {
			c := &commands[i]
			err := s.command(context.Background(), c)
			n := counts[c.Type]
			if n == nil {
				n = &tally{}
				counts[c.Type] = n
			}
			n.total++
			if err == nil {
				n.passed++
				continue
			}
			switch {
			case c.Type == "assert_malformed" && c.BinaryFilename != "":
				// Malformed as text; its binary is invalid, but well-formed.
			case c.Type == "module", c.Type == "module_definition", c.Type == "assert_malformed":
				t.Errorf("%s/%s:%d: %v", e.Suite, e.File, c.Line, err)
			}
		}
	}
	for _, kind := range []string{"module", "module_definition", "assert_malformed", "assert_invalid"} {
		t.Logf("%s %d/%d", kind, counts[kind].passed, counts[kind].total)
	}
}
