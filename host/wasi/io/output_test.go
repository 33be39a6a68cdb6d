package io_test

import (
	"bytes"
	"context"
	"errors"
	stdio "io"
	"math"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/poll"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/wasi/io"
)

func TestWriteBeyondThePermitTraps(t *testing.T) {
	ctx, _ := newGuest(t, component.Limits{})
	var buf bytes.Buffer
	s := io.NewOutput(io.NewWriter(&buf))
	wantTrap(t, s.Write(ctx, []byte("x")), "write of 1 bytes, and check-write permitted 0")
	n, err := s.CheckWrite(ctx)
	if err != nil || n == 0 {
		t.Fatalf("check-write gave %d, error %v", n, err)
	}
	if err := s.Write(ctx, make([]byte, n-1)); err != nil {
		t.Fatal(err)
	}
	wantTrap(t, s.WriteZeroes(ctx, 2), "write of 2 bytes, and check-write permitted 1")
	wantTrap(t, s.WriteZeroes(ctx, math.MaxUint64), "write of 18446744073709551615 bytes, and check-write permitted 1")
	if err := s.WriteZeroes(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if uint64(buf.Len()) != n {
		t.Fatalf("%d bytes were written, want %d", buf.Len(), n)
	}
	// A flush, and a blocking write, void the permit.
	if _, err := s.CheckWrite(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	wantTrap(t, s.Write(ctx, []byte("x")), "write of 1 bytes, and check-write permitted 0")
	if err := s.Write(ctx, nil); err != nil {
		t.Fatal(err)
	}
}

func TestBlockingWritesAreBounded(t *testing.T) {
	ctx, _ := newGuest(t, component.Limits{})
	var buf bytes.Buffer
	s := io.NewOutput(io.NewWriter(&buf))
	wantTrap(t, s.BlockingWriteAndFlush(ctx, make([]byte, 4097)), "blocking write of 4097 bytes, at most 4096 are allowed")
	wantTrap(t, s.BlockingWriteZeroesAndFlush(ctx, math.MaxUint64), "blocking write of 18446744073709551615 bytes, at most 4096 are allowed")
	if err := errors.Join(s.BlockingWriteAndFlush(ctx, make([]byte, 4096)), s.BlockingWriteZeroesAndFlush(ctx, 4096)); err != nil {
		t.Fatal(err)
	}
	if buf.Len() != 8192 {
		t.Fatalf("%d bytes were written", buf.Len())
	}
}

// slowWriter takes a second a write, and notes what it was given.
type slowWriter struct {
	mu  sync.Mutex
	got []byte
}

func (w *slowWriter) Write(p []byte) (int, error) {
	time.Sleep(time.Second)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.got = append(w.got, p...)
	return len(p), nil
}

func (w *slowWriter) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(w.got)
}

func TestSlowWriters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, _ := newGuest(t, component.Limits{})
		w := new(slowWriter)
		s := io.NewOutput(io.NewWriter(w))
		if err := s.BlockingWriteAndFlush(ctx, []byte("one ")); err != nil {
			t.Fatal(err)
		}
		if got := w.String(); got != "one " {
			t.Fatalf("after blocking-write-and-flush: %q", got)
		}
		// write does not wait; flush has check-write say 0 until it is done.
		start := time.Now()
		if _, err := s.CheckWrite(ctx); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.Write(ctx, []byte("two ")), s.Flush(ctx)); err != nil {
			t.Fatal(err)
		}
		if n, err := s.CheckWrite(ctx); n != 0 || err != nil {
			t.Fatalf("check-write gave %d, error %v while flushing", n, err)
		}
		p, _ := s.Subscribe(ctx)
		if ready, _ := p.Ready(ctx); ready || time.Since(start) != 0 {
			t.Fatalf("ready %v while flushing, after %v", ready, time.Since(start))
		}
		if err := p.Block(ctx); err != nil {
			t.Fatal(err)
		}
		if n, err := s.CheckWrite(ctx); n == 0 || err != nil || w.String() != "one two " {
			t.Fatalf("check-write gave %d, error %v; written %q", n, err, w.String())
		}
	})
}

// TestPermitsBoundTheMemory writes as much as it may while the writer is stuck.
func TestPermitsBoundTheMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, _ := newGuest(t, component.Limits{})
		w := new(slowWriter)
		out := io.NewWriter(w)
		streams := [100]*io.OutputStream{}
		for i := range streams {
			streams[i] = io.NewOutput(out)
		}
		total := uint64(0)
		for range 10 {
			for _, s := range streams {
				n, err := s.CheckWrite(ctx)
				if err != nil {
					t.Fatal(err)
				}
				if err := s.WriteZeroes(ctx, n); err != nil {
					t.Fatal(err)
				}
				total += n
				synctest.Wait()
			}
		}
		if total > 128<<10 {
			t.Fatalf("%d bytes are on their way", total)
		}
		if err := streams[0].BlockingFlush(ctx); err != nil {
			t.Fatal(err)
		}
		if got := uint64(len(w.String())); got != total {
			t.Fatalf("%d of %d bytes were written", got, total)
		}
	})
}

