package validate_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/wasikv/wasikv/host/internal/binary"
	"github.com/wasikv/wasikv/host/internal/link"
	"github.com/wasikv/wasikv/host/internal/suites"
	"github.com/wasikv/wasikv/host/internal/validate"
)

// command is one command of the component model's own test scripts.
type command struct {
	Type, Kind, Filename, Text string
	BinaryFilename             string `json:"binary_filename"`
	Line                       int
	MVP                        bool `json:"mvp"`

	file string // the script and line
	wasm []byte
}

// commands gives the commands of the 0.2 model that have a component.
func commands(tb testing.TB) (all []command) {
	dir, err := suites.Dir()
	if err != nil {
		tb.Skip(err)
	}
	var index []struct{ JSON string }
	readJSON(tb, filepath.Join(dir, "index.json"), &index)
	for _, e := range index {
		var script struct{ Commands []command }
		path := filepath.Join(dir, e.JSON)
		readJSON(tb, path, &script)
		for _, c := range script.Commands {
			if !c.MVP || c.Filename == "" {
				continue
			}
			if c.BinaryFilename != "" {
				c.Filename = c.BinaryFilename
			}
			if c.wasm, err = os.ReadFile(filepath.Join(filepath.Dir(path), c.Filename)); err != nil {
				tb.Fatal(err)
			}
			c.file = fmt.Sprintf("%s:%d", filepath.Dir(e.JSON), c.Line)
			all = append(all, c)
		}
	}
	return all
}

func readJSON(tb testing.TB, path string, v any) {
	tb.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		tb.Fatal(err)
	}
}

func decodeAndValidate(wasm []byte) error {
	c, err := binary.Decode(wasm, binary.Limits{})
	if err != nil {
		return err
	}
	return validate.Component(c, validate.Options{})
}

// What the suites accept is valid, and what they refuse is refused, by the
// decoder, here, or, where function bodies are to blame, by wazero.
func TestSuites(t *testing.T) {
	accepted, refused := 0, 0
	for _, c := range commands(t) {
		err := decodeAndValidate(c.wasm)
		switch c.Type {
		case "module", "module_definition":
			accepted++
			if err != nil {
				t.Errorf("%s: %v", c.file, err)
			}
		case "assert_malformed", "assert_invalid":
			refused++
			if err == nil {
				err = compileModules(c.wasm)
			}
			if err == nil {
				t.Errorf("%s: accepted, but %s", c.file, c.Text)
			}
		}
	}
	t.Logf("%d accepted, %d refused", accepted, refused)
}

// compileModules has wazero compile the core modules of a component.
func compileModules(wasm []byte) error {
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(link.Features))
	defer r.Close(ctx)
	c, err := binary.Decode(wasm, binary.Limits{})
	if err != nil {
		return err
	}
	var compile func(c *binary.Component) error
	compile = func(c *binary.Component) error {
		for _, def := range c.Defs {
			switch d := def.(type) {
			case *binary.CoreModule:
				if _, err := r.CompileModule(ctx, d.Bytes); err != nil {
					return err
				}
			case *binary.Nested:
				if err := compile(d.Component); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return compile(c)
}
