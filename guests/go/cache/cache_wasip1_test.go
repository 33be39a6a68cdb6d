package cache

// These tests are a guest: they run where a host has a cache.
//
//	GOOS=wasip1 GOARCH=wasm go test -count=1 -exec 'wasikv run' ./cache

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"
)

func key(t *testing.T) string { return t.Name() + " " + time.Now().String() }

func want[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused checks for an error of the host's, with a trace.
func refused(t *testing.T, what string, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Trace == "" {
		t.Fatalf("%s: error %v, want an *Error with a trace", what, err)
	}
	return e
}

func TestGetSetExistsDelete(t *testing.T) {
	k := key(t)
	for _, value := range [][]byte{nil, {0}, []byte("flat white"), bytes.Repeat([]byte{0xff, 0}, 50_000)} {
		must(t, Set(k, value, Forever))
		got, ok, err := Get(k)
		must(t, err)
		want(t, "found", ok, true)
		if !bytes.Equal(got, value) {
			t.Errorf("got %d bytes, set %d", len(got), len(value))
		}
		there, err := Exists(k)
		must(t, err)
		want(t, "exists", there, true)
	}
	for range 2 {
		must(t, Delete(k))
		_, ok, err := Get(k)
		must(t, err)
		want(t, "found after delete", ok, false)
		there, err := Exists(k)
		must(t, err)
		want(t, "exists after delete", there, false)
	}
}

func TestErrorsNameOperationAndKey(t *testing.T) {
	long := strings.Repeat("k", 1<<16)
	_, err := Exists(long)
	e := refused(t, "a long key", err)
	want(t, "operation", e.Op, "exists")
	want(t, "key", e.Key, long)
	err = Set("large", make([]byte, 2<<20), Forever)
	e = refused(t, "a large value", err)
	want(t, "operation", e.Op, "set")
	want(t, "key", e.Key, "large")
	if !strings.HasPrefix(err.Error(), `cache: set "large": `) {
		t.Errorf("the message is %q", err)
	}
}

func TestValueIsConsumedOnceAndKeepsItsSize(t *testing.T) {
	k := key(t)
	must(t, Set(k, []byte("flat white"), Forever))
	v, err := StartGet(k).Wait()
	must(t, err)
	defer v.Drop()
	for range 2 {
		n, err := v.Size()
		must(t, err)
		want(t, "size", n, 10)
		b, err := v.ConsumeSync()
		if n, _ := v.Size(); n != 10 {
			t.Errorf("size %d after it was consumed", n)
		}
		if err == nil {
			want(t, "value", string(b), "flat white")
			continue
		}
		refused(t, "a second consume", err)
	}
	_, err = v.ConsumeAsync()
	refused(t, "a third consume", err)
	must(t, Delete(k))
}

func TestStreams(t *testing.T) {
	k := key(t)
	body := make([]byte, 300_000)
	for i := range body {
		body[i] = byte(i * 7)
	}
	must(t, SetFrom(k, oneByteThenTheRest(body), Forever))
	var got bytes.Buffer
	n, ok, err := GetTo(k, &got)
	must(t, err)
	want(t, "found", ok, true)
	want(t, "bytes", n, int64(len(body)))
	want(t, "the same", bytes.Equal(got.Bytes(), body), true)

	_, ok, err = GetTo(k+" absent", &got)
	must(t, err)
	want(t, "found", ok, false)

	broken := errors.New("broken pipe to the kitchen")
	err = SetFrom(k+" broken", io.MultiReader(strings.NewReader("soup"), failing{broken}), Forever)
	want(t, "the reader's error", errors.Is(err, broken), true)
	there, err := Exists(k + " broken")
	must(t, err)
	want(t, "stored", there, false)

	refused(t, "a stream over the limit", SetFrom(k, io.LimitReader(zeros{}, 2<<20), Forever))
}

func oneByteThenTheRest(b []byte) io.Reader {
	return io.MultiReader(bytes.NewReader(b[:1]), bytes.NewReader(b[1:]))
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestClosedStreams(t *testing.T) {
	v := NewOutgoingValue()
	defer v.Drop()
	out, err := v.WriteBodyAsync()
	must(t, err)
	_, err = v.WriteBodyAsync()
	refused(t, "a second body", err)
	must(t, out.Close())
	must(t, out.Close())
	_, err = out.Write([]byte("late"))
	want(t, "write after close", errors.Is(err, io.ErrClosedPipe), true)
	want(t, "flush after close", errors.Is(out.Flush(), io.ErrClosedPipe), true)

	k := key(t)
	_, err = StartSetValue(k, v, Forever).Wait()
	must(t, err)
	in, err := StartGet(k).Wait()
	must(t, err)
	defer in.Drop()
	s, err := in.ConsumeAsync()
	must(t, err)
	_, err = s.Read(make([]byte, 1))
	want(t, "end", err, io.EOF)
	must(t, s.Close())
	must(t, s.Close())
	_, err = s.Read(make([]byte, 1))
	want(t, "read after close", errors.Is(err, io.ErrClosedPipe), true)
}

func TestTTL(t *testing.T) {
	k := key(t)
	must(t, Set(k, []byte("soup"), For(200*time.Millisecond)))
	_, ok, err := Get(k)
	must(t, err)
	want(t, "found at once", ok, true)
	time.Sleep(400 * time.Millisecond)
	_, ok, err = Get(k)
	must(t, err)
	want(t, "found later", ok, false)
	must(t, Set(k, []byte("soup"), Forever))
	must(t, Set(k, []byte("soup"), For(0)))
	_, ok, err = Get(k)
	must(t, err)
	want(t, "found after a TTL of zero", ok, false)
}

func TestGetOrSet(t *testing.T) {
	k := key(t)
	failed := errors.New("the kitchen is closed")
	_, _, err := GetOrSet(k, Forever, func() ([]byte, error) { return nil, failed })
	want(t, "compute's error", err, failed)
	func() {
		defer func() { want(t, "compute's panic", recover(), "fire") }()
		_, _, _ = GetOrSet(k, Forever, func() ([]byte, error) { panic("fire") })
	}()
	value, hit, err := GetOrSet(k, Forever, func() ([]byte, error) { return []byte("soup"), nil })
	must(t, err)
	want(t, "hit", hit, false)
	want(t, "value", string(value), "soup")
	value, hit, err = GetOrSet(k, Forever, func() ([]byte, error) { return nil, failed })
	must(t, err)
	want(t, "hit", hit, true)
	want(t, "value", string(value), "soup")

	large := make([]byte, 2<<20)
	value, hit, err = GetOrSet(k+" large", Forever, func() ([]byte, error) { return large, nil })
	refused(t, "storing a large value", err)
	want(t, "hit", hit, false)
	want(t, "value is given all the same", len(value), len(large))
}

func TestVacancyFilledByStream(t *testing.T) {
	k := key(t)
	entry, err := StartGetOrSet(k).Wait()
	must(t, err)
	defer entry.Drop()
	waiting := StartGetOrSet(k)
	defer waiting.Drop()
	v := entry.Vacant.Fill(Forever)
	defer v.Drop()
	s, err := v.WriteBodyAsync()
	must(t, err)
	_, err = io.WriteString(s, "soup")
	must(t, err)
	want(t, "ready before the value is there", waiting.Ready(), false)
	must(t, s.Close())
	second, err := waiting.Wait()
	must(t, err)
	if second.Occupied == nil {
		t.Fatal("the waiter got a vacancy")
	}
	b, err := second.Occupied.ConsumeSync()
	must(t, err)
	want(t, "value", string(b), "soup")
	second.Drop()
}

func TestDroppedVacancyPromotesOne(t *testing.T) {
	k := key(t)
	entry, err := StartGetOrSet(k).Wait()
	must(t, err)
	StartGetOrSet(k).Drop() // leaves the queue, if it has come to it
	waiting := []*Future[Entry]{StartGetOrSet(k), StartGetOrSet(k)}
	time.Sleep(50 * time.Millisecond)
	want(t, "the first is ready", waiting[0].Ready(), false)
	want(t, "the second is ready", waiting[1].Ready(), false)
	entry.Drop()
	entry.Drop()
	// Whichever the store heard of first is promoted, and only that.
	first := WaitAny(waiting...)
	next, err := waiting[first].Wait()
	must(t, err)
	if next.Vacant == nil {
		t.Fatal("the next waiter found a value that nobody wrote")
	}
	time.Sleep(50 * time.Millisecond)
	want(t, "the other is ready", waiting[1-first].Ready(), false)
	next.Drop()
	// Dropped with an answer that Wait has not given away, it gives the vacancy back.
	WaitAll(waiting[1-first])
	waiting[1-first].Drop()
	again, err := StartGetOrSet(k).Wait()
	must(t, err)
	want(t, "vacant again", again.Vacant != nil, true)
	again.Drop()
}

func TestWaiting(t *testing.T) {
	k := key(t)
	var gets []*Future[*IncomingValue]
	for range 200 { // a host lets 256 be under way
		gets = append(gets, StartGet(k))
	}
	WaitAll(gets...)
	for i, g := range gets {
		want(t, "ready", g.Ready(), true)
		v, err := g.Wait()
		if v != nil || err != nil {
			t.Fatalf("get %d gave %v, %v", i, v, err)
		}
	}
	want(t, "none to wait for", WaitAny[Waiter](), -1)

	entry, err := StartGetOrSet(k).Wait()
	must(t, err)
	defer entry.Drop()
	waiting := StartGetOrSet(k)
	defer waiting.Drop()
	begin := time.Now()
	timeout := After(100 * time.Millisecond)
	defer timeout.Drop()
	want(t, "the first to be ready", WaitAny[Waiter](waiting, timeout), 1)
	if d := time.Since(begin); d < 100*time.Millisecond {
		t.Errorf("the timeout came after %v", d)
	}
	want(t, "the timer stays ready", timeout.Ready(), true)
	past := After(-time.Second)
	WaitAll[Waiter](past, timeout, StartExists(k))
	past.Drop()
}

// Values arrive by cabi_realloc in the middle of a call, while stacks grow and
// the collector runs.
func TestCallsWhileMemoryMoves(t *testing.T) {
	k := key(t)
	value := bytes.Repeat([]byte("espresso"), 1000)
	must(t, Set(k, value, Forever))
	var garbage [][]byte
	for i := range 300 {
		done := make(chan error)
		go func() { done <- deep(i%64, k, value) }()
		for range 10 {
			garbage = append(garbage, make([]byte, 10_000))
		}
		if len(garbage) > 500 {
			garbage = nil
			runtime.GC()
		}
		must(t, <-done)
	}
}

// deep gets the key at the end of a stack of frames that no new goroutine has
// room for.
func deep(n int, k string, value []byte) error {
	var frame [256]byte
	for i := range frame {
		frame[i] = byte(n)
	}
	err := error(nil)
	if n > 0 {
		err = deep(n-1, k, value)
	} else if got, ok, failed := Get(k); failed != nil || !ok || !bytes.Equal(got, value) {
		err = errors.Join(failed, errors.New("the value did not come back as it was"))
	}
	for i := range frame {
		if frame[i] != byte(n) {
			return errors.New("a stack frame was overwritten")
		}
	}
	return err
}
