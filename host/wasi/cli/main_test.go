package cli_test

import (
	"context"
	"testing"

	"go.uber.org/goleak"

	"github.com/wasikv/wasikv/bindings/wasi/cli/v0_2/environment"
	"github.com/wasikv/wasikv/bindings/wasi/cli/v0_2/stderr"
	"github.com/wasikv/wasikv/bindings/wasi/cli/v0_2/stdin"
	"github.com/wasikv/wasikv/bindings/wasi/cli/v0_2/stdout"
	"github.com/wasikv/wasikv/bindings/wasi/cli/v0_2/terminalstderr"
	"github.com/wasikv/wasikv/bindings/wasi/cli/v0_2/terminalstdin"
	"github.com/wasikv/wasikv/bindings/wasi/cli/v0_2/terminalstdout"
	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/streams"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/wasi/cli"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// commandLine is all that a guest sees.
type commandLine interface {
	environment.Host
	stdin.Host
	stdout.Host
	stderr.Host
	terminalstdin.Host
	terminalstdout.Host
	terminalstderr.Host
}

// newGuest configures a guest. end is Guest.Close; it need not be called.
func newGuest(t testing.TB, c *cli.Config) (ctx context.Context, host commandLine, end func(context.Context)) {
	t.Helper()
	g := component.NewLinker().NewGuest(context.Background(), component.Limits{})
	t.Cleanup(func() { g.Close(context.Background()) })
	if c != nil {
		if err := cli.Configure(g, *c); err != nil {
			t.Fatal(err)
		}
	}
	host, err := cli.NewCommandLine(g)
	if err != nil {
		t.Fatal(err)
	}
	return component.WithGuest(context.Background(), g), host, g.Close
}

func getStdin(t testing.TB, h commandLine) streams.InputStream {
	t.Helper()
	s, err := h.GetStdin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func getStdout(t testing.TB, h commandLine) streams.OutputStream {
	t.Helper()
	s, err := h.GetStdout(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func getStderr(t testing.TB, h commandLine) streams.OutputStream {
	t.Helper()
	s, err := h.GetStderr(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return s
}
