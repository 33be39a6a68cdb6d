package io_test

import (
	"bytes"
	"context"
	"errors"
	stdio "io"
	"io/fs"
	"math"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/poll"
	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/streams"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/wasi/io"
)

// readAll reads a stream to its end.
func readAll(t testing.TB, ctx context.Context, s streams.InputStream) []byte {
	t.Helper()
	var all []byte
	for {
		b, err := s.BlockingRead(ctx, math.MaxUint64)
		var f *component.Failure[streams.StreamError]
		if errors.As(err, &f) && f.Err.Tag == streams.StreamErrorTagClosed {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
}

func TestBytesAreReadInPlace(t *testing.T) {
	ctx, _ := newGuest(t, component.Limits{})
	value := []byte("some value")
	s := io.NewBytes(value)
	got, err := s.Read(ctx, 4)
	if err != nil || string(got) != "some" || &got[0] != &value[0] {
		t.Fatalf("read gave %q, error %v", got, err)
	}
	if got, err := s.Read(ctx, 0); err != nil || len(got) != 0 {
		t.Fatalf("read of 0 gave %q, error %v", got, err)
	}
	if n, err := s.Skip(ctx, 1); err != nil || n != 1 {
		t.Fatalf("skip gave %d, error %v", n, err)
	}
	if got, err := s.Read(ctx, math.MaxUint64); err != nil || string(got) != "value" {
		t.Fatalf("read gave %q, error %v", got, err)
	}
	for range 2 {
		_, err = s.Read(ctx, math.MaxUint64)
		wantClosed(t, err)
	}
	_, err = s.Read(ctx, 0)
	wantClosed(t, err)
	_, err = s.BlockingSkip(ctx, 1)
	wantClosed(t, err)
}

func TestEmptyBytesAreClosed(t *testing.T) {
	ctx, _ := newGuest(t, component.Limits{})
	_, err := io.NewBytes(nil).BlockingRead(ctx, 1)
	wantClosed(t, err)
}

func TestReadsAreBounded(t *testing.T) {
	ctx, _ := newGuest(t, component.Limits{})
	s := io.NewBytes(make([]byte, 3*io.MaxTransfer/2))
	for _, want := range []int{io.MaxTransfer, io.MaxTransfer / 2} {
		if got, err := s.Read(ctx, math.MaxUint64); err != nil || len(got) != want {
			t.Fatalf("read gave %d bytes, error %v", len(got), err)
		}
	}
	zero := io.NewInput(io.NewReader(zeroReader{}))
	if n := testing.AllocsPerRun(10, func() {
		if _, err := zero.BlockingRead(ctx, math.MaxUint64); err != nil {
			t.Fatal(err)
		}
	}); n > 2 {
		t.Fatalf("%v allocations a read", n)
	}
}

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestBytesStreamsAllocateNothing(t *testing.T) {
	ctx, _ := newGuest(t, component.Limits{})
	value := []byte("value")
	cycle := func() {
		s := io.NewBytes(value)
		p, err := s.Subscribe(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Block(ctx); err != nil {
			t.Fatal(err)
		}
		drop(ctx, p)
		if b, err := s.Read(ctx, 100); err != nil || string(b) != "value" {
			t.Fatalf("read gave %q, error %v", b, err)
		}
		drop(ctx, s)
	}
	if n := testing.AllocsPerRun(1000, cycle); n > 0.1 && !raceEnabled {
		t.Fatalf("%v allocations", n)
	}
}

// drop is what the runtime does when a guest drops a handle.
func drop(ctx context.Context, object any) {
	if d, ok := object.(interface{ Drop(context.Context) }); ok {
		d.Drop(ctx)
	}
}

// TestPollableOutlivesItsStream drops parents first, and has the pools hand
// out new streams meanwhile.
func TestPollableOutlivesItsStream(t *testing.T) {
	ctx, _ := newGuest(t, component.Limits{})
	for name, s := range map[string]streams.InputStream{
		"bytes":  io.NewBytes([]byte("x")),
		"reader": io.NewInput(io.NewReader(blockedReader{})),
		"stuck":  io.NewInput(stuck{}),
	} {
		t.Run(name, func(t *testing.T) {
			first, _ := s.Subscribe(ctx)
			second, _ := s.Subscribe(ctx)
			if first == second {
				t.Fatal("one pollable twice")
			}
			drop(ctx, second)
			drop(ctx, s)
			other := io.NewBytes([]byte("other"))
			for _, p := range []poll.Pollable{first, second} {
				if err := p.Block(ctx); err != nil {
					t.Fatal(err)
				}
			}
			_, err := s.Read(ctx, 1)
			wantClosed(t, err)
			if b, err := other.Read(ctx, 10); err != nil || string(b) != "other" {
				t.Fatalf("another stream gave %q, error %v", b, err)
			}
		})
	}
}

func TestSubscribeIsReused(t *testing.T) {
	ctx, _ := newGuest(t, component.Limits{})
	s := io.NewInput(io.NewReader(zeroReader{}))
	first, _ := s.Subscribe(ctx)
	drop(ctx, first)
	second, _ := s.Subscribe(ctx)
	if first != second {
		t.Fatal("a dropped pollable was not used again")
	}
}

func TestReaderIsReadWholly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfN(rapid.Byte(), 0, 200<<10).Draw(t, "data")
		wrap := rapid.SampledFrom([]func(stdio.Reader) stdio.Reader{
			func(r stdio.Reader) stdio.Reader { return r }, // never blocks
			func(r stdio.Reader) stdio.Reader { return struct{ stdio.Reader }{r} },
			iotest.HalfReader, iotest.DataErrReader,
		}).Draw(t, "reader")
		ctx := context.Background()
		s := io.NewInput(io.NewReader(wrap(bytes.NewReader(data))))
		var got []byte
		for {
			n := rapid.Uint64Range(1, 100<<10).Draw(t, "n")
			b, err := s.BlockingRead(ctx, n)
			if err != nil {
				if err != io.Closed() {
					t.Fatal(err)
				}
				break
			}
			if len(b) == 0 || uint64(len(b)) > n {
				t.Fatalf("blocking-read of %d gave %d bytes", n, len(b))
			}
			got = append(got, b...)
		}
		if !bytes.Equal(got, data) {
			t.Fatalf("read %d bytes that differ from the %d", len(got), len(data))
		}
	})
}

