package backends_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wasikv/wasikv/backends"
)

// act is one thing a guest does, drawn before it happens so that a failure can be replayed.
type act struct {
	kind  string
	key   string
	after time.Duration // since the previous one
	hold  time.Duration // how long a granted vacancy is kept
	end   string        // how it is ended
	limit time.Duration // of the get-or-set; 0: none
	ttl   backends.TTL
}

func drawActs(t *rapid.T) [][]act {
	millis := func(t *rapid.T, name string, most int) time.Duration {
		return time.Duration(rapid.IntRange(0, most).Draw(t, name)) * time.Millisecond
	}
	one := rapid.Custom(func(t *rapid.T) act {
		a := act{
			kind: rapid.SampledFrom([]string{"get-or-set", "get-or-set", "get-or-set", "acquire", "set", "delete", "get", "clear"}).Draw(t, "kind"),
			key:  rapid.SampledFrom([]string{"a", "b"}).Draw(t, "key"),
			end:  rapid.SampledFrom([]string{"fill", "fill", "fill", "release", "forget", "fill twice"}).Draw(t, "end"),
			ttl:  rapid.SampledFrom([]backends.TTL{{}, backends.TTLMillis(0), backends.TTLMillis(30), backends.TTLMillis(300)}).Draw(t, "ttl"),
		}
		a.after = millis(t, "after", 120)
		a.hold = millis(t, "hold", 150)
		if rapid.IntRange(0, 3).Draw(t, "limited") == 0 {
			a.limit = millis(t, "limit", 200) + 1
		}
		return a
	})
	return rapid.SliceOfN(rapid.SliceOfN(one, 1, 8), 1, 6).Draw(t, "guests")
}

// TestRendezvousProperties has guests do random things at random times and holds what they see
// against the promises: P1 no value out of thin air, P2 at most one live vacancy per key, P3 and P4
// nobody waits forever, P5 a fill that was refused is never seen, P7 nothing is left behind.
func TestRendezvousProperties(t *testing.T) {
	const timeout = 100 * time.Millisecond
	for _, maxWait := range []time.Duration{0, 250 * time.Millisecond} {
		cfg := backends.Config{VacancyTimeout: timeout, MaxWait: maxWait}
		overStores(t, cfg, func(b *bed) {
			rapid.Check(inBubble{b.T}, func(t *rapid.T) {
				guests := drawActs(t)
				if err := b.Clear(b.ctx); err != nil {
					t.Fatal(err)
				}
				w := &world{bed: b, patience: time.Duration(len(guests)+1)*(timeout+10*latency) + time.Second}
				var wg sync.WaitGroup
				for id, acts := range guests {
					wg.Go(func() {
						for step, a := range acts {
							time.Sleep(a.after)
							w.do(a, fmt.Sprintf("%s by %d.%d", a.key, id, step))
						}
					})
				}
				wg.Wait()
				time.Sleep(timeout + 10*latency) // forgotten vacancies end
				w.judge()
				if n := b.Cache().Meetings(); n != 0 {
					w.wrong("%d keys still have something going on", n)
				}
				for _, wrong := range w.wrongs {
					t.Error(wrong)
				}
			})
		})
	}
}

// inBubble hides the test's Deadline, which must not be asked for inside a synctest bubble.
type inBubble struct{ rapid.TB }

// world is what one run has seen.
type world struct {
	*bed
	patience time.Duration

	mu       sync.Mutex
	wrongs   []string
	held     []*grant
	written  map[string]bool // values a write was tried with
	refused  map[string]bool // values a fill was refused with
	observed map[string]string
}

type grant struct {
	*backends.Vacancy
	key string
}

func (w *world) wrong(format string, args ...any) {
	w.wrongs = append(w.wrongs, fmt.Sprintf(format, args...))
}