// TestPermitOfTwoHandlesHoldsTogether checks write before another handle used
// up what both were permitted.
func TestPermitOfTwoHandlesHoldsTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, _ := newGuest(t, component.Limits{})
		w := new(slowWriter)
		out := io.NewWriter(w)
		a, b := io.NewOutput(out), io.NewOutput(out)
		n, _ := a.CheckWrite(ctx)
		m, _ := b.CheckWrite(ctx)
		if err := errors.Join(a.WriteZeroes(ctx, n), b.WriteZeroes(ctx, m)); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(a.BlockingFlush(ctx), b.BlockingFlush(ctx)); err != nil {
			t.Fatal(err)
		}
		if got := uint64(len(w.String())); got != n+m {
			t.Fatalf("%d of %d bytes were written", got, n+m)
		}
	})
}

func TestWriterFailsOnceThenIsClosed(t *testing.T) {
	ctx, _ := newGuest(t, component.Limits{})
	boom := errors.New("boom")
	for name, w := range map[string]stdio.Writer{
		"error": writeFunc(func([]byte) (int, error) { return 0, boom }),
		"panic": writeFunc(func([]byte) (int, error) { panic("boom") }),
		"short": writeFunc(func([]byte) (int, error) { return 0, nil }),
	} {
		t.Run(name, func(t *testing.T) {
			text := map[string]string{"error": "boom", "panic": "the writer panicked: boom", "short": stdio.ErrShortWrite.Error()}[name]
			s := io.NewOutput(io.NewWriter(w))
			wantFailed(t, s.BlockingWriteAndFlush(ctx, []byte("x")), text)
			wantClosed(t, s.BlockingWriteAndFlush(ctx, []byte("x")))
			wantClosed(t, s.Write(ctx, []byte("x")))
			wantClosed(t, s.WriteZeroes(ctx, 1))
			wantClosed(t, s.Flush(ctx))
			_, err := s.CheckWrite(ctx)
			wantClosed(t, err)
			_, err = s.Splice(ctx, io.NewBytes([]byte("x")), 1)
			wantClosed(t, err)
		})
	}
}

type writeFunc func([]byte) (int, error)

func (f writeFunc) Write(p []byte) (int, error) { return f(p) }

func TestOutputPollableOutlivesItsStream(t *testing.T) {
	ctx, _ := newGuest(t, component.Limits{})
	s := io.NewOutput(stuck{})
	p, _ := s.Subscribe(ctx)
	if ready, _ := p.Ready(ctx); ready {
		t.Fatal("ready while stuck")
	}
	drop(ctx, s)
	if err := p.Block(ctx); err != nil {
		t.Fatal(err)
	}
	wantClosed(t, s.Flush(ctx))
}

func TestStopDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, _ := newGuest(t, component.Limits{})
		w := new(slowWriter)
		out := io.NewWriter(w)
		s := io.NewOutput(out)
		if _, err := s.CheckWrite(ctx); err != nil {
			t.Fatal(err)
		}
		if err := s.Write(ctx, []byte("last words")); err != nil {
			t.Fatal(err)
		}
		if err := out.Stop(ctx); err != nil {
			t.Fatal(err)
		}
		if w.String() != "last words" {
			t.Fatalf("written %q", w)
		}
		_, err := s.CheckWrite(ctx)
		wantClosed(t, err)
	})
}

func TestStopInterruptsTheWriter(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	others := goleak.IgnoreCurrent()
	ctx, _ := newGuest(t, component.Limits{})
	out := io.NewWriter(w)
	s := io.NewOutput(out)
	for total := uint64(0); total <= 64<<10; { // more than a pipe holds
		n, err := s.CheckWrite(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.WriteZeroes(ctx, n); err != nil {
			t.Fatal(err)
		}
		total += n
		runtime.Gosched()
	}
	limited, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	if err := out.Stop(limited); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Stop gave %v, want the deadline's error", err)
	}
	goleak.VerifyNone(t, others)
}

