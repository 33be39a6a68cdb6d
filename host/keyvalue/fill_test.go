package keyvalue_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/backends/inmem"
	"github.com/wasikv/wasikv/host/component"
)

// moody is a store whose writes fail as long as err is set.
type moody struct {
	backends.CacheStore
	err error
}

func (m *moody) Set(ctx context.Context, namespace, key string, value []byte, ttl time.Duration) error {
	if m.err != nil {
		return m.err
	}
	return m.CacheStore.Set(ctx, namespace, key, value, ttl)
}

// withMoody runs a test over a store that waits and fails.
func withMoody(t *testing.T, test func(t *testing.T, g *guest, store *moody)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		memory := inmem.New(inmem.Options{Latency: latency})
		defer memory.Close()
		store := &moody{CacheStore: memory}
		c := backends.New(store, backends.Config{})
		defer c.Close()
		g := newGuest(t, c, "", component.Limits{})
		defer g.end()
		test(t, g, store)
	})
}

// A synchronous write says that the store failed, and can be tried again.
func TestFillOfFailingStore(t *testing.T) {
	withMoody(t, func(t *testing.T, g *guest, store *moody) {
		o, err := g.vacant("k").VacancyFill(g.ctx, noTTL)
		g.must(err)
		store.err = backends.ErrUnavailable
		err = o.OutgoingValueWriteBodySync(g.ctx, []byte("v"))
		trace := g.failed(err)
		if !strings.Contains(trace, "cannot be reached") {
			t.Errorf("trace %q", trace)
		}
		if err.Error() != trace {
			t.Errorf("the Go error says %q", err)
		}
		store.err = nil
		f := g.ask("k")
		g.pending(f) // the vacancy is still held
		g.must(o.OutgoingValueWriteBodySync(g.ctx, []byte("v")))
		g.wantOccupied(f, "v")
		g.drop(o)
	})
}

// A stream whose value cannot be stored passes the vacancy on.
func TestStreamOfFailingStore(t *testing.T) {
	withMoody(t, func(t *testing.T, g *guest, store *moody) {
		o, err := g.vacant("k").VacancyFill(g.ctx, noTTL)
		g.must(err)
		s, err := o.OutgoingValueWriteBodyAsync(g.ctx)
		g.must(err)
		g.write(s, "v")
		f := g.ask("k")
		g.pending(f)
		store.err = backends.ErrTimeout
		g.drop(s, o)
		g.wantAbsent("k")
		store.err = nil
		g.fill(g.wantVacant(f), "w", noTTL)
		g.want("k", "w")
	})
}

// A fill that waits for the store ends with the context of the call.
func TestFillEndsWithContext(t *testing.T) {
	withMoody(t, func(t *testing.T, g *guest, store *moody) {
		v := g.vacant("k")
		o, err := v.VacancyFill(g.ctx, noTTL)
		g.must(err)
		ctx, cancel := context.WithTimeout(g.ctx, latency/2)
		defer cancel()
		if err := o.OutgoingValueWriteBodySync(ctx, []byte("v")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the error of the context", err)
		}
		g.drop(o, v)
	})
}
