// Package wasi gives guests WASI 0.2 for command lines: one Register for all
// its packages, and one Config for what a guest is granted.
//
// The interfaces are in the packages below, each of which may be registered
// and configured by itself:
//
//   - io: error, poll, streams
//   - clocks: monotonic-clock, wall-clock
//   - random: random, insecure, insecure-seed
//   - cli: environment, exit, stdin, stdout, stderr, terminal-*
//   - filesystem: types, preopens
//
// # Denied by default
//
// The zero Config grants the time and random numbers, and else nothing: no
// argument, no environment, no input, no output, no directory. Nothing ends the
// process.
//
// # Concurrency
//
// A Config may be used for any number of guests, also at the same time, as long
// as its readers and writers allow that.
package wasi

import (
	"errors"
	"fmt"
	stdio "io"

	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/wasi/cli"
	"github.com/wasikv/wasikv/host/wasi/clocks"
	"github.com/wasikv/wasikv/host/wasi/filesystem"
	"github.com/wasikv/wasikv/host/wasi/io"
	"github.com/wasikv/wasikv/host/wasi/random"
)

// Dir is a directory that a guest is given.
type Dir = filesystem.Dir

// Terminal says which standard streams are terminals to a guest.
type Terminal = cli.Terminal

// Clock is the time that a guest sees.
type Clock = clocks.Clock

// Config is what one guest is granted. The zero value is useful: a guest that
// computes.
type Config struct {
	// Args are the arguments; the first is by custom the name of the program.
	Args []string
	// Env are the environment variables, as NAME=value. Of two with one name
	// the later counts.
	Env []string
	// InitialDir is the directory that the guest's relative paths start from,
	// as the guest names it. Empty: none is told.
	InitialDir string

	// Stdin is the standard input; nil is empty. See cli.Config for what becomes
	// of readers that block for ever.
	Stdin stdio.Reader
	// Stdout and Stderr are the standard outputs; nil discards. One writer may
	// be both.
	Stdout, Stderr stdio.Writer
	// Terminal says which of them the guest is told to be terminals.
	Terminal Terminal
	// AllowEscapes lets the guest send any control sequence to a terminal.
	// Otherwise an output that is one, or that Terminal calls one, shows text
	// and colours only.
	AllowEscapes bool

	// Dirs are the directories that the guest is given.
	Dirs []Dir
	// OpenFiles bounds the files that the guest has open at a time. 0: 256.
	OpenFiles int

	// Clock is the time that the guest sees; nil is the system's.
	Clock Clock
	// Seed makes all randomness of the guest follow from it, for tests and
	// reproducible runs. Empty: it is random.
	Seed string
}

func (c *Config) cli() cli.Config {
	return cli.Config{
		Args: c.Args, Env: c.Env, InitialDir: c.InitialDir,
		Stdin: c.Stdin, Stdout: c.Stdout, Stderr: c.Stderr,
		Terminal: c.Terminal, AllowEscapes: c.AllowEscapes,
	}
}

func (c *Config) filesystem() filesystem.Config {
	return filesystem.Config{Dirs: c.Dirs, OpenFiles: c.OpenFiles}
}

// Validate says what is wrong with the config, all of it, each in a sentence.
// It looks whether the directories can be opened.
func (c *Config) Validate() error {
	command, files := c.cli(), c.filesystem()
	return errors.Join(wrap(command.Validate()), wrap(files.Validate()))
}

func wrap(err error) error {
	if err != nil {
		return fmt.Errorf("wasi: %w", err)
	}
	return nil
}

// Register defines the interfaces of all packages.
func Register(l *component.Linker) error {
	return errors.Join(io.Register(l), clocks.Register(l), random.Register(l), cli.Register(l), filesystem.Register(l))
}

// Configure grants a guest what the config says, until the guest ends. It comes
// before the guest's first call. A guest that is not configured has what the
// zero Config grants. The errors are those of Validate.
func Configure(g *component.Guest, c Config) error {
	clocks.Configure(g, c.Clock)
	random.Configure(g, c.Seed)
	if err := cli.Configure(g, c.cli()); err != nil {
		return wrap(err)
	}
	return wrap(filesystem.Configure(g, c.filesystem()))
}