func (w *world) locked(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

func (w *world) do(a act, value string) {
	switch a.kind {
	case "get":
		got, ok, err := w.Get(w.ctx, a.key)
		w.saw(a.key, got, ok, err)
	case "set":
		w.writing(value)
		w.must(w.Set(w.ctx, a.key, []byte(value), a.ttl))
	case "delete":
		w.must(w.Delete(w.ctx, a.key))
	case "clear":
		w.must(w.Clear(w.ctx))
	case "get-or-set":
		ctx, cancel := w.ctx, context.CancelFunc(func() {})
		if a.limit > 0 {
			ctx, cancel = context.WithTimeout(w.ctx, a.limit)
		}
		defer cancel()
		start := time.Now()
		entry, err := w.GetOrSet(ctx, a.key)
		w.inTime(start, a)
		if a.limit > 0 && errors.Is(err, context.DeadlineExceeded) {
			return
		}
		w.got(a, entry, err, value)
	case "acquire":
		settled := make(chan struct{})
		start := time.Now()
		entry, waiter, err := w.Acquire(a.key, func() { close(settled) })
		if waiter == nil {
			w.got(a, entry, err, value)
			return
		}
		if a.limit > 0 {
			time.Sleep(a.limit)
			waiter.Cancel()
			return
		}
		<-settled
		w.inTime(start, a)
		entry, ok, err := waiter.Take()
		if !ok {
			w.locked(func() { w.wrong("%+v: notified of nothing", a) })
		}
		w.got(a, entry, err, value)
	}
}

func (w *world) must(err error) {
	if err != nil {
		w.locked(func() { w.wrong("%v", err) })
	}
}

func (w *world) inTime(start time.Time, a act) {
	if took := time.Since(start); took > w.patience {
		w.locked(func() { w.wrong("%+v took %v", a, took) })
	}
}

func (w *world) writing(value string) {
	w.locked(func() {
		if w.written == nil {
			w.written, w.refused, w.observed = map[string]bool{}, map[string]bool{}, map[string]string{}
		}
		w.written[value] = true
	})
}

func (w *world) saw(key string, value []byte, ok bool, err error) {
	w.must(err)
	if ok {
		w.locked(func() {
			if w.observed == nil {
				w.observed = map[string]string{}
			}
			w.observed[string(value)] = key
		})
	}
}

// got goes on from what a get-or-set ended with.
func (w *world) got(a act, entry backends.Entry, err error, value string) {
	if err != nil || entry.Occupied() {
		w.saw(a.key, entry.Value, err == nil, err)
		return
	}
	v := entry.Vacancy
	if v.Exclusive() {
		w.locked(func() {
			for _, other := range w.held {
				if other.key == a.key && other.Held() && v.Held() {
					w.wrong("P2: two live vacancies of %q", a.key)
				}
			}
			w.held = append(w.held, &grant{v, a.key})
		})
	}
	time.Sleep(a.hold)
	switch a.end {
	case "forget":
		if !v.Exclusive() {
			v.Release() // it has no timeout
		}
	case "release":
		v.Release()
		v.Release()
	case "fill":
		w.fillAs(v, value, a.ttl)
	case "fill twice":
		w.fillAs(v, value, a.ttl)
		w.fillAs(v, value+" again", backends.TTL{})
	}
}

func (w *world) fillAs(v *backends.Vacancy, value string, ttl backends.TTL) {
	w.writing(value)
	err := v.Fill(w.ctx, []byte(value), ttl)
	if errors.Is(err, backends.ErrVacancyLost) {
		w.locked(func() { w.refused[value] = true })
		return
	}
	w.must(err)
}

func (w *world) judge() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for value, key := range w.observed {
		switch {
		case !w.written[value]:
			w.wrong("P1: %q was never written", value)
		case value[:1] != key:
			w.wrong("P1: %q was seen under %q", value, key)
		case w.refused[value]:
			w.wrong("P5: %q was refused and seen all the same", value)
		}
	}
	for _, g := range w.held {
		if g.Held() {
			w.wrong("P4: a vacancy of %q never ended", g.key)
		}
	}
}

// TestRendezvousRace is the same without a plan, on real time, for the race detector.
func TestRendezvousRace(t *testing.T) {
	for _, rawURL := range []string{"mem:?vacancy-timeout=5ms", "mem:?vacancy-timeout=5ms&latency=100us", "mem:?vacancy-timeout=5ms&max-wait=2ms"} {
		t.Run(rawURL, func(t *testing.T) {
			cache, err := backends.Open(t.Context(), rawURL)
			if err != nil {
				t.Fatal(err)
			}
			defer closeIdle(t, cache)
			b := newBed(t, cache)
			w := &world{bed: b, patience: time.Minute}
			until := time.Now().Add(300 * time.Millisecond)
			kinds := []string{"get-or-set", "acquire", "get-or-set", "set", "get-or-set", "delete", "get", "get-or-set", "acquire", "clear"}
			ends := []string{"fill", "release", "fill twice", "fill", "forget"}
			var wg sync.WaitGroup
			for id := range 16 {
				wg.Go(func() {
					for i := id; time.Now().Before(until); i++ {
						a := act{kind: kinds[i%len(kinds)], key: "ab"[i%2 : i%2+1], end: ends[i%len(ends)]}
						if i%7 == 0 {
							a.limit = time.Millisecond
						}
						if i%3 == 0 {
							a.ttl = backends.TTLMillis(uint32(i % 4))
						}
						w.do(a, fmt.Sprintf("%s by %d.%d", a.key, id, i))
					}
				})
			}
			wg.Wait()
			for deadline := time.Now().Add(10 * time.Second); cache.Meetings() > 0 && time.Now().Before(deadline); {
				time.Sleep(time.Millisecond)
			}
			w.judge()
			for _, wrong := range w.wrongs {
				t.Error(wrong)
			}
		})
	}
}
