package keyvalue_test

import (
	"crypto/sha256"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/backends/inmem"
	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/streams"
	"github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/types"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/keyvalue"
)

// bytesOf makes n bytes that are unlikely to be found elsewhere.
func bytesOf(n int) string {
	r := rand.NewChaCha8(sha256.Sum256([]byte{byte(n), byte(n >> 8), byte(n >> 16)}))
	b := make([]byte, n)
	r.Read(b)
	return string(b)
}

// view makes a key that is a view of memory, as guests give them.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func everyByte() string {
	var b strings.Builder
	for i := range 256 {
		b.WriteByte(byte(i))
	}
	return b.String()
}

func TestBehaviour15RoundTrip(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		for _, body := range []string{"", "x", bytesOf(4096), bytesOf(4097), bytesOf(1 << 20), everyByte()} {
			g.set("k", body, noTTL)
			f, err := g.kv.Get(g.ctx, "k")
			g.must(err)
			g.wait(f.ListenToFutureGetResult)
			r, trace := outcome(g, f.FutureGetResultGet)
			if trace != "" || !r.Some {
				t.Fatalf("%d bytes: %v, %q", len(body), r, trace)
			}
			if n, err := r.Value.IncomingValueSize(g.ctx); err != nil || n != uint64(len(body)) {
				t.Errorf("size = %d, %v; want %d", n, err, len(body))
			}
			if got := g.consume(r.Value); got != body {
				t.Errorf("%d bytes came back as %d others", len(body), len(got))
			}
			g.drop(f)
		}
	})
}

// openValue makes a value with a body stream.
func (g *guest) openValue() (types.OutgoingValue, streams.OutputStream) {
	g.t.Helper()
	v, err := g.types.OutgoingValueNewOutgoingValue(g.ctx)
	g.must(err)
	s, err := v.OutgoingValueWriteBodyAsync(g.ctx)
	g.must(err)
	return v, s
}

// setValue stores what a value holds.
func (g *guest) setValue(k string, v types.OutgoingValue) {
	g.t.Helper()
	f, err := g.kv.Set(g.ctx, k, v, noTTL)
	g.must(err)
	g.done(f)
}

func TestBehaviour16ChunkedWrite(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		body := bytesOf(100_000)
		v, s := g.openValue()
		for rest := body; rest != ""; {
			n := min(len(rest), 4096)
			g.must(s.BlockingWriteAndFlush(g.ctx, []byte(rest[:n])))
			rest = rest[n:]
		}
		g.must(s.Flush(g.ctx))
		p, err := s.Subscribe(g.ctx)
		g.must(err)
		g.must(p.Block(g.ctx))
		g.drop(p, s)
		g.setValue("k", v)
		g.drop(v)
		g.want("k", body)
	})
}

func TestBehaviour17SetOfOpenStream(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		v, s := g.openValue()
		g.setValue("empty", v)
		g.write(s, "first")
		f, err := g.kv.Set(g.ctx, "k", v, noTTL)
		g.must(err)
		g.write(s, ", second")
		g.done(f)
		g.want("empty", "")
		g.want("k", "first")
		g.setValue("k", v)
		g.want("k", "first, second")
		g.drop(s, v)
	})
}

func TestBehaviour18DropAfterSet(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		v := g.value("v")
		f, err := g.kv.Set(g.ctx, "k", v, noTTL)
		g.must(err)
		g.drop(v)
		g.value("another, which may be given the memory of the first")
		g.done(f)
		g.want("k", "v")
		g.end()
	})
}

// The host has its own copy of what a guest wrote.
func TestSetCopiesGuestMemory(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		memory := []byte("value")
		key := []byte("k")
		v, err := g.types.OutgoingValueNewOutgoingValue(g.ctx)
		g.must(err)
		g.must(v.OutgoingValueWriteBodySync(g.ctx, memory))
		copy(memory, "XXXXX")
		f, err := g.kv.Set(g.ctx, view(key), v, noTTL)
		g.must(err)
		copy(key, "X")
		g.done(f)
		g.drop(v)
		g.want("k", "value")
		g.wantAbsent("X")

		copy(key, "k")
		get, err := g.kv.Get(g.ctx, view(key))
		g.must(err)
		copy(key, "X")
		g.wait(get.ListenToFutureGetResult)
		if r, trace := outcome(g, get.FutureGetResultGet); !r.Some {
			t.Fatalf("got %v, %q", r, trace)
		} else {
			g.drop(r.Value)
		}
		g.drop(get)
	})
}

