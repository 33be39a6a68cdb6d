package wasi_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/wasi"
	"github.com/wasikv/wasikv/host/wasi/cli"
	"github.com/wasikv/wasikv/host/wasi/clocks"
	"github.com/wasikv/wasikv/host/wasi/filesystem"
	"github.com/wasikv/wasikv/host/wasi/random"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRegister(t *testing.T) {
	l := component.NewLinker()
	if err := wasi.Register(l); err != nil {
		t.Fatal(err)
	}
	names := strings.Fields(`io/error io/poll io/streams clocks/monotonic-clock clocks/wall-clock
		random/random random/insecure random/insecure-seed
		cli/environment cli/exit cli/stdin cli/stdout cli/stderr cli/terminal-input cli/terminal-output
		cli/terminal-stdin cli/terminal-stdout cli/terminal-stderr filesystem/types filesystem/preopens`)
	for _, name := range names {
		for _, version := range []string{"@0.2.0", "@0.2.3", "@0.2.12"} {
			if l.Lookup("wasi:"+name+version) == nil {
				t.Errorf("wasi:%s%s is not served", name, version)
			}
		}
	}
	if l.Len() != len(names) {
		t.Errorf("%d interfaces are defined, want %d", l.Len(), len(names))
	}
	if err := wasi.Register(l); err == nil {
		t.Error("registering twice worked")
	}
}

// TestConfigureReachesAllPackages looks at one thing of each.
func TestConfigureReachesAllPackages(t *testing.T) {
	ctx := context.Background()
	var out bytes.Buffer
	words := func(seed string) (uint64, *component.Guest) {
		g := component.NewLinker().NewGuest(ctx, component.Limits{})
		err := wasi.Configure(g, wasi.Config{
			Args: []string{"prog"}, Env: []string{"A=b"}, InitialDir: "/d", Stdin: strings.NewReader("in"), Stdout: &out, Stderr: &out,
			Terminal: wasi.Terminal{Stdin: true}, Dirs: []wasi.Dir{{Host: t.TempDir(), Guest: "/d"}}, OpenFiles: 3,
			Clock: clocks.NewManual(time.Unix(77, 0)), Seed: seed,
		})
		if err != nil {
			t.Fatal(err)
		}
		n, err := random.NewRandom(g).GetRandomU64(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return n, g
	}
	a, g := words("seed")
	defer g.Close(ctx)
	b, other := words("seed")
	other.Close(ctx)
	if a != b {
		t.Error("Seed did not arrive")
	}
	h, err := cli.NewCommandLine(g)
	if err != nil {
		t.Fatal(err)
	}
	args, _ := h.GetArguments(ctx)
	env, _ := h.GetEnvironment(ctx)
	dir, _ := h.InitialCwd(ctx)
	terminal, _ := h.GetTerminalStdin(ctx)
	if len(args) != 1 || len(env) != 1 || dir.Value != "/d" || !terminal.Some {
		t.Errorf("arguments %q, environment %q, directory %v, terminal %v", args, env, dir, terminal)
	}
	stdin, _ := h.GetStdin(ctx)
	if b, err := stdin.Read(ctx, 10); err != nil || string(b) != "in" {
		t.Errorf("stdin gave %q, error %v", b, err)
	}
	stdout, _ := h.GetStdout(ctx)
	stderr, _ := h.GetStderr(ctx)
	if stdout.BlockingWriteAndFlush(ctx, []byte("x")) != nil || stderr.BlockingWriteAndFlush(ctx, []byte("y")) != nil || out.String() != "xy" {
		t.Errorf("the outputs got %q", out.String())
	}
	if l, err := filesystem.NewPreopens(g).GetDirectories(ctx); err != nil || len(l) != 1 || l[0].F1 != "/d" {
		t.Errorf("preopens %v, error %v", l, err)
	}
}

func TestValidateReportsEverything(t *testing.T) {
	c := wasi.Config{Env: []string{"X"}, Dirs: []wasi.Dir{{Host: "/does/not/exist"}}}
	err := c.Validate()
	if err == nil || !strings.Contains(err.Error(), `wasi: environment variable "X" has no value: write NAME=value`) ||
		!strings.Contains(err.Error(), "wasi: directory /does/not/exist cannot be given to the guest: ") {
		t.Errorf("got %v", err)
	}
	g := component.NewLinker().NewGuest(context.Background(), component.Limits{})
	defer g.Close(context.Background())
	if err := wasi.Configure(g, c); err == nil {
		t.Error("configured")
	}
	if err := new(wasi.Config).Validate(); err != nil {
		t.Errorf("the zero Config: %v", err)
	}
}

// BenchmarkConfigure is what WASI adds to making and ending a guest.
func BenchmarkConfigure(b *testing.B) {
	ctx := context.Background()
	dir := b.TempDir()
	for name, c := range map[string]wasi.Config{
		"nothing":   {},
		"command":   {Args: []string{"a", "b"}, Env: []string{"A=b", "C=d"}, Stdout: new(bytes.Buffer)},
		"directory": {Dirs: []wasi.Dir{{Host: dir, Guest: "/"}}},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			l := component.NewLinker()
			for b.Loop() {
				g := l.NewGuest(ctx, component.Limits{})
				if err := wasi.Configure(g, c); err != nil {
					b.Fatal(err)
				}
				g.Close(ctx)
			}
		})
	}
}