func TestSplice(t *testing.T) {
	ctx, _ := newGuest(t, component.Limits{})
	var buf bytes.Buffer
	dst := io.NewOutput(io.NewWriter(&buf))
	src := io.NewBytes([]byte("hello world"))
	if n, err := dst.Splice(ctx, src, 5); n != 5 || err != nil {
		t.Fatalf("splice gave %d, error %v", n, err)
	}
	if n, err := dst.BlockingSplice(ctx, src, math.MaxUint64); n != 6 || err != nil {
		t.Fatalf("blocking-splice gave %d, error %v", n, err)
	}
	if buf.String() != "hello world" {
		t.Fatalf("spliced %q", buf.String())
	}
	_, err := dst.Splice(ctx, src, 1)
	wantClosed(t, err)
	if n, err := dst.Splice(ctx, io.NewInput(stuck{}), 5); n != 0 || err != nil {
		t.Fatalf("splice of nothing gave %d, error %v", n, err)
	}
	if n, err := io.NewOutput(stuck{}).Splice(ctx, io.NewBytes([]byte("x")), 5); n != 0 || err != nil {
		t.Fatalf("splice to a busy stream gave %d, error %v", n, err)
	}
}

func TestSpliceMovesEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfN(rapid.Byte(), 0, 300<<10).Draw(t, "data")
		slow := rapid.Bool().Draw(t, "goroutines")
		var buf bytes.Buffer
		var w stdio.Writer = &buf
		var r stdio.Reader = bytes.NewReader(data)
		if slow {
			w, r = struct{ stdio.Writer }{w}, struct{ stdio.Reader }{r}
		}
		ctx := context.Background()
		out := io.NewWriter(w)
		dst, src := io.NewOutput(out), io.NewInput(io.NewReader(r))
		for {
			_, err := dst.BlockingSplice(ctx, src, rapid.Uint64Range(1, 1<<20).Draw(t, "n"))
			if err == io.Closed() {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := dst.BlockingFlush(ctx); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(buf.Bytes(), data) {
			t.Fatalf("%d bytes arrived of %d, or others", buf.Len(), len(data))
		}
	})
}

func TestBufferCollectsUpToItsLimit(t *testing.T) {
	ctx, _ := newGuest(t, component.Limits{})
	b := io.NewBuffer(10)
	write := func(s string) error {
		if _, err := b.CheckWrite(ctx); err != nil {
			return err
		}
		return b.Write(ctx, []byte(s))
	}
	if err := errors.Join(write("0123"), b.BlockingWriteAndFlush(ctx, []byte("456"))); err != nil {
		t.Fatal(err)
	}
	snapshot := b.Bytes()
	if err := write("789"); err != nil {
		t.Fatal(err)
	}
	if string(snapshot) != "0123456" || string(b.Bytes()) != "0123456789" || b.Err() != nil {
		t.Fatalf("snapshot %q, bytes %q, error %v", snapshot, b.Bytes(), b.Err())
	}
	wantFailed(t, write("x"), "more than 10 bytes were written, the limit")
	wantClosed(t, write("x"))
	var limit *io.LimitError
	if !errors.As(b.Err(), &limit) || limit.Limit != 10 || len(b.Bytes()) != 0 {
		t.Fatalf("after the limit: %q, error %v", b.Bytes(), b.Err())
	}
	if string(snapshot) != "0123456" {
		t.Fatalf("the snapshot became %q", snapshot)
	}
	b.Init(1)
	if err := write("y"); err != nil || string(b.Bytes()) != "y" || b.Err() != nil {
		t.Fatalf("used again: %q, errors %v, %v", b.Bytes(), err, b.Err())
	}
}

func TestBufferIsReady(t *testing.T) {
	ctx, g := newGuest(t, component.Limits{})
	b := io.NewBuffer(1)
	p, _ := b.Subscribe(ctx)
	if got, err := io.NewPoll(g).Poll(ctx, []poll.Pollable{p}); len(got) != 1 || err != nil {
		t.Fatalf("poll gave %v, error %v", got, err)
	}
	if !b.InUse() {
		t.Fatal("not in use with a pollable")
	}
	drop(ctx, p)
	if b.InUse() {
		t.Fatal("in use without a pollable")
	}
}

func TestNilWriterDiscards(t *testing.T) {
	ctx, _ := newGuest(t, component.Limits{})
	if err := io.NewOutput(io.NewWriter(nil)).BlockingWriteAndFlush(ctx, []byte(strings.Repeat("x", 4096))); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkBlockingWriteAndFlush(b *testing.B) {
	line := []byte("hello, world\n")
	for name, w := range map[string]stdio.Writer{"direct": stdio.Discard, "goroutine": struct{ stdio.Writer }{stdio.Discard}} {
		b.Run(name, func(b *testing.B) {
			ctx, _ := newGuest(b, component.Limits{})
			s := io.NewOutput(io.NewWriter(w))
			b.ReportAllocs()
			for b.Loop() {
				_ = s.BlockingWriteAndFlush(ctx, line)
			}
		})
	}
}
