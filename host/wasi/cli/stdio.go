package cli

import (
	"context"
	"errors"

	"github.com/wasikv/wasikv/bindings/wasi/cli/v0_2/stderr"
	stdinbind "github.com/wasikv/wasikv/bindings/wasi/cli/v0_2/stdin"
	stdoutbind "github.com/wasikv/wasikv/bindings/wasi/cli/v0_2/stdout"
	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/streams"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/wasi/io"
)

func registerStdio(l *component.Linker) error {
	return errors.Join(
		stdinbind.RegisterEach(l, func(g *component.Guest) (stdinbind.Host, error) { return NewCommandLine(g) }),
		stdoutbind.RegisterEach(l, func(g *component.Guest) (stdoutbind.Host, error) { return NewCommandLine(g) }),
		stderr.RegisterEach(l, func(g *component.Guest) (stderr.Host, error) { return NewCommandLine(g) }),
	)
}

// stdin and stdout are streams that the guest may get and drop any number of
// times: all its handles are one stream, which ends with the guest.
type (
	stdin  struct{ *io.InputStream }
	stdout struct{ *io.OutputStream }
)

// Drop leaves the stream to the guest's other handles.
func (stdin) Drop(context.Context) {}

// Abandon leaves the stream to the guest's end.
func (stdin) Abandon() {}

// Drop leaves the stream to the guest's other handles.
func (stdout) Drop(context.Context) {}

// Abandon leaves the stream to the guest's end.
func (stdout) Abandon() {}

// GetStdin is stdin.get-stdin.
func (s *CommandLine) GetStdin(context.Context) (streams.InputStream, error) { return s.stdin, nil }

// GetStdout is stdout.get-stdout.
func (s *CommandLine) GetStdout(context.Context) (streams.OutputStream, error) { return s.stdout, nil }

// GetStderr is stderr.get-stderr.
func (s *CommandLine) GetStderr(context.Context) (streams.OutputStream, error) { return s.stderr, nil }
