package cli

import (
	"context"
	"errors"

	"github.com/wasikv/wasikv/bindings/wasi/cli/v0_2/terminalinput"
	"github.com/wasikv/wasikv/bindings/wasi/cli/v0_2/terminaloutput"
	"github.com/wasikv/wasikv/bindings/wasi/cli/v0_2/terminalstderr"
	"github.com/wasikv/wasikv/bindings/wasi/cli/v0_2/terminalstdin"
	"github.com/wasikv/wasikv/bindings/wasi/cli/v0_2/terminalstdout"
	"github.com/wasikv/wasikv/host/component"
)

func registerTerminal(l *component.Linker) error {
	return errors.Join(
		terminalinput.Register(l),
		terminaloutput.Register(l),
		terminalstdin.RegisterEach(l, func(g *component.Guest) (terminalstdin.Host, error) { return NewCommandLine(g) }),
		terminalstdout.RegisterEach(l, func(g *component.Guest) (terminalstdout.Host, error) { return NewCommandLine(g) }),
		terminalstderr.RegisterEach(l, func(g *component.Guest) (terminalstderr.Host, error) { return NewCommandLine(g) }),
	)
}

// terminal is the resource terminal-input or terminal-output: WASI gives it no
// methods, its being there is the message.
type terminal struct{}

// GetTerminalStdin is terminal-stdin.get-terminal-stdin.
func (s *CommandLine) GetTerminalStdin(context.Context) (component.Option[terminalinput.TerminalInput], error) {
	return component.Option[terminalinput.TerminalInput]{Value: terminal{}, Some: s.is.Stdin}, nil
}

// GetTerminalStdout is terminal-stdout.get-terminal-stdout.
func (s *CommandLine) GetTerminalStdout(context.Context) (component.Option[terminaloutput.TerminalOutput], error) {
	return component.Option[terminaloutput.TerminalOutput]{Value: terminal{}, Some: s.is.Stdout}, nil
}

// GetTerminalStderr is terminal-stderr.get-terminal-stderr.
func (s *CommandLine) GetTerminalStderr(context.Context) (component.Option[terminaloutput.TerminalOutput], error) {
	return component.Option[terminaloutput.TerminalOutput]{Value: terminal{}, Some: s.is.Stderr}, nil
}
