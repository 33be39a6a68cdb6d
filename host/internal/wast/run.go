package wast

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/wasikv/wasikv/host/internal/abi"
)

// commandTimeout bounds one command; the scripts' commands take milliseconds.
const commandTimeout = 20 * time.Second

// Run runs every command of the 0.2 model under dir. An error means that the
// suites themselves could not be read, or that known has a case that they do
// not have.
func Run(ctx context.Context, dir string, engine Engine, known Known) (*Report, error) {
	index, err := readIndex(dir)
	if err != nil {
		return nil, err
	}
	report := &Report{known: known}
	for _, e := range index {
		commands, err := readScript(dir, e)
		if err != nil {
			return nil, err
		}
		s := newScript(dir, e, engine)
		for i := range commands {
			c := &commands[i]
			report.add(e.Suite, e.File, c.Line, s.command(ctx, c))
		}
		s.close(ctx)
	}
	return report, report.finish()
}

// script is a script being run.
type script struct {
	entry
	engine Engine
	dir    string

	def        Definition // the latest
	instance   Instance   // the latest; nil: the last module is not instantiated
	defs       map[string]Definition
	instances  map[string]Instance
	registered map[string]Instance
	closers    []func(context.Context) error
}

func newScript(dir string, e entry, engine Engine) *script {
	return &script{
		entry: e, engine: engine,
		dir:        filepath.Join(dir, filepath.Dir(e.JSON)),
		defs:       map[string]Definition{},
		instances:  map[string]Instance{},
		registered: map[string]Instance{},
	}
}

// command runs a command; nil: it came out as the script says.
func (s *script) command(ctx context.Context, c *command) (err error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the engine panicked: %v", r)
		}
	}()
	switch c.Type {
	case "module":
		return s.module(ctx, c)
	case "module_definition":
		_, err := s.compile(ctx, c)
		return err
	case "module_instance":
		return s.moduleInstance(ctx, c)
	case "register":
		return s.register(c)
	case "action":
		_, err := s.invoke(ctx, c)
		return err
	case "assert_return":
		return s.assertReturn(ctx, c)
	case "assert_trap":
		_, err := s.invoke(ctx, c)
		return wantTrap(err, c.Text)
	case "assert_malformed", "assert_invalid":
		return s.assertRefused(ctx, c)
	case "assert_unlinkable":
		return s.assertUnlinkable(ctx, c)
	case "assert_uninstantiable":
		d, err := s.compile(ctx, c)
		if err != nil {
			return err
		}
		_, err = s.instantiate(ctx, d)
		return wantTrap(err, c.Text)
	}
	return fmt.Errorf("unknown command %q", c.Type)
}

// load compiles the binary of a command.
func (s *script) load(ctx context.Context, c *command) (Definition, error) {
	wasm, err := os.ReadFile(filepath.Join(s.dir, c.binaryName()))
	if err != nil {
		return nil, err
	}
	d, err := s.engine.Compile(ctx, wasm)
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, d.Close)
	return d, nil
}

// compile makes the binary of a command the latest definition.
func (s *script) compile(ctx context.Context, c *command) (Definition, error) {
	s.def, s.instance = nil, nil
	d, err := s.load(ctx, c)
	if err != nil {
		return nil, err
	}
	s.def = d
	if c.Name != "" {
		s.defs[c.Name] = d
	}
	return d, nil
}

func (s *script) instantiate(ctx context.Context, d Definition) (Instance, error) {
	in, err := d.Instantiate(ctx, s.registered)
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, in.Close)
	s.instance = in
	return in, nil
}

func (s *script) module(ctx context.Context, c *command) error {
	d, err := s.compile(ctx, c)
	if err != nil || s.Semantics == "validate-only" {
		return err
	}
	in, err := s.instantiate(ctx, d)
	if err == nil && c.Name != "" {
		s.instances[c.Name] = in
	}
	return err
}

func (s *script) moduleInstance(ctx context.Context, c *command) error {
	s.instance = nil
	d := s.def
	if c.Module != "" {
		d = s.defs[c.Module]
	}
	if d == nil {
		return fmt.Errorf("there is no definition %q: it was refused", c.Module)
	}
	in, err := s.instantiate(ctx, d)
	if err == nil && c.Instance != "" {
		s.instances[c.Instance] = in
	}
	return err
}

func (s *script) register(c *command) error {
	in, err := s.named(context.Background(), c.Name)
	if err != nil {
		return err
	}
	s.registered[c.As] = in
	return nil
}

// named gives an instance by name, or the latest. Where a suite only
// validates modules, the few that are acted on are instantiated here.
func (s *script) named(ctx context.Context, name string) (Instance, error) {
	switch {
	case name != "" && s.instances[name] != nil:
		return s.instances[name], nil
	case name != "":
		return nil, fmt.Errorf("there is no instance %q: it was refused", name)
	case s.instance != nil:
		return s.instance, nil
	case s.def != nil && s.Semantics == "validate-only":
		return s.instantiate(ctx, s.def)
	}
	return nil, errors.New("there is no instance: the module before was refused")
}

func (s *script) invoke(ctx context.Context, c *command) ([]abi.Value, error) {
	if c.Action == nil || c.Action.Type != "invoke" {
		return nil, errors.New("the command has no invocation")
	}
	in, err := s.named(ctx, c.Action.Module)
	if err != nil {
		return nil, err
	}
	return in.Invoke(ctx, c.Action.Field, values(c.Action.Args))
}

func (s *script) assertReturn(ctx context.Context, c *command) error {
	got, err := s.invoke(ctx, c)
	if err != nil {
		return err
	}
	want := values(c.Expected)
	if len(got) != len(want) {
		return fmt.Errorf("%s returned %v, want %v", c.Action.Field, got, want)
	}
	for i := range want {
		if !got[i].Equal(want[i]) {
			return fmt.Errorf("%s returned %v, want %v", c.Action.Field, got, want)
		}
	}
	return nil
}

func wantTrap(err error, text string) error {
	var trap *Trap
	switch {
	case err == nil:
		return fmt.Errorf("it did not trap: %s", text)
	case !errors.As(err, &trap):
		return fmt.Errorf("it failed otherwise than by a trap (%s): %w", text, err)
	}
	return nil
}

func (s *script) assertRefused(ctx context.Context, c *command) error {
	d, err := s.load(ctx, c)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return err
	case d != nil:
		return fmt.Errorf("it was accepted: %s", c.Text)
	}
	return nil
}

func (s *script) assertUnlinkable(ctx context.Context, c *command) error {
	d, err := s.compile(ctx, c)
	if err != nil {
		return err
	}
	_, err = s.instantiate(ctx, d)
	var trap *Trap
	switch {
	case err == nil:
		return fmt.Errorf("it was linked: %s", c.Text)
	case errors.As(err, &trap):
		return fmt.Errorf("it was linked, and trapped: %w", err)
	}
	return nil
}

// close ends what the script made, latest first.
func (s *script) close(ctx context.Context) {
	for i := len(s.closers) - 1; i >= 0; i-- {
		_ = s.closers[i](ctx)
	}
}

// directory is the directory of a file within its suite, "." for none.
func directory(suite, file string) string { return path.Join(suite, path.Dir(file)) }