func TestBehaviour19OneValueTwoKeys(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		v := g.value("v")
		g.setValue("a", v)
		g.setValue("b", v)
		g.drop(v)
		g.delete("a")
		g.want("b", "v")
	})
}

func TestBehaviour20SecondWriteIsAnError(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		atOnce := g.value("v")
		streamed, s := g.openValue()
		g.write(s, "v")
		for _, v := range []types.OutgoingValue{atOnce, streamed} {
			g.failed(v.OutgoingValueWriteBodySync(g.ctx, []byte("other")))
			_, err := v.OutgoingValueWriteBodyAsync(g.ctx)
			g.failed(err)
			g.setValue("k", v)
			g.want("k", "v")
		}
		g.drop(s)
		g.failed(streamed.OutgoingValueWriteBodySync(g.ctx, []byte("other")))
		g.drop(atOnce, streamed)
	})
}

func TestBehaviour21NeverWrittenIsEmpty(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		v, err := g.types.OutgoingValueNewOutgoingValue(g.ctx)
		g.must(err)
		g.setValue("k", v)
		g.drop(v)
		g.want("k", "")
		if !g.exists("k") {
			t.Error("an empty value does not exist")
		}
		v, s := g.openValue()
		g.drop(s)
		g.setValue("k", v)
		g.drop(v)
		g.want("k", "")
	})
}

// fetch gets a value without consuming it.
func (g *guest) fetch(k string) types.IncomingValue {
	g.t.Helper()
	f, err := g.kv.Get(g.ctx, k)
	g.must(err)
	g.wait(f.ListenToFutureGetResult)
	r, trace := outcome(g, f.FutureGetResultGet)
	if !r.Some {
		g.t.Fatalf("get(%q): %v, %q", k, r, trace)
	}
	g.drop(f)
	return r.Value
}

func TestBehaviour22SecondConsumeIsAnError(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		g.set("k", "value", noTTL)
		size := func(v types.IncomingValue) {
			t.Helper()
			if n, err := v.IncomingValueSize(g.ctx); err != nil || n != 5 {
				t.Errorf("size = %d, %v; want 5", n, err)
			}
		}
		for _, first := range []bool{false, true} {
			for _, second := range []bool{false, true} {
				v := g.fetch("k")
				size(v)
				consume := func(async bool) error {
					if async {
						s, err := v.IncomingValueConsumeAsync(g.ctx)
						if err == nil {
							defer g.drop(s)
							if got := g.read(s, 3); got != "value" {
								t.Errorf("read %q", got)
							}
						}
						return err
					}
					b, err := v.IncomingValueConsumeSync(g.ctx)
					if err == nil && string(b) != "value" {
						t.Errorf("consumed %q", b)
					}
					return err
				}
				g.must(consume(first))
				size(v)
				g.failed(consume(second))
				size(v)
				g.drop(v)
			}
		}
	})
}

func TestBehaviour23StreamEnd(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		for _, body := range []string{"", "value"} {
			g.set("k", body, noTTL)
			v := g.fetch("k")
			s, err := v.IncomingValueConsumeAsync(g.ctx)
			g.must(err)
			if body != "" {
				if b, err := s.Read(g.ctx, 0); err != nil || len(b) != 0 {
					t.Errorf("read(0) = %q, %v", b, err)
				}
			}
			if b, err := s.Read(g.ctx, math.MaxUint64); string(b) != body || (err != nil) != (body == "") {
				t.Errorf("read(u64::MAX) = %q, %v", b, err)
			}
			for range 2 {
				if _, err := s.Read(g.ctx, 10); streamError(err) != streams.StreamErrorTagClosed {
					t.Errorf("at the end: %v, want closed", err)
				}
				if _, err := s.BlockingSkip(g.ctx, math.MaxUint64); streamError(err) != streams.StreamErrorTagClosed {
					t.Errorf("at the end: %v, want closed", err)
				}
			}
			p, err := s.Subscribe(g.ctx)
			g.must(err)
			g.must(p.Block(g.ctx))
			g.drop(p, s, v)
		}
	})
}

