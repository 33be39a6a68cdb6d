package cli

import (
	"context"
	"fmt"
	stdio "io"
	"os"
	"reflect"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/wasi/io"
)

// Config is what a guest gets of the command line. The zero value gives
// nothing.
type Config struct {
	// Args are the arguments; the first is by custom the name of the program.
	Args []string
	// Env are the environment variables, as NAME=value. Of two with one name
	// the later counts.
	Env []string
	// InitialDir is the directory that relative paths start from, among those
	// that the guest sees. Empty: none is told.
	InitialDir string
	// Stdin is the standard input; nil is empty. A guest's wait for a Read that
	// never returns ends with its context, but the goroutine in Read ends only
	// with it, or through SetReadDeadline where the reader has that.
	Stdin stdio.Reader
	// Stdout and Stderr are the standard outputs; nil discards. One writer may
	// be both.
	Stdout, Stderr stdio.Writer
	// Terminal says which of the standard streams the guest is told to be
	// terminals.
	Terminal Terminal
	// AllowEscapes lets the guest send any control sequence to a terminal.
	// Otherwise an output that is one, or that Terminal calls one, goes through
	// an EscapeFilter.
	AllowEscapes bool
}

// Terminal says which standard streams are terminals to a guest.
type Terminal struct{ Stdin, Stdout, Stderr bool }

// Validate says what is wrong with the config, in a sentence.
func (c *Config) Validate() error {
	for i, a := range c.Args {
		if err := text(a); err != nil {
			return fmt.Errorf("argument %d (%q) %w", i, a, err)
		}
	}
	for _, e := range c.Env {
		name, _, ok := strings.Cut(e, "=")
		if !ok {
			return fmt.Errorf("environment variable %q has no value: write NAME=value", e)
		}
		if name == "" {
			return fmt.Errorf("environment variable %q has no name: write NAME=value", e)
		}
		if err := text(e); err != nil {
			return fmt.Errorf("environment variable %s %w", name, err)
		}
	}
	if err := text(c.InitialDir); err != nil {
		return fmt.Errorf("initial directory %q %w", c.InitialDir, err)
	}
	return nil
}

// text refuses what guests cannot take as a string.
func text(s string) error {
	switch {
	case !utf8.ValidString(s):
		return fmt.Errorf("is not UTF-8, and guests take nothing else")
	case strings.IndexByte(s, 0) >= 0:
		return fmt.Errorf("contains a NUL byte, which would end it for most guests")
	}
	return nil
}

// CommandLine is what one guest has of the command line: it implements all
// interfaces of the package but exit.
type CommandLine struct {
	args   []string
	env    []component.Tuple2[string, string]
	dir    component.Option[string]
	stdin  *stdin
	stdout *stdout
	stderr *stdout
	is     Terminal
}

type (
	configKey struct{}
	stateKey  struct{}
)

// Configure gives a guest its part of the command line. It comes before the
// guest's first call; the slices of c must not change while the guest runs.
//
// The streams are released when the guest ends: what it wrote is then flushed,
// until the context of its Close ends.
func Configure(g *component.Guest, c Config) error {
	if err := c.Validate(); err != nil {
		return err
	}
	g.SetValue(configKey{}, &c)
	return nil
}

// NewCommandLine gives what a guest was configured with; without Configure, what
// the zero Config gives.
func NewCommandLine(g *component.Guest) (*CommandLine, error) {
	if s, ok := g.Value(stateKey{}).(*CommandLine); ok {
		return s, nil
	}
	c, ok := g.Value(configKey{}).(*Config)
	if !ok {
		c = new(Config)
	}
	s := &CommandLine{args: c.Args, env: variables(c.Env), is: c.Terminal}
	if c.InitialDir != "" {
		s.dir = component.Some(c.InitialDir)
	}
	in := io.NewReader(c.Stdin)
	var out, errs *io.WriterOutput
	if same(c.Stdout, c.Stderr) {
		// One goroutine for both, as writers need not be safe for two.
		out = io.NewWriter(c.filtered(c.Stdout, c.Terminal.Stdout || c.Terminal.Stderr))
		errs = out
	} else {
		out = io.NewWriter(c.filtered(c.Stdout, c.Terminal.Stdout))
		errs = io.NewWriter(c.filtered(c.Stderr, c.Terminal.Stderr))
	}
	s.stdin = &stdin{io.NewInput(in)}
	s.stdout = &stdout{io.NewOutput(out)}
	s.stderr = &stdout{io.NewOutput(errs)}
	g.SetValue(stateKey{}, s)
	g.OnClose(func(ctx context.Context) {
		in.Stop()
		_ = out.Stop(ctx) // the guest heard of errors, or did not care to flush
		_ = errs.Stop(ctx)
	})
	return s, nil
}

// filtered puts the escape filter before a terminal.
func (c *Config) filtered(w stdio.Writer, told bool) stdio.Writer {
	if c.AllowEscapes || w == nil || !told && !isTerminal(w) {
		return w
	}
	return EscapeFilter(w)
}

// isTerminal asks the system, without making a file blocking as Fd would.
func isTerminal(w stdio.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return false
	}
	yes := false
	err = raw.Control(func(fd uintptr) { yes = term.IsTerminal(int(fd)) })
	return err == nil && yes
}

// same says that two writers are one.
func same(a, b stdio.Writer) bool {
	return a != nil && b != nil && reflect.TypeOf(a) == reflect.TypeOf(b) && reflect.TypeOf(a).Comparable() && a == b
}
