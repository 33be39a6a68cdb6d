package host_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/host"
)

// writersAndReaders is behaviour 39 across instances, on two hosts: readers that
// run among writers see whole values that somebody wrote.
func writersAndReaders(t *testing.T, s *store, form string) {
	const each = 4
	prefix := uniquePrefix()
	reports := make([]tap, each)
	var wg sync.WaitGroup
	for i := range each {
		home := []*site{s.site, s.peer}[i%2]
		wg.Go(func() {
			home.must(t, guestRun{program: "safety" + form, role: "B39-write", prefix: prefix, number: 1 + i})
		})
		wg.Go(func() {
			reports[i] = home.must(t, guestRun{program: "safety" + form, role: "B39-read", prefix: prefix})
		})
	}
	wg.Wait()
	// After the writers there are values in any case.
	reports = append(reports, s.peer.must(t, guestRun{program: "safety" + form, role: "B39-read", prefix: prefix}))
	var values uint64
	for i := range reports {
		values += reports[i].counted(t, "values read:")
	}
	if values == 0 {
		t.Error("the readers found no value")
	}
}

// tenants is behaviour 40: namespaces that a careless store would mix up, put
// together with keys or by themselves.
func tenants(t *testing.T, s *store, form string) {
	unique := uniquePrefix()
	all := []struct{ namespace, prefix string }{
		{unique, "u:k"},
		{unique + ":u", "k"},
		{unique, "u/k"},
		{unique + "/u", "k"},
		{unique + "*", "k"},
		{unique + "?", "k"},
		{unique + "\x00", "k"},
		{"{" + unique + "}", "k"},
		{strings.ToUpper(unique), "k"},
		{unique + " ", "k"},
	}
	visit := func(i int, role string) {
		home := []*site{s.site, s.peer}[i%2]
		home.must(t, guestRun{
			program: "safety" + form, role: role, namespace: all[i].namespace, prefix: all[i].prefix, number: i,
		})
	}
	for i := range all {
		visit(i, "B40-fill")
	}
	for i := range all {
		visit(i, "B40-check")
	}
	for i := range all {
		visit(i, "B40-clear") // which looks at what the earlier ones left of its own
	}
}

// oneComputation is behaviour 44 with 64 instances that ask at once: the guests
// and the cache's statistics agree on who computed.
func oneComputation(t *testing.T, s *store, form string) {
	const instances = 64
	here, prefix := s.fresh(t), uniquePrefix()
	var wg sync.WaitGroup
	reports := make([]tap, instances)
	for i := range instances {
		wg.Go(func() {
			reports[i] = here.must(t, guestRun{program: "rendezvous" + form, role: "B44-read-through", prefix: prefix, number: i})
		})
	}
	wg.Wait()
	var computed, hit []string
	for i := range reports {
		computed = append(computed, reports[i].noted("computed")...)
		hit = append(hit, reports[i].noted("hit")...)
	}
	if len(computed) != 1 || len(hit) != instances-1 {
		t.Fatalf("%d computed and %d hit, want 1 and %d", len(computed), len(hit), instances-1)
	}
	for _, v := range hit {
		if v != computed[0] {
			t.Errorf("a guest got %q, and %q was computed", v, computed[0])
		}
	}
	stats := here.cache.Stats()
	if stats.Computations != 1 || stats.Filled != 1 || stats.Abandoned+stats.Expired+stats.Superseded != 0 {
		t.Errorf("the cache counts %+v, want one computation, filled", stats)
	}
}

// heirs is behaviour 51: a guest that ends with the vacancy passes it on, in
// whatever way it ends, and commits nothing that it had written to a stream.
func heirs(t *testing.T, s *store, form string) {
	for _, end := range []struct {
		role string
		fits func(error) bool
		// closed tells that only the embedder's Close ends the guest.
		closed bool
	}{
		{role: "B51-trap", fits: func(err error) bool {
			var trap *host.TrapError
			return errors.As(err, &trap)
		}},
		{role: "B51-exit", fits: func(err error) bool {
			var exit *host.ExitError
			return errors.As(err, &exit) && exit.Code == 1
		}},
		{role: "B51-return", closed: true, fits: func(err error) bool {
			return err != nil && strings.Contains(err.Error(), "the guest ended with handles")
		}},
	} {
		t.Run(strings.TrimPrefix(end.role, "B51-"), func(t *testing.T) {
			inherited := make(chan struct{})
			holder := guestRun{program: "rendezvous" + form, role: end.role, ended: func() { await(t, inherited) }}
			if end.closed {
				holder.ended = nil
			}
			inherit(t, s, form, holder, t.Context(), inherited, end.fits)
		})
	}
}

// killedHolder is behaviour 60 for guests: one whose context ends, which nobody
// closes, passes its vacancy on.
func killedHolder(t *testing.T, s *store, form string) {
	ctx, kill := context.WithCancel(t.Context())
	defer kill()
	inherited := make(chan struct{})
	prefix := uniquePrefix()
	holder := guestRun{
		program: "rendezvous" + form, role: "B60-hold", prefix: prefix, ended: func() { await(t, inherited) },
	}
	wg := sync.WaitGroup{}
	wg.Go(func() {
		// The waiter answers in the cache when it waits.
		ns, err := s.cache.Namespace(prefix)
		if err != nil {
			t.Error(err)
			return
		}
		for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
			if _, ok, err := ns.Get(t.Context(), prefix+"/b51/answered"); err != nil {
				t.Error(err)
				return
			} else if ok {
				time.Sleep(20 * time.Millisecond) // so that the holder has read it
				break
			}
		}
		kill()
	})
	inherit(t, s, form, holder, ctx, inherited, func(err error) bool { return errors.Is(err, context.Canceled) })
	wg.Wait()
}

// inherit runs a holder of a vacancy, under ctx, and the guest that waits for
// it, and closes inherited when that has got it.
func inherit(t *testing.T, s *store, form string, holder guestRun, ctx context.Context, inherited chan struct{}, fits func(error) bool) {
	if holder.prefix == "" {
		holder.prefix = uniquePrefix()
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(inherited)
		began := time.Now()
		s.must(t, guestRun{program: "rendezvous" + form, role: "B51-wait", prefix: holder.prefix})
		if took := time.Since(began); took > backends.DefaultVacancyTimeout/2 {
			t.Errorf("the vacancy passed on after %v: was that its timeout?", took)
		}
	})
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	report, err := s.run(ctx, holder)
	if !fits(err) {
		t.Errorf("the holder ended with %v, %+v", err, report.lines)
	}
	wg.Wait()
}

// patience is how long tests wait for what takes no time.
const patience = 30 * time.Second

// await waits for a channel to be closed.
func await(t *testing.T, c <-chan struct{}) {
	select {
	case <-c:
	case <-time.After(patience):
		t.Error("waited in vain")
	}
}

// evictions is behaviour 63 on a store that cannot hold what the guest stores.
func evictions(t *testing.T, s *store, form string) {
	report := s.small(t).must(t, guestRun{program: "safety" + form, role: "B63"})
	if n := report.counted(t, "evicted:"); n == 0 {
		t.Error(fmt.Sprint("nothing was evicted: ", report.notes))
	}
}