func TestBehaviour24IncomingValueIsStable(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		change := map[string]func(){
			"overwrite": func() { g.set("k", "other", noTTL) },
			"delete":    func() { g.delete("k") },
			"expiry":    func() { time.Sleep(time.Minute) },
		}
		for name, do := range change {
			g.set("k", "value", ttl(30*time.Second))
			v := g.fetch("k")
			do()
			if n, err := v.IncomingValueSize(g.ctx); err != nil || n != 5 {
				t.Errorf("%s: size = %d, %v", name, n, err)
			}
			if got := g.consume(v); got != "value" {
				t.Errorf("%s: got %q", name, got)
			}
		}
	})
}

func TestBehaviour25StreamOutlivesValue(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		g.set("k", "value", noTTL)
		v := g.fetch("k")
		s, err := v.IncomingValueConsumeAsync(g.ctx)
		g.must(err)
		b, err := s.Read(g.ctx, 2)
		g.must(err)
		if string(b) != "va" {
			t.Errorf("read %q", b)
		}
		g.drop(v)
		g.set("k", "other", noTTL)
		g.want("k", "other") // may be given the memory of v
		if got := g.read(s, 1); got != "lue" {
			t.Errorf("read %q", got)
		}
		g.drop(s)
	})
}

func TestBehaviour26WriteBeyondPermitTraps(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		v, s := g.openValue()
		if err := s.Write(g.ctx, []byte("x")); !trapped(err) {
			t.Errorf("without a permit: %v, want a trap", err)
		}
		n, err := s.CheckWrite(g.ctx)
		g.must(err)
		if err := s.Write(g.ctx, make([]byte, n+1)); !trapped(err) {
			t.Errorf("beyond the permit: %v, want a trap", err)
		}
		if err := s.BlockingWriteAndFlush(g.ctx, make([]byte, 4097)); !trapped(err) {
			t.Errorf("blocking-write-and-flush of 4097 bytes: %v, want a trap", err)
		}
		g.drop(s, v)
	})
}

func TestBehaviour27OversizeValue(t *testing.T) {
	over(t, backends.Config{MaxValueBytes: 10_000}, func(t *testing.T, g *guest) {
		g.set("k", "before", noTTL)

		// At once.
		v, err := g.types.OutgoingValueNewOutgoingValue(g.ctx)
		g.must(err)
		if trace := g.failed(v.OutgoingValueWriteBodySync(g.ctx, make([]byte, 10_001))); !strings.Contains(trace, "10001 bytes") || !strings.Contains(trace, "10000") {
			t.Errorf("trace %q", trace)
		}
		f, err := g.kv.Set(g.ctx, "k", v, noTTL)
		g.must(err)
		if g.result(f) == "" {
			t.Error("a value whose write failed was stored")
		}
		g.want("k", "before")
		g.must(v.OutgoingValueWriteBodySync(g.ctx, make([]byte, 10_000)))
		g.setValue("at the limit", v)
		g.want("at the limit", string(make([]byte, 10_000)))
		g.drop(v)

		// By a stream.
		v, s := g.openValue()
		g.write(s, bytesOf(10_000))
		_, err = s.CheckWrite(g.ctx)
		g.must(err)
		err = s.Write(g.ctx, []byte("x"))
		fail, ok := component.AsFailure[streams.StreamError](err)
		if !ok || fail.Err.Tag != streams.StreamErrorTagLastOperationFailed {
			t.Fatalf("over the limit: %v, want last-operation-failed", err)
		}
		if text, _ := fail.Err.LastOperationFailed.ToDebugString(g.ctx); text == "" {
			t.Error("the stream's error says nothing")
		}
		if _, err := s.CheckWrite(g.ctx); streamError(err) != streams.StreamErrorTagClosed {
			t.Errorf("after the failure: %v, want closed", err)
		}
		f, err = g.kv.Set(g.ctx, "k", v, noTTL)
		g.must(err)
		if trace := g.result(f); !strings.Contains(trace, "10000") {
			t.Errorf("a value whose stream failed: %q", trace)
		}
		g.want("k", "before")
		g.drop(s, v)
	})
}