// TestReaderWaitsOnlyWhenAsked follows a standard input that is slow.
func TestReaderWaitsOnlyWhenAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, g := newGuest(t, component.Limits{})
		r, w := stdio.Pipe()
		in := io.NewReader(r)
		s := io.NewInput(in)
		if b, err := s.Read(ctx, 0); err != nil || len(b) != 0 {
			t.Fatalf("read of 0 gave %q, error %v", b, err)
		}
		p, _ := s.Subscribe(ctx)
		if ready, _ := p.Ready(ctx); ready {
			t.Fatal("ready before there are bytes")
		}
		go func() {
			time.Sleep(time.Second)
			_, _ = w.Write([]byte("hello"))
			time.Sleep(time.Second)
			_ = w.Close()
		}()
		// A poll that a timer ends leaves the read under way; no byte is lost.
		got, err := io.NewPoll(g).Poll(ctx, []poll.Pollable{p, io.NewPollable(alarm{time.Now().Add(time.Millisecond)})})
		if err != nil || len(got) != 1 || got[0] != 1 {
			t.Fatalf("poll gave %v, error %v", got, err)
		}
		if b, err := s.Read(ctx, 9); err != nil || len(b) != 0 {
			t.Fatalf("read gave %q, error %v", b, err)
		}
		if err := p.Block(ctx); err != nil {
			t.Fatal(err)
		}
		if b, err := s.Read(ctx, 4); err != nil || string(b) != "hell" {
			t.Fatalf("read gave %q, error %v", b, err)
		}
		if b, err := s.BlockingRead(ctx, 4); err != nil || string(b) != "o" {
			t.Fatalf("read gave %q, error %v", b, err)
		}
		_, err = s.BlockingRead(ctx, 4)
		wantClosed(t, err)
	})
}

func TestReaderFailsOnceThenIsClosed(t *testing.T) {
	ctx, _ := newGuest(t, component.Limits{})
	secret := &fs.PathError{Op: "read", Path: "/home/secret", Err: syscall.EIO}
	s := io.NewInput(io.NewReader(stdio.MultiReader(strings.NewReader("x"), iotest.ErrReader(secret))))
	if b, err := s.BlockingRead(ctx, 9); err != nil || string(b) != "x" {
		t.Fatalf("read gave %q, error %v", b, err)
	}
	_, err := s.BlockingRead(ctx, 9)
	wantFailed(t, err, "read: "+syscall.EIO.Error())
	_, err = s.BlockingRead(ctx, 9)
	wantClosed(t, err)
}

func TestReaderThatMisbehaves(t *testing.T) {
	ctx, _ := newGuest(t, component.Limits{})
	_, err := io.NewInput(io.NewReader(readFunc(func([]byte) (int, error) { panic("boom") }))).BlockingRead(ctx, 1)
	wantFailed(t, err, "the reader panicked: boom")
	_, err = io.NewInput(io.NewReader(readFunc(func([]byte) (int, error) { return 0, nil }))).BlockingRead(ctx, 1)
	wantFailed(t, err, stdio.ErrNoProgress.Error())
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// TestStopInterruptsTheReader leaves no goroutine, and the file usable.
func TestStopInterruptsTheReader(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	others := goleak.IgnoreCurrent()
	ctx, _ := newGuest(t, component.Limits{})
	in := io.NewReader(r)
	if b, err := io.NewInput(in).Read(ctx, 1); err != nil || len(b) != 0 {
		t.Fatalf("read gave %q, error %v", b, err)
	}
	in.Stop()
	_, err = io.NewInput(in).BlockingRead(ctx, 1)
	wantClosed(t, err)
	goleak.VerifyNone(t, others)
	if _, err := w.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1)
	if n, err := r.Read(b); err != nil || n != 1 {
		t.Fatalf("read after Stop gave %d, error %v", n, err)
	}
}

func TestNilReaderIsEmpty(t *testing.T) {
	ctx, _ := newGuest(t, component.Limits{})
	if b := readAll(t, ctx, io.NewInput(io.NewReader(nil))); len(b) != 0 {
		t.Fatalf("read %q", b)
	}
}

// closing counts how often its stream ended.
type closing struct {
	stuck
	n int
}

func (c *closing) Close() { c.n++ }

func TestStreamsCloseOnce(t *testing.T) {
	ctx, _ := newGuest(t, component.Limits{})
	for name, end := range map[string]func(c *closing){
		"drop input":     func(c *closing) { io.NewInput(c).Drop(ctx) },
		"abandon input":  func(c *closing) { io.NewInput(c).Abandon() },
		"drop output":    func(c *closing) { io.NewOutput(c).Drop(ctx) },
		"abandon output": func(c *closing) { io.NewOutput(c).Abandon() },
	} {
		c := new(closing)
		if end(c); c.n != 1 {
			t.Errorf("%s: closed %d times", name, c.n)
		}
	}
}
