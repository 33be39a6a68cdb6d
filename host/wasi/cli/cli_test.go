package cli_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/poll"
	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/streams"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/wasi/cli"
	wasiio "github.com/wasikv/wasikv/host/wasi/io"
)

func closed(err error) bool {
	var f *component.Failure[streams.StreamError]
	return errors.As(err, &f) && f.Err.Tag == streams.StreamErrorTagClosed
}

func TestNothingIsGivenByDefault(t *testing.T) {
	for name, config := range map[string]*cli.Config{"zero": {}, "unconfigured": nil} {
		t.Run(name, func(t *testing.T) {
			ctx, h, _ := newGuest(t, config)
			args, err1 := h.GetArguments(ctx)
			env, err2 := h.GetEnvironment(ctx)
			dir, err3 := h.InitialCwd(ctx)
			if len(args) != 0 || len(env) != 0 || dir.Some || errors.Join(err1, err2, err3) != nil {
				t.Errorf("arguments %q, environment %q, directory %v, errors %v %v %v", args, env, dir, err1, err2, err3)
			}
			if b, err := getStdin(t, h).BlockingRead(ctx, 1); !closed(err) {
				t.Errorf("stdin gave %q, error %v", b, err)
			}
			if err := getStdout(t, h).BlockingWriteAndFlush(ctx, []byte("lost")); err != nil {
				t.Errorf("stdout: %v", err)
			}
			if err := getStderr(t, h).BlockingWriteAndFlush(ctx, []byte("lost")); err != nil {
				t.Errorf("stderr: %v", err)
			}
			a, _ := h.GetTerminalStdin(ctx)
			b, _ := h.GetTerminalStdout(ctx)
			c, _ := h.GetTerminalStderr(ctx)
			if a.Some || b.Some || c.Some {
				t.Errorf("terminals %v %v %v", a.Some, b.Some, c.Some)
			}
		})
	}
}

func TestEnvironment(t *testing.T) {
	ctx, h, _ := newGuest(t, &cli.Config{
		Args:       []string{"prog", "", "a b"},
		Env:        []string{"B=1", "A=x=y", "EMPTY=", "B=2"},
		InitialDir: "/work",
	})
	type pair = component.Tuple2[string, string]
	env, err := h.GetEnvironment(ctx)
	if diff := cmp.Diff([]pair{{F0: "B", F1: "2"}, {F0: "A", F1: "x=y"}, {F0: "EMPTY"}}, env); diff != "" || err != nil {
		t.Errorf("error %v, environment differs:\n%s", err, diff)
	}
	args, err := h.GetArguments(ctx)
	if diff := cmp.Diff([]string{"prog", "", "a b"}, args); diff != "" || err != nil {
		t.Errorf("error %v, arguments differ:\n%s", err, diff)
	}
	dir, err := h.InitialCwd(ctx)
	if diff := cmp.Diff(component.Some("/work"), dir); diff != "" || err != nil {
		t.Errorf("error %v, directory differs:\n%s", err, diff)
	}
}

func TestConfigIsValidated(t *testing.T) {
	for want, c := range map[string]cli.Config{
		`argument 1 ("a\x00b") contains a NUL byte, which would end it for most guests`:     {Args: []string{"", "a\x00b"}},
		`argument 0 ("\xff") is not UTF-8, and guests take nothing else`:                    {Args: []string{"\xff"}},
		`environment variable "X" has no value: write NAME=value`:                           {Env: []string{"X"}},
		`environment variable "=x" has no name: write NAME=value`:                           {Env: []string{"=x"}},
		`environment variable X is not UTF-8, and guests take nothing else`:                 {Env: []string{"X=\xff"}},
		`initial directory "/\x00" contains a NUL byte, which would end it for most guests`: {InitialDir: "/\x00"},
	} {
		if err := c.Validate(); err == nil || err.Error() != want {
			t.Errorf("got %v\nwant %s", err, want)
		}
		g := component.NewLinker().NewGuest(context.Background(), component.Limits{})
		if err := cli.Configure(g, c); err == nil {
			t.Errorf("configured, in spite of: %s", want)
		}
	}
}

func TestExit(t *testing.T) {
	ctx := context.Background()
	e := cli.NewExit()
	for want, err := range map[uint32]error{
		0:   e.Exit(ctx, component.Ok[component.Unit, component.Unit](component.Unit{})),
		1:   e.Exit(ctx, component.Err[component.Unit](component.Unit{})),
		255: e.ExitWithCode(ctx, 255),
	} {
		var exit *component.Exit
		if !errors.As(err, &exit) || exit.Code != want {
			t.Errorf("got %v, want exit status %d", err, want)
		}
	}
}

// TestHandlesShareOneStream drops some and goes on with others.
func TestHandlesShareOneStream(t *testing.T) {
	var out bytes.Buffer
	ctx, h, _ := newGuest(t, &cli.Config{Stdin: strings.NewReader("ab"), Stdout: &out})
	first, second := getStdin(t, h), getStdin(t, h)
	if b, err := first.Read(ctx, 1); err != nil || string(b) != "a" {
		t.Fatalf("stdin gave %q, error %v", b, err)
	}
	first.(interface{ Drop(context.Context) }).Drop(ctx)
	if b, err := second.Read(ctx, 1); err != nil || string(b) != "b" {
		t.Fatalf("stdin gave %q, error %v", b, err)
	}
	if _, err := getStdin(t, h).Read(ctx, 1); !closed(err) {
		t.Fatalf("stdin gave %v, want closed", err)
	}
	for _, s := range []string{"x", "y"} {
		o := getStdout(t, h)
		if err := o.BlockingWriteAndFlush(ctx, []byte(s)); err != nil {
			t.Fatal(err)
		}
		o.(interface{ Drop(context.Context) }).Drop(ctx)
		o.(interface{ Abandon() }).Abandon()
	}
	if out.String() != "xy" {
		t.Fatalf("stdout got %q", out.String())
	}
}