// What a guest keeps of values outside its memory is bounded, and comes back
// with what it drops or consumes.
func TestHeldValuesAreBounded(t *testing.T) {
	const size = 1000
	cfg := backends.Config{MaxValueBytes: size}
	overLimited(t, cfg, component.Limits{Futures: 3}, func(t *testing.T, g *guest) {
		v := g.value(bytesOf(size)) // 1
		g.setValue("k", v)
		a := g.fetch("k") // 2
		b := g.fetch("k") // 3
		if trace := g.getTrace("k"); !strings.Contains(trace, "3000 bytes") {
			t.Errorf("trace %q", trace)
		}
		o, err := g.types.OutgoingValueNewOutgoingValue(g.ctx)
		g.must(err)
		g.failed(o.OutgoingValueWriteBodySync(g.ctx, []byte("x")))
		_, err = o.OutgoingValueWriteBodyAsync(g.ctx)
		g.failed(err)

		_, err = b.IncomingValueConsumeSync(g.ctx)
		g.must(err)
		s, err := o.OutgoingValueWriteBodyAsync(g.ctx)
		g.must(err)
		g.write(s, "x")
		body, err := a.IncomingValueConsumeAsync(g.ctx) // the stream is charged instead
		g.must(err)
		g.drop(a)
		if g.getTrace("k") == "" {
			t.Error("the stream of a value is not charged")
		}
		g.drop(body, v, b, s, o)
		if n := keyvalue.HeldBytes(g.inner, g.store); n != 0 {
			t.Errorf("%d bytes are left", n)
		}
	})
}

func TestBehaviour28Keys(t *testing.T) {
	over(t, backends.Config{}, func(t *testing.T, g *guest) {
		keys := []string{
			"", "\x00", "a\x00", "a", "\U0001F511", "caf\u00e9", "cafe\u0301", "{}", "{a}", ":", "a:b", "\n", "a\nb",
			strings.Repeat("k", backends.DefaultMaxKeyBytes), strings.Repeat("\u00e9", backends.DefaultMaxKeyBytes/2),
		}
		for i, k := range keys {
			g.set(k, string(rune('A'+i)), noTTL)
		}
		for i, k := range keys {
			g.want(k, string(rune('A'+i)))
		}
		g.delete("")
		g.wantAbsent("")
		g.want("\x00", "B")
	})
}

func TestBehaviour29KeyOverTheLimit(t *testing.T) {
	eachKind(t, func(t *testing.T, g *guest, start func(string) started) {
		f := start(strings.Repeat("k", backends.DefaultMaxKeyBytes+1))
		g.wait(f.listen)
		if trace := f.trace(); !strings.Contains(trace, "1025 bytes") || !strings.Contains(trace, "1024") {
			t.Errorf("trace %q", trace)
		}
		g.drop(f.future)
	})
}

func TestBehaviour63EvictionIsAMiss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := backends.New(inmem.New(inmem.Options{MaxBytes: 1 << 20}), backends.Config{})
		defer c.Close()
		g := newGuest(t, c, "", component.Limits{})
		defer g.end()
		body := bytesOf(10_000)
		for i := range 1000 {
			g.set(string(rune('a'+i)), body, noTTL)
		}
		found := 0
		for i := range 1000 {
			got, ok := g.get(string(rune('a' + i)))
			if ok {
				found++
				if got != body {
					t.Fatal("another value came back")
				}
			}
		}
		if found == 0 || found > 500 {
			t.Errorf("%d values of 10 kB are left in 1 MiB", found)
		}
	})
}