func TestStandardInputMixesWithOtherPollables(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		g := component.NewLinker().NewGuest(context.Background(), component.Limits{})
		if err := cli.Configure(g, cli.Config{Stdin: r}); err != nil {
			t.Fatal(err)
		}
		h, err := cli.NewCommandLine(g)
		if err != nil {
			t.Fatal(err)
		}
		ctx := component.WithGuest(context.Background(), g)
		in := getStdin(t, h)
		p, err := in.Subscribe(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var event wasiio.Event
		time.AfterFunc(time.Second, event.Set)
		time.AfterFunc(2*time.Second, func() { w.Write([]byte("line\n")) })
		list := []poll.Pollable{p, wasiio.NewPollable(&event)}
		if got, err := wasiio.NewPoll(g).Poll(ctx, list); err != nil || !cmp.Equal(got, []uint32{1}) {
			t.Fatalf("poll gave %v, error %v", got, err)
		}
		if got, err := wasiio.NewPoll(g).Poll(ctx, list[:1]); err != nil || !cmp.Equal(got, []uint32{0}) {
			t.Fatalf("poll gave %v, error %v", got, err)
		}
		if b, err := in.Read(ctx, 100); err != nil || string(b) != "line\n" {
			t.Fatalf("stdin gave %q, error %v", b, err)
		}
		// A guest that ends while a read is under way leaves the goroutine to
		// the reader's owner.
		if b, err := in.Read(ctx, 100); err != nil || len(b) != 0 {
			t.Fatalf("stdin gave %q, error %v", b, err)
		}
		g.Close(ctx)
		w.Close()
	})
}

// TestOutputIsFlushedAtTheEnd writes without waiting, and closes.
func TestOutputIsFlushedAtTheEnd(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ctx, h, end := newGuest(t, &cli.Config{Stdout: w})
	s := getStdout(t, h)
	n, err := s.CheckWrite(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.WriteZeroes(ctx, n); err != nil {
		t.Fatal(err)
	}
	got := make(chan int)
	go func() {
		all, _ := io.ReadAll(r)
		got <- len(all)
	}()
	end(ctx)
	w.Close()
	if m := <-got; uint64(m) != n {
		t.Fatalf("%d bytes of %d arrived", m, n)
	}
}

// plain is a writer that the race detector watches, and no terminal.
type plain struct{ text []byte }

func (p *plain) Write(b []byte) (int, error) {
	p.text = append(p.text, b...)
	return len(b), nil
}

func TestOneWriterMayBeBothOutputs(t *testing.T) {
	var w plain
	ctx, h, end := newGuest(t, &cli.Config{Stdout: &w, Stderr: &w})
	for range 100 {
		for _, s := range []streams.OutputStream{getStdout(t, h), getStderr(t, h)} {
			if n, err := s.CheckWrite(ctx); err != nil || n == 0 {
				t.Fatalf("check-write gave %d, error %v", n, err)
			}
			if err := s.Write(ctx, []byte("x")); err != nil {
				t.Fatal(err)
			}
		}
	}
	end(ctx)
	if len(w.text) != 200 {
		t.Fatalf("%d bytes arrived", len(w.text))
	}
}

func TestTerminals(t *testing.T) {
	var out, errs plain
	ctx, h, end := newGuest(t, &cli.Config{Stdout: &out, Stderr: &errs, Terminal: cli.Terminal{Stdin: true, Stdout: true}})
	a, _ := h.GetTerminalStdin(ctx)
	b, _ := h.GetTerminalStdout(ctx)
	c, _ := h.GetTerminalStderr(ctx)
	if !a.Some || a.Value == nil || !b.Some || b.Value == nil || c.Some {
		t.Errorf("terminals %v %v %v", a, b, c)
	}
	const attack = "\x1b]0;title\a"
	if err := errors.Join(getStdout(t, h).BlockingWriteAndFlush(ctx, []byte(attack)), getStderr(t, h).BlockingWriteAndFlush(ctx, []byte(attack))); err != nil {
		t.Fatal(err)
	}
	end(ctx)
	if string(out.text) != "␛]0;title␇" || string(errs.text) != attack {
		t.Errorf("the terminal got %q, the file %q", out.text, errs.text)
	}

	var raw plain
	ctx, h, end = newGuest(t, &cli.Config{Stdout: &raw, Terminal: cli.Terminal{Stdout: true}, AllowEscapes: true})
	if err := getStdout(t, h).BlockingWriteAndFlush(ctx, []byte(attack)); err != nil {
		t.Fatal(err)
	}
	end(ctx)
	if string(raw.text) != attack {
		t.Errorf("with AllowEscapes the terminal got %q", raw.text)
	}
}

func TestRegister(t *testing.T) {
	l := component.NewLinker()
	if err := cli.Register(l); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"environment", "exit", "stdin", "stdout", "stderr",
		"terminal-input", "terminal-output", "terminal-stdin", "terminal-stdout", "terminal-stderr",
	} {
		if l.Lookup("wasi:cli/"+name+"@0.2.0") == nil {
			t.Errorf("wasi:cli/%s is not served", name)
		}
	}
}
